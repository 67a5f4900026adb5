// Spectra and files of known truth for the absorption tests.
#pragma once

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "lithoscope/core/rng.hpp"
#include "lithoscope/io/input_file.hpp"
#include "lithoscope/xas/scan_files.hpp"
#include "lithoscope/xas/spectrum.hpp"

namespace lithoscope::test {

inline xas::ScanFile read_scans(const std::string& bytes, const std::string& name = "test.dat") {
  return xas::read_scan_file(io::InputFile::from_bytes(name, bytes));
}

/// An edge of one at 100 eV with a white line of some height just above it, from 50 to 200 eV.
inline double edge_curve(double e, double at = 100, double line = 0.5) {
  const double x = (e - at) / 2;
  return 0.5 + std::atan((e - at) / 0.8) / std::numbers::pi + line * std::exp(-0.5 * (x - 1) * (x - 1));
}

inline xas::Spectrum edge_spectrum(double at = 100, double line = 0.5, double noise = 0, std::uint64_t stream = 0) {
  xas::Spectrum s{.name = "edge"};
  core::RandomStream random{11, stream};
  for (int i = 0; i <= 600; ++i) {
    const double e = 50 + 0.25 * i;
    s.energy_eV.push_back(e);
    s.intensity.push_back(edge_curve(e, at, line) + (noise > 0 ? noise * random.normal() : 0));
  }
  s.variance.assign(s.energy_eV.size(), noise * noise);
  s.noise = noise > 0 ? xas::Noise::column : xas::Noise::none;
  return s;
}

/// White lines at L3 and L2 on two steps.
inline xas::Spectrum l_edges(double l3, double l2, double height = 7) {
  xas::Spectrum s{.name = "L edges", .element = "Mn", .edge = "L2,3"};
  for (double e = l3 - 15; e < l2 + 25; e += 0.1) {  // NOLINT(*-float-loop-counter): a grid
    const auto peak = [&](double at, double top, double width) {
      return top / (1 + (e - at) * (e - at) / (width * width));
    };
    const auto step = [&](double at) { return 0.5 + std::atan((e - at) / 0.4) / std::numbers::pi; };
    s.energy_eV.push_back(e);
    s.intensity.push_back(peak(l3, height, 0.6) + peak(l2, 0.45 * height, 0.8) + 2.0 / 3 * step(l3) + step(l2) / 3);
  }
  s.variance.assign(s.energy_eV.size(), 0.0);
  return s;
}

}  // namespace lithoscope::test
