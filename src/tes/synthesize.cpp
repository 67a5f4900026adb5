#include "lithoscope/tes/synthesize.hpp"

#include <algorithm>
#include <cmath>

#include "lithoscope/core/rng.hpp"

namespace lithoscope::tes {
namespace {

// Streams of random numbers: pixels, photons and noise never share one.
constexpr std::uint64_t pixel_streams = 1U << 20U, noise_streams = 1U << 21U;

// One long stretch of noise; records take pieces of it from random places, which costs no random number a sample.
std::vector<double> noise_stretch(const SyntheticArray& array, const SyntheticPixel& pixel) {
  core::RandomStream random{array.seed, noise_streams + static_cast<std::uint64_t>(pixel.channel)};
  constexpr std::size_t pieces = 64;
  std::vector<double> out(pieces * static_cast<std::size_t>(array.samples));
  const double fresh = array.noise * std::sqrt(1 - array.noise_memory * array.noise_memory);
  double value = array.noise * random.normal();
  for (double& v : out) {
    v = value;
    value = array.noise_memory * value + fresh * random.normal();
  }
  return out;
}

// A pulse of unit height, sampled finely, as arrivals fall between samples.
class PulseTable {
 public:
  explicit PulseTable(const SyntheticArray& array) : rise_(array.rise_s), fall_(array.fall_s) {
    const double at = std::log(fall_ / rise_) * rise_ * fall_ / (fall_ - rise_);
    top_ = std::exp(-at / fall_) - std::exp(-at / rise_);
    const double length = 12 * fall_;
    step_ = array.sample_s / per_sample;
    table_.resize(static_cast<std::size_t>(length / step_) + 2);
    for (std::size_t i = 0; i < table_.size(); ++i) {
      const double t = step_ * static_cast<double>(i);
      table_[i] = (std::exp(-t / fall_) - std::exp(-t / rise_)) / top_;
    }
  }

  double at(double time_s) const {
    const double place = time_s / step_;
    if (!(place > 0) || place >= static_cast<double>(table_.size() - 1)) return 0;
    const auto i = static_cast<std::size_t>(place);
    return table_[i] + (place - static_cast<double>(i)) * (table_[i + 1] - table_[i]);
  }
  double length_s() const { return step_ * static_cast<double>(table_.size()); }

 private:
  static constexpr int per_sample = 16;
  double rise_, fall_, top_ = 1, step_ = 1;
  std::vector<double> table_;
};

double seconds_since_start(const SyntheticArray& array, std::int64_t time_ns) {
  return 1e-9 * static_cast<double>(time_ns - array.start_ns);
}

double drifted(const SyntheticArray& array, double height, std::int64_t time_ns) {
  return height * (1 - array.gain_drift * seconds_since_start(array, time_ns));
}

std::uint16_t digitised(double value) {
  constexpr double most = 65535;
  return static_cast<std::uint16_t>(std::lround(std::clamp(value, 0.0, most)));
}

void add_stamp(SyntheticRecords& out, const SyntheticArray& array, std::int64_t time_ns) {
  out.frame.push_back(std::llround(seconds_since_start(array, time_ns) / array.sample_s));
  out.posix_ns.push_back(array.start_ns + std::llround(1e9 * array.sample_s * static_cast<double>(out.frame.back())));
}

}  // namespace

std::vector<SyntheticPixel> make_pixels(const SyntheticArray& array) {
  std::vector<SyntheticPixel> out;
  for (std::int64_t i = 0; i < array.pixels; ++i) {
    core::RandomStream random{array.seed, pixel_streams + static_cast<std::uint64_t>(i)};
    constexpr double gain_spread = 0.08, saturation_spread = 0.1, baseline_spread = 800;
    out.push_back(
        {.channel = 2 * i + 1,
         .gain = 1 + gain_spread * std::clamp(random.normal(), -2.5, 2.5),
         .saturation_eV = array.saturation_eV * (1 + saturation_spread * std::clamp(random.normal(), -2.5, 2.5)),
         .baseline = 4000 + baseline_spread * std::clamp(random.normal(), -2.5, 2.5)});
  }
  return out;
}

double true_height(const SyntheticArray& array, const SyntheticPixel& pixel, double energy_eV) {
  constexpr double kilo = 1000;
  const auto of = [&](double e) { return 1 - std::exp(-e / pixel.saturation_eV); };
  return array.height_at_1keV * pixel.gain * of(energy_eV) / of(kilo);
}

std::vector<Photon> draw_photons(std::span<const std::pair<double, double>> lines, double sigma_eV, double rate_per_s,
                                 std::int64_t start_ns, std::int64_t stop_ns, std::uint64_t seed,
                                 std::uint64_t stream) {
  std::vector<Photon> out;
  double total = 0;
  for (const auto& [energy, strength] : lines) total += strength;
  if (!(rate_per_s > 0) || !(total > 0)) return out;
  core::RandomStream random{seed, stream};
  auto time = static_cast<double>(0);
  const double length_s = 1e-9 * static_cast<double>(stop_ns - start_ns);
  while (true) {
    time -= std::log(random.uniform()) / rate_per_s;
    if (time >= length_s) return out;
    double pick = total * random.uniform();
    std::size_t k = 0;
    while (k + 1 < lines.size() && pick > lines[k].second) pick -= lines[k++].second;
    out.push_back({start_ns + std::llround(1e9 * time), lines[k].first + sigma_eV * random.normal()});
  }
}

SyntheticRecords make_records(const SyntheticArray& array, const SyntheticPixel& pixel,
                              std::span<const Photon> photons) {
  SyntheticRecords out;
  const PulseTable table{array};
  const std::vector<double> noise = noise_stretch(array, pixel);
  core::RandomStream random{array.seed, 2 * noise_streams + static_cast<std::uint64_t>(pixel.channel)};
  const auto n = static_cast<std::size_t>(array.samples);
  const double record_s = array.sample_s * static_cast<double>(array.samples);
  const double before_s = array.sample_s * static_cast<double>(array.presamples);
  std::vector<double> record(n);
  double busy_until = -1e300;
  std::size_t first = 0;
  for (std::size_t i = 0; i < photons.size(); ++i) {
    const double arrival = seconds_since_start(array, photons[i].time_ns);
    if (arrival - before_s < busy_until) continue;
    // The record begins on a sample, the pulse between two: its phase is within half a sample.
    const double begin = array.sample_s * std::round((arrival - before_s) / array.sample_s);
    busy_until = begin + record_s;
    const double baseline = pixel.baseline + array.baseline_drift * arrival;
    const auto from = static_cast<std::size_t>(random.uniform() * static_cast<double>(noise.size() - n));
    for (std::size_t k = 0; k < n; ++k) record[k] = baseline + noise[from + k];
    while (first < photons.size() && seconds_since_start(array, photons[first].time_ns) < begin - table.length_s())
      ++first;
    for (std::size_t j = first; j < photons.size(); ++j) {
      const double at = seconds_since_start(array, photons[j].time_ns);
      if (at >= busy_until) break;
      const double height = drifted(array, true_height(array, pixel, photons[j].energy_eV), photons[j].time_ns);
      const auto start = static_cast<std::size_t>(std::max(0.0, std::floor((at - begin) / array.sample_s)));
      for (std::size_t k = start; k < n; ++k)
        record[k] += height * table.at(begin + array.sample_s * static_cast<double>(k) - at);
    }
    for (const double v : record) out.samples.push_back(digitised(v));
    add_stamp(out, array, array.start_ns + std::llround(1e9 * (begin + before_s)));
  }
  return out;
}

SyntheticRecords make_noise_records(const SyntheticArray& array, const SyntheticPixel& pixel, std::int64_t records) {
  SyntheticRecords out;
  const auto n = static_cast<std::size_t>(array.samples);
  core::RandomStream random{array.seed, 3 * noise_streams + static_cast<std::uint64_t>(pixel.channel)};
  const double fresh = array.noise * std::sqrt(1 - array.noise_memory * array.noise_memory);
  double value = array.noise * random.normal();
  for (std::int64_t i = 0; i < records; ++i) {
    for (std::size_t k = 0; k < n; ++k) {
      out.samples.push_back(digitised(pixel.baseline + value));
      value = array.noise_memory * value + fresh * random.normal();
    }
    add_stamp(out, array, array.start_ns + i * std::llround(1e9 * array.sample_s * static_cast<double>(array.samples)));
  }
  return out;
}

}  // namespace lithoscope::tes
