// A state of the model particle as soft X-rays see it: valence over depth, and the yields of one edge.
#pragma once

#include <string>

#include "lithoscope/core/progress.hpp"
#include "lithoscope/particle/history.hpp"
#include "lithoscope/study/particle_file.hpp"
#include "lithoscope/xas/synthesize.hpp"

namespace lithoscope::study {

/// Of one cation of the largest grain, from its surface inwards; layers end halfway between nodes.
xas::ValenceProfile valence_profile(const particle::Profile& grain, std::size_t cation);

/// The mark of that name at the end of a leg; the last one when it is empty. Throws UsageError that names those there
/// are.
const particle::Mark& mark_of(const particle::Leg& leg, const std::string& step);

/// L2,3 yields of a 3d metal of the particle at a mark, with computed references of all its ions. Throws UsageError for
/// an element the particle has not.
xas::Yields predict_yields(const ParticleStudy& study, const particle::Mark& mark, const std::string& element,
                           core::Progress& progress);

}  // namespace lithoscope::study
