// Maps of the real SSRL scan against the peer's, how fast they are made, and intervals against simulation.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <mutex>
#include <numeric>

#include "check.hpp"
#include "lithoscope/core/median.hpp"
#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/progress.hpp"
#include "lithoscope/core/rng.hpp"
#include "lithoscope/core/statistics.hpp"
#include "lithoscope/io/atomic_file.hpp"
#include "lithoscope/rixs/change.hpp"
#include "lithoscope/rixs/feature.hpp"
#include "lithoscope/rixs/maps_run.hpp"
#include "lithoscope/rixs/spectra.hpp"
#include "lithoscope/rixs/synthesize.hpp"
#include "lithoscope/tes/synthesize.hpp"
#include "npz.hpp"
#include "scratch.hpp"
#include "tes_reference.hpp"

namespace lithoscope::validation {
namespace {

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Median of repeats, the first one not counted.
double median_seconds(int repeats, const auto& work) {
  std::vector<double> seconds;
  for (int i = 0; i <= repeats; ++i) {
    const auto start = Clock::now();
    work();
    if (i > 0) seconds.push_back(seconds_since(start));
  }
  return core::median(seconds);
}

Outcome ssrl_counts(rixs::Windows windows, const char* stored) {
  if (real_data().empty()) return {.figures = {}, .no_data = true};
  const rixs::RixsMap three = ssrl_recipe_map(3, windows), eight = ssrl_recipe_map(8, windows);
  const NumpyArray peer = read_npz(tes_path("expected/ssrl_maps_3.npz")).at(stored),
                   peer8 = read_npz(tes_path("expected/ssrl_maps_8.npz")).at(stored);
  double differing = 0, differing8 = 0;
  for (std::size_t i = 0; i < peer.values.size(); ++i) {
    differing += peer.values[i] != three.counts.at(i) ? 1 : 0;
    differing8 += std::abs(peer8.values[i] - eight.counts.at(i));
  }
  return {.figures = {{three.total()}, {eight.total()}, {differing}},
          .detail = fmt::format(
              "third figure: bins of three pixels that differ of {}; of eight pixels {} events lie in another bin",
              peer.values.size(), differing8 / 2)};
}

Outcome ssrl_compat() { return ssrl_counts(rixs::Windows::whole_seconds, "peer"); }
Outcome ssrl_exact() { return ssrl_counts(rixs::Windows::exact, "exact"); }

// Files to the six maps, calibration and all, as litho rixs does it.
Outcome ssrl_time() {
  if (real_data().empty()) return {.figures = {}, .no_data = true};
  core::set_threads(0);
  double counts = 0;
  const double seconds = median_seconds(5, [&] {
    const tes::ArrayOutcome outcome = ssrl_default();
    counts = 0;
    for (const tes::ScanPass& pass : ssrl_passes()) counts += rixs::fill_map(outcome.events, pass, {}).total();
  });
  return {.figures = {{seconds}},
          .detail = fmt::format("8 pixels, two calibrations, drift, six maps of {:.0f} photons, two cores", counts)};
}

Outcome map_rate() {
  constexpr std::size_t events = 10'000'000, windows = 243;
  std::vector<std::int64_t> time(events);
  std::vector<double> energy(events);
  core::RandomStream random{1, 0};
  constexpr std::int64_t step = 40'000;
  for (std::size_t i = 0; i < events; ++i) {
    time[i] = step * static_cast<std::int64_t>(i);
    energy[i] = 1000 * random.uniform();
  }
  std::vector<rixs::Window> slots;
  const std::int64_t pitch = step * static_cast<std::int64_t>(events) / static_cast<std::int64_t>(windows);
  for (std::int64_t w = 0; w < static_cast<std::int64_t>(windows); ++w) slots.push_back({w * pitch, (w + 1) * pitch});
  const rixs::EnergyBins bins{.low_eV = 0, .width_eV = 1, .count = 999};
  std::vector<std::uint32_t> counts(windows * 999);
  const double seconds = median_seconds(5, [&] {
    std::ranges::fill(counts, 0U);
    (void)rixs::fill_counts(time, energy, slots, bins, counts);
  });
  return {.figures = {{events / seconds}},
          .detail = fmt::format("{} windows x 999 bins, one core; {:.2f} GB/s of energies read", windows,
                                8e-9 * events / seconds)};
}

// 300 real pulses again and again with a real noise record added: the peer's own benchmark file.
std::string tiled_pulses(std::int64_t records) {
  const io::InputFile pulse_file = io::InputFile::open(tes_path("mass_regress/regress_chan1.ljh")),
                      noise_file = io::InputFile::open(tes_path("mass_regress/regress_noise_chan1.ljh"));
  const tes::PulseFile pulses{pulse_file}, noise{noise_file};
  const auto& f = pulses.facts();
  std::string out{pulse_file.bytes().substr(0, static_cast<std::size_t>(f.header_bytes))};
  std::vector<std::uint16_t> a(static_cast<std::size_t>(f.samples)), b(a.size());
  for (std::int64_t i = 0; i < records; ++i) {
    pulses.samples(i % pulses.records(), a);
    noise.samples((i * 7 + i / 300) % noise.records(), b);
    double mean = 0;
    for (const std::uint16_t s : b) mean += s / static_cast<double>(b.size());
    for (std::size_t k = 0; k < a.size(); ++k)
      a[k] = static_cast<std::uint16_t>(std::clamp(std::lround(a[k] + 0.3 * (b[k] - mean)), 0L, 65535L));
    const std::int64_t from = f.header_bytes + (i % pulses.records()) * f.record_bytes;
    out.append(pulse_file.bytes().substr(static_cast<std::size_t>(from),
                                         static_cast<std::size_t>(f.record_bytes - 2 * f.samples)));
    out.append(reinterpret_cast<const char*>(a.data()), 2 * a.size());
  }
  return out;
}

Outcome ljh_rate() {
  if (real_data().empty()) return {.figures = {}, .no_data = true};
  constexpr std::int64_t records = 30000;
  std::vector<tes::PulseFile> files;
  files.emplace_back(io::InputFile::from_bytes("big_chan1.ljh", tiled_pulses(records)));
  const tes::PulseFile noise{io::InputFile::open(tes_path("mass_regress/regress_noise_chan1.ljh"))};
  std::int64_t good = 0;
  const double seconds = median_seconds(3, [&] {
    const tes::PulseHeights h = tes::process_pulses(files, &noise);
    good = std::ranges::count(h.flags, std::uint8_t{0});
  });
  return {.figures = {{records / seconds}},
          .detail = fmt::format("summaries, noise, cuts, filter, drift and phase of {} pulses x 1024 samples ({} "
                                "good), one core; {:.2f} GB/s of samples",
                                records, good, 2.048e-6 * records / seconds)};
}

Outcome correction_rate() {
  constexpr std::size_t events = 30000;
  core::RandomStream random{2, 0};
  std::vector<double> height, baseline, phase;
  for (std::size_t i = 0; i < events; ++i) {
    const double line = std::array{277.0, 392.4, 524.9, 704.8, 851.5, 929.7}[i % 6];
    baseline.push_back(4000 + 20 * random.normal());
    phase.push_back(random.uniform() - 0.5);
    height.push_back(12 * line * std::exp(-1e-5 * (baseline.back() - 4000) + 1e-3 * phase.back()) +
                     10 * random.normal());
  }
  double slope = 0, linear = 0;
  const double seconds = median_seconds(5, [&] {
    slope = tes::fit_gain_drift(height, baseline).slope;
    std::vector<double> corrected = height;
    for (std::size_t i = 0; i < events; ++i) corrected[i] *= std::exp(slope * (baseline[i] - 4000));
    linear = tes::fit_phase_correction(corrected, phase).linear;
  });
  return {.figures = {{events / seconds}},
          .detail = fmt::format("drift and phase of {} events, one core; slope {:.3e} (1e-5), phase {:.2e} (-1e-3)",
                                events, slope, linear)};
}

constexpr double array_rate = 100, array_seconds = 20;
const std::vector<std::pair<double, double>>& array_lines() {
  static const std::vector<std::pair<double, double>> lines{{277.0, 1}, {392.4, 1.4},  {524.9, 1.2},
                                                            {704.8, 1}, {851.47, 1.2}, {929.68, 0.8}};
  return lines;
}

Outcome realtime() {
  const Scratch scratch;
  const tes::SyntheticArray array{.seed = 5};
  const auto pixels = tes::make_pixels(array);
  const std::int64_t stop = array.start_ns + static_cast<std::int64_t>(1e9 * array_seconds);
  core::set_threads(0);
  core::parallel_for(static_cast<std::int64_t>(pixels.size()), [&](std::int64_t i) {
    const tes::SyntheticPixel& pixel = pixels[static_cast<std::size_t>(i)];
    const auto photons = tes::draw_photons(array_lines(), 0.3, array_rate, array.start_ns, stop, 7,
                                           static_cast<std::uint64_t>(pixel.channel));
    const auto records = tes::make_records(array, pixel, photons);
    io::write_file(scratch.file(fmt::format("run_chan{}.ljh", pixel.channel)), tes::ljh_file(array, pixel, records),
                   io::Existing::replace);
    io::write_file(scratch.file(fmt::format("run_chan{}.off", pixel.channel)), tes::off_file(array, pixel, records),
                   io::Existing::replace);
    io::write_file(scratch.file(fmt::format("noise_chan{}.ljh", pixel.channel)),
                   tes::ljh_file(array, pixel, tes::make_noise_records(array, pixel, 100)), io::Existing::replace);
  });
  std::string detail;
  const auto speed = [&](const char* ending) {
    tes::ArrayRequest study;
    for (const tes::SyntheticPixel& pixel : pixels) {
      study.files.push_back(scratch.file(fmt::format("run_chan{}.{}", pixel.channel, ending)));
      if (std::string_view{ending} == "ljh")
        study.noise_files.push_back(scratch.file(fmt::format("noise_chan{}.ljh", pixel.channel)));
    }
    core::NoProgress progress;
    std::size_t photons = 0, usable = 0;
    const double seconds = median_seconds(2, [&] {
      const tes::ArrayOutcome outcome = tes::reduce_array(study, progress);
      photons = 0;
      for (const tes::PixelEvents& e : outcome.events) photons += e.size();
      usable = outcome.events.size();
    });
    detail += fmt::format("{}: {:.2f} s for {} s, {} photons of {} pixels; ", ending, seconds, array_seconds, photons,
                          usable);
    return array_seconds / seconds;
  };
  const double from_ljh = speed("ljh"), from_off = speed("off");
  return {.figures = {{from_ljh}, {from_off}}, .detail = detail};
}

// --- intervals
// ---------------------------------------------------------------------------------------------------------

rixs::EmissionModel oxygen_model() {
  return {
      .lines =
          {{.incident_eV = 531,
            .emission_eV = 523.4,
            .sigma_incident_eV = 0.45,
            .sigma_emission_eV = 0.7,
            .strength = 0.05},
           {.incident_eV = 529,
            .emission_eV = 525.5,
            .sigma_incident_eV = 1.2,
            .sigma_emission_eV = 1.1,
            .strength = 0.4},
           {.incident_eV = 534, .emission_eV = 526, .sigma_incident_eV = 2.5, .sigma_emission_eV = 1.3, .strength = 1}},
      .elastic = 0.005,
      .elastic_sigma_eV = 0.2,
      .background = 0.002};
}

Outcome rixs_coverage() {
  constexpr std::int64_t seeds = 500;
  rixs::MapExposure exposure{.emission = {.low_eV = 510, .width_eV = 0.5, .count = 60}, .counts = 2e5};
  for (int i = 0; i <= 60; ++i) exposure.incident_eV.push_back(526 + 0.2 * i);
  const rixs::EmissionModel model = oxygen_model();
  const rixs::RixsMap truth = rixs::expected_map(model, exposure);
  const rixs::Region band{.name = "O K", .from_eV = 515, .to_eV = 528, .polygon = {}};
  const rixs::Curve pfy_truth = rixs::partial_yield(truth, band), ipfy_truth = rixs::inverse_partial_yield(truth, band),
                    xes_truth = rixs::emission_spectrum(truth, 531, 531);
  struct Seen {
    bool found = false, incident = false, emission = false, width_in = false, width_out = false;
    double pfy = 0, ipfy = 0, xes = 0;
  };
  constexpr double resolution_sigma = 1.4 / core::fwhm_per_sigma;
  const double width_out = std::hypot(0.7, resolution_sigma);
  std::vector<Seen> seen(seeds);
  core::parallel_for(seeds, [&](std::int64_t seed) {
    Seen& one = seen[static_cast<std::size_t>(seed)];
    const rixs::RixsMap map = rixs::synthesize_map(model, exposure, 1000 + static_cast<std::uint64_t>(seed));
    const auto inside = [](const core::Value& v, double t) { return std::abs(v.value - t) <= 1.96 * v.sigma(); };
    const auto share = [&](const rixs::Curve& found, const rixs::Curve& expected) {
      double hits = 0, all = 0;
      for (std::size_t i = 0; i < found.size(); ++i) {
        if (expected.counts[i] < 50) continue;  // below that a Poisson is no normal, whatever its variance
        all += 1;
        hits += std::abs(found.value[i] - expected.value[i]) <= 1.96 * std::sqrt(found.variance[i]) ? 1 : 0;
      }
      return all > 0 ? hits / all : 0;
    };
    one.pfy = share(rixs::partial_yield(map, band), pfy_truth);
    one.ipfy = share(rixs::inverse_partial_yield(map, band), ipfy_truth);
    one.xes = share(rixs::emission_spectrum(map, 531, 531), xes_truth);
    const auto feature = rixs::find_feature(map);
    if (!feature) return;
    one.found = true;
    one.incident = inside(feature->incident_eV, 531);
    one.emission = inside(feature->emission_eV, 523.4);
    one.width_in = inside(feature->sigma_incident_eV, 0.45);
    one.width_out = inside(feature->sigma_emission_eV, width_out);
  });
  double found = 0, incident = 0, emission = 0, in = 0, out = 0, pfy = 0, ipfy = 0, xes = 0;
  for (const Seen& s : seen) {
    found += s.found ? 1 : 0;
    incident += s.incident ? 1 : 0;
    emission += s.emission ? 1 : 0;
    in += s.width_in ? 1 : 0;
    out += s.width_out ? 1 : 0;
    pfy += s.pfy / seeds;
    ipfy += s.ipfy / seeds;
    xes += s.xes / seeds;
  }
  const double pooled = (incident + emission + in + out) / (4 * found);
  return {.figures = {{pooled}, {pfy}, {ipfy}, {xes}},
          .detail = fmt::format(
              "position {:.3f} {:.3f}, widths {:.3f} {:.3f} of {} features; PFY, iPFY and emission points beside it",
              incident / found, emission / found, in / found, out / found, found)};
}

// Counts of a known feature, from weak to strong, and rows of two widths: 95 % intervals of those that are usable, of
// the others, and the share that is usable where the feature stands out by 25 standard deviations or more.
Outcome rixs_feature_counts() {
  constexpr std::int64_t seeds = 60;
  const rixs::EmissionModel model = oxygen_model();
  rixs::EmissionModel without = model;
  without.lines.erase(without.lines.begin());
  std::string detail;
  double usable = 0, covered = 0, others = 0, others_covered = 0, others_profile = 0, strong = 0, strong_usable = 0;
  std::mutex adding;
  for (const double counts : {3e4, 1e5, 3e5, 1e6, 3e6}) {
    for (const double width : {0.5, 1.0}) {
      rixs::MapExposure exposure{.emission = {.low_eV = 510, .width_eV = width, .count = std::lround(30 / width)},
                                 .counts = counts};
      for (int i = 0; i <= 60; ++i) exposure.incident_eV.push_back(526 + 0.2 * i);
      // Both maps have the same total, so that the background tells by how much the feature dilutes the rest.
      const double rest = rixs::expected_map(model, exposure).at(0, 0) / rixs::expected_map(without, exposure).at(0, 0);
      const double truth = counts * (1 - rest), usable_before = usable, covered_before = covered;
      double pulls = 0;
      core::parallel_for(seeds, [&](std::int64_t seed) {
        const auto f =
            rixs::find_feature(rixs::synthesize_map(model, exposure, 5000 + static_cast<std::uint64_t>(seed)));
        if (!f) return;
        const bool holds = std::abs(f->counts.value - truth) <= 1.96 * f->counts.sigma();
        const bool good = rixs::why_unusable(*f).empty();
        const std::lock_guard lock{adding};
        (good ? usable : others) += 1;
        if (good) pulls += (f->counts.value - truth) / f->counts.sigma();
        (good ? covered : others_covered) += holds ? 1 : 0;
        if (!good) others_profile += f->low <= truth && truth <= f->high ? 1 : 0;
        if (f->on_fit < 25) return;
        strong += 1;
        strong_usable += good ? 1 : 0;
      });
      if (const double n = usable - usable_before; n > 0)
        detail += fmt::format("; {:g} photons in rows of {:g} eV: {:.3f} of {} usable, mean pull {:.2f}", counts, width,
                              (covered - covered_before) / n, n, pulls / n);
    }
  }
  return {.figures = {{covered / usable}, {strong_usable / strong}},
          .detail = fmt::format("{} usable; of {} others {:.3f} cover, {:.3f} by the printed profile interval", usable,
                                others, others_covered / others, others_profile / others) +
                    detail};
}

// "changed" of two maps of one sample, and of a sample whose band near 529 eV grew by a fifth; the worst of three
// widths of rows and three ways to normalise.
Outcome rixs_change_words() {
  constexpr std::int64_t seeds = 400;
  const rixs::Region band{.name = "O K", .from_eV = 515, .to_eV = 528, .polygon = {}};
  rixs::EmissionModel grown = oxygen_model();
  grown.lines[1].strength *= 1.2;
  double worst_false = 0, least_power = 1;
  std::string detail;
  for (const double width : {0.25, 0.5, 1.0}) {
    rixs::MapExposure exposure{.emission = {.low_eV = 510, .width_eV = width, .count = std::lround(30 / width)},
                               .counts = 2e5};
    for (int i = 0; i <= 60; ++i) exposure.incident_eV.push_back(526 + 0.2 * i);
    for (const auto how : {rixs::Normalise::none, rixs::Normalise::area, rixs::Normalise::maximum}) {
      std::vector<int> wrong(seeds), found(seeds);
      core::parallel_for(seeds, [&](std::int64_t i) {
        const auto seed = static_cast<std::uint64_t>(i);
        const auto yield = [&](const rixs::EmissionModel& model, std::uint64_t stream) {
          return rixs::partial_yield(rixs::synthesize_map(model, exposure, 900 + seed, stream), band);
        };
        const rixs::Curve before = yield(oxygen_model(), 1);
        wrong[seed] = rixs::changed(rixs::compare_curves(before, yield(oxygen_model(), 2), how)) ? 1 : 0;
        found[seed] = rixs::changed(rixs::compare_curves(before, yield(grown, 3), how)) ? 1 : 0;
      });
      const double f = static_cast<double>(std::accumulate(wrong.begin(), wrong.end(), 0)) / seeds;
      const double p = static_cast<double>(std::accumulate(found.begin(), found.end(), 0)) / seeds;
      worst_false = std::max(worst_false, f);
      least_power = std::min(least_power, p);
      detail += fmt::format("{:g} eV: {:.4f}, {:.2f}; ", width, f, p);
    }
  }
  return {.figures = {{worst_false}, {least_power}}, .detail = detail};
}

// Relative scatter of the inverse over that of the yield is one; absolute errors follow.
Outcome ipfy_noise() {
  constexpr std::int64_t seeds = 400;
  rixs::MapExposure exposure{.emission = {.low_eV = 510, .width_eV = 0.5, .count = 60}, .counts = 1e5};
  for (int i = 0; i <= 40; ++i) exposure.incident_eV.push_back(527 + 0.2 * i);
  const rixs::Region band{.name = "O K", .from_eV = 515, .to_eV = 528, .polygon = {}};
  const rixs::RixsMap truth = rixs::expected_map(oxygen_model(), exposure);
  const rixs::Curve plain = rixs::partial_yield(truth, band);
  std::vector<std::vector<double>> values(seeds);
  core::parallel_for(seeds, [&](std::int64_t seed) {
    values[static_cast<std::size_t>(seed)] =
        rixs::inverse_partial_yield(
            rixs::synthesize_map(oxygen_model(), exposure, 77, static_cast<std::uint64_t>(seed)), band)
            .value;
  });
  double ratio = 0;
  for (std::size_t k = 0; k < plain.size(); ++k) {
    double mean = 0, squares = 0;
    for (const auto& v : values) mean += v[k] / seeds;
    for (const auto& v : values) squares += (v[k] - mean) * (v[k] - mean) / (seeds - 1);
    ratio += std::sqrt(squares) / mean * std::sqrt(plain.counts[k]) / static_cast<double>(plain.size());
  }
  return {.figures = {{std::abs(ratio - 1)}},
          .detail = "relative scatter of the inverse yield over one divided by the root of its counts, less one"};
}

}  // namespace

std::vector<Check> rixs_checks() {
  return {{"ssrl-compat", ssrl_compat},
          {"ssrl-exact", ssrl_exact},
          {"ssrl-time", ssrl_time},
          {"map-rate", map_rate},
          {"ljh-rate", ljh_rate},
          {"correction-rate", correction_rate},
          {"realtime", realtime},
          {"rixs-coverage", rixs_coverage},
          {"rixs-feature-counts", rixs_feature_counts},
          {"rixs-change-words", rixs_change_words},
          {"ipfy-noise", ipfy_noise}};
}

}  // namespace lithoscope::validation
