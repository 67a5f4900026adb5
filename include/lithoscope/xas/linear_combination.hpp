// A spectrum as a mixture of references: shares with intervals that hold although references are never quite aligned
// or normalised, and the mean valence they mean.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lithoscope/core/cubic_spline.hpp"
#include "lithoscope/core/settings.hpp"
#include "lithoscope/core/value.hpp"
#include "lithoscope/xas/spectrum.hpp"

namespace lithoscope::xas {

struct ReferenceCurve {
  std::string name;
  std::optional<double> valence;
  Spectrum spectrum;  ///< its variances count when they are not zero
};

/// Units and meanings are in the table. A standard deviation of 0 fixes the parameter.
struct MixtureSettings {
  double from = 0, to = 0;
  double reference_shift = 0.1;
  double reference_scale = 0.01;
  double shift = 0.05;
  bool free_scale = false;
  bool offset = false, slope = false;
  double bend = 0;
  double tilt = 0;  ///< 1/eV
};
std::span<const core::Setting<MixtureSettings>> mixture_settings_table();
/// For computed references: a line's height over its edge is a usual one, and tails of other edges lie below it, so
/// that the fit decides; strong lines saturate a yield by some percent; L3 and L2 differ by some percent over the ten
/// eV between them.
MixtureSettings mixture_of_computed();

struct Share {
  std::string name;
  core::Value share;         ///< of all shares, which add up to 1
  double low = 0, high = 1;  ///< 95 % interval, inside [0, 1]
  core::Value shift_eV;      ///< of this reference
  double scale = 1;          ///< of this reference
};

/// How far one standard deviation of each prior moves the mean valence. Their squares are part of its variance.
struct ValenceEffects {
  double shift = 0;                                      ///< of the energy scale that all references share
  std::vector<double> reference_shift, reference_scale;  ///< of each reference by itself
};

struct MixtureFit {
  std::vector<Share> shares;
  std::vector<double> covariance;            ///< of the shares, row-major
  std::optional<core::Value> valence;        ///< mean, where every reference has one
  double valence_low = 0, valence_high = 0;  ///< 95 % interval, between the references' lowest and highest
  ValenceEffects on_valence;                 ///< empty without a valence
  core::Value shift_eV;                      ///< common to all references
  double amplitude = 1, offset = 0, slope_per_eV = 0;
  core::Value bend;  ///< the mixture m is seen as m / (1 + bend m): saturated
  std::vector<double> energy_eV, measured, model;
  std::vector<double> variance;  ///< of the measured points, as stated
  double chi_squared = 0;        ///< of the points, without the priors
  double reduced_chi_squared = 0;
  double r_factor = 0;           ///< sum of squared misfits over sum of squared values
  double akaike = 0, bayes = 0;  ///< n ln(chi2/n) + 2 p and + p ln n; p counts what no prior holds
  std::int64_t points = 0, free_parameters = 0;
  bool converged = false;
};

/// Two spectra as mixtures of the same references in one fit: what the references are off by is off in both, and
/// cancels in the change.
struct MixtureChange {
  MixtureFit before, after;
  core::Value change;  ///< of the mean valence, after less before
};

/// References prepared once for many spectra. Weighted least squares with shares that are not negative and, unless
/// free_scale is set, add up to 1; each reference's energy shift and scale, and a common shift, are fitted under
/// Gaussian priors (Gauss-Newton; the linear problem by an active set). Where the points scatter more than was stated,
/// or nothing was, the fit is repeated with what they scatter, so that the priors keep their weight. Estimate, standard
/// deviation and interval come from one fit; the interval is cut to [0, 1]. Throws UsageError for fewer than one
/// reference, for one that does not cover the range with its shifts, and for a range with too few points.
class MixtureModel {
 public:
  MixtureModel(std::vector<ReferenceCurve> references, const MixtureSettings& settings);
  MixtureFit fit(const Spectrum& spectrum) const;
  /// Throws UsageError also where a reference has no valence.
  MixtureChange change(const Spectrum& before, const Spectrum& after) const;
  const std::vector<ReferenceCurve>& references() const { return references_; }

 private:
  struct Solved;
  Solved solve(std::span<const Spectrum> spectra) const;
  MixtureFit described(const Solved& solved, std::size_t spectrum) const;
  std::optional<std::vector<double>> valences() const;

  std::vector<ReferenceCurve> references_;
  std::vector<core::CubicSpline> curves_, variances_;
  MixtureSettings settings_;
  bool any_variance_ = false;
};

/// All combinations of up to `most` references, best first by the Bayes criterion.
struct Combination {
  std::vector<std::size_t> members;
  MixtureFit fit;
};
std::vector<Combination> rank_combinations(const std::vector<ReferenceCurve>& references, const Spectrum& spectrum,
                                           const MixtureSettings& settings, std::size_t most);

}  // namespace lithoscope::xas
