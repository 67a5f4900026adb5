#include "oxygen_worlds.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "lithoscope/core/poisson.hpp"
#include "lithoscope/core/rng.hpp"

namespace lithoscope::validation {
namespace {

constexpr double resolution_sigma_eV = 1.4 / 2.3548;
constexpr double first_eV = 526, step_eV = 0.2, low_eV = 510, row_eV = 0.5;
constexpr int columns = 61, rows = 60;

double bell(double x, double centre, double sigma) {
  const double z = (x - centre) / sigma;
  return std::exp(-0.5 * z * z);
}
double lorentz(double x, double centre, double fwhm) {
  const double z = 2 * (x - centre) / fwhm;
  return 1 / (1 + z * z);
}
/// Wider to one side than to the other.
double lopsided(double x, double centre, double below, double above) {
  return bell(x, centre, x < centre ? below : above);
}
double edge(double x, double at, double width) { return 0.5 + std::atan((x - at) / width) / std::numbers::pi; }

OxygenWorld three_bands() {
  return {.name = "three bands",
          .bands =
              [](double in, double out) {
                return 0.35 * bell(in, 528.4, 0.9) * bell(out, 524.8, 1.2) +
                       0.5 * bell(in, 531.6, 1.7) * bell(out, 526.3, 1.1) +
                       bell(in, 536.2, 2.6) * bell(out, 525.2, 1.7) + 0.05 * bell(out, 519.5, 2.2);
              },
          .feature = [](double in, double out) { return bell(in, 531, 0.45) * bell(out, 523.6, 0.65); }};
}

OxygenWorld tails() {
  return {.name = "Lorentzian bands above a narrow pre-edge",
          .bands =
              [](double in, double out) {
                return 0.5 * lorentz(in, 529.4, 1.5) * lorentz(out, 525.6, 1.8) +
                       lorentz(in, 535, 5) * lorentz(out, 526.1, 2.6);
              },
          .feature = [](double in, double out) { return lorentz(in, 531.1, 0.9) * bell(out, 523.4, 0.7); }};
}

OxygenWorld lopsided_bands() {
  return {.name = "lopsided bands",
          .bands =
              [](double in, double out) {
                return 0.45 * lopsided(in, 529.2, 0.8, 1.7) * lopsided(out, 525.9, 2.1, 0.8) +
                       lopsided(in, 533.8, 1.6, 4) * lopsided(out, 526.4, 1.9, 1);
              },
          .feature = [](double in, double out) { return bell(in, 530.8, 0.55) * lopsided(out, 523.7, 0.9, 0.5); }};
}

OxygenWorld following() {
  return {.name = "a band that follows the incident energy",
          .bands =
              [](double in, double out) {
                const double moved = 0.3 * std::clamp(in - 531.5, -3.5, 2.5);
                return 0.4 * bell(in, 529.3, 1.1) * bell(out, 525.4 + moved, 1.2) +
                       bell(in, 534.5, 2.3) * bell(out, 526 + 0.5 * moved, 1.35);
              },
          .feature = [](double in, double out) { return bell(in, 531.1, 0.5) * bell(out, 523.3, 0.8); }};
}

OxygenWorld steps() {
  return {.name = "edges below bands with a shoulder",
          .bands =
              [](double in, double out) {
                const double shape = bell(out, 526.2, 1) + 0.35 * bell(out, 523.4, 1.1) + 0.1 * bell(out, 521, 2);
                const double pre = bell(out, 525.2, 1.3);
                return edge(in, 530.9, 0.45) * shape + 0.5 * lorentz(in, 529, 1.6) * pre +
                       0.6 * bell(in, 533.5, 1.8) * shape;
              },
          .feature = [](double in, double out) { return bell(in, 531, 0.4) * bell(out, 523.5, 0.6); }};
}

/// A column of one part, seen with the resolution: sums over a fine grid.
std::vector<double> seen(const std::function<double(double, double)>& part, double incident) {
  constexpr double fine = 0.05, reach = 4 * resolution_sigma_eV;
  constexpr int margin = static_cast<int>(reach / fine) + 1;
  const int points = static_cast<int>(rows * row_eV / fine);
  std::vector<double> emitted, out(rows, 0.0);
  for (int i = -margin; i < points + margin; ++i) emitted.push_back(part(incident, low_eV + fine * (i + 0.5)));
  double norm = 0;
  std::vector<double> kernel;
  for (int k = -margin; k <= margin; ++k) norm += kernel.emplace_back(bell(fine * k, 0, resolution_sigma_eV));
  const int per_row = points / rows;
  for (int i = 0; i < points; ++i) {
    double sum = 0;
    for (int k = 0; k <= 2 * margin; ++k)
      sum += kernel[static_cast<std::size_t>(k)] * emitted[static_cast<std::size_t>(i + k)];
    out[static_cast<std::size_t>(i / per_row)] += fine * sum / norm;
  }
  return out;
}

rixs::RixsMap map_of(const std::function<double(double, double)>& part) {
  rixs::RixsMap map{.name = "a world", .emission = {.low_eV = low_eV, .width_eV = row_eV, .count = rows}, .pixels = 1};
  map.counts.assign(std::size_t{rows} * columns, 0.0);
  for (std::size_t c = 0; c < columns; ++c) {
    map.incident_eV.push_back(first_eV + step_eV * static_cast<double>(c));
    const auto column = seen(part, map.incident_eV.back());
    for (std::size_t r = 0; r < rows; ++r) map.counts[r * columns + c] = column[r];
  }
  map.dwell_s.assign(columns, 1.0);
  map.live_pixel_s.assign(columns, 1.0);
  map.i0.assign(columns, core::Value::exact(1));
  map.pile_up.assign(columns, 0.0);
  return map;
}

double column_sum(const rixs::RixsMap& map, std::size_t c) {
  double sum = 0;
  for (std::int64_t r = 0; r < map.emission.count; ++r) sum += map.at(r, c);
  return sum;
}

}  // namespace

std::vector<OxygenWorld> oxygen_worlds() { return {three_bands(), tails(), lopsided_bands(), following(), steps()}; }

WorldMap expected_in(const OxygenWorld& world, double photons) {
  WorldMap out{map_of(world.bands), map_of(world.feature)};
  const double scale = photons / out.bands.total();
  std::size_t highest = 0;
  for (std::size_t c = 1; c < columns; ++c) {
    if (column_sum(out.feature, c) > column_sum(out.feature, highest)) highest = c;
  }
  constexpr double share = 0.1;
  const double of_feature =
      share / (1 - share) * scale * column_sum(out.bands, highest) / column_sum(out.feature, highest);
  for (double& v : out.bands.counts) v *= scale;
  for (double& v : out.feature.counts) v *= of_feature;
  return out;
}

rixs::RixsMap counted(const WorldMap& world, double feature, double exposure, std::uint64_t seed,
                      std::uint64_t stream) {
  rixs::RixsMap out = world.bands;
  core::RandomStream random{seed, stream};
  for (std::size_t i = 0; i < out.counts.size(); ++i) {
    const double mean = exposure * (world.bands.counts[i] + feature * world.feature.counts[i]);
    out.counts[i] = static_cast<double>(core::poisson(mean, random));
  }
  return out;
}

}  // namespace lithoscope::validation
