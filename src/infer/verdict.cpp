// From probabilities to words.
#include <algorithm>

#include "lithoscope/infer/inference_run.hpp"

namespace lithoscope::infer {
namespace {

constexpr double favoured_odds = 10, shown_odds = 100;

double odds(double probability) { return probability / std::max(1 - probability, 1e-12); }

double probability_of_either(const Posterior& p, Process a, Process b) {
  double sum = 0;
  for (unsigned on = 0; on < combinations; ++on) {
    if ((on & (bit_of(a) | bit_of(b))) != 0) sum += p.probability[on];
  }
  return sum;
}

}  // namespace

Verdict verdict_of(const Posterior& posterior, const std::vector<Process>& allowed) {
  Verdict out;
  for (const Process p : allowed) {
    const double o = odds(posterior.probability_of(p));
    (o > shown_odds            ? out.shown
     : o > favoured_odds       ? out.favoured
     : o * favoured_odds < 1.0 ? out.not_needed
                               : out.undecided)
        .push_back(p);
  }
  for (std::size_t i = 0; i < out.undecided.size(); ++i) {
    for (std::size_t j = i + 1; j < out.undecided.size(); ++j) {
      const Process a = out.undecided[i], b = out.undecided[j];
      // of two independent coins at their own probabilities one would be on as often: only more than that ties them
      const double apart = 1 - (1 - posterior.probability_of(a)) * (1 - posterior.probability_of(b));
      const double together = probability_of_either(posterior, a, b);
      constexpr double tied = 1.5;
      if (odds(together) > favoured_odds && odds(together) > tied * odds(apart)) out.either.emplace_back(a, b);
    }
  }
  return out;
}

}  // namespace lithoscope::infer
