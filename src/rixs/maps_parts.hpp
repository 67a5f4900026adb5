// What describes a map and its spectra, part by part. Private to the room.
#pragma once

#include <string>
#include <vector>

#include "lithoscope/rixs/maps_run.hpp"

namespace lithoscope::rixs {

/// "PFY_O_K": names of the curves' tables, in their order, unique. With "before_" in front those of the state before,
/// with "difference_" those of what changed.
std::vector<std::string> curve_tables(const MapOutcome& one);
/// Whether a curve lies over emission energy (or loss) and not over incident energy.
bool over_emission(const NamedCurve& named);
/// "emission_energy", "incident_energy", "energy_loss": the column a curve lies over.
std::string axis_name(const NamedCurve& named, bool is_loss);
/// "outline_1": where the corners of a polygon stand, by its row among the regions.
std::string outline_name(std::size_t region);

/// Mean over the columns of live pixel-seconds times monitor.
double mean_exposure(const RixsMap& map);

/// "rose by 12(2) %", "changed in shape by 4.1 standard deviations", "did not change: ... is excluded".
std::string change_words(const CurveChange& change);

/// Tables and grids.
void add_tables(const MapsOutcome& outcome, result::Result& out);
void add_grids(const MapsOutcome& outcome, result::Result& out);
/// Figures of what is in the result.
void add_figures(const MapsOutcome& outcome, result::Result& out);
/// Words and sections.
void add_page(const MapsOutcome& outcome, result::Result& out);

}  // namespace lithoscope::rixs
