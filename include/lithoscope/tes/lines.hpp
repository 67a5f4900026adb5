// Emission lines a spectrometer is calibrated with, soft X-rays of solids.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lithoscope::tes {

struct LineComponent {
  double centre_eV = 0, fwhm_eV = 0, weight = 0;  ///< Lorentzian
};

struct EmissionLine {
  std::string name;    ///< "O Ka"
  double peak_eV = 0;  ///< where its maximum is put (the values of MASS, NIST)
  /// Half of what two laboratories' tables differ by, where both have it: no table states an uncertainty.
  double peak_sigma_eV = 0;
  /// Shape as measured with a grating, not absolutely calibrated and dependent on the compound: HAUSKat 2024, BESSY II.
  std::vector<LineComponent> shape;
  double gaussian_sigma_eV = 0;  ///< of that shape beside its Lorentzians
};

/// Throws UsageError naming the known ones.
const EmissionLine& emission_line(std::string_view name);
const std::vector<EmissionLine>& emission_lines();

}  // namespace lithoscope::tes
