#include "lithoscope/massspec/clocks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/median.hpp"
#include "lithoscope/io/text_table.hpp"
#include "lithoscope/massspec/overlap.hpp"
#include "straight_lines.hpp"

namespace lithoscope::massspec {
namespace {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

// "+01:00", "-5", "Z": seconds that local time is ahead of UTC.
double zone_seconds(const std::string& zone) {
  if (zone == "Z" || zone == "UTC") return 0;
  const bool negative = zone.starts_with('-');
  std::string_view rest = zone;
  if (rest.starts_with('+') || negative) rest.remove_prefix(1);
  const auto colon = rest.find(':');
  const auto hours = io::to_number(rest.substr(0, colon));
  const auto minutes = colon == std::string_view::npos ? std::optional{0.0} : io::to_number(rest.substr(colon + 1));
  if (!hours || !minutes || *hours > 14 || *hours < 0 || *minutes >= 60 || *minutes < 0)
    throw core::UsageError(
        {.what = "the time zone is none", .expected = "such as \"+01:00\" or \"UTC\"", .found = zone});
  return (negative ? -1 : 1) * (3600 * *hours + 60 * *minutes);
}

Clocks by_starts(const IonRecord& ions, const BalanceRecord& balance, const ClockSettings& settings) {
  Clocks out;
  if (!ions.start || !balance.start) {
    out.balance_start_s = {0, 0};
    out.how = fmt::format("{} does not say when it started: both records are taken to begin together.",
                          !ions.start && !balance.start ? "Neither file"
                          : !ions.start                 ? "The spectrometer's file"
                                                        : "The thermobalance's file");
    if (!settings.offset_s)
      out.warnings.push_back(out.how + " Give --clock-offset, or --align with an ion that follows the loss of mass.");
    return out;
  }
  Moment a = *ions.start, b = *balance.start;
  if (a.utc != b.utc) {
    if (settings.zone.empty()) {
      throw core::UsageError({.what = "the two clocks cannot be compared: one is in UTC, the other in local time",
                              .expected = "the zone of the local clock, such as --zone +01:00",
                              .found = fmt::format("{} and {}", text_of(a), text_of(b))});
    }
    (a.utc ? b : a).seconds -= zone_seconds(settings.zone);
  }
  out.balance_start_s = {b.seconds - a.seconds, 0};
  out.how = fmt::format("The spectrometer started at {}, the thermobalance at {}, {:.0f} s later{}.",
                        text_of(*ions.start), text_of(*balance.start), out.balance_start_s.value,
                        ions.start->utc && balance.start->utc   ? ""
                        : ions.start->utc != balance.start->utc ? " with the zone " + settings.zone
                                                                : ", both clocks taken as set alike in the same zone");
  return out;
}

const Series& ion_to_align(const IonRecord& ions, const std::string& name) {
  for (const Series& s : ions.ions) {
    if (s.name == name || fmt::format("{:g}", s.mz) == name) return s;
  }
  const double mz = mz_of_name(name);
  for (const Series& s : ions.ions) {
    if (same_mass(s.mz, mz)) return s;
  }
  std::string all;
  for (const Series& s : ions.ions) all += fmt::format("{}{:g}", all.empty() ? "" : ", ", s.mz);
  throw core::UsageError({.what = "there is no such ion to align the clocks by", .expected = all, .found = name});
}

// Mean of a series over even steps from a time on; NaN where it has no reading.
std::vector<double> sampled(const std::vector<double>& time, const std::vector<double>& value, double from, double step,
                            std::size_t count) {
  std::vector<double> out(count, no_number);
  std::vector<int> readings(count, 0);
  for (std::size_t i = 0; i < time.size(); ++i) {
    const double at = (time[i] - from) / step;
    if (!(at >= 0) || !(at < static_cast<double>(count))) continue;
    const auto k = static_cast<std::size_t>(at);
    out[k] = readings[k]++ == 0 ? value[i] : out[k] + value[i];
  }
  for (std::size_t k = 0; k < count; ++k) {
    if (readings[k] > 0) out[k] /= readings[k];
  }
  for (std::size_t k = 1; k < count; ++k) {
    if (std::isnan(out[k])) out[k] = out[k - 1];
  }
  return out;
}

// Share of the ion's scatter that no straight line over the rate of loss explains, shifted by `shift` steps; a slope
// above 0 alone counts, and most of the loss must lie within the ion's record.
struct LineFit {
  double unexplained = 1;
  std::size_t points = 0;
};
LineFit line_fit(const std::vector<double>& ion, const std::vector<double>& loss, std::ptrdiff_t shift) {
  double n = 0, x = 0, y = 0, xx = 0, xy = 0, yy = 0;
  for (std::size_t i = 0; i < loss.size(); ++i) {
    const auto k = static_cast<std::ptrdiff_t>(i) + shift;
    if (k < 0 || k >= static_cast<std::ptrdiff_t>(ion.size())) continue;
    const double a = loss[i], b = ion[static_cast<std::size_t>(k)];
    if (!std::isfinite(a) || !std::isfinite(b)) continue;
    n += 1;
    x += a;
    y += b;
    xx += a * a;
    xy += a * b;
    yy += b * b;
  }
  if (n < 0.5 * static_cast<double>(loss.size())) return {};
  const double sxx = xx - x * x / n, sxy = xy - x * y / n, syy = yy - y * y / n;
  if (!(sxx > 0) || !(syy > 0) || !(sxy > 0)) return {};
  return {1 - sxy * sxy / (sxx * syy), static_cast<std::size_t>(n)};
}

// The shift at which an ion follows the loss of mass best, over half an hour to both sides of where the clocks put it.
core::Value fitted_start(const Series& ion, const BalanceRecord& balance, double nominal_s) {
  constexpr double step_s = 2, reach_s = 1800;
  const auto count = static_cast<std::size_t>((balance.time_s.back() - balance.time_s.front()) / step_s);
  constexpr std::size_t fewest = 40;
  if (count < fewest)
    throw core::UnusableData({.what = "the thermobalance's record is too short to align the clocks by",
                              .expected = fmt::format("{} s or more", step_s * fewest),
                              .found = fmt::format("{:.0f} s", step_s * static_cast<double>(count))});
  const std::vector<double> mass = sampled(balance.time_s, balance.mass_kg, balance.time_s.front(), step_s, count);
  // The loss over ten steps: balances are noisy over one.
  constexpr std::size_t half = 5;
  std::vector<double> loss(count, no_number);
  for (std::size_t i = half; i + half < count; ++i) loss[i] = mass[i - half] - mass[i + half];
  const auto steps = static_cast<std::ptrdiff_t>(reach_s / step_s);
  const double from = balance.time_s.front() + nominal_s;
  const std::vector<double> readings =
      sampled(ion.time_s, ion.value, from - reach_s, step_s, count + 2 * static_cast<std::size_t>(steps));
  double best = std::numeric_limits<double>::infinity();
  std::ptrdiff_t at = 0;
  std::size_t points = 0;
  std::vector<double> residual;
  for (std::ptrdiff_t shift = 0; shift <= 2 * steps; ++shift) {
    const LineFit fit = line_fit(readings, loss, shift);
    residual.push_back(fit.unexplained);
    if (fit.points > 0 && fit.unexplained < best) {
      best = fit.unexplained;
      at = shift;
      points = fit.points;
    }
  }
  if (at == 0 || at == 2 * steps || points == 0)
    throw core::UnusableData({.what = "no shift of the clocks lets the ion follow the loss of mass",
                              .expected = fmt::format("one within {:.0f} s of the files' own starts", reach_s),
                              .found = "the best lies at the edge",
                              .advice = "give --clock-offset, or align by another ion"});
  // Residuals of neighbours are alike over the ten steps of the loss: so many fewer count.
  const double independent = static_cast<double>(points) / (2 * half);
  const auto k = static_cast<std::size_t>(at);
  double width = 0;
  for (std::size_t reach = 1; reach <= k && k + reach < residual.size(); ++reach) {
    const double rise = std::min(residual[k - reach], residual[k + reach]) / best - 1;
    width = static_cast<double>(reach);
    if (rise * independent >= 1) break;
  }
  return {nominal_s - reach_s + step_s * static_cast<double>(at), std::pow(step_s * width, 2)};
}

}  // namespace

Clocks joined_clocks(const IonRecord& ions, const BalanceRecord& balance, const ClockSettings& settings) {
  Clocks out = by_starts(ions, balance, settings);
  if (settings.offset_s) {
    out.balance_start_s = out.balance_start_s + *settings.offset_s;
    out.how +=
        fmt::format(" The thermobalance's clock is moved by {} s, as given.", core::format_value(*settings.offset_s));
  }
  if (!settings.align.empty()) {
    const Series& ion = ion_to_align(ions, settings.align);
    const core::Value start = fitted_start(ion, balance, out.balance_start_s.value);
    out.how +=
        fmt::format(" m/z {:g} follows the loss of mass best with the thermobalance at {} s of the spectrometer.",
                    ion.mz, core::format_value(start));
    out.balance_start_s = start;
    out.warnings.clear();
  }
  double first = std::numeric_limits<double>::infinity(), last = -first;
  for (const Series& s : ions.ions) {
    first = std::min(first, s.time_s.front());
    last = std::max(last, s.time_s.back());
  }
  const double from = out.balance_start_s.value + balance.time_s.front(),
               to = out.balance_start_s.value + balance.time_s.back();
  if (from >= last || to <= first) {
    throw core::UnusableData(
        {.what = "the two records have no common time",
         .where = {.path = balance.path},
         .expected = fmt::format("some of the spectrometer's {:.0f} to {:.0f} s", first, last),
         .found = fmt::format("{:.0f} to {:.0f} s of the same clock", from, to),
         .advice = "check that the files belong together; give --zone or --clock-offset when the clocks differ"});
  }
  return out;
}

Temperature::Temperature(const BalanceRecord& balance, double start_s) {
  for (std::size_t i = 0; i < balance.temperature_K.size(); ++i) {
    if (!std::isfinite(balance.temperature_K[i])) continue;
    time_s_.push_back(start_s + balance.time_s[i]);
    temperature_K_.push_back(balance.temperature_K[i]);
  }
}

Temperature::Temperature(const Series& own) : time_s_(own.time_s), temperature_K_(own.value) {}

double Temperature::at_K(double time_s) const {
  if (!known() || time_s < time_s_.front() || time_s > time_s_.back()) return no_number;
  return on_lines(time_s_, temperature_K_, time_s);
}

std::optional<double> Temperature::first_time_s(double temperature_K) const {
  for (std::size_t i = 0; i < time_s_.size(); ++i) {
    if (temperature_K_[i] >= temperature_K) return time_s_[i];
  }
  return std::nullopt;
}

double Temperature::heating_from_s() const {
  constexpr double warmer_K = 5;
  // From the warmest moment backwards to the last one that was still cold.
  std::size_t i = static_cast<std::size_t>(std::ranges::max_element(temperature_K_) - temperature_K_.begin());
  const double cold = temperature_K_.front() + warmer_K;
  while (i > 0 && temperature_K_[i] > cold) --i;
  return time_s_[i];
}

double Temperature::last_warming_s() const {
  return time_s_[static_cast<std::size_t>(std::ranges::max_element(temperature_K_) - temperature_K_.begin())];
}

}  // namespace lithoscope::massspec
