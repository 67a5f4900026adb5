// Lithium in one grain under a given current, and how its surface depends on D at every lithium content: what a
// titration is inverted with. The mesh and the Kirchhoff fluxes are those of the simulation (docs/particle.md); time is
// stepped with a fixed, three-stage L-stable method, whose steps can be differentiated exactly.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "lithoscope/particle/mesh.hpp"
#include "lithoscope/particle/sizes.hpp"

namespace lithoscope::particle {

/// ln D as straight lines between knots, constant outside. x is whatever measures lithium: per formula unit, or charge.
struct LogLinearDiffusivity {
  std::vector<double> x;        ///< ascending
  std::vector<double> ln_m2_s;  ///< of D in m2/s
};

struct DrivenGrain {
  Geometry geometry = Geometry::sphere;
  double radius_m = 0;              ///< half-thickness of a slab; the median where there are several sizes
  std::vector<Size> sizes{Size{}};  ///< at one common potential
  LogLinearDiffusivity diffusivity;
  double x_start = 0;  ///< uniform
  int cells = 40;
  double surface_spacing = 1e-3;  ///< of the radius; well below sqrt(D t) of the shortest time of interest
};

/// Times that resolve the square root of time after a switch: from `duration`/1e5 in steps that grow by `growth`.
std::vector<double> switching_times(double duration_s, double growth);

class DrivenTransport {
 public:
  /// Throws UsageError for a mesh that cannot be made.
  DrivenTransport(const DrivenGrain& grain, bool with_derivatives);
  ~DrivenTransport();
  DrivenTransport(DrivenTransport&&) noexcept;
  DrivenTransport& operator=(DrivenTransport&&) noexcept;

  /// One step under a constant rate of the mean, d(mean x)/dt. False when no finite solution was found.
  bool step(double mean_rate_per_s, double seconds);

  /// How sizes share the current: lithium by which a surface lags behind the common potential, over its flux in
  /// lithium times m/s: charge-transfer resistance over the slope of the open-circuit potential. For the next steps;
  /// means nothing for one size.
  void polarise(double lithium_s_per_m);

  /// At the surface; of several sizes, the lithium whose open-circuit potential and the overpotential of the mean flux
  /// make the common potential.
  double surface() const;
  double surface_rate_per_s() const;  ///< at the end of the last step; of several sizes, that with the largest share
  double mean() const;
  /// d(surface)/d(ln D) at the knots; empty without derivatives.
  std::span<const double> surface_by_ln_D() const;
  std::span<const double> surface_rate_by_ln_D_per_s() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lithoscope::particle
