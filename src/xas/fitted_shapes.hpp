// What a normalisation fitted, as shapes over energy that a later fit leaves free. Private to the room.
#pragma once

#include <Eigen/Core>
#include <span>
#include <vector>

#include "lithoscope/xas/spectrum.hpp"

namespace lithoscope::xas {

/// Powers of the energy for the background of any of them, then those from where a curve was made level on. The height
/// that a spectrum was divided by has the spectrum's own shape and is not among them.
std::vector<Eigen::VectorXd> fitted_shapes(std::span<const Fitted> fitted, std::span<const double> energy_eV);

}  // namespace lithoscope::xas
