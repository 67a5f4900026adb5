#include "particle_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <functional>
#include <limits>

#include "figure_style.hpp"
#include "lithoscope/core/constants.hpp"

namespace lithoscope::report {
namespace {

using particle::Leg;

using particle::Profile;
using study::ParticleOutcome;

constexpr double layered_still = 1e-3;  // O per formula unit lost

Role role_of(std::size_t k) {
  static constexpr std::array roles{Role::second, Role::primary, Role::third, Role::muted};
  return roles[k % roles.size()];
}

std::string duration_text(double seconds) {
  if (seconds >= 2 * 86400) return fmt::format("{:.3g} d", seconds / 86400);
  if (seconds >= core::seconds_per_hour) return fmt::format("{:.3g} h", seconds / core::seconds_per_hour);
  if (seconds >= 90) return fmt::format("{:.3g} min", seconds / 60);
  return fmt::format("{:.3g} s", seconds);
}

// ---- radius and time ------------------------------------------------------------------------------------------------

// A stretch of the path that is drawn: one step of a leg.
struct Stretch {
  const Leg* leg;
  std::size_t first, last;  // rows of the trace
  double start_s, end_s;
  std::string name;
  bool current;
};

std::vector<Stretch> stretches_of(const Leg& leg) {
  std::vector<Stretch> out;
  const particle::Trace& t = leg.trace;
  for (std::size_t i = 0; i < t.time_s.size(); ++i) {
    if (out.empty() || t.step[i] != t.step[out.back().first]) {
      const double start = i == 0 ? leg.marks.front().time_s : t.time_s[i - 1];
      out.push_back({&leg, i, i, start, t.time_s[i], leg.marks[t.step[i] + 1].step, t.rate_per_s[i] != 0});
    }
    out.back().last = i;
    out.back().end_s = t.time_s[i];
  }
  return out;
}

double hottest_K(const Leg& leg) {
  double hottest = 0;
  for (const double T : leg.trace.temperature_K) hottest = std::max(hottest, T);
  return hottest;
}

// The trunk and the first branch that heats, or the first at all.
std::vector<Stretch> drawn_path(const ParticleOutcome& outcome) {
  std::vector<Stretch> path = stretches_of(outcome.run.trunk);
  const Leg* chosen = nullptr;
  for (const Leg& leg : outcome.run.branches) {
    if (leg.trace.time_s.empty()) continue;
    const bool heats = hottest_K(leg) > core::room_temperature_K + 5;
    if (chosen == nullptr || (heats && hottest_K(*chosen) <= core::room_temperature_K + 5)) chosen = &leg;
  }
  if (chosen != nullptr && chosen->after.empty()) {
    for (Stretch& s : stretches_of(*chosen)) path.push_back(std::move(s));
  }
  return path;
}

double at_radius(const Profile& p, const std::vector<double>& values, double r) {
  const auto above = std::ranges::upper_bound(p.radius_nm, r);
  if (above == p.radius_nm.end()) return values.back();
  const auto i = std::max<std::ptrdiff_t>(1, above - p.radius_nm.begin());
  const auto k = static_cast<std::size_t>(i);
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

Figure radius_time_figure(const ParticleOutcome& outcome, const std::vector<Stretch>& path, const std::string& id,
                          const std::string& title, const Axis& quantity, const Pick& pick) {
  Figure figure{
      .id = id,
      .title = title,
      .caption =
          "Centre of the grain at the bottom, surface at the top. Each step of the programme has the same width: under "
          "current it runs with time, at rest with the square root of time.",
      .x_axis = {"step of the programme", ""},
      .y_axis = {"radius", "nm"}};
  Map map{.z_axis = quantity};
  const double radius = outcome.run.radius_nm.back();
  for (std::size_t c = 0; c < columns_a_step * path.size(); ++c) {
    map.x.push_back((static_cast<double>(c) + 0.5) / columns_a_step);
  }
  for (std::size_t r = 0; r < rows; ++r) map.y.push_back(radius * (static_cast<double>(r) + 0.5) / rows);
  map.z.assign(map.x.size() * rows, std::numeric_limits<double>::quiet_NaN());
  for (std::size_t s = 0; s < path.size(); ++s) {
    const Stretch& stretch = path[s];
    const auto& times = stretch.leg->snapshot_time_s;
    for (std::size_t c = 0; c < columns_a_step; ++c) {
      const double u = (static_cast<double>(c) + 0.5) / columns_a_step;
      const double time = stretch.start_s + (stretch.current ? u : u * u) * (stretch.end_s - stretch.start_s);
      const auto after = std::ranges::lower_bound(times, time);
      const auto k = static_cast<std::size_t>(std::min(after - times.begin(), std::ssize(times) - 1));
      const std::size_t before = k > 0 && times[k - 1] >= stretch.start_s ? k - 1 : k;
      const double span = times[k] - times[before];
      const double t = span > 0 ? std::clamp((time - times[before]) / span, 0.0, 1.0) : 0;
      const Profile& a = stretch.leg->snapshots[before];
      const Profile& b = stretch.leg->snapshots[k];
      const std::vector<double> values_a = pick(a);
      const std::vector<double> values_b = pick(b);
      for (std::size_t r = 0; r < rows; ++r) {
        const double value = (1 - t) * at_radius(a, values_a, map.y[r]) + t * at_radius(b, values_b, map.y[r]);
        map.z[r * map.x.size() + s * columns_a_step + c] = rounded(value);
      }
    }
    figure.x_ticks.push_back({static_cast<double>(s) + 0.5,
                              fmt::format("{}, {}", stretch.name, duration_text(stretch.end_s - stretch.start_s))});
  }
  figure.map = std::move(map);
  return figure;
}

std::string change_words(double core, double surface, const char* core_name) {
  return fmt::format("{:.3f} at the {}, {:.3f} at the surface at the end", core, core_name, surface);
}

}  // namespace

std::vector<const Leg*> mild_branches(const ParticleOutcome& outcome) {
  std::vector<const Leg*> legs;
  for (const Leg& leg : outcome.run.branches) {
    if (!leg.marks.empty() && leg.marks.back().seen.mean_oxygen_lost < layered_still) legs.push_back(&leg);
  }
  return legs;
}

Figure change_figure(const ParticleOutcome& outcome) {
  const particle::Ladder& ladder = outcome.study.model.ladder;
  Figure figure{.id = "changes",
                .title = "What changes, and where it is seen",
                .caption =
                    "Change from the start of a branch to its end. Valences in electrons per atom: of the surface as "
                    "the electron "
                    "yield sees it, of the bulk as the fluorescence sees it; oxygen holes per formula unit.",
                .x_axis = {"", ""},
                .y_axis = {"change of valence or holes", "e"}};
  double x = 0;
  for (const particle::Cation& c : ladder.cations) figure.x_ticks.push_back({x++, c.element + " surface"});
  for (const particle::Cation& c : ladder.cations) figure.x_ticks.push_back({x++, c.element + " bulk"});
  const bool oxygen = outcome.study.model.ladder.oxygen.sites > 0;
  if (oxygen) {
    figure.x_ticks.push_back({x++, "holes surf."});
    figure.x_ticks.push_back({x, "holes bulk"});
  }
  std::size_t index = 0;
  for (const Leg* leg : mild_branches(outcome)) {
    const particle::Observables& a = particle::start_of(*leg).seen;
    const particle::Observables& b = leg->marks.back().seen;
    Series s{.name = leg->name, .role = role_of(index++), .mark = report::Mark::bars};
    const auto put = [&](double before, double after) {
      s.x.push_back(static_cast<double>(s.x.size()));
      s.y.push_back(after - before);
      s.notes.push_back(fmt::format("{:.4f} to {:.4f}, {:+.5f}", before, after, after - before));
    };
    for (std::size_t k = 0; k < ladder.cations.size(); ++k) put(a.tey_valence[k], b.tey_valence[k]);
    for (std::size_t k = 0; k < ladder.cations.size(); ++k) put(a.pfy_valence[k], b.pfy_valence[k]);
    if (oxygen) {
      put(a.tey_holes, b.tey_holes);
      put(a.mean_holes, b.mean_holes);
    }
    figure.series.push_back(std::move(s));
  }
  return figure;
}

std::vector<Figure> radius_time_figures(const ParticleOutcome& outcome) {
  const std::vector<Stretch> path = drawn_path(outcome);
  std::vector<Figure> figures;
  if (path.empty()) return figures;
  const Profile& last = path.back().leg->snapshots.back();
  const auto words = [&](const std::vector<double>& v) { return change_words(v.front(), v.back(), "centre"); };
  figures.push_back(radius_time_figure(outcome, path, "map-lithium", "Lithium extracted: " + words(last.lithium),
                                       {"lithium extracted", "per f.u."}, [](const Profile& p) { return p.lithium; }));
  figures.push_back(radius_time_figure(outcome, path, "map-potential", "Local potential: " + words(last.V),
                                       {"potential", "V"}, [](const Profile& p) { return p.V; }));
  const auto& cations = outcome.study.model.ladder.cations;
  for (std::size_t k = 0; k < cations.size(); ++k) {
    std::string id = cations[k].element;
    std::ranges::transform(id, id.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    figures.push_back(
        radius_time_figure(outcome, path, "map-" + id, cations[k].element + " valence: " + words(last.valence[k]),
                           {cations[k].element + " valence", ""}, [k](const Profile& p) { return p.valence[k]; }));
  }
  if (outcome.study.model.ladder.oxygen.sites > 0) {
    figures.push_back(radius_time_figure(outcome, path, "map-holes", "Oxygen holes: " + words(holes_of(last)),
                                         {"holes", "per f.u."}, [](const Profile& p) { return holes_of(p); }));
  }
  for (std::size_t i = 1; i < figures.size(); ++i) figures[i].caption = "Drawn as the map of lithium.";
  return figures;
}

Figure profile_figure(const ParticleOutcome& outcome) {
  Figure figure{.id = "profiles",
                .title = "Lithium in the grain before and after",
                .caption =
                    "At the ends of the steps of the trunk (dashed) and of the branches. The electron yield sees the "
                    "last 5 nm or so.",
                .x_axis = {"radius", "nm"},
                .y_axis = {"lithium extracted", "per f.u."}};
  const auto add = [&](const std::string& name, const Profile& p, Role role, report::Mark mark) {
    figure.series.push_back({.name = name, .role = role, .mark = mark, .x = p.radius_nm, .y = p.lithium});
  };
  const auto& marks = outcome.run.trunk.marks;
  const std::size_t shown = std::min<std::size_t>(2, marks.empty() ? 0 : marks.size() - 1);
  for (std::size_t i = marks.size() - shown; i < marks.size(); ++i) {
    add("after " + marks[i].step, marks[i].grains.back(), i + 1 == marks.size() ? Role::primary : Role::muted,
        report::Mark::dashed);
  }
  std::size_t index = 0;
  for (const Leg* leg : mild_branches(outcome)) {
    if (index < 3) add("after " + leg->name, leg->marks.back().grains.back(), role_of(index), report::Mark::line);
    ++index;
  }
  return figure;
}

std::vector<Figure> ledger_figures(const ParticleOutcome& outcome) {
  const particle::Model& model = outcome.study.model;
  const auto empty = [&](const std::string& id, const std::string& title) {
    Figure figure{.id = id,
                  .title = title,
                  .caption =
                      "Volume means per formula unit. What metals and oxygen give equals the lithium that left, less "
                      "what lost oxygen leaves behind; the rest is rounding.",
                  .x_axis = {"", ""},
                  .y_axis = {"electrons given", "per f.u."}};
    double x = 0;
    for (const particle::Cation& c : model.ladder.cations) figure.x_ticks.push_back({x++, c.element});
    figure.x_ticks.push_back({x++, "O holes"});
    figure.x_ticks.push_back({x++, "O lost"});
    figure.x_ticks.push_back({x, "Li left"});
    return figure;
  };
  const auto add = [&](Figure& figure, const std::string& name, const particle::Mark& before,
                       const particle::Mark& after) {
    const particle::Ledger l = particle::ledger(model, before, after);
    Series s{.name = fmt::format("{} (rest {:.0e})", name, std::abs(l.residual())),
             .role = role_of(figure.series.size()),
             .mark = report::Mark::bars};
    std::vector<double> values = l.cations;
    for (const double v : {l.holes, l.oxygen_lost, l.lithium}) values.push_back(v);
    for (const double v : values) {
      s.x.push_back(static_cast<double>(s.x.size()));
      s.y.push_back(v);
      s.notes.push_back(fmt::format("{:+.5f}", v));
    }
    figure.series.push_back(std::move(s));
  };
  std::vector<Figure> figures{empty("ledger-trunk", "The ledger of the trunk: who gave the electrons"),
                              empty("ledger-mild", "The ledger of the branches: electrons change places"),
                              empty("ledger-hot", "The ledger of branches that lose oxygen")};
  const auto& marks = outcome.run.trunk.marks;
  if (marks.size() > 1) add(figures[0], "trunk", marks.front(), marks.back());
  for (const Leg& leg : outcome.run.branches) {
    if (leg.marks.empty()) continue;
    Figure& figure = leg.marks.back().seen.mean_oxygen_lost < layered_still ? figures[1] : figures[2];
    add(figure, leg.name, particle::start_of(leg), leg.marks.back());
  }
  std::erase_if(figures, [](const Figure& f) { return f.series.empty(); });
  return figures;
}

Figure charge_figure(const ParticleOutcome& outcome) {
  Figure figure{.id = "charge",
                .title = "Potential along the trunk and the titrations",
                .caption = "Of the cell while current flows, of the surface at rest.",
                .x_axis = {"lithium extracted, mean", "per f.u."},
                .y_axis = {"potential vs Li/Li\u207a", "V"}};
  const auto add = [&](const Leg& leg, Role role) {
    figure.series.push_back({.name = leg.name, .role = role, .x = leg.trace.mean_lithium, .y = leg.trace.cell_V});
  };
  if (!outcome.run.trunk.trace.time_s.empty()) add(outcome.run.trunk, Role::primary);
  for (const Leg& leg : outcome.run.branches) {
    const bool current = std::ranges::any_of(leg.trace.rate_per_s, [](double r) { return r != 0; });
    if (current) add(leg, Role::second);
  }
  return figure;
}

std::vector<Figure> heating_figures(const ParticleOutcome& outcome) {
  std::vector<Figure> figures;
  for (const Leg& leg : outcome.run.branches) {
    const particle::Trace& t = leg.trace;
    if (t.time_s.size() < 3 || leg.marks.back().seen.mean_oxygen_lost < layered_still) continue;
    std::vector<double> celsius;
    for (const double k : t.temperature_K) celsius.push_back(k - core::zero_celsius_K);
    const Axis axis{"temperature", "\u00b0C"};
    std::string id = leg.name;
    std::ranges::replace_if(id, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '-');
    std::ranges::transform(id, id.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    Figure phases{.id = "phases-" + id,
                  .title = fmt::format("{}: layered to spinel to rock salt", leg.name),
                  .caption = "Fractions of the cations, first-order kinetics in what is left.",
                  .x_axis = axis,
                  .y_axis = {"fraction", ""}};
    Series layered{.name = "layered", .role = Role::primary, .x = celsius};
    Series spinel{.name = "spinel", .role = Role::second, .x = celsius};
    Series rock_salt{.name = "rock salt", .role = Role::third, .x = celsius};
    Series gas{.name = "O\u2082", .role = Role::second};
    for (std::size_t i = 0; i < t.time_s.size(); ++i) {
      layered.y.push_back(1 - t.spinel_extent[i]);
      spinel.y.push_back(t.spinel_extent[i] - t.rock_salt_extent[i]);
      rock_salt.y.push_back(t.rock_salt_extent[i]);
      if (i == 0 || t.temperature_K[i] == t.temperature_K[i - 1]) continue;
      gas.x.push_back(0.5 * (celsius[i] + celsius[i - 1]));
      gas.y.push_back(0.5 * (t.oxygen_lost[i] - t.oxygen_lost[i - 1]) / (t.temperature_K[i] - t.temperature_K[i - 1]) *
                      1e3);
    }
    phases.series = {layered, spinel, rock_salt};
    figures.push_back(std::move(phases));
    figures.push_back({.id = "oxygen-" + id,
                       .title = fmt::format("{}: {:.3f} O\u2082 per formula unit leave", leg.name,
                                            0.5 * leg.marks.back().seen.mean_oxygen_lost),
                       .caption = "Oxygen released per kelvin, from the balance of cations and oxygen of each phase.",
                       .x_axis = axis,
                       .y_axis = {"O\u2082 released", "10\u207b\u00b3 per f.u. and K"},
                       .series = {gas}});
  }
  return figures;
}

std::vector<Figure> scan_figures(const ParticleOutcome& outcome) {
  std::vector<Figure> figures;
  if (!outcome.scan || outcome.run.branches.empty()) return figures;
  const particle::ScanResult& scan = *outcome.scan;
  const auto& axes = scan.scan.axes;
  if (scan.scan.samples > 0 || axes.size() < 2) return figures;
  // The last two axes span the map; every combination of the others is a figure.
  const particle::ScanAxis& across = axes.back();
  const particle::ScanAxis& up = axes[axes.size() - 2];
  auto mild = mild_branches(outcome);
  if (mild.empty() || scan.names.empty()) return figures;
  std::ranges::stable_sort(mild, std::greater{},
                           [](const Leg* leg) { return hottest_K(*leg); });  // heat, then its control
  const std::string heat = mild.front()->name;
  const std::size_t before = scan.column(heat + ".deviation_before");
  const std::size_t after = scan.column(heat + ".deviation_after");
  const bool has_control = mild.size() > 1;
  const std::size_t control = has_control ? scan.column(mild[1]->name + ".deviation_after") : after;
  const auto size = static_cast<std::size_t>(across.count) * static_cast<std::size_t>(up.count);
  if (across.count < 2 || up.count < 2) return figures;
  const auto centre = [](const particle::ScanAxis& a, int i) {
    const double fraction = static_cast<double>(i) / (a.count - 1);
    return a.logarithmic ? std::log10(a.from) + fraction * std::log10(a.to / a.from)
                         : a.from + fraction * (a.to - a.from);
  };
  const auto axis_of = [](const particle::ScanAxis& a) {
    return Axis{a.logarithmic ? "log10 of " + a.parameter : a.parameter, a.unit == "1" ? "" : a.unit};
  };
  for (std::size_t first = 0; first + size <= scan.rows.size(); first += size) {
    std::string where;
    for (std::size_t a = 0; a + 2 < axes.size(); ++a) {
      const double v = scan.rows[first].values[a];
      where += fmt::format("{}{} = {}", where.empty() ? "" : ", ", axes[a].parameter,
                           axes[a].unit == "s" ? duration_text(v)
                                               : fmt::format("{:.4g} {}", v, axes[a].unit == "1" ? "" : axes[a].unit));
    }
    Figure figure{.id = fmt::format("scan-{}", first / size + 1), .x_axis = axis_of(across), .y_axis = axis_of(up)};
    Map map{.z_axis = {"removed by " + heat, "Li per f.u."}};
    for (int i = 0; i < across.count; ++i) map.x.push_back(centre(across, i));
    for (int i = 0; i < up.count; ++i) map.y.push_back(centre(up, i));
    Series met{.name = "gradient survives the wait, heat removes it, the control does not",
               .role = Role::second,
               .mark = report::Mark::open_dots};
    for (std::size_t k = 0; k < size; ++k) {
      const particle::ScanRow& row = scan.rows[first + k];
      if (row.results.empty()) {
        map.z.push_back(std::numeric_limits<double>::quiet_NaN());
        continue;
      }
      const double left = row.results[before];
      const double removed = left - row.results[after];
      map.z.push_back(removed);
      const bool by_control = has_control && left - row.results[control] > 0.2 * removed;
      if (left < 0.05 || removed < std::max(0.03, 0.5 * left) || by_control) continue;
      met.x.push_back(map.x[k % map.x.size()]);
      met.y.push_back(map.y[k / map.x.size()]);
    }
    figure.title = fmt::format("{}{} of {} combinations keep a gradient that heat removes",
                               where.empty() ? "" : where + ": ", met.x.size(), size);
    figure.caption = fmt::format(
        "Colour: how much of the surface's deviation in lithium (electron yield against mean) \"{}\" removes. Circles: "
        "at least 0.05 left "
        "before, heat removes at least 0.03 and half of it{}.",
        heat, has_control ? fmt::format(", \"{}\" at most a fifth of that", mild[1]->name) : "");
    figure.map = std::move(map);
    if (!met.x.empty()) figure.series.push_back(std::move(met));
    figures.push_back(std::move(figure));
  }
  return figures;
}

}  // namespace lithoscope::report
