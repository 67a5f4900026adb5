// Diffusion-induced stress in a grain and whether it can open a crack.
#pragma once

#include <vector>

#include "lithoscope/particle/history.hpp"
#include "lithoscope/particle/model.hpp"

namespace lithoscope::particle {

/// At the nodes of a profile, quasi-static, elastic and isotropic; tension positive.
struct Stress {
  std::vector<double> radial_GPa;
  std::vector<double> hoop_GPa;
};

/// With the linear strain beta x: sigma_r = 2 E beta / (1 - nu) [M(R) - M(r)], sigma_t = E beta / (1 - nu) [2 M(R) +
/// M(r) - x], M(r) = integral of x r^2 dr / r^3 (Cheng and Verbrugge, J. Appl. Phys. 104, 083521). A long cylinder:
/// sigma_r = E beta / (1 - nu) [M(R) - M(r)], sigma_t = E beta / (1 - nu) [M(R) + M(r) - x] with r dr / r^2; a slab:
/// sigma_r = 0, sigma_t = E beta / (1 - nu) [mean - x]. At the surface sigma_t = E beta (mean - x) / (1 - nu) of all.
Stress diffusion_stress(const Profile& profile, const Mechanics& mechanics);

/// Edge crack that `hoop_GPa` of tension just opens: (K_c / (Y sigma))^2 / pi, in nm; infinite without tension.
double critical_flaw_nm(double hoop_GPa, const Mechanics& mechanics);

/// Tension of a shell that mismatches its core by a volume strain: E (dV/3) / (1 - nu), GPa.
double mismatch_stress_GPa(double volume_strain, const Mechanics& mechanics);

/// Thickness at which a mismatching shell stores enough energy to crack: G = Z sigma^2 h / E against K_c^2 / E, nm.
/// `energy_factor`: Z, near 1 for a thin shell.
double critical_shell_nm(double stress_GPa, const Mechanics& mechanics, double energy_factor = 1.0);

}  // namespace lithoscope::particle
