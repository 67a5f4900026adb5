// Pulse height by optimal filtering: the linear estimate with the least variance that knows the noise and does not see
// a constant (Alpert et al., Rev. Sci. Instrum. 84, 056107 (2013)).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lithoscope/tes/noise.hpp"
#include "lithoscope/tes/pulse_summary.hpp"

namespace lithoscope::tes {

enum class FilterKind {
  five_lag,           ///< the filter slid over five lags, a parabola through them: height and arrival time
  arrival_time_safe,  ///< one product: height where the arrival time drops out to first order; early records are slid
};

/// A pulse of unit height and how it changes with its arrival time.
struct PulseShape {
  std::vector<double> pulse;       ///< baseline exactly 0, maximum 1
  std::vector<double> derivative;  ///< change of the pulse for arrival one sample later; empty where not needed
  std::int64_t presamples = 0;
  double peak = 0;          ///< usual height, raw units
  bool slid = false;        ///< one sample shorter than a record: early ones lose their last, the others their first
  std::int64_t pulses = 0;  ///< averaged
};

struct FilterSettings {
  double roll_off_Hz = 10000;  ///< response is divided by 1 + (f/roll-off)^2; 0: none
};

struct OptimalFilter {
  FilterKind kind = FilterKind::arrival_time_safe;
  std::vector<double> height;   ///< filter for the height, raw units out
  std::vector<double> arrival;  ///< filter for height times arrival time in samples; empty for five lags
  double peak = 0;
  double variance = 0;  ///< of the height by the noise alone, raw units squared
  bool slid = false;
  double resolving_power() const;  ///< peak over the noise's full width at half maximum
};

/// Mean of the pulses in `use` whose average lies within 5 % of the median one, the first 7000 of them.
PulseShape average_pulse(const PulseFile& file, const PulseSummaries& summaries, std::span<const std::uint8_t> use,
                         const SummarySettings& settings = {});

/// Average and derivative together, by least squares over the pulses against their own arrival times, which the filter
/// made of both measures; a few rounds. Baselines are their own; early records are slid.
PulseShape pulse_and_derivative(const PulseFile& file, const PulseSummaries& summaries,
                                std::span<const std::uint8_t> use);

/// Throws ComputationError when the noise's autocorrelation is singular or too short.
OptimalFilter make_five_lag(const PulseShape& shape, const Noise& noise, double sample_s,
                            const FilterSettings& settings = {});
OptimalFilter make_arrival_time_safe(const PulseShape& shape, const Noise& noise, double sample_s,
                                     const FilterSettings& settings = {});

struct Filtered {
  double height = 0;  ///< raw units
  double phase = 0;   ///< arrival time, samples
};
/// One record; `early` as the summary has it. The record has the length the filter was made for.
Filtered apply(const OptimalFilter& filter, std::span<const std::uint16_t> record, bool early);

}  // namespace lithoscope::tes
