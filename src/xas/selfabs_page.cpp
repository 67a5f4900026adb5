// What self-absorption says in words.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "selfabs_parts.hpp"

namespace lithoscope::xas {
namespace {

std::string thickness_answer(const ThicknessFit& t) {
  const std::string high = std::isinf(t.high) ? "without bound" : fmt::format("{:.3g}", 1e3 * t.high);
  return fmt::format("Areal density {:.3g} mg/cm2 (95 %: {:.3g} to {}); the thick limit is {}.",
                     1e3 * t.slab.areal_density_g_per_cm2, 1e3 * t.low, high,
                     t.thick_rejected ? "rejected" : "allowed");
}

std::string verdict_answer(const Corrected& c) {
  const Verdict& v = c.verdict;
  if (!v.trusted) return "Refused: " + v.reason + ".";
  const Spectrum& s = c.spectrum;
  const auto top = static_cast<std::size_t>(std::ranges::max_element(s.intensity) - s.intensity.begin());
  return fmt::format(
      "Corrected: the highest line, at {:.1f} eV, stands at {} over the edge; a relative error of the signal grows at "
      "most "
      "{:.1f} times, at {:.1f} eV.",
      s.energy_eV[top], core::format_value({s.intensity[top], s.variance[top]}), v.amplification, v.at_eV);
}

std::string distortion_answer(const SelfAbsorptionOutcome& outcome) {
  const auto top = [](const std::vector<double>& v) { return *std::ranges::max_element(v); };
  const double truth = top(outcome.signal.normalised.spectrum.intensity);
  return fmt::format(
      "The highest line keeps {:.0f} % of its height over the edge in partial fluorescence; in total "
      "fluorescence {:.0f} % is left.",
      100 * top(outcome.partial) / truth, 100 * top(outcome.total) / truth);
}

}  // namespace

void add_page(const SelfAbsorptionOutcome& outcome, result::Result& result) {
  result.asked = "Asked: what did the sample itself do to its fluorescence, and can it be undone?";
  if (outcome.thickness) result.answers.push_back(thickness_answer(*outcome.thickness));
  if (outcome.corrected) result.answers.push_back(verdict_answer(*outcome.corrected));
  if (outcome.attenuation) {
    const auto [low, high] = std::ranges::minmax(outcome.attenuation->intensity);
    result.answers.push_back(fmt::format("Attenuation over that at the line runs from {:.4g} to {:.4g}.", low, high));
  }
  if (!outcome.partial.empty()) result.answers.push_back(distortion_answer(outcome));
  result::Section main{.title = "Fluorescence"};
  for (const result::Figure& figure : result.figures) main.figures.push_back(figure.name);
  result.sections.push_back(std::move(main));
}

}  // namespace lithoscope::xas
