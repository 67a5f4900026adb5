// The figures of gas released.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "gas_parts.hpp"

namespace lithoscope::massspec {

using result::Figure;
using result::Mark;
using result::Plot;
using result::Role;

namespace {

// Which curves are told apart by colour, then by line.
Plot styled(std::size_t k, Plot plot) {
  constexpr std::array roles{Role::second, Role::primary, Role::third, Role::muted};
  plot.role = roles[k % roles.size()];
  plot.mark = k < roles.size() ? Mark::line : Mark::dashed;
  return plot;
}

std::vector<const GasAnalysis*> shown_gases(const GasOutcome& o) {
  std::vector<const GasAnalysis*> found, all;
  for (const GasAnalysis& g : o.gases) {
    all.push_back(&g);
    if (g.found) found.push_back(&g);
  }
  // Parts of a sum are known much less well than it.
  std::erase_if(all, [&](const GasAnalysis* part) {
    return part->gases.size() == 1 && std::ranges::any_of(o.gases, [&](const GasAnalysis& sum) {
             return sum.gases.size() > 1 && std::ranges::find(sum.gases, part->gases.front()) != sum.gases.end();
           });
  });
  return found.empty() ? all : found;
}

std::string found_words(const GasOutcome& o) {
  std::string out;
  for (const GasAnalysis& g : o.gases) {
    if (g.found) out += (out.empty() ? "" : ", ") + label_of(g);
  }
  return out;
}

Figure rates_figure(const GasOutcome& o) {
  const bool mixed = o.settings.mixing_s && o.settings.mixing_s->value > 0;
  const std::string found = found_words(o);
  Figure f{.name = "rates",
           .title = found.empty()
                        ? "No gas rises above its background"
                        : found + (over_temperature(o) ? " released, over temperature" : " released, over time"),
           .caption =
               "Readings at each gas's base mass less background and other gases' fragments, with their 95 % "
               "interval, background included." +
               std::string{mixed ? " Mixing on the way to the ion source is undone." : ""}};
  const std::string x = over_temperature(o) ? "temperature" : "time";
  f.x_axis = {.quantity = over_temperature(o) ? "temperature of the sample" : "time"};
  f.y_axis = {.quantity = "reading made by the gas"};
  std::size_t k = 0;
  for (const GasAnalysis* g : shown_gases(o)) {
    f.plots.push_back(styled(k++, {.name = label_of(*g),
                                   .table = "rates",
                                   .x = x,
                                   .y = (g->released.empty() ? "arrived_" : "released_") + plain_label(*g),
                                   .interval = true}));
  }
  return f;
}

Figure cumulative_figure(const GasOutcome& o) {
  Figure f{.name = "amounts",
           .title = "Gas released up to each moment",
           .caption = "Sum of the rate above, with its 95 % interval: noise, background, fragments and sensitivity."};
  const std::string x = over_temperature(o) ? "temperature" : "time";
  f.x_axis = {.quantity = over_temperature(o) ? "temperature of the sample" : "time"};
  f.y_axis = {.quantity = "amount"};
  // One unit a figure: moles where any gas has them.
  const bool moles = std::ranges::any_of(o.gases, [](const GasAnalysis& g) { return g.sensitivity.has_value(); });
  std::size_t k = 0;
  for (const GasAnalysis* g : shown_gases(o)) {
    if (g->sensitivity.has_value() == moles)
      f.plots.push_back(
          styled(k++, {.name = label_of(*g), .table = "cumulative", .x = x, .y = plain_label(*g), .interval = true}));
  }
  return f;
}

Figure ion_figure(const GasOutcome& o, const IonAnalysis& ion) {
  const std::string name = plain_mz(ion.readings.mz);
  Figure f{.name = "ion-" + name,
           .title = fmt::format("m/z {:g} and its background", ion.readings.mz),
           .caption =
               "Means over cells of time. The background, dashed with its 95 % interval, is made from the shaded "
               "stretch alone."};
  f.x_axis = {.quantity = "time"};
  f.y_axis = {.quantity = ion.readings.unit == "A" ? "ion current" : "reading"};
  f.plots = {
      {.name = "reading", .role = Role::muted, .mark = Mark::dots, .table = "ion_" + name, .x = "time", .y = "reading"},
      {.name = "background",
       .role = Role::primary,
       .mark = Mark::dashed,
       .table = "ion_" + name,
       .x = "time",
       .y = "background",
       .interval = true}};
  for (const Stretch& s : o.free) f.bands.push_back({s.from_s, s.to_s, "without gas"});
  return f;
}

Figure scan_figure() {
  return {.name = "scan",
          .title = "Scan over the masses",
          .caption = "Mean of the scans.",
          .x_axis = {.quantity = "m/z"},
          .y_axis = {.quantity = "reading"},
          .plots = {{.name = "scan", .role = Role::primary, .table = "scan", .x = "mz", .y = "reading"}}};
}

}  // namespace

void add_figures(const GasOutcome& o, result::Result& out) {
  if (!o.gases.empty()) {
    out.figures.push_back(rates_figure(o));
    Figure sums = cumulative_figure(o);
    if (!sums.plots.empty()) out.figures.push_back(std::move(sums));
    for (const IonAnalysis& ion : o.ions) out.figures.push_back(ion_figure(o, ion));
  }
  if (out.find_table("scan") != nullptr) out.figures.push_back(scan_figure());
}

}  // namespace lithoscope::massspec
