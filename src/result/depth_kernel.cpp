#include "lithoscope/result/depth_kernel.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "lithoscope/result/escape_weights.hpp"

namespace lithoscope::result {
namespace {

double sine(double degrees) { return std::sin(degrees * std::numbers::pi / 180); }

// Share of what is excited at each node that leaves the grain, volume included; not normalised.
std::vector<double> leaving(const DepthKernel& kernel, const GrainNodes& grain) {
  std::vector<double> out(grain.volume.begin(), grain.volume.end());
  const double length = kernel.effective_nm();
  if (kernel.law != DepthLaw::fluorescence || !(length > 0)) return out;
  const double surface = grain.radius_nm.back();
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] *= escape_from_grain<double>(grain.dimensions, grain.height, grain.radius_nm[i] / surface, surface / length);
  }
  return out;
}

}  // namespace

const char* name_of(DepthLaw law) {
  static constexpr std::array names{"volume", "surface", "fluorescence"};
  return names[static_cast<std::size_t>(law)];
}

double DepthKernel::effective_nm() const {
  if (law == DepthLaw::volume || !(length_nm > 0)) return 0;
  return 1 / (1 / (length_nm * sine(exit_deg)) + attenuation_per_nm / sine(incidence_deg));
}

double DepthKernel::transmission() const {
  return law == DepthLaw::surface && length_nm > 0 ? std::exp(-overlayer_nm / (length_nm * sine(exit_deg))) : 1;
}

double basal_share(int dimensions, double height) {
  if (dimensions == 3 || !(height > 0)) return 0;
  return dimensions == 2 ? 1 / (1 + height) : 2 / (2 + height);
}

std::vector<double> DepthKernel::weights(const GrainNodes& grain) const {
  if (law == DepthLaw::surface && effective_nm() > 0) {
    std::vector<double> depth;
    const double surface = grain.radius_nm.back();
    for (std::size_t i = grain.radius_nm.size(); i-- > 0;) depth.push_back(surface - grain.radius_nm[i]);
    std::vector<double> out = escape_weights<double>(depth, effective_nm());
    std::ranges::reverse(out);
    const double basal = basal_share(grain.dimensions, grain.height);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] += basal * (grain.volume[i] - out[i]);
    return out;
  }
  std::vector<double> out = leaving(*this, grain);
  double sum = 0;
  for (const double w : out) sum += w;
  for (double& w : out) w /= sum;
  return out;
}

double DepthKernel::grain_weight(const GrainNodes& grain, double volume_share) const {
  if (law == DepthLaw::surface) return volume_share / grain.radius_nm.back();
  double sum = 0;
  for (const double w : leaving(*this, grain)) sum += w;
  return volume_share * sum;
}

}  // namespace lithoscope::result
