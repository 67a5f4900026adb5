#include "fitted_shapes.hpp"

#include <algorithm>

namespace lithoscope::xas {

using Eigen::VectorXd;

std::vector<VectorXd> fitted_shapes(std::span<const Fitted> fitted, std::span<const double> energy_eV) {
  const auto n = static_cast<Eigen::Index>(energy_eV.size());
  const Eigen::Map<const VectorXd> energy{energy_eV.data(), n};
  const double centre = 0.5 * (energy[0] + energy[n - 1]), half = 0.5 * (energy[n - 1] - energy[0]);
  const VectorXd place = (energy.array() - centre) / half;
  std::vector<VectorXd> out;
  int background = 0;
  for (const Fitted& f : fitted) background = std::max(background, f.background_terms);
  for (int k = 0; k < background; ++k) out.emplace_back(place.array().pow(k));
  std::vector<Fitted> curves;
  for (const Fitted& f : fitted) {
    const bool known = std::ranges::any_of(curves, [&](const Fitted& other) {
      return other.curve_from_eV == f.curve_from_eV && other.curve_terms >= f.curve_terms;
    });
    if (known) continue;
    curves.push_back(f);
    for (int k = 0; k < f.curve_terms; ++k)
      out.emplace_back((energy.array() < f.curve_from_eV).select(VectorXd::Zero(n), place.array().pow(k).matrix()));
  }
  return out;
}

}  // namespace lithoscope::xas
