#include "lithoscope/study/xas_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/material/cross_section.hpp"
#include "lithoscope/material/fluorescence.hpp"
#include "lithoscope/material/valence.hpp"
#include "lithoscope/xas/electron_yield.hpp"
#include "lithoscope/xas/synthesize.hpp"
#include "settings_toml.hpp"
#include "xas_settings.hpp"

namespace lithoscope::study {
namespace {

using xas::Spectrum;

std::string title_of(const ScanChoice& choice) {
  return choice.scan.empty() ? choice.path : choice.path + ":" + choice.scan;
}

bool is_L_edge(const Spectrum& spectrum) { return spectrum.edge.starts_with("L"); }

XasSpectrumOutcome one_spectrum(const ScanChoice& choice, const XasStudy& study) {
  XasSpectrumOutcome out{.source = title_of(choice),
                         .measured = read_measured(choice, study.reading),
                         .normalised = read_normalised(choice, study.reading)};
  const Spectrum& spectrum = out.normalised.spectrum;
  if (is_L_edge(spectrum) && !spectrum.element.empty()) {
    try {
      out.white_lines = xas::white_lines(spectrum, spectrum.element);
    } catch (const core::UsageError& error) {
      out.why_no_white_lines = error.facts().what;
    }
  }
  const auto wanted = study.features.empty() ? xas::usual_features(spectrum.element) : study.features;
  for (const xas::FeatureWindow& window : wanted) {
    const bool reaches = std::min(window.from_eV, window.other_from_eV) >= spectrum.energy_eV.front() &&
                         std::max(window.to_eV, window.other_to_eV) <= spectrum.energy_eV.back();
    // Usual windows of another edge of the element are not asked for; a given one is.
    if (!reaches && study.features.empty()) continue;
    out.features.emplace_back(window, xas::feature_ratio(spectrum, window, study.compare_settings.shift));
  }
  return out;
}

void warn_of(const XasSpectrumOutcome& one, std::vector<std::string>& warnings) {
  for (const std::string& remark : one.measured.remarks) warnings.push_back(one.source + ": " + remark);
  if (!one.why_no_white_lines.empty())
    warnings.push_back(fmt::format("{}: no white-line areas: {}.", one.source, one.why_no_white_lines));
  const auto& edge = one.normalised.edge;
  if (edge && is_L_edge(one.measured) && !one.measured.element.empty()) {
    const double L2 = material::edge_eV(one.measured.element, "L2");
    constexpr double line_width_eV = 4;
    const double from = edge->e0_eV + edge->post_from;
    const double to = edge->e0_eV + edge->post_to;
    if (from < L2 + line_width_eV && to > L2 - line_width_eV) {
      warnings.push_back(fmt::format(
          "{}: the range above the edge ({:.1f} to {:.1f} eV) holds the L2 white line at about {:.0f} eV: give "
          "--post-from, or normalise by the maximum.",
          one.source, from, to, L2));
    }
  }
}

}  // namespace

XasOutcome run_xas(const XasStudy& study) {
  XasOutcome out;
  const std::size_t count = study.files.size();
  if (!study.after.empty() && study.after.size() != count) {
    throw core::UsageError({.what = "every spectrum needs one after it to be compared with",
                            .expected = fmt::format("{} of --after", count),
                            .found = std::to_string(study.after.size())});
  }
  std::vector<ScanChoice> all_files = study.files;
  all_files.insert(all_files.end(), study.after.begin(), study.after.end());
  for (const ScanChoice& choice : all_files) {
    out.spectra.push_back(one_spectrum(choice, study));
    warn_of(out.spectra.back(), out.warnings);
  }
  for (std::size_t k = 0; k < study.after.size(); ++k) {
    const XasSpectrumOutcome& before = out.spectra[k];
    const XasSpectrumOutcome& after = out.spectra[count + k];
    XasPair pair{.before = k, .after = count + k, .difference = {}, .changes = {}};
    pair.difference = xas::compare(before.normalised.spectrum, after.normalised.spectrum, study.compare_settings);
    for (std::size_t i = 0; i < std::min(before.features.size(), after.features.size()); ++i)
      pair.changes.push_back({before.features[i].first, before.features[i].second, after.features[i].second});
    out.pairs.push_back(std::move(pair));
  }
  if (study.after.empty() && count >= 3) {
    std::vector<Spectrum> all;
    for (const XasSpectrumOutcome& one : out.spectra) all.push_back(one.normalised.spectrum);
    out.components = xas::principal_components(all);
  }
  for (const ScanChoice& choice : all_files) out.settings += fmt::format("file = \"{}\"\n", title_of(choice));
  out.settings += reading_text(study.reading);
  if (!study.after.empty()) {
    out.settings += "[compare]\n";
    append_settings(out.settings, xas::compare_settings_table(), study.compare_settings);
  }
  return out;
}

// ---- valence --------------------------------------------------------------------------------------------------------

namespace {

// Computed references on a fine mesh over the spectrum and its shifts.
xas::ReferenceCurve computed(const ReferenceChoice& choice, const Spectrum& spectrum, core::Progress& progress) {
  const material::Ion ion = material::parse_ion(choice.ion);
  constexpr double margin_eV = 3, mesh_eV = 0.05;
  std::vector<double> energy;
  const double from = spectrum.energy_eV.front() - margin_eV;
  const auto points = static_cast<int>((spectrum.energy_eV.back() + margin_eV - from) / mesh_eV);
  for (int i = 0; i <= points; ++i) energy.push_back(from + mesh_eV * i);
  xas::ReferenceCurve curve = xas::computed_reference(ion, energy, xas::usual_strength_eV, progress);
  if (choice.valence) curve.valence = choice.valence;
  return curve;
}

// References are read by their own files' usual columns; only how they are normalised is shared.
XasReading reference_reading(const XasReading& reading) {
  XasReading out = reading;
  out.channels.reset();
  out.foil.reset();
  out.align.reset();
  return out;
}

std::vector<xas::ReferenceCurve> references_of(const ValenceStudy& study, const Spectrum& spectrum,
                                               core::Progress& progress) {
  std::vector<xas::ReferenceCurve> out;
  for (const ReferenceChoice& choice : study.references) {
    if (!choice.ion.empty()) {
      out.push_back(computed(choice, spectrum, progress));
    } else {
      out.push_back({.name = choice.name,
                     .valence = choice.valence,
                     .spectrum = read_normalised(choice.file, reference_reading(study.reading)).spectrum});
    }
  }
  return out;
}

void find_depth(ValenceOutcome& out) {
  if (!out.study.fluorescence) return;
  const auto refuse = [&](const char* why) { out.why_no_depth = why; };
  if (!out.fits[0].valence || !out.fits[1].valence) return refuse("not every reference has a valence");
  if (out.study.formula.empty() || !(out.study.density_g_per_cm3 > 0))
    return refuse("the formula and the density of the sample are not given");
  const Spectrum& spectrum = out.measured[0].spectrum;
  if (spectrum.element.empty() || spectrum.edge.empty()) return refuse("element and edge are not known");
  const material::Composition composition = material::parse_formula(out.study.formula);
  const std::vector<std::string> shells = xas::shells_of(spectrum.edge);
  const double line = xas::strongest_line_eV(composition, spectrum.element, shells);
  const double at = spectrum.energy_eV.back();
  const double density = out.study.density_g_per_cm3;
  out.electron_attenuation_nm = material::attenuation_length_nm(composition, density, at);
  out.fluorescence_nm =
      material::information_length_nm(composition, density, at, line, out.study.incidence_deg, out.study.exit_deg);
  out.depth = xas::depth_valence(*out.fits[0].valence, *out.fits[1].valence, 1 / out.electron_attenuation_nm,
                                 out.fluorescence_nm, out.study.incidence_deg, out.study.depth);
}

void warn_of(const xas::MixtureFit& fit, const xas::MixtureSettings& settings, const std::string& name,
             std::vector<std::string>& warnings) {
  if (!fit.converged) warnings.push_back(name + ": the fit did not converge.");
  const auto far = [&](const core::Value& shift, double prior, const std::string& what) {
    if (prior > 0 && std::abs(shift.value) > 3 * prior) {
      warnings.push_back(
          fmt::format("{}: {} is shifted by {:.2f} eV, {:.0f} times what was allowed: calibrate the energies.", name,
                      what, shift.value, std::abs(shift.value) / prior));
    }
  };
  far(fit.shift_eV, settings.shift, "the spectrum");
  for (const xas::Share& s : fit.shares) {
    constexpr double counts = 0.05;
    if (s.share.value > counts) far(s.shift_eV, settings.reference_shift, "\"" + s.name + "\"");
  }
  constexpr double bad = 2;
  if (fit.reduced_chi_squared > bad) {
    warnings.push_back(
        fmt::format("{}: chi squared is {:.1f} a point: the references do not explain the spectrum within its noise; "
                    "the errors are "
                    "widened by {:.1f}.",
                    name, fit.reduced_chi_squared, std::sqrt(fit.reduced_chi_squared)));
  }
}

}  // namespace

ValenceOutcome run_valence(const ValenceStudy& study, core::Progress& progress) {
  if (study.references.empty()) {
    throw core::UsageError({.what = "no references to mix",
                            .expected = "files or ions, such as --reference NiO.xdi=2 or --ions Ni2+,Ni3+,Ni4+",
                            .found = "none"});
  }
  ValenceOutcome out{.study = study};
  const bool any_ion = std::ranges::any_of(study.references, [](const auto& r) { return !r.ion.empty(); });
  std::vector<ScanChoice> files{study.file};
  if (study.fluorescence) files.push_back(*study.fluorescence);
  for (const ScanChoice& file : files) {
    const bool light = &file != &files.front();
    out.measured.push_back(read_normalised(file, light ? study.fluorescence_reading : study.reading));
    const Spectrum& spectrum = out.measured.back().spectrum;
    const auto references = references_of(study, spectrum, progress);
    if (out.reference_names.empty()) {
      for (const auto& r : references) out.reference_names.push_back(r.name);
    }
    xas::MixtureSettings mixture = study.mixture;
    // Fluorescence of a thick sample is A m / (m + k): the mixture bent as an electron yield is, only more.
    constexpr double self_absorption = 2;
    if (light) {
      mixture.bend = std::max(mixture.bend, self_absorption);
      mixture.free_scale = 1;
    }
    out.fits.push_back(xas::MixtureModel{references, mixture}.fit(spectrum));
    warn_of(out.fits.back(), mixture, title_of(file), out.warnings);
    for (const std::string& remark : spectrum.remarks) out.warnings.push_back(title_of(file) + ": " + remark);
    if (study.combinations > 0 && out.combinations.empty())
      out.combinations = xas::rank_combinations(references, spectrum, study.mixture, study.combinations);
  }
  if (any_ion && study.mixture.free_scale == 0) {
    out.warnings.emplace_back(
        "Computed references have white lines of a usual height over the edge, not a measured one: --free-scale 1 lets "
        "the spectrum decide.");
  }
  find_depth(out);
  if (!out.why_no_depth.empty()) out.warnings.push_back("No surface layer is sought: " + out.why_no_depth + ".");
  out.settings = fmt::format("file = \"{}\"\n", title_of(study.file));
  if (study.fluorescence) out.settings += fmt::format("fluorescence = \"{}\"\n", title_of(*study.fluorescence));
  for (const ReferenceChoice& r : study.references)
    out.settings += fmt::format("reference = \"{}{}\"\n", r.ion.empty() ? title_of(r.file) : r.ion,
                                r.valence ? fmt::format("={}", *r.valence) : "");
  out.settings += reading_text(study.reading) + "[mixture]\n";
  append_settings(out.settings, xas::mixture_settings_table(), study.mixture);
  if (study.fluorescence) {
    out.settings +=
        fmt::format("[depth]\nformula = \"{}\"\ndensity = \"{} g/cm3\"\nincidence = \"{} deg\"\nexit = \"{} deg\"\n",
                    study.formula, study.density_g_per_cm3, study.incidence_deg, study.exit_deg);
    append_settings(out.settings, xas::depth_settings_table(), study.depth);
  }
  return out;
}

// ---- self-absorption ------------------------------------------------------------------------------------------------

namespace {

// What says how thick the sample is: given, thick, or found.
xas::ThicknessEvidence evidence_of(const SelfAbsorptionStudy& study, const material::Composition& composition,
                                   const std::string& element, const std::vector<std::string>& shells,
                                   std::vector<std::string>& warnings) {
  xas::ThicknessEvidence out{.flat_response = study.flat_response, .strength_edge_eV = study.strength_edge_eV};
  if (out.strength_edge_eV || shells.front() != "K") return out;
  if (!(composition.amount("O") > 0)) return out;  // the rule is for oxides
  try {
    for (const material::Valence& v : material::pristine_valences(composition)) {
      if (v.element == element) out.strength_edge_eV = xas::usual_strength_edge_eV(element, v.valence);
    }
  } catch (const core::UsageError& error) {
    warnings.push_back("No strength edge follows from the formula: " + error.facts().what + ".");
  }
  return out;
}

void correct(SelfAbsorptionOutcome& out, const material::Composition& composition, const std::string& element,
             const std::vector<std::string>& shells) {
  const SelfAbsorptionStudy& study = out.study;
  const Spectrum& signal = out.signal.spectrum;
  const xas::Geometry geometry{study.incidence_deg, study.exit_deg};
  const xas::EdgeFit& edge = *out.signal.edge;
  const double from = edge.e0_eV + edge.post_from;
  const double to = edge.e0_eV + edge.post_to;
  out.slab = {.incidence_deg = study.incidence_deg, .exit_ratio = geometry.ratio()};
  double constant = 0;
  if (study.second) {
    XasReading own = study.reading;
    own.channels.reset();
    Spectrum partner = read_normalised(*study.second, own).spectrum;
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
    const xas::PartnerFit fit =
        xas::fit_slab_to_partner(signal, on_grid, out.absorption, study.incidence_deg, begin, signal.energy_eV.back());
    out.slab = fit.slab;
    constant = fit.constant;
    out.warnings.push_back(
        fmt::format("Areal density and exit ratio are those by which the fluorescence follows the other yield from "
                    "{:.1f} eV on, to "
                    "{:.0f} %: effective numbers, not the sample's.",
                    begin, 100 * fit.rms));
  } else if (study.areal_density_g_per_cm2 || study.thick) {
    if (study.areal_density_g_per_cm2) out.slab.areal_density_g_per_cm2 = *study.areal_density_g_per_cm2;
    constant = xas::fit_constant(signal, out.absorption, out.slab, from, to);
  } else {
    out.thickness = xas::fit_thickness(signal, out.absorption, geometry, from, to,
                                       evidence_of(study, composition, element, shells, out.warnings));
    out.slab = out.thickness->slab;
    constant = out.thickness->constant;
  }
  out.corrected = xas::correct(signal, out.absorption, out.slab, constant, {.from_eV = from, .to_eV = to});
  if (out.thickness) {
    // What the thickness leaves open is part of every point's error.
    const auto at = [&](double areal_density) {
      xas::Slab slab = out.slab;
      slab.areal_density_g_per_cm2 = areal_density;
      return xas::correct(signal, out.absorption, slab, xas::fit_constant(signal, out.absorption, slab, from, to))
          .spectrum.intensity;
    };
    const double least = 1e-3 * out.slab.areal_density_g_per_cm2;
    const std::vector<double> thin = at(std::max(out.thickness->low, least)), thick = at(out.thickness->high);
    constexpr double sigmas_of_95 = 3.92;
    for (std::size_t i = 0; i < thin.size(); ++i)
      out.corrected->spectrum.variance[i] += std::pow((thick[i] - thin[i]) / sigmas_of_95, 2);
  }
}

void demonstrate(SelfAbsorptionOutcome& out, const material::Composition& composition, const std::string& element,
                 const std::vector<std::string>& shells) {
  const Spectrum& truth = out.signal.spectrum;
  const xas::Geometry geometry{out.study.incidence_deg, out.study.exit_deg};
  out.slab = {.incidence_deg = out.study.incidence_deg, .exit_ratio = geometry.ratio()};
  if (out.study.areal_density_g_per_cm2) out.slab.areal_density_g_per_cm2 = *out.study.areal_density_g_per_cm2;
  out.lines = xas::total_fluorescence(composition, element, shells, truth, out.slab);
  out.partial.assign(truth.energy_eV.size(), 0.0);
  out.total = out.partial;
  for (const xas::LineYield& line : out.lines) {
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

}  // namespace

SelfAbsorptionOutcome run_self_absorption(const SelfAbsorptionStudy& study) {
  SelfAbsorptionOutcome out{.study = study};
  XasReading reading = study.reading;
  const bool raw = study.task == SelfAbsorptionTask::two_angle || study.task == SelfAbsorptionTask::inverse;
  if (raw) reading.normalisation = xas::Normalisation::none;
  out.signal = read_normalised(study.file, reading);
  const Spectrum& signal = out.signal.spectrum;
  for (const std::string& remark : signal.remarks) out.warnings.push_back(remark);
  out.settings = fmt::format("file = \"{}\"\n", title_of(study.file));
  if (study.second) out.settings += fmt::format("second = \"{}\"\n", title_of(*study.second));
  out.settings += fmt::format("formula = \"{}\"\nincidence = \"{} deg\"\nexit = \"{} deg\"\n", study.formula,
                              study.incidence_deg, study.exit_deg);
  out.settings += reading_text(reading);
  if (raw) {
    if (!study.second) {
      throw core::UsageError({.what = "two geometries need two spectra",
                              .expected = "--second FILE with --second-incidence and --second-exit",
                              .found = "one"});
    }
    const Spectrum other = read_normalised(*study.second, reading).spectrum;
    const double first = xas::Geometry{study.incidence_deg, study.exit_deg}.ratio();
    const double second = xas::Geometry{study.second_incidence_deg, study.second_exit_deg}.ratio();
    out.attenuation = study.task == SelfAbsorptionTask::inverse
                          ? xas::two_angle_inverse(signal, first, other, second)
                          : xas::two_angle_fluorescence(signal, first, other, second);
    return out;
  }
  if (signal.element.empty() || signal.edge.empty()) {
    throw core::UsageError({.what = "which edge this is, is not known",
                            .expected = "--element and --edge, such as Mn and L2,3",
                            .found = fmt::format("\"{}\" \"{}\"", signal.element, signal.edge)});
  }
  if (study.formula.empty()) {
    throw core::UsageError({.what = "self-absorption needs the sample's formula",
                            .expected = "--formula, such as Fe2O3",
                            .found = "none"});
  }
  const material::Composition composition = material::parse_formula(study.formula);
  const std::vector<std::string> shells = xas::shells_of(signal.edge);
  const double line = study.line_eV > 0 ? study.line_eV : xas::strongest_line_eV(composition, signal.element, shells);
  out.absorption = xas::edge_absorption(composition, signal.element, shells, line, signal.energy_eV);
  if (study.task == SelfAbsorptionTask::demonstrate) {
    demonstrate(out, composition, signal.element, shells);
  } else {
    if (!out.signal.edge || reading.normalisation != xas::Normalisation::edge) {
      throw core::UsageError({.what = "a correction needs the spectrum on its edge",
                              .expected = "--normalise edge",
                              .found = "another normalisation"});
    }
    correct(out, composition, signal.element, shells);
  }
  return out;
}

}  // namespace lithoscope::study
