// Runs a programme on a model: deterministic, the same bytes every time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lithoscope/particle/history.hpp"
#include "lithoscope/particle/model.hpp"
#include "lithoscope/particle/programme.hpp"
#include "lithoscope/particle/summary.hpp"

namespace lithoscope::particle {

/// How much a run keeps: the ends of steps; also the trace in time; also profiles of the largest grain on the way.
enum class Record { marks, trace, everything };

/// When an instrument would write a row: `first_s` after every switch, then at times that grow by `growth` until even
/// steps take over, and at the end.
struct Sampling {
  double first_s = 0.1;
  double growth = 1.3;
  double even_s = 60;
};

/// The trace has a row a step of the solver, or a row a sample. Throws UsageError for a model or programme that cannot
/// be, ComputationError (step, time, radius) for one that comes to an impossible state: lithium or couples exhausted, a
/// width that vanishes on heating.
Run simulate(const Model& model, const Programme& programme, Record record = Record::trace,
             const std::optional<Sampling>& sampling = std::nullopt);

/// Derivatives of what a run gives to numbers of the model, by carrying them through every step of the solver, the
/// location of cut-offs included.
struct Sensitivities {
  std::vector<std::string> parameters;
  Run run;
  /// [leg][mark][parameter], leg 0 being the trunk.
  std::vector<std::vector<std::vector<Observables>>> seen;
  std::vector<std::vector<std::vector<double>>> mark_time_s;
  /// [leg][row][parameter] of trace.cell_V, at fixed rows of the trace (constant time except after a cut-off).
  std::vector<std::vector<std::vector<double>>> cell_V;
};
/// `names` as in parameters(). Throws what simulate throws, and UsageError for an unknown name or one a run carries no
/// derivatives to.
Sensitivities simulate_with_sensitivities(const Model& model, const Programme& programme,
                                          const std::vector<std::string>& names);

/// Derivatives of summary(model, s.run) to parameter `k` of the sensitivities, in the summary's order; `value`: the
/// parameter's, which sets the length of the step that takes them through the summary.
std::vector<Quantity> summary_slopes(const Model& model, const Sensitivities& s, std::size_t k, double value);

}  // namespace lithoscope::particle
