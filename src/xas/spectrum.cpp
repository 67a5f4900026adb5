#include "lithoscope/xas/spectrum.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "column_names.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/median.hpp"
#include "lithoscope/core/statistics.hpp"
#include "lithoscope/xas/normalise.hpp"

namespace lithoscope::xas {

namespace {

std::string names_in(const Scan& scan) {
  std::string names;
  for (const ScanColumn& c : scan.columns) names += (names.empty() ? "" : ", ") + c.name;
  return names;
}

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

// What the cubic through two neighbours on each side makes of a point, and the weight of each in it.
struct Neighbours {
  std::array<std::size_t, 4> at{};
  std::array<double, 4> weight{};
};
Neighbours neighbours(std::span<const double> x, std::size_t i) {
  const std::size_t first = std::clamp<std::size_t>(i, 2, x.size() - 3) - 2;
  Neighbours out;
  std::size_t k = 0;
  for (std::size_t j = first; j < first + 5; ++j) {
    if (j != i) out.at[k++] = j;
  }
  for (std::size_t a = 0; a < 4; ++a) {
    double w = 1;
    for (std::size_t b = 0; b < 4; ++b) {
      if (b != a) w *= (x[i] - x[out.at[b]]) / (x[out.at[a]] - x[out.at[b]]);
    }
    out.weight[a] = w;
  }
  return out;
}

struct Roughness {
  double residual = 0;  // of the point, in units of a point's own scatter
  double smooth = 0;    // the curve there
};
Roughness roughness(std::span<const double> x, std::span<const double> y, std::size_t i) {
  const Neighbours n = neighbours(x, i);
  double curve = 0, squares = 1;
  for (std::size_t k = 0; k < 4; ++k) {
    curve += n.weight[k] * y[n.at[k]];
    squares += n.weight[k] * n.weight[k];
  }
  return {(y[i] - curve) / std::sqrt(squares), curve};
}

// Rows in ascending order of energy, equal ones averaged.
void merge_repeats(Spectrum& spectrum) {
  std::vector<std::size_t> order(spectrum.energy_eV.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return spectrum.energy_eV[i]; });
  Spectrum merged = spectrum;
  merged.energy_eV.clear();
  merged.intensity.clear();
  merged.variance.clear();
  constexpr double same_eV = 1e-6;
  std::int64_t repeats = 0;
  for (std::size_t k = 0; k < order.size();) {
    std::size_t end = k;
    double sum = 0, variance = 0;
    for (; end < order.size() && spectrum.energy_eV[order[end]] - spectrum.energy_eV[order[k]] < same_eV; ++end) {
      sum += spectrum.intensity[order[end]];
      variance += spectrum.variance[order[end]];
    }
    const auto count = static_cast<double>(end - k);
    merged.energy_eV.push_back(spectrum.energy_eV[order[k]]);
    merged.intensity.push_back(sum / count);
    merged.variance.push_back(variance / (count * count));
    repeats += static_cast<std::int64_t>(end - k) - 1;
    k = end;
  }
  const bool in_order = std::ranges::is_sorted(order);
  spectrum = std::move(merged);
  if (!in_order) spectrum.remarks.emplace_back("Rows were put in ascending order of energy.");
  if (repeats > 0)
    spectrum.remarks.push_back(fmt::format("{} rows repeat an energy and were averaged with it.", repeats));
}

// Borders of the intervals of a rebinned scan: coarse before the edge, even near it, even in k above.
double next_border(double from_eV, const Rebin& rebin) {
  constexpr double near_eV = 30, coarse = 10, k_step_per_A = 0.05;
  constexpr double eV_A2 = 3.809982;  // hbar squared over twice the electron's mass
  const double relative = from_eV - rebin.edge_eV;
  if (relative < -near_eV) return from_eV + std::min(coarse * rebin.step_eV, -near_eV - relative);
  if (relative < near_eV) return from_eV + rebin.step_eV;
  const double k = std::sqrt(relative / eV_A2) + k_step_per_A;
  return rebin.edge_eV + std::max(eV_A2 * k * k, relative + rebin.step_eV);
}

// Means over intervals of energy, of the energies too; the noise falls with the number of rows.
void rebin_rows(Spectrum& spectrum, const Rebin& rebin) {
  Spectrum out = spectrum;
  out.energy_eV.clear();
  out.intensity.clear();
  out.variance.clear();
  const std::size_t n = spectrum.energy_eV.size();
  constexpr std::size_t enough_for_an_edge = 15;
  if (n >= enough_for_an_edge) out.steepest_eV = edge_energy_eV(spectrum.energy_eV, spectrum.intensity);
  double border = next_border(spectrum.energy_eV.front(), rebin);
  for (std::size_t i = 0; i < n;) {
    while (spectrum.energy_eV[i] >= border) border = next_border(border, rebin);
    double energy = 0, sum = 0, variance = 0, count = 0;
    for (; i < n && spectrum.energy_eV[i] < border; ++i, ++count) {
      energy += spectrum.energy_eV[i];
      sum += spectrum.intensity[i];
      variance += spectrum.variance[i];
    }
    out.energy_eV.push_back(energy / count);
    out.intensity.push_back(sum / count);
    out.variance.push_back(variance / (count * count));
  }
  spectrum = std::move(out);
  spectrum.remarks.push_back(fmt::format("{} rows were averaged to {} points, {:g} eV apart near the edge.", n,
                                         spectrum.size(), rebin.step_eV));
}

// Residuals of single points off the cubic through their neighbours, and how large they usually are thereabouts.
class Residuals {
 public:
  explicit Residuals(const Spectrum& spectrum) : s_(spectrum), off_(spectrum.intensity.size(), 0.0) {
    for (std::size_t i = margin; i + margin < off_.size(); ++i) off_[i] = residual(i);
    for (std::size_t i = 0; i < off_.size(); ++i) usual_.push_back(usual_about(i));
  }
  std::size_t size() const { return off_.size(); }
  double at(std::size_t i) const { return off_[i]; }
  double usual(std::size_t i) const { return usual_[i]; }
  /// After the spectrum changed at a point.
  void refresh(std::size_t i) {
    const auto [first, last] = range(i, 4);
    for (std::size_t k = first; k < last; ++k) off_[k] = residual(k);
  }
  /// The largest of the points about one, beside itself.
  double largest_beside(std::size_t i) const {
    constexpr std::size_t reach = 8;
    double out = 0;
    const auto [first, last] = range(i, reach);
    for (std::size_t k = first; k < last; ++k) out = k == i ? out : std::max(out, off_[k]);
    return out;
  }

 private:
  static constexpr std::size_t margin = 2;
  std::pair<std::size_t, std::size_t> range(std::size_t i, std::size_t reach) const {
    const std::size_t first = i > reach + margin ? i - reach : margin;
    return {first, std::max(first, std::min(i + reach + 1, off_.size() - margin))};
  }
  double residual(std::size_t i) const { return std::abs(roughness(s_.energy_eV, s_.intensity, i).residual); }
  // The median of eighty points; counted signals scatter as their root where one stands far above the others.
  double usual_about(std::size_t i) const {
    constexpr std::size_t reach = 40;
    const auto [first, last] = range(i, reach);
    if (first == last) return 0;
    std::vector<double> level, off;
    for (std::size_t k = first; k < last; ++k) {
      level.push_back(s_.intensity[k]);
      off.push_back(off_[k]);
    }
    const double usual = core::median(std::move(level));
    const double above = usual > 0 ? std::sqrt(std::max(1.0, s_.intensity[i] / usual)) : 1;
    return core::sigma_per_deviation * core::median(std::move(off)) * above;
  }
  const Spectrum& s_;
  std::vector<double> off_, usual_;
};

// A single point far off a curve that is smooth about it. A sharp line, a kink and a stretch of larger noise leave
// residuals about them even without their own top, and stay as they are.
void deglitch(Spectrum& spectrum) {
  constexpr double far = 6, far_of_neighbours = 2.8;
  constexpr std::size_t least = 5;
  if (spectrum.intensity.size() < least) return;
  Residuals residuals{spectrum};
  std::vector<std::size_t> replaced;
  std::vector<char> seen(spectrum.intensity.size(), 0);
  const std::size_t most = spectrum.energy_eV.size() / 20;
  while (replaced.size() < most) {
    // The worst first: its neighbours only look bad because of it.
    std::size_t worst = 0;
    double height = far;
    for (std::size_t i = 0; i < residuals.size(); ++i) {
      const double r = residuals.usual(i) > 0 ? residuals.at(i) / residuals.usual(i) : 0;
      if (r <= height || seen[i] != 0) continue;
      height = r;
      worst = i;
    }
    if (worst == 0) break;
    seen[worst] = 1;
    const double before = spectrum.intensity[worst], residual = residuals.at(worst);
    spectrum.intensity[worst] = roughness(spectrum.energy_eV, spectrum.intensity, worst).smooth;
    residuals.refresh(worst);
    if (residual < far_of_neighbours * residuals.largest_beside(worst)) {
      spectrum.intensity[worst] = before;
      residuals.refresh(worst);
      continue;
    }
    replaced.push_back(worst);
    double variance = 0;
    const Neighbours n = neighbours(spectrum.energy_eV, worst);
    for (std::size_t k = 0; k < 4; ++k) variance += n.weight[k] * n.weight[k] * spectrum.variance[n.at[k]];
    spectrum.variance[worst] = variance + residuals.usual(worst) * residuals.usual(worst);
  }
  for (const std::size_t i : replaced)
    spectrum.remarks.push_back(
        fmt::format("The point at {:.3f} eV is a glitch and was replaced.", spectrum.energy_eV[i]));
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

double scatter_of(std::span<const double> energy_eV, std::span<const double> intensity) {
  if (energy_eV.size() < 5) return 0;
  std::vector<double> off;
  for (std::size_t i = 0; i < energy_eV.size(); ++i)
    off.push_back(std::abs(roughness(energy_eV, intensity, i).residual));
  return core::sigma_per_deviation * core::median(std::move(off));
}

namespace {

std::string first_of(const Scan& scan, std::initializer_list<ColumnKind> kinds) {
  for (const ColumnKind kind : kinds) {
    if (const auto names = columns_of(scan, kind); !names.empty()) return names.front();
  }
  return {};
}

// SSRL 8-2's reduced tables hold yields divided by I0 beside the counts they came from.
bool is_reduced(const Scan& scan) { return scan.find("aey") != nullptr; }

// A file of two or three columns needs no names: energy, spectrum and perhaps its standard deviation.
std::optional<Channels> by_place(const Scan& scan) {
  const std::size_t energy = scan.energy.value_or(0);
  if (scan.columns.size() == 2) return Channels{.signal = {scan.columns[1 - std::min<std::size_t>(energy, 1)].name}};
  const bool unnamed = !scan.columns.empty() && scan.columns.front().name == "col1";
  if (scan.columns.size() == 3 && energy == 0 && unnamed && scan.columns[1].name == "col2")
    return Channels{.signal = {"col2"}, .sigma = "col3"};
  return std::nullopt;
}

// Raw signals over I0 that such a file may mean, the usual one first.
std::vector<Channels> raw_choices(const Scan& scan, bool fluorescence) {
  const std::string i0 = first_of(scan, {ColumnKind::i0});
  std::vector<Channels> out;
  if (i0.empty()) return out;
  if (const auto electrons = first_of(scan, {ColumnKind::electrons}); !electrons.empty() && !fluorescence)
    return {Channels{.signal = {electrons}, .i0 = i0}};
  if (const auto yield = first_of(scan, {ColumnKind::fluorescence}); !yield.empty()) {
    out.push_back({.signal = {yield}, .i0 = i0});
  } else if (auto elements = columns_of(scan, ColumnKind::element); !elements.empty()) {
    out.push_back({.signal = std::move(elements), .i0 = i0});
  }
  if (fluorescence && !out.empty()) return out;
  if (const auto beam = first_of(scan, {ColumnKind::transmitted}); !beam.empty())
    out.push_back({.signal = {beam}, .i0 = i0, .transmission = true});
  return out;
}

std::vector<Channels> usual_choices(const Scan& scan, bool fluorescence) {
  if (is_reduced(scan)) {
    const std::string yield = fluorescence ? first_of(scan, {ColumnKind::fluorescence}) : std::string{};
    if (!yield.empty()) return {Channels{.signal = {yield}}};
    if (scan.find("tey") != nullptr) return {Channels{.signal = {"tey"}}};
  }
  if (const auto mu = first_of(scan, {ColumnKind::absorption, ColumnKind::plain}); !mu.empty() && !fluorescence)
    return {Channels{.signal = {mu}, .sigma = first_of(scan, {ColumnKind::sigma})}};
  if (auto raw = raw_choices(scan, fluorescence); !raw.empty()) return raw;
  if (fluorescence) return usual_choices(scan, false);
  if (auto placed = by_place(scan)) return {*placed};
  throw core::UsageError({.what = "which column is the signal cannot be told from their names",
                          .expected = "one of " + names_in(scan),
                          .found = "no usual name",
                          .advice = "say which with --signal and --i0"});
}

// Of what a choice makes near the edge; 0 where a beam is zero or there are too few points.
double contrast(const Scan& scan, const Channels& choice, double edge_eV) {
  constexpr double below_eV = 15, above_eV = 25;
  constexpr std::int64_t least = 12;
  Channels merged = choice;
  merged.repeats = Repeats::merge;
  try {
    return contrast_of(cut(make_spectrum(scan, merged, scan.name), edge_eV - below_eV, edge_eV + above_eV, least));
  } catch (const core::Error&) {
    return 0;
  }
}

// The one that shows the edge best, where there are several; it says so.
Channels chosen(const Scan& scan, std::vector<Channels> choices, std::optional<double> edge_eV) {
  Channels out = choices.front();
  if (choices.size() < 2) return out;
  std::vector<double> by(choices.size(), 1.0);
  if (edge_eV) std::ranges::transform(choices, by.begin(), [&](const auto& c) { return contrast(scan, c, *edge_eV); });
  const auto best = static_cast<std::size_t>(std::ranges::max_element(by) - by.begin());
  const std::size_t other = best == 0 ? 1 : 0;
  constexpr double least = 8;  // pure noise reaches 5
  if (edge_eV && by[best] < least) {
    throw core::UsageError({.what = fmt::format("no signal of this file shows an edge near {:.0f} eV", *edge_eV),
                            .expected = fmt::format("one of {}, {}", formula_of(choices[0]), formula_of(choices[1])),
                            .found = "noise in each",
                            .advice = "say which with --signal and --i0, and check --element and --edge"});
  }
  out = choices[best];
  out.remark =
      fmt::format("Read as {}; the file also holds {} (--signal).", formula_of(out), formula_of(choices[other]));
  return out;
}

bool divides_by(const Channels& c) { return !c.i0.empty() && c.i0 != "none"; }

bool all_of_kinds(const Channels& c, std::initializer_list<ColumnKind> kinds) {
  return std::ranges::all_of(
      c.signal, [&](const std::string& name) { return std::ranges::find(kinds, kind_of(name)) != kinds.end(); });
}

}  // namespace

std::string formula_of(const Channels& c) {
  std::string signal;
  for (const std::string& name : c.signal) signal += (signal.empty() ? "" : " + ") + name;
  if (!divides_by(c)) return signal;
  if (c.transmission) return fmt::format("ln({}/{})", c.i0, signal);
  return c.signal.size() > 1 ? fmt::format("({})/{}", signal, c.i0) : fmt::format("{}/{}", signal, c.i0);
}

double contrast_of(const Spectrum& spectrum) {
  constexpr std::size_t width = 5;
  const std::vector<double>& y = spectrum.intensity;
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (std::size_t i = 0; i + width <= y.size(); ++i) {
    const auto first = y.begin() + static_cast<std::ptrdiff_t>(i);
    const double mean = std::accumulate(first, first + width, 0.0) / width;
    low = std::min(low, mean);
    high = std::max(high, mean);
  }
  const double noise = scatter_of(spectrum.energy_eV, y) / std::sqrt(static_cast<double>(width));
  return noise > 0 ? (high - low) / noise : std::numeric_limits<double>::infinity();
}

Channels usual_channels(const Scan& scan) { return usual_choices(scan, false).front(); }
Channels usual_fluorescence(const Scan& scan) { return usual_choices(scan, true).front(); }

Channels completed(const Scan& scan, Channels typed, bool fluorescence, std::optional<double> edge_eV) {
  if (typed.signal.empty()) {
    const Channels usual = chosen(scan, usual_choices(scan, fluorescence), edge_eV);
    typed.signal = usual.signal;
    typed.remark = usual.remark;
    if (typed.i0.empty()) {
      typed.i0 = usual.i0;
      typed.transmission = typed.transmission || usual.transmission;
    }
    if (typed.sigma.empty() && !typed.counts) typed.sigma = usual.sigma;
  }
  const bool raw = all_of_kinds(typed, {ColumnKind::electrons, ColumnKind::fluorescence, ColumnKind::element});
  if (raw && !is_reduced(scan) && typed.i0.empty()) typed.i0 = first_of(scan, {ColumnKind::i0});
  const bool ratio = all_of_kinds(typed, {ColumnKind::absorption});
  const bool counted = divides_by(typed) || typed.counts || typed.transmission || typed.dark_signal.value != 0 ||
                       typed.dark_i0.value != 0;
  if (ratio && counted) {
    throw core::UsageError(
        {.what = fmt::format("\"{}\" is an absorption already", typed.signal.front()),
         .expected = "no --i0, --counts, --transmission or dark counts beside it, or another --signal",
         .found = divides_by(typed) ? "--i0 " + typed.i0 : "counts, transmission or dark counts",
         .advice = "name the column of the raw signal"});
  }
  if (typed.i0 == "none") typed.i0.clear();
  return typed;
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
    const double s = scatter_of(out.energy_eV, out.intensity);
    for (double& v : out.variance) v += s * s;
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
