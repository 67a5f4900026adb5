#include "ion_analysis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/median.hpp"
#include "lithoscope/core/parallel.hpp"
#include "straight_lines.hpp"

namespace lithoscope::massspec {
namespace {

constexpr std::size_t most_cells = 240, most_free_cells = 64;

// Single readings far from both neighbours, which agree with each other: sparks in the ion source.
int without_sparks(Series& s, const ReadingNoise& noise) {
  constexpr double far = 12, near = 4;
  std::vector<std::size_t> sparks;
  for (std::size_t i = 1; i + 1 < s.value.size(); ++i) {
    const double middle = 0.5 * (s.value[i - 1] + s.value[i + 1]);
    const double sigma = std::sqrt(noise.variance_at(middle));
    if (std::abs(s.value[i] - middle) > far * sigma && std::abs(s.value[i - 1] - s.value[i + 1]) < near * sigma)
      sparks.push_back(i);
  }
  for (const std::size_t i : sparks) s.value[i] = 0.5 * (s.value[i - 1] + s.value[i + 1]);
  return static_cast<int>(sparks.size());
}

// A multiplier or converter at its end writes the same largest value over and over.
bool is_saturated(const Series& s, const ReadingNoise& noise) {
  const double largest = *std::ranges::max_element(s.value);
  constexpr int in_a_row = 4;
  constexpr double far = 30;
  int run = 0, longest = 0;
  for (const double v : s.value) {
    run = v == largest ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest >= in_a_row && largest - core::median(s.value) > far * std::sqrt(noise.floor);
}

// The carrier's mean over some readings, at a time.
class Carrier {
 public:
  explicit Carrier(const Series& s) : time_(s.time_s), level_(core::median(s.value)) {
    constexpr std::size_t half = 5;
    for (std::size_t i = 0; i < s.value.size(); ++i) {
      const std::size_t from = i > half ? i - half : 0, to = std::min(i + half + 1, s.value.size());
      double sum = 0;
      for (std::size_t k = from; k < to; ++k) sum += s.value[k];
      smooth_.push_back(sum / static_cast<double>(to - from));
    }
  }
  bool usable() const {
    return level_ > 0 && std::ranges::all_of(smooth_, [&](double v) { return v > 0.01 * level_; });
  }
  double at(double time_s) const { return on_lines(time_, smooth_, time_s) / level_; }

 private:
  std::vector<double> time_, smooth_;
  double level_;
};

std::optional<Carrier> carrier_of(const GasOutcome& out) {
  if (out.settings.carrier.empty()) return std::nullopt;
  const Gas& gas = gas_named(out.settings.carrier);
  for (const Series& s : out.record.ions) {
    for (const Fragment& f : gas.fragments) {
      if (!same_mass(f.mz, s.mz) || s.value.size() < 3) continue;
      Carrier carrier{s};
      if (carrier.usable()) return carrier;
      throw core::UnusableData({.what = fmt::format("the carrier's ion at m/z {:g} vanishes on the way", s.mz),
                                .where = {.path = out.record.path},
                                .expected = "a current well above 0 all the time",
                                .found = "less than a hundredth of its median",
                                .advice = "leave --carrier out, or name the gas that carries"});
    }
  }
  throw core::UsageError({.what = fmt::format("no ion of the carrier {} was measured", gas.name),
                          .expected = fmt::format("m/z {:g}", gas.base_mz()),
                          .found = "none"});
}

// Cells of all free stretches, shared out by length.
Cells free_cells(const Series& s, const ReadingNoise& noise, const std::vector<Stretch>& free) {
  double length = 0;
  for (const Stretch& f : free) length += f.to_s - f.from_s;
  Cells out;
  for (const Stretch& f : free) {
    const double share = (f.to_s - f.from_s) / length;
    const auto most = std::max<std::size_t>(3, static_cast<std::size_t>(share * static_cast<double>(most_free_cells)));
    const Cells some = cells_over(s, noise, f, most);
    const auto add = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
    add(out.from_s, some.from_s);
    add(out.to_s, some.to_s);
    add(out.centre_s, some.centre_s);
    add(out.value, some.value);
    add(out.variance, some.variance);
    add(out.readings, some.readings);
  }
  return out;
}

void keep(Cells& cells, const std::vector<double>& from_s) {
  Cells out;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (!std::ranges::binary_search(from_s, cells.from_s[i])) continue;
    out.from_s.push_back(cells.from_s[i]);
    out.to_s.push_back(cells.to_s[i]);
    out.centre_s.push_back(cells.centre_s[i]);
    out.value.push_back(cells.value[i]);
    out.variance.push_back(cells.variance[i]);
    out.readings.push_back(cells.readings[i]);
  }
  cells = std::move(out);
}

std::size_t readings_in(const Series& s, Stretch stretch) {
  return static_cast<std::size_t>(
      std::ranges::count_if(s.time_s, [&](double t) { return t >= stretch.from_s && t <= stretch.to_s; }));
}

void prepare(GasOutcome& out, IonAnalysis& ion, const std::optional<Carrier>& carrier) {
  ion.noise = noise_of(ion.readings);
  ion.saturated = is_saturated(ion.readings, ion.noise);
  if (carrier) {
    for (std::size_t i = 0; i < ion.readings.value.size(); ++i)
      ion.readings.value[i] /= carrier->at(ion.readings.time_s[i]);
    ion.noise = noise_of(ion.readings);
  }
  if (const int sparks = without_sparks(ion.readings, ion.noise); sparks > 0)
    out.remarks.push_back(
        fmt::format("m/z {:g}: {} single readings far from both neighbours were replaced by their "
                    "mean.",
                    ion.readings.mz, sparks));
  if (ion.saturated)
    out.warnings.push_back(
        fmt::format("m/z {:g} repeats its largest value, {:.4g} {}: the detector is saturated there, "
                    "and amounts from it are lower bounds.",
                    ion.readings.mz, *std::ranges::max_element(ion.readings.value), ion.readings.unit));
}

// Cells that every ion has readings in.
void share_cells(GasOutcome& out, std::size_t count) {
  std::vector<double> common;
  for (IonAnalysis& ion : out.ions) {
    ion.cells = cells_over(ion.readings, ion.noise, out.analysed, count);
    if (&ion == &out.ions.front()) {
      common = ion.cells.from_s;
      continue;
    }
    std::vector<double> both;
    std::ranges::set_intersection(common, ion.cells.from_s, std::back_inserter(both));
    common = std::move(both);
  }
  for (IonAnalysis& ion : out.ions) keep(ion.cells, common);
  const Cells& cells = out.ions.front().cells;
  if (cells.size() < 6)
    throw core::UnusableData({.what = "the analysed stretch holds too few readings",
                              .where = {.path = out.record.path},
                              .expected = "readings of every ion in at least 6 cells of time",
                              .found = fmt::format("{}", cells.size()),
                              .advice = "widen --range, or exclude an ion that was measured rarely"});
  const double width = cells.to_s.front() - cells.from_s.front();
  int gaps = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    out.time_s.push_back(0.5 * (cells.from_s[i] + cells.to_s[i]));
    out.temperature_K.push_back(out.temperature.at_K(out.time_s.back()));
    if (i > 0 && cells.from_s[i] - cells.from_s[i - 1] > 1.5 * width) ++gaps;
  }
  if (gaps > 0)
    out.warnings.push_back(
        fmt::format("The currents have {} gaps in the analysed stretch; gas released in them is not "
                    "counted.",
                    gaps));
}

}  // namespace

void analyse_ions(GasOutcome& out, core::Progress& progress) {
  const std::optional<Carrier> carrier = carrier_of(out);
  std::size_t count = most_cells;
  for (const Series& s : out.record.ions) {
    IonAnalysis ion{.readings = s};
    prepare(out, ion, carrier);
    count = std::min(count, std::max<std::size_t>(readings_in(s, out.analysed) / 3, 1));
    out.ions.push_back(std::move(ion));
  }
  share_cells(out, count);
  progress.start("backgrounds", static_cast<std::int64_t>(out.ions.size()));
  std::atomic<std::int64_t> done = 0;
  core::parallel_for(static_cast<std::int64_t>(out.ions.size()), [&](std::int64_t i) {
    IonAnalysis& ion = out.ions[static_cast<std::size_t>(i)];
    ion.free = free_cells(ion.readings, ion.noise, out.free);
    ion.background = background_of(ion.free, out.time_s, out.settings.background);
    progress.advance(++done);
  });
  progress.finish();
}

}  // namespace lithoscope::massspec
