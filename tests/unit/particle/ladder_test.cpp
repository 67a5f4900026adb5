#include <doctest/doctest.h>

#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "particle_cases.hpp"

using namespace lithoscope;
using namespace lithoscope::particle;

TEST_CASE("every place is neutral") {
  const Model m = degrading_model();
  for (double x = 0.01; x < 1.14; x += 0.01) {
    for (const double stabilised : {0.0, 0.3}) {
      for (const double lost : {0.0, 0.3 * x}) {
        const LocalRedox r = local_redox(m.ladder, x, stabilised, lost, 310);
        double charge = (1.2 - x) - 2 * (2 - lost) + r.holes();
        for (std::size_t k = 0; k < r.valence.size(); ++k) charge += m.ladder.cations[k].amount * r.valence[k];
        CAPTURE(x);
        CHECK(std::abs(charge) < 1e-12);
      }
    }
  }
}

TEST_CASE("differential capacities are the slopes of valences and holes") {
  const Ladder ladder = lmr_model().ladder;
  const double dx = 1e-6;
  const LocalRedox a = local_redox(ladder, 0.7 - dx, 0, 0, 298.15);
  const LocalRedox at = local_redox(ladder, 0.7, 0, 0, 298.15);
  const LocalRedox b = local_redox(ladder, 0.7 + dx, 0, 0, 298.15);
  double all = at.oxygen_capacity_per_V;
  for (const double c : at.capacity_per_V) all += c;
  CHECK((b.V - a.V) / (2 * dx) == doctest::Approx(1 / all).epsilon(1e-5));
  CHECK((b.holes() - a.holes()) / (b.V - a.V) == doctest::Approx(at.oxygen_capacity_per_V).epsilon(1e-5));
}

TEST_CASE("heat moves a level by its entropy") {
  Model m = lmr_model();
  m.ladder.couples[1].level_slope_V_per_K = 8.617e-5 * 3;  // three k_B
  const Ladder& l = m.ladder;
  const double cold = local_redox(l, 0.4, 0, 0, 298.15).V;
  const double hot = local_redox(l, 0.4, 0, 0, 373.15).V;
  CHECK(hot > cold);
  CHECK(hot - cold < 0.0195);  // at most the level's own 19 mV
}

TEST_CASE("a place that cannot be neutral is an error that says which") {
  const Ladder ladder = lmr_model().ladder;
  CHECK_THROWS_AS(local_redox(ladder, 0.9, 0, 0.9, 298.15), core::ComputationError);
  CHECK_THROWS_WITH(local_redox(ladder, 1.2, 0, -0.2, 298.15), doctest::Contains("oxygen lost"));
}

TEST_CASE("ladders that cannot be are refused") {
  const auto lmr = material::parse_formula("Li1.2Ni0.15Co0.1Mn0.55O2");
  const Couple ni{.name = "Ni2/3", .element = "Ni", .valence = 2, .level_V = 4, .width_V = 0.1};
  const auto with = [&](auto change) {
    Couple c = ni;
    change(c);
    return make_ladder(lmr, {c}, {});
  };
  CHECK_THROWS_AS(with([](Couple& c) { c.width_V = -0.1; }), core::UsageError);
  CHECK_THROWS_AS(with([](Couple& c) { c.element = "Fe"; }), core::UsageError);
  CHECK_THROWS_AS(with([](Couple& c) { c.electrons = 0.3; }), core::UsageError);
  CHECK_THROWS_AS(make_ladder(lmr, {ni, ni}, {}), core::UsageError);
  Couple gap = ni;
  gap.name = "Ni4/5";
  gap.valence = 4;
  CHECK_THROWS_AS(make_ladder(lmr, {ni, gap}, {}), core::UsageError);
  CHECK_THROWS_AS(make_ladder(lmr, {}, {}), core::UsageError);
}

TEST_CASE("stabilised oxygen without lithium motion reduces the metals (H1s)") {
  const Ladder ladder = lmr_model().ladder;
  const double before = local_redox(ladder, 0.83, 0, 0, 298.15).valence[0];
  CHECK(local_redox(ladder, 0.83, 0.3, 0, 298.15).valence[0] - before == doctest::Approx(-0.057).epsilon(0.01));
  CHECK(local_redox(ladder, 0.83, 0.5, 0, 298.15).valence[0] - before == doctest::Approx(-0.132).epsilon(0.01));
}
