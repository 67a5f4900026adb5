// Lines a spectrometer is calibrated with: emission to 10 keV by name, or light of a known energy.
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
  double peak_eV = 0;  ///< where its maximum is put (the values of MASS, NIST); of a K line its Ka1 or Kb1
  /// Half of what two laboratories' tables differ by, where both have it: no table states an uncertainty.
  double peak_sigma_eV = 0;
  /// Shape as measured with a grating, not absolutely calibrated and dependent on the compound: HAUSKat 2024, BESSY II.
  std::vector<LineComponent> shape;
  double gaussian_sigma_eV = 0;  ///< of that shape beside its Lorentzians
  /// Components that a fit must know of, as they are further apart than a detector's lines are wide: relative to the
  /// peak. Empty for soft lines, whose shape depends on the compound and is learnt.
  std::vector<LineComponent> doublet;
};

/// A calibration line as a person writes it: a name ("O Ka", "Mn Ka"), a name with an energy of one's own
/// ("Fe La=705.2+-0.3" eV; "+-" left out: taken as exact), or an energy alone ("600", "600+-0.1": light of a
/// monochromator, named "600 eV"). Names are those of the table below, Ka of Na to Ge with the natural doublet
/// (Deslattes et al. 2003; Hoelzer et al. 1997 for Cr to Cu; Schweppe et al. 1994 for Mg to Si), and any other K or L
/// group that xraylib has below 12 keV, to 0.5 eV. Throws UsageError.
EmissionLine emission_line(std::string_view text);

/// Soft lines of solids, ascending.
const std::vector<EmissionLine>& emission_lines();

}  // namespace lithoscope::tes
