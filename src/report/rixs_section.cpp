#include "lithoscope/report/rixs_section.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/report/tes_section.hpp"
#include "lithoscope/study/run.hpp"
#include "rixs_figures.hpp"

namespace lithoscope::report {
namespace {

std::string feature_words(const rixs::Feature& f) {
  return fmt::format("{} counts (95 %: {:.0f} to {:.0f}) at {} eV in and {} eV out, {:.1f} standard deviations",
                     core::format_value(f.counts), f.low, f.high, core::format_value(f.incident_eV),
                     core::format_value(f.emission_eV), f.significance);
}

Table feature_table(const study::RixsOutcome& outcome) {
  Table t{.title = "The feature",
          .header = {"", "incident (eV)", "emission (eV)", "widths, sigma (eV)", "counts", "95 %", "share of all",
                     "significance", "chance"}};
  const auto row = [&](const char* when, const rixs::Feature& f) {
    t.rows.push_back({when, core::format_value(f.incident_eV), core::format_value(f.emission_eV),
                      core::format_value(f.sigma_incident_eV) + ", " + core::format_value(f.sigma_emission_eV),
                      core::format_value(f.counts), fmt::format("{:.0f} to {:.0f}", f.low, f.high),
                      core::format_value(f.share), fmt::format("{:.1f}", f.significance),
                      fmt::format("{:.2g}", f.chance)});
  };
  if (outcome.before.feature) row(outcome.after ? "before" : "found", *outcome.before.feature);
  if (outcome.after && outcome.after->feature) row("after", *outcome.after->feature);
  return t;
}

Table exposure_table(const study::RixsOutcome& outcome) {
  Table t{
      .title = "Exposure",
      .header = {"", "passes", "points", "photons", "outside", "dwell (s)", "live pixels", "dead (%)", "pile-up (%)"}};
  const auto row = [&](const char* when, const study::MapOutcome& one) {
    const rixs::RixsMap& m = one.map;
    double dwell = 0, live = 0, piled = 0;
    for (std::size_t c = 0; c < m.columns(); ++c) {
      dwell += m.dwell_s[c];
      live += m.live_pixel_s[c];
      piled += m.pile_up[c] / static_cast<double>(m.columns());
    }
    const double full = dwell * static_cast<double>(m.pixels);
    t.rows.push_back({when, std::to_string(one.passes.size()), std::to_string(m.columns()),
                      fmt::format("{:.0f}", m.total()), std::to_string(m.outside), fmt::format("{:.1f}", dwell),
                      std::to_string(m.pixels), fmt::format("{:.2f}", full > 0 ? 100 * (1 - live / full) : 0),
                      fmt::format("{:.3f}", 100 * piled)});
  };
  row(outcome.after ? "before" : "map", outcome.before);
  if (outcome.after) row("after", *outcome.after);
  return t;
}

bool is_yield(const study::NamedCurve& named) { return named.kind != "XES"; }

}  // namespace

std::vector<std::string> rixs_answers(const study::RixsOutcome& outcome) {
  std::vector<std::string> out;
  const rixs::RixsMap& m = outcome.before.map;
  out.push_back(fmt::format("{:.0f} photons of {} pixels at {} incident energies from {:.2f} to {:.2f} eV{}.",
                            m.total(), m.pixels, m.columns(), m.incident_eV.front(), m.incident_eV.back(),
                            outcome.after ? fmt::format("; {:.0f} after", outcome.after->map.total()) : ""));
  for (std::size_t i = 0; i < outcome.changes.size(); ++i) {
    const study::NamedCurve& named = outcome.before.curves[i];
    const rixs::CurveChange& c = outcome.changes[i];
    // Emission spectra and the sum of all are told where they have something to tell.
    const bool minor = named.kind == "XES" || named.kind == "XRF";
    if (minor && c.significance < 3) continue;
    const char* verdict = c.significance > 3 ? "changed" : "did not change beyond counting";
    out.push_back(fmt::format("{}{} {}: {:.1f} standard deviations, chi squared {:.0f} for {} degrees of freedom.",
                              named.kind, named.kind == "TFY" || named.kind == "XRF" ? "" : " " + named.curve.name,
                              verdict, c.significance, c.chi_squared, c.degrees));
  }
  if (outcome.feature_change) {
    const rixs::FeatureChange& f = *outcome.feature_change;
    out.push_back(fmt::format(
        "The feature: before {}; after {}. Its share went to {} of what it was, {:.1f} standard deviations.",
        feature_words(f.before), feature_words(f.after), core::format_value(f.ratio), f.significance));
  } else if (outcome.before.feature) {
    out.push_back("The feature: " + feature_words(*outcome.before.feature) + ".");
  }
  if (outcome.before.elastic && outcome.before.elastic->significance > 3)
    out.push_back(fmt::format("Elastic light is {} eV wide and lies {} eV from the diagonal.",
                              core::format_value(outcome.before.elastic->fwhm_eV),
                              core::format_value(outcome.before.elastic->offset_eV)));
  return out;
}

Report make_report(const study::RixsOutcome& outcome) {
  Report report;
  report.program = study::program_version();
  report.title = outcome.after ? "Resonant scattering before and after" : "Resonant scattering";
  report.asked = outcome.after
                     ? "Asked: did the map or any spectrum cut from it change, beyond what counting can explain?"
                     : "Asked: what was emitted at which incident energy?";
  report.answers = rixs_answers(outcome);
  Section maps{.id = "maps", .title = "Maps", .warnings = outcome.warnings};
  maps.figures.push_back(rixs_map_figure(outcome, outcome.before, outcome.after ? "before" : ""));
  if (outcome.after) maps.figures.push_back(rixs_map_figure(outcome, *outcome.after, "after"));
  if (outcome.map_change) maps.figures.push_back(rixs_change_figure(outcome));
  maps.tables.push_back(exposure_table(outcome));
  if (Table t = feature_table(outcome); !t.rows.empty()) maps.tables.push_back(std::move(t));
  report.sections.push_back(std::move(maps));
  Section spectra{.id = "spectra", .title = "Spectra"};
  bool any_cut = false;
  for (std::size_t i = 0; i < outcome.before.curves.size(); ++i) {
    any_cut = any_cut || !is_yield(outcome.before.curves[i]);
    if (!is_yield(outcome.before.curves[i])) continue;
    spectra.figures.push_back(yield_figure(outcome, i));
    if (i < outcome.changes.size()) spectra.figures.push_back(yield_difference_figure(outcome, i));
  }
  if (any_cut) spectra.figures.push_back(waterfall_figure(outcome));
  report.sections.push_back(std::move(spectra));
  for (std::size_t d = 0; d < outcome.detectors.size(); ++d) {
    Section page = calibration_section(outcome.detectors[d], fmt::format("detector-{}", d + 1));
    for (Figure& f : page.figures) f.id = fmt::format("detector{}-{}", d + 1, f.id);
    page.warnings.clear();  // gathered at the top
    report.sections.push_back(std::move(page));
  }
  report.made.emplace_back("Program", report.program);
  std::string inputs;
  for (const std::string& source : outcome.sources) inputs += source + "\n";
  if (!inputs.empty()) report.made.emplace_back("Input files", inputs);
  report.made.emplace_back("Settings", outcome.settings);
  return report;
}

}  // namespace lithoscope::report
