#include "total_yield.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/material/atomic_parameters.hpp"
#include "lithoscope/material/fluorescence.hpp"
#include "lithoscope/material/valence.hpp"
#include "lithoscope/xas/synthesize.hpp"

namespace lithoscope::xas {
namespace {

// Photons of other lines below the edge over the edge's own just above it, were everything counted.
double total_level(const SelfAbsorptionOutcome& out, const material::Composition& composition,
                   const std::string& element, const std::vector<std::string>& shells) {
  Spectrum step = out.signal.normalised.spectrum;
  for (std::size_t i = 0; i < step.intensity.size(); ++i)
    step.intensity[i] = step.energy_eV[i] < out.signal.normalised.edge->e0_eV ? 0 : 1;
  double others = 0, own = 0;
  for (const LineYield& line : total_fluorescence(composition, element, shells, step, out.slab)) {
    const bool of_edge = line.element == element && std::ranges::find(shells, line.shell) != shells.end();
    (of_edge ? own : others) += of_edge ? line.yield.back() : line.yield.front();
  }
  return own > 0 ? others / own : 0;
}

// Area of the white lines over the steps, up to where the range above the edge begins (eV).
double white_line_area_eV(const SelfAbsorptionOutcome& out, const std::string& element,
                          const std::vector<std::string>& shells) {
  const Spectrum& s = out.corrected->spectrum;
  const EdgeFit& edge = *out.signal.normalised.edge;
  const double second =
      edge.e0_eV + material::edge_eV(element, shells.back()) - material::edge_eV(element, shells.front());
  double area = 0;
  for (std::size_t i = 1; i < s.energy_eV.size(); ++i) {
    const double e = s.energy_eV[i];
    if (e > edge.e0_eV + edge.post_from) break;
    const double steps = (e > edge.e0_eV ? 2.0 / 3 : 0) + (e > second ? 1.0 / 3 : 0);
    area += (s.intensity[i] - steps) * (e - s.energy_eV[i - 1]);
  }
  return area;
}

// Empty 3d states an atom has by the formula; two where that does not tell, as of Ni2+.
double holes_of(const material::Composition& composition, const std::string& element) {
  double least = 2;
  try {
    for (const material::Valence& v : material::pristine_valences(composition)) {
      if (v.element != element) continue;
      for (const material::Ion& ion : material::known_ions()) {
        if (ion.element == element && ion.valence == std::lround(v.valence)) return 10.0 - ion.d_electrons;
      }
    }
  } catch (const core::UsageError&) {
    return least;
  }
  return least;
}

}  // namespace

YieldJudgement judge_yield(const SelfAbsorptionOutcome& out, const material::Composition& composition,
                           const std::string& element, const std::vector<std::string>& shells) {
  if (out.study.yield == YieldKind::partial) return {};
  const double others = total_level(out, composition, element, shells);
  const std::string cure = "only the edge's own lines can be corrected (--yield partial where this is one)";
  const auto any_called = [&](std::initializer_list<std::string_view> names) {
    return std::ranges::any_of(out.signal.channels.signal, [&](const std::string& name) {
      return std::ranges::find(names, std::string_view{core::lower(name)}) != names.end();
    });
  };
  constexpr double matters = 0.1;  // at a hard K edge nearly all that shines is the edge's own, whatever it is called
  if (out.study.yield == YieldKind::total || (others > matters && any_called({"tfy", "fy"}))) {
    return {.refused = fmt::format(
                "this is a total yield: other lines give {:.1f} times as many photons below the edge as its "
                "own lines do above, and dip where it absorbs; {}",
                others, cure),
            .warning = {}};
  }
  if (others <= matters) return {};
  const EdgeFit& edge = *out.signal.normalised.edge;
  const auto at = std::ranges::lower_bound(out.signal.measured.energy_eV, edge.e0_eV);
  const auto i = std::min(static_cast<std::size_t>(at - out.signal.measured.energy_eV.begin()), edge.pre.size() - 1);
  const double level = edge.pre[i] / edge.step.value;
  // Above one step no detector's own background is meant.
  constexpr double half = 0.5, no_background = 1;
  if (level > std::max(half * others, no_background)) {
    return {
        .refused = fmt::format("the level below the edge is {:.1f} times the step, as of a total yield ({:.1f}); {}",
                               level, others, cure),
        .warning = {}};
  }
  constexpr double weakest = 0.12;
  const double usual = shells.size() < 2 ? 0 : usual_strength_eV * holes_of(composition, element);
  if (const double area = white_line_area_eV(out, element, shells); area < weakest * usual) {
    return {.refused = fmt::format(
                "the white lines come out at {:.1f} eV over the edge, where such atoms have about {:.0f}, as if "
                "other lines that dip there were counted too; {}",
                area, usual, cure),
            .warning = {}};
  }
  if (any_called({"pfy", "cmact"})) return {};
  return {
      .refused = {},
      .warning = fmt::format("Taken for a partial yield, of the edge's own lines alone: were all lines counted, the "
                             "others would give {:.1f} times as many photons below the edge, and the correction "
                             "would be wrong (--yield).",
                             others)};
}

}  // namespace lithoscope::xas
