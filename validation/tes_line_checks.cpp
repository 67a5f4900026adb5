// Scales made of lines by name, by energy, of one, two or six of them, from 0.3 to 8 keV.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "check.hpp"
#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/rng.hpp"
#include "lithoscope/tes/array_calibration.hpp"
#include "lithoscope/tes/synthesize.hpp"

namespace lithoscope::validation {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

// A line as nature has it: published components, not those that the program fits.
struct Source {
  double eV = 0, fwhm_eV = 0, strength = 1;
};

struct Sample {
  std::string name;
  std::vector<Source> sources;
  double saturation_eV = 6000, height_at_1keV = 12000, resolution_eV = 0.6;
  std::vector<std::string> lines;  // as a person would write them
  std::vector<double> asked_eV;    // energies that are looked up afterwards
};

// Doublets of Hoelzer et al. 1997 and Deslattes et al. 2003, K-alpha two to one; the satellites are left out.
std::vector<Source> k_lines() {
  std::vector<Source> out;
  const auto add = [&](double first, double second, double fwhm) {
    out.push_back({first, fwhm, 1});
    out.push_back({second, 1.1 * fwhm, 0.51});
  };
  add(1486.708, 1486.295, 0.43);
  add(4090.735, 4085.953, 1.05);
  add(4952.216, 4944.671, 2.0);
  add(5898.801, 5887.686, 2.2);
  add(6930.378, 6915.538, 2.4);
  add(8047.827, 8027.842, 2.3);
  return out;
}

std::vector<Sample> samples() {
  const std::vector<Source> soft{{277, 0.3, 1},   {392.4, 0.3, 1.6},  {524.45, 0.3, 1.2},
                                 {705.2, 0.3, 1}, {851.47, 0.3, 1.2}, {929.68, 0.3, 0.8}};
  return {{.name = "K lines to 8 keV",
           .sources = k_lines(),
           .saturation_eV = 30000,
           .height_at_1keV = 3000,
           .resolution_eV = 1.5,
           .lines = {"Al Ka", "Sc Ka", "V Ka", "Mn Ka", "Co Ka", "Cu Ka"},
           .asked_eV = {1500, 4500, 6404, 7478}},
          {.name = "energies of one's own",
           .sources = soft,
           .lines = {"C Ka", "N Ka", "O Ka=524.45", "Fe La=705.2+-0.3", "Ni La", "Cu La=929.68"},
           .asked_eV = {300, 450, 531, 640, 780, 900}},
          {.name = "two lines",
           .sources = {{392.4, 0.3, 1}, {705.2, 0.3, 1}},
           .lines = {"392.4", "705.2+-0.1"},
           .asked_eV = {300, 450, 531, 640, 780, 900}},
          {.name = "one line",
           .sources = {{600, 0.1, 1}, {1200, 0.1, 0.05}},
           .lines = {"600"},
           .asked_eV = {300, 450, 531, 640, 780, 900}}};
}

// Calibrated energies of noiseless heights less the truth, and what is stated.
struct Error {
  double eV = 0, sigma_eV = 0;
};

std::vector<Error> errors_of(const Sample& sample, std::uint64_t seed) {
  const tes::SyntheticArray array{
      .pixels = 8, .height_at_1keV = sample.height_at_1keV, .saturation_eV = sample.saturation_eV, .seed = seed};
  const std::vector<tes::CalibrationWindow> windows{
      {"CAL0", array.start_ns, array.start_ns + 100 * second_ns, 0},
      {"CAL1", array.start_ns + 2000 * second_ns, array.start_ns + 2100 * second_ns, 0}};
  double total = 0;
  for (const Source& s : sample.sources) total += s.strength;
  std::vector<tes::PulseHeights> pixels;
  const auto truth = tes::make_pixels(array);
  for (std::size_t p = 0; p < truth.size(); ++p) {
    core::RandomStream random{seed, 100 + p};
    tes::PulseHeights h{.pixel = static_cast<int>(truth[p].channel)};
    constexpr int photons = 2500;
    for (const tes::CalibrationWindow& w : windows) {
      for (int i = 0; i < photons; ++i) {
        double pick = total * random.uniform();
        std::size_t k = 0;
        while (k + 1 < sample.sources.size() && pick > sample.sources[k].strength) pick -= sample.sources[k++].strength;
        const Source& s = sample.sources[k];
        constexpr double pi = 3.14159265358979;
        const double e =
            s.eV + 0.5 * s.fwhm_eV * std::tan(pi * (random.uniform() - 0.5)) + sample.resolution_eV * random.normal();
        const double drift = &w == &windows[1] ? 1 - 4e-4 : 1;
        h.height.push_back(drift * tes::true_height(array, truth[p], std::max(e, 50.0)));
        h.time_ns.push_back(w.start_ns + i * (100 * second_ns / photons));
        h.pretrigger_mean.push_back(4000 + random.normal());
        h.shape.push_back(1);
        h.flags.push_back(0);
      }
    }
    pixels.push_back(std::move(h));
  }
  const tes::ArrayCalibration c = tes::calibrate_array(pixels, windows, sample.lines);
  std::vector<Error> out;
  for (std::size_t p = 0; p < truth.size(); ++p) {
    if (!c.pixels[p].usable()) continue;
    tes::PulseHeights asked{.pixel = pixels[p].pixel};
    for (const double e : sample.asked_eV) {
      asked.height.push_back(tes::true_height(array, truth[p], e));
      asked.time_ns.push_back(array.start_ns + 50 * second_ns);
      asked.pretrigger_mean.push_back(4000);
      asked.flags.push_back(0);
    }
    const tes::PixelEvents events = tes::make_events(asked, c.pixels[p]);
    for (std::size_t i = 0; i < events.size(); ++i)
      out.push_back({events.energy_eV[i] - sample.asked_eV[i], static_cast<double>(events.energy_sigma_eV[i])});
  }
  return out;
}

Outcome lines_by_energy() {
  constexpr std::int64_t runs = 12;
  double worst = 1, hardest = 0, made = 0, wanted = 0;
  std::string detail;
  for (const Sample& sample : samples()) {
    std::vector<std::vector<Error>> all(runs);
    core::parallel_for(runs, [&](std::int64_t i) {
      all[static_cast<std::size_t>(i)] = errors_of(sample, 700 + static_cast<std::uint64_t>(i));
    });
    double inside = 0, n = 0, squares = 0, stated = 0;
    for (const auto& run : all) {
      for (const Error& e : run) {
        inside += std::abs(e.eV) <= 2 * e.sigma_eV ? 1 : 0;
        squares += e.eV * e.eV;
        stated += e.sigma_eV;
        n += 1;
      }
    }
    constexpr double pixels = 8;
    wanted += static_cast<double>(sample.asked_eV.size()) * pixels * runs;
    made += n;
    worst = std::min(worst, inside / n);
    if (sample.asked_eV.front() > 1000) hardest = std::sqrt(squares / n);
    detail += fmt::format("{}: {:.3f} within two stated errors, rms {:.2f} eV, stated {:.2f} eV; ", sample.name,
                          inside / n, std::sqrt(squares / n), stated / n);
  }
  return {.figures = {{worst}, {hardest}, {made / wanted}}, .detail = detail};
}

}  // namespace

std::vector<Check> tes_line_checks() { return {{"lines-by-energy", lines_by_energy}}; }

}  // namespace lithoscope::validation
