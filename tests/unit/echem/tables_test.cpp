#include <doctest/doctest.h>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/echem/cycler_files.hpp"

using namespace lithoscope;
using echem::PlainLayout;

namespace {

echem::CyclerTable read(const std::string& text) {
  return echem::read_cycler_file(io::InputFile::from_bytes("t.csv", text));
}
echem::CyclerTable read_plain(const std::string& text, const PlainLayout& layout) {
  return echem::read_plain_table(io::InputFile::from_bytes("t.csv", text), layout);
}
const PlainLayout simple{{"t [s]", ""}, {"E (V)", ""}, {"I / mA", ""}, {}, {}};

}  // namespace

TEST_CASE("BDF is read by preferred labels and by machine names") {
  const auto labels = read("Test Time / s,Voltage / V,Current / A,Net Capacity / Ah\n0,3.5,0,0\n72,3.6,0.1,0.001\n");
  const auto machine =
      read("test_time_second,voltage_volt,current_ampere,ambient_temperature_celsius\n0,3.5,0,25\n10,3.6,0.1,26\n");
  CHECK(labels.capacity_Ah[1] == 0.001);
  CHECK(machine.temperature_K[1] == doctest::Approx(299.15));
  CHECK(labels.current_A == machine.current_A);
}

TEST_CASE("BDF written and read again is the same table, digit for digit") {
  auto table = read(
      "Test Time / s,Voltage / V,Current / A,Net Capacity / Ah,Step ID,Temperature T1 / degC\n"
      "0.1,3.5000000000000004,1e-9,0,1,25.1\n1e5,-0.1,-0.00011500166899999999,-3.3333333333333335,2,24.9\n");
  const auto again = read(echem::bdf_csv(table));
  CHECK(again.time_s == table.time_s);
  CHECK(again.potential_V == table.potential_V);
  CHECK(again.current_A == table.current_A);
  CHECK(again.capacity_Ah == table.capacity_Ah);
  CHECK(again.step == table.step);
  CHECK(again.temperature_K[0] == doctest::Approx(table.temperature_K[0]).epsilon(1e-12));
}

TEST_CASE("a clock that goes back is reported, the numbers are kept") {
  const auto table = read("test_time_second,voltage_volt,current_ampere\n0,3,0\n5,3,0\n1,3,0\n");
  CHECK(table.time_s == std::vector<double>{0, 5, 1});
  REQUIRE(table.remarks.size() == 1);
  CHECK(table.remarks.front() == "Time goes back once, first at row 3. Steps are cut there; check the file's clock.");
}

TEST_CASE("Arbin rows are put in order of their data points, and counters that restart are bridged") {
  const auto table = read(
      "Data Point,Test Time (s),Step Index,Current (A),Voltage (V),Charge Capacity (Ah),Discharge Capacity (Ah)\n"
      "2,1800,1,1,3.6,0.5,0\n1,0,1,1,3.5,0,0\n3,2520,2,-1,3.4,0.5,0.2\n4,2880,3,1,3.5,0.1,0\n");
  CHECK(table.time_s == std::vector<double>{0, 1800, 2520, 2880});
  CHECK(table.capacity_Ah[1] == doctest::Approx(0.5));
  CHECK(table.capacity_Ah[2] == doctest::Approx(0.3));
  CHECK(table.capacity_Ah[3] == doctest::Approx(0.4));  // both counters restarted, 0.1 charged since
}

TEST_CASE("jitter of a counter is no restart") {
  std::string text = "Data Point,Test Time (s),Current (A),Voltage (V),Charge Capacity (Ah),Discharge Capacity (Ah)\n";
  for (int i = 0; i < 100; ++i) {
    const double q = i / 3600.0 - (i % 10 == 9 ? 3e-4 : 0);  // falls by a nano-amount now and then
    text += std::to_string(i + 1) + "," + std::to_string(i) + ",1,3.5," + std::to_string(q) + ",0\n";
  }
  CHECK(read(text).capacity_Ah.back() == doctest::Approx(99 / 3600.0 - 3e-4).epsilon(1e-3));
}

TEST_CASE("a capacity that does not follow the current, or has gaps, is not believed") {
  const PlainLayout layout{{"t [s]", ""}, {"E (V)", ""}, {"I / mA", ""}, echem::PlainColumn{"Q / mAh", ""}, {}};
  std::string against = "t [s],E (V),I / mA,Q / mAh\n";
  std::string gappy = against;
  std::string good = against;
  for (int i = 0; i < 20; ++i) {
    const std::string row = std::to_string(i * 360) + ",3.5,10,";
    against += row + std::to_string(-i) + "\n";
    gappy += row + (i == 7 ? "" : std::to_string(i)) + "\n";
    good += row + std::to_string(i) + "\n";
  }
  for (const std::string& text : {against, gappy}) {
    const auto table = read_plain(text, layout);
    CHECK(table.capacity_Ah.back() == doctest::Approx(0.019));
    CHECK(table.capacity_origin == echem::CapacityOrigin::integrated_current);
    CHECK(table.remarks.size() == 1);
  }
  CHECK(read_plain(good, layout).capacity_origin == echem::CapacityOrigin::file_net_counter);
}

TEST_CASE("NaN in a column nobody asked for is no fault") {
  CHECK(read_plain("t [s],E (V),I / mA,aux\n0,3.5,2,1\n60,3.6,2,NaN\n120,3.6,2,oops\n", simple).rows() == 3);
}

TEST_CASE("a decimal comma in a plain table is a number") {
  CHECK(read_plain("t [s];E (V);I / mA\n0,5;3,5;2\n1,5;3,6;2\n", simple).time_s[1] == 1.5);
}

TEST_CASE("a plain table takes its units from the names or from the declaration") {
  const auto table = read_plain("t [s],E (V),I / mA\n0,3.5,2\n60,3.6,2\n", simple);
  CHECK(table.current_A[0] == doctest::Approx(2e-3));
  const auto declared = read_plain("a;b;c\n0;3500;2\n1;3600;2\n", {{"a", "min"}, {"b", "mV"}, {"c", "uA"}, {}, {}});
  CHECK(declared.time_s[1] == 60);
  CHECK(declared.potential_V[0] == doctest::Approx(3.5));
  CHECK(declared.current_A[0] == doctest::Approx(2e-6));
}

TEST_CASE("a bracket declares the unit of a column that has none in its name") {
  const std::string text = "Seconds,Volts,Amps\n0,3.5,1\n1,3.6,1\n";
  CHECK(read_plain(text, {{"Seconds [s]", ""}, {"Volts [V]", ""}, {"Amps [mA]", ""}, {}, {}}).current_A[0] ==
        doctest::Approx(1e-3));
  CHECK_THROWS_AS(read_plain(text, {{"Second [s]", ""}, {"Volts [V]", ""}, {"Amps [mA]", ""}, {}, {}}),
                  core::UnreadableFile);
}

TEST_CASE("a current per mass is recognised by its unit") {
  const auto table = read_plain("t [s],E (V),Current / mA g-1\n0,3.5,20\n1,3.6,20\n",
                                {{"t [s]", ""}, {"E (V)", ""}, {"Current / mA g-1", ""}, {}, {}});
  CHECK(table.current_per_mass);
  CHECK(table.current_A[0] == doctest::Approx(20));  // A/kg
}

TEST_CASE("a missing column, a missing unit and a wrong dimension are told apart") {
  CHECK_THROWS_AS(read_plain("t [s],E (V)\n0,3.5\n", simple), core::UnreadableFile);
  CHECK_THROWS_AS(read_plain("t,E (V),I / mA\n0,3.5,1\n", {{"t", ""}, {"E (V)", ""}, {"I / mA", ""}, {}, {}}),
                  core::UsageError);
  CHECK_THROWS_AS(read_plain("t [V],E (V),I / mA\n0,3.5,1\n", {{"t [V]", ""}, {"E (V)", ""}, {"I / mA", ""}, {}, {}}),
                  core::UsageError);
}

TEST_CASE("files nobody here reads are named when they are known") {
  const auto refusal = [](const std::string& bytes) {
    try {
      read(bytes);
    } catch (const core::UnreadableFile& error) {
      return error.facts().what;
    }
    return std::string{"accepted"};
  };
  CHECK(refusal("NEWARE\x01\x02").find("Neware .nda") != std::string::npos);
  CHECK(refusal("EXPLAIN\nTAG\n").find("Gamry") != std::string::npos);
  CHECK(refusal("hello,world\n1,2\n").find("not a cycler file we recognise") != std::string::npos);
}

TEST_CASE("an Access file cut off inside a page is refused") {
  using namespace std::string_literals;
  CHECK_THROWS_AS(read("\x00\x01\x00\x00Standard Jet DB\x00\x01"s + std::string(5000, 'x')), core::UnreadableFile);
}
