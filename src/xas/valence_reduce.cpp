#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <iterator>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/text_table.hpp"
#include "lithoscope/material/cross_section.hpp"
#include "lithoscope/xas/self_absorption.hpp"
#include "lithoscope/xas/synthesize.hpp"
#include "lithoscope/xas/valence_run.hpp"

namespace lithoscope::xas {

std::span<const core::Setting<ValenceSettings>> valence_settings_table() {
  using S = ValenceSettings;
  using T = core::Setting<S>;
  static const std::array table{
      T{"ions", "", &S::ions,
        "Computed references, such as Ni2+,Ni3+,Ni4+; with them free_scale, offset and slope are on and bend is 0.1 "
        "unless they are given"},
      T{"combinations", "1", &S::combinations,
        "Try all combinations of up to so many references; 0 takes all of them together", 0, 16},
      T{"fluorescence_signal", "", &S::fluorescence_signal, "Column of the fluorescence", 0, 1e15,
        "pfy, cmact, tfy or fy"},
      T{"fluorescence_i0", "", &S::fluorescence_i0, "Column of the beam before the sample, for the fluorescence", 0,
        1e15, "the usual one"}};
  return table;
}

namespace {

// "NAME=3": the valence is what follows the last '=' where that is a number.
struct NameAndValence {
  std::string name;
  std::optional<double> valence;
};
NameAndValence split_valence(const std::string& text) {
  const auto equals = text.rfind('=');
  const auto valence = equals == std::string::npos
                           ? std::nullopt
                           : io::to_number(core::trimmed(std::string_view{text}.substr(equals + 1)));
  return {std::string{core::trimmed(std::string_view{text}.substr(0, valence ? equals : std::string::npos))}, valence};
}

}  // namespace

ReferenceChoice parse_ion_reference(const std::string& text) {
  const auto [name, valence] = split_valence(text);
  return {.file = {}, .ion = name, .name = name, .valence = valence};
}

ReferenceChoice file_reference(const std::string& path, const std::string& selector) {
  const auto [scan, valence] = split_valence(selector);
  return {.file = {.path = path, .scan = scan},
          .ion = {},
          .name = scan.empty() ? std::filesystem::path(path).stem().string() : scan,
          .valence = valence};
}

namespace {

// Computed references on a fine mesh over the spectrum and its shifts.
ReferenceCurve computed(const ReferenceChoice& choice, const Spectrum& spectrum, core::Progress& progress) {
  const material::Ion ion = material::parse_ion(choice.ion);
  constexpr double margin_eV = 3, mesh_eV = 0.05;
  std::vector<double> energy;
  const double from = spectrum.energy_eV.front() - margin_eV;
  const auto points = static_cast<int>((spectrum.energy_eV.back() + margin_eV - from) / mesh_eV);
  for (int i = 0; i <= points; ++i) energy.push_back(from + mesh_eV * i);
  ReferenceCurve curve = computed_reference(ion, energy, usual_strength_eV, progress);
  if (choice.valence) curve.valence = choice.valence;
  return curve;
}

// References are read by their own files' usual columns; only how they are normalised is shared.
Reading reference_reading(const Reading& reading) {
  Reading out = reading;
  out.channels.reset();
  out.foil.reset();
  out.align.reset();
  return out;
}

// By what else the spectrum was divided: its references are divided by their own edges, so that shares are of atoms.
bool by_own_edge(const Reading& reading) {
  return reading.normalisation == Normalisation::maximum || reading.normalisation == Normalisation::area;
}

Normalised reference_spectrum(const ReferenceChoice& choice, const Reading& reading,
                              std::vector<std::string>& warnings) {
  Reading plain = reference_reading(reading);
  if (!by_own_edge(reading)) return read_spectrum(choice.file, plain).normalised;
  Reading edge = plain;
  edge.normalisation = Normalisation::edge;
  if (!edge.edge.pre_order) edge.edge.pre_order = 0;  // as the maximum and the area take it off
  try {
    return read_spectrum(choice.file, edge).normalised;
  } catch (const core::UsageError& error) {
    warnings.push_back(fmt::format("{}: {}: it is divided as the spectrum is, and its share is not one of atoms.",
                                   choice.name, error.facts().what));
    return read_spectrum(choice.file, plain).normalised;
  }
}

std::vector<ReferenceCurve> references_of(const ValenceStudy& study, const Spectrum& spectrum, core::Progress& progress,
                                          std::vector<std::string>& warnings) {
  std::vector<ReferenceCurve> out;
  for (const ReferenceChoice& choice : study.references) {
    if (!choice.ion.empty()) {
      out.push_back(computed(choice, spectrum, progress));
    } else {
      Normalised read = reference_spectrum(choice, study.reading, warnings);
      for (const std::string& remark : read.spectrum.remarks) warnings.push_back(choice.name + ": " + remark);
      out.push_back({.name = choice.name, .valence = choice.valence, .spectrum = std::move(read.spectrum)});
    }
  }
  return out;
}

void find_depth(ValenceOutcome& out) {
  if (!out.study.fluorescence) return;
  const auto refuse = [&](const char* why) { out.why_no_depth = why; };
  if (!out.fits[0].valence || !out.fits[1].valence) return refuse("not every reference has a valence");
  if (!out.study.matter.known()) return refuse("the formula and the density of the sample are not given");
  const Spectrum& spectrum = out.measured[0].normalised.spectrum;
  if (spectrum.element.empty() || spectrum.edge.empty()) return refuse("element and edge are not known");
  const material::Composition composition = material::parse_formula(out.study.matter.formula);
  const std::vector<std::string> shells = shells_of(spectrum.edge);
  const double line = strongest_line_eV(composition, spectrum.element, shells);
  const double at = spectrum.energy_eV.back();
  const double density = out.study.matter.density_g_per_cm3;
  const SightSettings& sight = out.study.sight;
  out.electron_attenuation_nm = material::attenuation_length_nm(composition, density, at);
  out.fluorescence_nm =
      material::information_length_nm(composition, density, at, line, sight.incidence_deg, sight.exit_deg);
  out.depth = depth_valence(*out.fits[0].valence, *out.fits[1].valence, 1 / out.electron_attenuation_nm,
                            out.fluorescence_nm, sight.incidence_deg, out.study.depth);
}

// What was moved beyond what a beamline does, in standard deviations of its prior; the worst one.
struct Moved {
  double sigmas = 0;
  std::string words;
};
Moved most_moved(const MixtureFit& fit, const MixtureSettings& settings) {
  Moved out;
  const auto consider = [&](double by, double prior, const std::string& words) {
    if (!(prior > 0) || std::abs(by) / prior <= out.sigmas) return;
    out = {std::abs(by) / prior, words};
  };
  // A scale that is off is shared out among all shifts: together they say so.
  double together = fit.shift_eV.value, variance = settings.shift * settings.shift;
  for (const Share& s : fit.shares) {
    together += s.share.value * s.shift_eV.value;
    variance += std::pow(s.share.value * settings.reference_shift, 2);
  }
  consider(together, std::sqrt(variance), fmt::format("the spectrum is shifted by {:.2f} eV", together));
  constexpr double counts = 0.05;  // a share of nothing has no place
  for (const Share& s : fit.shares) {
    if (s.share.value < counts) continue;
    consider(s.shift_eV.value, settings.reference_shift,
             fmt::format("\"{}\" is shifted by {:.2f} eV", s.name, s.shift_eV.value));
    consider(s.scale - 1, settings.reference_scale, fmt::format("\"{}\" is scaled by {:.3f}", s.name, s.scale));
  }
  return out;
}

// Why the shares are not to be used; empty where they are.
std::string gate_of(const MixtureFit& fit, const MixtureSettings& settings, bool noise_known) {
  constexpr double most_sigmas = 5, most_chi_squared = 10;
  if (const Moved m = most_moved(fit, settings); m.sigmas > most_sigmas) {
    return fmt::format(
        "{}, {:.1f} times what was allowed: calibrate the energies, check the normalisation, or use "
        "other references.",
        m.words, m.sigmas);
  }
  if (noise_known && fit.reduced_chi_squared > most_chi_squared) {
    return fmt::format("chi squared is {:.1f} a point: the references do not make this spectrum.",
                       fit.reduced_chi_squared);
  }
  return {};
}

// A scatter of almost nothing is the curvature of an exact curve, not noise that a fit could be judged by.
bool has_noise_to_judge_by(const Spectrum& s) {
  if (s.noise == Noise::none) return false;
  if (s.noise != Noise::scatter) return true;
  constexpr double least_share = 3e-4;
  return std::sqrt(std::ranges::max(s.variance)) > least_share * std::ranges::max(s.intensity);
}

void warn_of(const MixtureFit& fit, const MixtureSettings& settings, const std::string& name,
             std::vector<std::string>& warnings) {
  if (!fit.converged) warnings.push_back(name + ": the fit did not converge.");
  constexpr double many_sigmas = 3;
  if (const Moved m = most_moved(fit, settings); m.sigmas > many_sigmas)
    warnings.push_back(fmt::format("{}: {}, {:.1f} times what was allowed.", name, m.words, m.sigmas));
  constexpr double bad = 2;
  if (fit.reduced_chi_squared > bad) {
    warnings.push_back(
        fmt::format("{}: chi squared is {:.1f} a point: the references do not explain the spectrum within its noise; "
                    "the errors are widened by {:.1f}.",
                    name, fit.reduced_chi_squared, std::sqrt(fit.reduced_chi_squared)));
  }
}

// What the normalisation fitted to the spectrum itself is free again: its noise is not that of single points, and the
// fit finds background and height better than the few points that they were fitted to.
MixtureSettings mixture_of(const ValenceStudy& study, const Spectrum& spectrum, bool light) {
  MixtureSettings out = study.mixture;
  out.free_scale = out.free_scale || spectrum.fitted.divided;
  out.offset = out.offset || spectrum.fitted.background_terms > 0;
  out.slope = out.slope || spectrum.fitted.background_terms > 1;
  // Fluorescence of a thick sample is A m / (m + k): the mixture bent as an electron yield is, only more.
  constexpr double self_absorption = 2;
  if (light) {
    out.bend = std::max(out.bend, self_absorption);
    out.free_scale = true;
  }
  return out;
}

// ---- other elements' edges in the scan ------------------------------------------------------------------------------

struct OtherEdge {
  std::string name;
  double energy_eV = 0;
};

// Of the sample's elements, or of those that cathodes usually have.
std::vector<OtherEdge> other_edges(const Spectrum& s, const std::string& formula) {
  std::vector<std::string> elements{"O", "F", "Mn", "Co", "Ni"};
  if (!formula.empty()) {
    elements.clear();
    for (const material::ElementAmount& e : material::parse_formula(formula).elements) elements.push_back(e.symbol);
  }
  std::vector<OtherEdge> out;
  for (const std::string& element : elements) {
    if (element == s.element) continue;
    for (const char* shell : {"K", "L1", "L2", "L3"}) {
      const auto edge = tabulated_edge_eV(element, shell);
      if (edge && *edge > s.energy_eV.front() && *edge < s.energy_eV.back())
        out.push_back({fmt::format("{} {}", element, shell), *edge});
    }
  }
  return out;
}

// References do not have them: the fit begins behind those below the edge and ends before those above it, and says so.
void keep_off_other_edges(const ValenceStudy& study, const Spectrum& s, MixtureSettings& mixture,
                          std::vector<std::string>& warnings) {
  const auto own = tabulated_edge_eV(s.element, s.edge);
  if (!own) return;
  constexpr double behind_eV = 3, before_eV = 4,
                   least_eV = 3;  // the step has risen; it has not begun; what must be left
  for (const OtherEdge& edge : other_edges(s, study.matter.formula)) {
    if (edge.energy_eV < *own) {
      const double from = edge.energy_eV + behind_eV;
      if (study.mixture.from != 0 || from > *own - least_eV || from < mixture.from) continue;
      mixture.from = from;
      warnings.push_back(fmt::format("{} at {:.0f} eV lies below the edge: the fit begins at {:.1f} eV (--from).",
                                     edge.name, edge.energy_eV, from));
    } else {
      const double to = edge.energy_eV - before_eV;
      constexpr double white_lines_eV = 25;
      if (study.mixture.to != 0 || to < *own + white_lines_eV || (mixture.to != 0 && to > mixture.to)) continue;
      mixture.to = to;
      warnings.push_back(fmt::format("{} at {:.0f} eV lies above the edge: the fit ends at {:.1f} eV (--to).",
                                     edge.name, edge.energy_eV, to));
    }
  }
}

void fit_file(ValenceOutcome& out, const ScanChoice& file, bool light, core::Progress& progress) {
  const ValenceStudy& study = out.study;
  out.measured.push_back(read_spectrum(file, light ? study.fluorescence_reading : study.reading));
  const Spectrum& spectrum = out.measured.back().normalised.spectrum;
  std::vector<std::string> of_references;
  const auto references = references_of(study, spectrum, progress, of_references);
  if (out.fits.empty()) std::ranges::move(of_references, std::back_inserter(out.warnings));
  if (out.reference_names.empty()) {
    for (const auto& r : references) {
      out.reference_names.push_back(r.name);
      out.reference_valences.push_back(r.valence);
    }
  }
  MixtureSettings mixture = mixture_of(study, spectrum, light);
  std::vector<std::string> cuts;
  keep_off_other_edges(study, spectrum, mixture, cuts);
  for (const std::string& one : cuts) out.warnings.push_back(file.title() + ": " + one);
  const MixtureModel model{references, mixture};
  out.fits.push_back(model.fit(spectrum));
  const bool judge = has_noise_to_judge_by(spectrum);
  std::string gate = gate_of(out.fits.back(), mixture, judge);
  if (gate.empty()) warn_of(out.fits.back(), mixture, file.title(), out.warnings);
  if (const std::size_t k = out.fits.size() - 1; k < study.before.size() && out.fits.back().valence) {
    out.changes.push_back(model.change(study.before[k], spectrum));
    // Either spectrum may be what its references do not make: then nothing is said of the change.
    for (const MixtureFit* fit : {&out.changes.back().before, &out.changes.back().after}) {
      if (gate.empty()) gate = gate_of(*fit, mixture, judge);
    }
  }
  if (!gate.empty() && out.gate.empty()) out.gate = fmt::format("{}: {}", file.title(), gate);
  for (const std::string& remark : spectrum.remarks) out.warnings.push_back(file.title() + ": " + remark);
  if (study.combinations > 0 && out.combinations.empty())
    out.combinations = rank_combinations(references, spectrum, mixture, study.combinations);
}

// Escape: as given, or the middle of the range that is allowed for the layer.
void find_kernels(ValenceOutcome& out) {
  SightSettings sight = out.study.sight;
  if (!sight.escape_nm) sight.escape_nm = 0.5 * (out.study.depth.escape_least + out.study.depth.escape_most);
  for (std::size_t k = 0; k < out.measured.size(); ++k) {  // when all are read: beside another, one is electrons
    const Spectrum& s = out.measured[k].normalised.spectrum;
    out.kernels.push_back(sight_of(yield_of(out, k), sight, out.study.matter, s.element, s.edge, s.energy_eV.back()));
  }
}

}  // namespace

Yield yield_of(const ValenceOutcome& outcome, std::size_t fit) {
  if (fit == 1) return Yield::fluorescence;
  if (outcome.measured.size() > 1) return Yield::electrons;
  const ReadSpectrum& only = outcome.measured.front();
  if (only.yield != Yield::unknown) return only.yield;
  constexpr double soft_eV = 2000;
  return only.measured.energy_eV.front() < soft_eV ? Yield::electrons : Yield::transmission;
}

ValenceOutcome run_valence(const ValenceStudy& study, core::Progress& progress) {
  if (study.references.empty()) {
    throw core::UsageError({.what = "no references to mix",
                            .expected = "files or ions, such as --reference NiO.xdi=2 or --ions Ni2+,Ni3+,Ni4+",
                            .found = "none"});
  }
  ValenceOutcome out{.study = study};
  fit_file(out, study.file, false, progress);
  if (study.fluorescence) fit_file(out, *study.fluorescence, true, progress);
  const bool any_ion = std::ranges::any_of(study.references, [](const auto& r) { return !r.ion.empty(); });
  const bool free_scale = study.mixture.free_scale || out.measured.front().normalised.spectrum.fitted.divided;
  if (any_ion && !free_scale) {
    out.warnings.emplace_back(
        "Computed references have white lines of a usual height over the edge, not a measured one: --free-scale lets "
        "the spectrum decide.");
  }
  find_depth(out);
  find_kernels(out);
  if (!out.why_no_depth.empty()) out.warnings.push_back("No surface layer is sought: " + out.why_no_depth + ".");
  return out;
}

}  // namespace lithoscope::xas
