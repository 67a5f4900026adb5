#include "lithoscope/xas/spectrum.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "column_names.hpp"
#include "line_algebra.hpp"
#include "lithoscope/core/errors.hpp"
#include "rows.hpp"

namespace lithoscope::xas {
namespace {

const ScanColumn& column_of(const Scan& scan, const std::string& name) {
  if (const ScanColumn* column = scan.find(name)) return *column;
  throw core::UsageError(
      {.what = fmt::format("there is no column \"{}\"", name), .expected = "one of " + names_in(scan), .found = name});
}

const ScanColumn& energy_of(const Scan& scan, const Channels& channels) {
  if (!channels.energy.empty()) return column_of(scan, channels.energy);
  if (scan.energy) return scan.columns[*scan.energy];
  throw core::UsageError({.what = "no column is known to be the photon energy",
                          .expected = "one of " + names_in(scan),
                          .found = "none named",
                          .advice = "say which with --energy"});
}
struct Row {
  const Scan& scan;
  const std::string& path;
  [[noreturn]] void fail(std::size_t i, std::string what, std::string expected, std::string found,
                         std::string advice) const {
    const bool known = i < scan.lines.size();
    throw core::UnreadableFile({.what = known ? std::move(what) : fmt::format("row {}: {}", i + 1, what),
                                .where = {.path = path, .line = known ? std::optional{scan.lines[i]} : std::nullopt},
                                .expected = std::move(expected),
                                .found = std::move(found),
                                .advice = std::move(advice)});
  }
};

}  // namespace

std::string_view noise_words(Noise noise) {
  switch (noise) {
    case Noise::none:
      return "exact";
    case Noise::column:
      return "a column";
    case Noise::counts:
      return "counts";
    case Noise::scatter:
      return "scatter";
  }
  return "";
}

double contrast_of(const Spectrum& spectrum) {
  constexpr int smooth_order = 3;
  constexpr std::size_t width = 5;
  const std::vector<double>&e = spectrum.energy_eV, &y = spectrum.intensity;
  if (y.size() < 2 * width) return 0;
  const Polynomial background{e, y, smooth_order};
  std::vector<double> off;
  for (std::size_t i = 0; i < y.size(); ++i) off.push_back(y[i] - background(e[i]));
  double low = 0, high = 0;
  for (std::size_t i = 0; i + width <= y.size(); ++i) {
    const auto first = off.begin() + static_cast<std::ptrdiff_t>(i);
    const double mean = std::accumulate(first, first + width, 0.0) / width;
    low = std::min(low, mean);
    high = std::max(high, mean);
  }
  // What rounding and the curvature of a smooth background leave is no edge.
  constexpr double least_share = 1e-4;
  const double noise = std::hypot(scatter_of(e, y), least_share * std::abs(std::ranges::max(y)));
  return noise > 0 ? (high - low) / (noise / std::sqrt(static_cast<double>(width))) : 0;
}

Spectrum make_spectrum(const Scan& scan, const Channels& channels, const std::string& path) {
  const Row row{scan, path};
  const std::vector<double>& energy = energy_of(scan, channels).values;
  if (channels.signal.empty()) {
    throw core::UsageError(
        {.what = "no signal column is chosen", .expected = "one of " + names_in(scan), .found = "none"});
  }
  const std::size_t n = energy.size();
  Spectrum out{.name = scan.name, .element = scan.element, .edge = scan.edge, .energy_eV = energy};
  std::vector<double> signal(n, 0.0);
  for (const std::string& name : channels.signal) {
    const std::vector<double>& part = column_of(scan, name).values;
    for (std::size_t i = 0; i < n; ++i) signal[i] += part[i];
  }
  const std::vector<double>* i0 = channels.i0.empty() ? nullptr : &column_of(scan, channels.i0).values;
  const std::vector<double>* sigma = channels.sigma.empty() ? nullptr : &column_of(scan, channels.sigma).values;
  if (channels.transmission && i0 == nullptr) {
    throw core::UsageError(
        {.what = "transmission needs the beam before the sample", .expected = "a column for --i0", .found = "none"});
  }
  out.noise = sigma != nullptr ? Noise::column : channels.counts ? Noise::counts : Noise::scatter;
  for (std::size_t i = 0; i < n; ++i) {
    out.energy_eV[i] += channels.energy_shift_eV;
    const auto number = [&](double value, const char* what) {
      if (!std::isfinite(value))
        row.fail(i, fmt::format("{} is not a number", what), "a finite number", fmt::format("{}", value),
                 "remove the row, or read another column");
    };
    number(out.energy_eV[i], "the energy");
    number(signal[i], "the signal");
    const double s = signal[i] - channels.dark_signal.value;
    double value = s;
    double variance = (channels.counts ? std::max(signal[i], 1.0) : 0) + channels.dark_signal.variance;
    if (i0 != nullptr) {
      number((*i0)[i], "I0");
      const double beam = (*i0)[i] - channels.dark_i0.value;
      if (beam == 0 || (channels.transmission && !(beam > 0)))
        row.fail(i, "I0 is zero", "a beam before the sample", fmt::format("{:g} without dark counts", beam),
                 "remove rows from before the shutter opened, or check --dark-i0");
      if (channels.transmission && !(s > 0))
        row.fail(i, "no beam behind the sample", "a transmitted beam above zero", fmt::format("{:g}", s),
                 "the sample is too thick here, or the dark counts too many");
      const double beam_variance = (channels.counts ? std::max((*i0)[i], 1.0) : 0) + channels.dark_i0.variance;
      const double r = s / beam;
      if (channels.transmission) {
        value = std::log(beam / s);
        variance = variance / (s * s) + beam_variance / (beam * beam);
      } else {
        value = r;
        variance = (variance + r * r * beam_variance) / (beam * beam);
      }
    }
    if (sigma != nullptr) {
      number((*sigma)[i], "the standard deviation");
      if ((*sigma)[i] < 0)
        row.fail(i, "a negative standard deviation", "0 or more", fmt::format("{:g}", (*sigma)[i]), "");
      variance = (*sigma)[i] * (*sigma)[i];
    }
    out.intensity.push_back(value);
    out.variance.push_back(variance);
    if (channels.repeats == Repeats::refuse && i > 0 && !(out.energy_eV[i] > out.energy_eV[i - 1])) {
      row.fail(i, out.energy_eV[i] < out.energy_eV[i - 1] ? "the energies fall" : "an energy repeats",
               fmt::format("more than {:.6g} eV", out.energy_eV[i - 1]), fmt::format("{:.6g} eV", out.energy_eV[i]),
               "--merge-repeats puts rows in order and averages those of one energy");
    }
  }
  if (channels.repeats == Repeats::merge) merge_repeats(out);
  if (out.size() < 5) row.fail(n - 1, "too few points for a spectrum", "5 or more", std::to_string(out.size()), "");
  if (channels.deglitch) deglitch(out);
  if (out.noise == Noise::scatter) {
    const std::vector<double> scatter = scatter_variance(out.energy_eV, out.intensity);
    std::ranges::transform(out.variance, scatter, out.variance.begin(), std::plus<>{});
  }
  if (channels.rebin) rebin_rows(out, *channels.rebin);
  return out;
}

Spectrum cut(const Spectrum& spectrum, double from_eV, double to_eV, std::int64_t least) {
  Spectrum out = spectrum;
  out.energy_eV.clear();
  out.intensity.clear();
  out.variance.clear();
  for (std::size_t i = 0; i < spectrum.energy_eV.size(); ++i) {
    if (spectrum.energy_eV[i] < from_eV || spectrum.energy_eV[i] > to_eV) continue;
    out.energy_eV.push_back(spectrum.energy_eV[i]);
    out.intensity.push_back(spectrum.intensity[i]);
    out.variance.push_back(spectrum.variance[i]);
  }
  if (out.size() >= least) return out;
  throw core::UsageError(
      {.what = fmt::format("too few points of \"{}\" between {:g} and {:g} eV", spectrum.name, from_eV, to_eV),
       .expected = fmt::format("{} or more", least),
       .found = spectrum.energy_eV.empty() ? "an empty spectrum"
                                           : fmt::format("{}; it reaches from {:g} to {:g} eV", out.size(),
                                                         spectrum.energy_eV.front(), spectrum.energy_eV.back())});
}

}  // namespace lithoscope::xas
