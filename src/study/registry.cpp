#include "lithoscope/study/registry.hpp"

#include "lithoscope/digitised/probes.hpp"
#include "lithoscope/echem/probes.hpp"
#include "lithoscope/infer/probes.hpp"
#include "lithoscope/massspec/probes.hpp"
#include "lithoscope/multiplet/probes.hpp"
#include "lithoscope/programme/probes.hpp"
#include "lithoscope/rixs/probes.hpp"
#include "lithoscope/tes/probes.hpp"
#include "lithoscope/xas/probes.hpp"

namespace lithoscope::study {

// The order is that in which a file is offered to them: formats with a signature before those that take any table.
const Registry& registry() {
  static const Registry all = [] {
    Registry out;
    for (auto probes : {tes::probes(), echem::probes(), massspec::probes(), xas::probes(), rixs::probes(),
                        multiplet::probes(), programme::probes(), digitised::probes(), infer::probes()}) {
      for (probe::Probe& p : probes) out.push_back(std::move(p));
    }
    return out;
  }();
  return all;
}

}  // namespace lithoscope::study
