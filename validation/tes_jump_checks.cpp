// Pixels whose gain jumps while nobody calibrates: are the photons' energies as good as is said of them?
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "check.hpp"
#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/poisson.hpp"
#include "lithoscope/core/rng.hpp"
#include "lithoscope/tes/array_calibration.hpp"
#include "lithoscope/tes/synthesize.hpp"
#include "oxygen_worlds.hpp"

namespace lithoscope::validation {
namespace {

constexpr double second_ns = 1e9;

// What happens to the gain of a run, and how it is recorded.
struct Trouble {
  std::string name;
  std::int64_t pixels = 8, passes = 1;
  bool all = false;                                 // every pixel at the same moment, else the first one alone
  double least = 0.002, most = 0.01, drift = 1e-4;  // relative; drift of each pixel over the run, as a bent line
};

struct Run {
  std::vector<tes::CalibrationWindow> windows;
  std::vector<tes::ScanPass> passes;
  double start_ns = 0, stop_ns = 0;
};

Run plan(const Trouble& trouble) {
  constexpr double calibration_s = 60, dwell_s = 4, pause_s = 5;
  Run out{.start_ns = 1.58215e18};
  double now = out.start_ns;
  const auto take = [&](double seconds) {
    const auto from = static_cast<std::int64_t>(now);
    now += seconds * second_ns;
    return tes::Span{from, static_cast<std::int64_t>(now)};
  };
  const auto calibrate = [&](const char* name) {
    const tes::Span at = take(calibration_s);
    out.windows.push_back({name, at.from_ns, at.to_ns, 0});
    take(pause_s);
  };
  calibrate("CAL0");
  for (std::int64_t p = 0; p < trouble.passes; ++p) {
    tes::ScanPass pass{.name = fmt::format("pass {}", p), .start_ns = static_cast<std::int64_t>(now)};
    for (int k = 0; k <= 60; ++k) {
      const tes::Span at = take(dwell_s);
      pass.points.push_back({.position = 526 + 0.2 * k, .start_ns = at.from_ns, .stop_ns = at.to_ns});
    }
    pass.stop_ns = static_cast<std::int64_t>(now);
    out.passes.push_back(std::move(pass));
    take(pause_s);
  }
  calibrate("CAL1");
  out.stop_ns = now;
  return out;
}

// Photons of a world's emission, drawn from a table of its energies at each point.
std::vector<tes::Photon> photons_of(const OxygenWorld& world, const Run& run, double rate_per_s,
                                    core::RandomStream& random) {
  static const std::vector<double> lines{277.0, 392.4, 524.9, 704.8, 851.47, 929.68};
  std::vector<tes::Photon> out;
  const auto draw = [&](std::int64_t from, std::int64_t to, double rate, const auto& energy) {
    const auto n = core::poisson(rate * static_cast<double>(to - from) / second_ns, random);
    for (std::int64_t i = 0; i < n; ++i)
      out.push_back({from + static_cast<std::int64_t>(random.uniform() * static_cast<double>(to - from)), energy()});
  };
  for (const tes::CalibrationWindow& w : run.windows)
    draw(w.start_ns, w.stop_ns, rate_per_s, [&] {
      return lines[static_cast<std::size_t>(random.uniform() * static_cast<double>(lines.size()))] +
             0.3 * random.normal();
    });
  constexpr double low = 510, step = 0.1;
  constexpr int bins = 300;
  double brightest = 0;
  std::vector<std::vector<double>> sums;
  for (const tes::ScanPoint& point : run.passes.front().points) {
    std::vector<double> sum{0};
    for (int b = 0; b < bins; ++b) {
      const double e = low + step * (b + 0.5);
      sum.push_back(sum.back() + world.bands(point.position, e) + world.feature(point.position, e));
    }
    brightest = std::max(brightest, sum.back());
    sums.push_back(std::move(sum));
  }
  for (const tes::ScanPass& pass : run.passes) {
    for (std::size_t k = 0; k < pass.points.size(); ++k) {
      const auto& sum = sums[k];
      draw(pass.points[k].start_ns, pass.points[k].stop_ns, rate_per_s * sum.back() / brightest, [&] {
        const auto at = std::ranges::upper_bound(sum, sum.back() * random.uniform()) - sum.begin();
        return low + step * (static_cast<double>(at) - random.uniform());
      });
    }
  }
  std::ranges::sort(out, {}, &tes::Photon::time_ns);
  return out;
}

struct Judged {
  double photons = 0, honest = 0, rejected = 0, typical_eV = 0;
  double located = 0, jumps = 0;  // of those during the scan
  double said = 0, pixels = 0;    // that they moved at once
};

Judged try_once(const Trouble& trouble, const OxygenWorld& world, std::uint64_t seed) {
  const Run run = plan(trouble);
  const tes::SyntheticArray array{.pixels = trouble.pixels, .seed = seed};
  const auto pixels = tes::make_pixels(array);
  core::RandomStream of_run{seed, 1};
  const double jump_ns = run.start_ns + of_run.uniform() * (run.stop_ns - run.start_ns);
  const double size =
      (trouble.least + (trouble.most - trouble.least) * of_run.uniform()) * (of_run.uniform() < 0.5 ? -1 : 1);
  std::vector<tes::PulseHeights> seen, exact;
  std::vector<std::vector<double>> truth;
  for (std::size_t p = 0; p < pixels.size(); ++p) {
    core::RandomStream random{seed, 10 + p};
    const double drift = trouble.drift * random.normal(), bend = 0.5 + random.uniform();
    const double mine = size * (1 + 0.1 * random.normal());
    constexpr double rate_per_s = 15, resolution_eV = 0.6;
    tes::PulseHeights heights{.pixel = static_cast<int>(pixels[p].channel)};
    tes::PulseHeights noiseless = heights;
    std::vector<double>& energies = truth.emplace_back();
    for (const tes::Photon& photon : photons_of(world, run, rate_per_s, random)) {
      const auto t = static_cast<double>(photon.time_ns);
      double gain = 1 + drift * std::pow((t - run.start_ns) / (run.stop_ns - run.start_ns), bend);
      if (t > jump_ns && (trouble.all || p == 0)) gain *= 1 + mine;
      const auto height = [&](double e) { return gain * tes::true_height(array, pixels[p], e); };
      heights.height.push_back(height(photon.energy_eV + resolution_eV * random.normal()));
      noiseless.height.push_back(height(photon.energy_eV));
      energies.push_back(photon.energy_eV);
      heights.time_ns.push_back(photon.time_ns);
    }
    const std::size_t n = heights.height.size();
    for (tes::PulseHeights* one : {&heights, &noiseless}) {
      one->time_ns = heights.time_ns;
      one->pretrigger_mean.assign(n, pixels[p].baseline);
      one->shape.assign(n, 1.0);
      one->flags.assign(n, 0);
    }
    for (std::size_t i = 0; i < n; ++i) heights.pretrigger_mean[i] += 3 * random.normal();
    noiseless.pretrigger_mean = heights.pretrigger_mean;
    seen.push_back(std::move(heights));
    exact.push_back(std::move(noiseless));
  }
  static const std::vector<std::string> lines{"C Ka", "N Ka", "O Ka", "Fe La", "Ni La", "Cu La"};
  tes::ArrayCalibration c = tes::calibrate_array(seen, run.windows, lines);
  std::vector<tes::PixelTrack> tracks;
  for (std::size_t p = 0; p < seen.size(); ++p) tracks.push_back(tes::track_of(seen[p], c.pixels[p]));
  tes::follow_passages(tracks, run.passes, c);
  Judged out;
  const bool in_scan = jump_ns > static_cast<double>(run.passes.front().start_ns) &&
                       jump_ns < static_cast<double>(run.passes.back().stop_ns);
  double squares = 0;
  for (std::size_t p = 0; p < seen.size(); ++p) {
    if (!trouble.all && p > 0) continue;
    const tes::PixelEvents events = tes::make_events(exact[p], c.pixels[p]);
    std::size_t at = 0;
    for (std::size_t i = 0; i < seen[p].time_ns.size(); ++i) {
      out.photons += 1;
      if (at >= events.size() || events.time_ns[at] != seen[p].time_ns[i]) {
        out.rejected += 1;
        continue;
      }
      const double error = events.energy_eV[at] - truth[p][i];
      out.honest += std::abs(error) <= 2 * static_cast<double>(events.energy_sigma_eV[at]) ? 1 : 0;
      squares += error * error;
      ++at;
    }
    out.said += c.pixels[p].changed_ns.empty() ? 0 : 1;
    out.pixels += 1;
    if (!in_scan) continue;
    out.jumps += 1;
    constexpr double near_s = 5;
    for (const std::int64_t t : c.pixels[p].changed_ns) {
      if (std::abs(static_cast<double>(t) - jump_ns) < near_s * second_ns) out.located += 1;
    }
  }
  out.typical_eV = std::sqrt(squares / std::max(1.0, out.photons - out.rejected));
  return out;
}

Outcome jump() {
  constexpr std::int64_t runs = 60;
  const std::vector<OxygenWorld> worlds = oxygen_worlds();
  const std::vector<Trouble> troubles{{.name = "one pixel of eight"},
                                      {.name = "all of eight", .all = true},
                                      {.name = "all of eight, three passes", .passes = 3, .all = true},
                                      {.name = "one pixel of twenty-four", .pixels = 24},
                                      {.name = "the only pixel", .pixels = 1, .all = true},
                                      {.name = "none, drift alone", .all = true, .least = 0, .most = 0, .drift = 1e-3}};
  double worst = 1, located = 0, jumps = 0, wrongly = 0;
  std::string detail;
  for (const Trouble& trouble : troubles) {
    std::vector<Judged> all(runs);
    core::parallel_for(runs, [&](std::int64_t i) {
      const auto k = static_cast<std::size_t>(i);
      all[k] = try_once(trouble, worlds[k % worlds.size()], 5000 + k);
    });
    double photons = 0, honest = 0, rejected = 0, typical = 0, found = 0, of = 0, said = 0, pixels = 0;
    for (const Judged& one : all) {
      photons += one.photons;
      honest += one.honest + one.rejected;
      rejected += one.rejected;
      typical += one.typical_eV / runs;
      found += one.located;
      of += one.jumps;
      said += one.said;
      pixels += one.pixels;
    }
    worst = std::min(worst, honest / photons);
    if (trouble.most > 0) {
      located += found;
      jumps += of;
    } else {
      wrongly = said / pixels;
    }
    detail +=
        fmt::format("{}: {:.3f}, rejected {:.3f}, rms error {:.2f} eV, jumps located within 5 s {:.2f}; ", trouble.name,
                    honest / photons, rejected / photons, typical, of > 0 ? found / of : 0, said / pixels);
  }
  return {.figures = {{worst}, {located / jumps}, {wrongly}}, .detail = detail};
}

// Pixels that see more or less of the sample than of the calibration, a beam that fades and goes; one of them dies.
Outcome silence() {
  constexpr std::int64_t runs = 200;
  std::vector<double> wrong(runs), found(runs), dead(runs);
  core::parallel_for(runs, [&](std::int64_t run) {
    const auto k = static_cast<std::size_t>(run);
    core::RandomStream random{900, k};
    const std::size_t n = k % 3 == 0 ? 4 : k % 3 == 1 ? 12 : 60;
    constexpr double length_s = 600, calibration_s = 80, least_expected = 150;
    const double dies_s = 150 + 300 * random.uniform(), gap_s = 200 + 200 * random.uniform(),
                 fades_s = 200 + 800 * random.uniform();
    std::vector<tes::PixelEvents> pixels(n);
    double expected_after = 0;
    for (std::size_t p = 0; p < n; ++p) {
      const double rate = 2 * std::exp(1.0 * random.normal()), of_sample = std::exp2(2 * random.uniform() - 1);
      for (double t = 0; t < length_s;) {
        const double here =
            rate * (t > calibration_s && t < length_s - calibration_s ? of_sample * std::exp(-t / fades_s) : 1);
        t -= std::log(random.uniform()) / here;
        if (t > gap_s && t < gap_s + 50) continue;
        if (p == 0 && t > dies_s) {
          expected_after += 1;
          continue;
        }
        if (t < length_s) pixels[p].record_time_ns.push_back(static_cast<std::int64_t>(second_ns * t));
      }
    }
    tes::find_silences(pixels);
    for (std::size_t p = 1; p < n; ++p) wrong[k] += pixels[p].silent.empty() ? 0 : 1.0 / static_cast<double>(n - 1);
    dead[k] = expected_after > least_expected && static_cast<double>(pixels[0].record_time_ns.size()) > least_expected
                  ? 1
                  : 0;
    found[k] = dead[k] > 0 && !pixels[0].silent.empty() ? 1 : 0;
  });
  double mean_wrong = 0, all = 0, seen = 0;
  for (std::size_t k = 0; k < wrong.size(); ++k) {
    mean_wrong += wrong[k] / runs;
    all += dead[k];
    seen += found[k];
  }
  return {.figures = {{mean_wrong}, {seen / all}},
          .detail = fmt::format("{:.0f} runs with enough photons to tell", all)};
}

}  // namespace

std::vector<Check> tes_jump_checks() { return {{"jump", jump}, {"silence", silence}}; }

}  // namespace lithoscope::validation
