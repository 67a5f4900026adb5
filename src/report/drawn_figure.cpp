// Figures name tables and columns; here they get their numbers, no more than a screen shows.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "figure_style.hpp"
#include "lithoscope/report/page.hpp"

namespace lithoscope::report {
namespace {

// Rows of a table that a plot shows.
std::vector<std::size_t> rows_of(const result::Table& table, const result::Plot& plot) {
  std::vector<std::size_t> out;
  const result::Column* where = plot.where ? &table.at(plot.where->column) : nullptr;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    if (where != nullptr) {
      const bool fits = where->is_words() ? where->words()[i] == plot.where->is
                                          : fmt::format("{}", where->number(i)) == plot.where->is;
      if (!fits) continue;
    }
    out.push_back(i);
  }
  return out;
}

// "Pulse 7: why"; the row is named where its table numbers the rows in its first column.
std::string note_of(const result::Table& table, const result::Plot& plot, std::size_t row) {
  std::string note = result::shown_text(table.at(plot.notes), row);
  const result::Column& first = table.columns.front();
  if (!std::holds_alternative<std::vector<std::int64_t>>(first.values)) return note;
  std::string name = first.name;
  name.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(name.front())));
  return fmt::format("{} {}{}{}", name, first.integers()[row], note.empty() ? "" : ": ", note);
}

Series series_of(const result::Table& table, const result::Plot& plot) {
  Series s{.name = plot.name, .role = plot.role, .mark = plot.mark};
  const result::Column& y_column = table.at(plot.y);
  const std::vector<double> x = result::shown_values(table.at(plot.x)), y = result::shown_values(y_column);
  const result::Bounds bounds = plot.interval ? result::shown_bounds(y_column) : result::Bounds{};
  const auto moved = [&](double v) { return (plot.log10_of_y ? std::log10(v) : v) + plot.offset; };
  for (const std::size_t i : rows_of(table, plot)) {
    s.x.push_back(rounded(x[i]));
    s.y.push_back(rounded(moved(y[i])));
    if (!bounds.low.empty()) {
      s.y_low.push_back(rounded(moved(bounds.low[i])));
      s.y_high.push_back(rounded(moved(bounds.high[i])));
    }
    if (!plot.notes.empty()) s.notes.push_back(note_of(table, plot, i));
  }
  return s;
}

void keep_points(Series& s, const std::vector<std::size_t>& kept) {
  const auto pick = [&](auto& values) {
    if (values.empty()) return;  // no interval, no notes
    std::remove_reference_t<decltype(values)> out;
    for (const std::size_t i : kept) out.push_back(values[i]);
    values = std::move(out);
  };
  pick(s.x);
  pick(s.y);
  pick(s.y_low);
  pick(s.y_high);
  pick(s.notes);
}

// A profile of a million rows has no more to say on a screen than its extremes, bucket by bucket.
void thin_line(Series& s) {
  constexpr std::size_t buckets = 1500;
  if (s.x.size() <= 2 * buckets) return;
  std::vector<std::size_t> kept;
  for (std::size_t b = 0; b < buckets; ++b) {
    const std::size_t from = b * s.x.size() / buckets, to = (b + 1) * s.x.size() / buckets;
    const auto [low, high] = std::minmax_element(s.y.begin() + static_cast<std::ptrdiff_t>(from),
                                                 s.y.begin() + static_cast<std::ptrdiff_t>(to));
    const auto first = static_cast<std::size_t>(std::min(low, high) - s.y.begin());
    const auto second = static_cast<std::size_t>(std::max(low, high) - s.y.begin());
    kept.push_back(first);
    if (second != first) kept.push_back(second);
  }
  keep_points(s, kept);
}

void thin_dots(Series& s) {
  constexpr std::size_t most = 3000;
  const std::size_t stride = s.x.size() / most + 1;
  if (stride < 2) return;
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < s.x.size(); i += stride) kept.push_back(i);
  keep_points(s, kept);
}

// Vertical lines from zero, those that can be seen.
void make_sticks(Series& s) {
  double strongest = 0;
  for (const double v : s.y) strongest = std::max(strongest, std::abs(v));
  constexpr double visible = 1e-3;
  Series out{.name = s.name, .role = s.role, .mark = Mark::line};
  for (std::size_t i = 0; i < s.x.size(); ++i) {
    if (std::abs(s.y[i]) < visible * strongest) continue;
    for (const double height : {0.0, s.y[i], 0.0}) {
      out.x.push_back(s.x[i]);
      out.y.push_back(height);
    }
  }
  s = std::move(out);
}

// Evenly spaced places over an axis, at most so many, and which of its own are nearest to each.
struct Even {
  std::vector<double> at;
  std::vector<std::vector<std::size_t>> of;
};
Even even_places(const std::vector<double>& values, std::size_t most) {
  Even out;
  if (values.size() < 2) return {values, {{0}}};
  double step = std::abs(values.back() - values.front());
  for (std::size_t i = 1; i < values.size(); ++i) {
    const double gap = std::abs(values[i] - values[i - 1]);
    if (gap > 0) step = std::min(step, gap);
  }
  const double span = values.back() - values.front();
  const auto wanted = static_cast<std::size_t>(std::clamp(std::round(std::abs(span) / step), 1.0, 1e6)) + 1;
  const std::size_t n = std::min(wanted, most);
  out.at.resize(n);
  out.of.resize(n);
  for (std::size_t k = 0; k < n; ++k)
    out.at[k] = values.front() + span * static_cast<double>(k) / static_cast<double>(n - 1);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double place = std::round((values[i] - values.front()) / span * static_cast<double>(n - 1));
    out.of[static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(n - 1)))].push_back(i);
  }
  for (std::size_t k = 0; k < n; ++k) {  // between two values: the nearer one
    if (!out.of[k].empty()) continue;
    const auto nearest = std::ranges::min_element(values, {}, [&](double v) { return std::abs(v - out.at[k]); });
    out.of[k].push_back(static_cast<std::size_t>(nearest - values.begin()));
  }
  return out;
}

Map map_of(const result::Grid& grid, const result::Figure& figure, bool thinned) {
  constexpr std::size_t most_columns = 240, most_rows = 160, all = 100000;
  const Even x = even_places(result::shown_values(grid.x), thinned ? most_columns : all);
  const Even y = even_places(result::shown_values(grid.y), thinned ? most_rows : all);
  const std::vector<double> z = result::shown_values(grid.z);
  const std::size_t columns = grid.x.size();
  Map map{.x = rounded(x.at), .y = rounded(y.at), .z = {}, .z_axis = {}, .palette = figure.palette};
  std::string heading = grid.z.shown.name.empty() ? grid.z.name : grid.z.shown.name;
  std::ranges::replace(heading, '_', ' ');
  if (figure.stretch == result::Stretch::root) heading = "root of " + heading;
  map.z_axis = {heading, figure.stretch == result::Stretch::root
                             ? ""
                             : (grid.z.shown.unit.empty() ? grid.z.unit : grid.z.shown.unit)};
  for (const auto& rows : y.of) {
    for (const auto& across : x.of) {
      double sum = 0, n = 0;
      for (const std::size_t r : rows) {
        for (const std::size_t c : across) {
          const double v = z[r * columns + c];
          if (std::isnan(v)) continue;
          sum += v;
          n += 1;
        }
      }
      double v = n > 0 ? sum / n : result::not_a_number;
      if (figure.stretch == result::Stretch::root) v = std::copysign(std::sqrt(std::abs(v)), v);
      map.z.push_back(rounded(v));
    }
  }
  return map;
}

std::string unit_of(const result::Column& column) {
  return column.shown.unit.empty() ? column.unit : column.shown.unit;
}

}  // namespace

Figure drawn(const result::Result& result, const result::Figure& figure, bool thinned) {
  Figure out{.id = figure.name,
             .title = figure.title,
             .caption = figure.caption,
             .x_axis = {figure.x_axis.quantity, figure.x_axis.unit},
             .y_axis = {figure.y_axis.quantity, figure.y_axis.unit},
             .series = {},
             .bands = figure.bands,
             .segments = figure.segments,
             .x_ticks = figure.x_ticks,
             .map = {}};
  if (!figure.grid.empty()) {
    const result::Grid& grid = result.grid(figure.grid);
    if (grid.z.size() > 0) out.map = map_of(grid, figure, thinned);
    if (out.x_axis.unit.empty()) out.x_axis.unit = unit_of(grid.x);
    if (out.y_axis.unit.empty()) out.y_axis.unit = unit_of(grid.y);
  }
  for (const result::Plot& plot : figure.plots) {
    const result::Table& table = result.table(plot.table);
    Series s = series_of(table, plot);
    if (out.x_axis.unit.empty() && figure.x_ticks.empty()) out.x_axis.unit = unit_of(table.at(plot.x));
    if (out.y_axis.unit.empty() && !plot.log10_of_y) out.y_axis.unit = unit_of(table.at(plot.y));
    if (s.x.empty()) continue;  // nothing of that kind
    if (plot.mark == Mark::sticks) {
      make_sticks(s);
    } else if (thinned) {
      is_line(s) ? thin_line(s) : thin_dots(s);
    }
    out.series.push_back(std::move(s));
  }
  return out;
}

}  // namespace lithoscope::report
