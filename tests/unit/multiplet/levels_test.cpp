// Energies of terms and crystal-field levels that are known exactly.
#include <doctest/doctest.h>

#include <map>

#include "lithoscope/core/constants.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/multiplet/ion_settings.hpp"
#include "multiplet/determinants.hpp"
#include "multiplet_cases.hpp"

using namespace lithoscope;
using namespace multiplet;
using doctest::Approx;

namespace {

constexpr double core_hole_far_eV = 10;

// Energies with how often each comes, rounded to 1e-9 eV.
std::map<double, int> counted(const std::vector<double>& energies) {
  std::map<double, int> out;
  for (const double e : energies) ++out[std::round(e * 1e9) / 1e9];
  return out;
}

}  // namespace

TEST_CASE("determinants are numbered without gaps, also where some are left out") {
  for (const int most_d : {10, 9, 8}) {
    const Determinants space{5, 20, 18, most_d};
    for (std::int64_t i = 0; i < space.size(); ++i) {
      CHECK(space.index_of(space[i]) == i);
      CHECK(d_count(space[i]) <= most_d);
    }
  }
  CHECK(Determinants(5, 20, 18).size() == 6 * 190);
  CHECK(Determinants(6, 20, 18, 8).size() == 45);
  CHECK(Determinants(6, 20, 18, 8).index_of(Determinants(6, 20, 18)[0] | 0x3ff) == -1);
}

TEST_CASE("d8 in a sphere has the Racah energies of its five terms") {
  const double F2 = 10, F4 = 6.2;
  const double B = F2 / 49 - 5 * F4 / 441, C = 35 * F4 / 441;
  const IonModel model{.d_electrons = 8, .ground = {.F2_dd_eV = F2, .F4_dd_eV = F4}, .core_hole = {.zeta_p_eV = 10}};
  const auto levels = Multiplet{model}.levels();
  REQUIRE(levels.size() == 5);
  const std::array<double, 5> expected{0, 5 * B + 2 * C, 15 * B, 12 * B + 2 * C, 22 * B + 7 * C};
  std::vector<double> sorted{expected.begin(), expected.end()};
  std::ranges::sort(sorted);
  for (std::size_t i = 0; i < 5; ++i) CHECK(levels[i].energy_eV == Approx(sorted[i]).epsilon(1e-12));
  CHECK(levels[0].degeneracy == 21);
  CHECK(levels[0].spin_squared == Approx(2));  // 3F
}

TEST_CASE("2p5 3d9 has its six terms where Slater's integrals put them") {
  const double F = 6.2 / 35, g1 = 4.6 / 15, g3 = 2.6 / 245;
  const double mean = g1 + 10.5 * g3;  // taken off by F0
  // Nothing splits d8: all its states are populated and lift to every term.
  const IonModel model{.d_electrons = 8, .core_hole = {.F2_pd_eV = 6.2, .G1_pd_eV = 4.6, .G3_pd_eV = 2.6}};
  core::NoProgress quiet;
  std::vector<double> energies;
  for (const Stick& s : Multiplet{model}.absorption({}, quiet).sticks) energies.push_back(s.energy_eV);
  std::vector<double> expected{7 * F + g1 + 63 * g3,      7 * F - g1 - 63 * g3,    -7 * F - 3 * g1 + 21 * g3,
                               -7 * F + 3 * g1 - 21 * g3, 2 * F + 6 * g1 + 3 * g3, 2 * F - 6 * g1 - 3 * g3};
  for (double& e : expected) e += mean;
  CHECK(counted(energies).size() == 6);
  for (const double e : expected) {
    const bool there = std::ranges::any_of(energies, [&](double x) { return std::abs(x - e) < 1e-12; });
    CHECK(there);
  }
}

TEST_CASE("an empty d shell gives two edges in the ratio 2 : 1, one and a half couplings apart") {
  const IonModel model{.d_electrons = 0, .core_hole = {.zeta_p_eV = core_hole_far_eV}};
  core::NoProgress quiet;
  const auto sticks = Multiplet{model}.absorption({}, quiet).sticks;
  REQUIRE(sticks.size() == 2);
  CHECK(sticks[1].energy_eV - sticks[0].energy_eV == Approx(1.5 * core_hole_far_eV));
  CHECK(isotropic(sticks[0]) / isotropic(sticks[1]) == Approx(2));
  CHECK(sticks[0].half_hole == Approx(0));
  CHECK(sticks[1].half_hole == Approx(1));
}

TEST_CASE("a cubic field splits a single d electron into t2g and e_g, about whichever axis") {
  for (const CubicAxis axis : {CubicAxis::fourfold, CubicAxis::threefold}) {
    const IonModel model{.d_electrons = 1, .core_hole = {.zeta_p_eV = 10}, .field_ground = octahedral(1.7, axis)};
    const auto levels = Multiplet{model}.levels(axis);
    REQUIRE(levels.size() == 2);
    CHECK(levels[0].degeneracy == 6);
    CHECK(levels[1].energy_eV == Approx(1.7));
    CHECK(levels[1].e_g_electrons == Approx(1));
  }
}

TEST_CASE("D4h and D3d orbitals lie where Ds, Dt, D-sigma and D-tau say") {
  const double dq = 0.15, ds = 0.07, dt = 0.03;
  const auto levels_of = [](const ShellMatrix& field) {
    return Multiplet{IonModel{.d_electrons = 1, .core_hole = {.zeta_p_eV = 10}, .field_ground = field}}.energies_eV();
  };
  auto tetragonal_levels = counted(levels_of(octahedral(10 * dq) + axial(ds, dt)));
  std::map<double, int> expected;
  const auto add = [&](double e, int states) { expected[std::round(e * 1e9) / 1e9] += states; };
  add(6 * dq - 2 * ds - 6 * dt, 2);
  add(6 * dq + 2 * ds - dt, 2);
  add(-4 * dq + 2 * ds - dt, 2);
  add(-4 * dq - ds + 4 * dt, 4);
  CHECK(tetragonal_levels == expected);
  // D3d: a1g alone, the two e_g mixed by (sqrt(2)/3)(3 D-sigma - 5 D-tau).
  const auto trigonal = levels_of(octahedral(10 * dq, CubicAxis::threefold) + axial(ds, dt));
  const double pi = -4 * dq + ds + 2.0 / 3 * dt, sigma = 6 * dq + 7.0 / 3 * dt;
  const double mixing = std::sqrt(2.0) / 3 * (3 * ds - 5 * dt);
  const double half = std::hypot((sigma - pi) / 2, mixing);
  for (const double expected_eV : {(sigma + pi) / 2 - half, (sigma + pi) / 2 + half, -4 * dq - 2 * ds - 6 * dt})
    CHECK(std::ranges::any_of(trigonal, [&](double e) { return std::abs(e - expected_eV) < 1e-12; }));
}

TEST_CASE("a molecular field splits a spin by 2 B, a magnetic one moves orbital and spin") {
  IonModel model{.d_electrons = 1, .core_hole = {.zeta_p_eV = 10}, .exchange_eV = {0, 0.1, 0}};
  auto energies = Multiplet{model}.energies_eV();
  CHECK(energies.back() - energies.front() == Approx(0.2));
  model.exchange_eV = {};
  model.magnetic_T = {30, 0, 0};
  energies = Multiplet{model}.energies_eV();  // m + 2 s from -3 to 3
  CHECK(energies.back() - energies.front() == Approx(6 * 30 * core::bohr_magneton_eV_per_T));
}

TEST_CASE("means of charge-transfer configurations lie where delta and the repulsions say") {
  IonModel model = test::nickel_oxide();
  const ChargeTransferLevels levels = charge_transfer_levels(model);
  CHECK(levels.d_eV == Approx(-41.1888888889));
  CHECK(levels.ligand_eV.at(0) == Approx(12.5111111111));
  CHECK(levels.d_core_hole_eV == Approx(-77.3666666667));
  CHECK(levels.ligand_core_hole_eV.at(0) == Approx(27.3333333333));
  CHECK(levels.p_eV == Approx(-44.4666666667));
  // With two shells the configurations of the first one do not move.
  model.ligands.push_back({6.0, ShellMatrix{}, ShellMatrix{}});
  const ChargeTransferLevels two = charge_transfer_levels(model);
  const double n = model.d_electrons;
  const auto mean = [&](double d, double l1, double l2) {
    return d * two.d_eV + l1 * two.ligand_eV[0] + l2 * two.ligand_eV[1] + model.U_dd_eV * d * (d - 1) / 2;
  };
  CHECK(mean(n, 10, 10) == Approx(0));
  CHECK(mean(n + 1, 9, 10) == Approx(4.7));
  CHECK(mean(n + 1, 10, 9) == Approx(6.0));
}

TEST_CASE("whole manifolds are populated, at 0 K the lowest alone") {
  const IonModel cobalt = test::ion("Co2+", octahedral(0.9));
  CHECK(Multiplet(cobalt, {.temperature_K = 0}).populated() == 2);
  CHECK(Multiplet(cobalt).populated() == 12);
  // NiO: the ground triplet is whole although Lanczos finds one state at a time.
  CHECK(Multiplet(test::nickel_oxide(), {.dense_most = 5}).populated() == 3);
  // All three of it in one block, where no axis is left to number them by.
  IonModel tilted = test::nickel_oxide();
  tilted.field_ground = octahedral(0.56, CubicAxis::threefold);
  tilted.field_core_hole = tilted.field_ground;
  CHECK(Multiplet(tilted, {.dense_most = 5}).populated() == Multiplet(tilted).populated());
}

TEST_CASE("what cannot be is refused before it starts") {
  IonModel full{.d_electrons = 10};
  CHECK_THROWS_AS(Multiplet{full}, core::ComputationError);
  IonModel skew = test::ion("Ni2+", octahedral(1));
  skew.field_ground(0, 3) = 0.5;
  CHECK_THROWS_AS(Multiplet{skew}, core::ComputationError);
  IonModel huge = test::nickel_oxide();
  huge.d_electrons = 1;
  for (int i = 0; i < 3; ++i) huge.ligands.push_back(huge.ligands.front());
  try {
    Multiplet solved{huge};
    FAIL("started");
  } catch (const core::ComputationError& error) {
    CHECK(error.facts().found.find("GB for") != std::string::npos);
  }
}

TEST_CASE("electrons that come over to an empty shell repel each other") {
  IonSettings settings{.ten_dq = -1, .delta = 1, .v_e_g = 1, .v_t_2g = 2, .u_dd = 6, .u_pd = 7};
  const IonModel model = model_of(material::parse_ion("Mn7+"), settings);
  CHECK(model.ground.F2_dd_eV == 0);
  REQUIRE(model.ground_transferred.has_value());
  CHECK(model.ground_transferred->F2_dd_eV > 10);
  CHECK(model.core_hole_transferred->F2_dd_eV > 10);
}

TEST_CASE("leaving configurations out needs no more memory than what is left") {
  IonModel model = test::nickel_oxide();
  model.d_electrons = 1;
  model.most_transferred = 1;
  for (int i = 0; i < 3; ++i) model.ligands.push_back(model.ligands.front());
  const Multiplet solved{model};
  CHECK(solved.size().ground == 10 + 45 * 40);
  CHECK(solved.energies_eV().size() > 0);
}

TEST_CASE("a field matrix is read whole, or refused with its line") {
  const ShellMatrix field = octahedral(1.3);
  std::string text = "# m = -2 ... 2\n";
  for (int r = 0; r < 10; ++r) {
    for (int c = 0; c < 10; ++c)
      text += "(" + std::to_string(field(r, c).real()) + "," + std::to_string(field(r, c).imag()) + ") ";
    text += "\n";
  }
  const ShellMatrix read = parse_shell_matrix(text, "field.txt");
  for (int r = 0; r < 10; ++r) {
    for (int c = 0; c < 10; ++c) CHECK(std::abs(read(r, c) - field(r, c)) < 1e-6);
  }
  CHECK_THROWS_AS(parse_shell_matrix("1 2 3\n", "field.txt"), core::UnreadableFile);
  CHECK_THROWS_AS(parse_shell_matrix(text + "1 0 0 0 0 0 0 0 0 0\n", "field.txt"), core::UnreadableFile);
  CHECK_THROWS_AS(parse_shell_matrix("x 0 0 0 0 0 0 0 0 0\n", "field.txt"), core::UnreadableFile);
}
