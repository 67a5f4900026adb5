// Many runs of one programme: a grid or a Latin hypercube of parameters, in parallel, the same bytes for any number of
// threads.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lithoscope/core/progress.hpp"
#include "lithoscope/particle/programme.hpp"
#include "lithoscope/particle/summary.hpp"

namespace lithoscope::particle {

struct ScanAxis {
  std::string parameter;  ///< as in parameters()
  std::string unit;       ///< native; filled by run_scan
  double from = 0, to = 1;
  int count = 0;  ///< of the grid
  bool logarithmic = false;
};

struct Scan {
  std::vector<ScanAxis> axes;
  int samples = 0;  ///< of the Latin hypercube; 0: the grid of all counts
  std::uint64_t seed = 1;
};

struct ScanRow {
  std::vector<double> values;   ///< of the axes
  std::vector<double> results;  ///< of `names`; empty when the run failed
  std::string failure;          ///< why, when it did
};

struct ScanResult {
  Scan scan;
  std::vector<std::string> names, units;  ///< of the quantities of summary()
  std::vector<ScanRow> rows;

  /// Column of a quantity. Throws UsageError when there is none of this name.
  std::size_t column(const std::string& name) const;
};

/// The points, axis by axis; the last axis changes fastest in a grid.
std::vector<std::vector<double>> scan_points(const Scan& scan);

/// Runs that fail keep their reason and do not stop the others. Throws UsageError for an unknown parameter or an empty
/// scan.
ScanResult run_scan(const Model& model, const Programme& programme, const Scan& scan, core::Progress& progress);

}  // namespace lithoscope::particle
