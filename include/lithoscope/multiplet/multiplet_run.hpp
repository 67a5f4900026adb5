// The probe `multiplet`: spectra of one ion, or an ion from its spectrum.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lithoscope/core/log.hpp"
#include "lithoscope/core/progress.hpp"
#include "lithoscope/multiplet/fit.hpp"
#include "lithoscope/multiplet/ion_settings.hpp"
#include "lithoscope/result/result.hpp"

namespace lithoscope::multiplet {

/// What is to be computed, beside the three tables of ion_settings.hpp.
struct MultipletSettings {
  std::string ion;  ///< "Ni2+"
  CubicAxis axis = CubicAxis::fourfold;
  std::vector<std::string> free;  ///< names of settings that a fit may change; empty: usual_free()
  bool scattering = false;
  bool crystal = false;  ///< what scatters; otherwise a powder
};
std::span<const core::Setting<MultipletSettings>> multiplet_settings_table();

/// Names as in the tables: "10dq", "slater_scale", "energy_offset".
std::vector<std::string> usual_free();

struct FitRequest {
  std::string path;               ///< columns: energy (eV), intensity, and perhaps its standard deviation
  std::vector<std::string> free;  ///< names of settings
  MeasuredSpectrum measured;
};

struct MultipletStudy {
  material::Ion ion;
  IonSettings settings;
  SpectrumSettings spectrum;
  FieldChoice field;
  std::string field_path;  ///< of a matrix
  std::optional<ScatterSettings> scatter;
  bool crystal = false;  ///< what scatters; otherwise a powder
  std::optional<FitRequest> fit;
};

struct ScatterOutcome {
  ScatterAxes axes;
  std::vector<std::string> channels;
  std::vector<std::vector<double>> narrow, seen;  ///< per channel, incident by loss: lifetimes alone, and resolved
  bool krylov = false;
  double krylov_residual = 0;
};

struct MultipletOutcome {
  MultipletStudy study;  ///< with the fitted values, when there was a fit
  std::optional<SpectrumFit> fit;
  Size size;
  std::int64_t blocks_ground = 0, blocks_core_hole = 0;
  std::vector<Level> levels;
  Absorption absorption;
  Edges edges;
  std::vector<double> energy_eV, isotropic;
  struct Along {
    std::string name;  ///< "along x"
    std::vector<double> spectrum;
  };
  std::vector<Along> polarised;  ///< along x, y, z, and left and right about z; empty where all are the same
  std::optional<ScatterOutcome> scatter;
  std::vector<std::string> warnings;
};

/// Two or three columns of numbers, separated by blanks, tabs, commas or semicolons; words above them and lines after
/// '#' are skipped. Throws UnreadableFile.
MeasuredSpectrum read_spectrum(const std::string& path);
MeasuredSpectrum parse_spectrum(std::string_view bytes, const std::string& path);

MultipletOutcome run_multiplet(const MultipletStudy& study, core::Progress& progress, core::Log& log);

/// Numbers, tables, maps, observables, figures and words; the probe's facts are filled in by its caller.
result::Result describe(const MultipletOutcome& outcome);

}  // namespace lithoscope::multiplet
