// A spectrum with its variances, and how columns of a scan become one.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lithoscope/core/value.hpp"
#include "lithoscope/xas/scan.hpp"

namespace lithoscope::xas {

/// Where the variances come from.
enum class Noise {
  none,     ///< exact values, such as computed references
  column,   ///< a column of standard deviations
  counts,   ///< Poisson, of signal and I0
  scatter,  ///< from the spectrum's own scatter about a smooth curve
};
std::string_view noise_words(Noise noise);

/// What a normalisation took from the spectrum itself: its noise is the same for all points, so that a comparison
/// leaves these terms free.
struct Fitted {
  int background_terms = 0;  ///< of the polynomial taken off: 1 a constant, 2 a line
  bool divided = false;      ///< by the spectrum's own height or area
  int curve_terms = 0;       ///< of the curve above the edge that was made level
  double curve_from_eV = 0;  ///< where that curve begins
};

struct Spectrum {
  std::string name;
  std::string element, edge;
  std::vector<double> energy_eV;  ///< ascending, no two equal
  std::vector<double> intensity;
  std::vector<double> variance;  ///< 0 for exact values
  Noise noise = Noise::none;
  std::optional<double> steepest_eV;  ///< of a rebinned scan: its edge before it was
  Fitted fitted;
  std::vector<std::string> remarks;

  std::int64_t size() const { return static_cast<std::int64_t>(energy_eV.size()); }
};

/// What becomes of energies that fall or repeat.
enum class Repeats { refuse, merge };

/// Rows averaged over intervals: of `step_eV` within 30 eV of the edge, ten times as wide below, of 0.05 per angstrom
/// in the photoelectron's wave number above, but no narrower than the step.
struct Rebin {
  double step_eV = 0.5, edge_eV = 0;
};

/// Which columns make the spectrum: (sum of signal - dark) / (i0 - dark), or ln(i0 / signal) for transmission.
struct Channels {
  std::string energy;               ///< empty: the file's energy column
  std::vector<std::string> signal;  ///< empty: the usual column of such a file
  std::string i0;                   ///< empty: the signal is a ratio already
  std::string sigma;                ///< column of standard deviations of the result
  bool transmission = false;
  core::Value dark_signal, dark_i0;  ///< per row, in the column's own numbers
  bool counts = false;               ///< signal and i0 count single quanta
  double energy_shift_eV = 0;        ///< added
  Repeats repeats = Repeats::refuse;
  bool deglitch = false;  ///< single rows off a curve that is smooth about them are replaced by it and said
  std::optional<Rebin> rebin;
  std::string remark;  ///< on the choice, where the file holds several signals
};

/// The channels such files usually mean: mu or a normalised column as it is, else tey/i0 and the like. Throws
/// UsageError that names the columns when none can be told.
Channels usual_channels(const Scan& scan);
/// The same of the fluorescence: pfy, cmact (SSRL 8-2's channeltron), tfy or fy over I0.
Channels usual_fluorescence(const Scan& scan);

/// What was typed with the file's usual columns in place of what was not: a raw yield is divided by I0 (`i0` "none":
/// not), a column that is a ratio already is not. Of several raw signals that a file may mean the one is taken that
/// shows the edge at `edge_eV` best, and `remark` says so. Throws UsageError for I0, counts or dark counts beside such
/// a ratio, and where none of several signals shows the edge.
Channels completed(const Scan& scan, Channels typed, bool fluorescence = false,
                   std::optional<double> edge_eV = std::nullopt);

/// "ln(i0/itrans)", "(ifch1 + ifch2)/i0", "mu": what becomes of the columns.
std::string formula_of(const Channels& channels);

/// Throws UnreadableFile with the row for NaN, zero I0, falling or repeated energies, UsageError for an unknown column.
Spectrum make_spectrum(const Scan& scan, const Channels& channels, const std::string& path);

/// Standard deviation of points about a smooth curve: the median of what is left of each point by a cubic through its
/// four neighbours, exact for white noise.
double scatter_of(std::span<const double> energy_eV, std::span<const double> intensity);
/// Variance of each point from the same: a part that all share and a part that grows with the intensity, as of counts,
/// by likelihood of the residuals off a quintic through six neighbours, squares beyond nine variances clipped. Lines
/// sharper than the points resolve count as noise where they stand. Even for fewer than 40 points.
std::vector<double> scatter_variance(std::span<const double> energy_eV, std::span<const double> intensity);

/// How far what is sharp stands out of a smooth background and of the noise: the range of means of five neighbouring
/// points off a cubic through all, in their own standard deviations by scatter. Noise reaches 6 (`scripts/validate
/// edge-words`).
double contrast_of(const Spectrum& spectrum);

/// The part with energies in [from, to]. Throws UsageError when fewer than `least` points are left.
Spectrum cut(const Spectrum& spectrum, double from_eV, double to_eV, std::int64_t least = 2);

}  // namespace lithoscope::xas
