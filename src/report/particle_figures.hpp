// The figures of a particle. Private to the room.
#pragma once

#include "lithoscope/report/report_model.hpp"
#include "lithoscope/study/particle_run.hpp"

namespace lithoscope::report {

/// Branches after which the oxide is still layered: those whose changes can be shown on one scale.
std::vector<const particle::Leg*> mild_branches(const study::ParticleOutcome& outcome);

Figure change_figure(const study::ParticleOutcome& outcome);
/// Lithium, potential, valences and holes over radius and programme (paper.md Fig. 6 with numbers).
std::vector<Figure> radius_time_figures(const study::ParticleOutcome& outcome);
Figure profile_figure(const study::ParticleOutcome& outcome);
/// Of the trunk, of branches that stay layered, of those that lose oxygen: each on its own scale.
std::vector<Figure> ledger_figures(const study::ParticleOutcome& outcome);
Figure charge_figure(const study::ParticleOutcome& outcome);
/// Extents and oxygen of branches that heat far enough; empty when none does.
std::vector<Figure> heating_figures(const study::ParticleOutcome& outcome);
std::vector<Figure> scan_figures(const study::ParticleOutcome& outcome);

}  // namespace lithoscope::report
