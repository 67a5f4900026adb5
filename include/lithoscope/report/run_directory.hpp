// The directory a run leaves behind: run.nxs, run.json, report.html, figures/, log.jsonl.
#pragma once

#include <string>

#include "lithoscope/core/log.hpp"
#include "lithoscope/io/atomic_file.hpp"
#include "lithoscope/report/report_model.hpp"
#include "lithoscope/study/multiplet_run.hpp"
#include "lithoscope/study/particle_run.hpp"
#include "lithoscope/study/rixs_run.hpp"
#include "lithoscope/study/run.hpp"
#include "lithoscope/study/tes_run.hpp"
#include "lithoscope/study/xas_run.hpp"

namespace lithoscope::report {

Report make_report(const study::RunResult& run);

/// The numbers of a run as JSON text (schema lithoscope/run/1), the report's model included.
std::string run_json(const study::RunResult& run);

/// The numbers of one titration as JSON text (schema lithoscope/gitt/1).
std::string gitt_json(const study::GittOutcome& outcome);

/// What a run leaves: the numbers for HDF5 viewers, for people and for programs.
struct RunFiles {
  std::string nexus;  ///< bytes of run.nxs
  Report report;
  std::string record;  ///< JSON of run.json, without the report; it is added
};
RunFiles run_files(const study::RunResult& run);
RunFiles run_files(const study::ParticleOutcome& outcome);
RunFiles run_files(const study::MultipletOutcome& outcome);
RunFiles run_files(const study::XasOutcome& outcome);
RunFiles run_files(const study::ValenceOutcome& outcome);
RunFiles run_files(const study::SelfAbsorptionOutcome& outcome);
RunFiles run_files(const study::TesOutcome& outcome);
RunFiles run_files(const study::RixsOutcome& outcome);

/// Writes everything into `directory`.part and renames it when whole. Throws OutputError.
void write_run(const RunFiles& files, const std::string& directory, io::Existing existing, const core::Log& log);

/// Draws report.html and figures/ of a finished run again from its run.json. Returns the path of the page.
std::string redraw_report(const std::string& directory);

}  // namespace lithoscope::report
