#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "lithoscope/echem/diffusion.hpp"

using namespace lithoscope::echem;

namespace {

// An independent oracle: explicit conservative finite volumes on a fine uniform grid, unit flux, unit radius, D = 1.
double numerical_surface(Geometry geometry, double theta_end) {
  const int n = 200;
  const double dr = 1.0 / n;
  const int power = static_cast<int>(radius_per_length(geometry)) - 1;
  std::vector<double> c(n, 0.0);
  const double dt = 0.2 * dr * dr;
  const auto steps = static_cast<int>(std::ceil(theta_end / dt));
  for (int s = 0; s < steps; ++s) {
    std::vector<double> flux(n + 1, 0.0);
    for (int i = 1; i < n; ++i)
      flux[static_cast<std::size_t>(i)] =
          std::pow(i * dr, power) * (c[static_cast<std::size_t>(i)] - c[static_cast<std::size_t>(i - 1)]) / dr;
    flux[n] = 1;
    for (int i = 0; i < n; ++i) {
      const double volume = (std::pow((i + 1) * dr, power + 1) - std::pow(i * dr, power + 1)) / (power + 1);
      c[static_cast<std::size_t>(i)] +=
          theta_end / steps * (flux[static_cast<std::size_t>(i + 1)] - flux[static_cast<std::size_t>(i)]) / volume;
    }
  }
  return c[n - 1] + 0.5 * dr;  // half a cell further at unit gradient
}

}  // namespace

TEST_CASE("the surface rise agrees with a finite-volume solution for every shape") {
  for (const Geometry geometry : {Geometry::slab, Geometry::cylinder, Geometry::sphere}) {
    for (const double theta : {0.01, 0.05, 0.2}) {
      CAPTURE(name_of(geometry));
      CAPTURE(theta);
      CHECK(surface_rise(geometry, theta) == doctest::Approx(numerical_surface(geometry, theta)).epsilon(2e-4));
    }
  }
}

TEST_CASE("the short-time and long-time forms meet") {
  for (const Geometry geometry : {Geometry::slab, Geometry::cylinder, Geometry::sphere}) {
    CAPTURE(name_of(geometry));
    for (const double theta : {2e-3, 0.01, 0.05}) {
      const double below = surface_rise(geometry, theta * (1 - 1e-9));
      const double above = surface_rise(geometry, theta * (1 + 1e-9));
      CHECK(above / below - 1 < 2e-7);
      CHECK(above / below - 1 > 0);
    }
  }
}

TEST_CASE("limits: square root first, a constant above the mean last") {
  CHECK(surface_rise(Geometry::sphere, 1e-10) == doctest::Approx(2e-5 / std::sqrt(std::numbers::pi)).epsilon(1e-4));
  CHECK(curvature(Geometry::cylinder, 0) == 1);
  CHECK(surface_rise(Geometry::slab, 5) - mean_rise(Geometry::slab, 5) == doctest::Approx(1.0 / 3));
  CHECK(surface_rise(Geometry::cylinder, 5) - mean_rise(Geometry::cylinder, 5) == doctest::Approx(0.25));
  CHECK(surface_rise(Geometry::sphere, 5) - mean_rise(Geometry::sphere, 5) == doctest::Approx(0.2));
}

TEST_CASE("the sphere follows exp(theta)(1 + erf sqrt theta) - 1 at short times") {
  for (const double theta : {1e-6, 1e-4, 5e-3}) {
    CHECK(surface_rise(Geometry::sphere, theta) ==
          doctest::Approx(std::exp(theta) * (1 + std::erf(std::sqrt(theta))) - 1).epsilon(1e-9));
  }
}
