// Derived maps: state over radius and programme, and what a scan finds over two of its parameters.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <functional>

#include "lithoscope/core/constants.hpp"
#include "particle_parts.hpp"

namespace lithoscope::programme {

using particle::Leg;
using particle::Profile;
using result::Grid;
using result::number_column;

// ---- radius and time ------------------------------------------------------------------------------------------------

namespace {

std::vector<Stretch> stretches_of(const Leg& leg) {
  std::vector<Stretch> out;
  const particle::Trace& t = leg.trace;
  std::size_t first = 0;
  for (std::size_t i = 0; i < t.time_s.size(); ++i) {
    if (out.empty() || t.step[i] != t.step[first]) {
      const double start = i == 0 ? leg.marks.front().time_s : t.time_s[i - 1];
      out.push_back({&leg, start, t.time_s[i], leg.marks[t.step[i] + 1].step, t.rate_per_s[i] != 0});
      first = i;
    }
    out.back().end_s = t.time_s[i];
  }
  return out;
}

double at_radius(const Profile& p, const std::vector<double>& values, double r) {
  const auto above = std::ranges::upper_bound(p.radius_nm, r);
  if (above == p.radius_nm.end()) return values.back();
  const auto k = static_cast<std::size_t>(std::max<std::ptrdiff_t>(1, above - p.radius_nm.begin()));
  const double t = (r - p.radius_nm[k - 1]) / (p.radius_nm[k] - p.radius_nm[k - 1]);
  return values[k - 1] + t * (values[k] - values[k - 1]);
}

std::vector<double> holes_of(const Profile& p) {
  std::vector<double> sum = p.fresh_holes;
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += p.stabilised_holes[i];
  return sum;
}

using Pick = std::function<std::vector<double>(const Profile&)>;

// Rests are drawn against the square root of time, where diffusion is even; currents against time.
constexpr std::size_t columns_a_step = 48;
constexpr std::size_t rows = 96;

// Two snapshots around a moment, and how far it is from the first to the second.
struct Moment {
  std::size_t before, after;
  double share;
};

Moment moment_of(const Stretch& stretch, double position) {
  const auto& times = stretch.leg->snapshot_time_s;
  const double time =
      stretch.start_s + (stretch.current ? position : position * position) * (stretch.end_s - stretch.start_s);
  const auto after = std::ranges::lower_bound(times, time);
  const auto k = static_cast<std::size_t>(std::min(after - times.begin(), std::ssize(times) - 1));
  const std::size_t before = k > 0 && times[k - 1] >= stretch.start_s ? k - 1 : k;
  const double span = times[k] - times[before];
  return {before, k, span > 0 ? std::clamp((time - times[before]) / span, 0.0, 1.0) : 0};
}

Grid radius_grid(const ParticleOutcome& outcome, const std::vector<Stretch>& path, const std::string& name,
                 const result::Column& quantity, const Pick& pick) {
  std::vector<double> x, y;
  const double radius = outcome.run.radius_nm.back();
  for (std::size_t c = 0; c < columns_a_step * path.size(); ++c)
    x.push_back((static_cast<double>(c) + 0.5) / columns_a_step);
  for (std::size_t r = 0; r < rows; ++r) y.push_back(radius * (static_cast<double>(r) + 0.5) / rows);
  std::vector<double> z(x.size() * rows, result::not_a_number);
  for (std::size_t s = 0; s < path.size(); ++s) {
    for (std::size_t c = 0; c < columns_a_step; ++c) {
      const Moment m = moment_of(path[s], (static_cast<double>(c) + 0.5) / columns_a_step);
      const Profile& a = path[s].leg->snapshots[m.before];
      const Profile& b = path[s].leg->snapshots[m.after];
      const std::vector<double> values_a = pick(a);
      const std::vector<double> values_b = pick(b);
      for (std::size_t r = 0; r < rows; ++r) {
        z[r * x.size() + s * columns_a_step + c] =
            (1 - m.share) * at_radius(a, values_a, y[r]) + m.share * at_radius(b, values_b, y[r]);
      }
    }
  }
  Grid grid{.name = name, .title = quantity.help + " over radius and programme"};
  grid.x = number_column("programme_step", "", "Step of the programme on the drawn path, and place within it", x);
  grid.y = number_column("radius", "nm", "Distance from the centre of the largest grain", y);
  grid.z = quantity;
  grid.z.values = std::move(z);
  grid.bulk = true;  // made for the eye; the profiles have the numbers
  return grid;
}

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

std::vector<Stretch> drawn_path(const particle::Run& run) {
  std::vector<Stretch> path = stretches_of(run.trunk);
  const Leg* chosen = nullptr;
  for (const Leg& leg : run.branches) {
    if (leg.trace.time_s.empty()) continue;
    const bool heats = hottest_K(leg) > core::room_temperature_K + 5;
    if (chosen == nullptr || (heats && hottest_K(*chosen) <= core::room_temperature_K + 5)) chosen = &leg;
  }
  if (chosen != nullptr && chosen->after.empty()) {
    for (Stretch& s : stretches_of(*chosen)) path.push_back(std::move(s));
  }
  return path;
}

std::vector<RadiusMap> radius_maps(const ParticleOutcome& outcome) {
  std::vector<RadiusMap> out;
  const std::vector<Stretch> path = drawn_path(outcome.run);
  if (path.empty()) return out;
  const Profile& last = path.back().leg->snapshots.back();
  const auto add = [&](const std::string& what, const std::string& subject, const result::Column& quantity,
                       const Pick& pick) {
    const std::vector<double> end = pick(last);
    out.push_back({.name = "map-" + what,
                   .quantity = subject,
                   .title = fmt::format("{}: {:.3f} at the centre, {:.3f} at the surface at the end", subject,
                                        end.front(), end.back()),
                   .grid = radius_grid(outcome, path, "map_" + what, quantity, pick)});
  };
  add("lithium", "Lithium extracted", number_column("lithium_extracted", "", "Lithium extracted per formula unit", {}),
      [](const Profile& p) { return p.lithium; });
  add("potential", "Local potential", number_column("potential", "V", "Local potential against lithium", {}),
      [](const Profile& p) { return p.V; });
  const auto& cations = outcome.file.model.ladder.cations;
  for (std::size_t k = 0; k < cations.size(); ++k) {
    add(lower_case(cations[k].element), cations[k].element + " valence",
        number_column("valence_" + cations[k].element, "", cations[k].element + " valence", {}),
        [k](const Profile& p) { return p.valence[k]; });
  }
  if (outcome.file.model.ladder.oxygen.sites > 0) {
    add("holes", "Oxygen holes", number_column("holes", "", "Oxygen holes per formula unit", {}), holes_of);
  }
  return out;
}

// ---- the scan -------------------------------------------------------------------------------------------------------

namespace {

double centre_of(const particle::ScanAxis& a, int i) {
  const double fraction = static_cast<double>(i) / (a.count - 1);
  return a.logarithmic ? std::log10(a.from) + fraction * std::log10(a.to / a.from)
                       : a.from + fraction * (a.to - a.from);
}

// Steps of a logarithmic axis are even in the logarithm, which has no unit.
result::Column axis_column(const particle::ScanAxis& a, const std::string& name, std::vector<double> values) {
  const std::string unit = a.unit == "1" ? "" : a.unit;
  if (!a.logarithmic) return number_column(name, unit, "The parameter " + a.parameter, std::move(values));
  return number_column("log10_" + name, "",
                       fmt::format("Decimal logarithm of {}{}", a.parameter, unit.empty() ? "" : " in " + unit),
                       std::move(values));
}

std::string axis_words(const particle::ScanAxis& a) {
  if (!a.logarithmic) return a.parameter;
  return fmt::format("log10 of {}{}", a.parameter, a.unit == "1" ? "" : " in " + a.unit);
}

// Values of the axes that a map does not span.
std::string held_fixed(const std::vector<particle::ScanAxis>& axes, const particle::ScanRow& row) {
  std::string out;
  for (std::size_t a = 0; a + 2 < axes.size(); ++a) {
    const double v = row.values[a];
    out += fmt::format(
        "{}{} = {}", out.empty() ? "" : ", ", axes[a].parameter,
        axes[a].unit == "s" ? duration_text(v) : fmt::format("{:.4g} {}", v, axes[a].unit == "1" ? "" : axes[a].unit));
  }
  return out;
}

// What is looked for: a gradient that survives the wait, that heat removes and its control does not.
struct Verdict {
  std::size_t before, after, control;
  bool has_control;

  bool met(const std::vector<double>& results) const {
    const double left = results[before];
    const double removed = left - results[after];
    const bool by_control = has_control && left - results[control] > 0.2 * removed;
    return left >= 0.05 && removed >= std::max(0.03, 0.5 * left) && !by_control;
  }
};

}  // namespace

std::vector<ScanMap> scan_maps(const ParticleOutcome& outcome) {
  std::vector<ScanMap> out;
  if (!outcome.scan || outcome.run.branches.empty()) return out;
  const particle::ScanResult& scan = *outcome.scan;
  const auto& axes = scan.scan.axes;
  if (scan.scan.samples > 0 || axes.size() < 2) return out;
  const particle::ScanAxis& across = axes.back();
  const particle::ScanAxis& up = axes[axes.size() - 2];
  std::vector<NamedLeg> mild = mild_branches(outcome.run);
  if (mild.empty() || scan.names.empty() || across.count < 2 || up.count < 2) return out;
  std::ranges::stable_sort(mild, std::greater{},
                           [](const NamedLeg& l) { return hottest_K(*l.leg); });  // heat, then its control
  const std::string heat = mild.front().leg->name;
  const bool has_control = mild.size() > 1;
  const std::size_t after = scan.column(heat + ".deviation_after");
  const Verdict verdict{scan.column(heat + ".deviation_before"), after,
                        has_control ? scan.column(mild[1].leg->name + ".deviation_after") : after, has_control};
  const auto size = static_cast<std::size_t>(across.count) * static_cast<std::size_t>(up.count);
  PlainNames names;
  const std::string x_name = names.of(across.parameter), y_name = names.of(up.parameter);
  std::vector<double> x, y;
  for (int i = 0; i < across.count; ++i) x.push_back(centre_of(across, i));
  for (int i = 0; i < up.count; ++i) y.push_back(centre_of(up, i));
  for (std::size_t first = 0; first + size <= scan.rows.size(); first += size) {
    std::vector<double> removed, met_x, met_y;
    for (std::size_t k = 0; k < size; ++k) {
      const particle::ScanRow& row = scan.rows[first + k];
      const bool failed = row.results.empty();
      removed.push_back(failed ? result::not_a_number : row.results[verdict.before] - row.results[verdict.after]);
      if (failed || !verdict.met(row.results)) continue;
      met_x.push_back(x[k % x.size()]);
      met_y.push_back(y[k / x.size()]);
    }
    const std::string where = held_fixed(axes, scan.rows[first]);
    const std::size_t number = first / size + 1;
    ScanMap map{.name = fmt::format("scan-{}", number),
                .title = fmt::format("{}{} of {} combinations keep a gradient that heat removes",
                                     where.empty() ? "" : where + ": ", met_x.size(), size),
                .x_quantity = axis_words(across),
                .y_quantity = axis_words(up),
                .z_quantity = "removed by " + heat};
    map.caption = fmt::format(
        "Colour: how much of the surface's deviation in lithium (electron yield against mean) \"{}\" removes. Circles: "
        "at least 0.05 left "
        "before, heat removes at least 0.03 and half of it{}.",
        heat, has_control ? fmt::format(", \"{}\" at most a fifth of that", mild[1].leg->name) : "");
    map.grid = {.name = fmt::format("scan_{}", number),
                .title = fmt::format("Deviation in lithium that \"{}\" removes", heat),
                .x = axis_column(across, x_name, x),
                .y = axis_column(up, y_name, y),
                .z = number_column("removed", "",
                                   "Deviation of the surface's lithium from the mean that is removed, per formula unit",
                                   removed)};
    map.grid.z.gaps = "The run of the scan failed; the table scan says why.";
    map.met = {.name = fmt::format("scan_met_{}", number),
               .title = "Combinations that keep a gradient that heat removes",
               .columns = {axis_column(across, x_name, met_x), axis_column(up, y_name, met_y)}};
    out.push_back(std::move(map));
  }
  return out;
}

}  // namespace lithoscope::programme
