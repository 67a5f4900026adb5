#include <doctest/doctest.h>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/echem/cycler_files.hpp"

using namespace lithoscope;

namespace {

echem::CyclerTable read(const std::string& text) {
  return echem::read_cycler_file(io::InputFile::from_bytes("t.mpt", text));
}

const std::string rows = "3\t0.0\t3.50\t0.0\t0.0\t\n1\t1.0\t3.60\t2.0\t5.6E-004\t\n";
const std::string names = "mode\ttime/s\tEwe/V\t<I>/mA\t(Q-Qo)/mA.h\t\n";
const std::string head =
    "EC-Lab ASCII FILE\nNb header lines : 8\n\nGalvanostatic Cycling with Potential Limitation\n"
    "Mass of active material : 1.390 mg\nElectrode surface area : 113.100 mm\xB2\nElectrode material : LMR\n";

std::string with_crlf(std::string text) {
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2) text.replace(at, 1, "\r\n");
  return text;
}
std::string with_commas(std::string text) {
  for (char& c : text) c = c == '.' ? ',' : c;
  return text;
}

void check_values(const echem::CyclerTable& table) {
  REQUIRE(table.rows() == 2);
  CHECK(table.time_s[1] == 1.0);
  CHECK(table.potential_V[1] == 3.6);
  CHECK(table.current_A[1] == doctest::Approx(2e-3));
  CHECK(table.capacity_Ah[1] == doctest::Approx(5.6e-7));
  CHECK(table.current_origin == echem::CurrentOrigin::interval_average);
}

}  // namespace

TEST_CASE("LF or CRLF, point or comma, header or none: the same numbers") {
  check_values(read(head + names + rows));
  check_values(read(with_crlf(head + names + rows)));
  check_values(read(head + names + with_commas(rows)));
  check_values(read(names + rows));
}

TEST_CASE("what the header says of the sample is kept, its latin-1 units understood") {
  const auto table = read(head + names + rows);
  CHECK(table.sample.active_mass_kg.value() == doctest::Approx(1.39e-6));
  CHECK(table.sample.electrode_area_m2.value() == doctest::Approx(113.1e-6));
  CHECK(table.sample.electrode_material == "LMR");
  CHECK(table.sources.front().technique == "Galvanostatic Cycling with Potential Limitation");
}

TEST_CASE("dates in the time column become seconds since the first row") {
  const auto table =
      read("time/s\tEcell/V\tI/mA\t\n11/20/2024 23:59:59.500\t4.1\t0\t\n11/21/2024 00:00:01.000\t4.2\t1\t\n");
  CHECK(table.time_s[0] == 0);
  CHECK(table.time_s[1] == doctest::Approx(1.5).epsilon(1e-6));
  CHECK(table.potential_kind == echem::PotentialKind::cell_voltage);
}

TEST_CASE("the acquisition start is given in ISO 8601") {
  const std::string started =
      "EC-Lab ASCII FILE\nNb header lines : 4\nAcquisition started on : 01/10/2024 11:02:29.886\n";
  CHECK(read(started + names + rows).sources.front().started == "2024-01-10T11:02:29.886");
}

TEST_CASE("a header that promises more lines than there are is refused") {
  CHECK_THROWS_AS(read("EC-Lab ASCII FILE\nNb header lines : 80\n"), core::UnreadableFile);
  CHECK_THROWS_AS(read("EC-Lab ASCII FILE\nNb header lines : 99999999999\n" + names + rows), core::UnreadableFile);
  CHECK_THROWS_AS(read("EC-Lab ASCII FILE\nNb header lines : x\n" + names + rows), core::UnreadableFile);
}

TEST_CASE("a file without current names the columns it has") {
  try {
    read("mode\ttime/s\tEwe/V\n1\t0\t3.5\n");
    FAIL("accepted");
  } catch (const core::UnreadableFile& error) {
    CHECK(error.facts().found == "mode, time/s, Ewe/V");
  }
}

TEST_CASE("open circuit needs no current column: none flows") {
  CHECK(read("mode\ttime/s\tEwe/V\n3\t0\t3.5\n3\t1\t3.5\n").current_A == std::vector<double>{0, 0});
}
