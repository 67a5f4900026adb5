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
#include "lithoscope/particle/simulate.hpp"
#include "lithoscope/programme/programme_file.hpp"
#include "lithoscope/xas/predict.hpp"
#include "lithoscope/xas/scan_files.hpp"
#include "lithoscope/xas/synthesize.hpp"
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
  struct Way {
    xas::Normalisation how = xas::Normalisation::edge;
    bool counts = true;       ///< the noise is known; otherwise taken from the scatter
    double moved_eV = 0;      ///< of the sample, beyond its prior
    std::size_t without = 0;  ///< the valence whose reference is not given
  };
  xas::ValenceOutcome measured(const Shares& shares, const Way& way, std::vector<xas::Spectrum> before = {}) {
    const xas::MixtureSettings priors;
    const double shift = way.moved_eV + priors.shift * random_.normal();
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
    study.reading.normalisation = way.how;
    study.reading.channels = xas::Channels{.counts = way.counts};
    study.reading.edge = {.e0_eV = at,
                          .pre_from = edge_.from - 20 - at,
                          .pre_to = edge_.from - 3 - at,
                          .post_from = edge_.to + 5 - at,
                          .post_to = edge_.to + 25 - at,
                          .order = 1,
                          .pre_order = 1};
    for (std::size_t j = 0; j < 3; ++j) {
      if (j + 2 == way.without) continue;
      study.references.push_back(
          xas::file_reference(folder_ / fmt::format("r{}.dat", j + 2), fmt::format("={}", j + 2)));
    }
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
        const xas::MixtureFit fit = trial.measured(edge.shares, {.how = ways.at(w)}).fits.front();
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
          const auto before = xas::mixed_spectra(xas::describe(trial.measured(edge.shares, {})));
          const core::Value found = trial.measured(after, {}, before).changes.front().change;
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

// ---- sentences ------------------------------------------------------------------------------------------------------

// What the page says of one change, and the error it states.
struct Said {
  bool changed = false;
  double sigma = 0;
};
std::vector<Said> said_of(const Edge& edge, const Trial::Way& way, double change, std::uint64_t seed) {
  constexpr std::int64_t pairs = 150;
  std::vector<Said> out(pairs);
  core::parallel_for(pairs, [&](std::int64_t k) {
    Trial trial{edge, 0.003, seed, k + static_cast<std::int64_t>(seed) * pairs};
    const auto before = xas::mixed_spectra(xas::describe(trial.measured(edge.shares, way)));
    const xas::ValenceOutcome found = trial.measured(moved(edge.shares, change), way, before);
    const result::Result page = xas::describe(found);
    const auto says_so = [](const std::string& a) {
      return a.find("valence rises") != std::string::npos || a.find("valence falls") != std::string::npos;
    };
    out[static_cast<std::size_t>(k)] = {std::ranges::any_of(page.answers, says_so),
                                        found.changes.front().change.sigma()};
  });
  return out;
}

double rate_of(const std::vector<Said>& all) {
  return static_cast<double>(std::ranges::count_if(all, [](const Said& s) { return s.changed; })) /
         static_cast<double>(all.size());
}

Outcome valence_change_words() {
  double highest = 0, lowest = 1, mean = 0, cells = 0;
  std::string detail;
  std::uint64_t seed = 300;
  for (const Edge& edge : edges) {
    for (std::size_t w = 0; w < ways.size(); ++w) {
      for (const bool counts : {true, false}) {
        const Trial::Way way{.how = ways.at(w), .counts = counts};
        const auto none = said_of(edge, way, 0, ++seed);
        double sigma = 0;
        for (const Said& s : none) sigma += s.sigma / static_cast<double>(none.size());
        const double falsely = rate_of(none), found = rate_of(said_of(edge, way, -3 * sigma, ++seed));
        highest = std::max(highest, falsely);
        lowest = std::min(lowest, found);
        mean += falsely;
        cells += 1;
        detail += fmt::format("{} {}{}: {:.3f}, {:.2f}; ", edge.element, way_names.at(w), counts ? " counts" : "",
                              falsely, found);
      }
    }
  }
  return {.figures = {{mean / cells}, {lowest}},
          .detail =
              fmt::format("highest false rate {:.4f}; false rate and power by cell of 150 pairs: {}", highest, detail)};
}

// A fit that cannot be believed: a valence without its reference, a sample or its scale far off.
Outcome valence_gate() {
  constexpr std::int64_t seeds = 60;
  struct Wrong {
    const char* what;
    Trial::Way way;
    Shares shares;
  };
  const std::array wrongs{Wrong{"a reference is missing", {.without = 2}, {0.4, 0.3, 0.3}},
                          Wrong{"the scale is off by 0.8 eV", {.moved_eV = 0.8}, {}}};
  double refused = 0, good = 0, lowest = 1;
  std::string detail;
  std::uint64_t seed = 700;
  for (const Edge& edge : edges) {
    const auto closed = [&](const Shares& shares, const Trial::Way& way) {
      ++seed;
      std::vector<char> gates(seeds, 0);
      core::parallel_for(seeds, [&](std::int64_t k) {
        Trial trial{edge, 0.003, seed, k + static_cast<std::int64_t>(seed) * seeds};
        gates[static_cast<std::size_t>(k)] = trial.measured(shares, way).gate.empty() ? 0 : 1;
      });
      return static_cast<double>(std::ranges::count(gates, char{1})) / static_cast<double>(seeds);
    };
    for (const xas::Normalisation how : ways) {
      for (const bool counts : {true, false}) {
        refused += closed(edge.shares, {.how = how, .counts = counts});
        good += 1;
      }
    }
    for (const Wrong& wrong : wrongs) {
      const double rate = closed(wrong.shares[0] > 0 ? wrong.shares : edge.shares, wrong.way);
      lowest = std::min(lowest, rate);
      detail += fmt::format("{}, {}: {:.2f}; ", edge.element, wrong.what, rate);
    }
  }
  return {.figures = {{refused / good}, {lowest}}, .detail = detail};
}

// ---- the twin
// ---------------------------------------------------------------------------------------------------------

// What comes back from the files of a particle, charged and heated, of what its electrons see; and whether manganese,
// which does not change, is said to.
Outcome twin_valence() {
  const programme::ProgrammeFile file = programme::read_programme_file("lmr-paper-x105", {});
  const particle::Run run =
      particle::simulate(file.model, file.programme, particle::Record::trace, particle::Sampling{});
  const particle::Leg& heated = *std::ranges::find(run.branches, std::string{"heat"}, &particle::Leg::name);
  const auto charged = std::ranges::find(run.trunk.marks, std::string{"charge"}, &particle::Mark::step);
  constexpr int seeds = 20;
  double worst = 0, squares = 0, all = 0;
  int manganese_moves = 0;
  std::string detail;
  core::NoProgress progress;
  for (const char* element : {"Ni", "Co", "Mn"}) {
    const xas::Yields before = xas::particle_yields({file.model, run, run.trunk, *charged}, element, {}, progress);
    const xas::Yields after =
        xas::particle_yields({file.model, run, heated, heated.marks.back()}, element, {}, progress);
    std::vector<std::array<double, 2>> off(seeds);
    std::vector<char> moves(seeds, 0);
    core::parallel_for(seeds, [&](std::int64_t k) {
      const Folder folder{1'000'000 + k};
      core::NoProgress quiet;
      const auto measured = [&](const xas::Yields& yields, std::uint64_t seed, std::vector<xas::Spectrum> earlier) {
        const std::string path = folder / fmt::format("{}.dat", element);
        std::ofstream{path} << xas::ssrl_raw_text(xas::synthesize_scan(yields, {.seed = seed}));
        xas::ValenceStudy study{.file = {.path = path, .scan = {}}};
        study.reading.normalisation = xas::Normalisation::maximum;
        study.reading.channels = xas::Channels{.counts = true};
        study.mixture = xas::mixture_of_computed();
        for (const char* charge : {"2+", "3+", "4+"})
          study.references.push_back(xas::parse_ion_reference(std::string{element} + charge));
        study.before = std::move(earlier);
        return xas::run_valence(study, quiet);
      };
      const auto seed = static_cast<std::uint64_t>(k) + 1;
      const xas::ValenceOutcome first = measured(before, seed, {});
      const xas::ValenceOutcome second = measured(after, 1000 + seed, xas::mixed_spectra(xas::describe(first)));
      const auto score = [](const xas::ValenceOutcome& found, const xas::Yields& truth) {
        const core::Value v = *found.fits.front().valence;
        return (v.value - truth.electron_valence.value) / v.sigma();
      };
      off[static_cast<std::size_t>(k)] = {score(first, before), score(second, after)};
      const core::Value change = second.changes.front().change;
      moves[static_cast<std::size_t>(k)] = std::abs(change.value) > core::two_sided_95 * change.sigma() ? 1 : 0;
    });
    double highest = 0, mean = 0;
    for (const auto& pair : off) {
      for (const double o : pair) {
        highest = std::max(highest, std::abs(o));
        squares += o * o;
        mean += o / (2 * seeds);
        all += 1;
      }
    }
    worst = std::max(worst, highest);
    const auto moved_count = static_cast<int>(std::ranges::count(moves, char{1}));
    if (element == std::string{"Mn"}) manganese_moves = moved_count;
    detail += fmt::format("{}: worst {:.2f}, mean {:+.2f}, said to change {} of {}; ", element, highest, mean,
                          moved_count, seeds);
  }
  return {.figures = {{worst}, {manganese_moves / static_cast<double>(seeds)}},
          .detail = fmt::format("errors over stated, rms {:.2f}; {}", std::sqrt(squares / all), detail)};
}

}  // namespace

std::vector<Check> xas_valence_checks() {
  return {{"twin-valence", twin_valence},
          {"valence-normalisation", valence_normalisation},
          {"valence-change-coverage", valence_change_coverage},
          {"valence-change-words", valence_change_words},
          {"valence-gate", valence_gate}};
}

}  // namespace lithoscope::validation
