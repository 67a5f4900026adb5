// What a titration has to tell, as a section of the report.
#pragma once

#include "lithoscope/report/report_model.hpp"
#include "lithoscope/study/run.hpp"

namespace lithoscope::report {

/// One sentence with the main result and how far it can be trusted.
std::string gitt_answer(const study::GittOutcome& outcome);
Section gitt_section(const study::GittOutcome& outcome);

}  // namespace lithoscope::report
