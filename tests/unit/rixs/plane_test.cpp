#include <doctest/doctest.h>

#include <fmt/format.h>

#include <cmath>
#include <string>

#include "array_twin_cases.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/result/files.hpp"
#include "lithoscope/rixs/maps_run.hpp"
#include "lithoscope/rixs/plane_file.hpp"
#include "lithoscope/rixs/synthesize.hpp"

using namespace lithoscope;

namespace {

rixs::RixsMap some_map() {
  rixs::EmissionModel model;
  model.lines = {{531, 523.4, 0.45, 0.7, 0.3}, {534, 526, 2.5, 1.3, 1}};
  rixs::MapExposure exposure{.emission = {.low_eV = 515, .width_eV = 0.5, .count = 30}, .counts = 20000};
  for (int i = 0; i < 21; ++i) exposure.incident_eV.push_back(528 + 0.25 * i);
  return rixs::synthesize_map(model, exposure, 3);
}

std::string three_columns(const rixs::RixsMap& map, bool emission_first, const char* header, const char* separator) {
  std::string out = header;
  for (std::size_t c = map.columns(); c-- > 0;) {  // any order of lines
    for (std::int64_t r = 0; r < map.emission.count; ++r) {
      const double in = map.incident_eV[c], emitted = map.emission.centre(r);
      out += fmt::format("{}{}{}{}{:g}\n", emission_first ? emitted : in, separator, emission_first ? in : emitted,
                         separator, map.at(r, c));
    }
  }
  return out;
}

std::string matrix(const rixs::RixsMap& map, const char* corner) {
  std::string out = corner;
  for (const double e : map.incident_eV) out += fmt::format("\t{}", e);
  out += "\n";
  for (std::int64_t r = map.emission.count; r-- > 0;) {
    out += fmt::format("{}", map.emission.centre(r));
    for (std::size_t c = 0; c < map.columns(); ++c) out += fmt::format("\t{:g}", map.at(r, c));
    out += "\n";
  }
  return out;
}

rixs::Plane read(const std::string& text, const rixs::PlaneSettings& settings = {}) {
  return rixs::read_plane(io::InputFile::from_bytes("plane.txt", text), settings);
}

void check_same(const rixs::RixsMap& a, const rixs::RixsMap& b) {
  REQUIRE(a.counts.size() == b.counts.size());
  CHECK(a.counts == b.counts);
  CHECK(a.emission.low_eV == doctest::Approx(b.emission.low_eV));
  CHECK(a.emission.width_eV == doctest::Approx(b.emission.width_eV));
  for (std::size_t c = 0; c < a.columns(); ++c) CHECK(a.incident_eV[c] == doctest::Approx(b.incident_eV[c]));
}

}  // namespace

TEST_CASE("three columns are a map, whichever comes first where their names say so") {
  const rixs::RixsMap map = some_map();
  check_same(read(three_columns(map, false, "", " ")).map, map);
  check_same(read(three_columns(map, false, "# incident emission counts\n", ",")).map, map);
  check_same(read(three_columns(map, true, "emission;incident;counts\n", ";")).map, map);
  check_same(read(three_columns(map, true, "", "\t"), {.axes = rixs::PlaneAxes::emission_incident}).map, map);
  CHECK(read(three_columns(map, false, "", " ")).format == "three columns");
}

TEST_CASE("a matrix is a map, with or without a corner, upwards or downwards") {
  const rixs::RixsMap map = some_map();
  check_same(read(matrix(map, "emission\\incident")).map, map);
  check_same(read(matrix(map, "0")).map, map);
  check_same(read(matrix(map, "")).map, map);
}

TEST_CASE("intensities with fractions need errors, or what one unit is") {
  std::string text = "# incident emission intensity sigma\n", plain;
  for (int i = 0; i < 5; ++i) {
    for (int k = 0; k < 6; ++k) {
      text += fmt::format("{} {} {} 0.5\n", 530 + i, 520 + k, 0.25 * i + k);
      plain += fmt::format("{} {} {}\n", 530 + i, 520 + k, 0.25 * i + k);
    }
  }
  const rixs::Plane with = read(text);
  CHECK(with.map.variance_at(2, 3) == doctest::Approx(0.25));
  CHECK_THROWS_AS(read(plain), core::UnreadableFile);
  CHECK(read(plain, {.photons_per_unit = 100}).map.at(2, 1) == doctest::Approx(225));
}

TEST_CASE("losses are told from emission by their size") {
  std::string text;
  for (int i = 0; i < 5; ++i) {
    for (int k = 0; k < 6; ++k) text += fmt::format("{} {} {}\n", 530 + i, k - 1, 3 * k);
  }
  CHECK(read(text).map.is_loss);
}

TEST_CASE("what is no whole map is refused, and says why") {
  const rixs::RixsMap map = some_map();
  const std::string whole = three_columns(map, false, "", " ");
  const std::string cut = whole.substr(0, whole.rfind('\n', whole.size() - 2) + 1);
  CHECK_THROWS_AS(read(cut), core::UnreadableFile);
  CHECK_THROWS_AS(read(whole + "528 515.25 7\n"), core::UnreadableFile);
  CHECK_THROWS_AS(read("energy mu\n1 2\n2 3\n3 4\n4 5\n"), core::UnreadableFile);
  CHECK_FALSE(rixs::is_plane(io::InputFile::from_bytes("a.txt", "energy mu\n1 2\n2 3\n3 4\n4 5\n")));
  CHECK_FALSE(rixs::is_plane(io::InputFile::from_bytes("b.txt", "1 2 3\n4 5 6\n7 8 9\n10 11 12\n")));
  CHECK(rixs::is_plane(io::InputFile::from_bytes("c.txt", whole)));
}

TEST_CASE("a run's own map reads back, and two of them are compared") {
  const rixs::RixsMap map = some_map();
  const rixs::MapsOutcome first = rixs::reduce_maps(std::vector{map}, {});
  result::Result r = rixs::describe(first);
  r.probe = "rixs";
  const std::vector<result::Result> one{r};
  const rixs::Plane back = rixs::read_plane(io::InputFile::from_bytes("run.nxs", result::nexus_file(one, {})));
  check_same(back.map, map);
  const rixs::MapsOutcome both = rixs::reduce_maps(std::vector{back.map}, {}, &first.found);
  REQUIRE(both.change);
  CHECK(both.change->scale.ratio.value == doctest::Approx(1));
  CHECK_FALSE(rixs::changed(both.change->curves.front()));
}
