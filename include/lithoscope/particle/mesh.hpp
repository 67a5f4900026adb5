// The radial mesh of a grain: nodes from the centre to the surface, dense where probes look and gradients are steep.
#pragma once

#include <vector>

namespace lithoscope::particle {

/// A node at the centre, one at the surface; each owns the shell up to the faces beside it. A face lies off the middle
/// of its interval, towards the surface, by width * d(width)/d(depth) / 8: to second order the two errors of the
/// surface value under a flux, from the curvature and from the lumped mass, then cancel wherever intervals widen
/// steadily (docs/decisions/2026-11-22-radial-mesh.md). The parabola of quasi-steady transport is exact at the nodes.
struct RadialMesh {
  std::vector<double> radius;       ///< cells + 1 nodes, in units of the grain's radius, 0 to 1
  std::vector<double> face;         ///< cells faces between them
  std::vector<double> conductance;  ///< of the faces: area over distance
  std::vector<double> volume;       ///< of each node's shell, integral of r^2 dr; they add up to 1/3
};

/// `cells` intervals. The outermost is `surface_spacing` (a fraction of the radius); inward they grow by a constant
/// factor until they meet the width of a uniform core. Throws UsageError for fewer than 8 cells or a spacing outside
/// (0, 1/cells].
RadialMesh graded_mesh(int cells, double surface_spacing);

}  // namespace lithoscope::particle
