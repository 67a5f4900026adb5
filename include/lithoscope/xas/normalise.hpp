// An edge of height one: line below the edge, polynomial above it, their distance at the edge.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "lithoscope/core/settings.hpp"
#include "lithoscope/core/value.hpp"
#include "lithoscope/xas/spectrum.hpp"

namespace lithoscope::xas {

/// Where the smoothed derivative is largest, on a grid point (eV). The conventions are those of Larch (find_e0), so
/// that its stored numbers come out: derivative smoothed by a Lorentzian, points whose neighbours also rise steeply.
/// Falling or repeated energies are passed over. Of a quick scan, whose energies lie closer than is resolved, it is
/// where a polynomial through all points about the edge is steepest. Throws UsageError for fewer than 15 points.
double edge_energy_eV(std::span<const double> energy_eV, std::span<const double> mu);

/// Beamlines' scales differ by some eV; what lies further from the tabulated energy is no edge of that element.
inline constexpr double edge_margin_eV = 20;
/// Tabulated energy of the first shell of an edge ("L2,3": L3); empty where it is not known.
std::optional<double> tabulated_edge_eV(const std::string& element, const std::string& edge);

/// Ranges relative to the edge (eV). What is not given follows Larch's rules (pre_edge).
struct EdgeSettings {
  std::optional<double> e0_eV;
  std::optional<double> pre_from, pre_to;
  std::optional<double> post_from, post_to;
  std::optional<int> order;      ///< of the polynomial above the edge, 0 to 5
  std::optional<int> pre_order;  ///< below it: 0 a constant, 1 a line
};

/// What an Athena project stores of a record's normalisation; nothing for other files. Athena counts the terms of its
/// polynomial, here is its order.
EdgeSettings stored_edge_settings(const Scan& scan);

struct EdgeFit {
  double e0_eV = 0;
  core::Value step;  ///< variance from those of the spectrum
  double pre_from = 0, pre_to = 0, post_from = 0, post_to = 0;
  int order = 0;
  int pre_order = 0;
  std::vector<double> pre, post;             ///< the two curves on the spectrum's energies
  std::size_t pre_first = 0, pre_end = 0;    ///< points of the pre-edge range: [first, end)
  std::size_t post_first = 0, post_end = 0;  ///< of the range above the edge
};

/// The curves and their distance at e0 of arrays as they are. Throws UsageError for a range without points.
EdgeFit fit_edge(std::span<const double> energy_eV, std::span<const double> mu, std::span<const double> variance,
                 const EdgeSettings& settings);

enum class Normalisation { none, edge, flat, maximum, area };

/// One number that a normalisation fitted, in the unit of the normalised spectrum: a sum of its points, each by its
/// `weight`. Where it is off by 1, the normalised spectrum is off by minus `shape`.
struct SharedTerm {
  std::vector<double> shape, weight;  ///< a value each point
};

/// Variance of `weights` times the normalised spectrum: the noise of single points and of what was fitted to them.
double variance_of_sum(const Spectrum& spectrum, std::span<const SharedTerm> shared, std::vector<double> weights);

struct Normalised {
  Spectrum spectrum;               ///< variances of single points; what all points share is in `shared`
  core::Value scale;               ///< what was divided by, with the variance all points share
  std::optional<EdgeFit> edge;     ///< of Normalisation::edge and flat
  std::vector<SharedTerm> shared;  ///< background, divisor, curve above the edge
};

/// By the edge's height (flat: with the curve above it made level); by the maximum above a straight line through the
/// pre-edge, as the paper does; or by the area above that line. Throws UsageError where the range does not hold the
/// edge, or has no edge within `edge_margin_eV` of the tabulated one; where the steepest rise of the scan is another
/// one, a remark says so.
Normalised normalise(const Spectrum& spectrum, Normalisation how, const EdgeSettings& settings = {});

}  // namespace lithoscope::xas
