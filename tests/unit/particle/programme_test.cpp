// Programmes on the particle: what the specification's hypotheses predict, run as data.
#include <doctest/doctest.h>

#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/parallel.hpp"
#include "lithoscope/particle/scan.hpp"
#include "lithoscope/particle/stress.hpp"
#include "lithoscope/particle/summary.hpp"
#include "particle_cases.hpp"

using namespace lithoscope;
using namespace lithoscope::particle;

namespace {

Step stabilise(double sites, double depth_nm) {
  return {.kind = StepKind::stabilise, .name = "stabilise", .stabilised_sites = sites, .depth_nm = depth_nm};
}

class Silent : public core::Progress {
 public:
  void start(const std::string&, std::int64_t) override {}
  void advance(std::int64_t) override {}
  void finish() override {}
};

}  // namespace

TEST_CASE("H1s: oxygen that is stabilised at the surface reduces nickel there without any lithium motion") {
  Model m = lmr_model();
  m.grain.lithium_extracted = 0.83;
  const Run run = simulate(m, {.trunk = {stabilise(0.3, 20)}});
  const Mark& before = run.trunk.marks.front();
  const Mark& after = run.trunk.marks.back();
  const double surface = after.grains[0].valence[0].back() - before.grains[0].valence[0].back();
  CHECK(surface == doctest::Approx(-0.057).epsilon(0.01));
  CHECK(std::abs(after.seen.tey_valence[2] - before.seen.tey_valence[2]) < 1e-6);    // manganese stays
  CHECK(before.seen.tey_valence[0] == doctest::Approx(before.seen.pfy_valence[0]));  // no offset before
  CHECK(after.seen.mean_lithium == before.seen.mean_lithium);
  CHECK(std::abs(ledger(m, before, after).residual()) < 1e-14);
}

TEST_CASE(
    "metals sense the electrons, not the potential: a shifted lithium site or level offsets the surface's valence") {
  Model m = lmr_model();
  m.grain.lithium_extracted = 0.83;
  m.transport.drive = Drive::potential;
  m.transport.diffusivity = {{0}, {-13}, 0};
  m.transport.rest_slowdown = 1;
  const Programme p{.trunk = {wait("wait", 30 * day_s)}};
  for (const double shift : {0.05, -0.05}) {
    Model site = m;
    site.surface_shifts = {{"", shift, 15}};
    const Run run = simulate(site, p);
    const Profile& grain = run.trunk.marks.back().grains[0];
    const double offset = grain.valence[0].back() - grain.valence[0].front();
    CHECK(grain.V.back() == doctest::Approx(grain.V.front()).epsilon(1e-9));  // one potential
    CHECK(offset * shift < 0);
    CHECK(std::abs(offset) == doctest::Approx(0.16).epsilon(0.15));
    CHECK(run.trunk.marks.back().seen.mean_lithium == doctest::Approx(0.83).epsilon(1e-12));
  }
  Model level = m;
  level.surface_shifts = {{"Ni3/4", 0.05, 15}};
  const Run run = simulate(level, p);
  const Profile& grain = run.trunk.marks.back().grains[0];
  CHECK(grain.valence[0].back() - grain.valence[0].front() == doctest::Approx(-0.16).epsilon(0.15));
}

TEST_CASE("a saturating answer of the oxygen feature breaks the tie to the metals") {
  Model m = lmr_model(-0.35, 0.06);
  m.probes.saturation_holes = 0.3;
  const Run run = simulate(m, charge_wait_heat());
  const Observables& a = start_of(run.branches[0]).seen;
  const Observables& b = run.branches[0].marks.back().seen;
  const double rixs_percent = 100 * (b.rixs / a.rixs - 1);
  CHECK(std::abs(b.mean_holes / a.mean_holes - 1) < 2e-4);  // no charge moved between metals and oxygen
  CHECK(rixs_percent > 0.5);
  CHECK(rixs_percent < 3.7);
}

TEST_CASE("H5: oxygen holes that brighten at constant charge raise the feature alone") {
  Model m = lmr_model();
  m.grain.lithium_extracted = 0.83;
  m.ladder.oxygen.stabilised_level_V = m.ladder.oxygen.level_V;  // no electron moves
  m.probes.stabilised_response = 1.5;
  const Run run = simulate(m, {.trunk = {stabilise(0.1, 0)}});
  const Observables& a = run.trunk.marks.front().seen;
  const Observables& b = run.trunk.marks.back().seen;
  CHECK(b.rixs / a.rixs - 1 == doctest::Approx(0.5 * 0.1 / 0.75));
  CHECK(b.tey_valence[0] == doctest::Approx(a.tey_valence[0]).epsilon(1e-12));
}

TEST_CASE("one Fickian D forgets the gradient of a C/8 charge within a day (Theorem C)") {
  Model m = lmr_model();
  m.transport.rest_slowdown = 1;
  m.grain.radius_nm = 190;
  m.transport.diffusivity.log10_multiplier = 2.0;
  // the specification's supremum lies at 250 mAh/g; whatever D, no more than this survives
  const std::vector<std::pair<double, double>> most{
      {hour_s, 0.17}, {5 * hour_s, 0.07}, {day_s, 0.008}, {7 * day_s, 1e-4}};
  Programme p{.trunk = {charge_to(1.10)}};
  for (std::size_t i = 0; i < most.size(); ++i)
    p.branches.push_back({std::to_string(i), {wait("wait " + std::to_string(i), most[i].first)}});
  for (double log10_D = 1.2; log10_D < 3; log10_D += 0.1) {
    m.transport.diffusivity.log10_multiplier = log10_D;
    const Run run = simulate(m, p);
    if (314.4 * run.trunk.marks.back().seen.mean_lithium < 250) continue;
    for (std::size_t i = 0; i < most.size(); ++i) {
      const Observables& o = run.branches[i].marks.back().seen;
      CAPTURE(log10_D);
      CHECK(o.tey_lithium - o.mean_lithium <= most[i].second);
    }
  }
}

TEST_CASE("the surface electron yield has no r2, the means have") {
  const Run run = simulate(lmr_model(), charge_wait_heat());
  const Mark& mark = run.trunk.marks.back();
  const Profile& p = mark.grains[0];
  double with_r2 = 0;
  double weights = 0;
  for (std::size_t i = 0; i < p.lithium.size(); ++i) {
    const double w = std::exp(-(100 - p.radius_nm[i]) / 5) * p.volume[i];
    with_r2 += w * p.lithium[i];
    weights += w;
  }
  CHECK(std::abs(with_r2 / weights - mark.seen.tey_lithium) > 1e-3);
  const Model uniform = [] {
    Model m = lmr_model();
    m.grain.lithium_extracted = 0.7;
    return m;
  }();
  const Observables flat = simulate(uniform, {.trunk = {wait("wait", 1)}}).trunk.marks.back().seen;
  CHECK(flat.tey_lithium == doctest::Approx(0.7).epsilon(1e-12));
  CHECK(flat.tey_valence[0] == doctest::Approx(flat.pfy_valence[0]).epsilon(1e-12));
}

TEST_CASE("attenuated fluorescence lies between the surface and the mean, and tends to the mean for a clear grain") {
  Model m = lmr_model();
  const auto pfy_nickel = [&](double length_nm) {
    m.probes.pfy_length_nm = length_nm;
    return simulate(m, {.trunk = {charge_to(1.05)}}).trunk.marks.back().seen;
  };
  const Observables mean = pfy_nickel(0);
  const Observables attenuated = pfy_nickel(50);
  CHECK(attenuated.pfy_valence[0] > mean.pfy_valence[0]);
  CHECK(attenuated.pfy_valence[0] < mean.tey_valence[0]);
  CHECK(pfy_nickel(1e7).pfy_valence[0] == doctest::Approx(mean.pfy_valence[0]).epsilon(1e-5));
}

TEST_CASE("an edge with a depth of its own sees that depth, the others do not") {
  Model m = lmr_model();
  const Observables common = simulate(m, {.trunk = {charge_to(1.05)}}).trunk.marks.back().seen;
  m.probes.edges = {{.element = "Ni", .tey_depth_nm = 15, .fluorescence_length_nm = 40}};
  const Observables own = simulate(m, {.trunk = {charge_to(1.05)}}).trunk.marks.back().seen;
  CHECK(own.tey_valence[0] < common.tey_valence[0]);
  CHECK(own.tey_valence[1] == common.tey_valence[1]);
  CHECK(own.pfy_valence[0] > common.pfy_valence[0]);
  CHECK(own.mean_valence[0] == common.mean_valence[0]);
  CHECK(own.tey_lithium == common.tey_lithium);
}

TEST_CASE("memory holds a gradient at rest and heat lets it go (hysteresis arrest)") {
  const Run run = simulate(one_state_model(), charge_wait_heat());
  const auto deviation = [](const Mark& m) { return m.seen.tey_lithium - m.seen.mean_lithium; };
  const double arrested = deviation(run.trunk.marks.back());
  CHECK(arrested > 0.02);
  CHECK(deviation(run.branches[0].marks.back()) < 0.7 * arrested);
  Model without = one_state_model();
  without.hysteresis.memory = Memory::none;
  CHECK(deviation(simulate(without, charge_wait_heat()).trunk.marks.back()) < 1e-4);
}

TEST_CASE("the one-state offset follows its closed form along one way and back") {
  Model m = one_state_model();
  m.hysteresis.relaxation_rate_per_s = 0;
  m.transport.diffusivity = {{0}, {-11}, 0};
  const Run run = simulate(
      m,
      {.trunk = {{.kind = StepKind::charge, .name = "out", .rate_per_s = c_rate_per_s / 50, .until_lithium = 0.31},
                 {.kind = StepKind::discharge, .name = "in", .rate_per_s = c_rate_per_s / 50, .until_lithium = 0.21}}});
  const double h = m.hysteresis.largest_offset_V;
  const double K = m.hysteresis.offset_per_lithium_V;
  const double out = h * (1 - std::exp(-K * 0.30 / h));
  const double in = -h + (h + out) * std::exp(-K * 0.10 / h);
  CHECK(run.trunk.marks[1].grains[0].offset_V.front() == doctest::Approx(out).epsilon(1e-3));
  CHECK(run.trunk.marks[2].grains[0].offset_V.front() == doctest::Approx(in).epsilon(2e-3));
}

TEST_CASE("the square scheme comes to rest where its rates balance, whatever the path") {
  Model m = square_scheme_model();
  m.grain.lithium_extracted = 0.8;
  m.transport.diffusivity = {{0}, {-11}, 0};
  m.hysteresis.stabilise_rate_per_s = m.hysteresis.recover_rate_per_s = 1e-2;
  m.numerics.tolerance = 1e-9;
  const auto rest_of = [&](double start) {
    m.grain.stabilised = start;
    return simulate(m, {.trunk = {wait("wait", 1000 * day_s)}}).trunk.marks.back().grains[0].stabilised.front();
  };
  const double low = rest_of(0.05);
  const double high = rest_of(0.60);
  CHECK(low == doctest::Approx(high).epsilon(1e-6));
  CHECK(std::abs(affinity_V(m.ladder, 0.8, low, 0, 298.15)) < 1e-6);
}

TEST_CASE("grains that share a potential exchange lithium until they agree") {
  Model m = population_model();
  m.surface.resistance_ohm_m2 = 0;
  const Run run = simulate(
      m,
      {.trunk = {{.kind = StepKind::charge, .name = "charge", .rate_per_s = c_rate_per_s / 8, .until_lithium = 0.5}}});
  double mean = 0;
  for (std::size_t g = 0; g < run.weight.size(); ++g) {
    double own = 0;
    const Profile& p = run.trunk.marks.back().grains[g];
    for (std::size_t i = 0; i < p.volume.size(); ++i) own += p.volume[i] * p.lithium[i];
    mean += run.weight[g] * own;
  }
  CHECK(mean == doctest::Approx(0.5).epsilon(1e-10));
  const auto& grains = run.trunk.marks.back().grains;
  CHECK(grains.front().lithium.front() >
        grains.back().lithium.front());  // small grains are charged through, large are not
  double sum = 0;
  for (const double w : run.weight) sum += w;
  CHECK(sum == doctest::Approx(1));
}

TEST_CASE("degradation keeps the onset constraints of the specification") {
  // 5 % at 200 C on a ramp fixes A for every E; then 5 h at 100 C convert less than a share for E above a bound
  const auto conversion_at_100 = [](double energy, double K_per_min) {
    Degradation d;
    d.spinel_energy_kJ_per_mol = energy;
    d.spinel_prefactor_per_s = 1;
    const double unit =
        advance_degradation(d, {}, 298.15, K_per_min / 60, (473.15 - 298.15) / (K_per_min / 60)).exposure;
    d.spinel_prefactor_per_s = -std::log(0.95) / unit;
    return advance_degradation(d, {}, 373.15, 0, 5 * hour_s).spinel;
  };
  const auto bound = [&](double share, double K_per_min) {
    double low = 20;
    double high = 300;
    for (int i = 0; i < 60; ++i) {
      const double middle = 0.5 * (low + high);
      (conversion_at_100(middle, K_per_min) > share ? low : high) = middle;
    }
    return low;
  };
  CHECK(bound(0.01, 1.0) == doctest::Approx(59).epsilon(0.02));
  CHECK(bound(0.003, 1.0) == doctest::Approx(81).epsilon(0.02));
  CHECK(bound(0.001, 1.0) == doctest::Approx(100).epsilon(0.02));
  CHECK(bound(0.01, 5.0) == doctest::Approx(88).epsilon(0.02));
  CHECK(bound(0.001, 10.0) == doctest::Approx(138).epsilon(0.02));
  // published kinetics of another oxide convert a fifth
  Degradation other;
  other.spinel_prefactor_per_s = 1.05e11;
  other.spinel_energy_kJ_per_mol = 113.6;
  CHECK(advance_degradation(other, {}, 373.15, 0, 5 * hour_s).spinel == doctest::Approx(0.21).epsilon(0.03));
}

TEST_CASE("a ramp ends as rock salt with the oxygen its balance demands") {
  const NamedCase c = whole_programme_case();
  const Run run = simulate(c.model, c.programme);
  const Mark& end = run.trunk.marks.back();
  const double x = end.seen.mean_lithium;
  CHECK(end.seen.mean_oxygen_lost ==
        doctest::Approx(material::decompose(c.model.composition, x, material::OxidePhase::rock_salt).oxygen_lost)
            .epsilon(1e-3));
  const Mark& warm = run.trunk.marks[3];  // after 100 C nothing has happened yet
  CHECK(warm.seen.mean_oxygen_lost < 2e-3);
}

TEST_CASE("runs that cannot end say where") {
  Model m = lmr_model();
  CHECK_THROWS_WITH(simulate(m, {.trunk = {{.kind = StepKind::charge,
                                            .name = "charge",
                                            .rate_per_s = c_rate_per_s / 8,
                                            .until_voltage_V = 9}}}),
                    doctest::Contains("never reached"));
  CHECK_THROWS_WITH(
      simulate(m, {.trunk = {{.kind = StepKind::charge, .name = "charge", .rate_per_s = c_rate_per_s / 8}}}),
      doctest::Contains("nothing ends it"));
  CHECK_THROWS_WITH(simulate(m, {.trunk = {{.kind = StepKind::charge,
                                            .name = "charge",
                                            .duration_s = 1000 * hour_s,
                                            .rate_per_s = c_rate_per_s / 8}}}),
                    doctest::Contains("r = "));
  Model shrinking = m;
  shrinking.ladder.couples[0].width_slope_V_per_K = -2e-3;
  CHECK_THROWS_WITH(simulate(shrinking, {.trunk = {hold("heat", 100, hour_s)}}), doctest::Contains("width of Ni2/3"));
  Model negative = m;
  negative.ladder.oxygen.width_V = -0.03;
  CHECK_THROWS_AS(simulate(negative, {.trunk = {wait("wait", 1)}}), core::UsageError);
  Model no_couples = m;  // oxygen leaves, and nothing can be reduced further
  no_couples.degradation = degrading_model().degradation;
  no_couples.grain.lithium_extracted = 0.8;
  CHECK_THROWS_WITH(simulate(no_couples, {.trunk = {ramp("ramp", 600, 5)}}), doctest::Contains("nm"));
}

TEST_CASE("stress of a gradient is the closed form, and the flaws are those of the specification") {
  Mechanics steel;
  steel.strain_per_lithium = -0.0148;
  Profile p;
  for (int i = 0; i <= 400; ++i) {
    const double r = i / 400.0;
    p.radius_nm.push_back(100 * r);
    p.lithium.push_back(0.7 + 0.25 * r * r);  // mean 0.85, surface 0.95
  }
  const Stress s = diffusion_stress(p, steel);
  CHECK(s.hoop_GPa.back() == doctest::Approx(150 * -0.0148 * (0.85 - 0.95) / 0.75).epsilon(1e-5));
  CHECK(s.radial_GPa.back() == doctest::Approx(0).scale(1));
  CHECK(s.radial_GPa.front() == doctest::Approx(s.hoop_GPa.front()).epsilon(1e-6));  // isotropic in the middle
  const double tension = 150 * 0.0148 * 0.15 / 0.75;
  CHECK(tension == doctest::Approx(0.44).epsilon(0.02));
  CHECK(critical_flaw_nm(tension, steel) == doctest::Approx(74).epsilon(0.02));
  CHECK(std::isinf(critical_flaw_nm(-0.1, steel)));
  CHECK(mismatch_stress_GPa(0.06, steel) == doctest::Approx(4).epsilon(0.01));
}

TEST_CASE("scans give the same bytes for any number of threads, and keep going when a point fails") {
  const Scan scan{
      .axes = {{.parameter = "transport.rest_slowdown", .from = 1e-3, .to = 1, .count = 3, .logarithmic = true},
               {.parameter = "couple.Ni3/4.width", .from = -0.02, .to = 0.08, .count = 2}}};
  Silent silent;
  core::set_threads(1);
  const ScanResult one = run_scan(lmr_model(), charge_wait_heat(), scan, silent);
  core::set_threads(2);
  const ScanResult two = run_scan(lmr_model(), charge_wait_heat(), scan, silent);
  core::set_threads(0);
  REQUIRE(one.rows.size() == 6);
  for (std::size_t i = 0; i < one.rows.size(); ++i) {
    CHECK(one.rows[i].results == two.rows[i].results);
    CHECK(one.rows[i].failure.empty() == (one.rows[i].values[1] > 0));
  }
  CHECK(one.rows[1].results[one.column("heat.ledger")] == doctest::Approx(0).scale(1));
  CHECK_THROWS_AS(
      run_scan(lmr_model(), charge_wait_heat(), {.axes = {{.parameter = "transport.rest_slow", .count = 2}}}, silent),
      core::UsageError);
  const Scan hypercube{
      .axes = {{.parameter = "a", .from = 0, .to = 1}, {.parameter = "b", .from = 1, .to = 100, .logarithmic = true}},
      .samples = 16,
      .seed = 7};
  const auto points = scan_points(hypercube);
  std::vector<int> slices(16);
  for (const auto& point : points) ++slices[static_cast<std::size_t>(point[0] * 16)];
  CHECK(std::ranges::all_of(slices, [](int n) { return n == 1; }));
  CHECK(scan_points(hypercube) == points);
}
