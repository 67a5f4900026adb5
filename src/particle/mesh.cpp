#include "lithoscope/particle/mesh.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/errors.hpp"

namespace lithoscope::particle {
namespace {

// Core intervals are at most this many times those of a uniform mesh: wider ones cost more accuracy in the core than
// the cells they free gain near the surface.
constexpr double widest_core = 3.0;

// Width of interval k from the surface: grows by `growth` until the width of the core takes over, smoothly.
double interval(double surface_spacing, double growth, double core, int k) {
  const double grown = surface_spacing * std::pow(growth, k);
  return 1 / std::hypot(1 / grown, 1 / core);
}

double total(int cells, double surface_spacing, double growth, double core) {
  double sum = 0;
  for (int k = 0; k < cells; ++k) sum += interval(surface_spacing, growth, core, k);
  return sum;
}

double growth_that_fills(int cells, double surface_spacing, double core) {
  double low = 1;
  double high = 4;
  for (int i = 0; i < 100; ++i) {
    const double middle = 0.5 * (low + high);
    (total(cells, surface_spacing, middle, core) < 1 ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

// How fast the intervals widen inward at interval i: d(width)/d(depth).
double inward_growth(const std::vector<double>& radius, std::size_t i) {
  const auto width = [&](std::size_t k) { return radius[k + 1] - radius[k]; };
  const std::size_t inner = i > 0 ? i - 1 : 0;
  const std::size_t outer = std::min(i + 1, radius.size() - 2);
  const double distance = 0.5 * (radius[outer] + radius[outer + 1] - radius[inner] - radius[inner + 1]);
  return (width(inner) - width(outer)) / distance;
}

}  // namespace

double radius_per_length(Geometry geometry) {
  return geometry == Geometry::sphere ? 3 : geometry == Geometry::cylinder ? 2 : 1;
}

std::string_view name_of(Geometry geometry) {
  return geometry == Geometry::sphere ? "sphere" : geometry == Geometry::cylinder ? "cylinder" : "slab";
}

RadialMesh graded_mesh(int cells, double surface_spacing, Geometry geometry) {
  if (cells < 8 || !(surface_spacing > 0) || surface_spacing * cells > 1 + 1e-12) {
    throw core::UsageError({.what = "no radial mesh can be made",
                            .expected = "at least 8 cells and an outermost cell no wider than an even share",
                            .found = fmt::format("{} cells, the outermost {} of the radius", cells, surface_spacing),
                            .advice = "change cells or surface_spacing"});
  }
  const auto n = static_cast<std::size_t>(cells);
  const double dimensions = radius_per_length(geometry);
  const double core = widest_core / cells;
  const bool uniform = surface_spacing * cells > 1 - 1e-9;
  const double growth = uniform ? 1 : growth_that_fills(cells, surface_spacing, core);
  RadialMesh mesh{.dimensions = dimensions};
  mesh.radius.assign(n + 1, 1.0);
  double inward = 0;
  const double sum = uniform ? 1 : total(cells, surface_spacing, growth, core);
  for (std::size_t k = 1; k <= n; ++k) {
    inward += uniform ? surface_spacing : interval(surface_spacing, growth, core, static_cast<int>(k) - 1) / sum;
    mesh.radius[n - k] = 1 - inward;
  }
  mesh.radius[0] = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double middle = 0.5 * (mesh.radius[i] + mesh.radius[i + 1]);
    const double width = mesh.radius[i + 1] - mesh.radius[i];
    mesh.face.push_back(middle + 0.125 * inward_growth(mesh.radius, i) * width);
    mesh.conductance.push_back(std::pow(mesh.face.back(), dimensions) / (middle * width));
  }
  double inside = 0;
  for (std::size_t i = 0; i <= n; ++i) {
    const double outer = (i < n ? std::pow(mesh.face[i], dimensions) : 1.0) / dimensions;
    mesh.volume.push_back(outer - inside);
    inside = outer;
  }
  return mesh;
}

}  // namespace lithoscope::particle
