// What a run tells against itself: assumptions that cannot be, or that nothing but the wanted answer speaks for.
#pragma once

#include <string>
#include <vector>

#include "lithoscope/particle/history.hpp"
#include "lithoscope/particle/model.hpp"
#include "lithoscope/particle/programme.hpp"

namespace lithoscope::particle {

/// Sentences with the number that triggered them: levels narrower than temperature allows, a slow-down that only the
/// survival of a gradient speaks for, remarks of the legs, a surface that was the more reduced one from the start.
std::vector<std::string> look_for_trouble(const Model& model, const Programme& programme, const Run& run);

}  // namespace lithoscope::particle
