// Rows of a scan before they are a spectrum: put in order and merged, averaged over intervals, freed of glitches.
// Private to the room.
#pragma once

#include "lithoscope/xas/spectrum.hpp"

namespace lithoscope::xas {

/// In ascending order of energy, equal energies averaged; remarks say so.
void merge_repeats(Spectrum& spectrum);

/// Means over the intervals of `Rebin`, of the energies too; the noise falls with the number of rows. The edge is found
/// before (`steepest_eV`). Rows in ascending order.
void rebin_rows(Spectrum& spectrum, const Rebin& rebin);

/// Replaces single points far off a curve that is smooth about them, with a remark each. A sharp line, a kink and a
/// stretch of larger noise leave residuals about them even without their own top, and stay as they are.
void deglitch(Spectrum& spectrum);

}  // namespace lithoscope::xas
