#include "lithoscope/xas/spectrum.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <numeric>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/median.hpp"
#include "lithoscope/core/statistics.hpp"
#include "lithoscope/core/text.hpp"

namespace lithoscope::xas {

using core::lower;
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

void deglitch(Spectrum& spectrum) {
  constexpr double far = 6;
  const double sigma = scatter_of(spectrum.energy_eV, spectrum.intensity);
  if (!(sigma > 0)) return;
  std::vector<std::size_t> replaced;
  const std::size_t most = spectrum.energy_eV.size() / 20;
  while (replaced.size() < most) {
    // The worst first: its neighbours only look bad because of it. A row is a glitch when it stands out far more than
    // the rows beside it do once it is replaced.
    std::size_t worst = 0;
    double height = far * sigma;
    for (std::size_t i = 2; i + 2 < spectrum.intensity.size(); ++i) {
      const double r = std::abs(roughness(spectrum.energy_eV, spectrum.intensity, i).residual);
      if (r > height && std::ranges::find(replaced, i) == replaced.end()) {
        height = r;
        worst = i;
      }
    }
    if (worst == 0) break;
    const double before = spectrum.intensity[worst];
    spectrum.intensity[worst] = roughness(spectrum.energy_eV, spectrum.intensity, worst).smooth;
    double left = 0;
    for (const std::size_t i : {worst - 1, worst + 1}) {
      if (i >= 2 && i + 2 < spectrum.intensity.size())
        left = std::max(left, std::abs(roughness(spectrum.energy_eV, spectrum.intensity, i).residual));
    }
    replaced.push_back(worst);
    if (left > 0.5 * height) {  // a sharp line, not a glitch
      spectrum.intensity[worst] = before;
      replaced.pop_back();
      break;
    }
    double variance = 0;
    const Neighbours n = neighbours(spectrum.energy_eV, worst);
    for (std::size_t k = 0; k < 4; ++k) variance += n.weight[k] * n.weight[k] * spectrum.variance[n.at[k]];
    spectrum.variance[worst] = variance + sigma * sigma;
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

Channels usual_channels(const Scan& scan) {
  const auto first_of = [&](std::initializer_list<const char*> names) -> std::string {
    for (const char* name : names) {
      if (scan.find(name) != nullptr) return name;
    }
    return {};
  };
  Channels out;
  if (scan.find("stddev") != nullptr) out.sigma = "stddev";
  if (const std::string sigma = first_of({"sigma", "mu_sigma", "mu_errors", "intensity_errors"}); !sigma.empty())
    out.sigma = sigma;
  if (const std::string mu = first_of({"mu", "norm", "xmu", "mutrans", "mufluor", "munorm", "normalized", "absorption",
                                       "intensity", "absorbed_beam"});
      !mu.empty()) {
    out.signal = {mu};
    return out;
  }
  // SSRL 8-2's reduced tables hold yields divided by I0 beside the counts they came from.
  if (scan.find("aey") != nullptr && scan.find("tey") != nullptr) {
    out.signal = {"tey"};
    return out;
  }
  out.i0 = first_of({"i0", "izero", "i0 chamber", "io"});
  out.sigma.clear();
  if (!out.i0.empty()) {
    if (const std::string yield =
            first_of({"tey", "tey_up", "sample drain", "tfy", "pfy", "fy", "if", "ifl", "ifluor"});
        !yield.empty()) {
      out.signal = {yield};
      return out;
    }
    if (const std::string beam = first_of({"itrans", "it", "i1"}); !beam.empty()) {
      out.signal = {beam};
      out.transmission = true;
      return out;
    }
  }
  out.i0.clear();
  const std::size_t energy = scan.energy.value_or(0);
  if (scan.columns.size() == 2) {
    out.signal = {scan.columns[1 - std::min<std::size_t>(energy, 1)].name};
    return out;
  }
  const bool unnamed = !scan.columns.empty() && scan.columns.front().name == "col1";
  if (scan.columns.size() == 3 && energy == 0 && unnamed && scan.columns[1].name == "col2") {
    out.signal = {"col2"};
    out.sigma = "col3";
    return out;
  }
  throw core::UsageError({.what = "which column is the signal cannot be told from their names",
                          .expected = "one of " + names_in(scan),
                          .found = "no usual name",
                          .advice = "say which with --signal and --i0"});
}

namespace {

bool is_one_of(const std::string& name, std::initializer_list<const char*> names) {
  return std::ranges::any_of(names, [&](const char* n) { return lower(name) == n; });
}

bool divides_by(const Channels& c) { return !c.i0.empty() && c.i0 != "none"; }

}  // namespace

Channels usual_fluorescence(const Scan& scan) {
  Channels out;
  const bool reduced = scan.find("aey") != nullptr;
  for (const char* i0 : {"i0", "izero", "i0 chamber", "io"}) {
    if (out.i0.empty() && !reduced && scan.find(i0) != nullptr) out.i0 = i0;
  }
  for (const char* yield : {"pfy", "cmact", "tfy", "fy", "if", "ifl", "ifluor", "mufluor"}) {
    if (scan.find(yield) == nullptr) continue;
    out.signal = {yield};
    return out;
  }
  return usual_channels(scan);
}

Channels completed(const Scan& scan, Channels typed, bool fluorescence) {
  const bool nothing_typed = typed.signal.empty();
  if (nothing_typed) {
    const Channels usual = fluorescence ? usual_fluorescence(scan) : usual_channels(scan);
    typed.signal = usual.signal;
    if (typed.i0.empty()) {
      typed.i0 = usual.i0;
      typed.transmission = typed.transmission || usual.transmission;
    }
    if (typed.sigma.empty() && !typed.counts) typed.sigma = usual.sigma;
  }
  const bool reduced = scan.find("aey") != nullptr;
  const bool raw = std::ranges::all_of(typed.signal, [](const std::string& s) {
    return is_one_of(s,
                     {"tey", "tey_up", "tey_dn", "sample drain", "tfy", "pfy", "fy", "cmact", "if", "ifl", "ifluor"});
  });
  if (raw && !reduced && typed.i0.empty()) {
    for (const char* i0 : {"i0", "izero", "i0 chamber", "io"}) {
      if (typed.i0.empty() && scan.find(i0) != nullptr) typed.i0 = i0;
    }
  }
  const bool ratio = std::ranges::any_of(typed.signal, [](const std::string& s) {
    return is_one_of(s, {"mu", "norm", "xmu", "mutrans", "mufluor", "munorm", "normalized", "absorption", "flat"});
  });
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
