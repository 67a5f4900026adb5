// Words about two absorption spectra: how often "changed" is said of one sample measured twice, and how often it is
// found of a sample that changed. The edges are sums of Gaussians, the program's references are multiplets.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
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
  std::vector<xas::Direction> directions;  // the same for all spectra: computing them takes longer than comparing
};

double step_at(double x) { return 0.5 + std::atan(x) / std::numbers::pi; }

std::vector<double> energies_of(const World& world) {
  constexpr double mesh_eV = 0.1;
  std::vector<double> out;
  for (int i = 0; i <= static_cast<int>((world.to - world.from) / mesh_eV); ++i)
    out.push_back(world.from + mesh_eV * i);
  return out;
}

World with_directions(World world) {
  core::NoProgress nobody;
  const xas::Spectrum grid{.element = world.element, .edge = world.edge, .energy_eV = energies_of(world)};
  world.directions = xas::reference_directions(grid, nobody);
  return world;
}

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
  for (World& world : out) world = with_directions(std::move(world));
  return out;
}

struct Noise {
  double relative;    // of the highest point
  bool counts;        // known; otherwise taken from the scatter
  bool even = false;  // the same for all points; otherwise of counts
};

xas::Spectrum measured(const World& world, const Shares& shares, const Noise& noise, double shift,
                       core::RandomStream& random) {
  xas::Spectrum s{.name = "model", .element = world.element, .edge = world.edge};
  const double counts = 1 / (noise.relative * noise.relative);
  for (const double e : energies_of(world)) {
    const double clean = world.lines(e - shift, shares) + 0.15 - 0.002 * (e - world.at);
    const double sigma = noise.even ? noise.relative : std::sqrt(clean / counts);
    const double value = clean + sigma * random.normal();
    s.energy_eV.push_back(e);
    s.intensity.push_back(value);
    s.variance.push_back(noise.counts ? std::max(value, 0.01) / counts : 0);
  }
  s.noise = noise.counts ? xas::Noise::counts : xas::Noise::scatter;
  if (!noise.counts) s.variance = xas::scatter_variance(s.energy_eV, s.intensity);
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
std::optional<xas::XasOutcome> compared(const World& world, const Shares& before, const Shares& after,
                                        const Noise& noise, xas::Normalisation how, std::uint64_t seed,
                                        std::uint64_t stream) {
  core::RandomStream random{seed, stream};
  const xas::XasStudy study;
  const double shift = study.compare.shift * random.normal();
  try {
    const xas::XasSpectrum first = taken(world, measured(world, before, noise, 0, random), how, study);
    xas::XasOutcome outcome;
    outcome.spectra.push_back(taken(world, measured(world, after, noise, shift, random), how, study));
    const xas::EarlierSpectrum earlier{
        .source = "before.dat", .spectrum = first.read.normalised.spectrum, .features = first.features};
    xas::compare_with(outcome, {&earlier, 1}, study.compare, [&](const xas::Spectrum&) { return world.directions; });
    return outcome;
  } catch (const core::UsageError&) {
    return std::nullopt;
  }
}

// A cell of the table: the outcomes of one world, normalisation and noise, those that were refused left out.
std::vector<xas::XasOutcome> many(const World& world, const Shares& after, const Noise& noise, xas::Normalisation how,
                                  std::uint64_t seed, std::int64_t count) {
  std::vector<std::optional<xas::XasOutcome>> all(static_cast<std::size_t>(count));
  core::parallel_for(count, [&](std::int64_t k) {
    all[static_cast<std::size_t>(k)] =
        compared(world, world.shares, after, noise, how, seed, static_cast<std::uint64_t>(k));
  });
  std::vector<xas::XasOutcome> out;
  for (auto& one : all) {
    if (one) out.push_back(std::move(*one));
  }
  return out;
}

bool called_changed(const xas::XasOutcome& outcome) { return xas::has_changed(outcome.pairs.front().difference); }

constexpr std::array ways{xas::Normalisation::edge, xas::Normalisation::flat, xas::Normalisation::maximum,
                          xas::Normalisation::area};
constexpr std::array way_names{"edge", "flat", "maximum", "area"};
constexpr std::array noises{Noise{0.001, true},        Noise{0.01, true},        Noise{0.03, true},
                            Noise{0.001, false},       Noise{0.01, false},       Noise{0.03, false},
                            Noise{0.001, false, true}, Noise{0.01, false, true}, Noise{0.03, false, true}};

Outcome change_null() {
  constexpr std::int64_t pairs = 400;
  double lowest = 1, highest = 0, sum = 0, cells = 0;
  std::string detail;
  std::uint64_t seed = 1;
  for (const World& world : worlds()) {
    for (std::size_t w = 0; w < ways.size(); ++w) {
      for (const Noise& noise : noises) {
        const auto found = many(world, world.shares, noise, ways.at(w), ++seed, pairs);
        if (2 * found.size() < static_cast<std::size_t>(pairs)) {
          detail += fmt::format("{} {} {:g} is refused; ", world.element, way_names.at(w), noise.relative);
          continue;
        }
        const auto called = std::ranges::count_if(found, called_changed);
        const double rate = static_cast<double>(called) / static_cast<double>(found.size());
        if (rate < lowest || rate > highest) {
          detail += fmt::format("{} {} {:g}{}: {:.3f}, by", world.element, way_names.at(w), noise.relative,
                                noise.counts ? " counts"
                                : noise.even ? " even"
                                             : " scatter",
                                rate);
          std::map<std::string, int> spoke;
          for (const auto& one : found) {
            if (called_changed(one)) ++spoke[one.pairs.front().difference.spoke];
          }
          for (const auto& [of, times] : spoke) detail += fmt::format(" {} {}", of, times);
          detail += "; ";
        }
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
  return with_directions({.element = element,
                          .edge = "L2,3",
                          .from = from,
                          .to = to,
                          .at = 0.5 * (from + to) - 5,
                          .lines =
                              [curves](double e, const Shares& shares) {
                                double sum = 0;
                                for (std::size_t j = 0; j < shares.size(); ++j)
                                  sum += 0.1 * shares[j] * curves.at(j).value(e);
                                return sum;
                              },
                          .shares = {.05, .25, .7}});
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
      const auto one =
          compared(world, world.shares, reduced(world.shares, by), {1e-5, true}, xas::Normalisation::area, 1, 1);
      const double change = one->pairs.front().changes.at(0).change.value;
      asked += 1;
      right += (world.element == "Ni" ? -change : change) > 0 ? 1 : 0;
      detail += fmt::format("{} {:g}: {:+.4f}; ", world.element, by, change);
    }
  }
  return {.figures = {{right, asked}}, .detail = detail};
}

// Of the direction that sees most.
double best_mean_score(const std::vector<xas::XasOutcome>& all) {
  std::map<std::string, double> mean;
  for (const xas::XasOutcome& one : all) {
    for (const xas::ChangeTest& t : one.pairs.front().difference.tests) {
      if (t.kind == xas::ChangeTest::Kind::direction) mean[t.of] += t.score / static_cast<double>(all.size());
    }
  }
  double best = 0;
  for (const auto& [of, score] : mean) best = std::max(best, std::abs(score));
  return best;
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
        // The amplitude that scores 3 in the mean, from a small change, as a score grows in step with it.
        constexpr double small = 0.01;
        const auto some = many(world, reduced(world.shares, small), noise, how, ++seed, pairs);
        if (some.empty()) {
          detail += fmt::format("{} {:g} is refused; ", element, noise.relative);
          continue;
        }
        const double by = 3 * small / best_mean_score(some);
        const auto found = many(world, reduced(world.shares, by), noise, how, ++seed, pairs);
        const auto called = std::ranges::count_if(found, called_changed);
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
        for (const xas::XasOutcome& one : many(world, world.shares, noise, ways.at(w), ++seed, pairs)) {
          const core::Value& change = one.pairs.front().changes.at(0).change;
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

// Pages that say of a feature that it moved beside "no change is seen": from nothing to a strong change.
Outcome change_words() {
  constexpr std::int64_t pairs = 100;
  double contradicted = 0, pages = 0, moved = 0, still = 0;
  std::uint64_t seed = 2000;
  for (const World& world : worlds()) {
    for (const double by : {0.0, 0.002, 0.005, 0.01, 0.05}) {
      for (const xas::Normalisation how : ways) {
        for (const auto& one : many(world, reduced(world.shares, by), {0.003, true}, how, ++seed, pairs)) {
          const result::Result page = xas::describe(one);
          const bool none = page.answers.front().find("no change is seen") != std::string::npos;
          const bool moves = std::ranges::any_of(page.answers, [](const std::string& a) {
            return a.find(" rises: ") != std::string::npos || a.find(" falls: ") != std::string::npos;
          });
          pages += 1;
          contradicted += none && moves ? 1 : 0;
          if (by == 0) {
            still += 1;
            moved += moves ? 1 : 0;
          }
        }
      }
    }
  }
  return {.figures = {{contradicted}, {moved / still}}, .detail = fmt::format("{} pages", pages)};
}

// How many spectra a series is said to hold by its noise: of one sample, and of a sample that changes.
Outcome component_words() {
  constexpr std::int64_t trials = 50;
  constexpr int series = 6;
  double too_many = 0, none = 0, lowest = 1;
  std::string detail;
  std::uint64_t seed = 3000;
  for (const World& world : worlds()) {
    for (const xas::Normalisation how : ways) {
      for (const Noise& noise : {Noise{0.003, true}, Noise{0.01, false}}) {
        const auto rate = [&](double by, std::size_t expected) {
          ++seed;
          std::vector<char> right(trials, 0);
          core::parallel_for(trials, [&](std::int64_t t) {
            core::RandomStream random{seed, static_cast<std::uint64_t>(t)};
            std::vector<xas::Spectrum> all;
            for (int k = 0; k < series; ++k)
              all.push_back(
                  taken(world, measured(world, reduced(world.shares, by * k / series), noise, 0, random), how, {})
                      .read.normalised.spectrum);
            right[static_cast<std::size_t>(t)] = xas::principal_components(all).by_noise == expected ? 1 : 0;
          });
          return static_cast<double>(std::ranges::count(right, char{1})) / static_cast<double>(trials);
        };
        const double falsely = 1 - rate(0, 1);
        too_many += falsely;
        none += 1;
        detail += fmt::format("{} {:g}: {:.2f}", world.element, noise.relative, falsely);
        if (world.element != "O") {
          const double found = rate(0.5, 2);
          lowest = std::min(lowest, found);
          detail += fmt::format(", {:.2f}", found);
        }
        detail += "; ";
      }
    }
  }
  return {.figures = {{too_many / none}, {lowest}}, .detail = "false rate and power: " + detail};
}

}  // namespace

std::vector<Check> xas_change_checks() {
  return {{"component-words", component_words},
          {"change-null", change_null},
          {"change-power", change_power},
          {"change-words", change_words},
          {"shoulder-calibration", shoulder_calibration},
          {"shoulder-sign", shoulder_sign}};
}

}  // namespace lithoscope::validation
