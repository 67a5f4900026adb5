// Exact response of a slab, cylinder or sphere to a constant flux through its surface (Carslaw & Jaeger; Crank).
#pragma once

#include <string_view>

namespace lithoscope::echem {

enum class Geometry { slab, cylinder, sphere };

/// Half-thickness or radius in units of the diffusion length V/S: 1, 2, 3.
double radius_per_length(Geometry geometry);
std::string_view name_of(Geometry geometry);

/// Rise of the surface concentration in units of (flux * a / D) at theta = D t / a^2, where a is the radius or
/// half-thickness. Relative error below 1e-7 for all theta >= 0.
double surface_rise(Geometry geometry, double theta);

/// Rise of the mean concentration in the same units: theta times surface over volume.
double mean_rise(Geometry geometry, double theta);

/// surface_rise over its short-time limit 2 sqrt(theta/pi): what a plot against sqrt(t) has to be divided by.
double curvature(Geometry geometry, double theta);

}  // namespace lithoscope::echem
