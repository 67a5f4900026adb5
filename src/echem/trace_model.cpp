#include "trace_model.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "lithoscope/core/constants.hpp"
#include "lithoscope/core/median.hpp"

namespace lithoscope::echem {
namespace {

// Of the solver's steps after a switch: the lead of the surface is then right to about a thousandth.
constexpr double growth = 1.3;

// How far a row lies from the median of five around it: nothing where the potential rises or falls steadily, however
// fast. Rows near the ends of a step have no five around them.
double off_its_neighbours(const CyclerTable& table, const Step& step, std::int64_t row) {
  if (row < step.first_settled_row + 2 || row + 2 > step.last_settled_row) return 0;
  const auto first = table.potential_V.begin() + (row - 2);
  std::array<double, 5> five{first[0], first[1], first[2], first[3], first[4]};
  std::ranges::nth_element(five, five.begin() + 2);
  return std::abs(first[2] - five[2]);
}

// Beyond this distance from its neighbours a row is a spike.
double spike_height_V(const CyclerTable& table, const std::vector<Step>& steps, const TraceSteps& which) {
  std::vector<double> distances;
  for (std::int64_t i = which.first; i <= which.last; ++i) {
    const Step& step = steps[static_cast<std::size_t>(i)];
    for (std::int64_t row = step.first_settled_row + 2; row + 2 <= step.last_settled_row; ++row) {
      const double off = off_its_neighbours(table, step, row);
      if (off > 0) distances.push_back(off);
    }
  }
  constexpr double least_V = 1e-4;
  constexpr double usual_distances = 15;
  return std::max(least_V, usual_distances * core::median(std::move(distances)));
}

// Nodes after `skip_s` bound the bins: rows between two of them count together.
void gather_rows(const CyclerTable& table, const Step& step, double skip_s, double spike_V, std::size_t drive_index,
                 TraceData& data) {
  Drive& drive = data.drives[drive_index];
  drive.first_bin = data.bins.size();
  std::int64_t row = step.first_settled_row;
  double roots = 0;
  const auto close_bin = [&](std::size_t node, std::size_t first) {
    Bin bin{.drive = drive_index, .node = node, .first_row = first, .end_row = data.row_potential_V.size()};
    if (bin.end_row == bin.first_row) return;
    bin.since_switch_s = std::pow(roots / bin.rows(), 2);
    bin.time_s = drive.start_s + bin.since_switch_s;
    data.bins.push_back(bin);
  };
  for (std::size_t node = 0; node < drive.node_s.size(); ++node) {
    const std::size_t first = data.row_potential_V.size();
    roots = 0;
    for (; row <= step.last_settled_row; ++row) {
      const auto i = static_cast<std::size_t>(row);
      const double since = table.time_s[i] - drive.start_s;
      if (since > drive.node_s[node] && node + 1 < drive.node_s.size()) break;
      if (since < skip_s || since > drive.duration_s * (1 + 1e-9)) continue;
      if (off_its_neighbours(table, step, row) > spike_V) {
        ++data.spikes;
        continue;
      }
      data.row_since_switch_s.push_back(since);
      data.row_potential_V.push_back(table.potential_V[i]);
      roots += std::sqrt(since);
    }
    close_bin(node, first);
  }
  drive.end_bin = data.bins.size();
}

// The charge of a step is what the counter says; a current of few digits would not add up to it. What passed between
// its last row and the first at rest passed under this current.
double charge_of(const CyclerTable& table, const std::vector<Step>& steps, std::int64_t i) {
  const Step& step = steps[static_cast<std::size_t>(i)];
  const auto counted = [&](std::int64_t row) { return table.capacity_Ah[static_cast<std::size_t>(row)]; };
  const auto next = static_cast<std::size_t>(i + 1);
  const bool rest_follows = next < steps.size() && steps[next].direction == 0;
  const std::int64_t last = rest_follows ? steps[next].first_row : step.last_row;
  return counted(last) - counted(std::max<std::int64_t>(step.first_row - 1, 0));
}

double mean_temperature(const CyclerTable& table, const std::vector<Step>& steps, std::int64_t first,
                        std::int64_t last) {
  if (table.temperature_K.empty()) return core::room_temperature_K;
  const auto from = static_cast<std::size_t>(steps[static_cast<std::size_t>(first)].first_row);
  const auto to = static_cast<std::size_t>(steps[static_cast<std::size_t>(last)].last_row);
  double sum = 0;
  for (std::size_t i = from; i <= to; ++i) sum += table.temperature_K[i];
  return sum / static_cast<double>(to - from + 1);
}

// A value that runs through two nodes with given slopes, in the square root of time, where diffusion is straight.
class RootTimeCubic {
 public:
  RootTimeCubic(double from_s, double to_s) : from_(std::sqrt(from_s)), width_(std::sqrt(to_s) - from_) {}

  struct Weights {
    double left, left_rate, right, right_rate;
  };
  // Weights of the values and of the slopes per second at the two nodes.
  Weights at(double since_s) const {
    const double u = (std::sqrt(since_s) - from_) / width_;
    const double to_root = 2 * width_;  // d/du = 2 sqrt(t) width d/dt
    return {(1 + 2 * u) * (1 - u) * (1 - u), u * (1 - u) * (1 - u) * to_root * from_, u * u * (3 - 2 * u),
            u * u * (u - 1) * to_root * (from_ + width_)};
  }

 private:
  double from_, width_;
};

// The surface and its derivatives at one stop of the solver.
struct Stop {
  double since_s = 0, surface = 0, rate_per_s = 0;
  Eigen::VectorXd by_ln_D, rate_by_ln_D;
};

void take(const particle::DrivenTransport& transport, double since_s, bool with_derivatives, Stop& stop) {
  stop.since_s = since_s;
  stop.surface = transport.surface();
  stop.rate_per_s = transport.surface_rate_per_s();
  if (!with_derivatives) return;
  const auto by = transport.surface_by_ln_D();
  const auto rate = transport.surface_rate_by_ln_D_per_s();
  stop.by_ln_D = Eigen::Map<const Eigen::VectorXd>(by.data(), static_cast<Eigen::Index>(by.size()));
  stop.rate_by_ln_D = Eigen::Map<const Eigen::VectorXd>(rate.data(), static_cast<Eigen::Index>(rate.size()));
}

class Predictor {
 public:
  Predictor(const TraceData& data, const TraceCurves& curves, TracePrediction& out, bool with_derivatives)
      : data_(data), curves_(curves), layout_(layout_of(curves)), out_(out), with_derivatives_(with_derivatives) {}

  void predict_bin(std::size_t index, const Stop& left, const Stop& right) {
    const Bin& bin = data_.bins[index];
    const double current = data_.drives[bin.drive].current_A;
    const bool first = bin.node == 0;  // no slope is known at the switch itself: straight in the root of time
    const RootTimeCubic cubic{first ? 0.0 : left.since_s, right.since_s};
    const auto weights = [&](double since_s) {
      if (!first) return cubic.at(since_s);
      const double u = std::sqrt(since_s / right.since_s);
      return RootTimeCubic::Weights{1 - u, 0, u, 0};
    };
    double sum = 0;
    double squares = 0;
    for (std::size_t row = bin.first_row; row < bin.end_row; ++row) {
      const auto w = weights(data_.row_since_switch_s[row]);
      const double surface = w.left * left.surface + w.left_rate * left.rate_per_s + w.right * right.surface +
                             w.right_rate * right.rate_per_s;
      const double residual = data_.row_potential_V[row] - potential(surface, current);
      sum += residual;
      squares += residual * residual;
    }
    const auto i = static_cast<Eigen::Index>(index);
    out_.residual_V[i] = sum / bin.rows() - curves_.drift_V_per_s * data_.since_start_s(bin);
    out_.scatter_V2[i] = std::max(0.0, squares - sum * sum / bin.rows());
    const auto w = weights(bin.since_switch_s);
    const double surface = w.left * left.surface + w.left_rate * left.rate_per_s + w.right * right.surface +
                           w.right_rate * right.rate_per_s;
    out_.surface[i] = surface;
    if (with_derivatives_) differentiate(i, surface, current, w, left, right);
  }

 private:
  double potential(double surface, double current) const {
    return open_circuit_V(curves_, surface) + overpotential(curves_, data_.temperature_K, surface, current).V;
  }

  void differentiate(Eigen::Index i, double surface, double current, const RootTimeCubic::Weights& w, const Stop& left,
                     const Stop& right) {
    auto row = out_.jacobian.row(i);
    const auto ocv = curves_.ocv.at(surface);
    const Overpotential eta = overpotential(curves_, data_.temperature_K, surface, current);
    const double by_surface = weighted(ocv.slope, {curves_.ocv_V.data() + ocv.first, 4}) + eta.by_surface;
    row.segment(layout_.ln_D, right.by_ln_D.size()) =
        by_surface * (w.left * left.by_ln_D + w.left_rate * left.rate_by_ln_D + w.right * right.by_ln_D +
                      w.right_rate * right.rate_by_ln_D);
    const auto exchange = curves_.exchange.at(surface);
    for (std::size_t k = 0; k < 4; ++k) {
      row[layout_.ocv + static_cast<Eigen::Index>(ocv.first + k)] = ocv.value[k];
      row[layout_.exchange + static_cast<Eigen::Index>(exchange.first + k)] = eta.by_ln_exchange * exchange.value[k];
    }
    row[layout_.resistance] = current;
    row[layout_.drift] = data_.since_start_s(data_.bins[static_cast<std::size_t>(i)]);
  }

  const TraceData& data_;
  const TraceCurves& curves_;
  TraceLayout layout_;
  TracePrediction& out_;
  bool with_derivatives_;
};

}  // namespace

TraceGrain grain_of(const DiffusionLength& length) {
  const int radii = length.size_spread < 0.45 ? 3 : 5;  // more change D by less than a hundredth of a decade
  TraceGrain grain{.geometry = length.geometry, .length_m = length.length_m.value};
  grain.sizes = particle::log_normal_sizes(length.size_spread, radii);
  double area = 0;  // per volume, of a median of 1
  for (const particle::Size& size : grain.sizes) area += size.weight / size.radius_over_median;
  grain.radius_m = radius_per_length(length.geometry) * length.length_m.value * area;
  return grain;
}

particle::DrivenTransport transport_of(const TraceGrain& grain, const TraceCurves& curves, double progress_start,
                                       bool with_derivatives) {
  particle::DrivenGrain driven;
  driven.geometry = grain.geometry;
  driven.radius_m = grain.radius_m;
  driven.sizes = grain.sizes;
  driven.surface_spacing = grain.surface_spacing;
  driven.x_start = progress_start;
  driven.diffusivity.x = curves.knot;
  driven.diffusivity.ln_m2_s.assign(curves.ln_D_m2_s.begin(), curves.ln_D_m2_s.end());
  return {driven, with_derivatives};
}

bool step_transport(particle::DrivenTransport& transport, const TraceGrain& grain, const TraceCurves& curves,
                    const CellScale& cell, double current_A, double seconds) {
  const double charge_C = cell.charge_Ah * core::seconds_per_hour;
  if (grain.sizes.size() > 1) {
    constexpr double least_slope_V = 1e-2;  // of the open-circuit curve over the whole run
    const double surface = transport.surface();
    const auto ocv = curves.ocv.at(surface);
    const auto exchange = curves.exchange.at(surface);
    const double slope = weighted(ocv.slope, {curves.ocv_V.data() + ocv.first, 4});
    const double exchange_A = std::exp(weighted(exchange.value, {curves.ln_exchange_A.data() + exchange.first, 4}));
    const double thermal = core::gas_constant_J_per_mol_K * cell.temperature_K / core::faraday_C_per_mol;
    const double resistance_ohm = thermal / std::hypot(exchange_A, 0.5 * current_A);
    transport.polarise(resistance_ohm * std::abs(charge_C) / grain.length_m / std::max(std::abs(slope), least_slope_V));
  }
  return transport.step(current_A / charge_C, seconds);
}

TraceLayout layout_of(const TraceCurves& curves) {
  TraceLayout layout;
  layout.ocv = curves.ln_D_m2_s.size();
  layout.exchange = layout.ocv + curves.ocv_V.size();
  layout.resistance = layout.exchange + curves.ln_exchange_A.size();
  layout.drift = layout.resistance + 1;
  layout.count = layout.drift + 1;
  return layout;
}

TraceCurves moved(TraceCurves curves, const Eigen::VectorXd& by) {
  const TraceLayout layout = layout_of(curves);
  curves.ln_D_m2_s += by.segment(layout.ln_D, curves.ln_D_m2_s.size());
  curves.ocv_V += by.segment(layout.ocv, curves.ocv_V.size());
  curves.ln_exchange_A += by.segment(layout.exchange, curves.ln_exchange_A.size());
  curves.resistance_ohm += by[layout.resistance];
  curves.drift_V_per_s += by[layout.drift];
  return curves;
}

TraceData gather_trace(const CyclerTable& table, const std::vector<Step>& steps, const TraceSteps& which,
                       double skip_s) {
  TraceData data;
  const double spike_V = spike_height_V(table, steps, which);
  data.temperature_K = mean_temperature(table, steps, which.first, which.last);
  double charge = 0;
  for (std::int64_t i = which.first; i <= which.last; ++i) {
    const Step& step = steps[static_cast<std::size_t>(i)];
    // A rest of no length keeps its place, so that every pulse has neighbours.
    Drive drive{.step = i, .start_s = step.start_s, .duration_s = std::max(0.0, step.duration_s())};
    drive.start_uncertainty_s = step.start_uncertainty_s;
    if (step.direction != 0 && drive.duration_s > 0) {
      drive.current_A = charge_of(table, steps, i) * core::seconds_per_hour / drive.duration_s;
    }
    charge += drive.current_A * drive.duration_s;
    drive.progress_end = charge;
    if (drive.duration_s > 0) drive.node_s = particle::switching_times(drive.duration_s, growth);
    data.largest_current_A = std::max(data.largest_current_A, std::abs(drive.current_A));
    data.drives.push_back(drive);
    const bool left_out = std::ranges::find(which.left_out, i) != which.left_out.end();
    gather_rows(table, step, left_out ? std::numeric_limits<double>::infinity() : skip_s, spike_V,
                data.drives.size() - 1, data);
  }
  for (Drive& drive : data.drives) {
    drive.rate_per_s = drive.current_A / charge;
    drive.progress_end /= charge;
  }
  data.charge_Ah = charge / core::seconds_per_hour;
  data.capacity_start_Ah =
      table.capacity_Ah[static_cast<std::size_t>(steps[static_cast<std::size_t>(which.first)].last_row)];
  return data;
}

double open_circuit_V(const TraceCurves& curves, double progress) {
  const auto w = curves.ocv.at(progress);
  return weighted(w.value, {curves.ocv_V.data() + w.first, 4});
}

Overpotential overpotential(const TraceCurves& curves, double temperature_K, double surface, double current_A) {
  if (current_A == 0) return {};
  const double thermal = 2 * core::gas_constant_J_per_mol_K * temperature_K / core::faraday_C_per_mol;
  const auto w = curves.exchange.at(surface);
  const double ln_exchange = weighted(w.value, {curves.ln_exchange_A.data() + w.first, 4});
  const double drive = 0.5 * current_A * std::exp(-ln_exchange);
  Overpotential eta;
  eta.by_ln_exchange = -thermal * drive / std::sqrt(1 + drive * drive);
  eta.V = thermal * std::asinh(drive) + curves.resistance_ohm * current_A;
  eta.by_surface = eta.by_ln_exchange * weighted(w.slope, {curves.ln_exchange_A.data() + w.first, 4});
  return eta;
}

TracePrediction predict_trace(const TraceData& data, const TraceGrain& grain, const TraceCurves& curves,
                              bool with_derivatives) {
  TracePrediction out;
  const auto bins = static_cast<Eigen::Index>(data.bins.size());
  out.residual_V.setZero(bins);
  out.scatter_V2.setZero(bins);
  out.surface.setZero(bins);
  if (with_derivatives) out.jacobian.setZero(bins, layout_of(curves).count);
  particle::DrivenTransport transport = transport_of(grain, curves, 0, with_derivatives);
  const CellScale cell{data.temperature_K, data.charge_Ah};
  Predictor predictor{data, curves, out, with_derivatives};
  Stop left;
  Stop right;
  take(transport, 0, with_derivatives, right);
  for (const Drive& drive : data.drives) {
    std::size_t bin = drive.first_bin;
    double now = 0;
    for (std::size_t node = 0; node < drive.node_s.size(); ++node) {
      std::swap(left, right);
      if (node == 0) left.since_s = 0;
      if (!step_transport(transport, grain, curves, cell, drive.current_A, drive.node_s[node] - now)) return out;
      now = drive.node_s[node];
      take(transport, now, with_derivatives, right);
      out.highest_surface = std::max(out.highest_surface, right.surface);
      for (; bin < drive.end_bin && data.bins[bin].node == node; ++bin) predictor.predict_bin(bin, left, right);
    }
    out.surface_end.push_back(right.surface);
  }
  out.finite = out.residual_V.allFinite();
  return out;
}

}  // namespace lithoscope::echem
