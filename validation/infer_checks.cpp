// The joint state: its likelihood against the covariance written out, coverage and sharpness of its posterior on states
// of other runs of the particle, what it implies in worlds that are not its own, the ledger, its cost.
#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <ctime>
#include <numbers>

#include "check.hpp"
#include "infer_worlds.hpp"
#include "lithoscope/core/rng.hpp"
#include "lithoscope/core/statistics.hpp"
#include "lithoscope/infer/inference_run.hpp"

namespace lithoscope::validation {
namespace {

using namespace infer;
using result::DepthLaw;
using result::Observable;

const std::vector<Process>& all_processes() {
  static const std::vector<Process> all{Process::lithium, Process::stabilised, Process::surface_reduction,
                                        Process::reconstruction, Process::brightness};
  return all;
}

core::NoProgress silent;

double cpu_s() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// ---- identity, twice, units -----------------------------------------------------------------------------------------

Outcome identity() {
  Outcome out;
  LithiumLibrary library = library_at(500, 200);
  library.probes.pfy_length_nm = library.probes.rixs_length_nm = 0;
  library.probes.edges.clear();
  const Viewer viewer{library, {}};
  double of_feature = 0, of_books = 0;
  for (const unsigned on : {1U, 2U, 3U}) {
    std::vector<StateDraw> draws = draw_states(library, on, 600, 3);
    for (StateDraw& d : draws) {
      d.place[static_cast<std::size_t>(Coordinate::saturation)] = -40;  // light answers holes in proportion
      const StateDraw one[1] = {d};
      const Viewer::View v = viewer.look(library.runs[static_cast<std::size_t>(d.run)], one).front();
      const auto of = [&](const char* name) { return v.quantities[viewer.quantity(name)]; };
      of_feature = std::max(of_feature, std::abs(of("feature") / 100 + of("metals") / of("holes")));
      of_books = std::max(of_books, std::abs(of("residual")));
    }
  }
  out.figures = {{of_feature}, {of_books}};
  return out;
}

// Gaussian log density of y under a covariance written out.
double written_out(const std::vector<double>& y, const std::vector<double>& at, const Eigen::MatrixXd& c) {
  Eigen::VectorXd r(static_cast<Eigen::Index>(y.size()));
  for (std::size_t i = 0; i < y.size(); ++i) r(static_cast<Eigen::Index>(i)) = y[i] - at[i];
  const Eigen::LLT<Eigen::MatrixXd> l(c);
  const Eigen::MatrixXd lower = l.matrixL();
  return -0.5 * r.dot(l.solve(r)) - lower.diagonal().array().log().sum() -
         0.5 * static_cast<double>(y.size()) * std::log(2 * std::numbers::pi);
}

Outcome twice() {
  Outcome out;
  core::RandomStream random{11, 1};
  double worst = 0;
  for (int trial = 0; trial < 200; ++trial) {
    // three observables of two values; one cause in the first two, one in the last two, one in the first alone
    std::vector<Observable> all;
    Eigen::MatrixXd c = Eigen::MatrixXd::Zero(6, 6);
    Eigen::MatrixXd cause = Eigen::MatrixXd::Zero(6, 3);
    std::vector<double> y, at;
    for (int k = 0; k < 3; ++k) {
      Observable o{.name = fmt::format("o{}", k), .state = "s", .flags = {"ok", "ok"}};
      for (int i = 0; i < 2; ++i) {
        o.values.push_back(random.normal());
        o.variance.push_back(0.01 + random.uniform());
        c(2 * k + i, 2 * k + i) = o.variance.back();
        y.push_back(o.values.back());
        at.push_back(random.normal());
      }
      for (int m = 0; m < 3; ++m) {
        const bool in = (m == 0 && k < 2) || (m == 1 && k > 0) || (m == 2 && k == 0);
        if (!in) continue;
        o.common.push_back({fmt::format("cause {}", m), {random.normal(), random.normal()}});
        for (int i = 0; i < 2; ++i) cause(2 * k + i, m) = o.common.back().shift[static_cast<std::size_t>(i)];
      }
      all.push_back(std::move(o));
    }
    c += cause * cause.transpose();
    const double exact = written_out(y, at, c);
    worst = std::max(worst, std::abs(JointLikelihood{all}.log_density(at) - exact) / std::abs(exact));
  }
  out.figures = {{worst}};
  return out;
}

// The posterior's weights of one study in two dresses.
Outcome units() {
  Outcome out;
  const LithiumLibrary& library = shared_library();
  double worst = 0;
  for (std::uint64_t trial = 0; trial < 10; ++trial) {
    core::RandomStream random{21, trial};
    std::vector<Observable> plain;
    for (const char* state : {"charged", "heated"}) {
      plain.push_back(observable("valence/Ni/electrons", state, 3.5 + 0.1 * random.normal(), 0.02, DepthLaw::surface));
      plain.push_back(observable("feature/O/531-523", state, 100 + 5 * random.normal(), 4, DepthLaw::fluorescence));
      plain.back().unit = "1/s";
      plain.back().common = {{std::string{"monitor of "} + state, {1.5}}};
    }
    std::vector<Observable> other = plain;
    const double factor = std::exp(6 * random.normal());
    for (Observable& o : other) {
      if (!o.name.starts_with("feature")) continue;
      o.unit = "1/h";
      o.values[0] *= factor;
      o.variance[0] *= factor * factor;
      o.common[0].shift[0] *= factor;
    }
    std::vector<std::vector<double>> weights;
    for (const auto& observables : {plain, other}) {
      const Evidence e = evidence_of(observables, "charged", "heated", library.cations, false, {});
      const Viewer viewer{library, e.seen};
      const PosteriorSettings s{.combinations = combinations_of(all_processes()), .draws = 300, .rounds = 0};
      weights.push_back(weigh(draw_prior(library, viewer, s, silent), e, library, viewer, s).weight);
    }
    const double most = *std::ranges::max_element(weights[0]);
    for (std::size_t i = 0; i < weights[0].size(); ++i)
      worst = std::max(worst, std::abs(weights[0][i] - weights[1][i]) / most);
  }
  out.figures = {{worst}};
  return out;
}

// ---- calibration ----------------------------------------------------------------------------------------------------

// Place of the truth among the draws, ties (a process that is off) shared at random.
double place_of(const Posterior& p, const Posterior::Of& of, double truth, double u) {
  double below = 0, equal = 0;
  for (std::size_t i = 0; i < p.draws.size(); ++i) {
    const double v = of(p.views[i]);
    if (v < truth) below += p.weight[i];
    if (v == truth) equal += p.weight[i];
  }
  return below + u * equal;
}

Outcome calibration() {
  Outcome out;
  const LithiumLibrary& library = shared_library();
  const LithiumLibrary& others = other_library();
  const std::vector<Observable> wanted = paper_set({}, 1);
  const Evidence shape = evidence_of(wanted, "charged", "heated", library.cations, false, {});
  const Viewer viewer{library, shape.seen}, truth_viewer{others, shape.seen};
  const PosteriorSettings settings{
      .combinations = combinations_of(all_processes()), .draws = 1500, .enough = 300, .rounds = 5};
  const PriorDraws prior = draw_prior(library, viewer, settings, silent);
  constexpr int draws = 1000;
  const std::size_t n = viewer.quantities().size();
  std::vector<std::vector<double>> place(n);
  std::vector<double> effective;
  std::array<double, 10> said{}, count{}, happened{};
  for (int t = 0; t < draws; ++t) {
    core::RandomStream random{31, static_cast<std::uint64_t>(t)};
    const StateDraw truth = random_state(others, settings.combinations, random);
    const StateDraw one[1] = {truth};
    const Viewer::View v = truth_viewer.look(others.runs[static_cast<std::size_t>(truth.run)], one).front();
    const Evidence e =
        evidence_of(noisy(shape, wanted, v.seen, random), "charged", "heated", library.cations, false, {});
    const Posterior p = weigh(prior, e, library, viewer, settings);
    effective.push_back(p.effective);
    for (std::size_t q = 0; q < n; ++q) {
      place[q].push_back(
          place_of(p, [q](const Viewer::View& w) { return w.quantities[q]; }, v.quantities[q], random.uniform()));
    }
    for (const Process process : all_processes()) {
      const double chance = p.probability_of(process);
      const auto bin = static_cast<std::size_t>(std::min(9.0, 10 * chance));
      said[bin] += chance;
      count[bin] += 1;
      happened[bin] += (truth.on & bit_of(process)) != 0 ? 1 : 0;
    }
  }
  double inside = 0, all = 0;
  std::string far;
  for (std::size_t q = 0; q < n; ++q) {
    const std::string& name = viewer.quantities()[q].name;
    if (name == "residual") continue;
    all += 1;
    bool good = true;
    for (const double level : {0.5, 0.9, 0.95}) {
      double share = 0;
      for (const double u : place[q]) share += std::abs(u - 0.5) < 0.5 * level ? 1.0 / draws : 0;
      constexpr double z_999 = 3.2905;
      if (std::abs(share - level) <= z_999 * std::sqrt(level * (1 - level) / draws)) continue;
      good = false;
      far += fmt::format(" {} {:.2f}: {:.3f};", name, level, share);
    }
    inside += good ? 1 : 0;
  }
  // probabilities of processes: what is said happens as often
  double reliable = 0, bins = 0;
  std::string odd;
  for (std::size_t b = 0; b < said.size(); ++b) {
    if (count[b] < 20) continue;
    bins += 1;
    const double expected = said[b] / count[b], seen = happened[b] / count[b];
    const bool near =
        std::abs(seen - expected) <= 2.576 * std::sqrt(std::max(expected * (1 - expected), 1e-3) / count[b]);
    reliable += near ? 1 : 0;
    if (!near) odd += fmt::format(" said {:.2f} true {:.2f} of {:.0f};", expected, seen, count[b]);
  }
  std::ranges::sort(effective);
  out.figures = {{inside, all}, {reliable, bins}};
  out.detail = fmt::format("median of {:.0f} effective states, 5 % below {:.0f}; off:{}{}",
                           effective[effective.size() / 2], effective[effective.size() / 20], far, odd);
  return out;
}

// Posterior's width over what the information at the truth allows, the prior's included.
Outcome sharpness() {
  Outcome out;
  const LithiumLibrary& library = shared_library();
  const std::vector<Observable> wanted = paper_set({}, 0.4);
  ArtefactSettings calm;
  calm.piece_valence = calm.piece_feature = calm.piece_pre_edge = calm.energy_scale_eV = 0;
  const Evidence shape = evidence_of(wanted, "charged", "heated", library.cations, false, calm);
  const std::vector<double> covariance = shape.likelihood.covariance();
  const auto m = static_cast<Eigen::Index>(shape.likelihood.size());
  const Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>> c(covariance.data(), m,
                                                                                                   m);
  const Eigen::MatrixXd precision = c.inverse();
  LithiumLibrary bare = library;
  bare.runs.clear();
  double worst = 0;
  for (const Process process : {Process::surface_reduction, Process::reconstruction, Process::brightness}) {
    const PosteriorSettings settings{.combinations = {bit_of(process)}, .draws = 20000, .enough = 2000, .rounds = 6};
    std::array<double, coordinates> ratio{}, number{};
    for (int t = 0; t < 60; ++t) {
      core::RandomStream random{41, static_cast<std::uint64_t>(t)};
      StateDraw truth = random_state(library, settings.combinations, random);
      // The bound knows the run: so does the posterior that is held against it.
      LithiumLibrary one_run = bare;
      one_run.runs = {library.runs[static_cast<std::size_t>(truth.run)]};
      truth.run = 0;
      const Viewer viewer{one_run, shape.seen};
      const PriorDraws prior = draw_prior(one_run, viewer, settings, silent);
      const LithiumRun& run = one_run.runs.front();
      const auto seen = [&](const StateDraw& d) {
        const StateDraw one[1] = {d};
        return viewer.look(run, one).front().seen;
      };
      Eigen::MatrixXd slope(m, static_cast<Eigen::Index>(coordinates));
      for (std::size_t k = 0; k < coordinates; ++k) {
        StateDraw up = truth, down = truth;
        constexpr double h = 0.02;
        up.place[k] += h;
        down.place[k] -= h;
        const auto a = seen(up), b = seen(down);
        for (Eigen::Index i = 0; i < m; ++i)
          slope(i, static_cast<Eigen::Index>(k)) =
              (a[static_cast<std::size_t>(i)] - b[static_cast<std::size_t>(i)]) / (2 * h);
      }
      const Eigen::MatrixXd information =
          Eigen::MatrixXd::Identity(coordinates, coordinates) + slope.transpose() * precision * slope;
      const Eigen::MatrixXd bound = information.inverse();
      const Evidence e =
          evidence_of(noisy(shape, wanted, seen(truth), random), "charged", "heated", library.cations, false, calm);
      const Posterior p = weigh(prior, e, one_run, viewer, settings);
      for (std::size_t k = 0; k < coordinates; ++k) {
        const auto i = static_cast<Eigen::Index>(k);
        if (!depends_on(static_cast<Coordinate>(k), bit_of(process)) || bound(i, i) > 0.25) continue;
        double mean = 0, square = 0;
        for (std::size_t j = 0; j < p.draws.size(); ++j) {
          mean += p.weight[j] * p.draws[j].place[k];
          square += p.weight[j] * p.draws[j].place[k] * p.draws[j].place[k];
        }
        ratio[k] += std::log(std::sqrt((square - mean * mean) / bound(i, i)));
        number[k] += 1;
      }
    }
    for (std::size_t k = 0; k < coordinates; ++k) {
      if (number[k] < 5) continue;
      const double typical = std::exp(ratio[k] / number[k]);
      worst = std::max(worst, typical);
      out.detail += fmt::format("{} coordinate {}: {:.3f} of {:.0f}; ", name_of(process), k, typical, number[k]);
    }
  }
  out.figures = {{worst}};
  return out;
}

// ---- implied, partial -----------------------------------------------------------------------------------------------

// Which observables a probe measures.
const std::vector<std::pair<std::string, std::vector<std::string>>>& probe_sets() {
  static const std::vector<std::pair<std::string, std::vector<std::string>>> sets{
      {"electrons", {"change/valence/Ni/electrons", "change/valence/Co/electrons", "change/valence/Mn/electrons"}},
      {"pre-edge", {"change/feature/O/K-pre-edge-peak"}},
      {"fluorescence",
       {"change/valence/Ni/fluorescence", "change/valence/Co/fluorescence", "change/valence/Mn/fluorescence"}},
      {"feature", {"change/feature/O/531-523"}},
      {"before", {"valence/Ni/electrons", "valence/Ni/fluorescence"}}};
  return sets;
}

std::vector<Observable> without(const std::vector<Observable>& all, const std::vector<std::string>& names) {
  std::vector<Observable> out;
  for (const Observable& o : all) {
    if (std::ranges::find(names, o.name) == names.end()) out.push_back(o);
  }
  return out;
}

Outcome implied() {
  Outcome out;
  const LithiumLibrary& library = shared_library();
  constexpr int draws = 500;
  std::vector<double> covered(probe_sets().size(), 0.0), asked(probe_sets().size(), 0.0);
  std::vector<double> of_world(worlds().size(), 0.0), in_world(worlds().size(), 0.0);
  const PosteriorSettings settings{
      .combinations = combinations_of(all_processes()), .draws = 1500, .enough = 150, .rounds = 4};
  for (std::size_t k = 0; k < probe_sets().size(); ++k) {
    const auto& left_out = probe_sets()[k].second;
    if (probe_sets()[k].first == "before") continue;
    // the whole set gives the kernels; what is left out is predicted as it would have been measured
    const std::vector<Observable> wanted = paper_set({}, 1);
    const Evidence whole = evidence_of(wanted, "charged", "heated", library.cations, false, {});
    const Viewer viewer{library, whole.seen};
    const PriorDraws prior = draw_prior(library, viewer, settings, silent);
    const std::vector<double> covariance = whole.likelihood.covariance();
    const std::size_t n = whole.likelihood.size();
    std::vector<double> hidden(n, 0.0);
    for (std::size_t i = 0; i < n; ++i) {
      const std::string& name = whole.likelihood.observables()[whole.likelihood.places()[i].observable].name;
      if (std::ranges::find(left_out, name) != left_out.end()) hidden[i] = 1e8;
    }
    for (int t = 0; t < draws / 4; ++t) {
      const std::size_t w = static_cast<std::size_t>(t) % worlds().size();
      core::RandomStream random{51 + k, static_cast<std::uint64_t>(t)};
      const std::vector<Observable> data = worlds()[w].draw(random, 1);
      Evidence e = evidence_of(data, "charged", "heated", library.cations, false, {});
      const std::vector<double> values = e.likelihood.values();
      e.likelihood.add_variance(hidden);
      const Posterior p = weigh(prior, e, library, viewer, settings);
      for (std::size_t i = 0; i < n; ++i) {
        if (hidden[i] == 0) continue;
        // the state's own spread with the noise of the value on top
        const double sigma = std::sqrt(covariance[i * n + i]);
        double below = 0;
        for (std::size_t j = 0; j < p.draws.size(); ++j) {
          if (p.weight[j] > 1e-9) below += p.weight[j] * core::upper_tail((p.views[j].seen[i] - values[i]) / sigma);
        }
        const bool in = below > 0.025 && below < 0.975;
        covered[k] += in ? 1 : 0;
        asked[k] += 1;
        of_world[w] += in ? 1 : 0;
        in_world[w] += 1;
      }
    }
  }
  double all = 0, hit = 0;
  for (std::size_t k = 0; k < covered.size(); ++k) {
    if (asked[k] == 0) continue;
    out.detail += fmt::format("{}: {:.3f} of {:.0f}; ", probe_sets()[k].first, covered[k] / asked[k], asked[k]);
    all += asked[k];
    hit += covered[k];
  }
  for (std::size_t w = 0; w < worlds().size(); ++w)
    out.detail += fmt::format("world {}: {:.3f}; ", worlds()[w].name, of_world[w] / in_world[w]);
  out.figures = {{hit / all}};
  return out;
}

Outcome partial() {
  Outcome out;
  const LithiumLibrary& library = shared_library();
  // every subset of the five probes runs
  double ran = 0, subsets = 0;
  for (unsigned keep = 1; keep < 32; ++keep) {
    std::vector<Observable> data = worlds()[1].draw(*std::make_unique<core::RandomStream>(61, keep), 1);
    for (std::size_t k = 0; k < probe_sets().size(); ++k) {
      if ((keep & (1U << k)) == 0) data = without(data, probe_sets()[k].second);
    }
    subsets += 1;
    core::Log log;
    const InferenceOutcome o = run_inference(
        data, library, {.before = "charged", .after = "heated", .allowed = all_processes(), .draws = 300}, silent, log);
    const result::Result r = describe(o);
    ran += !r.answers.empty() && result::faults_of(r).empty() ? 1 : 0;
  }
  // what is left of the state does not get sharper by looking less: mean of the logarithm of widths, a probe and a
  // quantity; one study may, where the removed value contradicted the others
  constexpr int draws = 200;
  const PosteriorSettings settings{
      .combinations = combinations_of(all_processes()), .draws = 1500, .enough = 150, .rounds = 3};
  const std::vector<Observable> wanted = paper_set({}, 1);
  const Evidence whole = evidence_of(wanted, "charged", "heated", library.cations, false, {});
  const Viewer viewer{library, whole.seen};
  const PriorDraws prior = draw_prior(library, viewer, settings, silent);
  const std::vector<std::string> looked_at{"surface_Ni", "surface_Mn", "bulk_Ni", "feature", "metals", "oxygen"};
  std::vector<double> wider(probe_sets().size() * looked_at.size(), 0.0), squares = wider;
  double narrower = 0, compared = 0;
  for (int t = 0; t < draws; ++t) {
    core::RandomStream random{71, static_cast<std::uint64_t>(t)};
    const std::vector<Observable> data = worlds()[static_cast<std::size_t>(t) % worlds().size()].draw(random, 1);
    const auto widths = [&](const std::vector<std::string>& left_out) {
      Evidence e = evidence_of(data, "charged", "heated", library.cations, false, {});
      std::vector<double> hidden(e.likelihood.size(), 0.0);
      for (std::size_t i = 0; i < hidden.size(); ++i) {
        const std::string& name = e.likelihood.observables()[e.likelihood.places()[i].observable].name;
        if (std::ranges::find(left_out, name) != left_out.end()) hidden[i] = 1e8;
      }
      e.likelihood.add_variance(hidden);
      const Posterior p = weigh(prior, e, library, viewer, settings);
      std::vector<double> sd;
      for (const std::string& name : looked_at) {
        const std::size_t q = viewer.quantity(name);
        sd.push_back(p.interval([q](const Viewer::View& v) { return v.quantities[q]; }).sd);
      }
      return sd;
    };
    const std::vector<double> full = widths({});
    for (std::size_t k = 0; k < probe_sets().size(); ++k) {
      const std::vector<double> less = widths(probe_sets()[k].second);
      for (std::size_t q = 0; q < looked_at.size(); ++q) {
        const double ratio = std::log(less[q] / full[q]);
        wider[k * looked_at.size() + q] += ratio / draws;
        squares[k * looked_at.size() + q] += ratio * ratio / draws;
        compared += 1;
        narrower += ratio < -0.1 ? 1 : 0;
      }
    }
  }
  // A probe that tells nothing of a quantity leaves a mean of 0 with its scatter: how far below, in standard errors.
  double least = 0, lowest = 0;
  for (std::size_t i = 0; i < wider.size(); ++i) {
    const double error = std::sqrt(std::max(squares[i] - wider[i] * wider[i], 1e-12) / draws);
    least = std::min(least, wider[i] / error);
    lowest = std::min(lowest, wider[i]);
  }
  out.figures = {{ran, subsets}, {least}, {narrower / compared}};
  out.detail = fmt::format(
      "mean log of widths without over with, in its standard error, worst of {} pairs of probe and quantity (lowest "
      "mean "
      "{:.4f}); share of single studies narrower by 10 %",
      wider.size(), lowest);
  return out;
}

// ---- ledger ---------------------------------------------------------------------------------------------------------

Outcome ledger() {
  Outcome out;
  const LithiumLibrary& library = shared_library();
  const LithiumLibrary& others = other_library();
  const RixsPrecision rixs = rixs_precision(8e5);
  constexpr int draws = 1000;
  const PosteriorSettings settings{
      .combinations = combinations_of({Process::lithium, Process::stabilised}), .draws = 12000, .rounds = 0};
  std::vector<double> half_known, half_map;
  double worst_low = 1, worst_high = 0;
  std::uint64_t stream = 0;  // every world its own draws
  for (const bool map_scale : {false, true}) {
    const std::vector<Observable> wanted = ledger_set({}, rixs, map_scale);
    Evidence shape = evidence_of(wanted, "charged", "heated", library.cations, true, {});
    const Viewer viewer{library, shape.seen}, truth_viewer{others, shape.seen};
    const PriorDraws prior = draw_prior(library, viewer, settings, silent);
    for (const char* world : {"H0", "H1", "H1s", "mixture"}) {
      double covered = 0;
      const std::uint64_t first = stream;
      stream += draws;
      for (int t = 0; t < draws; ++t) {
        core::RandomStream random{81, first + static_cast<std::uint64_t>(t)};
        const std::string which = std::string{world} != "mixture" ? world
                                  : t % 3 == 0                    ? "H0"
                                  : t % 3 == 1                    ? "H1"
                                                                  : "H1s";
        StateDraw truth = random_state(others,
                                       {which == "H0"   ? 0U
                                        : which == "H1" ? bit_of(Process::lithium)
                                                        : bit_of(Process::stabilised)},
                                       random);
        truth.run = run_with_holes(others, 0.49, 0.01, random);
        truth.place[static_cast<std::size_t>(Coordinate::saturation)] = -40;
        const StateDraw one[1] = {truth};
        const LithiumRun& run = others.runs[static_cast<std::size_t>(truth.run)];
        const Viewer::View v = truth_viewer.look(run, one).front();
        const std::vector<Observable> data = noisy(shape, wanted, v.seen, random);
        Evidence e = evidence_of(data, "charged", "heated", library.cations, true, {});
        e.capacity_mAh_per_g = core::Value::with_sigma(run.capacity_mAh_per_g + 5 * random.normal(), 5);
        Evidence rest = evidence_of(data, "charged", "heated", library.cations, true, {});
        std::vector<double> hidden;
        for (const Seen& s : rest.seen) hidden.push_back(s.meaning == Meaning::feature_change ? 1e8 : 0);
        rest.capacity_mAh_per_g = e.capacity_mAh_per_g;
        rest.likelihood.add_variance(hidden);
        const Posterior p = weigh(prior, rest, library, viewer, settings);
        const Ledger l = ledger_of(e, p, viewer).value();
        covered += l.sum.value.low <= 0 && l.sum.value.high >= 0 ? 1 : 0;
        (map_scale ? half_map : half_known).push_back(0.5 * (l.sum.value.high - l.sum.value.low));
      }
      out.detail += fmt::format("{}{}: {:.3f}; ", world, map_scale ? ", scale from the map" : "", covered / draws);
      worst_low = std::min(worst_low, covered / draws);
      worst_high = std::max(worst_high, covered / draws);
    }
  }
  const auto median = [](std::vector<double> v) {
    std::ranges::sort(v);
    return v[v.size() / 2];
  };
  out.figures = {{median(half_known)}, {median(half_map)}, {worst_low}, {worst_high}};
  out.detail += fmt::format("feature {:.2f} % a change, from the map {:.2f} %", rixs.change_percent,
                            rixs.change_from_map_percent);
  return out;
}

// ---- verdict words --------------------------------------------------------------------------------------------------

// What is said of data sets of one world.
struct Said {
  double sets = 0;
  std::array<double, infer::processes> shown{}, favoured{}, alone{};  // of all sets; favoured includes shown
  double any = 0;
};

Said said_in(const World& world, double noise, int sets) {
  const LithiumLibrary& library = shared_library();
  static const std::vector<Observable> wanted = paper_set({}, 1);
  static const Evidence shape = evidence_of(wanted, "charged", "heated", library.cations, false, {});
  static const Viewer viewer{library, shape.seen};
  static const PosteriorSettings settings{
      .combinations = combinations_of(all_processes()), .draws = 1500, .enough = 150, .rounds = 5};
  static const PriorDraws prior = draw_prior(library, viewer, settings, silent);
  Said out{.sets = static_cast<double>(sets)};
  for (int t = 0; t < sets; ++t) {
    core::RandomStream random{101, static_cast<std::uint64_t>(t)};
    const Evidence e = evidence_of(world.draw(random, noise), "charged", "heated", library.cations, false, {});
    const Verdict v = verdict_of(weigh(prior, e, library, viewer, settings), all_processes());
    for (const Process p : v.shown) out.shown[static_cast<std::size_t>(p)] += 1;
    for (const auto* list : {&v.shown, &v.favoured}) {
      for (const Process p : *list) out.favoured[static_cast<std::size_t>(p)] += 1;
    }
    out.any += v.shown.empty() && v.favoured.empty() ? 0 : 1;
  }
  return out;
}

constexpr int verdict_sets = 100;
constexpr auto lithium_index = static_cast<std::size_t>(Process::lithium);

Outcome false_h1() {
  Outcome out;
  for (const double noise : {1.0, 0.4}) {
    const Said s = said_in(worlds()[6], noise, 2 * verdict_sets);
    out.figures.push_back({s.shown[lithium_index] / s.sets});
    out.figures.push_back({s.favoured[lithium_index] / s.sets});
  }
  return out;
}

Outcome false_any() {
  Outcome out;
  for (const double noise : {1.0, 0.4}) {
    const Said s = said_in(worlds()[0], noise, 2 * verdict_sets);
    out.figures.push_back({s.any / s.sets});
  }
  return out;
}

Outcome power() {
  Outcome out;
  const Said s = said_in(worlds()[1], 1, 2 * verdict_sets);
  out.figures = {{s.favoured[lithium_index] / s.sets}, {s.shown[lithium_index] / s.sets}};
  const Said finer = said_in(worlds()[1], 0.4, verdict_sets);
  out.detail = fmt::format("at 0.4 of the noise {:.2f}, {:.2f}", finer.favoured[lithium_index] / finer.sets,
                           finer.shown[lithium_index] / finer.sets);
  return out;
}

// Processes that did not happen, in worlds that no prior holds.
Outcome foreign() {
  Outcome out;
  double worst_shown = 0, worst_favoured = 0;
  for (const ForeignWorld& f : foreign_worlds()) {
    for (const double noise : {1.0, 0.4}) {
      const Said s = said_in(f.world, noise, verdict_sets);
      double shown = 0, favoured = 0;
      std::string which;
      for (const Process p : all_processes()) {
        if ((f.happens & bit_of(p)) != 0) continue;
        const auto i = static_cast<std::size_t>(p);
        shown = std::max(shown, s.shown[i] / s.sets);
        if (s.favoured[i] / s.sets > favoured) which = name_of(p);
        favoured = std::max(favoured, s.favoured[i] / s.sets);
      }
      worst_shown = std::max(worst_shown, shown);
      worst_favoured = std::max(worst_favoured, favoured);
      out.detail += fmt::format("{} at {}: {:.2f} {:.2f} {}; ", f.world.name, noise, shown, favoured, which);
    }
  }
  out.figures = {{worst_shown}, {worst_favoured}};
  return out;
}

// ---- sentences of the page ------------------------------------------------------------------------------------------

// "changed" of a metal or of oxygen, from values and errors alone.
Outcome change_words() {
  Outcome out;
  const LithiumLibrary& library = shared_library();
  const auto rate = [&](const World& world, double noise, bool wanted) {
    double said = 0, all = 0;
    for (int t = 0; t < 400; ++t) {
      core::RandomStream random{111, static_cast<std::uint64_t>(t)};
      const Evidence e = evidence_of(world.draw(random, noise), "charged", "heated", library.cations, false, {});
      for (const MeasuredChange& m : measured_changes(e)) {
        // where it must be found: nickel by electrons
        if (wanted && (m.element != "Ni" || m.law != DepthLaw::surface)) continue;
        all += 1;
        said += std::abs(m.value.value) > core::two_sided_95 * m.value.sigma() ? 1 : 0;
      }
    }
    return said / all;
  };
  double worst = 0;
  for (const double noise : {1.0, 0.4}) {
    worst = std::max(worst, rate(worlds()[0], noise, false));
    const double pieces = rate(foreign_worlds()[0].world, noise, false);
    worst = std::max(worst, pieces);
    out.detail += fmt::format("two pieces at {} of the noise {:.3f}; ", noise, pieces);
  }
  const double found = rate(worlds()[2], 0.4, true);
  out.figures = {{worst}, {found}};
  return out;
}

// "no state describes it", "a closed grain does not describe it", "the ledger does not close".
struct Warned {
  double poor = 0, open = 0, ledger = 0;
};

Warned warned_in(const World& world, double noise, int sets) {
  Warned out;
  for (int t = 0; t < sets; ++t) {
    core::RandomStream random{121, static_cast<std::uint64_t>(t)};
    core::Log log;
    const InferenceRequest request{.before = "charged", .after = "heated", .allowed = all_processes(), .draws = 800};
    const InferenceOutcome o = run_inference(world.draw(random, noise), shared_library(), request, silent, log);
    const result::Result page = describe(o);
    const auto says = [](const std::vector<std::string>& sentences, const char* words) {
      return std::ranges::any_of(sentences, [&](const std::string& s) { return s.find(words) != std::string::npos; });
    };
    out.poor += says(page.warnings, "No state within the priors") ? 1.0 / sets : 0;
    out.open += says(page.warnings, "A grain that nothing enters or leaves") ? 1.0 / sets : 0;
    out.ledger += says(page.answers, "does not close") ? 1.0 / sets : 0;
  }
  return out;
}

Outcome joint_words() {
  Outcome out;
  Warned worst;
  for (const std::size_t closed : {0UL, 7UL}) {
    const Warned w = warned_in(worlds()[closed], 1, 60);
    worst.poor = std::max(worst.poor, w.poor);
    worst.open = std::max(worst.open, w.open);
    worst.ledger = std::max(worst.ledger, w.ledger);
  }
  const Warned brighter = warned_in(worlds()[6], 0.4, 60);
  out.figures = {{worst.poor}, {worst.open}, {worst.ledger}, {brighter.open}, {brighter.ledger}};
  out.detail = fmt::format("no state said of reduction and brighter oxygen: {:.2f}", brighter.poor);
  return out;
}

// ---- cost -----------------------------------------------------------------------------------------------------------

Outcome infer_time() {
  Outcome out;
  core::RandomStream random{91, 0};
  const std::vector<Observable> data = worlds().back().draw(random, 1);
  const double start = cpu_s();
  LithiumLibrary library = library_at(0, 4000);
  const double made = cpu_s();
  core::Log log;
  const InferenceOutcome o = run_inference(
      data, std::move(library), {.before = "charged", .after = "heated", .allowed = all_processes()}, silent, log);
  const result::Result r = describe(o);
  const double done = cpu_s();
  out.figures = {{done - made}, {done - start}};
  out.detail = fmt::format("{:.0f} states count; {}", o.posterior.effective, r.answers.front());
  return out;
}

}  // namespace

std::vector<Check> infer_checks() {
  return {{"identity", identity},
          {"twice", twice},
          {"units", units},
          {"calibration", calibration},
          {"sharpness", sharpness},
          {"implied", implied},
          {"partial", partial},
          {"ledger", ledger},
          {"infer-time", infer_time},
          {"false-h1", false_h1},
          {"joint-change-words", change_words},
          {"joint-words", joint_words},
          {"false-any", false_any},
          {"power", power},
          {"foreign", foreign}};
}

}  // namespace lithoscope::validation
