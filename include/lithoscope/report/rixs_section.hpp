// Maps of resonant scattering and the spectra cut from them, as a report.
#pragma once

#include <string>
#include <vector>

#include "lithoscope/report/report_model.hpp"
#include "lithoscope/study/rixs_run.hpp"

namespace lithoscope::report {

/// What came out, a sentence each.
std::vector<std::string> rixs_answers(const study::RixsOutcome& outcome);

Report make_report(const study::RixsOutcome& outcome);

/// The numbers as JSON text (schema lithoscope/rixs/1), without the report's model.
std::string rixs_json(const study::RixsOutcome& outcome);

}  // namespace lithoscope::report
