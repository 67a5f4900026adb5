// The identities of electron bookkeeping for the paper's material (mechanism.md section 1).
#include <doctest/doctest.h>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/material/cross_section.hpp"
#include "lithoscope/material/valence.hpp"

using namespace lithoscope;
using doctest::Approx;

namespace {

double valence_of(const std::vector<material::Valence>& valences, const std::string& element) {
  for (const auto& v : valences) {
    if (v.element == element) return v.valence;
  }
  return 0;
}

}  // namespace

TEST_CASE("the pristine compound is neutral with Ni2+, Co3+ and Mn4+") {
  const auto valences = material::pristine_valences(material::parse_formula("Li1.2Ni0.15Co0.1Mn0.55O2"));
  CHECK(std::abs(material::total_charge(valences)) < 1e-12);
  CHECK(valence_of(valences, "Ni") == Approx(2));
  CHECK(valence_of(valences, "Co") == 3);
  CHECK(valence_of(valences, "Mn") == 4);
  CHECK(material::cation_capacity(valences) == Approx(0.40));
}

TEST_CASE("what charge is left over goes to nickel") {
  const auto charge = [](const char* formula, const char* element) {
    return valence_of(material::pristine_valences(material::parse_formula(formula)), element);
  };
  CHECK(charge("LiNiO2", "Ni") == Approx(3));
  CHECK(charge("LiNi0.8Co0.1Mn0.1O2", "Ni") == Approx(2.875));
  CHECK(charge("LiCoO2", "Co") == Approx(3));
  CHECK(charge("LiMn2O4", "Mn") == Approx(3.5));
  CHECK_THROWS_AS(material::pristine_valences(material::parse_formula("Li3NiO2")), core::UsageError);
  CHECK_THROWS_AS(material::pristine_valences(material::parse_formula("LiXeO2")), core::UsageError);
}

TEST_CASE("one lithium carries 314.4 mAh/g") {
  const auto lmr = material::parse_formula("Li1.2Ni0.15Co0.1Mn0.55O2");
  CHECK(material::capacity_mAh_per_g_per_lithium(lmr) == Approx(314.4).epsilon(2e-4));
  CHECK(280 / material::capacity_mAh_per_g_per_lithium(lmr) == Approx(0.890).epsilon(1e-3));
}

TEST_CASE("oxygen loss to spinel and rock salt closes the balance") {
  const auto lmr = material::parse_formula("Li1.2Ni0.15Co0.1Mn0.55O2");
  const auto spinel = material::decompose(lmr, 0.95, material::OxidePhase::spinel);
  CHECK(spinel.oxygen_left == Approx(1.400));
  CHECK(spinel.oxygen_gas == Approx(0.300));
  CHECK(spinel.mass_loss == Approx(0.122).epsilon(0.002));
  CHECK(spinel.mean_cation_valence == Approx(3.19).epsilon(0.001));
  const auto rock_salt = material::decompose(lmr, 0.95, material::OxidePhase::rock_salt);
  CHECK(rock_salt.oxygen_left == Approx(1.050));
  CHECK(rock_salt.oxygen_gas == Approx(0.475));
  CHECK(rock_salt.mass_loss == Approx(0.193).epsilon(0.002));
  CHECK(rock_salt.mean_cation_valence == Approx(2.31).epsilon(0.001));
  CHECK(material::decompose(lmr, 0.85, material::OxidePhase::spinel).mass_loss == Approx(0.094).epsilon(0.003));
  CHECK(material::decompose(lmr, 0.85, material::OxidePhase::rock_salt).mass_loss == Approx(0.171).epsilon(0.003));
  CHECK(material::decompose(lmr, 0.2, material::OxidePhase::spinel).oxygen_lost == 0);
}

TEST_CASE("attenuation lengths are those of the oxide, with the oxygen edge at 532 eV") {
  const auto nmc = material::parse_formula("Li1.2Ni0.13Mn0.54Co0.13O2");
  for (const auto& [energy, length] : {std::pair{528.0, 867.0}, std::pair{545.0, 256.0}, std::pair{638.0, 350.0},
                                       std::pair{670.0, 213.0}, std::pair{785.0, 271.0}, std::pair{880.0, 292.0}}) {
    CAPTURE(energy);
    CHECK(material::attenuation_length_nm(nmc, 4.2, energy) == Approx(length).epsilon(0.005));
  }
  // below the edge the length is smooth up to it, above it a third
  CHECK(material::attenuation_length_nm(nmc, 4.2, 531.9) > 850);
  CHECK(material::attenuation_length_nm(nmc, 4.2, 532.1) < 300);
  CHECK_THROWS_AS(material::attenuation_length_nm(nmc, 4.2, 5), core::UsageError);
  CHECK_THROWS_AS(material::attenuation_length_nm(nmc, 0, 500), core::UsageError);
  CHECK(material::information_length_nm(nmc, 4.2, 545, 524, 90, 90) < 256);
}

TEST_CASE("a lattice gives its density") {
  const auto lmr = material::parse_formula("Li1.2Ni0.15Co0.1Mn0.55O2");
  const double volume_A3 = 0.8660254 * 2.852 * 2.852 * 14.25;  // hexagonal, three formula units
  CHECK(material::lattice_density_g_per_cm3(lmr, 3, volume_A3) == Approx(4.23).epsilon(0.01));
}
