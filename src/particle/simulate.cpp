#include "lithoscope/particle/simulate.hpp"

#include <fmt/format.h>

#include "lithoscope/core/errors.hpp"
#include "runner.hpp"

namespace lithoscope::particle {

Run simulate(const Model& model, const Programme& programme, Record record, const std::optional<Sampling>& sampling) {
  if (sampling && !(sampling->first_s > 0 && sampling->growth > 1 && sampling->even_s > 0)) {
    throw core::UsageError(
        {.what = "no rows can be taken at these times",
         .expected = "a first time and an even step above 0 s, and a growth above 1",
         .found = fmt::format("{} s, {} s, {}", sampling->first_s, sampling->even_s, sampling->growth)});
  }
  check(model);
  check(programme);
  return Runner<double, PlainNumbers>{model, programme, PlainNumbers{}, record, sampling}.run();
}

}  // namespace lithoscope::particle
