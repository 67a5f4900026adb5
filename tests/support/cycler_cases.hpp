// Cycler tables with known steps, for tests of the analysis.
#pragma once

#include <vector>

#include "lithoscope/echem/cycler_table.hpp"

namespace lithoscope::test {

/// Rows of constant current appended to a table, one every `interval_s`.
inline void append_step(echem::CyclerTable& table, double current_A, double duration_s, double interval_s,
                        double potential_V = 3.5) {
  const double start = table.time_s.empty() ? 0.0 : table.time_s.back();
  for (double t = interval_s; t <= duration_s + 1e-9; t += interval_s) {
    table.time_s.push_back(start + t);
    table.current_A.push_back(current_A);
    table.potential_V.push_back(potential_V);
    table.stamp.push_back(echem::TimeStamp::stamped);
  }
  table.capacity_Ah = echem::integrate_current_Ah(table);
}

}  // namespace lithoscope::test
