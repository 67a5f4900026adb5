// Which stretch is analysed, and which are taken as free of gas.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ion_analysis.hpp"
#include "lithoscope/core/constants.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/units.hpp"
#include "lithoscope/probe/sample.hpp"

namespace lithoscope::massspec {
namespace {

// A stretch in s, or in temperature on heating.
Stretch parse_stretch(const std::string& text, const Temperature& temperature, const char* setting) {
  const auto unusable = [&](std::string expected) {
    return core::UsageError({.what = fmt::format("{} is no stretch of the record", setting),
                             .expected = std::move(expected),
                             .found = text});
  };
  const char* example = "two times or two temperatures, such as \"0 s to 300 s\" or \"30 degC to 120 degC\"";
  std::optional<probe::Quantity> time, warmth;
  try {
    time = probe::parse_range(text, "s");
  } catch (const core::UsageError&) {
    try {
      warmth = probe::parse_range(text, "K");
    } catch (const core::UsageError&) {
      throw unusable(example);
    }
  }
  const probe::Quantity& q = time ? *time : *warmth;
  if (!q.low || !q.high || !(*q.high > *q.low)) throw unusable(example);
  if (time) return {*q.low, *q.high};
  if (!temperature.known()) throw unusable("times, since no temperature was recorded");
  const auto from = temperature.first_time_s(*q.low), to = temperature.first_time_s(*q.high);
  if (!from) throw unusable("temperatures that the sample reached");
  return {*from, to.value_or(temperature.last_warming_s())};
}

Stretch of_all_ions(const IonRecord& record) {
  Stretch out{-std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
  for (const Series& s : record.ions) {
    out.from_s = std::max(out.from_s, s.time_s.front());
    out.to_s = std::min(out.to_s, s.time_s.back());
  }
  return out;
}

void say_what_one_saw(GasOutcome& out, const Stretch& ions) {
  const Temperature& T = out.temperature;
  const auto degC = [&](double s) { return T.at_K(s) - core::zero_celsius_K; };
  const double from = std::max(ions.from_s, T.from_s()), to = std::min(ions.to_s, T.to_s());
  out.remarks.push_back(
      fmt::format("Both instruments recorded from {:.0f} to {:.0f} s of the spectrometer's clock, "
                  "{:.0f} to {:.0f} degC.",
                  from, to, degC(from), degC(to)));
  if (T.to_s() > to + 1)
    out.remarks.push_back(
        fmt::format("From {:.0f} to {:.0f} degC only the thermobalance recorded: the spectrometer "
                    "stops at {:.0f} s.",
                    degC(to), degC(T.to_s()), ions.to_s));
  if (ions.from_s < T.from_s() - 1)
    out.remarks.push_back(
        fmt::format("Only the spectrometer recorded before {:.0f} s; the temperature then is not "
                    "known.",
                    T.from_s()));
  if (ions.to_s > T.to_s() + 1)
    out.remarks.push_back(fmt::format("Only the spectrometer recorded after {:.0f} s.", T.to_s()));
}

}  // namespace

void find_stretches(GasOutcome& out) {
  const GasSettings& s = out.settings;
  const Stretch ions = of_all_ions(out.record);
  if (!(ions.to_s > ions.from_s))
    throw core::UnusableData({.what = "the ions have no common time",
                              .where = {.path = out.record.path},
                              .expected = "series that overlap",
                              .found = "series one after the other"});
  Stretch common = ions;
  double heating_s = ions.from_s;
  if (out.temperature.known()) {
    common = {std::max(ions.from_s, out.temperature.from_s()), std::min(ions.to_s, out.temperature.to_s())};
    if (!(common.to_s > common.from_s))
      throw core::UnusableData(
          {.what = "the ion currents and the temperature have no common time",
           .where = {.path = out.record.path},
           .expected = fmt::format("some of {:.0f} to {:.0f} s", ions.from_s, ions.to_s),
           .found = fmt::format("{:.0f} to {:.0f} s", out.temperature.from_s(), out.temperature.to_s()),
           .advice = "check that the files belong together; give --clock-offset or --zone"});
    say_what_one_saw(out, ions);
    heating_s = std::clamp(out.temperature.heating_from_s(), common.from_s, common.to_s);
  }
  for (const std::string& text : s.gas_free) {
    Stretch stretch = parse_stretch(text, out.temperature, "--gas-free");
    stretch = {std::max(stretch.from_s, ions.from_s), std::min(stretch.to_s, ions.to_s)};
    if (!(stretch.to_s > stretch.from_s))
      throw core::UsageError({.what = "a stretch without gas lies outside the record",
                              .expected = fmt::format("some of {:.0f} to {:.0f} s", ions.from_s, ions.to_s),
                              .found = text});
    out.free.push_back(stretch);
  }
  std::ranges::sort(out.free, {}, &Stretch::from_s);
  if (!s.range.empty()) {
    out.analysed = parse_stretch(s.range, out.temperature, "--range");
    out.analysed = {std::max(out.analysed.from_s, ions.from_s), std::min(out.analysed.to_s, ions.to_s)};
  } else if (out.temperature.known()) {
    out.analysed = {heating_s, common.to_s};
  } else {
    out.analysed = {out.free.empty() ? ions.from_s : out.free.front().from_s, ions.to_s};
  }
  if (out.free.empty()) {
    out.free_assumed = true;
    const double length = out.analysed.to_s - out.analysed.from_s;
    const double before = out.analysed.from_s - ions.from_s;
    constexpr double tenth = 0.1;
    if (before > tenth * length) {
      // As long as what is analysed, and next to it: older readings foretell less.
      out.free = {{std::max(ions.from_s, out.analysed.from_s - length), out.analysed.from_s}};
    } else {
      // Enough readings of the slowest ion for a drift to show.
      constexpr std::size_t fewest = 16;
      double long_enough = 0;
      for (const Series& ion : out.record.ions)
        long_enough = std::max(long_enough, ion.time_s[std::min(fewest, ion.time_s.size() - 1)] - ion.time_s.front());
      out.free = {{ions.from_s, out.analysed.from_s + std::max(tenth * length, long_enough)}};
      out.warnings.push_back(
          fmt::format("No stretch without gas was given (--gas-free): the beginning of the record is taken as one, "
                      "{:.0f} to {:.0f} s.",
                      out.free.front().from_s, out.free.front().to_s));
    }
    if (s.range.empty() && !out.temperature.known()) out.analysed.from_s = out.free.front().to_s;
  }
  if (!(out.analysed.to_s > out.analysed.from_s))
    throw core::UnusableData({.what = "nothing is left to analyse",
                              .where = {.path = out.record.path},
                              .expected = "readings behind the stretch without gas",
                              .found = fmt::format("{:.0f} to {:.0f} s", out.analysed.from_s, out.analysed.to_s)});
}

std::vector<std::size_t> cells_with_gas(const GasOutcome& out) {
  std::vector<std::size_t> inside;
  for (std::size_t i = 0; i < out.time_s.size(); ++i) {
    const bool free = std::ranges::any_of(
        out.free, [&](const Stretch& s) { return out.time_s[i] > s.from_s && out.time_s[i] < s.to_s; });
    if (!free) inside.push_back(i);
  }
  return inside;
}

}  // namespace lithoscope::massspec
