// Figures of maps and their spectra. Private to the room.
#pragma once

#include "lithoscope/report/report_model.hpp"
#include "lithoscope/study/rixs_run.hpp"

namespace lithoscope::report {

Figure rixs_map_figure(const study::RixsOutcome& outcome, const study::MapOutcome& map, const std::string& when);
Figure rixs_change_figure(const study::RixsOutcome& outcome);
/// One spectrum over incident energy, before and after.
Figure yield_figure(const study::RixsOutcome& outcome, std::size_t which);
Figure yield_difference_figure(const study::RixsOutcome& outcome, std::size_t which);
/// Emission spectra at chosen incident energies, each above the one below.
Figure waterfall_figure(const study::RixsOutcome& outcome);

}  // namespace lithoscope::report
