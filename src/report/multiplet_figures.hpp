// Figures of an ion's spectra. Private to the room.
#pragma once

#include <vector>

#include "lithoscope/report/report_model.hpp"
#include "lithoscope/study/multiplet_run.hpp"

namespace lithoscope::report {

Figure absorption_figure(const study::MultipletOutcome& outcome);
Figure polarisation_figure(const study::MultipletOutcome& outcome);
Figure fit_figure(const study::MultipletOutcome& outcome);
/// Maps as the spectrometer sees them, and a cut at the L3 maximum with and without its resolution.
std::vector<Figure> scattering_figures(const study::MultipletOutcome& outcome);

}  // namespace lithoscope::report
