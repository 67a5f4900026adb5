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
std::vector<double> leaving(const DepthKernel& kernel, std::span<const double> radius_nm,
                            std::span<const double> volume) {
  std::vector<double> out(volume.begin(), volume.end());
  const double length = kernel.effective_nm();
  if (kernel.law != DepthLaw::fluorescence || !(length > 0)) return out;
  const double surface = radius_nm.back();
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] *= escape_from_sphere<double>(radius_nm[i] / surface, surface / length);
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

std::vector<double> DepthKernel::weights(std::span<const double> radius_nm, std::span<const double> volume) const {
  if (law == DepthLaw::surface && effective_nm() > 0) {
    std::vector<double> depth;
    for (std::size_t i = radius_nm.size(); i-- > 0;) depth.push_back(radius_nm.back() - radius_nm[i]);
    std::vector<double> out = escape_weights<double>(depth, effective_nm());
    std::ranges::reverse(out);
    return out;
  }
  std::vector<double> out = leaving(*this, radius_nm, volume);
  double sum = 0;
  for (const double w : out) sum += w;
  for (double& w : out) w /= sum;
  return out;
}

double DepthKernel::grain_weight(double radius_nm, double volume_share, std::span<const double> node_radius_nm,
                                 std::span<const double> node_volume) const {
  if (law == DepthLaw::surface) return volume_share / radius_nm;
  double sum = 0;
  for (const double w : leaving(*this, node_radius_nm, node_volume)) sum += w;
  return volume_share * sum;
}

}  // namespace lithoscope::result
