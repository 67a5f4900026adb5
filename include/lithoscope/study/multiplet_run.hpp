// Spectra of one ion: what `litho multiplet` computes, fits and writes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lithoscope/core/log.hpp"
#include "lithoscope/core/progress.hpp"
#include "lithoscope/multiplet/fit.hpp"
#include "lithoscope/multiplet/ion_settings.hpp"

namespace lithoscope::study {

struct FitRequest {
  std::string path;               ///< columns: energy (eV), intensity, and perhaps its standard deviation
  std::vector<std::string> free;  ///< names of settings
  multiplet::MeasuredSpectrum measured;
};

struct MultipletStudy {
  material::Ion ion;
  multiplet::IonSettings settings;
  multiplet::SpectrumSettings spectrum;
  multiplet::FieldChoice field;
  std::string field_path;  ///< of a matrix
  std::optional<multiplet::ScatterSettings> scatter;
  bool crystal = false;  ///< what scatters; otherwise a powder
  std::optional<FitRequest> fit;
};

struct ScatterOutcome {
  multiplet::ScatterAxes axes;
  std::vector<std::string> channels;
  std::vector<std::vector<double>> narrow, seen;  ///< per channel, incident by loss: lifetimes alone, and resolved
  bool krylov = false;
  double krylov_residual = 0;
};

struct MultipletOutcome {
  MultipletStudy study;  ///< with the fitted values, when there was a fit
  std::optional<multiplet::SpectrumFit> fit;
  multiplet::Size size;
  std::int64_t blocks_ground = 0, blocks_core_hole = 0;
  std::vector<multiplet::Level> levels;
  multiplet::Absorption absorption;
  multiplet::Edges edges;
  std::vector<double> energy_eV, isotropic;
  struct Polarised {
    std::string name;  ///< "along x"
    std::vector<double> spectrum;
  };
  std::vector<Polarised> polarised;  ///< along x, y, z, and left and right about z; empty where all are the same
  std::optional<ScatterOutcome> scatter;
  std::vector<std::string> warnings;
};

/// Two or three columns of numbers, separated by blanks, tabs, commas or semicolons; words above them and lines after
/// '#' are skipped. Throws UnreadableFile.
multiplet::MeasuredSpectrum read_spectrum(const std::string& path);
multiplet::MeasuredSpectrum parse_spectrum(std::string_view bytes, const std::string& path);

MultipletOutcome run_multiplet(const MultipletStudy& study, core::Progress& progress, core::Log& log);

/// Every setting with its value, as TOML.
std::string resolved_multiplet_study(const MultipletStudy& study);

/// The bytes of run.nxs.
std::string nexus_file(const MultipletOutcome& outcome);

}  // namespace lithoscope::study
