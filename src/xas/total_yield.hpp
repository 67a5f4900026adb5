// A total fluorescence yield told from a partial one: other elements' lines dip where the edge absorbs, and no
// correction of the edge's own lines undoes that. Private to the room.
#pragma once

#include <string>
#include <vector>

#include "lithoscope/xas/selfabs_run.hpp"

namespace lithoscope::xas {

struct YieldJudgement {
  std::string
      refused;  ///< why what was corrected is no yield of the edge's own lines; empty where nothing speaks for that
  std::string warning;  ///< what a reader should know where neither name nor level tells
};

/// By its column's name, by its level below the edge, or because the white lines come out far too weak. Nothing is said
/// where other lines hardly matter, or the user says it is partial.
YieldJudgement judge_yield(const SelfAbsorptionOutcome& outcome, const material::Composition& composition,
                           const std::string& element, const std::vector<std::string>& shells);

}  // namespace lithoscope::xas
