// Figures of a calibrated array. Private to the room.
#pragma once

#include "lithoscope/report/report_model.hpp"
#include "lithoscope/study/tes_run.hpp"

namespace lithoscope::report {

/// All pixels' spectra below each other: lines are straight where all scales agree.
Figure pixel_map_figure(const study::TesOutcome& outcome);
Figure array_spectrum_figure(const study::TesOutcome& outcome);
/// What each line would be by the other lines of its pixel.
Figure drop_one_figure(const study::TesOutcome& outcome);
/// What is left of the drift between calibrations; one calibration has none.
Figure drift_figure(const study::TesOutcome& outcome);
Figure resolution_figure(const study::TesOutcome& outcome);
/// Position of the busiest line over the whole run, all pixels.
Figure line_over_time_figure(const study::TesOutcome& outcome);

}  // namespace lithoscope::report
