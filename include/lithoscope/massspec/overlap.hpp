// Which gas makes which ions, and how much of each gas some ions are made of.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lithoscope/core/value.hpp"

namespace lithoscope::massspec {

/// Whether two m/z are one mass: masses are half a unit apart and more.
bool same_mass(double a, double b);

struct Fragment {
  double mz = 0;
  double share = 0;  ///< of the ions at the base mass
};
/// A gas as electrons of 70 eV break it. Shares are those of the NIST Chemistry WebBook.
struct Gas {
  std::string name;  ///< "O2"
  std::string title;
  double molar_mass_g_per_mol = 0;
  std::vector<Fragment> fragments;  ///< the first is the base mass, with a share of 1
  double base_mz() const { return fragments.front().mz; }
  double share_at(double mz) const;
};
const std::vector<Gas>& known_gases();
/// Throws UsageError that names the nearest.
const Gas& gas_named(const std::string& name);

/// Ions of one m/z, with the covariance of all of them.
struct IonSums {
  std::vector<double> mz;
  std::vector<double> sum;         ///< charge, in C, or another measure that is linear in the gases
  std::vector<double> covariance;  ///< n by n
};

/// One gas, or several that the measured masses cannot tell apart, as ions at its base mass.
struct GasSum {
  std::vector<std::string> gases;  ///< more than one: their sum
  bool told_apart = true;          ///< of a sum: whether its gases are there one by one, too
  core::Value at_base;             ///< nonnegative least squares
  double low = 0, high = 0;        ///< 95 %, from the profile of the likelihood with no gas below 0
};

struct OverlapSettings {
  double fragment_uncertainty = 0.1;  ///< one sigma of each share but the base's, relative: instruments differ
};

struct Overlap {
  std::vector<GasSum> gases;       ///< one by one, then sums of those that share their base mass
  std::vector<double> covariance;  ///< of at_base without the bound at 0, n by n in the order of `gases`
  std::vector<double> used_mz;
  /// Rows of at_base = weights * sum, without the bound: what unmixes a record moment by moment. n by used_mz.
  std::vector<double> weights;
  double condition = 1;                 ///< of the masses' equations, each in its own sigma
  std::optional<double> explained_16;   ///< measured at m/z 16 over what the gases make there; nothing: not measured
  std::vector<std::string> unmeasured;  ///< gases without a measured base mass, which are left out
};

/// Gases that `mz` can show: those with a measured base mass; none that carry others (He, Ar), and no CH4 and C2H4,
/// whose base masses are nearly always other gases'.
std::vector<std::string> visible_gases(std::span<const double> mz);

/// Weighted nonnegative least squares. Two gases are told apart only by a mass where their shares differ by more than
/// twice the fragments' uncertainty; m/z 16, to which nearly every gas adds, separates nothing and is used for a gas
/// that has no other mass alone. Throws UsageError when no gas is visible.
Overlap unmix(const IonSums& ions, const std::vector<std::string>& gases, const OverlapSettings& settings = {});

}  // namespace lithoscope::massspec
