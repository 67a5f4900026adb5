// What describes self-absorption, part by part. Private to the room.
#pragma once

#include "lithoscope/xas/selfabs_run.hpp"
#include "xas_parts.hpp"

namespace lithoscope::xas {

/// The column of an emitted line's yield: "Ni_La".
std::string line_column(const LineYield& line);

/// Figures of what is in the result.
void add_figures(const SelfAbsorptionOutcome& outcome, result::Result& result);
/// Words and sections.
void add_page(const SelfAbsorptionOutcome& outcome, result::Result& result);

}  // namespace lithoscope::xas
