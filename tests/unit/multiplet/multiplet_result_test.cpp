#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/multiplet/multiplet_run.hpp"
#include "lithoscope/multiplet/probes.hpp"
#include "lithoscope/multiplet/references.hpp"
#include "lithoscope/result/files.hpp"
#include "run_program.hpp"

using namespace lithoscope;

namespace {

using Given = std::vector<std::pair<std::string, core::SettingValue>>;

probe::Measurement measurement(const std::string& ion, const Given& given) {
  probe::Measurement m{.probe = "multiplet"};
  m.settings.set("ion", ion);
  for (const auto& [name, value] : given) m.settings.set(name, value);
  return m;
}

result::Result reduced(const probe::Measurement& m) {
  core::NoProgress progress;
  core::Log log{false};
  probe::Context context{.progress = progress, .log = log};
  return multiplet::probes().front().reduce(m, context);
}

std::string printed(const std::string& name, const probe::Measurement& m, const std::string& text) {
  core::NoProgress progress;
  core::Log log{false};
  probe::Context context{.progress = progress, .log = log};
  const probe::Probe probe = multiplet::probes().front();
  for (const probe::Printout& p : probe.printouts) {
    if (p.name == name) return p.print(m, text, context);
  }
  FAIL("no such printout");
  return {};
}

void check_sound(const result::Result& r) {
  for (const std::string& fault : result::faults_of(r)) FAIL_CHECK(fault);
}

std::string refusal(const probe::Measurement& m) {
  try {
    reduced(m);
  } catch (const core::UsageError& error) {
    return error.facts().what + " " + error.facts().expected;
  }
  FAIL("accepted");
  return {};
}

}  // namespace

TEST_CASE("an ion's result is sound, and what was not given is its reference's") {
  const result::Result r = reduced(measurement("Ni2+", {}));
  check_sound(r);
  CHECK(r.number("total_strength").value.value == doctest::Approx(2.0 / 3));
  CHECK(r.table("levels").at("degeneracy").integers().front() == 3);
  CHECK(r.table("levels").at("spin").words().front() == "1");
  const multiplet::Reference& reference = multiplet::reference_of(material::parse_ion("Ni2+"));
  const auto& names = r.table("parameters").at("parameter").words();
  const auto row = static_cast<std::size_t>(std::ranges::find(names, "10dq") - names.begin());
  CHECK(r.table("parameters").at("value").number(row) == reference.settings.ten_dq);
  const result::Result other = reduced(measurement("Ni2+", {{"10dq", 0.5}}));
  CHECK(other.table("parameters").at("value").number(row) == 0.5);
}

TEST_CASE("a field with an axis leaves a column for each polarisation") {
  const result::Result r = reduced(measurement("Ni2+", {{"ds", 0.1}, {"exchange_z", 0.1}, {"temperature", 1.0}}));
  check_sound(r);
  CHECK(r.table("absorption").find("along_z") != nullptr);
  CHECK(r.table("absorption").find("circular_-1_about_z") != nullptr);
}

TEST_CASE("scattering leaves a map a channel, with and without the spectrometer's width") {
  const result::Result r =
      reduced(measurement("Ni2+", {{"scattering", true}, {"incident_step", 1.0}, {"loss_step", 0.2}}));
  check_sound(r);
  const result::Grid& grid = r.grid("scattering_horizontal");
  CHECK(grid.z.size() == grid.x.size() * grid.y.size());
  CHECK(r.grid("scattering_horizontal_lifetime").bulk);
  const auto& cut = r.table("scattering_cut").at("resolved").numbers();
  CHECK(*std::ranges::max_element(cut) == 1);
}

TEST_CASE("a fit leaves its parameters as observables with their variance") {
  const test::Scratch scratch;
  test::write_text(scratch / "ni.csv", printed("mixture", measurement("", {}), "Ni2+ 1"));
  probe::Measurement m = measurement("Ni2+", {{"10dq", 0.9}});
  m.files.emplace_back("fit", std::vector<probe::Input>{{.path = scratch / "ni.csv"}});
  const result::Result r = reduced(m);
  check_sound(r);
  CHECK(r.table("fit").at("value").number(0) == doctest::Approx(1.1).epsilon(1e-3));
  const auto found = std::ranges::find(r.observables, std::string{"10dq/Ni2+"}, &result::Observable::name);
  REQUIRE(found != r.observables.end());
  CHECK(found->values[0] == r.table("fit").at("value").number(0));
  CHECK(found->variance[0] > 0);
  CHECK(found->unusable.empty());
  CHECK(r.sources.front().role == "fit");
}

TEST_CASE("a result written as NeXus comes back the same") {
  result::Result r = reduced(measurement("Ni2+", {{"scattering", true}, {"incident_step", 2.0}, {"loss_step", 0.5}}));
  r.probe = "multiplet";
  result::make_canonical(r);
  const auto back = result::read_nexus(
      io::InputFile::from_bytes("run.nxs", result::nexus_file(std::vector{r}, {.title = "t", .program = "p"})));
  REQUIRE(back.size() == 1);
  CHECK(back.front() == r);
}

TEST_CASE("settings that would do nothing are refused") {
  CHECK(refusal(measurement("", {})).find("no ion") != std::string::npos);
  CHECK(refusal(measurement("Ni2+", {{"loss_step", 1.0}})).find("--scattering") != std::string::npos);
  CHECK(refusal(measurement("Ni2+", {{"crystal", true}})).find("--scattering") != std::string::npos);
  CHECK(refusal(measurement("Ni2+", {{"delta", 3.0}})).find("ligands") != std::string::npos);
  CHECK(refusal(measurement("Ni2+", {{"scattering", true}, {"exit", 30.0}})).find("--crystal") != std::string::npos);
  CHECK(refusal(measurement("Ni2+", {{"free", std::vector<std::string>{"10dq"}}})).find("--fit") != std::string::npos);
  CHECK_THROWS_AS(printed("mixture", measurement("", {{"resolution", 2.0}}), "Ni2+ 1"), core::UsageError);
  CHECK_THROWS_AS(printed("mixture", measurement("Ni2+", {}), "Ni2+ 1"), core::UsageError);
  CHECK_THROWS_AS(printed("mixture", measurement("", {}), "Ni2+"), core::UsageError);
}

TEST_CASE("the room's probe has help for every setting, and numbers of an ion have no default of their own") {
  const probe::Probe probe = multiplet::probes().front();
  CHECK(probe.settings.front().name == "ion");
  for (const core::SettingInfo& info : probe.settings) {
    CHECK(!info.help.empty());
    if (info.name == "10dq") CHECK(std::holds_alternative<std::monostate>(info.otherwise));
  }
  CHECK(printed("references", measurement("", {}), "").find("Ni4+") != std::string::npos);
}
