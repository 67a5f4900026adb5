#include "lithoscope/particle/ladder.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "levels.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/material/valence.hpp"

namespace lithoscope::particle {
namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& expected, const std::string& found,
                         const std::string& advice = "") {
  throw core::UsageError({.what = what, .expected = expected, .found = found, .advice = advice});
}

void check_width(const std::string& name, double width) {
  if (!(width > 0))
    refuse("the width of " + name + " is not positive", "a width in V, such as 0.05 V", fmt::format("{} V", width));
}

// Couples of one element must climb without a gap: 2 -> 3 -> 4.
double base_valence(const std::string& element, const std::vector<Couple>& couples) {
  std::vector<double> valences;
  for (const Couple& c : couples) {
    if (c.element == element) valences.push_back(c.valence);
  }
  std::ranges::sort(valences);
  for (std::size_t i = 1; i < valences.size(); ++i) {
    if (valences[i] != valences[i - 1] + 1) {
      refuse("the couples of " + element + " leave a gap or overlap", "reduced valences one apart",
             fmt::format("{} and {}", valences[i - 1], valences[i]), "add the couple between, or remove one");
    }
  }
  return valences.front();
}

}  // namespace

Ladder make_ladder(const material::Composition& composition, std::vector<Couple> couples, const OxygenRedox& oxygen) {
  Ladder ladder;
  ladder.lithium = composition.amount("Li");
  if (!(ladder.lithium > 0)) refuse("the formula has no lithium", "a lithium compound", composition.formula);
  for (std::size_t i = 0; i < couples.size(); ++i) {
    Couple& couple = couples[i];
    check_width("couple " + couple.name, couple.width_V);
    const double amount = composition.amount(couple.element);
    if (!(amount > 0))
      refuse("couple " + couple.name + " is of an element the formula lacks", "an element of " + composition.formula,
             couple.element);
    if (couple.electrons == 0) couple.electrons = amount;
    if (!(couple.electrons > 0) || couple.electrons > amount * (1 + 1e-12)) {
      refuse("couple " + couple.name + " holds more electrons than there are atoms, or none",
             fmt::format("more than 0, at most {}", amount), fmt::format("{}", couple.electrons));
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (couples[j].name == couple.name) refuse("two couples are called " + couple.name, "a name each", couple.name);
    }
  }
  if (oxygen.sites < 0) refuse("the number of oxygen sites is negative", "0 or more", fmt::format("{}", oxygen.sites));
  if (oxygen.sites > 0) check_width("oxygen", oxygen.width_V);
  if (couples.empty() && !(oxygen.sites > 0)) refuse("the ladder is empty", "at least one couple", "none");
  double others_charge = 0;  // all but lithium, every couple reduced
  const auto pristine = material::pristine_valences(composition);
  for (const material::Valence& v : pristine) {
    if (v.valence < 0) others_charge += v.amount * v.valence;
    if (v.element == "Li" || v.valence < 0) continue;
    const bool has_couple = std::ranges::any_of(couples, [&](const Couple& c) { return c.element == v.element; });
    const double base = has_couple ? base_valence(v.element, couples) : v.valence;
    ladder.cations.push_back({v.element, v.amount, base});
    others_charge += v.amount * base;
  }
  const auto place = [&](const Cation& c) { return std::ranges::find(couples, c.element, &Couple::element); };
  std::ranges::stable_sort(ladder.cations, {}, place);
  ladder.offset = -others_charge - ladder.lithium;
  ladder.couples = std::move(couples);
  ladder.oxygen = oxygen;
  return ladder;
}

LocalRedox local_redox(const Ladder& ladder, double lithium_extracted, double stabilised, double oxygen_lost,
                       double temperature_K) {
  const Levels<double> levels = levels_at<double>(ladder, PlainNumbers{}, temperature_K);
  const double V = solve_potential<double>(levels, levels, lithium_extracted, stabilised, oxygen_lost, {}, 4.0);
  if (!(V == V)) {
    double all = levels.sites;
    for (const auto& c : levels.couples) all += c.electrons;
    throw core::ComputationError(
        {.what = "no potential makes this place neutral",
         .expected = fmt::format("holes between 0 and {:.4g}, the sum of all couples", all),
         .found = fmt::format("{:.4g} at x = {:.4g} with {:.4g} oxygen lost",
                              lithium_extracted + ladder.offset - 2 * oxygen_lost, lithium_extracted, oxygen_lost),
         .advice = "add a lower or a higher couple to the ladder"});
  }
  LocalRedox local{.V = V};
  for (const Cation& cation : ladder.cations) local.valence.push_back(cation.base_valence);
  for (std::size_t k = 0; k < ladder.couples.size(); ++k) {
    const auto& c = levels.couples[k];
    const double theta = occupation(V, c.level, c.width);
    local.capacity_per_V.push_back(c.electrons * theta * (1 - theta) / c.width);
    const auto cation = std::ranges::find(ladder.cations, ladder.couples[k].element, &Cation::element);
    local.valence[static_cast<std::size_t>(cation - ladder.cations.begin())] += c.electrons * theta / cation->amount;
  }
  if (levels.sites > 0) {
    const double fresh = occupation(V, levels.fresh_level, levels.oxygen_width);
    const double kept = occupation(V, levels.stabilised_level, levels.oxygen_width);
    local.fresh_holes = (levels.sites - stabilised) * fresh;
    local.stabilised_holes = stabilised * kept;
    local.oxygen_capacity_per_V =
        ((levels.sites - stabilised) * fresh * (1 - fresh) + stabilised * kept * (1 - kept)) / levels.oxygen_width;
  }
  return local;
}

}  // namespace lithoscope::particle
