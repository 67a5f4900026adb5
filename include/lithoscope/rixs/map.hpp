// Photons on incident and emission energy: the map all spectra are cut from, exact at bin edges, with Poisson
// variances.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lithoscope/core/value.hpp"
#include "lithoscope/tes/events.hpp"
#include "lithoscope/tes/scan_log.hpp"

namespace lithoscope::rixs {

/// How the time windows of a scan are taken.
enum class Windows {
  exact,          ///< [start, stop) to the nanosecond
  whole_seconds,  ///< both cut off to whole seconds, as tes_scan_server does: to compare with maps it has saved
};

/// Bins of equal width from `low` up. A value on an edge belongs to the bin above it; with `closed` the last edge
/// belongs to the last bin (as numpy.histogram has it).
struct EnergyBins {
  double low_eV = 0, width_eV = 1;
  std::int64_t count = 0;
  bool closed = false;
  double edge(std::int64_t i) const { return low_eV + width_eV * static_cast<double>(i); }
  double centre(std::int64_t i) const { return low_eV + width_eV * (static_cast<double>(i) + 0.5); }
};

/// Counts of one pass or of several added up. Row = emission (or loss) bin, column = incident energy.
struct RixsMap {
  std::string name;
  std::vector<double> incident_eV;  ///< of the columns, ascending
  EnergyBins emission;              ///< of the rows; of the energy loss when `is_loss`
  bool is_loss = false;
  std::vector<double> counts;        ///< rows x columns, row-major
  std::vector<double> variance;      ///< the same; empty: the counts are their own
  std::vector<double> dwell_s;       ///< a column: time the windows were open
  std::vector<double> live_pixel_s;  ///< a column: dwell times pixels, less their dead time and the share of
                                     ///< records that was rejected
  std::vector<core::Value> i0;       ///< a column: monitor, relative to its mean; exact 1 without a monitor
  double monitor_mean = 0;           ///< what the monitor was divided by, in its own unit; 0 without a monitor
  double energy_sigma_eV = 0;        ///< of the emission scale, as far as all photons of the map share it
  std::vector<double> pile_up;       ///< a column: expected share of records with a second photon unseen
  std::int64_t pixels = 0;
  std::int64_t outside = 0;  ///< events in the windows beyond the bins, counted not kept
  std::vector<std::string> remarks;

  std::size_t columns() const { return incident_eV.size(); }
  double& at(std::int64_t row, std::size_t column);
  double at(std::int64_t row, std::size_t column) const;
  double variance_at(std::int64_t row, std::size_t column) const;
  double total() const;
  /// Rise of the counts along the emission, per eV.
  double slope_at(std::int64_t row, std::size_t column) const;
};
/// Throws UsageError with `what` where two maps lie over other energies.
void require_same_axes(const RixsMap& a, const RixsMap& b, const char* what);

struct MapSettings {
  EnergyBins emission{.low_eV = 0, .width_eV = 1, .count = 999, .closed = false};
  bool loss = false;
  Windows windows = Windows::exact;
  double pile_up_window_s = 0;  ///< two photons nearer than this look like one; 0: not counted
};

/// One map a pass. Events must be in time; a pixel's are walked once. Incident energies of a pass are put in ascending
/// order; a point of an energy named twice is added to the same column.
RixsMap fill_map(std::span<const tes::PixelEvents> pixels, const tes::ScanPass& pass, const MapSettings& settings);

/// The counts alone: the inner loop, exposed for measuring it. `window` ascending and apart, `counts` is windows x
/// bins.
struct Window {
  std::int64_t start_ns = 0, stop_ns = 0;
};
std::int64_t fill_counts(std::span<const std::int64_t> time_ns, std::span<const double> energy_eV,
                         std::span<const Window> windows, const EnergyBins& bins, std::span<std::uint32_t> counts);

/// Maps of the same axes added up: counts, dwell and live time, monitors weighted by dwell (in their own unit where all
/// have one). Throws UsageError when the axes differ.
RixsMap sum_maps(std::span<const RixsMap> maps);

/// The monitor of each column in its own unit: kept relative to its mean, and the mean beside it. Throws UsageError for
/// another length or a value that is not positive.
void set_i0(RixsMap& map, std::span<const core::Value> i0);

}  // namespace lithoscope::rixs
