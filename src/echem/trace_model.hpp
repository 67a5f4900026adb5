// What a titration with one direction of current should have measured: lithium by the transport solver, the potential
// from the surface. Bins of rows, the model's potential in them, and its derivatives. Private to the room.
#pragma once

#include <Eigen/Dense>
#include <cstdint>
#include <vector>

#include "lithoscope/echem/cycler_table.hpp"
#include "lithoscope/echem/diffusion.hpp"
#include "lithoscope/echem/steps.hpp"
#include "lithoscope/echem/whole_trace.hpp"
#include "lithoscope/particle/driven_transport.hpp"
#include "spline.hpp"

namespace lithoscope::echem {

using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// A stretch of constant current between two switches. Lithium is counted as progress: charge passed since the first
/// row over that of the whole run, so that it rises from 0 to 1 whatever the direction.
struct Drive {
  std::int64_t step = 0;  ///< index into the steps
  double start_s = 0;
  double duration_s = 0;
  double start_uncertainty_s = 0;  ///< of the moment of switching
  double current_A = 0;            ///< 0 at rest
  double rate_per_s = 0;           ///< of the progress
  double progress_end = 0;         ///< mean, at the end
  std::size_t first_bin = 0, end_bin = 0;
  std::vector<double> node_s;  ///< since the switch: where the solver stops
};

/// Rows close in time, in which white noise averages out.
struct Bin {
  std::size_t drive = 0;
  std::size_t node = 0;                    ///< the bin lies before this node of the drive
  std::size_t first_row = 0, end_row = 0;  ///< into TraceData::row_*
  double since_switch_s = 0;  ///< where the derivatives are taken: the mean of the square root of time, squared
  double time_s = 0;          ///< the same on the file's clock
  double rows() const { return static_cast<double>(end_row - first_row); }
};

struct TraceData {
  std::vector<Drive> drives;
  std::vector<Bin> bins;
  std::vector<double> row_since_switch_s, row_potential_V;
  std::int64_t spikes = 0;       ///< rows left out because they stand far off their neighbours
  double charge_Ah = 0;          ///< of the whole run, signed
  double capacity_start_Ah = 0;  ///< of the table, where progress is 0
  double largest_current_A = 0;
  double temperature_K = 0;

  double since_start_s(const Bin& bin) const { return bin.time_s - drives.front().start_s; }
  double capacity_Ah(double progress) const { return capacity_start_Ah + progress * charge_Ah; }
};

/// Rows of the steps without those within `skip_s` of a switch or that caught a switch.
TraceData gather_trace(const CyclerTable& table, const std::vector<Step>& steps, const TraceSteps& which,
                       double skip_s);

/// The unknown curves, all against the progress at the surface.
struct TraceCurves {
  std::vector<double> knot;  ///< of ln D: straight lines between
  Eigen::VectorXd ln_D_m2_s;
  UniformSpline ocv{0, 1, 1};
  Eigen::VectorXd ocv_V;  ///< coefficients
  UniformSpline exchange{0, 1, 1};
  Eigen::VectorXd ln_exchange_A;  ///< coefficients of the logarithm of the exchange current
  double resistance_ohm = 0;      ///< in series
  double drift_V_per_s = 0;       ///< of the potential, from the first row: of the reference electrode, say
};

struct TraceGrain {
  Geometry geometry = Geometry::sphere;
  double radius_m = 0;  ///< the median by volume
  double surface_spacing = 1e-3;
  double length_m = 0;  ///< diffusion length of all
  std::vector<particle::Size> sizes{particle::Size{}};
};
TraceGrain grain_of(const DiffusionLength& length);

/// The particle with the curves' D; and one step of it, in which several sizes share the current as the curves say.
particle::DrivenTransport transport_of(const TraceGrain& grain, const TraceCurves& curves, double progress_start,
                                       bool with_derivatives);
struct CellScale {
  double temperature_K = 0;
  double charge_Ah = 0;  ///< per progress
};
bool step_transport(particle::DrivenTransport& transport, const TraceGrain& grain, const TraceCurves& curves,
                    const CellScale& cell, double current_A, double seconds);

/// One column a parameter: ln D at the knots, OCV coefficients, exchange coefficients, series resistance,
/// drift.
struct TraceLayout {
  Eigen::Index ln_D = 0, ocv = 0, exchange = 0, resistance = 0, drift = 0, count = 0;
};
TraceLayout layout_of(const TraceCurves& curves);
/// Curves with all parameters moved by the given amounts.
TraceCurves moved(TraceCurves curves, const Eigen::VectorXd& by);

struct TracePrediction {
  bool finite = false;
  Eigen::VectorXd residual_V;       ///< a bin: mean of measured minus modelled
  Eigen::VectorXd scatter_V2;       ///< a bin: sum of squares about that mean
  Eigen::VectorXd surface;          ///< a bin: progress at the surface
  RowMatrix jacobian;               ///< of the modelled potential; empty without derivatives
  std::vector<double> surface_end;  ///< a drive: progress at the surface when it ends
  double highest_surface = 0;
};

TracePrediction predict_trace(const TraceData& data, const TraceGrain& grain, const TraceCurves& curves,
                              bool with_derivatives);

double open_circuit_V(const TraceCurves& curves, double progress);

/// Charge transfer (symmetric Butler-Volmer) and series resistance at the surface progress, and the derivatives.
struct Overpotential {
  double V = 0;
  double by_surface = 0;
  double by_ln_exchange = 0;
};
Overpotential overpotential(const TraceCurves& curves, double temperature_K, double surface, double current_A);

}  // namespace lithoscope::echem
