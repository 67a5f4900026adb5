// How deep soft X-rays see into a grain, from the cross-sections of its elements.
#pragma once

#include <string>

#include "lithoscope/particle/model.hpp"

namespace lithoscope::particle {

/// The edge of an element ("O", or a cation), made where there is none yet.
EdgeDepth& edge_of(Probes& probes, const std::string& element);

/// Fills in the information length (nm) of the metals' L3 and of oxygen's K fluorescence, off resonance and straight
/// out of the grain, for every element that is there and has none yet.
void fill_attenuation_lengths(Model& model);

}  // namespace lithoscope::particle
