// What a programme did to a particle, as a report.
#pragma once

#include "lithoscope/report/report_model.hpp"
#include "lithoscope/study/particle_run.hpp"

namespace lithoscope::report {

/// One sentence a branch: what the surface, the bulk and the oxygen feature do.
std::vector<std::string> particle_answers(const study::ParticleOutcome& outcome);

Report make_report(const study::ParticleOutcome& outcome);

/// The numbers as JSON text (schema lithoscope/particle/1), without the report's model.
std::string particle_json(const study::ParticleOutcome& outcome);

}  // namespace lithoscope::report
