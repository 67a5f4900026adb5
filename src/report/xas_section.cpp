#include "lithoscope/report/xas_section.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/study/run.hpp"
#include "xas_figures.hpp"

namespace lithoscope::report {
namespace {

std::string change_words(const study::XasFeatureChange& change) {
  const core::Value d = change.after - change.before;
  const double score = d.value / d.sigma();
  const char* what = std::abs(score) < 2 ? "is unchanged" : d.value > 0 ? "rises" : "falls";
  return fmt::format("{} {}: {} to {} ({:+.1f} standard deviations).", change.window.name, what,
                     core::format_value(change.before), core::format_value(change.after), score);
}

std::string interval_text(const xas::Interval& i, int digits) {
  return fmt::format("{:.{}f} ({:.{}f} to {:.{}f})", i.median, digits, i.low, digits, i.high, digits);
}

Table edge_table(const study::XasOutcome& outcome) {
  Table t{.title = "Normalisation",
          .header = {"spectrum", "points", "from (eV)", "to (eV)", "edge (eV)", "divided by", "noise from"}};
  for (const study::XasSpectrumOutcome& one : outcome.spectra) {
    const xas::Spectrum& s = one.normalised.spectrum;
    t.rows.push_back({short_name(s), std::to_string(s.size()), fmt::format("{:.2f}", s.energy_eV.front()),
                      fmt::format("{:.2f}", s.energy_eV.back()),
                      one.normalised.edge ? fmt::format("{:.2f}", one.normalised.edge->e0_eV) : "-",
                      core::format_value(one.normalised.scale), std::string{xas::noise_words(s.noise)}});
  }
  return t;
}

Table feature_table(const study::XasOutcome& outcome) {
  Table t{.title = "Features: mean intensity in one window over another",
          .header = {"spectrum", "feature", "window (eV)", "over (eV)", "ratio"}};
  for (const study::XasSpectrumOutcome& one : outcome.spectra) {
    for (const auto& [w, ratio] : one.features) {
      t.rows.push_back({short_name(one.normalised.spectrum), w.name, fmt::format("{:g} to {:g}", w.from_eV, w.to_eV),
                        fmt::format("{:g} to {:g}", w.other_from_eV, w.other_to_eV), core::format_value(ratio)});
    }
  }
  return t;
}

Table white_line_table(const study::XasOutcome& outcome) {
  Table t{.title = "White lines above line and double step",
          .header = {"spectrum", "L3 (eV)", "L2 (eV)", "L3 area (steps x eV)", "L2 area (steps x eV)", "L3/(L3+L2)"}};
  for (const study::XasSpectrumOutcome& one : outcome.spectra) {
    if (!one.white_lines) continue;
    const xas::WhiteLines& w = *one.white_lines;
    t.rows.push_back({short_name(one.normalised.spectrum), fmt::format("{:.2f}", w.L3_eV),
                      fmt::format("{:.2f}", w.L2_eV), core::format_value(w.L3_area), core::format_value(w.L2_area),
                      core::format_value(w.branching)});
  }
  return t;
}

Table share_table(const xas::MixtureFit& fit, const std::string& title) {
  Table t{.title = title, .header = {"reference", "share", "95 % interval", "shift (eV)", "scale"}};
  for (const xas::Share& s : fit.shares) {
    t.rows.push_back({s.name, core::format_value(s.share), fmt::format("{:.3f} to {:.3f}", s.low, s.high),
                      core::format_value(s.shift_eV), fmt::format("{:.3f}", s.scale)});
  }
  return t;
}

Table combination_table(const study::ValenceOutcome& outcome) {
  Table t{.title = "Combinations, best first",
          .header = {"references", "chi squared", "a point", "R", "Bayes criterion"}};
  constexpr std::size_t most = 20;
  for (std::size_t i = 0; i < std::min(most, outcome.combinations.size()); ++i) {
    const xas::Combination& c = outcome.combinations[i];
    std::string names;
    for (const std::size_t j : c.members) names += (names.empty() ? "" : ", ") + outcome.reference_names[j];
    t.rows.push_back({names, fmt::format("{:.1f}", c.fit.chi_squared), fmt::format("{:.3g}", c.fit.reduced_chi_squared),
                      fmt::format("{:.3g}", c.fit.r_factor), fmt::format("{:.1f}", c.fit.bayes)});
  }
  return t;
}

Report started(const std::string& title, const std::string& asked, const std::string& settings) {
  Report report;
  report.program = study::program_version();
  report.title = title;
  report.asked = asked;
  report.made.emplace_back("Program", report.program);
  report.made.emplace_back("Settings", settings);
  return report;
}

}  // namespace

std::vector<std::string> xas_answers(const study::XasOutcome& outcome) {
  std::vector<std::string> out;
  for (const study::XasPair& pair : outcome.pairs) {
    const xas::Difference& d = pair.difference;
    out.push_back(fmt::format(
        "{}, after against before: {}, once a shift of {} eV, a scale of {} and an offset of {} are allowed for.",
        edge_title(outcome.spectra[pair.before].normalised.spectrum), xas::significance_words(d.significance),
        core::format_value(d.shift_eV), core::format_value(d.scale), core::format_value(d.offset)));
    for (const study::XasFeatureChange& change : pair.changes) out.push_back(change_words(change));
  }
  if (!outcome.pairs.empty()) return out;
  if (outcome.components) {
    out.push_back(fmt::format(
        "{} spectra hold {} independent ones by the indicator{}.", outcome.spectra.size(),
        outcome.components->by_indicator,
        outcome.components->by_noise > 0 ? fmt::format(" and {} by their noise", outcome.components->by_noise) : ""));
  }
  constexpr std::size_t most = 6;
  for (std::size_t i = 0; i < std::min(most, outcome.spectra.size()); ++i) {
    const study::XasSpectrumOutcome& one = outcome.spectra[i];
    std::string text = short_name(one.normalised.spectrum) + ": ";
    if (one.normalised.edge) {
      text += fmt::format("edge at {:.2f} eV, step {}", one.normalised.edge->e0_eV,
                          core::format_value(one.normalised.edge->step));
    } else {
      text += fmt::format("divided by {}", core::format_value(one.normalised.scale));
    }
    if (one.white_lines)
      text += fmt::format("; L3 has {} of the white lines", core::format_value(one.white_lines->branching));
    for (const auto& [window, value] : one.features)
      text += fmt::format("; {} {}", window.name, core::format_value(value));
    out.push_back(text + ".");
  }
  return out;
}

std::vector<std::string> valence_answers(const study::ValenceOutcome& outcome) {
  std::vector<std::string> out;
  for (std::size_t k = 0; k < outcome.fits.size(); ++k) {
    const xas::MixtureFit& fit = outcome.fits[k];
    std::string text = fmt::format("{}{}: ", outcome.fits.size() > 1 ? (k == 0 ? "Electrons, " : "Fluorescence, ") : "",
                                   short_name(outcome.measured[k].spectrum));
    if (fit.valence) text += fmt::format("mean valence {}; ", core::format_value(*fit.valence));
    for (std::size_t j = 0; j < fit.shares.size(); ++j)
      text += fmt::format("{}{} {}", j > 0 ? ", " : "", fit.shares[j].name, core::format_value(fit.shares[j].share));
    out.push_back(text + ".");
  }
  if (outcome.depth) {
    const xas::DepthValence& d = *outcome.depth;
    out.push_back(
        fmt::format("A surface layer of {} nm has a valence of {}, the bulk {} (95 %); the surface is reduced with a "
                    "probability of {:.3f}.",
                    interval_text(d.layer_nm, 1), interval_text(d.surface_valence, 2), interval_text(d.bulk_valence, 2),
                    d.reduced));
  }
  return out;
}

std::vector<std::string> self_absorption_answers(const study::SelfAbsorptionOutcome& outcome) {
  std::vector<std::string> out;
  if (outcome.thickness) {
    const xas::ThicknessFit& t = *outcome.thickness;
    const std::string high = std::isinf(t.high) ? "without bound" : fmt::format("{:.3g}", 1e3 * t.high);
    out.push_back(fmt::format("Areal density {:.3g} mg/cm2 (95 %: {:.3g} to {}); the thick limit is {}.",
                              1e3 * t.slab.areal_density_g_per_cm2, 1e3 * t.low, high,
                              t.thick_rejected ? "rejected" : "allowed"));
  }
  if (outcome.corrected) {
    const xas::Verdict& v = outcome.corrected->verdict;
    out.push_back(
        v.trusted ? fmt::format("Corrected; a relative error of the signal grows at most {:.1f} times, at {:.1f} eV.",
                                v.amplification, v.at_eV)
                  : "Refused: " + v.reason + ".");
  }
  if (outcome.attenuation) {
    const auto [low, high] = std::ranges::minmax(outcome.attenuation->intensity);
    out.push_back(fmt::format("Attenuation over that at the line runs from {:.4g} to {:.4g}.", low, high));
  }
  if (!outcome.partial.empty()) {
    const auto top = [](const std::vector<double>& v) { return *std::ranges::max_element(v); };
    const double truth = top(outcome.signal.spectrum.intensity);
    out.push_back(
        fmt::format("The highest line keeps {:.0f} % of its height over the edge in partial fluorescence; in total "
                    "fluorescence {:.0f} % is left.",
                    100 * top(outcome.partial) / truth, 100 * top(outcome.total) / truth));
  }
  return out;
}

Report make_report(const study::XasOutcome& outcome) {
  Report report =
      started(!outcome.pairs.empty() ? "Absorption before and after" : "Absorption",
              !outcome.pairs.empty() ? "Asked: did the absorption change, beyond what alignment and scale can explain?"
                                     : "Asked: what do these absorption spectra show?",
              outcome.settings);
  report.answers = xas_answers(outcome);
  Section main{.id = "spectra", .title = "Spectra", .warnings = outcome.warnings};
  if (outcome.pairs.empty()) main.figures.push_back(spectra_figure(outcome));
  for (const study::XasPair& pair : outcome.pairs) {
    main.figures.push_back(pair_figure(outcome, pair));
    main.figures.push_back(difference_figure(outcome, pair));
  }
  main.tables.push_back(edge_table(outcome));
  if (Table features = feature_table(outcome); !features.rows.empty()) main.tables.push_back(std::move(features));
  report.sections.push_back(std::move(main));
  if (outcome.components)
    report.sections.push_back(
        {.id = "components", .title = "Components", .figures = {indicator_figure(*outcome.components)}});
  const study::XasSpectrumOutcome& first = outcome.spectra.front();
  Section how{.id = "normalisation", .title = "How they were normalised"};
  if (first.normalised.edge) how.figures.push_back(edge_figure(first));
  if (first.white_lines) {
    how.figures.push_back(white_line_figure(first));
    how.tables.push_back(white_line_table(outcome));
  }
  if (!how.figures.empty()) report.sections.push_back(std::move(how));
  return report;
}

Report make_report(const study::ValenceOutcome& outcome) {
  Report report =
      started("Valence by references",
              "Asked: which mixture of references is this spectrum, and what mean valence is that?", outcome.settings);
  report.answers = valence_answers(outcome);
  Section main{.id = "mixture", .title = "Mixture", .warnings = outcome.warnings};
  for (std::size_t k = 0; k < outcome.fits.size(); ++k) {
    main.figures.push_back(mixture_figure(outcome, k));
    main.tables.push_back(share_table(outcome.fits[k], short_name(outcome.measured[k].spectrum)));
  }
  main.figures.push_back(shares_figure(outcome));
  if (!outcome.combinations.empty()) main.tables.push_back(combination_table(outcome));
  report.sections.push_back(std::move(main));
  if (outcome.depth) {
    report.sections.push_back(
        {.id = "depth",
         .title = "Surface and bulk",
         .paragraphs = {fmt::format(
             "Light is absorbed over {:.0f} nm, fluorescence seen from {:.0f} nm, both well above the edge, where no "
             "white "
             "line shortens them. Two measured means cannot fix layer, surface and bulk: what is given are their "
             "posteriors with even priors.",
             outcome.electron_attenuation_nm, outcome.fluorescence_nm)},
         .figures = {depth_figure(outcome)}});
  }
  return report;
}

Report make_report(const study::SelfAbsorptionOutcome& outcome) {
  Report report =
      started("Self-absorption", "Asked: what did the sample itself do to its fluorescence, and can it be undone?",
              outcome.settings);
  report.answers = self_absorption_answers(outcome);
  Section main{.id = "fluorescence", .title = "Fluorescence", .warnings = outcome.warnings};
  if (outcome.corrected) main.figures.push_back(correction_figure(outcome));
  if (outcome.attenuation) main.figures.push_back(attenuation_figure(outcome));
  if (!outcome.partial.empty()) main.figures = distortion_figures(outcome);
  report.sections.push_back(std::move(main));
  return report;
}

}  // namespace lithoscope::report
