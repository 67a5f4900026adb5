// From a study to results: which files will be read (plan), then reading and reducing them (run).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lithoscope/core/log.hpp"
#include "lithoscope/core/progress.hpp"
#include "lithoscope/echem/constant_current.hpp"
#include "lithoscope/study/study_file.hpp"

namespace lithoscope::study {

struct PlannedMeasurement {
  Measurement measurement;
  std::vector<std::string> paths;  ///< patterns expanded, in natural order (pulse_2 before pulse_10)
  std::vector<std::string> constant_current_paths;
};

struct Plan {
  Study study;
  std::vector<PlannedMeasurement> measurements;
};

/// Throws UsageError when a file is missing or a pattern matches nothing.
Plan make_plan(const Study& study);

struct GittOutcome {
  Measurement measurement;
  echem::CyclerTable table;
  echem::GittSample sample;  ///< what the analysis assumed, from the study and from the file
  echem::GittResult result;
  std::vector<std::string> remarks;  ///< what was assumed and where it came from
  std::optional<echem::ConstantCurrent> constant_current;
  std::vector<echem::SourceFile> constant_current_sources;
};

struct RunResult {
  Plan plan;
  std::vector<GittOutcome> gitt;
};

RunResult run(const Plan& plan, core::Progress& progress, core::Log& log);

/// Reads and joins the files of one measurement.
echem::CyclerTable read_measurement(const PlannedMeasurement& planned, core::Progress& progress);

/// The bytes of run.nxs: one NXentry, one NXsubentry a measurement, NXprocess with settings and input hashes; HDF5
/// viewers open on log10 D against x (or the potential against time where no D can be had).
std::string nexus_file(const RunResult& run);

std::string program_version();

}  // namespace lithoscope::study
