#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "lithoscope/core/cubic_spline.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/material/fluorescence.hpp"
#include "lithoscope/material/valence.hpp"
#include "lithoscope/xas/selfabs_run.hpp"
#include "total_yield.hpp"

namespace lithoscope::xas {

namespace {

constexpr std::array<std::string_view, 3> yield_kinds{"told", "partial", "total"};

}  // namespace

std::span<const core::Setting<SelfAbsorptionSettings>> self_absorption_settings_table() {
  using S = SelfAbsorptionSettings;
  using T = core::Setting<S>;
  static const std::array table{
      T{"incidence", "degree", &S::incidence_deg, "Angle of the incident light from the surface", -360, 360},
      T{"exit", "degree", &S::exit_deg, "Angle of the fluorescence from the surface", -360, 360},
      T{"areal_density", "g/cm2", &S::areal_density_g_per_cm2, "Areal density of the sample, such as \"3.3 mg/cm2\"", 0,
        1e15, "found"},
      T{"thick", "", &S::thick, "No light comes through the sample"},
      T{"flat_response", "", &S::flat_response,
        "The instrument answers alike at all energies: the slope above the edge tells the thickness"},
      T{"strength_edge", "eV", &S::strength_edge_eV,
        "Energy of a step with the strength of the spectrum, with its uncertainty, such as \"7120 +- 1.2 eV\"", 0, 1e6,
        "by the valence, for K edges of 3d oxides"},
      T{"second_incidence", "degree", &S::second_incidence_deg, "Incidence of the second spectrum, from the surface",
        -360, 360},
      T{"second_exit", "degree", &S::second_exit_deg, "Exit of the second spectrum, from the surface", -360, 360},
      T{"inverse", "", &S::inverse, "Both spectra are of a non-resonant line: inverse partial fluorescence"},
      T{"demonstrate", "", &S::demonstrate, "Show what partial and total fluorescence would make of this absorption"},
      T{"line", "eV", &S::line_eV, "Energy of the emitted line that alone is counted", 0, 1e6, "all lines of the edge"},
      T{"coster_kronig", "1", &S::coster_kronig,
        "Share of the L2 holes that move to L3 before they emit; its uncertainty is part of the error", 0, 1,
        "0 +- 0.3"},
      T{"yield", "", core::choice_of<&S::yield, S>(yield_kinds),
        "What was counted: the edge's own lines (partial), everything (total), or as the name and the level below the "
        "edge tell (told)"}};
  return table;
}

SelfAbsorptionStudy self_absorption_study(const SelfAbsorptionSettings& s) {
  using Task = SelfAbsorptionTask;
  const bool two_angles = s.second_incidence_deg || s.second_exit_deg;
  if (s.areal_density_g_per_cm2 && s.thick)
    throw core::UsageError(
        {.what = "--thick and --areal-density exclude each other", .expected = "one of them", .found = "both"});
  if (s.areal_density_g_per_cm2 && !(*s.areal_density_g_per_cm2 >= least_areal_density_g_per_cm2))
    throw core::UsageError(
        {.what = "the areal density cannot be",
         .expected = fmt::format("{:g} g/cm2 (a tenth of a layer of atoms) or more", least_areal_density_g_per_cm2),
         .found = fmt::format("{}", *s.areal_density_g_per_cm2)});
  if (s.strength_edge_eV && !(s.strength_edge_eV->variance > 0))
    throw core::UsageError({.what = "--strength-edge needs its uncertainty",
                            .expected = "such as \"7120 +- 1.2 eV\"",
                            .found = fmt::format("{} eV", s.strength_edge_eV->value)});
  return {.task = s.demonstrate ? Task::demonstrate
                  : s.inverse   ? Task::inverse
                  : two_angles  ? Task::two_angle
                                : Task::correct,
          .file = {},
          .second = {},
          .reading = {},
          .formula = {},
          .incidence_deg = s.incidence_deg,
          .exit_deg = s.exit_deg,
          .second_incidence_deg = s.second_incidence_deg.value_or(0),
          .second_exit_deg = s.second_exit_deg.value_or(0),
          .areal_density_g_per_cm2 = s.areal_density_g_per_cm2,
          .thick = s.thick,
          .flat_response = s.flat_response,
          .strength_edge_eV = s.strength_edge_eV,
          .line_eV = s.line_eV.value_or(0),
          .coster_kronig = s.coster_kronig.value_or(core::Value::with_sigma(0, 0.3)),
          .yield = s.yield};
}

namespace {

// What says how thick the sample is: given, thick, or found.
ThicknessEvidence evidence_of(const SelfAbsorptionStudy& study, const material::Composition& composition,
                              const std::string& element, const std::vector<std::string>& shells,
                              std::vector<std::string>& warnings) {
  ThicknessEvidence out{.flat_response = study.flat_response, .strength_edge_eV = study.strength_edge_eV};
  if (out.strength_edge_eV || shells.front() != "K") return out;
  if (!(composition.amount("O") > 0)) return out;  // the rule is for oxides
  try {
    for (const material::Valence& v : material::pristine_valences(composition)) {
      if (v.element == element) out.strength_edge_eV = usual_strength_edge_eV(element, v.valence);
    }
  } catch (const core::UsageError& error) {
    warnings.push_back("No strength edge follows from the formula: " + error.facts().what + ".");
  }
  return out;
}

// How thick the slab is: fitted to another yield, given, or found. Returns the constant between signal and
// fluorescence.
double find_slab(SelfAbsorptionOutcome& out, const material::Composition& composition, const std::string& element,
                 const std::vector<std::string>& shells, double from, double to) {
  const SelfAbsorptionStudy& study = out.study;
  const Spectrum& signal = out.signal.normalised.spectrum;
  const Geometry geometry{study.incidence_deg, study.exit_deg};
  out.slab = {.incidence_deg = study.incidence_deg, .exit_ratio = geometry.ratio()};
  if (study.second) {
    Reading own = study.reading;
    own.channels.reset();
    out.second = read_spectrum(*study.second, own);
    const Spectrum& partner = out.second->normalised.spectrum;
    const core::CubicSpline curve{partner.energy_eV, partner.intensity};
    if (partner.energy_eV.front() > signal.energy_eV.front() + 1 ||
        partner.energy_eV.back() < signal.energy_eV.back() - 1) {
      throw core::UsageError(
          {.what = "the electron yield does not cover the fluorescence",
           .expected = fmt::format("{:g} to {:g} eV", signal.energy_eV.front(), signal.energy_eV.back()),
           .found = fmt::format("{:g} to {:g} eV", partner.energy_eV.front(), partner.energy_eV.back())});
    }
    Spectrum on_grid = signal;
    for (std::size_t i = 0; i < signal.energy_eV.size(); ++i) on_grid.intensity[i] = curve.value(signal.energy_eV[i]);
    // From just below the second edge where there is one, so that the first can be predicted.
    const double begin = shells.size() > 1 ? material::edge_eV(element, shells.back()) - 3 : from;
    const PartnerFit fit =
        fit_slab_to_partner(signal, on_grid, out.absorption, study.incidence_deg, begin, signal.energy_eV.back());
    out.slab = fit.slab;
    out.warnings.push_back(
        fmt::format("Areal density and exit ratio are those by which the fluorescence follows the other yield from "
                    "{:.1f} eV on, to "
                    "{:.0f} %: effective numbers, not the sample's.",
                    begin, 100 * fit.rms));
    return fit.constant;
  }
  if (study.areal_density_g_per_cm2 || study.thick) {
    if (study.areal_density_g_per_cm2) out.slab.areal_density_g_per_cm2 = *study.areal_density_g_per_cm2;
    return fit_constant(signal, out.absorption, out.slab, from, to);
  }
  out.thickness = fit_thickness(signal, out.absorption, geometry, from, to,
                                evidence_of(study, composition, element, shells, out.warnings));
  out.slab = out.thickness->slab;
  return out.thickness->constant;
}

// L2 holes that move to L3: what their uncertain share does to every point together.
void add_coster_kronig(SelfAbsorptionOutcome& out, const material::Composition& composition, const std::string& element,
                       const std::vector<std::string>& shells, double from, double to) {
  const core::Value& share = out.study.coster_kronig;
  if (out.absorption.second_open.empty() || !(share.variance > 0)) return;
  const Spectrum& signal = out.signal.normalised.spectrum;
  // Half of what two standard deviations do: the effect is far from linear near the thick limit.
  constexpr double sigmas = 2;
  EdgeAbsorption more = out.absorption;
  more.lines = edge_lines(composition, element, shells, signal.energy_eV.back(),
                          std::min(share.value + sigmas * share.sigma(), 1.0));
  const Spectrum other = xas::correct(signal, more, out.slab, fit_constant(signal, more, out.slab, from, to)).spectrum;
  Spectrum& own = out.corrected->spectrum;
  for (std::size_t i = 0; i < own.intensity.size(); ++i)
    own.variance[i] += std::pow((other.intensity[i] - own.intensity[i]) / sigmas, 2);
}

void correct(SelfAbsorptionOutcome& out, const material::Composition& composition, const std::string& element,
             const std::vector<std::string>& shells) {
  const Spectrum& signal = out.signal.normalised.spectrum;
  const EdgeFit& edge = *out.signal.normalised.edge;
  const double from = edge.e0_eV + edge.post_from;
  const double to = edge.e0_eV + edge.post_to;
  const double constant = find_slab(out, composition, element, shells, from, to);
  out.corrected = xas::correct(signal, out.absorption, out.slab, constant, {.from_eV = from, .to_eV = to});
  add_coster_kronig(out, composition, element, shells, from, to);
  const YieldJudgement yield = judge_yield(out, composition, element, shells);
  if (!yield.refused.empty()) {
    out.corrected->verdict.trusted = false;
    out.corrected->verdict.reason = yield.refused;
  }
  if (!yield.warning.empty()) out.warnings.push_back(yield.warning);
  if (out.thickness) {
    // What the thickness leaves open is part of every point's error.
    const auto at = [&](double areal_density) {
      Slab slab = out.slab;
      slab.areal_density_g_per_cm2 = areal_density;
      return xas::correct(signal, out.absorption, slab, fit_constant(signal, out.absorption, slab, from, to))
          .spectrum.intensity;
    };
    const double least = 1e-3 * out.slab.areal_density_g_per_cm2;
    const std::vector<double> thin = at(std::max(out.thickness->low, least)), thick = at(out.thickness->high);
    constexpr double sigmas_of_95 = 3.92;  // between both ends
    for (std::size_t i = 0; i < thin.size(); ++i)
      out.corrected->spectrum.variance[i] += std::pow((thick[i] - thin[i]) / sigmas_of_95, 2);
  }
}

void demonstrate(SelfAbsorptionOutcome& out, const material::Composition& composition, const std::string& element,
                 const std::vector<std::string>& shells) {
  const Spectrum& truth = out.signal.normalised.spectrum;
  const Geometry geometry{out.study.incidence_deg, out.study.exit_deg};
  out.slab = {.incidence_deg = out.study.incidence_deg, .exit_ratio = geometry.ratio()};
  if (out.study.areal_density_g_per_cm2) out.slab.areal_density_g_per_cm2 = *out.study.areal_density_g_per_cm2;
  out.lines = total_fluorescence(composition, element, shells, truth, out.slab, out.study.coster_kronig.value);
  out.partial.assign(truth.energy_eV.size(), 0.0);
  out.total = out.partial;
  for (const LineYield& line : out.lines) {
    const bool own = line.element == element && std::ranges::find(shells, line.shell) != shells.end();
    for (std::size_t i = 0; i < out.total.size(); ++i) {
      out.total[i] += line.yield[i];
      if (own) out.partial[i] += line.yield[i];
    }
  }
  // Both on the scale of the absorption: the edge's own lines have a step of one, and so many photons more or fewer
  // come from the others.
  const double step = out.partial.back() - out.partial.front();
  const auto level = [&](std::vector<double>& yield) {
    const double low = yield.front();
    for (double& y : yield) y = (y - low) / step;
  };
  level(out.partial);
  level(out.total);
  if (out.total.back() < 0) {
    out.warnings.emplace_back(
        "The total fluorescence falls across this edge: the other elements' lines lose more than the edge's own gain.");
  }
}

void two_angles(SelfAbsorptionOutcome& out, const Reading& reading) {
  const SelfAbsorptionStudy& study = out.study;
  if (!study.second) {
    throw core::UsageError({.what = "two geometries need two spectra",
                            .expected = "--second FILE with --second-incidence and --second-exit",
                            .found = "one"});
  }
  out.second = read_spectrum(*study.second, reading);
  const Spectrum& signal = out.signal.normalised.spectrum;
  const Spectrum& other = out.second->normalised.spectrum;
  const double first = Geometry{study.incidence_deg, study.exit_deg}.ratio();
  const double second = Geometry{study.second_incidence_deg, study.second_exit_deg}.ratio();
  out.attenuation = study.task == SelfAbsorptionTask::inverse ? two_angle_inverse(signal, first, other, second)
                                                              : two_angle_fluorescence(signal, first, other, second);
}

void require_edge_and_formula(const Spectrum& signal, const std::string& formula) {
  if (signal.element.empty() || signal.edge.empty()) {
    throw core::UsageError({.what = "which edge this is, is not known",
                            .expected = "--element and --edge, such as Mn and L2,3",
                            .found = fmt::format("\"{}\" \"{}\"", signal.element, signal.edge)});
  }
  if (formula.empty()) {
    throw core::UsageError({.what = "self-absorption needs the sample's formula",
                            .expected = "--formula, such as Fe2O3",
                            .found = "none"});
  }
}

}  // namespace

namespace {

bool is_raw(const SelfAbsorptionStudy& study) {
  return study.task == SelfAbsorptionTask::two_angle || study.task == SelfAbsorptionTask::inverse;
}

Reading reading_for(const SelfAbsorptionStudy& study) {
  Reading out = study.reading;
  if (is_raw(study)) out.normalisation = Normalisation::none;
  return out;
}

}  // namespace

SelfAbsorptionOutcome run_self_absorption(const SelfAbsorptionStudy& study) {
  return run_self_absorption(study, read_spectrum(study.file, reading_for(study)));
}

SelfAbsorptionOutcome run_self_absorption(const SelfAbsorptionStudy& study, ReadSpectrum read) {
  SelfAbsorptionOutcome out{.study = study};
  const Reading reading = reading_for(study);
  out.signal = std::move(read);
  const Spectrum& signal = out.signal.normalised.spectrum;
  for (const std::string& remark : signal.remarks) out.warnings.push_back(remark);
  if (is_raw(study)) {
    two_angles(out, reading);
    return out;
  }
  require_edge_and_formula(signal, study.formula);
  const material::Composition composition = material::parse_formula(study.formula);
  const std::vector<std::string> shells = shells_of(signal.edge);
  const double line = study.line_eV > 0 ? study.line_eV : strongest_line_eV(composition, signal.element, shells);
  out.absorption = edge_absorption(composition, signal.element, shells, line, signal.energy_eV);
  if (study.line_eV == 0) {
    out.absorption.lines =
        edge_lines(composition, signal.element, shells, signal.energy_eV.back(), study.coster_kronig.value);
    out.absorption.second_open = second_open(signal.element, shells, signal.energy_eV);
  }
  if (study.task == SelfAbsorptionTask::demonstrate) {
    demonstrate(out, composition, signal.element, shells);
    return out;
  }
  if (!out.signal.normalised.edge || reading.normalisation != Normalisation::edge) {
    throw core::UsageError({.what = "a correction needs the spectrum on its edge",
                            .expected = "--normalise edge",
                            .found = "another normalisation"});
  }
  correct(out, composition, signal.element, shells);
  return out;
}

}  // namespace lithoscope::xas
