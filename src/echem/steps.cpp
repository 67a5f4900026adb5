#include "lithoscope/echem/steps.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "lithoscope/core/constants.hpp"

namespace lithoscope::echem {
namespace {

double median_of_three(double a, double b, double c) { return std::max(std::min(a, b), std::min(std::max(a, b), c)); }

// |current| without single outliers, so that the sample caught half-way through a switch fills no gap.
std::vector<double> magnitudes_without_strays(const CyclerTable& table) {
  const auto& current = table.current_A;
  std::vector<double> magnitudes;
  magnitudes.reserve(current.size());
  for (std::size_t i = 0; i < current.size(); ++i) {
    const double before = std::abs(current[i == 0 ? i : i - 1]);
    const double after = std::abs(current[i + 1 == current.size() ? i : i + 1]);
    magnitudes.push_back(median_of_three(before, std::abs(current[i]), after));
  }
  return magnitudes;
}

struct Run {
  std::int64_t first;
  std::int64_t last;
  int direction;
  std::int64_t rows() const { return last - first + 1; }
};

void append_run(std::vector<Run>& runs, Run run) {
  if (!runs.empty() && runs.back().direction == run.direction) {
    runs.back().last = run.last;
  } else {
    runs.push_back(run);
  }
}

bool clock_breaks_before(const CyclerTable& table, std::int64_t row) {
  const auto i = static_cast<std::size_t>(row);
  return table.time_s[i] < table.time_s[i - 1];
}

std::vector<Run> runs_of_direction(const CyclerTable& table, double threshold) {
  std::vector<Run> runs;
  for (std::int64_t i = 0; i < table.rows(); ++i) {
    const double current = table.current_A[static_cast<std::size_t>(i)];
    append_run(runs, {i, i, std::abs(current) <= threshold ? 0 : (current > 0 ? 1 : -1)});
  }
  return runs;
}

// A run of a row or so between two runs of one kind is a glitch of the instrument. Between two different kinds it is
// the sample that caught the switch: it goes with what follows.
std::vector<Run> without_strays(const std::vector<Run>& runs, std::int64_t stray_rows) {
  std::vector<Run> kept;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const bool inner = !kept.empty() && i + 1 < runs.size();
    Run run = runs[i];
    if (inner && run.rows() <= stray_rows) {
      const bool same_around = kept.back().direction == runs[i + 1].direction;
      const bool next_is_stray_too = runs[i + 1].rows() <= stray_rows;
      if (same_around) {
        run.direction = kept.back().direction;
      } else if (!next_is_stray_too && run.direction != 0 && runs[i + 1].direction != 0) {
        run.direction = runs[i + 1].direction;
      }
    }
    append_run(kept, run);
  }
  return kept;
}

double at(const std::vector<double>& values, std::int64_t row) { return values[static_cast<std::size_t>(row)]; }

// A lasting jump of the level inside a run of one sign: two constant currents without a rest between them.
bool level_jumps_at(const CyclerTable& table, const Run& run, std::int64_t row, double level_change) {
  if (row - run.first < 3 || run.last - row < 2) return false;
  const auto three = [&](std::int64_t from) {
    return std::array{std::abs(at(table.current_A, from)), std::abs(at(table.current_A, from + 1)),
                      std::abs(at(table.current_A, from + 2))};
  };
  const auto before = three(row - 3);
  const auto after = three(row);
  const auto [low_before, high_before] = std::ranges::minmax(before);
  const auto [low_after, high_after] = std::ranges::minmax(after);
  const bool flat =
      high_before < (1 + level_change / 4) * low_before && high_after < (1 + level_change / 4) * low_after;
  return flat && (low_after > (1 + level_change) * high_before || low_before > (1 + level_change) * high_after);
}

// The rows at the end of a run during which the potential is held and the current decays: a CV step after a CC step.
std::int64_t hold_begins(const CyclerTable& table, const Run& run, double hold_V) {
  constexpr std::int64_t fewest_rows = 5;
  std::int64_t row = run.last;
  // The last row may already be the relaxation after the switch.
  const double held = at(table.potential_V, std::max(run.first, run.last - 1));
  while (row > run.first && std::abs(at(table.potential_V, row - 1) - held) <= hold_V) --row;
  if (run.last - row + 1 < fewest_rows) return run.last + 1;
  const double first_current = std::abs(at(table.current_A, row));
  const double last_current = std::abs(at(table.current_A, run.last - 1));
  return last_current < 0.8 * first_current ? row : run.last + 1;
}

std::vector<Run> split_levels(const CyclerTable& table, const std::vector<Run>& runs, const StepSettings& settings) {
  std::vector<Run> parts;
  for (Run run : runs) {
    for (std::int64_t row = run.first + 1; row <= run.last; ++row) {
      const bool cut = clock_breaks_before(table, row) ||
                       (run.direction != 0 && level_jumps_at(table, run, row, settings.level_change));
      if (!cut) continue;
      parts.push_back({run.first, row - 1, run.direction});
      run.first = row;
    }
    parts.push_back(run);
  }
  return parts;
}

// When the current was switched between row - 1 and row. A charge counter tells exactly; else the row before, which
// most instruments write at the switch, unless it lies far back.
void locate_switch(const CyclerTable& table, double current_before, double current_after, std::int64_t row,
                   Step& step) {
  const double before = at(table.time_s, row - 1);
  const double here = at(table.time_s, row);
  const double gap = here - before;
  const double next_gap = row + 1 < table.rows() ? at(table.time_s, row + 1) - here : gap;
  const bool counted = table.capacity_origin != CapacityOrigin::integrated_current;
  if (counted && current_after != current_before) {
    const double charge_C = (at(table.capacity_Ah, row) - at(table.capacity_Ah, row - 1)) * core::seconds_per_hour;
    const double under_new = (charge_C - current_before * gap) / (current_after - current_before);
    step.start_s = here - std::clamp(under_new, 0.0, gap);
    step.start_uncertainty_s = 0.02 * gap;
    return;
  }
  const bool row_before_marks_it = gap <= std::max(2 * next_gap, 1.0);
  step.start_s = row_before_marks_it ? before : here;
  step.start_uncertainty_s = gap;
}

void measure_current(const CyclerTable& table, Step& step) {
  double weight = 0;
  double sum = 0;
  for (std::int64_t row = step.first_row; row <= step.last_row; ++row) {
    const double span = row > 0 ? std::max(0.0, at(table.time_s, row) - at(table.time_s, row - 1)) : 0.0;
    // The row that caught the switch stands for a moment, not for the gap before it.
    const double w = row == step.first_row && step.rows() > 1 ? std::min(span, 1e-3) : span;
    weight += w;
    sum += w * at(table.current_A, row);
  }
  step.mean_current_A = weight > 0 ? sum / weight : at(table.current_A, step.last_row);
  if (step.direction == 0 || step.rows() < 5) return;
  double squares = 0;
  double mean = 0;
  const auto inner = static_cast<double>(step.rows() - 3);
  for (std::int64_t row = step.first_row + 2; row < step.last_row; ++row) mean += at(table.current_A, row) / inner;
  for (std::int64_t row = step.first_row + 2; row < step.last_row; ++row) {
    squares += std::pow(at(table.current_A, row) - mean, 2);
  }
  step.current_ripple = std::sqrt(squares / inner) / std::abs(mean);
}

// Rows within a tenth of the mean current are under it; those at the ends that are not caught the switch.
void find_settled_rows(const CyclerTable& table, Step& step) {
  step.first_settled_row = step.first_row;
  step.last_settled_row = step.last_row;
  if (step.kind != StepKind::constant_current) return;
  const auto settled = [&](std::int64_t row) {
    return std::abs(at(table.current_A, row) - step.mean_current_A) <= 0.1 * std::abs(step.mean_current_A);
  };
  while (step.first_settled_row < step.last_row && !settled(step.first_settled_row)) ++step.first_settled_row;
  while (step.last_settled_row > step.first_settled_row && !settled(step.last_settled_row)) --step.last_settled_row;
}

StepKind kind_of(const Step& step) {
  if (step.direction == 0) return StepKind::rest;
  constexpr double most_ripple_of_a_constant = 0.25;
  return step.current_ripple <= most_ripple_of_a_constant ? StepKind::constant_current : StepKind::varying;
}

void append_steps(const CyclerTable& table, const Run& run, const StepSettings& settings, std::vector<Step>& steps) {
  const auto append = [&](std::int64_t first, std::int64_t last, bool hold) {
    Step step{.kind = StepKind::rest, .direction = run.direction, .first_row = first, .last_row = last};
    measure_current(table, step);
    step.kind = hold ? StepKind::constant_potential : kind_of(step);
    find_settled_rows(table, step);
    steps.push_back(step);
  };
  const std::int64_t hold = run.direction == 0 ? run.last + 1 : hold_begins(table, run, settings.potential_hold_V);
  if (hold > run.first) append(run.first, std::min(hold - 1, run.last), false);
  if (hold <= run.last) append(hold, run.last, true);
}

}  // namespace

std::span<const core::Setting<StepSettings>> step_settings_table() {
  static constexpr std::array<core::Setting<StepSettings>, 4> table{{
      {"rest_current", "A", &StepSettings::rest_current_A,
       "Current below which the cell rests; 0 finds it from the gap between noise and pulses", 0, 1000000.0},
      {"stray_rows", "1", &StepSettings::stray_rows,
       "A run of at most this many rows inside a step is a glitch, not a step", 0, 1000},
      {"level_change", "1", &StepSettings::level_change, "Lasting relative jump of the current that starts a new step",
       0.01, 100},
      {"potential_hold", "V", &StepSettings::potential_hold_V,
       "Change of the potential within a hold, in which the current decays", 1e-06, 1},
  }};
  return table;
}

double rest_threshold_A(const CyclerTable& table) {
  std::vector<double> magnitudes = magnitudes_without_strays(table);
  const double largest = magnitudes.empty() ? 0.0 : *std::ranges::max_element(magnitudes);
  if (!(largest > 0)) return std::numeric_limits<double>::max();
  // Noise and offsets below a millionth of full current are all one: nothing.
  const double floor = 1e-6 * largest;
  std::vector<double> logs;
  logs.reserve(magnitudes.size());
  for (const double m : magnitudes) logs.push_back(std::log10(std::max(m, floor)));
  std::ranges::sort(logs);
  constexpr double smallest_gap = 0.5;  // decades; a ramp without rests has no such gap
  double best_gap = smallest_gap;
  double threshold = 1e-3 * largest;
  for (std::size_t i = 1; i < logs.size(); ++i) {
    if (logs[i] - logs[i - 1] <= best_gap) continue;
    best_gap = logs[i] - logs[i - 1];
    threshold = std::pow(10.0, 0.5 * (logs[i] + logs[i - 1]));
  }
  return threshold;
}

std::vector<Step> find_steps(const CyclerTable& table, const StepSettings& settings) {
  const double threshold = settings.rest_current_A > 0 ? settings.rest_current_A : rest_threshold_A(table);
  const auto runs = without_strays(runs_of_direction(table, threshold), static_cast<std::int64_t>(settings.stray_rows));
  std::vector<Step> steps;
  for (const Run& run : split_levels(table, runs, settings)) append_steps(table, run, settings, steps);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    Step& step = steps[i];
    const bool clock_restarts = i > 0 && clock_breaks_before(table, step.first_row);
    if (i == 0 || clock_restarts) {
      step.start_s = at(table.time_s, step.first_row);
    } else {
      locate_switch(table, steps[i - 1].direction == 0 ? 0.0 : steps[i - 1].mean_current_A,
                    step.direction == 0 ? 0.0 : step.mean_current_A, step.first_row, step);
    }
    step.end_s = at(table.time_s, step.last_row);
    if (i > 0 && !clock_restarts) steps[i - 1].end_s = step.start_s;
  }
  return steps;
}

const char* name_of(StepKind kind) {
  switch (kind) {
    case StepKind::rest:
      return "rest";
    case StepKind::constant_current:
      return "constant current";
    case StepKind::constant_potential:
      return "constant potential";
    case StepKind::varying:
      return "varying current";
  }
  return "";
}

}  // namespace lithoscope::echem
