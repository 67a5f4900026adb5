#include "lithoscope/particle/diffusivity.hpp"

#include "pchip.hpp"

namespace lithoscope::particle {

double Diffusivity::log10_at(double lithium_extracted) const {
  return Pchip<double>{x, log10_cm2_s}(lithium_extracted) + log10_multiplier;
}

}  // namespace lithoscope::particle
