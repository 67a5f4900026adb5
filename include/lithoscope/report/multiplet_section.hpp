// Spectra of one ion, as a report.
#pragma once

#include "lithoscope/report/report_model.hpp"
#include "lithoscope/study/multiplet_run.hpp"

namespace lithoscope::report {

/// What the spectrum and the fit say, a sentence each.
std::vector<std::string> multiplet_answers(const study::MultipletOutcome& outcome);

Report make_report(const study::MultipletOutcome& outcome);

/// The numbers as JSON text (schema lithoscope/multiplet/1), without the report's model.
std::string multiplet_json(const study::MultipletOutcome& outcome);

/// "1" or "3/2": the spin of a level, where it is nearly one that so many d electrons can have; else a decimal.
std::string spin_text(const multiplet::Level& level, int d_electrons);

}  // namespace lithoscope::report
