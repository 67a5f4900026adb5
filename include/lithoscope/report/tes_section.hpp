// A calibrated microcalorimeter array, as a report.
#pragma once

#include <string>
#include <vector>

#include "lithoscope/report/report_model.hpp"
#include "lithoscope/study/tes_run.hpp"

namespace lithoscope::report {

/// What came out, a sentence each.
std::vector<std::string> tes_answers(const study::TesOutcome& outcome);

Report make_report(const study::TesOutcome& outcome);

/// The page of an array's calibration, also part of the report of a map made with it.
Section calibration_section(const study::TesOutcome& outcome, const std::string& id);

/// The numbers as JSON text (schema lithoscope/tes/1), without the report's model.
std::string tes_json(const study::TesOutcome& outcome);

}  // namespace lithoscope::report
