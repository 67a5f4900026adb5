// What the three probes of the room are made of. Private to the room.
#pragma once

#include <string>
#include <vector>

#include "lithoscope/probe/probe.hpp"
#include "lithoscope/xas/reading.hpp"
#include "lithoscope/xas/sight.hpp"
#include "lithoscope/xas/xas_run.hpp"

namespace lithoscope::xas {

ScanChoice choice_of(const probe::Input& input);
/// Settings of the columns and the normalisation, with the spectrum that is aligned to.
Reading reading_in(const probe::Measurement& m);
Matter matter_in(const probe::Measurement& m);
XasStudy xas_study_in(const probe::Measurement& m);

/// As XDI text and as NeXus: `write` makes the bytes.
using WriteSpectrum = std::string (*)(const probe::Measurement&, probe::Context&);
std::vector<probe::Export> spectrum_exports(WriteSpectrum xdi, WriteSpectrum nexus);

// ---- the particle's doors -------------------------------------------------------------------------------------------

std::vector<core::SettingInfo> beam_settings();
std::vector<result::Observable> predict_features(const probe::Scene& scene, const probe::Measurement& m,
                                                 std::vector<result::Observable> wanted, probe::Context& context);
std::vector<result::Observable> predict_valences(const probe::Scene& scene, const probe::Measurement& m,
                                                 std::vector<result::Observable> wanted, probe::Context& context);
void synthesize_file(const probe::Scene& scene, const probe::Measurement& m, const probe::Sink& sink,
                     probe::Context& context);

}  // namespace lithoscope::xas
