// Exact response of a slab, cylinder or sphere to a constant flux through its surface (Carslaw & Jaeger; Crank).
#pragma once

#include <string>

#include "lithoscope/core/value.hpp"
#include "lithoscope/particle/mesh.hpp"

namespace lithoscope::echem {

using particle::Geometry;
using particle::name_of;
using particle::radius_per_length;

/// Volume over surface of the particles, the length that enters every formula. From BET: 1/(density * area), which is
/// m_B V_M/(M_B S) of paper.md Eq. (1); from a particle radius: R/3.
struct DiffusionLength {
  core::Value length_m;
  Geometry geometry = Geometry::sphere;
  std::string origin;      ///< a phrase for the report
  double size_spread = 0;  ///< standard deviation of ln R by volume, log-normal; 0: all particles alike
};

/// Rise of the surface concentration in units of (flux * a / D) at theta = D t / a^2, where a is the radius or
/// half-thickness. Relative error below 1e-7 for all theta >= 0.
double surface_rise(Geometry geometry, double theta);

/// Rise of the mean concentration in the same units: theta times surface over volume.
double mean_rise(Geometry geometry, double theta);

/// The smallest l with which a disturbance inside a closed particle dies away, as exp(-l^2 theta).
double slowest_mode(Geometry geometry);

/// surface_rise over its short-time limit 2 sqrt(theta/pi): what a plot against sqrt(t) has to be divided by.
double curvature(Geometry geometry, double theta);

}  // namespace lithoscope::echem
