#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/xas/self_absorption.hpp"
#include "xas_probes.hpp"

using namespace lithoscope;

namespace {

// Iron's K edge as fluorescence of a slab sees it.
std::string iron(const test::Scratch& scratch, double tilt) {
  xas::Spectrum s = test::edge_spectrum(100, 0.5, 0.001, 1);
  for (double& e : s.energy_eV) e += 7024;
  for (std::size_t i = 0; i < s.intensity.size(); ++i)
    s.intensity[i] *= 1 + tilt * std::max(0.0, s.energy_eV[i] - 7130);
  return test::write_xdi(scratch, "iron.xdi", s);
}

probe::Measurement measurement(const std::string& path, const test::Given& more) {
  test::Given given{{"element", std::string{"Fe"}},
                    {"edge", std::string{"K"}},
                    {"pre_from", -60.0},
                    {"pre_to", -20.0},
                    {"post_from", 20.0},
                    {"post_to", 70.0}};
  given.insert(given.end(), more.begin(), more.end());
  probe::Measurement m = test::xas_measurement("selfabs", {{.path = path}}, given);
  m.sample.formula = "Fe2O3";
  return m;
}

}  // namespace

TEST_CASE("a correction is sound, says whether it may be used, and was not measured where it was given") {
  const test::Scratch scratch;
  const result::Result r = test::reduced(measurement(iron(scratch, 0), {{"areal_density", 1e-4}}));
  test::check_files(r);
  CHECK(r.gate.empty());
  CHECK(r.number("correction_trusted").value.value == 1);
  CHECK(r.number("areal_density").value.value == 1e-4);
  CHECK(!test::observable(r, "areal_density").unusable.empty());
  CHECK(r.table("corrected").at("corrected").variance.front() > 0);
}

TEST_CASE("a thickness that is found is an observable with its interval") {
  const test::Scratch scratch;
  const result::Result r = test::reduced(measurement(iron(scratch, 0), {}));
  test::check_files(r);
  const result::Number& n = r.number("areal_density");
  CHECK(n.low <= n.value.value);
  CHECK(n.high >= n.value.value);
  const result::Observable& o = test::observable(r, "areal_density");
  CHECK((o.unusable.empty() || std::isinf(n.high) || !r.gate.empty()));
}

TEST_CASE("a correction that cannot be trusted closes the gate and is not written") {
  const test::Scratch scratch;
  const probe::Measurement m = measurement(iron(scratch, 0.02), {{"thick", true}});
  const result::Result r = test::reduced(m);
  CHECK(!r.gate.empty());
  CHECK(r.answers.back().starts_with("Refused"));
  CHECK(std::isnan(r.number("areal_density").value.value));
  core::NoProgress progress;
  core::Log log{false};
  probe::Context context{.progress = progress, .log = log};
  try {
    test::xas_probe("selfabs").exports.front().write(m, context);
    FAIL("written");
  } catch (const core::Error& error) {
    CHECK(error.exit_code() == core::ExitCode::quality_gate_failed);
  }
}

TEST_CASE("a demonstration leaves every line's photons") {
  const test::Scratch scratch;
  const result::Result r = test::reduced(measurement(iron(scratch, 0), {{"demonstrate", true}}));
  test::check_files(r);
  CHECK(r.table("line_yields").find("Fe_Ka") != nullptr);
  CHECK(r.table("yields").at("partial").numbers().back() == doctest::Approx(1));
  CHECK(r.observables.empty());
}

TEST_CASE("settings that exclude each other are refused") {
  const test::Scratch scratch;
  const std::string path = iron(scratch, 0);
  CHECK_THROWS_AS(test::reduced(measurement(path, {{"thick", true}, {"areal_density", 1e-3}})), core::UsageError);
  CHECK_THROWS_AS(test::reduced(measurement(path, {{"strength_edge", core::Value::exact(7120)}})), core::UsageError);
  CHECK_THROWS_AS(test::reduced(measurement(path, {{"second_incidence", 30.0}})), core::UsageError);
  probe::Measurement none = measurement(path, {});
  none.sample.formula.clear();
  CHECK_THROWS_AS(test::reduced(none), core::UsageError);
}

namespace {

// All lines together while the Mn edge is scanned, or those of the edge alone, as a file calls them.
std::string manganese(const test::Scratch& scratch, const std::string& column, bool all_lines) {
  const xas::Spectrum truth = test::l_edges(642, 653);
  const material::Composition cathode = material::parse_formula("Li1.2Ni0.15Co0.1Mn0.55O2");
  const std::vector<std::string> shells = xas::shells_of("L2,3");
  std::vector<double> sum(truth.energy_eV.size(), 0.0);
  for (const xas::LineYield& line :
       xas::total_fluorescence(cathode, "Mn", shells, truth, {.areal_density_g_per_cm2 = 2e-5})) {
    if (!all_lines && (line.element != "Mn" || line.shell == "L1")) continue;
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += line.yield[i];
  }
  std::string text = "# energy " + column + " i0\n";
  for (std::size_t i = 0; i < sum.size(); ++i)
    text += std::to_string(truth.energy_eV[i]) + " " + std::to_string(1e9 * sum[i]) + " 1\n";
  test::write_text(scratch / (column + ".dat"), text);
  return scratch / (column + ".dat");
}

probe::Measurement of_manganese(const std::string& path, const test::Given& more) {
  test::Given given{{"element", std::string{"Mn"}},
                    {"edge", std::string{"L2,3"}},
                    {"pre_order", std::int64_t{0}},
                    {"areal_density", 2e-5},
                    {"post_from", 18.0}};
  given.insert(given.end(), more.begin(), more.end());
  probe::Measurement m = test::xas_measurement("selfabs", {{.path = path}}, given);
  m.sample.formula = "Li1.2Ni0.15Co0.1Mn0.55O2";
  return m;
}

}  // namespace

TEST_CASE("both L shells are undone with their own yields, and what is not known of their transfer is in the error") {
  const test::Scratch scratch;
  const result::Result r = test::reduced(of_manganese(manganese(scratch, "pfy", false), {}));
  CHECK(r.gate.empty());
  const auto& corrected = r.table("corrected").at("corrected");
  const std::vector<double> found = corrected.numbers();
  const xas::Spectrum truth = test::l_edges(642, 653);
  const auto top = static_cast<std::size_t>(std::ranges::max_element(truth.intensity) - truth.intensity.begin());
  CHECK(found[top] == doctest::Approx(truth.intensity[top]).epsilon(0.08));
  const result::Result sure = test::reduced(
      of_manganese(manganese(scratch, "pfy", false), {{"coster_kronig", core::Value::with_sigma(0, 1e-3)}}));
  CHECK(corrected.variance[top] > 100 * sure.table("corrected").at("corrected").variance[top]);
}

TEST_CASE("a total yield is told by its name or its level and refused; the user may say otherwise") {
  const test::Scratch scratch;
  CHECK(test::reduced(of_manganese(manganese(scratch, "tfy", true), {})).gate.find("total yield") != std::string::npos);
  CHECK(test::reduced(of_manganese(manganese(scratch, "pfy", true), {})).gate.find("level below") != std::string::npos);
  CHECK(
      test::reduced(of_manganese(manganese(scratch, "tfy", false), {{"yield", std::string{"partial"}}})).gate.empty());
  CHECK_THROWS_AS(test::reduced(of_manganese(manganese(scratch, "pfy", false), {{"areal_density", 1e-12}})),
                  core::UsageError);
}
