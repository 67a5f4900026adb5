// Maps and events of a known emission model: what the spectrometer would have counted.
#pragma once

#include <cstdint>
#include <vector>

#include "lithoscope/rixs/map.hpp"
#include "lithoscope/tes/synthesize.hpp"

namespace lithoscope::rixs {

/// Emission at one incident energy: rate per incident energy and emission energy, arbitrary units.
struct EmissionModel {
  struct Line {  ///< a Gaussian in both directions; incident sigma 0: at all incident energies
    double incident_eV = 0, emission_eV = 0, sigma_incident_eV = 0, sigma_emission_eV = 0.5, strength = 1;
    bool raman = false;  ///< emission moves along with the incident energy from the line's centre
  };
  std::vector<Line> lines;
  double elastic = 0;  ///< strength at every incident energy
  double elastic_sigma_eV = 0.2;
  double background = 0;  ///< per eV of emission
};

struct MapExposure {
  std::vector<double> incident_eV;
  EnergyBins emission;
  double counts = 1e5;              ///< expected in all
  double resolution_fwhm_eV = 1.4;  ///< of the spectrometer; JACS 2019: 1.4 eV
};

/// Expected counts, rows x columns.
RixsMap expected_map(const EmissionModel& model, const MapExposure& exposure);
/// Poisson counts about it.
RixsMap synthesize_map(const EmissionModel& model, const MapExposure& exposure, std::uint64_t seed,
                       std::uint64_t stream = 0);

/// Photons one pixel sees of a scan, in time: `rate_per_s` where the model emits most, less elsewhere. Energies are as
/// emitted; the pixel adds its own resolution.
std::vector<tes::Photon> draw_scan_photons(const EmissionModel& model, const tes::ScanLog& scan, double rate_per_s,
                                           std::uint64_t seed, std::uint64_t stream);

}  // namespace lithoscope::rixs
