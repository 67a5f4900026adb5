#include "lithoscope/echem/diffusion.hpp"

#include <array>
#include <cmath>
#include <numbers>

namespace lithoscope::echem {
namespace {

constexpr std::size_t terms = 48;
using Roots = std::array<double, terms>;

template <class Function>
double bisect(double low, double high, Function f) {
  const bool low_negative = f(low) < 0;
  for (int i = 0; i < 200 && high - low > 1e-15 * high; ++i) {
    const double middle = 0.5 * (low + high);
    ((f(middle) < 0) == low_negative ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

// tan(l) = l, l > 0
const Roots& sphere_roots() {
  static const Roots roots = [] {
    Roots r{};
    for (std::size_t n = 0; n < terms; ++n) {
      const double pi_n = std::numbers::pi * static_cast<double>(n + 1);
      r[n] = bisect(pi_n, pi_n + 0.5 * std::numbers::pi, [](double l) { return std::sin(l) - l * std::cos(l); });
    }
    return r;
  }();
  return roots;
}

// J1(a) = 0, a > 0
const Roots& cylinder_roots() {
  static const Roots roots = [] {
    Roots r{};
    for (std::size_t n = 0; n < terms; ++n) {
      const double guess = std::numbers::pi * (static_cast<double>(n) + 1.25);
      r[n] = bisect(guess - 0.8, guess + 0.8, [](double a) { return std::cyl_bessel_j(1.0, a); });
    }
    return r;
  }();
  return roots;
}

// 2 sum exp(-l^2 theta)/l^2, the part of the surface rise that dies away
double transient(const Roots& roots, double theta) {
  double sum = 0;
  for (const double l : roots) {
    const double term = std::exp(-l * l * theta) / (l * l);
    sum += term;
    if (term < 1e-17) break;
  }
  return 2 * sum;
}

double slab_rise(double theta) {
  if (theta < 0.05) return 2 * std::sqrt(theta / std::numbers::pi);  // the far face is not felt: error < 1e-9
  constexpr double pi2 = std::numbers::pi * std::numbers::pi;
  double sum = 0;
  for (int n = 1; n < 40; ++n) {
    const double term = std::exp(-n * n * pi2 * theta) / (n * n);
    sum += term;
    if (term < 1e-17) break;
  }
  return theta + 1.0 / 3.0 - 2.0 / pi2 * sum;
}

double cylinder_rise(double theta) {
  if (theta < 2e-3) {
    // Inverse transform of I0(q)/(q^3 I1(q)), q = sqrt(s), term by term for large q.
    const double root = std::sqrt(theta / std::numbers::pi);
    return 2 * root + theta / 2 + 0.5 * theta * root + 0.1875 * theta * theta + 0.2625 * theta * theta * root;
  }
  return 2 * theta + 0.25 - transient(cylinder_roots(), theta);
}

double sphere_rise(double theta) {
  if (theta < 0.01) {
    const double root = std::sqrt(theta);
    return std::expm1(theta) + std::exp(theta) * std::erf(root);  // error < 1e-9 here
  }
  return 3 * theta + 0.2 - transient(sphere_roots(), theta);
}

}  // namespace

double surface_rise(Geometry geometry, double theta) {
  if (theta <= 0) return 0;
  switch (geometry) {
    case Geometry::slab:
      return slab_rise(theta);
    case Geometry::cylinder:
      return cylinder_rise(theta);
    case Geometry::sphere:
      return sphere_rise(theta);
  }
  return 0;
}

double mean_rise(Geometry geometry, double theta) { return radius_per_length(geometry) * theta; }

double slowest_mode(Geometry geometry) {
  if (geometry == Geometry::slab) return std::numbers::pi;
  return geometry == Geometry::cylinder ? cylinder_roots()[0] : sphere_roots()[0];
}

double curvature(Geometry geometry, double theta) {
  if (theta < 1e-12) return 1;
  return surface_rise(geometry, theta) / (2 * std::sqrt(theta / std::numbers::pi));
}

}  // namespace lithoscope::echem
