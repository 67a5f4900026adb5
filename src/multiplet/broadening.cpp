#include "lithoscope/multiplet/broadening.hpp"

#include <cerf.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "lithoscope/core/parallel.hpp"

namespace lithoscope::multiplet {
namespace {

const double sigma_per_fwhm = 1 / std::sqrt(8 * std::log(2.0));

double profile(double x, double sigma, double half_width) {
  if (sigma == 0) return half_width / std::numbers::pi / (x * x + half_width * half_width);
  return voigt(x, sigma, half_width);
}

std::vector<double> broadened(const std::vector<Stick>& sticks, const std::vector<double>& strength,
                              std::span<const double> energy_eV, const Lifetimes& lifetimes, double resolution_eV) {
  std::vector<double> out(energy_eV.size());
  const double sigma = sigma_per_fwhm * resolution_eV;
  std::vector<double> width;
  for (const Stick& stick : sticks) width.push_back(lifetimes.of(stick.half_hole));
  core::parallel_for(static_cast<std::int64_t>(out.size()), [&](std::int64_t at) {
    const auto i = static_cast<std::size_t>(at);
    double sum = 0;
    for (std::size_t k = 0; k < sticks.size(); ++k) {
      sum += strength[k] * profile(energy_eV[i] - sticks[k].energy_eV, sigma, width[k]);
    }
    out[i] = sum;
  });
  return out;
}

}  // namespace

std::vector<double> isotropic_spectrum(const Absorption& absorption, std::span<const double> energy_eV,
                                       const Lifetimes& lifetimes, double resolution_eV) {
  std::vector<double> strength;
  for (const Stick& stick : absorption.sticks) strength.push_back(isotropic(stick));
  return broadened(absorption.sticks, strength, energy_eV, lifetimes, resolution_eV);
}

std::vector<double> polarised_spectrum(const Absorption& absorption, const Vector3& polarisation,
                                       std::span<const double> energy_eV, const Lifetimes& lifetimes,
                                       double resolution_eV) {
  std::vector<double> strength;
  for (const Stick& stick : absorption.sticks) strength.push_back(intensity(stick, polarisation));
  return broadened(absorption.sticks, strength, energy_eV, lifetimes, resolution_eV);
}

std::vector<std::vector<double>> scattering_maps(const Scattering& scattering, ScatterAxis axis,
                                                 std::span<const double> axis_eV, double half_width_eV,
                                                 double resolution_eV) {
  const std::size_t channels = scattering.channels.size();
  const std::size_t n = axis_eV.size();
  const double sigma = sigma_per_fwhm * resolution_eV;
  std::vector<std::vector<double>> maps(channels, std::vector<double>(scattering.rows.size() * n));
  // Losses of a dense configuration are the same at all incident energies: so are their shapes.
  const bool shared = axis == ScatterAxis::energy_loss && std::ranges::all_of(scattering.rows, [&](const auto& row) {
                        return row.loss_eV == scattering.rows.front().loss_eV;
                      });
  std::vector<double> shapes;
  if (shared && !scattering.rows.empty()) {
    for (const double loss : scattering.rows.front().loss_eV) {
      for (const double e : axis_eV) shapes.push_back(profile(e - loss, sigma, half_width_eV));
    }
  }
  core::parallel_for(static_cast<std::int64_t>(scattering.rows.size()), [&](std::int64_t at) {
    const auto w = static_cast<std::size_t>(at);
    const ScatteringRow& row = scattering.rows[w];
    const std::size_t lines = row.loss_eV.size();
    for (std::size_t k = 0; k < lines; ++k) {
      const double centre = axis == ScatterAxis::energy_loss ? row.loss_eV[k] : row.incident_eV - row.loss_eV[k];
      for (std::size_t i = 0; i < n; ++i) {
        const double shape = shared ? shapes[k * n + i] : profile(axis_eV[i] - centre, sigma, half_width_eV);
        for (std::size_t c = 0; c < channels; ++c) maps[c][w * n + i] += row.strength[c * lines + k] * shape;
      }
    }
  });
  return maps;
}

}  // namespace lithoscope::multiplet
