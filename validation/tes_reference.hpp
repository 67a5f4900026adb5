// The real SSRL 10-1 scan and the peer's recipe for its reference counts, shared by checks.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "lithoscope/rixs/map.hpp"
#include "lithoscope/tes/array_run.hpp"

namespace lithoscope::validation {

std::string tes_path(const std::string& name);
inline constexpr std::array ssrl_channels{1, 3, 7, 9, 13, 15, 17, 19};

/// Columns of a file of numbers without a header line but a comment.
std::vector<std::vector<double>> headerless_columns(const std::string& path);

/// The default path from files to events.
tes::ArrayRequest ssrl_study();
tes::ArrayOutcome ssrl_default();
std::vector<tes::ScanPass> ssrl_passes();

/// Events by the peer's anchors, gain spline and cuts (spec, section 10).
std::vector<tes::PixelEvents> ssrl_recipe(int pixels);
/// All six passes in bins of 1 eV from 0.
rixs::RixsMap ssrl_recipe_map(int pixels, rixs::Windows windows);

}  // namespace lithoscope::validation
