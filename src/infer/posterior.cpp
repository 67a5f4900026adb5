#include "lithoscope/infer/posterior.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/rng.hpp"
#include "proposal.hpp"

namespace lithoscope::infer {
namespace {

constexpr double no_density = -std::numeric_limits<double>::infinity();
constexpr int shards = 4;

// Views of many draws, run by run.
std::vector<Viewer::View> look_at(const LithiumLibrary& library, const Viewer& viewer,
                                  const std::vector<StateDraw>& draws) {
  std::vector<std::vector<std::size_t>> of_run(library.runs.size());
  for (std::size_t i = 0; i < draws.size(); ++i) of_run[static_cast<std::size_t>(draws[i].run)].push_back(i);
  std::vector<Viewer::View> out(draws.size());
  core::parallel_for(static_cast<std::int64_t>(of_run.size()), [&](std::int64_t r) {
    const auto run = static_cast<std::size_t>(r);
    if (of_run[run].empty()) return;
    std::vector<StateDraw> own;
    for (const std::size_t i : of_run[run]) own.push_back(draws[i]);
    std::vector<Viewer::View> seen = viewer.look(library.runs[run], own);
    for (std::size_t k = 0; k < seen.size(); ++k) out[of_run[run][k]] = std::move(seen[k]);
  });
  return out;
}

double log_of_capacity(const Evidence& evidence, const LithiumRun& run) {
  if (!evidence.capacity_mAh_per_g) return 0;
  const double z = (run.capacity_mAh_per_g - evidence.capacity_mAh_per_g->value) / evidence.capacity_mAh_per_g->sigma();
  return -0.5 * z * z;
}

std::vector<double> likelihoods(const Evidence& evidence, const LithiumLibrary& library,
                                const std::vector<StateDraw>& draws, const std::vector<Viewer::View>& views) {
  std::vector<double> out(draws.size());
  if (!draws.empty()) evidence.likelihood.log_density(views.front().seen);  // prepares once, before the threads
  constexpr std::int64_t at_once = 4096;
  const auto count = static_cast<std::int64_t>(draws.size());
  core::parallel_for((count + at_once - 1) / at_once, [&](std::int64_t block) {
    for (std::int64_t i = block * at_once; i < std::min(count, (block + 1) * at_once); ++i) {
      const auto k = static_cast<std::size_t>(i);
      out[k] = evidence.likelihood.log_density(views[k].seen) +
               log_of_capacity(evidence, library.runs[static_cast<std::size_t>(draws[k].run)]);
    }
  });
  return out;
}

double effective_of(const std::vector<double>& weight) {
  double squares = 0;
  for (const double w : weight) squares += w * w;
  return squares > 0 ? 1 / squares : 0;
}

void set_weights(Posterior& p) {
  double best = no_density;
  for (const double l : p.log_likelihood) best = std::max(best, l);
  if (!(best > no_density) || std::isnan(best)) {
    throw core::ComputationError({.what = "no state within the priors gives what was measured any likelihood",
                                  .expected = "a prior with mass at the data",
                                  .found = "none",
                                  .advice = "widen the priors of [inference.prior], or look for a wrong input"});
  }
  p.weight.resize(p.draws.size());
  double total = 0;
  for (std::size_t i = 0; i < p.weight.size(); ++i) {
    p.weight[i] = p.prior[i] * std::exp(p.log_likelihood[i] - best);
    total += p.weight[i];
  }
  p.probability.fill(0);
  for (std::size_t i = 0; i < p.weight.size(); ++i) {
    p.weight[i] /= total;
    p.probability[p.draws[i].on] += p.weight[i];
  }
  p.effective = effective_of(p.weight);
  std::map<std::int32_t, double> of_runs;
  double moving = 0;
  for (std::size_t i = 0; i < p.weight.size(); ++i) {
    if ((p.draws[i].on & bit_of(Process::lithium)) == 0) continue;
    of_runs[p.draws[i].run] += p.weight[i];
    moving += p.weight[i];
  }
  std::vector<double> shares;
  for (const auto& [run, w] : of_runs) shares.push_back(moving > 0 ? w / moving : 0);
  p.effective_runs = effective_of(shares);
}

// Draws of one round with their densities' reciprocals: of whatever they are an unbiased sum.
struct Round {
  std::size_t first = 0, count = 0;
};

// Rounds in proportion to the draws that count in each. A draw is weighed by the density of its own round alone: a
// later proposal is made of it, so that its density there would not be independent of it.
void balance(Posterior& p, const std::vector<double>& base, const std::vector<Round>& rounds) {
  const double best = *std::ranges::max_element(p.log_likelihood);
  std::vector<double> effective;
  double total = 0;
  for (const Round& r : rounds) {
    double sum = 0, squares = 0;
    for (std::size_t i = r.first; i < r.first + r.count; ++i) {
      const double w = base[i] * std::exp(p.log_likelihood[i] - best);
      sum += w;
      squares += w * w;
    }
    effective.push_back(squares > 0 ? sum * sum / squares : 0);
    total += effective.back();
  }
  p.prior.resize(base.size());
  for (std::size_t k = 0; k < rounds.size(); ++k) {
    for (std::size_t i = rounds[k].first; i < rounds[k].first + rounds[k].count; ++i)
      p.prior[i] = base[i] * effective[k] / total;
  }
  set_weights(p);
}

StateDraw any_state(const PriorDraws& prior, std::size_t runs, core::RandomStream& random) {
  const auto pick = [&](std::size_t n) {
    return std::min(static_cast<std::size_t>(random.uniform() * static_cast<double>(n)), n - 1);
  };
  StateDraw out{.run = static_cast<std::int32_t>(pick(runs)),
                .on = prior.combinations[pick(prior.combinations.size())]};
  for (std::size_t c = 0; c < coordinates; ++c) {
    if (depends_on(static_cast<Coordinate>(c), out.on)) out.place[c] = random.normal();
  }
  return out;
}

// New draws round those that count, a part of them from the prior itself so that no weight is unbounded.
void refine(Posterior& p, std::vector<double>& base, std::vector<Round>& rounds, const PriorDraws& prior,
            const Evidence& evidence, const LithiumLibrary& library, const Viewer& viewer, std::uint64_t seed) {
  const Proposal proposal{p, prior.combinations.size(), library.runs.size()};
  constexpr std::size_t batch = 12000;
  constexpr double of_prior = 0.2;
  core::RandomStream random{seed, 1000 + rounds.size()};
  std::vector<StateDraw> fresh;
  for (std::size_t i = 0; i < batch; ++i) {
    fresh.push_back(random.uniform() < of_prior ? any_state(prior, library.runs.size(), random)
                                                : proposal.draw(random));
  }
  std::vector<Viewer::View> views = look_at(library, viewer, fresh);
  const std::vector<double> log_l = likelihoods(evidence, library, fresh, views);
  std::vector<double> reciprocal(batch);
  constexpr std::int64_t at_once = 1024;
  core::parallel_for((static_cast<std::int64_t>(batch) + at_once - 1) / at_once, [&](std::int64_t block) {
    for (std::int64_t i = block * at_once; i < std::min<std::int64_t>(batch, (block + 1) * at_once); ++i) {
      const auto k = static_cast<std::size_t>(i);
      reciprocal[k] = 1 / (of_prior + (1 - of_prior) * proposal.over_prior(fresh[k])) / static_cast<double>(batch);
    }
  });
  rounds.push_back({p.draws.size(), batch});
  for (std::size_t i = 0; i < batch; ++i) {
    p.draws.push_back(fresh[i]);
    p.views.push_back(std::move(views[i]));
    p.log_likelihood.push_back(log_l[i]);
    p.shard.push_back(static_cast<int>(i % shards));
    base.push_back(reciprocal[i]);
  }
  balance(p, base, rounds);
  p.rounds = static_cast<int>(rounds.size()) - 1;
}

}  // namespace

std::vector<unsigned> combinations_of(const std::vector<Process>& processes_allowed) {
  unsigned all = 0;
  for (const Process p : processes_allowed) all |= bit_of(p);
  std::vector<unsigned> out;
  for (unsigned on = 0; on < combinations; ++on) {
    if ((on & ~all) == 0) out.push_back(on);
  }
  return out;
}

PriorDraws draw_prior(const LithiumLibrary& library, const Viewer& viewer, const PosteriorSettings& settings,
                      core::Progress& progress) {
  PriorDraws out{.combinations = settings.combinations};
  std::vector<std::vector<StateDraw>> of(settings.combinations.size());
  progress.start("states", static_cast<std::int64_t>(of.size()));
  core::parallel_for(static_cast<std::int64_t>(of.size()), [&](std::int64_t k) {
    const auto i = static_cast<std::size_t>(k);
    of[i] = draw_states(library, settings.combinations[i], settings.draws, settings.seed);
  });
  for (std::vector<StateDraw>& draws : of) out.draws.insert(out.draws.end(), draws.begin(), draws.end());
  out.views = look_at(library, viewer, out.draws);
  out.weight.assign(out.draws.size(), 1.0 / static_cast<double>(out.draws.size()));
  progress.finish();
  return out;
}

Posterior weigh(const PriorDraws& prior, const Evidence& evidence, const LithiumLibrary& library, const Viewer& viewer,
                const PosteriorSettings& settings) {
  Posterior p{.draws = prior.draws, .views = prior.views, .prior = prior.weight};
  p.log_likelihood = likelihoods(evidence, library, p.draws, p.views);
  for (std::size_t i = 0; i < p.draws.size(); ++i) p.shard.push_back(static_cast<int>(i % shards));
  set_weights(p);
  const auto at_best = [&] { return chi_squared(evidence, library, p.draws[p.best()], p.views[p.best()]); };
  p.prior_chi_squared = at_best();
  std::vector<double> base = prior.weight;
  std::vector<Round> rounds{{0, base.size()}};
  // Two rounds at least: that enough states count in all does not say it of each combination.
  constexpr int least_rounds = 2;
  while ((p.effective < settings.enough || p.rounds < least_rounds) && p.rounds < settings.rounds)
    refine(p, base, rounds, prior, evidence, library, viewer, settings.seed);
  p.least_chi_squared = at_best();
  return p;
}

Interval interval_of(std::vector<std::pair<double, double>> sample) {
  Interval out{result::not_a_number, result::not_a_number, result::not_a_number, result::not_a_number,
               result::not_a_number};
  double total = 0, sum = 0;
  for (const auto& [value, weight] : sample) {
    total += weight;
    sum += weight * value;
  }
  if (!(total > 0)) return out;
  std::ranges::sort(sample);
  out.mean = sum / total;
  double squares = 0;
  for (const auto& [value, weight] : sample) squares += weight * (value - out.mean) * (value - out.mean);
  out.sd = std::sqrt(squares / total);
  // each draw stands at the middle of its weight; linear between neighbours
  const auto quantile = [&](double share) {
    double below = 0, last_place = 0, last = sample.front().first;
    bool first = true;
    for (const auto& [value, weight] : sample) {
      if (weight <= 0) continue;
      const double place = (below + 0.5 * weight) / total;
      if (place >= share) {
        if (first || place <= last_place) return value;
        return last + (value - last) * (share - last_place) / (place - last_place);
      }
      below += weight;
      last_place = place;
      last = value;
      first = false;
    }
    return sample.back().first;
  };
  out.low = quantile(0.025);
  out.median = quantile(0.5);
  out.high = quantile(0.975);
  return out;
}

double chi_squared(const Evidence& evidence, const LithiumLibrary& library, const StateDraw& draw,
                   const Viewer::View& view) {
  const double of_values = evidence.likelihood.size() == 0 ? 0 : evidence.likelihood.chi_squared(view.seen);
  return of_values - 2 * log_of_capacity(evidence, library.runs[static_cast<std::size_t>(draw.run)]);
}

int values_of(const Evidence& evidence) {
  return static_cast<int>(evidence.likelihood.size()) + (evidence.capacity_mAh_per_g ? 1 : 0);
}

Interval Posterior::interval(const Of& of, const Which& which) const {
  std::vector<std::pair<double, double>> sample;
  for (std::size_t i = 0; i < draws.size(); ++i) {
    if (weight[i] > 0 && (!which || which(draws[i]))) sample.emplace_back(of(views[i]), weight[i]);
  }
  return interval_of(std::move(sample));
}

double Posterior::probability_of(Process process) const {
  double sum = 0;
  for (unsigned on = 0; on < combinations; ++on) {
    if ((on & bit_of(process)) != 0) sum += probability[on];
  }
  return sum;
}

double Posterior::r_hat(const Of& of) const {
  std::array<double, shards> total{}, mean{}, square{};
  for (std::size_t i = 0; i < draws.size(); ++i) {
    const auto s = static_cast<std::size_t>(shard[i]);
    const double v = of(views[i]);
    total[s] += weight[i];
    mean[s] += weight[i] * v;
    square[s] += weight[i] * v * v;
  }
  double within = 0, middle = 0, between = 0;
  for (std::size_t s = 0; s < shards; ++s) {
    if (!(total[s] > 0)) return std::numeric_limits<double>::infinity();
    mean[s] /= total[s];
    within += (square[s] / total[s] - mean[s] * mean[s]) / shards;
    middle += mean[s] / shards;
  }
  for (const double m : mean) between += (m - middle) * (m - middle) / (shards - 1);
  return within > 0 ? std::sqrt((within + between) / within) : 1;
}

std::size_t Posterior::best() const {
  std::size_t out = 0;
  for (std::size_t i = 1; i < draws.size(); ++i) {
    if (log_likelihood[i] > log_likelihood[out]) out = i;
  }
  return out;
}

Interval prior_interval(const PriorDraws& prior, const Posterior::Of& of, const Posterior::Which& which) {
  std::vector<std::pair<double, double>> sample;
  for (std::size_t i = 0; i < prior.draws.size(); ++i) {
    if (!which || which(prior.draws[i])) sample.emplace_back(of(prior.views[i]), prior.weight[i]);
  }
  return interval_of(std::move(sample));
}

}  // namespace lithoscope::infer
