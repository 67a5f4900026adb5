#include "lithoscope/particle/simulate.hpp"

#include "runner.hpp"

namespace lithoscope::particle {

Run simulate(const Model& model, const Programme& programme, Record record) {
  check(model);
  check(programme);
  return Runner<double, PlainNumbers>{model, programme, PlainNumbers{}, record}.run();
}

}  // namespace lithoscope::particle
