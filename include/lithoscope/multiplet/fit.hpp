// Parameters of an ion from a measured absorption spectrum, with intervals.
#pragma once

#include <string>
#include <vector>

#include "lithoscope/core/progress.hpp"
#include "lithoscope/core/value.hpp"
#include "lithoscope/multiplet/ion_settings.hpp"

namespace lithoscope::multiplet {

struct MeasuredSpectrum {
  std::vector<double> energy_eV;
  std::vector<double> intensity;
  std::vector<double> sigma;  ///< of each point; empty: one for all, from the misfit
};

struct FittedParameter {
  std::string name;  ///< of ion_settings_table() or spectrum_settings_table()
  std::string unit;
  core::Value value;
  bool at_bound = false;  ///< the interval is one-sided at best
};

struct SpectrumFit {
  std::vector<FittedParameter> parameters;
  IonSettings ion;
  SpectrumSettings spectrum;
  double amplitude = 0, background = 0;  ///< solved for at each step; the model is amplitude * spectrum + background
  double background_slope = 0;           ///< per eV, about the mean energy
  std::vector<double> model;             ///< at the measured energies
  double reduced_chi_squared = 0;        ///< 1 by construction when there are no sigmas
  int solved = 0;                        ///< Hamiltonians
  bool converged = false;
  std::vector<std::string> warnings;
};

/// Least squares (Ceres) over the named parameters from the given settings and a few other fields, because a spectrum
/// often has more than one; an offset is first looked for by shifting. Intervals are one sigma, of the linearised
/// problem with amplitude and background free. Throws UsageError for a name that is none and ComputationError for too
/// few or broken points.
SpectrumFit fit_spectrum(const material::Ion& ion, const FieldChoice& field, const IonSettings& start,
                         const SpectrumSettings& spectrum, const std::vector<std::string>& free,
                         const MeasuredSpectrum& measured, core::Progress& progress);

}  // namespace lithoscope::multiplet
