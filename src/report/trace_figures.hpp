// Figures of what is fitted to a whole titration, and of a constant current held against it. Private to the room.
#pragma once

#include "lithoscope/report/report_model.hpp"
#include "lithoscope/study/run.hpp"

namespace lithoscope::report {

Figure residual_figure(const study::GittOutcome& outcome);
Figure rest_length_figure(const study::GittOutcome& outcome);
Figure constant_current_figure(const study::GittOutcome& outcome);
Figure polarisation_figure(const study::GittOutcome& outcome);
Figure differential_capacity_figure(const study::GittOutcome& outcome);

}  // namespace lithoscope::report
