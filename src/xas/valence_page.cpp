// What a mixture of references says in words.
#include <fmt/format.h>

#include <cmath>

#include "lithoscope/core/statistics.hpp"
#include "valence_parts.hpp"

namespace lithoscope::xas {
namespace {

std::string interval_text(const Interval& i, int digits) {
  return fmt::format("{:.{}f} ({:.{}f} to {:.{}f})", i.median, digits, i.low, digits, i.high, digits);
}

std::string fit_answer(const ValenceOutcome& outcome, std::size_t k) {
  const MixtureFit& fit = outcome.fits[k];
  std::string text = fmt::format("{}{}: ", outcome.fits.size() > 1 ? (k == 0 ? "Electrons, " : "Fluorescence, ") : "",
                                 short_name(outcome.measured[k].normalised.spectrum));
  if (fit.valence) {
    text += fmt::format("mean valence {} ({:.3f} to {:.3f}, 95 %); ", core::format_value(*fit.valence), fit.valence_low,
                        fit.valence_high);
  }
  for (std::size_t j = 0; j < fit.shares.size(); ++j)
    text += fmt::format("{}{} {}", j > 0 ? ", " : "", fit.shares[j].name, core::format_value(fit.shares[j].share));
  return text + ".";
}

// A change only where noise and misaligned references do not make one as large in 95 of 100 cases.
std::string change_answer(const ValenceOutcome& outcome, std::size_t k) {
  const MixtureChange& c = outcome.changes[k];
  const double sigma = c.change.sigma(), reach = core::two_sided_95 * sigma;
  const std::string numbers =
      fmt::format("from {} to {} in one fit with the same references, a change of {} ({:+.3f} to {:+.3f}, 95 %)",
                  core::format_value(*c.before.valence), core::format_value(*c.after.valence),
                  core::format_value(c.change), c.change.value - reach, c.change.value + reach);
  const std::string whose = outcome.fits.size() > 1 ? (k == 0 ? " by electrons" : " by fluorescence") : "";
  if (!outcome.gate.empty())
    return fmt::format("Mean valence{}, {}: whether it changed is not said, as the fit is not to be used.", whose,
                       numbers);
  if (std::abs(c.change.value) > reach)
    return fmt::format("The mean valence{} {}: {}.", whose, c.change.value > 0 ? "rises" : "falls", numbers);
  return fmt::format("Mean valence{}, {}: no change of it is seen, and one above {:.2g} is excluded.", whose, numbers,
                     std::abs(c.change.value) + reach);
}

std::string depth_answer(const DepthValence& d) {
  return fmt::format(
      "A surface layer of {} nm has a valence of {}, the bulk {} (95 %); the surface is reduced with a "
      "probability of {:.3f}.",
      interval_text(d.layer_nm, 1), interval_text(d.surface_valence, 2), interval_text(d.bulk_valence, 2), d.reduced);
}

}  // namespace

void add_page(const ValenceOutcome& outcome, result::Result& result) {
  result.asked = "Asked: which mixture of references is this spectrum, and what mean valence is that?";
  result::Section main{.title = "Mixture"};
  // What changed is what was asked where there is a state before.
  for (std::size_t k = 0; k < outcome.changes.size(); ++k) result.answers.push_back(change_answer(outcome, k));
  for (std::size_t k = 0; k < outcome.fits.size(); ++k) {
    result.answers.push_back(fit_answer(outcome, k));
    main.figures.emplace_back(k == 0 ? "mixture" : "mixture-fluorescence");
    main.tables.push_back(named_by_fit("shares", k));
  }
  main.figures.emplace_back("shares");
  if (!outcome.combinations.empty()) main.tables.emplace_back("combinations");
  result.sections.push_back(std::move(main));
  if (!outcome.depth) return;
  result.answers.push_back(depth_answer(*outcome.depth));
  result.sections.push_back(
      {.title = "Surface and bulk",
       .paragraphs = {fmt::format(
           "Light is absorbed over {:.0f} nm, fluorescence seen from {:.0f} nm, both well above the edge, where no "
           "white "
           "line shortens them. Two measured means cannot fix layer, surface and bulk: what is given are their "
           "posteriors with even priors.",
           outcome.electron_attenuation_nm, outcome.fluorescence_nm)},
       .figures = {"depth"}});
}

}  // namespace lithoscope::xas
