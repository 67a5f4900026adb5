// What absorption spectra say in words.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/statistics.hpp"
#include "xas_parts.hpp"

namespace lithoscope::xas {
namespace {

// A feature moves only where the comparison, which counts all its questions, says that something did.
std::string feature_words(const FeatureChange& f, bool changed) {
  const double score = f.change.variance > 0 ? f.change.value / f.change.sigma() : 0;
  const std::string numbers =
      fmt::format("{} to {}, a change of {} ({:+.1f} standard deviations)", core::format_value(f.before),
                  core::format_value(f.after), core::format_value(f.change), score);
  if (changed && std::abs(score) >= core::two_sided_95)
    return fmt::format("{} {}: {}.", f.window.name, f.change.value > 0 ? "rises" : "falls", numbers);
  // The largest change that the 95 % interval holds.
  const double hidden = std::abs(f.change.value) + core::two_sided_95 * f.change.sigma();
  return fmt::format("{}: {}; no change of it is seen, and one above {:.2g} is excluded.", f.window.name, numbers,
                     hidden);
}

void add_pair_answers(const XasPair& pair, std::vector<std::string>& out) {
  const Difference& d = pair.difference;
  out.push_back(fmt::format(
      "{}, after against before: {}, once a shift of {} eV, a scale of {} and an offset of {} are allowed for.",
      edge_title(pair.before.spectrum), significance_words(d), core::format_value(d.shift_eV),
      core::format_value(d.scale), core::format_value(d.offset)));
  for (const FeatureChange& change : pair.changes) out.push_back(feature_words(change, has_changed(d)));
}

std::string spectrum_answer(const XasSpectrum& one) {
  const Normalised& n = one.read.normalised;
  std::string text = short_name(n.spectrum) + ": ";
  if (n.edge) {
    text += fmt::format("edge at {:.2f} eV, step {}", n.edge->e0_eV, core::format_value(n.edge->step));
  } else {
    text += fmt::format("divided by {}", core::format_value(n.scale));
  }
  if (one.white_lines)
    text += fmt::format("; L3 has {} of the white lines", core::format_value(one.white_lines->branching));
  for (const auto& [window, r] : one.features) text += fmt::format("; {} {}", window.name, core::format_value(r.ratio));
  return text + ".";
}

std::vector<std::string> answers_of(const XasOutcome& outcome) {
  std::vector<std::string> out;
  for (const XasPair& pair : outcome.pairs) add_pair_answers(pair, out);
  if (!outcome.pairs.empty()) return out;
  if (outcome.components) {
    out.push_back(fmt::format(
        "{} spectra hold {} independent ones by the indicator{}.", outcome.components->weights.size(),
        outcome.components->by_indicator,
        outcome.components->by_noise > 0 ? fmt::format(" and {} by their noise", outcome.components->by_noise) : ""));
  }
  constexpr std::size_t most = 6;
  for (std::size_t i = 0; i < std::min(most, outcome.spectra.size()); ++i)
    out.push_back(spectrum_answer(outcome.spectra[i]));
  return out;
}

bool has(const result::Result& result, const char* figure) {
  return std::ranges::find(result.figures, std::string{figure}, &result::Figure::name) != result.figures.end();
}

// Those of a list that are in the result.
std::vector<std::string> tables_in(const result::Result& result, std::initializer_list<const char*> names) {
  std::vector<std::string> out;
  for (const char* name : names) {
    if (result.find_table(name) != nullptr) out.emplace_back(name);
  }
  return out;
}

}  // namespace

void add_page(const XasOutcome& outcome, result::Result& result) {
  const bool compared = !outcome.pairs.empty();
  result.asked = compared ? "Asked: did the absorption change, beyond what alignment and scale can explain?"
                          : "Asked: what do these absorption spectra show?";
  result.answers = answers_of(outcome);
  result::Section main{.title = "Spectra",
                       .tables = tables_in(result, {"feature_changes", "tests", "spectra", "features"})};
  for (const result::Figure& f : result.figures) {
    if (f.name.starts_with("spectra") || f.name.starts_with("difference")) main.figures.push_back(f.name);
  }
  result.sections.push_back(std::move(main));
  if (has(result, "components")) result.sections.push_back({.title = "Components", .figures = {"components"}});
  result::Section how{.title = "How they were normalised", .tables = tables_in(result, {"white_lines"})};
  for (const char* name : {"edge", "white-lines"}) {
    if (has(result, name)) how.figures.emplace_back(name);
  }
  if (!how.figures.empty()) result.sections.push_back(std::move(how));
}

}  // namespace lithoscope::xas
