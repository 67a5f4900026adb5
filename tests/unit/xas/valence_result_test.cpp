#include <doctest/doctest.h>

#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/xas/valence_run.hpp"
#include "xas_probes.hpp"

using namespace lithoscope;

namespace {

// Two references and their even mixture.
struct Mixed {
  test::Scratch scratch;
  std::string two, four, mixed;
  Mixed() {
    two = test::write_xdi(scratch, "two.xdi", test::edge_spectrum(100, 0.2, 0.001, 1));
    four = test::write_xdi(scratch, "four.xdi", test::edge_spectrum(103, 1.0, 0.001, 2));
    xas::Spectrum s = test::edge_spectrum(100, 0.2, 0.001, 3);
    for (std::size_t i = 0; i < s.intensity.size(); ++i)
      s.intensity[i] = 0.5 * (s.intensity[i] + test::edge_curve(s.energy_eV[i], 103, 1.0));
    mixed = test::write_xdi(scratch, "mixed.xdi", s);
  }
  probe::Measurement measurement(const test::Given& more = {}) const {
    test::Given given{{"normalise", std::string{"none"}}, {"element", std::string{"Mn"}}, {"edge", std::string{"K"}}};
    given.insert(given.end(), more.begin(), more.end());
    probe::Measurement m = test::xas_measurement("valence", {{.path = mixed}}, given);
    m.files.emplace_back("reference",
                         std::vector<probe::Input>{{.path = two, .selector = "=2"}, {.path = four, .selector = "=4"}});
    return m;
  }
};

}  // namespace

TEST_CASE("a mixture of references is sound, and its valence carries its causes") {
  const Mixed files;
  const result::Result r = test::reduced(files.measurement());
  test::check_files(r);
  const result::Observable& o = r.observables.front();
  CHECK(o.name == "valence/Mn/electrons");
  CHECK(o.values[0] == doctest::Approx(3).epsilon(0.02));
  CHECK(o.values[0] == r.number("valence_electrons").value.value);
  CHECK(o.total_variance(0) == doctest::Approx(r.number("valence_electrons").value.variance));
  CHECK(o.variance[0] < o.total_variance(0));
  std::vector<std::string> causes;
  for (const auto& mode : o.common) causes.push_back(mode.cause);
  CHECK(std::ranges::find(causes, "energy scale of mixed.xdi") != causes.end());
  CHECK(std::ranges::find(causes, "energy of reference two") != causes.end());
  CHECK(std::ranges::find(causes, "normalisation of reference four") != causes.end());
  CHECK(r.table("shares").at("share").number(0) == doctest::Approx(0.5).epsilon(0.05));
  CHECK(r.table("shares").at("share").low[0] < 0.5);
  CHECK(r.grid("share_covariance").z.size() == 4);
}

TEST_CASE("a cause moves the valence as its mode says") {
  // The reference of valence 2 is read 0.05 eV too high: half a standard deviation of its own shift.
  const Mixed files;
  const result::Result before = test::reduced(files.measurement());
  xas::Spectrum moved = test::edge_spectrum(100, 0.2, 0.001, 1);
  for (double& e : moved.energy_eV) e += 0.05;
  test::write_xdi(files.scratch, "two.xdi", moved);
  const result::Result after = test::reduced(files.measurement());
  const auto& o = test::observable(before, "valence/Mn/electrons");
  const auto mode = std::ranges::find(o.common, std::string{"energy of reference two"}, &result::CommonMode::cause);
  REQUIRE(mode != o.common.end());
  const double change = after.observables.front().values[0] - o.values[0];
  // Read too high is a shift of the truth below it.
  CHECK(change == doctest::Approx(-0.5 * mode->shift[0]).epsilon(0.25));
}

TEST_CASE("references without a valence give shares alone, and combinations are ranked") {
  const Mixed files;
  probe::Measurement m = files.measurement({{"combinations", std::int64_t{2}}});
  m.files.back().second.back().selector.clear();
  const result::Result r = test::reduced(m);
  CHECK(r.observables.empty());
  CHECK(!r.number("valence_electrons").flag.empty());
  CHECK(r.table("references").at("flags").words()[1] != "ok");
  CHECK(r.table("combinations").at("references").words()[0] == "two, four");
}

TEST_CASE("what follows a reference's path is its scan and its valence") {
  CHECK(xas::file_reference("a/NiO.xdi", "=2").valence == 2);
  CHECK(xas::file_reference("a/NiO.xdi", "=2").name == "NiO");
  CHECK(xas::file_reference("a/x.prj", "pure=x=2").file.scan == "pure=x");
  CHECK(xas::file_reference("a/x.prj", "3=2").file.scan == "3");
  CHECK(!xas::file_reference("a/x.prj", "3").valence);
  CHECK(xas::parse_ion_reference("Ni2+=2.1").valence == 2.1);
  CHECK(xas::parse_ion_reference("Ni2+").ion == "Ni2+");
}

TEST_CASE("without references there is nothing to mix") {
  const Mixed files;
  probe::Measurement m = files.measurement();
  m.files.pop_back();
  CHECK_THROWS_AS(test::reduced(m), core::UsageError);
}

TEST_CASE(
    "the change from the state before is one fit with the same references, and what it says follows its interval") {
  const Mixed files;
  const auto before = std::make_shared<result::Result>(test::reduced(files.measurement(), nullptr, "before"));
  const result::Result same = test::reduced(files.measurement(), before);
  CHECK(same.number("valence_change_electrons").value.value == doctest::Approx(0).epsilon(1e-6));
  CHECK(std::ranges::any_of(same.answers, [](const auto& a) { return a.find("no change of it is seen") != a.npos; }));
  xas::Spectrum more = test::edge_spectrum(100, 0.2, 0.001, 4);
  for (std::size_t i = 0; i < more.intensity.size(); ++i)
    more.intensity[i] = 0.45 * more.intensity[i] + 0.55 * test::edge_curve(more.energy_eV[i], 103, 1.0);
  test::write_xdi(files.scratch, "mixed.xdi", more);
  const result::Result after = test::reduced(files.measurement(), before);
  test::check_files(after);
  const result::Number& change = after.number("valence_change_electrons");
  CHECK(change.value.value == doctest::Approx(0.1).epsilon(0.1));
  CHECK(change.low > 0);
  CHECK(std::ranges::any_of(after.answers, [](const auto& a) { return a.find("The mean valence rises") != a.npos; }));
  // What the references are off by is in both: the change is known better than either.
  CHECK(change.value.variance < after.number("valence_electrons").value.variance);
}

TEST_CASE("a fit that needs what was not allowed closes the gate") {
  const Mixed files;
  xas::Spectrum far = test::edge_spectrum(101.5, 0.2, 0.001, 3);
  test::write_xdi(files.scratch, "mixed.xdi", far);
  const result::Result r = test::reduced(files.measurement({{"reference_shift", 0.01}, {"shift", 0.02}}));
  CHECK(!r.gate.empty());
}

TEST_CASE("shares are of atoms: a reference of a higher line counts no more under the maximum") {
  const Mixed files;
  for (const char* how : {"edge", "maximum", "area"}) {
    CAPTURE(how);
    const result::Result r =
        test::reduced(files.measurement({{"normalise", std::string{how}}, {"edge", std::string{"M"}}}));
    CHECK(r.number("valence_electrons").value.value == doctest::Approx(3).epsilon(0.02));
    CHECK(r.number("valence_electrons").low < 3.02);
  }
}
