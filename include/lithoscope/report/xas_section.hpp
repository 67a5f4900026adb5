// Absorption spectra, valences and self-absorption, as reports.
#pragma once

#include "lithoscope/report/report_model.hpp"
#include "lithoscope/study/xas_run.hpp"

namespace lithoscope::report {

/// What came out, a sentence each.
std::vector<std::string> xas_answers(const study::XasOutcome& outcome);
std::vector<std::string> valence_answers(const study::ValenceOutcome& outcome);
std::vector<std::string> self_absorption_answers(const study::SelfAbsorptionOutcome& outcome);

Report make_report(const study::XasOutcome& outcome);
Report make_report(const study::ValenceOutcome& outcome);
Report make_report(const study::SelfAbsorptionOutcome& outcome);

/// The numbers as JSON text (schemas lithoscope/xas/1, /valence/1, /selfabs/1), without the report's model.
std::string xas_json(const study::XasOutcome& outcome);
std::string valence_json(const study::ValenceOutcome& outcome);
std::string self_absorption_json(const study::SelfAbsorptionOutcome& outcome);

}  // namespace lithoscope::report
