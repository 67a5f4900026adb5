// All probes there are. A new one is a room and one line in registry.cpp.
#pragma once

#include <string>
#include <vector>

#include "lithoscope/probe/probe.hpp"

namespace lithoscope::study {

using Registry = std::vector<probe::Probe>;

const Registry& registry();

/// nullptr when there is none of that name.
const probe::Probe* find_probe(const Registry& registry, std::string_view name);
/// Throws UsageError that names the nearest.
const probe::Probe& probe_named(const Registry& registry, const std::string& name);

/// Faults of the table itself, sentences: names that are not unique, settings without help or unit, takes of a probe
/// nobody registered.
std::vector<std::string> faults_of(const Registry& registry);

std::string program_version();

}  // namespace lithoscope::study
