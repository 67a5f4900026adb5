#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <set>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/units.hpp"
#include "lithoscope/result/result.hpp"

namespace lithoscope::result {
namespace {

class Faults {
 public:
  void add(std::string sentence) { all_.push_back(std::move(sentence)); }
  void unless(bool sound, const std::string& sentence) {
    if (!sound) all_.push_back(sentence);
  }
  std::vector<std::string> take() { return std::move(all_); }

 private:
  std::vector<std::string> all_;
};

bool is_plain(const std::string& name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

template <class Items>
void check_names(const Items& items, const char* what, Faults& faults) {
  std::set<std::string> seen;
  for (const auto& item : items) {
    faults.unless(is_plain(item.name), fmt::format("the {} \"{}\" has no plain name", what, item.name));
    faults.unless(seen.insert(item.name).second, fmt::format("two {}s are called {}", what, item.name));
  }
}

// What cannot be read as a unit is none.
bool is_known_unit(const std::string& unit) {
  try {
    return core::is_unit(unit);
  } catch (const core::UsageError&) {
    return false;
  }
}

// udunits knows whole powers only; roots of time occur in every slope against the square root of time.
void check_unit(std::string unit, const std::string& where, Faults& faults) {
  if (unit.empty()) return;
  if (const auto root = unit.find("s0.5"); root != std::string::npos) unit.erase(root + 1, 3);
  faults.unless(is_known_unit(unit), fmt::format("{}: \"{}\" is no unit", where, unit));
}

void check_variance(const std::vector<double>& variance, std::size_t size, const std::string& where, Faults& faults) {
  if (variance.empty()) return;
  faults.unless(variance.size() == size, fmt::format("{}: {} variances for {} values", where, variance.size(), size));
  faults.unless(std::ranges::none_of(variance, [](double v) { return v < 0; }), where + ": a variance below zero");
}

void check_column(const Column& column, std::size_t rows, const std::vector<std::string>* flags,
                  const std::string& where, Faults& faults) {
  const std::string at = where + "." + column.name;
  faults.unless(!column.help.empty(), at + " has no help");
  faults.unless(column.size() == rows, fmt::format("{} has {} rows of {}", at, column.size(), rows));
  check_unit(column.unit, at, faults);
  check_unit(column.shown.unit, at, faults);
  check_variance(column.variance, column.size(), at, faults);
  for (const auto* bound : {&column.low, &column.high})
    faults.unless(bound->empty() || bound->size() == column.size(), at + ": bounds of another length");
  if (column.is_words() || !column.gaps.empty()) return;
  for (std::size_t i = 0; i < column.size(); ++i) {
    if (!std::isnan(column.number(i))) continue;
    const bool told = flags != nullptr && i < flags->size() && !(*flags)[i].empty() && (*flags)[i] != "ok";
    if (told) continue;
    faults.add(fmt::format("{}, row {}: not a number, and nothing says why", at, i + 1));
    return;
  }
}

void check_table(const Table& table, Faults& faults) {
  check_names(table.columns, "column", faults);
  faults.unless(!table.title.empty(), "the table " + table.name + " has no title");
  faults.unless(!table.columns.empty(), "the table " + table.name + " has no columns");
  for (const std::string* name : {&table.axis, &table.signal, &table.valid, &table.flags})
    faults.unless(name->empty() || table.find(*name) != nullptr,
                  fmt::format("the table {} has no column {}", table.name, *name));
  for (const std::string& name : table.brief)
    faults.unless(table.find(name) != nullptr, fmt::format("the table {} has no column {}", table.name, name));
  const Column* flags = table.flags.empty() ? nullptr : table.find(table.flags);
  const auto* words = flags != nullptr && flags->is_words() ? &flags->words() : nullptr;
  for (const Column& column : table.columns) check_column(column, table.rows(), words, table.name, faults);
}

void check_grid(const Grid& grid, Faults& faults) {
  faults.unless(!grid.title.empty(), "the grid " + grid.name + " has no title");
  check_column(grid.x, grid.x.size(), nullptr, grid.name, faults);
  check_column(grid.y, grid.y.size(), nullptr, grid.name, faults);
  check_column(grid.z, grid.x.size() * grid.y.size(), nullptr, grid.name, faults);
}

void check_number(const Number& n, Faults& faults) {
  faults.unless(!n.help.empty(), n.name + " has no help");
  check_unit(n.unit, n.name, faults);
  faults.unless(!(n.value.variance < 0), n.name + ": a variance below zero");
  faults.unless(!std::isnan(n.value.value) || !n.flag.empty(), n.name + ": not a number, and nothing says why");
}

// Least eigenvalue not below zero by more than rounding.
bool is_covariance(const std::vector<double>& values, std::size_t n) {
  const Eigen::Map<const Eigen::MatrixXd> matrix(values.data(), static_cast<Eigen::Index>(n),
                                                 static_cast<Eigen::Index>(n));
  if (!matrix.isApprox(matrix.transpose(), 1e-9)) return false;
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(matrix, Eigen::EigenvaluesOnly);
  return solver.eigenvalues().minCoeff() >= -1e-9 * std::max(solver.eigenvalues().maxCoeff(), 1e-300);
}

void check_observable(const Observable& o, Faults& faults) {
  const std::string at = "the observable " + o.name;
  const std::size_t n = o.size();
  faults.unless(!o.name.empty(), "an observable has no name");
  check_unit(o.unit, at, faults);
  check_unit(o.axis_unit, at, faults);
  check_variance(o.variance, n, at, faults);
  faults.unless(!o.axis.empty() || n == 1, at + ": many values and no axis");
  faults.unless(o.axis.empty() || o.axis.size() == n, at + ": an axis of another length");
  faults.unless(o.flags.empty() || o.flags.size() == n, at + ": flags of another number");
  for (const CommonMode& mode : o.common)
    faults.unless(mode.shift.size() == n && !mode.cause.empty(), at + ": a common mode that fits no values");
  faults.unless(o.noise.exposure.empty() || o.noise.exposure.size() == n, at + ": exposures of another number");
  if (!o.covariance.empty())
    faults.unless(o.covariance.size() == n * n && is_covariance(o.covariance, n), at + ": no covariance");
  for (std::size_t i = 0; i < n; ++i) {
    if (!std::isnan(o.values[i])) continue;
    const bool told = !o.unusable.empty() || (i < o.flags.size() && o.flags[i] != "ok" && !o.flags[i].empty());
    if (told) continue;
    faults.add(fmt::format("{}, value {}: not a number, and nothing says why", at, i + 1));
    break;
  }
}

void check_plot(const Result& result, const Figure& figure, const Plot& plot, Faults& faults) {
  const std::string at = fmt::format("the figure {}, plot \"{}\"", figure.name, plot.name);
  const Table* table = result.find_table(plot.table);
  if (table == nullptr) return faults.add(fmt::format("{}: there is no table {}", at, plot.table));
  for (const std::string& column : {plot.x, plot.y})
    faults.unless(table->find(column) != nullptr && !table->find(column)->is_words(),
                  fmt::format("{}: {} has no numbers {}", at, plot.table, column));
  faults.unless(plot.notes.empty() || table->find(plot.notes) != nullptr, at + ": no column " + plot.notes);
  faults.unless(!plot.where || table->find(plot.where->column) != nullptr, at + ": a condition on no column");
}

void check_page(const Result& result, Faults& faults) {
  for (const Figure& figure : result.figures) {
    faults.unless(!figure.title.empty(), "the figure " + figure.name + " has no title");
    faults.unless(figure.grid.empty() || result.find_grid(figure.grid) != nullptr,
                  fmt::format("the figure {}: there is no grid {}", figure.name, figure.grid));
    faults.unless(!figure.grid.empty() || !figure.plots.empty(), "the figure " + figure.name + " shows nothing");
    for (const Plot& plot : figure.plots) check_plot(result, figure, plot, faults);
  }
  for (const Section& section : result.sections) {
    for (const std::string& name : section.figures)
      faults.unless(std::ranges::find(result.figures, name, &Figure::name) != result.figures.end(),
                    "a section names no figure " + name);
    for (const std::string& name : section.tables)
      faults.unless(result.find_table(name) != nullptr, "a section names no table " + name);
  }
}

}  // namespace

std::vector<std::string> faults_of(const Result& result) {
  Faults faults;
  check_names(result.numbers, "number", faults);
  check_names(result.tables, "table", faults);
  check_names(result.grids, "grid", faults);
  check_names(result.figures, "figure", faults);
  for (const Number& n : result.numbers) check_number(n, faults);
  for (const Table& t : result.tables) check_table(t, faults);
  for (const Grid& g : result.grids) check_grid(g, faults);
  std::set<std::string> names;
  for (const Observable& o : result.observables) {
    check_observable(o, faults);
    faults.unless(names.insert(o.name + "|" + o.state).second, "two observables are called " + o.name);
  }
  check_page(result, faults);
  return faults.take();
}

void check(const Result& result) {
  const std::vector<std::string> faults = faults_of(result);
  if (faults.empty()) return;
  std::string list;
  for (std::size_t i = 0; i < std::min<std::size_t>(5, faults.size()); ++i) list += (i > 0 ? "; " : "") + faults[i];
  throw core::ComputationError(
      {.what = fmt::format("the result of {} is not sound: {} faults", result.probe, faults.size()),
       .expected = "every value with a unit, every gap with a reason",
       .found = list,
       .advice = "this is a bug of the program: please report it"});
}

}  // namespace lithoscope::result
