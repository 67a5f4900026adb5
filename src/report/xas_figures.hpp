// Figures of absorption spectra. Private to the room.
#pragma once

#include <vector>

#include "lithoscope/report/report_model.hpp"
#include "lithoscope/study/xas_run.hpp"

namespace lithoscope::report {

/// "O K (1s) in CuO" or the file's name: what a legend can hold.
std::string short_name(const xas::Spectrum& spectrum);

/// "Ni L2,3".
std::string edge_title(const xas::Spectrum& spectrum);

Figure spectra_figure(const study::XasOutcome& outcome);
Figure pair_figure(const study::XasOutcome& outcome, const study::XasPair& pair);
Figure difference_figure(const study::XasOutcome& outcome, const study::XasPair& pair);
Figure edge_figure(const study::XasSpectrumOutcome& one);
Figure white_line_figure(const study::XasSpectrumOutcome& one);
Figure indicator_figure(const xas::Components& components);

Figure mixture_figure(const study::ValenceOutcome& outcome, std::size_t which);
Figure shares_figure(const study::ValenceOutcome& outcome);
Figure depth_figure(const study::ValenceOutcome& outcome);

Figure correction_figure(const study::SelfAbsorptionOutcome& outcome);
Figure attenuation_figure(const study::SelfAbsorptionOutcome& outcome);
std::vector<Figure> distortion_figures(const study::SelfAbsorptionOutcome& outcome);

}  // namespace lithoscope::report
