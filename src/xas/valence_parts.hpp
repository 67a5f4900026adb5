// What describes a mixture of references, part by part. Private to the room.
#pragma once

#include "lithoscope/xas/valence_run.hpp"
#include "xas_parts.hpp"

namespace lithoscope::xas {

/// "mixture" of the first fit, "mixture_fluorescence" of the second; and so for "shares".
std::string named_by_fit(const char* name, std::size_t fit);

/// Figures of what is in the result.
void add_figures(const ValenceOutcome& outcome, result::Result& result);
/// Words and sections.
void add_page(const ValenceOutcome& outcome, result::Result& result);

}  // namespace lithoscope::xas
