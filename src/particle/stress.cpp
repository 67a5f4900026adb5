#include "lithoscope/particle/stress.hpp"

#include <cmath>
#include <limits>
#include <numbers>

namespace lithoscope::particle {

Stress diffusion_stress(const Profile& profile, const Mechanics& mechanics) {
  const std::size_t n = profile.lithium.size();
  const double radius = profile.radius_nm.back();
  const int d = profile.dimensions;
  // M(r) at the nodes: all shells inside, and the node's own up to it, x linear in between.
  std::vector<double> mean(n, profile.lithium.front() / d);
  double inside = 0;
  for (std::size_t i = 1; i < n; ++i) {
    const double a = profile.radius_nm[i - 1] / radius;
    const double b = profile.radius_nm[i] / radius;
    const double slope = (profile.lithium[i] - profile.lithium[i - 1]) / (b - a);
    inside += (profile.lithium[i - 1] - slope * a) * (std::pow(b, d) - std::pow(a, d)) / d +
              slope * (std::pow(b, d + 1) - std::pow(a, d + 1)) / (d + 1);
    mean[i] = inside / std::pow(b, d);
  }
  const double scale = mechanics.youngs_modulus_GPa * mechanics.strain_per_lithium / (1 - mechanics.poisson_ratio);
  Stress stress;
  for (std::size_t i = 0; i < n; ++i) {
    stress.radial_GPa.push_back((d - 1) * scale * (mean.back() - mean[i]));
    const double around = d == 1 ? mean.back() : (d - 1) * mean.back() + mean[i];
    stress.hoop_GPa.push_back(scale * (around - profile.lithium[i]));
  }
  return stress;
}

double critical_flaw_nm(double hoop_GPa, const Mechanics& mechanics) {
  if (!(hoop_GPa > 0)) return std::numeric_limits<double>::infinity();
  constexpr double nm_per_m = 1e9;
  const double ratio = mechanics.toughness_MPa_sqrt_m / (mechanics.crack_geometry * hoop_GPa * 1e3);
  return ratio * ratio / std::numbers::pi * nm_per_m;
}

double mismatch_stress_GPa(double volume_strain, const Mechanics& mechanics) {
  return mechanics.youngs_modulus_GPa * volume_strain / 3 / (1 - mechanics.poisson_ratio);
}

double critical_shell_nm(double stress_GPa, const Mechanics& mechanics, double energy_factor) {
  constexpr double nm_per_m = 1e9;
  const double ratio = mechanics.toughness_MPa_sqrt_m / (stress_GPa * 1e3);
  return ratio * ratio / energy_factor * nm_per_m;
}

}  // namespace lithoscope::particle
