// The mean valence from files, as a user gets it: by every way of normalising, and its change between two files. Edges
// are sums of Gaussians; each reference is off in energy and in the strength of its edge by what the priors allow.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "check.hpp"
#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/progress.hpp"
#include "lithoscope/core/rng.hpp"
#include "lithoscope/core/statistics.hpp"
#include "lithoscope/xas/valence_run.hpp"
#include "model_edges.hpp"

namespace lithoscope::validation {
namespace {

namespace fs = std::filesystem;
using Shares = std::array<double, 3>;

// Removed with all that lies in it.
class Folder {
 public:
  explicit Folder(std::int64_t number)
      : path_(fs::temp_directory_path() / fmt::format("lithoscope-valence-{}-{}", getpid(), number)) {
    fs::create_directories(path_);
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

// What an ion's atoms absorb.
double ion(const Edge& edge, std::size_t j, double e) { return reference_at(edge, j, e).value - 0.05; }

// A yield over I0 in counts; no noise where I0 is so strong that none is seen.
template <class Curve>
void write_yield(const std::string& path, const Edge& edge, double i0, bool noisy, core::RandomStream& random,
                 const Curve& curve) {
  std::ofstream out{path};
  out << "# energy tey i0\n";
  for (double e = edge.from - 20; e <= edge.to + 25; e += 0.1) {  // NOLINT(*-float-loop-counter): a grid
    const auto counted = [&](double expected) {
      return noisy ? std::round(expected + std::sqrt(expected) * random.normal()) : expected;
    };
    out << fmt::format("{:.2f} {:.8g} {:.8g}\n", e, counted(i0 * curve(e)), counted(i0));
  }
}

double mean_of(const Shares& shares) { return 2 * shares[0] + 3 * shares[1] + 4 * shares[2]; }

// Shares whose mean valence is so much higher.
Shares moved(Shares shares, double by) {
  const std::size_t from = by > 0 ? 1 : 2, to = by > 0 ? 2 : 1;
  shares.at(from) -= std::abs(by);
  shares.at(to) += std::abs(by);
  return shares;
}

// References of one trial: off in energy and strength as the priors say, each with a thickness of its own.
class Trial {
 public:
  Trial(const Edge& edge, double noise, std::uint64_t seed, std::int64_t number)
      : edge_(edge), folder_(number), random_(seed, static_cast<std::uint64_t>(number)) {
    const xas::MixtureSettings priors;
    counts_ = 1 / (noise * noise);
    for (std::size_t j = 0; j < 3; ++j) {
      const double shift = priors.reference_shift * random_.normal();
      strength_.at(j) = 1 + priors.reference_scale * random_.normal();
      const double thickness = 0.5 + random_.uniform();
      constexpr double exact = 1e12;
      write_yield(folder_ / fmt::format("r{}.dat", j + 2), edge, exact, false, random_,
                  [&](double e) { return thickness * (ion(edge_, j, e - shift) + 0.2 - 0.002 * (e - edge_.from)); });
    }
  }
  xas::ValenceOutcome measured(const Shares& shares, xas::Normalisation how, std::vector<xas::Spectrum> before = {}) {
    const xas::MixtureSettings priors;
    const double shift = priors.shift * random_.normal();
    const std::string path = folder_ / "sample.dat";
    write_yield(path, edge_, counts_, true, random_, [&](double e) {
      double sum = 0.15 - 0.001 * (e - edge_.from);
      for (std::size_t j = 0; j < 3; ++j) sum += shares.at(j) * strength_.at(j) * ion(edge_, j, e - shift);
      return sum;
    });
    const double at = 0.5 * (edge_.from + edge_.to);
    xas::ValenceStudy study{.file = {.path = path, .scan = {}}};
    study.reading.element = edge_.element;
    study.reading.edge_name = "L2,3";
    study.reading.normalisation = how;
    study.reading.channels = xas::Channels{.counts = true};
    study.reading.edge = {.e0_eV = at,
                          .pre_from = edge_.from - 20 - at,
                          .pre_to = edge_.from - 3 - at,
                          .post_from = edge_.to + 5 - at,
                          .post_to = edge_.to + 25 - at,
                          .order = 1,
                          .pre_order = 1};
    for (std::size_t j = 0; j < 3; ++j)
      study.references.push_back(
          xas::file_reference(folder_ / fmt::format("r{}.dat", j + 2), fmt::format("={}", j + 2)));
    study.before = std::move(before);
    core::NoProgress progress;
    return xas::run_valence(study, progress);
  }

 private:
  const Edge& edge_;
  Folder folder_;
  core::RandomStream random_;
  Shares strength_{1, 1, 1};  // of an atom's edge, which a reference over its own edge does not show
  double counts_ = 0;
};

struct Score {
  double off = 0, sigma = 0;
  bool inside = false;
};

constexpr std::array ways{xas::Normalisation::edge, xas::Normalisation::flat, xas::Normalisation::maximum,
                          xas::Normalisation::area};
constexpr std::array way_names{"edge", "flat", "maximum", "area"};

Outcome valence_normalisation() {
  constexpr std::int64_t seeds = 150;
  double worst = 0, inside = 0, all = 0;
  std::string detail;
  std::uint64_t seed = 40;
  for (const Edge& edge : edges) {
    for (std::size_t w = 0; w < ways.size(); ++w) {
      std::vector<Score> scores(seeds);
      ++seed;
      core::parallel_for(seeds, [&](std::int64_t k) {
        Trial trial{edge, 0.003, seed, k + static_cast<std::int64_t>(seed) * seeds};
        const xas::MixtureFit fit = trial.measured(edge.shares, ways.at(w)).fits.front();
        const double truth = mean_of(edge.shares);
        scores[static_cast<std::size_t>(k)] = {fit.valence->value - truth, fit.valence->sigma(),
                                               fit.valence_low <= truth && truth <= fit.valence_high};
      });
      double bias = 0, sigma = 0, held = 0;
      for (const Score& s : scores) {
        bias += s.off / seeds;
        sigma += s.sigma / seeds;
        held += s.inside ? 1 : 0;
      }
      inside += held;
      all += seeds;
      worst = std::max(worst, std::abs(bias) / sigma);
      detail += fmt::format("{} {}: {:+.2f}, {:.2f}; ", edge.element, way_names.at(w), bias / sigma,
                            held / static_cast<double>(seeds));
    }
  }
  return {.figures = {{worst}, {inside / all}}, .detail = "bias over sigma, coverage: " + detail};
}

Outcome valence_change_coverage() {
  constexpr std::int64_t seeds = 150;
  constexpr std::array changes{0.0, -0.02, 0.02, -0.1, 0.1};
  double lowest = 1, highest = 0, all = 0, inside = 0;
  std::string detail;
  std::uint64_t seed = 80;
  for (const Edge& edge : edges) {
    for (const double change : changes) {
      for (const double noise : {0.001, 0.005}) {
        const Shares after = moved(edge.shares, change);
        if (std::ranges::any_of(after, [](double s) { return s < 0; })) continue;
        ++seed;
        std::vector<char> held(seeds, 0);
        core::parallel_for(seeds, [&](std::int64_t k) {
          Trial trial{edge, noise, seed, k + static_cast<std::int64_t>(seed) * seeds};
          const auto before = xas::mixed_spectra(xas::describe(trial.measured(edge.shares, xas::Normalisation::edge)));
          const core::Value found = trial.measured(after, xas::Normalisation::edge, before).changes.front().change;
          held[static_cast<std::size_t>(k)] =
              std::abs(found.value - change) <= core::two_sided_95 * found.sigma() ? 1 : 0;
        });
        const double rate = static_cast<double>(std::ranges::count(held, char{1})) / static_cast<double>(seeds);
        all += 1;
        inside += rate;
        lowest = std::min(lowest, rate);
        highest = std::max(highest, rate);
        detail += fmt::format("{} {:+g} at {:g}: {:.2f}; ", edge.element, change, noise, rate);
      }
    }
  }
  return {.figures = {{inside / all}}, .detail = fmt::format("by cell {:.2f} to {:.2f}: {}", lowest, highest, detail)};
}

}  // namespace

std::vector<Check> xas_valence_checks() {
  return {{"valence-normalisation", valence_normalisation}, {"valence-change-coverage", valence_change_coverage}};
}

}  // namespace lithoscope::validation
