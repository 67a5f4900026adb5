#include "lithoscope/particle/scan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <numeric>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/rng.hpp"
#include "lithoscope/particle/simulate.hpp"

namespace lithoscope::particle {
namespace {

double between(const ScanAxis& axis, double fraction) {
  if (!axis.logarithmic) return axis.from + fraction * (axis.to - axis.from);
  return axis.from * std::pow(axis.to / axis.from, fraction);
}

void check_axes(const Scan& scan) {
  const auto refuse = [](const ScanAxis& axis, std::string expected, std::string found) {
    throw core::UsageError({.what = "the scan of " + axis.parameter + " is not possible",
                            .expected = std::move(expected),
                            .found = std::move(found)});
  };
  if (scan.axes.empty()) {
    throw core::UsageError(
        {.what = "the scan varies nothing", .expected = "at least one [[scan.parameter]]", .found = "none"});
  }
  double runs = 1;
  for (const ScanAxis& axis : scan.axes) {
    if (scan.samples == 0 && axis.count < 1) refuse(axis, "count of at least 1", fmt::format("{}", axis.count));
    if (axis.logarithmic && !(axis.from > 0 && axis.to > 0)) {
      refuse(axis, "positive ends of a logarithmic range", fmt::format("{} to {}", axis.from, axis.to));
    }
    runs *= scan.samples == 0 ? axis.count : 1;
  }
  constexpr double most_runs = 1e7;
  if (runs > most_runs || scan.samples > most_runs) {
    refuse(scan.axes.front(), fmt::format("at most {:.0g} runs", most_runs),
           fmt::format("{:.3g}", std::max(runs, static_cast<double>(scan.samples))));
  }
}

// One sample in each of `samples` equal slices of every axis, slices shuffled by axis (McKay, Technometrics 21, 239).
std::vector<std::vector<double>> latin_hypercube(const Scan& scan) {
  const auto n = static_cast<std::size_t>(scan.samples);
  std::vector<std::vector<double>> points(n);
  for (std::size_t a = 0; a < scan.axes.size(); ++a) {
    core::RandomStream random{scan.seed, a};
    std::vector<std::size_t> slice(n);
    std::iota(slice.begin(), slice.end(), std::size_t{0});
    for (std::size_t i = n; i > 1; --i) {
      const auto j = static_cast<std::size_t>(random.uniform() * static_cast<double>(i));
      std::swap(slice[i - 1], slice[std::min(j, i - 1)]);
    }
    for (std::size_t i = 0; i < n; ++i) {
      const double fraction = (static_cast<double>(slice[i]) + random.uniform()) / static_cast<double>(n);
      points[i].push_back(between(scan.axes[a], fraction));
    }
  }
  return points;
}

}  // namespace

std::size_t ScanResult::column(const std::string& name) const {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) {
    throw core::UsageError(
        {.what = "the scan has no result called " + name, .expected = "one of its names", .found = name});
  }
  return static_cast<std::size_t>(found - names.begin());
}

std::vector<std::vector<double>> scan_points(const Scan& scan) {
  check_axes(scan);
  if (scan.samples > 0) return latin_hypercube(scan);
  std::vector<std::vector<double>> points{{}};
  for (const ScanAxis& axis : scan.axes) {
    std::vector<std::vector<double>> longer;
    for (const auto& point : points) {
      for (int i = 0; i < axis.count; ++i) {
        longer.push_back(point);
        longer.back().push_back(axis.count == 1 ? axis.from : between(axis, static_cast<double>(i) / (axis.count - 1)));
      }
    }
    points = std::move(longer);
  }
  return points;
}

ScanResult run_scan(const Model& model, const Programme& programme, const Scan& scan, core::Progress& progress) {
  ScanResult out{.scan = scan};
  const auto points = scan_points(scan);
  {
    Model probe = model;
    Programme steps = programme;
    for (ScanAxis& axis : out.scan.axes) axis.unit = parameter(probe, steps, axis.parameter).unit;
  }
  out.rows.resize(points.size());
  std::vector<std::vector<Quantity>> seen(points.size());
  std::atomic<std::int64_t> done{0};
  std::mutex display;
  progress.start("runs of the programme", static_cast<std::int64_t>(points.size()));
  core::parallel_for(static_cast<std::int64_t>(points.size()), [&](std::int64_t index) {
    const auto i = static_cast<std::size_t>(index);
    Model own = model;
    Programme steps = programme;
    out.rows[i].values = points[i];
    for (std::size_t a = 0; a < scan.axes.size(); ++a) {
      *parameter(own, steps, scan.axes[a].parameter).number = points[i][a];
    }
    try {
      seen[i] = summary(own, simulate(own, steps, Record::marks));
    } catch (const core::ComputationError& error) {
      out.rows[i].failure = error.facts().what;
    } catch (const core::UsageError& error) {  // a point outside what the model allows
      out.rows[i].failure = error.facts().what;
    }
    const std::int64_t count = ++done;
    const std::lock_guard lock{display};
    progress.advance(count);
  });
  progress.finish();
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (seen[i].empty()) continue;
    if (out.names.empty()) {
      for (const Quantity& q : seen[i]) {
        out.names.push_back(q.name);
        out.units.push_back(q.unit);
      }
    }
    for (const Quantity& q : seen[i]) out.rows[i].results.push_back(q.value);
  }
  return out;
}

}  // namespace lithoscope::particle
