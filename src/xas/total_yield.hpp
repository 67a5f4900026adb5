// A total fluorescence yield told from a partial one: other elements' lines dip where the edge absorbs, and no
// correction of the edge's own lines undoes that. Private to the room.
#pragma once

#include <string>
#include <vector>

#include "lithoscope/xas/selfabs_run.hpp"

namespace lithoscope::xas {

/// Why what was corrected is no yield of the edge's own lines: by its column's name, by its level below the edge, or
/// because the white lines come out far too weak. Empty where nothing speaks against it, or the user says it is
/// partial.
std::string total_yield_reason(const SelfAbsorptionOutcome& outcome, const material::Composition& composition,
                               const std::string& element, const std::vector<std::string>& shells);

}  // namespace lithoscope::xas
