// Self-absorption on measured pairs and on synthetic samples.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "check.hpp"
#include "lithoscope/core/cubic_spline.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/io/input_file.hpp"
#include "lithoscope/xas/electron_yield.hpp"
#include "lithoscope/xas/normalise.hpp"
#include "lithoscope/xas/scan_files.hpp"
#include "lithoscope/xas/self_absorption.hpp"

namespace lithoscope::validation {
namespace {

namespace fs = std::filesystem;

std::string xas_path(const std::string& name) { return (fs::path(real_data()) / "xas" / name).string(); }

xas::Spectrum read(const std::string& name, const std::string& scan = "", xas::Channels channels = {}) {
  const std::string path = xas_path(name);
  const xas::ScanFile file = xas::read_scan_file(io::InputFile::open(path));
  const xas::Scan& chosen = xas::scan_of(file, scan);
  if (channels.signal.empty()) channels = xas::usual_channels(chosen);
  return xas::make_spectrum(chosen, channels, path);
}

constexpr xas::EdgeSettings fe2o3_ranges{
    .e0_eV = {}, .pre_from = -60, .pre_to = -25, .post_from = 40, .post_to = 250, .order = 1};

// Root mean square of the difference from the transmission spectrum between 7110 and 7330 eV, at the best rigid shift.
struct Difference {
  double rms = 1e300, shift = 0, white_line = 0;
};
Difference difference(const xas::Spectrum& corrected, const xas::Spectrum& transmission) {
  const xas::Spectrum a = xas::normalise(corrected, xas::Normalisation::edge, fe2o3_ranges).spectrum;
  const xas::Spectrum b = xas::normalise(transmission, xas::Normalisation::edge, fe2o3_ranges).spectrum;
  const core::CubicSpline curve{b.energy_eV, b.intensity};
  Difference best;
  for (int step = -300; step <= 300; ++step) {
    const double shift = 0.01 * step;
    double sum = 0;
    int points = 0;
    for (std::size_t i = 0; i < a.energy_eV.size(); ++i) {
      if (a.energy_eV[i] < 7110 || a.energy_eV[i] > 7330) continue;
      const double d = a.intensity[i] - curve.value(a.energy_eV[i] + shift);
      sum += d * d;
      ++points;
    }
    const double rms = std::sqrt(sum / points);
    if (rms < best.rms) best = {rms, shift, 0};
  }
  best.white_line = *std::ranges::max_element(a.intensity);
  return best;
}

Outcome fe2o3_rms() {
  if (real_data().empty()) return {.no_data = true};
  const xas::Spectrum fluorescence = read("selfabs/fe2o3_15_35.mu");
  const xas::Spectrum transmission = read("selfabs/fe2o3_tr2.mu");
  const xas::Normalised edge = xas::normalise(fluorescence, xas::Normalisation::edge, fe2o3_ranges);
  const material::Composition iron_oxide = material::parse_formula("Fe2O3");
  const std::vector<std::string> shells{"K"};
  const xas::EdgeAbsorption absorption = xas::edge_absorption(
      iron_oxide, "Fe", shells, xas::strongest_line_eV(iron_oxide, "Fe", shells), edge.spectrum.energy_eV);
  const xas::Geometry geometry{45, 45};
  const double from = edge.edge->e0_eV + edge.edge->post_from, to = edge.edge->e0_eV + edge.edge->post_to;
  // Iron's valence follows from the formula; the monitor's response is not known, so the slope does not count.
  const xas::ThicknessFit fit = xas::fit_thickness(edge.spectrum, absorption, geometry, from, to,
                                                   {.strength_edge_eV = xas::usual_strength_edge_eV("Fe", 3)});
  const xas::Corrected corrected = xas::correct(edge.spectrum, absorption, fit.slab, fit.constant);
  const Difference after = difference(corrected.absorption, transmission);
  const Difference before = difference(fluorescence, transmission);
  const xas::Slab thick{.incidence_deg = 45, .exit_ratio = 1};
  const xas::Corrected as_thick =
      xas::correct(edge.spectrum, absorption, thick, xas::fit_constant(edge.spectrum, absorption, thick, from, to));
  return {.figures = {{fit.thick_rejected ? after.rms : 1}},
          .detail = fmt::format(
              "areal density {:.3g} mg/cm2 ({:.3g} to {:.3g}), thick limit {} (chi squared {:.1f}, thin {:.1f}); "
              "uncorrected {:.4f}, as thick {:.4f}; white line {:.3f} of {:.3f} in transmission, {:.3f} before",
              1e3 * fit.slab.areal_density_g_per_cm2, 1e3 * fit.low, 1e3 * fit.high,
              fit.thick_rejected ? "rejected" : "not rejected", fit.misfit_thick, fit.misfit_thin, before.rms,
              difference(as_thick.absorption, transmission).rms, after.white_line,
              difference(transmission, transmission).white_line, before.white_line)};
}

}  // namespace

std::vector<Check> xas_absorption_checks() { return {{"fe2o3-rms", fe2o3_rms}}; }

}  // namespace lithoscope::validation
