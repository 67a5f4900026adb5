#include "lithoscope/tes/cuts.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/median.hpp"
#include "robust.hpp"

namespace lithoscope::tes {
namespace {

constexpr std::int64_t rise_margin = 3;  // samples granted before a pulse counts as late

void raise_flag(std::uint8_t& flags, Flag flag) {
  flags = static_cast<std::uint8_t>(flags | static_cast<std::uint8_t>(flag));
}

std::vector<double> finite(const std::vector<float>& values) {
  std::vector<double> out;
  for (const float v : values) {
    if (std::isfinite(v)) out.push_back(static_cast<double>(v));
  }
  return out;
}

}  // namespace

std::string_view flag_words(Flag flag) {
  switch (flag) {
    case Flag::not_finite:
      return "not a number";
    case Flag::pile_up:
      return "a second pulse in the record";
    case Flag::bad_shape:
      return "not shaped like a pulse";
    case Flag::outside_scale:
      return "beyond the calibration";
    case Flag::no_calibration:
      return "no calibration of the pixel at that time";
    case Flag::wrong_length:
      return "record of another length";
  }
  return "";
}

CutLimits learn_cuts(const PulseSummaries& summaries, const Noise* noise, std::int64_t presamples, double sample_s,
                     const CutSettings& settings) {
  CutLimits out;
  const double peak_s = static_cast<double>(rise_margin + summaries.usual_peak_index - presamples) * sample_s;
  out.peak_time_s = settings.peak_time_factor * peak_s;
  out.rise_time_s = settings.rise_time_factor * peak_s;
  if (noise != nullptr) {
    out.from_noise = true;
    out.pretrigger_rms = noise->pretrigger_rms_median + settings.spreads * noise->pretrigger_rms_spread;
    out.postpeak_slope = noise->slope_median + settings.spreads * noise->slope_spread;
    return out;
  }
  const std::vector<double> rms = finite(summaries.pretrigger_rms), slope = finite(summaries.postpeak_slope);
  out.pretrigger_rms = core::median(rms) + settings.spreads * spread_of(rms);
  out.postpeak_slope = core::median(slope) + settings.spreads * spread_of(slope);
  return out;
}

std::vector<std::uint8_t> flag_pulses(const PulseSummaries& summaries, const CutLimits& limits, std::int64_t presamples,
                                      double sample_s) {
  std::vector<std::uint8_t> flags(static_cast<std::size_t>(summaries.size()), 0);
  for (std::size_t i = 0; i < flags.size(); ++i) {
    if (!std::isfinite(summaries.pretrigger_mean[i])) {
      raise_flag(flags[i], Flag::wrong_length);
      continue;
    }
    const double peak_s = static_cast<double>(summaries.peak_index[i] - presamples) * sample_s;
    const auto rise_s = static_cast<double>(summaries.rise_time_s[i]);
    if (!(static_cast<double>(summaries.pretrigger_rms[i]) < limits.pretrigger_rms) ||
        !(static_cast<double>(summaries.postpeak_slope[i]) < limits.postpeak_slope))
      raise_flag(flags[i], Flag::pile_up);
    if (!(peak_s > 0 && peak_s < limits.peak_time_s) || !(rise_s > 0 && rise_s < limits.rise_time_s))
      raise_flag(flags[i], Flag::bad_shape);
  }
  return flags;
}

double ResidualLimit::at(double height) const {
  const auto bin = std::ranges::lower_bound(upper_height, height);
  return bin == upper_height.end() ? limit.back() : limit[static_cast<std::size_t>(bin - upper_height.begin())];
}

ResidualLimit learn_residual_limit(const OffFile& file, const ResidualCutSettings& settings) {
  std::vector<std::pair<double, double>> records;  // height, residual
  for (std::int64_t i = 0; i < file.records(); ++i) {
    const double height = file.height(i),
                 residual = static_cast<double>(file.residual_sigma[static_cast<std::size_t>(i)]);
    if (std::isfinite(height) && std::isfinite(residual)) records.emplace_back(height, residual);
  }
  constexpr std::size_t least = 5;
  if (records.size() < least) {
    throw core::ComputationError({.what = "too few records to tell good pulses from bad ones",
                                  .where = {.path = file.path},
                                  .expected = "at least 5 with finite coefficients",
                                  .found = std::to_string(records.size()),
                                  .advice = "leave this pixel out"});
  }
  std::ranges::sort(records);
  struct Bin {
    double upper, median, spread;
  };
  std::vector<Bin> bins;
  const auto add = [&](double upper, std::span<const std::pair<double, double>> members) {
    if (members.size() < least) return;
    std::vector<double> residuals;
    for (const auto& [h, r] : members) residuals.push_back(r);
    bins.push_back({upper, core::median(residuals), spread_of(residuals)});
  };
  const auto between = [&](double low, double high) {
    const auto from = std::ranges::upper_bound(records, low, {}, &std::pair<double, double>::first);
    const auto to = std::ranges::lower_bound(records, high, {}, &std::pair<double, double>::first);
    return from < to ? std::span{from, to} : std::span<std::pair<double, double>>{};
  };
  if (settings.scale_free) {
    // Of equally many records each; one that lies between lines is mostly pile-up, and is judged by its neighbours.
    constexpr std::size_t shares = 12;
    for (std::size_t s = 0; s < shares; ++s) {
      const auto members = std::span{records}.subspan(s * records.size() / shares,
                                                      (s + 1) * records.size() / shares - s * records.size() / shares);
      if (!members.empty()) add(members.back().first, members);
    }
    const std::vector<Bin> own = bins;
    constexpr double more_median = 1.3, more_spread = 2;
    for (std::size_t b = 0; b < own.size(); ++b) {
      std::vector<double> medians, spreads;
      for (std::size_t k = b < 2 ? 0 : b - 2; k < std::min(own.size(), b + 3); ++k) {
        medians.push_back(own[k].median);
        spreads.push_back(own[k].spread);
      }
      std::ranges::sort(medians);
      std::ranges::sort(spreads);
      bins[b].median = std::min(own[b].median, more_median * medians[(medians.size() - 1) / 2]);
      bins[b].spread = std::min(own[b].spread, more_spread * spreads[(spreads.size() - 1) / 2]);
    }
  } else {
    // MASS's rule: knots at the middles of even bins, each limit holding up to its knot; below the least height nothing
    // passes.
    const double w = settings.bin_height;
    for (std::int64_t k = 0; static_cast<double>(k + 1) * w < records.back().first; ++k)
      add((static_cast<double>(k) + 0.5) * w, between(static_cast<double>(k) * w, static_cast<double>(k + 1) * w));
  }
  if (bins.empty()) add(records.back().first, records);
  ResidualLimit out;
  if (!settings.scale_free) {
    out.upper_height.push_back(settings.least_height);
    out.limit.push_back(-1);
  }
  for (const Bin& b : bins) {
    out.upper_height.push_back(b.upper);
    out.limit.push_back(b.median + settings.spreads * b.spread);
  }
  return out;
}

std::vector<std::uint8_t> flag_records(const OffFile& file, const ResidualLimit& limit) {
  std::vector<std::uint8_t> flags(static_cast<std::size_t>(file.records()), 0);
  for (std::int64_t i = 0; i < file.records(); ++i) {
    const auto row = static_cast<std::size_t>(i);
    const double height = file.height(i), phase = file.phase(i);
    const auto residual = static_cast<double>(file.residual_sigma[row]);
    if (!std::isfinite(height) || !std::isfinite(phase) || !std::isfinite(residual)) {
      raise_flag(flags[row], Flag::not_finite);
    } else if (!(height > 0) || !(residual < limit.at(height))) {
      raise_flag(flags[row], Flag::bad_shape);
    }
  }
  return flags;
}

}  // namespace lithoscope::tes
