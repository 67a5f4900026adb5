// Words about two absorption spectra: how often "changed" is said of one sample measured twice, and how often it is
// found of a sample that changed. The edges are sums of Gaussians, the program's references are multiplets.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <numbers>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "check.hpp"
#include "lithoscope/core/cubic_spline.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/progress.hpp"
#include "lithoscope/core/rng.hpp"
#include "lithoscope/core/statistics.hpp"
#include "lithoscope/multiplet/references.hpp"
#include "lithoscope/xas/synthesize.hpp"
#include "lithoscope/xas/xas_run.hpp"
#include "model_edges.hpp"

namespace lithoscope::validation {
namespace {

using Shares = std::array<double, 3>;

// An edge as a yield: lines and a step over a background that falls, in units of the highest line.
struct World {
  std::string element, edge;
  double from, to, at;
  std::function<double(double, const Shares&)> lines;
  Shares shares;
};

double step_at(double x) { return 0.5 + std::atan(x) / std::numbers::pi; }

std::vector<World> worlds() {
  std::vector<World> out;
  for (const Edge& e : edges) {
    out.push_back({.element = e.element,
                   .edge = "L2,3",
                   .from = e.from - 20,
                   .to = e.to + 25,
                   .at = 0.5 * (e.from + e.to),
                   .lines =
                       [&e](double energy, const Shares& shares) {
                         double sum = 0;
                         for (std::size_t j = 0; j < shares.size(); ++j)
                           sum += shares[j] * (reference_at(e, j, energy).value - 0.05);
                         return sum;
                       },
                   .shares = e.shares});
  }
  // Pre-edge peak of the hybridised band, and the bands above; the share of the first valence is that of the peak.
  out.push_back({.element = "O",
                 .edge = "K",
                 .from = 508,
                 .to = 560,
                 .at = 533,
                 .lines =
                     [](double energy, const Shares& shares) {
                       constexpr std::array bands{Peak{529.7, 0.7, 0.6}, Peak{532.1, 0.35, 0.8}, Peak{537.5, 0.5, 2.2},
                                                  Peak{543.5, 0.45, 3.0}};
                       double sum = 0.5 * step_at((energy - 535) / 1.5);
                       for (std::size_t k = 0; k < bands.size(); ++k) {
                         const double x = (energy - bands[k].centre) / bands[k].sigma;
                         sum += (k == 0 ? shares[0] : 1) * bands[k].height * std::exp(-0.5 * x * x);
                       }
                       return sum;
                     },
                 .shares = {1, 0, 0}});
  return out;
}

struct Noise {
  double relative;  // of the highest point
  bool counts;      // Poisson and known; otherwise even and taken from the scatter
};

xas::Spectrum measured(const World& world, const Shares& shares, const Noise& noise, double shift,
                       core::RandomStream& random) {
  xas::Spectrum s{.name = "model", .element = world.element, .edge = world.edge};
  constexpr double mesh_eV = 0.1;
  const auto points = static_cast<int>((world.to - world.from) / mesh_eV);
  const double counts = 1 / (noise.relative * noise.relative);
  for (int i = 0; i <= points; ++i) {
    const double e = world.from + mesh_eV * i;
    const double clean = world.lines(e - shift, shares) + 0.15 - 0.002 * (e - world.at);
    const double sigma = noise.counts ? std::sqrt(clean / counts) : noise.relative;
    const double value = clean + sigma * random.normal();
    s.energy_eV.push_back(e);
    s.intensity.push_back(value);
    s.variance.push_back(noise.counts ? std::max(value, 0.01) / counts : 0);
  }
  s.noise = noise.counts ? xas::Noise::counts : xas::Noise::scatter;
  if (!noise.counts) {
    const double sigma = xas::scatter_of(s.energy_eV, s.intensity);
    std::ranges::fill(s.variance, sigma * sigma);
  }
  return s;
}

xas::XasSpectrum taken(const World& world, const xas::Spectrum& spectrum, xas::Normalisation how,
                       const xas::XasStudy& study) {
  xas::ReadSpectrum read{
      .source = "model.dat", .format = "model", .yield = xas::Yield::electrons, .measured = spectrum};
  // Given, as at 3 % of noise no derivative finds a step of 12 % of the line.
  read.normalised = xas::normalise(spectrum, how,
                                   {.e0_eV = world.at,
                                    .pre_from = world.from - world.at,
                                    .pre_to = world.from + 18 - world.at,
                                    .post_from = world.to - 15 - world.at,
                                    .post_to = world.to - world.at});
  return xas::measure_spectrum(std::move(read), study);
}

// The pair as `litho run` makes it of two measurements; nothing where no edge stands out of the noise, and the program
// refuses to normalise by it.
std::optional<xas::XasPair> compared(const World& world, const Shares& before, const Shares& after, const Noise& noise,
                                     xas::Normalisation how, std::uint64_t seed, std::uint64_t stream) {
  core::RandomStream random{seed, stream};
  const xas::XasStudy study;
  const double shift = study.compare.shift * random.normal();
  try {
    const xas::XasSpectrum first = taken(world, measured(world, before, noise, 0, random), how, study);
    xas::XasOutcome outcome;
    outcome.spectra.push_back(taken(world, measured(world, after, noise, shift, random), how, study));
    const xas::EarlierSpectrum earlier{
        .source = "before.dat", .spectrum = first.read.normalised.spectrum, .features = first.features};
    core::NoProgress nobody;
    xas::compare_with(outcome, {&earlier, 1}, study.compare, nobody);
    return outcome.pairs.front();
  } catch (const core::UsageError&) {
    return std::nullopt;
  }
}

// A cell of the table: the pairs of one world, normalisation and noise.
std::vector<xas::XasPair> many_pairs(const World& world, const Shares& after, const Noise& noise,
                                     xas::Normalisation how, std::uint64_t seed, std::int64_t count) {
  std::vector<std::optional<xas::XasPair>> all(static_cast<std::size_t>(count));
  core::parallel_for(count, [&](std::int64_t k) {
    all[static_cast<std::size_t>(k)] =
        compared(world, world.shares, after, noise, how, seed, static_cast<std::uint64_t>(k));
  });
  std::vector<xas::XasPair> out;
  for (auto& one : all) {
    if (one) out.push_back(std::move(*one));
  }
  return out;
}

constexpr std::array ways{xas::Normalisation::edge, xas::Normalisation::flat, xas::Normalisation::maximum,
                          xas::Normalisation::area};
constexpr std::array way_names{"edge", "flat", "maximum", "area"};
constexpr std::array noises{Noise{0.001, true},  Noise{0.01, true},  Noise{0.03, true},
                            Noise{0.001, false}, Noise{0.01, false}, Noise{0.03, false}};

Outcome change_null() {
  constexpr std::int64_t pairs = 400;
  double lowest = 1, highest = 0, sum = 0, cells = 0;
  std::string detail;
  std::uint64_t seed = 1;
  for (const World& world : worlds()) {
    for (std::size_t w = 0; w < ways.size(); ++w) {
      for (const Noise& noise : noises) {
        const auto found = many_pairs(world, world.shares, noise, ways.at(w), ++seed, pairs);
        if (2 * found.size() < static_cast<std::size_t>(pairs)) {
          detail += fmt::format("{} {} {:g} is refused; ", world.element, way_names.at(w), noise.relative);
          continue;
        }
        const auto called = std::ranges::count_if(found, [](const auto& p) { return xas::has_changed(p.difference); });
        const double rate = static_cast<double>(called) / static_cast<double>(found.size());
        if (rate < lowest || rate > highest)
          detail += fmt::format("{} {} {:g}{}: {:.3f}; ", world.element, way_names.at(w), noise.relative,
                                noise.counts ? " counts" : "", rate);
        lowest = std::min(lowest, rate);
        highest = std::max(highest, rate);
        sum += rate;
        cells += 1;
      }
    }
  }
  return {.figures = {{lowest}, {highest}},
          .detail = fmt::format("{} cells, mean {:.4f}; {}", cells, sum / cells, detail)};
}

// From the highest valence to the one below.
Shares reduced(Shares shares, double by) {
  shares[2] -= by;
  shares[1] += by;
  return shares;
}

// The same metal with the program's own references: another shape of all lines.
World computed_world(const std::string& element, double from, double to) {
  core::NoProgress nobody;
  std::vector<double> energy;
  constexpr double mesh_eV = 0.1;
  for (int i = -10; from + mesh_eV * i < to + 1; ++i) energy.push_back(from + mesh_eV * i);
  std::vector<core::CubicSpline> curves;
  for (const multiplet::Reference& r : multiplet::references()) {
    if (r.ion.element != element) continue;
    curves.emplace_back(energy,
                        xas::computed_reference(r.ion, energy, xas::usual_strength_eV, nobody).spectrum.intensity);
  }
  return {.element = element,
          .edge = "L2,3",
          .from = from,
          .to = to,
          .at = 0.5 * (from + to) - 5,
          .lines =
              [curves](double e, const Shares& shares) {
                double sum = 0;
                for (std::size_t j = 0; j < shares.size(); ++j) sum += 0.1 * shares[j] * curves.at(j).value(e);
                return sum;
              },
          .shares = {.05, .25, .7}};
}

// Metals whose shoulder moves as the reference study says when they are reduced: down for Ni, up for Co and Mn.
Outcome shoulder_sign() {
  std::vector<World> all = worlds();
  all.pop_back();  // oxygen is not reduced
  all.push_back(computed_world("Ni", 835, 885));
  all.push_back(computed_world("Co", 760, 810));
  all.push_back(computed_world("Mn", 622, 668));
  double right = 0, asked = 0;
  std::string detail;
  for (const World& world : all) {
    for (const double by : {0.02, 0.1, 0.3}) {
      const auto pair =
          compared(world, world.shares, reduced(world.shares, by), {1e-5, true}, xas::Normalisation::area, 1, 1);
      const double change = pair->changes.at(0).change.value;
      asked += 1;
      right += (world.element == "Ni" ? -change : change) > 0 ? 1 : 0;
      detail += fmt::format("{} {:g}: {:+.4f}; ", world.element, by, change);
    }
  }
  return {.figures = {{right, asked}}, .detail = detail};
}

// How often a change is found whose amplitude stands out by three standard deviations of the best single question.
Outcome change_power() {
  constexpr std::int64_t pairs = 400;
  double lowest = 1;
  std::string detail;
  std::uint64_t seed = 900;
  for (const auto& [element, from, to] :
       {std::tuple{"Ni", 835., 885.}, std::tuple{"Co", 760., 810.}, std::tuple{"Mn", 622., 668.}}) {
    const World world = computed_world(element, from, to);
    for (const Noise& noise : {Noise{0.003, true}, Noise{0.01, false}}) {
      for (const auto how : {xas::Normalisation::edge, xas::Normalisation::maximum}) {
        // The amplitude that scores 3: from a strong change, as a score grows in step with it.
        constexpr double strong = 0.3;
        double score = 0;
        for (const auto& pair : many_pairs(world, reduced(world.shares, strong), noise, how, ++seed, 20)) {
          for (const xas::ChangeTest& t : pair.difference.tests)
            if (t.kind == xas::ChangeTest::Kind::direction) score = std::max(score, std::abs(t.score));
        }
        const double by = 3 * strong / score;
        const auto found = many_pairs(world, reduced(world.shares, by), noise, how, ++seed, pairs);
        const auto called = std::ranges::count_if(found, [](const auto& p) { return xas::has_changed(p.difference); });
        const double rate = static_cast<double>(called) / static_cast<double>(found.size());
        lowest = std::min(lowest, rate);
        detail += fmt::format("{} {:g}: {:.4f} found in {:.3f}; ", element, noise.relative, by, rate);
      }
    }
  }
  return {.figures = {{lowest}}, .detail = detail};
}

Outcome shoulder_calibration() {
  constexpr std::int64_t pairs = 400;
  double lowest = 1e9, highest = 0;
  std::string detail;
  std::uint64_t seed = 500;
  for (const World& world : worlds()) {
    for (std::size_t w = 0; w < ways.size(); ++w) {
      for (const Noise& noise : {Noise{0.002, true}, Noise{0.01, false}}) {
        double squares = 0, variance = 0;
        for (const xas::XasPair& pair : many_pairs(world, world.shares, noise, ways.at(w), ++seed, pairs)) {
          const core::Value& change = pair.changes.at(0).change;
          squares += change.value * change.value;
          variance += change.variance;
        }
        const double ratio = std::sqrt(squares / variance);
        if (ratio < lowest || ratio > highest)
          detail += fmt::format("{} {} {:g}: {:.3f}; ", world.element, way_names.at(w), noise.relative, ratio);
        lowest = std::min(lowest, ratio);
        highest = std::max(highest, ratio);
      }
    }
  }
  return {.figures = {{lowest}, {highest}}, .detail = detail};
}

}  // namespace

std::vector<Check> xas_change_checks() {
  return {{"change-null", change_null},
          {"change-power", change_power},
          {"shoulder-calibration", shoulder_calibration},
          {"shoulder-sign", shoulder_sign}};
}

}  // namespace lithoscope::validation
