#include "lithoscope/result/result.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace lithoscope::result {
namespace {

template <class Item>
const Item* find_in(const std::vector<Item>& items, std::string_view name) {
  const auto found = std::ranges::find(items, name, &Item::name);
  return found == items.end() ? nullptr : &*found;
}
template <class Item>
const Item& in(const std::vector<Item>& items, std::string_view name, const char* what, const std::string& probe) {
  if (const Item* found = find_in(items, name)) return *found;
  throw std::out_of_range(fmt::format("the result of {} has no {} {}", probe, what, name));
}

}  // namespace

const Table* Result::find_table(std::string_view table) const { return find_in(tables, table); }
const Grid* Result::find_grid(std::string_view grid) const { return find_in(grids, grid); }
const Number* Result::find_number(std::string_view number) const { return find_in(numbers, number); }
const Table& Result::table(std::string_view table) const { return in(tables, table, "table", probe); }
const Grid& Result::grid(std::string_view grid) const { return in(grids, grid, "grid", probe); }
const Number& Result::number(std::string_view number) const { return in(numbers, number, "number", probe); }

bool UsedSetting::operator==(const UsedSetting& other) const {
  return name == other.name && unit == other.unit && value == other.value;
}

namespace {

void make_exact(std::vector<double>& variance) {
  for (double& v : variance) {
    const double sigma = std::sqrt(v);
    v = sigma * sigma;
  }
}

}  // namespace

void make_canonical(Result& result) {
  for (Number& n : result.numbers) {
    const double sigma = std::sqrt(n.value.variance);
    n.value.variance = sigma * sigma;
  }
  for (Table& t : result.tables) {
    for (Column& c : t.columns) make_exact(c.variance);
  }
  for (Grid& g : result.grids) {
    for (Column* c : {&g.x, &g.y, &g.z}) make_exact(c->variance);
  }
  // What a viewer opens on is what the first figure shows.
  if (result.figures.empty() || result.figures.front().plots.empty()) return;
  const Plot& plot = result.figures.front().plots.front();
  for (Table& t : result.tables) {
    if (t.name != plot.table) continue;
    t.signal = plot.y;
    t.axis = plot.x;
  }
}

}  // namespace lithoscope::result
