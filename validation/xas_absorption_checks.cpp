// Self-absorption on measured pairs and on synthetic samples.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <limits>
#include <numbers>

#include "check.hpp"
#include "lithoscope/core/cubic_spline.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/rng.hpp"
#include "lithoscope/io/input_file.hpp"
#include "lithoscope/xas/electron_yield.hpp"
#include "lithoscope/xas/normalise.hpp"
#include "lithoscope/xas/scan_files.hpp"
#include "lithoscope/xas/self_absorption.hpp"
#include "lithoscope/xas/selfabs_run.hpp"

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
  const xas::Corrected corrected =
      xas::correct(edge.spectrum, absorption, fit.slab, fit.constant, {.from_eV = from, .to_eV = to});
  const Difference after = difference(corrected.absorption, transmission);
  const Difference before = difference(fluorescence, transmission);
  const xas::Slab thick{.incidence_deg = 45, .exit_ratio = 1};
  const xas::Corrected as_thick =
      xas::correct(edge.spectrum, absorption, thick, xas::fit_constant(edge.spectrum, absorption, thick, from, to));
  return {.figures = {{fit.thick_rejected && corrected.verdict.trusted ? after.rms : 1}},
          .detail = fmt::format(
              "areal density {:.3g} mg/cm2 ({:.3g} to {:.3g}), thick limit {} (chi squared {:.1f}, thin {:.1f}); "
              "uncorrected {:.4f}, as thick {:.4f}; white line {:.3f} of {:.3f} in transmission, {:.3f} before",
              1e3 * fit.slab.areal_density_g_per_cm2, 1e3 * fit.low, 1e3 * fit.high,
              fit.thick_rejected ? "rejected" : "not rejected", fit.misfit_thick, fit.misfit_thin, before.rms,
              difference(as_thick.absorption, transmission).rms, after.white_line,
              difference(transmission, transmission).white_line, before.white_line)};
}

xas::Spectrum with_energies_of(const xas::Spectrum& curve, const xas::Spectrum& grid) {
  xas::Spectrum out = grid;
  const core::CubicSpline spline{curve.energy_eV, curve.intensity};
  for (std::size_t i = 0; i < grid.energy_eV.size(); ++i) out.intensity[i] = spline.value(grid.energy_eV[i]);
  return out;
}

// Post-edge 960 to 966 eV, a line through the pre-edge taken off.
xas::Spectrum cu_normalised(const xas::Spectrum& spectrum) {
  const double e0 = 931;
  return xas::normalise(spectrum, xas::Normalisation::edge,
                        {.e0_eV = e0, .pre_from = -10, .pre_to = -5, .post_from = 29, .post_to = 35, .order = 0})
      .spectrum;
}

double highest(const xas::Spectrum& s, double from, double to) {
  const xas::Spectrum part = xas::cut(s, from, to);
  return *std::ranges::max_element(part.intensity);
}

Outcome cuo_l3() {
  if (real_data().empty()) return {.no_data = true};
  const auto pick = [&](const std::string& label) {
    return cu_normalised(read("soft/flexpes_library.h5", label, {.signal = {"mu"}}));
  };
  const xas::Spectrum partial = pick("Cu L2,3 (2p) in CuO-2");
  const xas::Spectrum electrons = with_energies_of(pick("Cu L2,3 (2p) in CuO"), partial);
  const material::Composition oxide = material::parse_formula("CuO");
  const std::vector<std::string> shells = xas::shells_of("L2,3");
  const xas::EdgeAbsorption absorption =
      xas::edge_absorption(oxide, "Cu", shells, xas::strongest_line_eV(oxide, "Cu", shells), partial.energy_eV);
  // From 3 eV below the L2 edge to the end. The electrons' own saturation is left out: it is not known well enough.
  const xas::PartnerFit fit = xas::fit_slab_to_partner(partial, electrons, absorption, 45, 948, 966);
  const xas::Corrected corrected = xas::correct(partial, absorption, fit.slab, fit.constant);
  const std::size_t middle = absorption.resonant.size() / 2;
  const double l3_corrected =
      highest(corrected.absorption, 925, 935) * absorption.resonant[middle] / absorption.resonant.back();
  const double found = l3_corrected / highest(electrons, 925, 935) - 1;
  return {
      .figures = {{corrected.verdict.trusted ? std::abs(found) : 1e9}},
      .detail = fmt::format("L3 {:.2f} corrected, {:.2f} by electrons, {:.2f} before; areal density {:.3g} mg/cm2, "
                            "sin(in)/sin(out) {:.3g}, misfit {:.3f}; {}",
                            l3_corrected, highest(electrons, 925, 935), highest(partial, 925, 935),
                            1e3 * fit.slab.areal_density_g_per_cm2, fit.slab.exit_ratio, fit.rms,
                            corrected.verdict.trusted ? "below the thick limit everywhere" : corrected.verdict.reason)};
}

Outcome fega_refusal() {
  if (real_data().empty()) return {.no_data = true};
  xas::Channels channels{.signal = {"If"}, .i0 = "I0"};
  const xas::Normalised edge = xas::normalise(read("selfabs/fe73ga27.010", "", channels), xas::Normalisation::edge);
  const material::Composition alloy = material::parse_formula("Fe72.74Ga27.26");
  const std::vector<std::string> shells{"K"};
  const xas::EdgeAbsorption absorption =
      xas::edge_absorption(alloy, "Fe", shells, xas::strongest_line_eV(alloy, "Fe", shells), edge.spectrum.energy_eV);
  const xas::Slab thick{.incidence_deg = 45, .exit_ratio = 1};
  const double from = edge.edge->e0_eV + edge.edge->post_from, to = edge.edge->e0_eV + edge.edge->post_to;
  const double constant = xas::fit_constant(edge.spectrum, absorption, thick, from, to);
  const xas::Verdict verdict =
      xas::correct(edge.spectrum, absorption, thick, constant, {.from_eV = from, .to_eV = to}).verdict;
  return {.figures = {{verdict.trusted ? 0.0 : 1.0}}, .detail = verdict.reason};
}

// A cathode's Mn L edge with a white line of seven times the edge, and the slabs it may lie in.
xas::Spectrum white_line(double from, double to, double l3, double l2) {
  xas::Spectrum out;
  for (int i = 0; from + 0.1 * i < to; ++i) {
    const double e = from + 0.1 * i;
    const auto peak = [&](double at, double height, double width) {
      return height / (1 + (e - at) * (e - at) / (width * width));
    };
    const auto step = [&](double at) { return 0.5 + std::atan((e - at) / 0.4) / std::numbers::pi; };
    out.energy_eV.push_back(e);
    out.intensity.push_back(peak(l3, 7, 0.7) + peak(l3 - 1.6, 3, 0.5) + peak(l2, 3, 0.9) + 2.0 / 3 * step(l3) +
                            step(l2) / 3);
  }
  out.variance.assign(out.energy_eV.size(), 0.0);
  return out;
}

const material::Composition& cathode() {
  static const material::Composition composition = material::parse_formula("Li1.2Ni0.15Co0.1Mn0.55O2");
  return composition;
}

double worst_relative(const std::vector<double>& found, const std::vector<double>& truth) {
  double worst = 0;
  const double top = *std::ranges::max_element(truth);
  for (std::size_t i = 0; i < truth.size(); ++i)
    worst = std::max(worst, std::abs(found[i] - truth[i]) / std::max(std::abs(truth[i]), 1e-3 * top));
  return worst;
}

Outcome selfabs_roundtrip() {
  const xas::Spectrum truth = white_line(630, 670, 642, 653);
  const std::vector<std::string> shells = xas::shells_of("L2,3");
  const double line = xas::strongest_line_eV(cathode(), "Mn", shells);
  const xas::EdgeAbsorption absorption = xas::edge_absorption(cathode(), "Mn", shells, line, truth.energy_eV);
  std::vector<double> resonant;
  for (std::size_t i = 0; i < truth.intensity.size(); ++i)
    resonant.push_back(truth.intensity[i] * absorption.resonant[i]);
  double worst = 0;
  // 10 nm to thick, glancing in and out.
  for (const double areal : {4e-6, 4e-5, 4e-4, std::numeric_limits<double>::infinity()}) {
    for (const auto& [in, out] : {std::pair{45.0, 45.0}, {10.0, 80.0}, {80.0, 10.0}}) {
      const xas::Slab slab{
          .areal_density_g_per_cm2 = areal, .incidence_deg = in, .exit_ratio = xas::Geometry{in, out}.ratio()};
      xas::Spectrum signal = truth;
      signal.intensity = xas::fluorescence(absorption, resonant, slab);
      for (double& s : signal.intensity) s *= 2.5e-3;
      worst = std::max(
          worst, worst_relative(xas::correct(signal, absorption, slab, 2.5e-3).spectrum.intensity, truth.intensity));
    }
  }
  // Electrons: saturation and back.
  std::vector<double> per_nm;
  const double density = 4.2;
  for (std::size_t i = 0; i < resonant.size(); ++i)
    per_nm.push_back((resonant[i] + absorption.other[i]) * density * 1e-7);
  for (const double angle : {90.0, 20.0}) {
    const xas::ElectronEscape escape{.escape_nm = 4, .incidence_deg = angle};
    const auto back =
        xas::attenuation_from_yield(truth.energy_eV, xas::electron_yield(truth.energy_eV, per_nm, escape), escape);
    worst = std::max(worst, worst_relative(back, per_nm));
  }
  // Two geometries of the resonant line (thick).
  xas::Spectrum first = truth, second = truth;
  first.intensity = xas::fluorescence(absorption, resonant, {.incidence_deg = 30, .exit_ratio = 0.6});
  second.intensity = xas::fluorescence(absorption, resonant, {.incidence_deg = 60, .exit_ratio = 1.7});
  std::vector<double> total;
  for (std::size_t i = 0; i < resonant.size(); ++i)
    total.push_back((resonant[i] + absorption.other[i]) / absorption.at_line);
  worst = std::max(worst, worst_relative(xas::two_angle_fluorescence(first, 0.6, second, 1.7).intensity, total));
  return {.figures = {{worst}},
          .detail = "fluorescence at four thicknesses and three geometries, electrons, two angles"};
}

Outcome ipfy_two_angle() {
  // Oxygen's line while the Mn L edge is scanned: 3 micrometre of the cathode, from below the edge to above it.
  const xas::Spectrum near_edge = white_line(630, 670, 642, 653);
  const std::vector<std::string> shells = xas::shells_of("L2,3");
  const double thickness_g_per_cm2 = 4.2 * 3e-4;
  const auto oxygen = [&](const xas::Geometry& geometry) {
    const xas::Slab slab{.areal_density_g_per_cm2 = thickness_g_per_cm2,
                         .incidence_deg = geometry.incidence_deg,
                         .exit_ratio = geometry.ratio()};
    xas::Spectrum out = near_edge;
    for (const xas::LineYield& line : xas::total_fluorescence(cathode(), "Mn", shells, near_edge, slab)) {
      if (line.element == "O") out.intensity = line.yield;
    }
    return out;
  };
  const xas::Geometry flat{20, 70}, steep{70, 20};
  const xas::Spectrum found = xas::two_angle_inverse(oxygen(flat), flat.ratio(), oxygen(steep), steep.ratio());
  const double line = 524.9;
  const xas::EdgeAbsorption absorption = xas::edge_absorption(cathode(), "Mn", shells, line, near_edge.energy_eV);
  std::vector<double> total;
  for (std::size_t i = 0; i < near_edge.intensity.size(); ++i)
    total.push_back((near_edge.intensity[i] * absorption.resonant[i] + absorption.other[i]) / absorption.at_line);
  return {.figures = {{worst_relative(found.intensity, total)}},
          .detail = "O K line through Mn L2,3 of 3 um of the cathode, no free parameter"};
}

// ---- both L shells, and what is no partial yield --------------------------------------------------------------------

struct Metal {
  const char* element;
  double from, to, l3, l2;
};
constexpr std::array metals{Metal{"Mn", 627, 677, 642, 653}, Metal{"Co", 765, 815, 780.5, 795.5},
                            Metal{"Ni", 840, 900, 854, 871.3}, Metal{"Fe", 695, 745, 709.5, 722.6}};
constexpr std::array densities{2e-5, 1e-4, std::numeric_limits<double>::infinity()};

material::Composition oxide_of(const Metal& metal) {
  return material::parse_formula(fmt::format("Li1.2{}0.8O2", metal.element));
}

xas::Slab slab_of(double areal) { return {.areal_density_g_per_cm2 = areal, .incidence_deg = 45, .exit_ratio = 1}; }

// Partial yield of a sample whose L2 holes move to L3 so often.
xas::Spectrum partial_of(const Metal& metal, const xas::Spectrum& truth, const xas::Slab& slab, double coster_kronig) {
  const std::vector<std::string> shells = xas::shells_of("L2,3");
  xas::Spectrum out = truth;
  out.intensity.assign(truth.intensity.size(), 0.0);
  for (const xas::LineYield& line :
       xas::total_fluorescence(oxide_of(metal), metal.element, shells, truth, slab, coster_kronig)) {
    if (line.element != metal.element || (line.shell != "L3" && line.shell != "L2")) continue;
    for (std::size_t i = 0; i < out.intensity.size(); ++i) out.intensity[i] += line.yield[i];
  }
  return out;
}

xas::EdgeAbsorption shells_absorption(const Metal& metal, const std::vector<double>& energy, double coster_kronig) {
  const std::vector<std::string> shells = xas::shells_of("L2,3");
  const material::Composition oxide = oxide_of(metal);
  xas::EdgeAbsorption out =
      xas::edge_absorption(oxide, metal.element, shells, xas::strongest_line_eV(oxide, metal.element, shells), energy);
  out.lines = xas::edge_lines(oxide, metal.element, shells, energy.back(), coster_kronig);
  out.second_open = xas::second_open(metal.element, shells, energy);
  return out;
}

// Back from what the forward model of both shells makes, with its own constants; and with a share of Coster-Kronig
// transfers that is not the one assumed (0 +- 0.3), where the stated error must hold it.
Outcome selfabs_shells() {
  double worst = 0, widest = 0;
  int corrected = 0;
  constexpr double assumed = 0, sigma = 0.3;
  for (const Metal& metal : metals) {
    const xas::Spectrum truth = white_line(metal.from, metal.to, metal.l3, metal.l2);
    const auto top = static_cast<std::size_t>(std::ranges::max_element(truth.intensity) - truth.intensity.begin());
    for (const double areal : densities) {
      const xas::Slab slab = slab_of(areal);
      const xas::EdgeAbsorption own = shells_absorption(metal, truth.energy_eV, assumed);
      const auto exactly = xas::correct(partial_of(metal, truth, slab, assumed), own, slab, 1).spectrum.intensity;
      worst = std::max(worst, worst_relative(exactly, truth.intensity));
      for (const double real : {0.15, 0.3, 0.5}) {
        xas::SelfAbsorptionStudy study;
        study.reading.edge = {
            .post_from = metal.l2 + 15 - metal.l3, .post_to = metal.to - 1 - metal.l3, .order = 0, .pre_order = 0};
        study.reading.element = metal.element;
        study.reading.edge_name = "L2,3";
        study.formula = oxide_of(metal).formula;
        study.thick = std::isinf(areal);
        if (!study.thick) study.areal_density_g_per_cm2 = areal;
        study.coster_kronig = core::Value::with_sigma(assumed, sigma);
        const xas::Spectrum partial = partial_of(metal, truth, slab, real);
        xas::Scan scan{.name = "partial"};
        scan.columns = {{"energy", "eV", partial.energy_eV}, {"pfy", "", partial.intensity}};
        scan.energy = 0;
        const auto out = xas::run_self_absorption(study, xas::spectrum_of(scan, {"partial.dat", ""}, study.reading));
        if (!out.corrected->verdict.trusted) continue;  // refused is not wrong
        ++corrected;
        const xas::Spectrum& found = out.corrected->spectrum;
        const double off = std::abs(found.intensity[top] - truth.intensity[top]);
        widest = std::max(widest, off / std::sqrt(found.variance[top]));
      }
    }
  }
  return {
      .figures = {{worst}, {widest}},
      .detail = fmt::format("Mn, Co, Ni and Fe, three thicknesses; the highest line where 0.15, 0.3 and 0.5 of the L2 "
                            "holes move, {} of 36 corrected, the others refused",
                            corrected)};
}

// The study of a signal that is called by a name that says nothing.
xas::SelfAbsorptionOutcome undone(const Metal& metal, double areal, const std::vector<double>& energy,
                                  const std::vector<double>& signal) {
  xas::Scan scan{.name = "yield"};
  scan.columns = {{"energy", "eV", energy}, {"signal", "", signal}};
  scan.energy = 0;
  xas::SelfAbsorptionStudy study;
  study.reading.element = metal.element;
  study.reading.edge_name = "L2,3";
  study.reading.edge.pre_order = 0;
  study.formula = oxide_of(metal).formula;
  study.thick = std::isinf(areal);
  if (!study.thick) study.areal_density_g_per_cm2 = areal;
  study.coster_kronig = core::Value::with_sigma(0, 0.3);
  return xas::run_self_absorption(study, xas::spectrum_of(scan, {"yield.dat", ""}, study.reading));
}

// Everything counted, as it is and set to zero below the edge; and partial yields with noise and a detector's
// background, of which none may be called total.
Outcome tfy() {
  int told = 0, outright = 0, all = 0, called_total = 0, partial = 0;
  std::string missed;
  for (const Metal& metal : metals) {
    const xas::Spectrum truth = white_line(metal.from, metal.to, metal.l3, metal.l2);
    const double top = std::ranges::max(truth.intensity);
    for (const double areal : densities) {
      std::vector<double> total(truth.energy_eV.size(), 0.0);
      for (const xas::LineYield& line :
           xas::total_fluorescence(oxide_of(metal), metal.element, xas::shells_of("L2,3"), truth, slab_of(areal))) {
        for (std::size_t i = 0; i < total.size(); ++i) total[i] += line.yield[i];
      }
      for (const double off : {0.0, total.front()}) {
        ++all;
        std::vector<double> signal = total;
        for (double& v : signal) v -= off;
        try {
          const auto out = undone(metal, areal, truth.energy_eV, signal);
          const double found = std::ranges::max(out.corrected->spectrum.intensity);
          const bool warned = std::ranges::any_of(out.warnings, [](const std::string& w) {
            return w.find("Taken for a partial yield") != std::string::npos;
          });
          const bool refused = !out.corrected->verdict.trusted;
          outright += refused ? 1 : 0;
          told += refused || warned ? 1 : 0;
          if (!refused)
            missed += fmt::format("{} {:g} g/cm2: {:.2f} for {:.2f}{}; ", metal.element, areal, found, top,
                                  warned ? ", warned" : "");
        } catch (const core::UsageError&) {
          ++told;  // the signal falls across the edge
          ++outright;
        }
      }
      const std::vector<double> clean = partial_of(metal, truth, slab_of(areal), 0).intensity;
      for (const double background : {0.0, 0.1, 0.3}) {  // of the step
        for (std::uint64_t seed = 0; seed < 10; ++seed) {
          core::RandomStream random{61, seed};
          std::vector<double> signal = clean;
          for (double& v : signal) v += background * clean.back() + 0.02 * clean.back() * random.normal();
          ++partial;
          const auto out = undone(metal, areal, truth.energy_eV, signal);
          const bool total_said = out.corrected->verdict.reason.find("only the edge's own lines") != std::string::npos;
          called_total += total_said ? 1 : 0;
          if (total_said) missed += fmt::format("{} {:g} partial called total; ", metal.element, areal);
        }
      }
    }
  }
  return {
      .figures = {{static_cast<double>(told), static_cast<double>(all)}, {static_cast<double>(called_total) / partial}},
      .detail =
          fmt::format("{} of them refused, the others warned of; {} partial yields; {}", outright, partial, missed)};
}

}  // namespace

std::vector<Check> xas_absorption_checks() {
  return {{"fe2o3-rms", fe2o3_rms},
          {"cuo-l3", cuo_l3},
          {"fega-refusal", fega_refusal},
          {"selfabs-roundtrip", selfabs_roundtrip},
          {"ipfy-two-angle", ipfy_two_angle},
          {"selfabs-shells", selfabs_shells},
          {"tfy", tfy}};
}

}  // namespace lithoscope::validation
