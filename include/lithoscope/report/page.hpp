// Results as a page. Knows no probe: what a result holds is what the page says.
#pragma once

#include <span>

#include "lithoscope/report/page_model.hpp"
#include "lithoscope/result/files.hpp"
#include "lithoscope/result/result.hpp"

namespace lithoscope::report {

/// A figure with the numbers it names. `thinned`: no more of them than a screen shows.
Figure drawn(const result::Result& result, const result::Figure& figure, bool thinned);

Page page_of(std::span<const result::Result> results, const result::FileFacts& facts);

/// "diffusion", or "gitt-2-diffusion" where there are several results: the figure's id and file name.
std::string figure_id(std::span<const result::Result> results, std::size_t which, const std::string& figure);

}  // namespace lithoscope::report
