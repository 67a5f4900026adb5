// What a titration has to tell, as a section of the report.
#pragma once

#include "lithoscope/report/report_model.hpp"
#include "lithoscope/study/run.hpp"

namespace lithoscope::report {

/// D in cm2/s rounded to its uncertainty, "1.24(3)e-14", or with a factor where that is large, "1e-14 (×÷4)".
std::string diffusion_text(const echem::GittPulse& pulse);

/// One sentence with the main result and how far it can be trusted.
std::string gitt_answer(const study::GittOutcome& outcome);
/// The one figure that carries the answer: D against x, or the resistance where no D can be had.
Figure gitt_headline(const study::GittOutcome& outcome);
/// How sure the answer is, in words.
std::string gitt_confidence(const study::GittOutcome& outcome);
/// What a constant current held against the titration says, sentences; empty without one.
std::vector<std::string> constant_current_words(const study::GittOutcome& outcome);
/// What to distrust, sentences with the numbers that triggered them.
std::vector<std::string> gitt_warnings(const study::GittOutcome& outcome);
/// Everything else: record, one pulse explained, open-circuit potential, table.
Section gitt_section(const study::GittOutcome& outcome);

}  // namespace lithoscope::report
