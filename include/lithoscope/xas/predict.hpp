// A state of the model particle as soft X-rays see it: valences through the kernels, and the yields of one edge.
#pragma once

#include <string>

#include "lithoscope/core/progress.hpp"
#include "lithoscope/probe/probe.hpp"
#include "lithoscope/xas/sight.hpp"
#include "lithoscope/xas/synthesize.hpp"

namespace lithoscope::xas {

/// How deep a yield sees at an element's edge: the particle's own depths, unless the settings give one. Light is
/// attenuated as well above the edge. Transmission and unknown yields see the volume.
result::DepthKernel kernel_in(const particle::Model& model, const std::string& element, Yield yield,
                              const SightSettings& settings);

/// Mean valence of a cation over all grains, each weighted by what a kernel sees of it. Throws UsageError for an
/// element the particle has not.
double seen_valence(const probe::Scene& scene, const std::string& element, const result::DepthKernel& kernel);

/// L2,3 yields of a 3d metal of the particle, with computed references of all its ions: electrons of all grains by
/// their surfaces; fluorescence of a thick sample whose valence is that which is seen of the grains. Throws UsageError
/// for an element the particle has not, or that has no references.
Yields particle_yields(const probe::Scene& scene, const std::string& element, const SightSettings& settings,
                       core::Progress& progress);

}  // namespace lithoscope::xas
