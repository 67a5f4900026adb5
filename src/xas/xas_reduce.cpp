#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/multiplet/references.hpp"
#include "lithoscope/xas/synthesize.hpp"
#include "lithoscope/xas/xas_run.hpp"

namespace lithoscope::xas {

std::span<const core::Setting<XasSettings>> xas_settings_table() {
  using S = XasSettings;
  static const std::array table{core::Setting<S>{
      "feature", "", &S::feature,
      "\"name: from..to / from..to\" (eV): mean intensity in one window over that in another; may be repeated", 0, 1e15,
      "the usual ones of Ni, Co, Mn and O"}};
  return table;
}

namespace {

bool is_L_edge(const Spectrum& spectrum) { return spectrum.edge.starts_with("L"); }

void find_white_lines(XasSpectrum& out) {
  const Spectrum& spectrum = out.read.normalised.spectrum;
  if (!is_L_edge(spectrum) || spectrum.element.empty()) return;
  try {
    out.white_lines = white_lines(spectrum, spectrum.element);
  } catch (const core::UsageError& error) {
    out.why_no_white_lines = error.facts().what;
  }
}

void find_features(XasSpectrum& out, const XasStudy& study) {
  const Spectrum& spectrum = out.read.normalised.spectrum;
  const auto wanted = study.features.empty() ? usual_features(spectrum.element) : study.features;
  for (const FeatureWindow& window : wanted) {
    const bool reaches = std::min(window.from_eV, window.other_from_eV) >= spectrum.energy_eV.front() &&
                         std::max(window.to_eV, window.other_to_eV) <= spectrum.energy_eV.back();
    // Usual windows of another edge of the element are not asked for; a given one is.
    if (!reaches && study.features.empty()) continue;
    out.features.push_back(
        {window, measure_feature(spectrum, window, study.compare.shift, out.read.normalised.shared)});
  }
}

void warn_of(const XasSpectrum& one, std::vector<std::string>& warnings) {
  const std::string& source = one.read.source;
  for (const std::string& remark : one.read.normalised.spectrum.remarks)
    warnings.push_back(fmt::format("{}: {}", source, remark));
  if (!one.why_no_white_lines.empty())
    warnings.push_back(fmt::format("{}: no white-line areas: {}.", source, one.why_no_white_lines));
}

// Of three or more spectra that share energies; edges of several elements side by side are no series.
void find_components(XasOutcome& out, std::size_t count) {
  constexpr std::size_t series = 3;
  if (count < series) return;
  std::vector<Spectrum> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(out.spectra[i].read.normalised.spectrum);
  const auto first = [](const Spectrum& s) { return s.energy_eV.front(); };
  const auto last = [](const Spectrum& s) { return s.energy_eV.back(); };
  const double low = first(std::ranges::max(all, {}, first)), high = last(std::ranges::min(all, {}, last));
  if (low < high)
    out.components = principal_components(all);
  else
    out.warnings.emplace_back(
        "The spectra share no energies: they are not taken as a series, and no components are sought.");
}

}  // namespace

XasSpectrum measure_spectrum(ReadSpectrum read, const XasStudy& study) {
  XasSpectrum out{.read = std::move(read)};
  const Spectrum& spectrum = out.read.normalised.spectrum;
  find_white_lines(out);
  find_features(out, study);
  out.depth =
      sight_of(out.read.yield, study.sight, study.matter, spectrum.element, spectrum.edge, spectrum.energy_eV.back());
  return out;
}

XasOutcome run_xas(const XasStudy& study) {
  XasOutcome out;
  for (const Reading& reading : study.readings) {
    for (const ScanChoice& choice : study.files) {
      out.spectra.push_back(measure_spectrum(read_spectrum(choice, reading), study));
      warn_of(out.spectra.back(), out.warnings);
    }
  }
  find_components(out, study.files.size());
  return out;
}

std::vector<Direction> reference_directions(const Spectrum& spectrum, core::Progress& progress) {
  std::vector<Direction> out;
  std::optional<ReferenceCurve> lower;
  for (const multiplet::Reference& r : multiplet::references()) {
    if (!is_L_edge(spectrum) || r.ion.element != spectrum.element) continue;
    ReferenceCurve curve = computed_reference(r.ion, spectrum.energy_eV, usual_strength_eV, progress);
    if (lower) {
      Direction d{.name = fmt::format("the difference of {} and {}", lower->name, curve.name),
                  .energy_eV = spectrum.energy_eV,
                  .change = lower->spectrum.intensity};
      for (std::size_t i = 0; i < d.change.size(); ++i) d.change[i] -= curve.spectrum.intensity[i];
      out.push_back(std::move(d));
    }
    lower = std::move(curve);
  }
  return out;
}

namespace {

// A window that the shift between the two moves out of the spectrum is left out, and that is said.
void compare_features(XasPair& out, const XasSpectrum& after, std::vector<std::string>& warnings) {
  const EarlierSpectrum& before = out.before;
  for (std::size_t i = 0; i < std::min(before.features.size(), after.features.size()); ++i) {
    const XasFeature &a = before.features[i], &b = after.features[i];
    if (!(a.window == b.window)) continue;
    try {
      out.changes.push_back(feature_change({before.spectrum, a.ratio, out.difference.before_with_shift},
                                           {after.read.normalised.spectrum, b.ratio, out.difference.after_with_shift},
                                           a.window, out.difference.shift_eV));
    } catch (const core::UsageError& error) {
      warnings.push_back(fmt::format("{} against {}: {} is not compared: {}.", after.read.source, before.source,
                                     a.window.name, error.facts().what));
    }
  }
}

// What chemistry may do, and the features: as contrasts of the difference, whose noise is Gaussian where that of a
// ratio is not.
std::vector<Direction> questions_of(const EarlierSpectrum& before, const XasSpectrum& after,
                                    std::vector<Direction> directions) {
  const Spectrum& spectrum = after.read.normalised.spectrum;
  for (std::size_t i = 0; i < std::min(before.features.size(), after.features.size()); ++i) {
    const FeatureWindow& window = after.features[i].window;
    if (before.features[i].window == window)
      directions.push_back({.name = "the " + window.name,
                            .energy_eV = spectrum.energy_eV,
                            .change = feature_gradient(spectrum, window),
                            .kind = ChangeTest::Kind::feature});
  }
  return directions;
}

// What makes a difference hard to read stands before it.
void warn_of(const XasPair& pair, const ReadSpectrum& after, const CompareSettings& settings,
             std::vector<std::string>& warnings) {
  const std::string& source = after.source;
  const bool stated = pair.before.spectrum.noise != Noise::scatter && after.normalised.spectrum.noise != Noise::scatter;
  const Difference& d = pair.difference;
  constexpr double far = 3;
  if (settings.shift > 0 && std::abs(d.shift_eV.value) > far * settings.shift) {
    warnings.push_back(fmt::format(
        "{} against {}: the energies differ by {} eV, {:.1f} times the {:g} eV that the two scales may differ "
        "by: calibrate, or give --shift.",
        source, pair.before.source, core::format_value(d.shift_eV), std::abs(d.shift_eV.value) / settings.shift,
        settings.shift));
  }
  if (stated && d.by_scatter) {
    warnings.push_back(
        fmt::format("{} against {}: the points scatter {:.1f} times as much as their stated noise; the comparison "
                    "takes the scatter.",
                    source, pair.before.source, d.noise_ratio));
  }
}

}  // namespace

void compare_with(XasOutcome& outcome, std::span<const EarlierSpectrum> before, const CompareSettings& settings,
                  const DirectionsOf& directions) {
  if (before.size() != outcome.spectra.size()) {
    throw core::UsageError({.what = "every spectrum needs one of the state before to be compared with",
                            .expected = fmt::format("{} spectra, as before", before.size()),
                            .found = std::to_string(outcome.spectra.size())});
  }
  // Several spectra beside others are pairs, not a series.
  outcome.components.reset();
  for (std::size_t k = 0; k < before.size(); ++k) {
    const XasSpectrum& after = outcome.spectra[k];
    const Spectrum& spectrum = after.read.normalised.spectrum;
    outcome.pairs.push_back({.before = before[k],
                             .after = k,
                             .difference = compare(before[k].spectrum, spectrum, settings,
                                                   questions_of(before[k], after, directions(spectrum))),
                             .changes = {}});
    compare_features(outcome.pairs.back(), after, outcome.warnings);
    warn_of(outcome.pairs.back(), after.read, settings, outcome.warnings);
  }
}

}  // namespace lithoscope::xas
