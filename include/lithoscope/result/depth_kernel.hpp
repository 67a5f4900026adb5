// How deep a probe sees: the only escape kernel in the house.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace lithoscope::result {

enum class DepthLaw {
  volume,        ///< all of a grain alike
  surface,       ///< exp(-z/length) from a flat surface: electrons; grains count by their surface
  fluorescence,  ///< what leaves a grain bathed in the beam: mean of exp(-path/length) over all directions
};

/// A grain as a probe meets it: a sphere, or a cylinder or plate whose values change along the radius (half thickness)
/// and not along its height.
struct GrainNodes {
  std::span<const double> radius_nm;  ///< of the nodes, from the centre to the surface
  std::span<const double> volume;     ///< their shares of the grain
  int dimensions = 3;                 ///< 3: sphere; 2: cylinder; 1: plate
  double height = 0;                  ///< over the radius, of a cylinder or plate; 0: without end
};
/// Share of a grain's surface on the faces that cut all radii: 1 / (1 + height) of a cylinder, 2 / (2 + height) of a
/// plate, 0 of a sphere and of what has no end.
double basal_share(int dimensions, double height);

/// The length is that along the way out; `exit_deg` is the angle between that way and the surface (90: straight out).
/// Light that is attenuated on the way in shortens what is seen: `attenuation_per_nm` over the sine of `incidence_deg`.
struct DepthKernel {
  DepthLaw law = DepthLaw::volume;
  double length_nm = 0;     ///< escape depth or information length; 0 or less: the volume
  double overlayer_nm = 0;  ///< of something else on top: it takes exp(-d/length) of a surface kernel's signal
  double exit_deg = 90;
  double incidence_deg = 90;
  double attenuation_per_nm = 0;
  std::string element = {};  ///< which edge it is the kernel of; empty: any

  /// Depth by which the signal from a flat surface has fallen to 1/e: length and geometry together.
  double effective_nm() const;
  /// Share of a surface kernel's signal that leaves through the overlayer; 1 for the other laws.
  double transmission() const;

  /// Weights of the values at the nodes, exact for values linear between them. They add up to 1.
  std::vector<double> weights(const GrainNodes& grain) const;
  /// The weight of a grain among others of its shape, for its share of the volume: its surface for a surface kernel,
  /// what leaves it otherwise.
  double grain_weight(const GrainNodes& grain, double volume_share) const;
  bool operator==(const DepthKernel&) const = default;
};

const char* name_of(DepthLaw law);

}  // namespace lithoscope::result
