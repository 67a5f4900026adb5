// The radial mesh of a grain: nodes from the centre to the surface, dense where probes look and gradients are steep.
#pragma once

#include <string_view>
#include <vector>

namespace lithoscope::particle {

/// A slab takes lithium through both faces; a cylinder through its side.
enum class Geometry { slab, cylinder, sphere };

/// Half-thickness or radius in units of the diffusion length, volume over surface: 1, 2, 3. Also one more than the
/// power of the radius in an area.
double radius_per_length(Geometry geometry);
std::string_view name_of(Geometry geometry);

/// A node at the centre, one at the surface; each owns the shell up to the faces beside it. A face lies off the middle
/// of its interval, towards the surface, by width * d(width)/d(depth) / 8: to second order the two errors of the
/// surface value under a flux, from the curvature and from the lumped mass, then cancel wherever intervals widen
/// steadily (docs/decisions/2026-11-22-radial-mesh.md). The parabola of quasi-steady transport is exact at the nodes.
struct RadialMesh {
  std::vector<double> radius;       ///< cells + 1 nodes, in units of the grain's radius, 0 to 1
  std::vector<double> face;         ///< cells faces between them
  std::vector<double> conductance;  ///< of the faces: area over distance
  std::vector<double> volume;       ///< of each node's shell; a sphere: integral of r^2 dr, they add up to 1/3
  double dimensions = 3;            ///< one over the sum of the volumes: 3 of a sphere, 2 of a cylinder, 1 of a slab
};

/// `cells` intervals. The outermost is `surface_spacing` (a fraction of the radius); inward they grow by a constant
/// factor until they meet the width of a uniform core. Volumes of a slab (cylinder) are integrals of 1 (r) and add up
/// to 1 (1/2). Throws UsageError for fewer than 8 cells or a spacing outside (0, 1/cells].
RadialMesh graded_mesh(int cells, double surface_spacing, Geometry geometry = Geometry::sphere);

}  // namespace lithoscope::particle
