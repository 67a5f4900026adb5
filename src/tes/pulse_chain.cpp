#include "lithoscope/tes/pulse_chain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/median.hpp"
#include "lithoscope/tes/clock.hpp"

namespace lithoscope::tes {
namespace {

// Without a noise file: white noise as large as the quietest baselines.
Noise white_noise(const PulseFile& file, const PulseSummaries& summaries) {
  std::vector<double> rms;
  for (const float r : summaries.pretrigger_rms) {
    if (std::isfinite(r)) rms.push_back(static_cast<double>(r));
  }
  const double sigma = std::max(core::median(std::move(rms)), 1e-3);
  Noise noise;
  noise.autocorrelation.assign(static_cast<std::size_t>(file.facts().samples), 0.0);
  noise.autocorrelation.front() = sigma * sigma;
  return noise;
}

void set_times(PulseHeights& out, const std::vector<std::int64_t>& frame, const std::vector<std::int64_t>& posix_ns,
               double frame_s) {
  const RegularTimes times = regularise(frame, posix_ns, frame_s);
  out.time_ns.insert(out.time_ns.end(), times.time_ns.begin(), times.time_ns.end());
  if (times.steps > 0) {
    out.remarks.push_back(fmt::format("The clock stepped {} time{}; each stretch was timed by itself.", times.steps,
                                      times.steps == 1 ? "" : "s"));
  }
  if (!times.regular && !frame.empty())
    out.remarks.emplace_back("The frame counter and the clock do not agree; times are the clock's.");
}

// Columns of the clean records alone.
std::vector<double> clean(const std::vector<double>& column, const std::vector<std::uint8_t>& flags) {
  std::vector<double> out;
  for (std::size_t i = 0; i < column.size(); ++i) {
    if (flags[i] == 0) out.push_back(column[i]);
  }
  return out;
}

void correct(PulseHeights& out, const SharpenSettings& settings, bool baseline) {
  out.height = out.raw_height;
  if (baseline) {
    out.drift = fit_gain_drift(clean(out.height, out.flags), clean(out.pretrigger_mean, out.flags), settings);
    for (std::size_t i = 0; i < out.height.size(); ++i)
      out.height[i] *= std::exp(std::clamp(out.drift.slope * (out.pretrigger_mean[i] - out.drift.centre),
                                           -settings.largest, settings.largest));
  }
  out.phase_correction = fit_phase_correction(clean(out.height, out.flags), clean(out.phase, out.flags), settings);
  for (std::size_t i = 0; i < out.height.size(); ++i) out.height[i] *= std::exp(out.phase_correction.at(out.phase[i]));
}

struct Chain {
  std::optional<Noise> noise;
  CutLimits limits;
  OptimalFilter filter;
};

std::vector<std::uint8_t> clean_ones(const std::vector<std::uint8_t>& flags) {
  std::vector<std::uint8_t> use;
  for (const std::uint8_t f : flags) use.push_back(f == 0 ? 1 : 0);
  return use;
}

Chain learn_chain(const PulseFile& pulses, const PulseSummaries& summaries, const PulseFile* noise_file,
                  const ChainSettings& settings) {
  const PulseFileFacts& facts = pulses.facts();
  Chain chain;
  if (noise_file != nullptr) chain.noise = measure_noise(*noise_file, facts.presamples, settings.noise);
  chain.limits =
      learn_cuts(summaries, chain.noise ? &*chain.noise : nullptr, facts.presamples, facts.sample_s, settings.cuts);
  const auto use = clean_ones(flag_pulses(summaries, chain.limits, facts.presamples, facts.sample_s));
  const Noise noise = chain.noise ? *chain.noise : white_noise(pulses, summaries);
  chain.filter = settings.filter == FilterKind::five_lag
                     ? make_five_lag(average_pulse(pulses, summaries, use, settings.summary), noise, facts.sample_s,
                                     settings.roll_off)
                     : make_arrival_time_safe(pulse_and_derivative(pulses, summaries, use), noise, facts.sample_s,
                                              settings.roll_off);
  return chain;
}

// Raw heights of one file's records, appended.
void filter_records(PulseHeights& out, const PulseFile& pulses, const PulseSummaries& summaries, const Chain& chain,
                    std::vector<std::int64_t>& frame, std::vector<std::int64_t>& posix_ns) {
  const PulseFileFacts& facts = pulses.facts();
  const auto flags = flag_pulses(summaries, chain.limits, facts.presamples, facts.sample_s);
  std::vector<std::uint16_t> record(static_cast<std::size_t>(facts.samples));
  for (std::size_t i = 0; i < flags.size(); ++i) {
    frame.push_back(summaries.stamp[i].subframe);
    posix_ns.push_back(summaries.stamp[i].posix_ns);
    out.pretrigger_mean.push_back(static_cast<double>(summaries.pretrigger_mean[i]));
    out.shape.push_back(static_cast<double>(summaries.promptness[i]));
    out.flags.push_back(flags[i]);
    Filtered f;
    if (std::isfinite(summaries.pretrigger_mean[i])) {
      pulses.samples(static_cast<std::int64_t>(i), record);
      f = apply(chain.filter, record, summaries.early[i] != 0);
      if (!(f.height > 0)) out.flags.back() |= static_cast<std::uint8_t>(Flag::bad_shape);
    }
    out.raw_height.push_back(f.height);
    out.phase.push_back(f.phase);
  }
}

void require_same_length(const std::string& path, std::int64_t expected, std::int64_t found) {
  if (expected == found) return;
  throw core::UsageError({.what = "files of one pixel have records of different lengths",
                          .where = {.path = path},
                          .expected = std::to_string(expected) + " samples",
                          .found = std::to_string(found),
                          .advice = "reduce runs of different record lengths one by one"});
}

}  // namespace

PulseHeights process_pulses(std::span<const PulseFile> files, const PulseFile* noise_file,
                            const ChainSettings& settings) {
  const PulseFileFacts& facts = files.front().facts();
  PulseHeights out{.pixel = facts.channel,
                   .sample_s = facts.sample_s,
                   .record_s = facts.sample_s * static_cast<double>(facts.samples),
                   .remarks = {}};
  std::optional<Chain> chain;
  for (const PulseFile& file : files) {
    require_same_length(file.facts().path, facts.samples, file.facts().samples);
    if (file.facts().left_over_bytes > 0)
      out.remarks.push_back(fmt::format("The last record of {} is cut short and left out.", file.facts().path));
    if (file.records() == 0) continue;
    const PulseSummaries summaries = summarise_pulses(file, settings.summary);
    if (!chain) chain = learn_chain(file, summaries, noise_file, settings);
    std::vector<std::int64_t> frame, posix;
    filter_records(out, file, summaries, *chain, frame, posix);
    set_times(out, frame, posix, facts.sample_s / static_cast<double>(facts.subframe_divisions));
  }
  if (!chain) {
    throw core::ComputationError({.what = "a pixel without pulses",
                                  .where = {.path = facts.path},
                                  .expected = "at least one record",
                                  .found = "none",
                                  .advice = "leave it out"});
  }
  if (!chain->noise) out.remarks.emplace_back("Without a noise file the filter is made for white noise.");
  if (chain->noise) out.resolving_power = chain->filter.resolving_power();
  correct(out, settings.sharpen, true);
  return out;
}

PulseHeights process_off(std::span<const OffFile> files, const ResidualCutSettings& cuts,
                         const SharpenSettings& sharpen) {
  const OffFile& first = files.front();
  PulseHeights out{.pixel = first.channel,
                   .sample_s = first.frame_s,
                   .record_s = first.frame_s * static_cast<double>(first.samples),
                   .remarks = {}};
  constexpr std::int64_t enough_to_learn = 500;
  const ResidualLimit limit =
      learn_residual_limit(*std::ranges::max_element(files, {}, [](const OffFile& f) { return f.records(); }), cuts);
  for (const OffFile& file : files) {
    require_same_length(file.path, first.samples, file.samples);
    if (file.left_over_bytes > 0)
      out.remarks.push_back(fmt::format("The last record of {} is cut short and left out.", file.path));
    if (file.records() == 0) continue;
    // A short file is judged by what a long one taught.
    auto flags = flag_records(file, file.records() < enough_to_learn ? limit : learn_residual_limit(file, cuts));
    for (std::size_t i = 0; i < flags.size(); ++i) {  // the model is of one length
      if (file.record_samples[i] != file.samples) flags[i] |= static_cast<std::uint8_t>(Flag::wrong_length);
    }
    out.flags.insert(out.flags.end(), flags.begin(), flags.end());
    for (std::int64_t i = 0; i < file.records(); ++i) {
      const auto row = static_cast<std::size_t>(i);
      out.raw_height.push_back(file.height(i));
      out.phase.push_back(std::isfinite(file.phase(i)) ? file.phase(i) : 0);
      out.pretrigger_mean.push_back(static_cast<double>(file.pretrigger_mean[row]));
      out.shape.push_back(static_cast<double>(file.residual_sigma[row]));
      if (!std::isfinite(file.pretrigger_mean[row]))
        out.flags[out.raw_height.size() - 1] |= static_cast<std::uint8_t>(Flag::not_finite);
    }
    set_times(out, file.frame, file.posix_ns, file.frame_s);
  }
  // The baseline is left to whoever knows the calibrations: photons of a whole night share no one gain.
  correct(out, sharpen, false);
  return out;
}

}  // namespace lithoscope::tes
