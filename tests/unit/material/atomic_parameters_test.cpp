// The table of atomic parameters, and the rule that finds slips in such tables.
#include <doctest/doctest.h>

#include <algorithm>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/material/atomic_parameters.hpp"

using namespace lithoscope;

namespace {

std::vector<material::AtomicRow> table() {
  const auto rows = material::atomic_table();
  return {rows.begin(), rows.end()};
}

material::AtomicRow& row(std::vector<material::AtomicRow>& rows, const std::string& element, bool core_hole, int d) {
  return *std::ranges::find_if(
      rows, [&](const auto& r) { return r.element == element && r.core_hole == core_hole && r.d_electrons == d; });
}

bool names(const std::vector<std::string>& slips, const std::string& words) {
  return std::ranges::any_of(slips, [&](const std::string& s) { return s.find(words) != std::string::npos; });
}

}  // namespace

TEST_CASE("an ion is its element, valence and number of d electrons") {
  const material::Ion ion = material::parse_ion("Ni2+");
  CHECK(ion.d_electrons == 8);
  CHECK(material::parse_ion("Mn4").name() == "Mn4+");
  CHECK_THROWS_AS(material::parse_ion("Ni9+"), core::UsageError);
  CHECK_THROWS_AS(material::parse_ion("Fe3+"), core::UsageError);
}

TEST_CASE("all ions of a layered oxide are in the table") {
  for (const char* ion : {"Ni2+", "Ni3+", "Ni4+", "Co2+", "Co3+", "Co4+", "Mn2+", "Mn3+", "Mn4+"}) {
    const auto atom = material::atomic_parameters(material::parse_ion(ion));
    CHECK(atom.ground.F2_dd_eV > 10);
    CHECK(atom.core_hole.G1_pd_eV > 4);
    CHECK(atom.core_hole.F2_dd_eV > atom.ground.F2_dd_eV);  // a core hole pulls the shell together
  }
}

TEST_CASE("our table has no slip") { CHECK(material::slips(material::atomic_table()).empty()); }

TEST_CASE("a wrong F4 is found by its ratio and by its neighbours") {
  auto rows = table();
  row(rows, "Ni", true, 7).values.F4_dd_eV = 8.399;  // for 9.399, as a peer ships it
  const auto slips = material::slips(rows);
  CHECK(names(slips, "Ni 2p5 3d7: F4_dd/F2_dd is 0.561"));
  CHECK(names(slips, "F4_dd of Ni 2p5 3d7"));
}

TEST_CASE("a row copied from its neighbour is found") {
  auto rows = table();
  row(rows, "Ni", false, 9).values = row(rows, "Ni", false, 8).values;
  CHECK(names(material::slips(rows), "Ni 3d8 and Ni 3d9 are equal"));
}

TEST_CASE("a table that is none is refused with its line") {
  CHECK_THROWS_AS(material::parse_atomic_table("element,nothing\n", "x.csv"), core::UnreadableFile);
  const std::string head =
      "element,configuration,d_electrons,F2_dd_eV,F4_dd_eV,F2_pd_eV,G1_pd_eV,G3_pd_eV,zeta_d_eV,zeta_p_eV,origin\n";
  try {
    material::parse_atomic_table(head + "Ni,3d,8,12.2,x,0,0,0,0.08,0,me\n", "x.csv");
    FAIL("accepted");
  } catch (const core::UnreadableFile& error) {
    CHECK(error.facts().where.line == 2);
    CHECK(error.facts().found == "x");
  }
  CHECK_THROWS_AS(material::parse_atomic_table(head, "x.csv"), core::UnreadableFile);
}
