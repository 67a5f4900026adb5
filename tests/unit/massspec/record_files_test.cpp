// Files of spectrometers and thermobalances: what is read, what is refused, and where.
#include <doctest/doctest.h>

#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/massspec/record_files.hpp"
#include "lithoscope/massspec/synthesize.hpp"

using namespace lithoscope;
using namespace lithoscope::massspec;

namespace {

io::InputFile file(const std::string& text, const char* name = "currents.txt") {
  return io::InputFile::from_bytes(name, text);
}

core::ErrorFacts refusal(const std::string& text) {
  try {
    read_ion_record(file(text));
  } catch (const core::UnreadableFile& error) {
    return error.facts();
  }
  FAIL("it was read");
  return {};
}

const char* const quadera =
    "Sourcefile\ta.qmp\r\nExporttime\t28/11/2022 15:24:02\r\n\r\nStart Time\t28/11/2022 13:51:12\r\nEnd "
    "Time\t28/11/2022 15:21:44\r\n\r\n\t\tWater\t\t\t32\r\nTime\tTime Relative [s]\tIon Current [A]\tTime\tTime "
    "Relative "
    "[s]\tIon Current [A]\r\n28/11/2022 13:51:12\t0,000\t1,08e-011\t28/11/2022 "
    "13:51:12\t0,222\t-8,5e-012\r\n28/11/2022 "
    "13:51:16\t4,163\t1,09e-011\t28/11/2022 13:51:16\t4,376\t9,1e-012\r\n28/11/2022 13:51:20\t8,142\t1,06e-011";

}  // namespace

TEST_CASE("a name tells its m/z, by number or by gas") {
  CHECK(mz_of_name("C4M32") == 32);
  CHECK(mz_of_name("M32-O2 [A]") == 32);
  CHECK(mz_of_name("32_amu") == 32);
  CHECK(mz_of_name("m/z 44") == 44);
  CHECK(mz_of_name("Carbondioxide") == 44);
  CHECK(mz_of_name("N2/CO") == 28);
  CHECK(mz_of_name("17.9") == 17.9);
  for (const char* none : {"time", "pot", "MFC1 value", "Ewe", "Pirani1 value", "temperature", "cycle number"})
    CHECK(std::isnan(mz_of_name(none)));
}

TEST_CASE("Quadera: each ion has its own clock, commas may be decimal, a last row cut short is used") {
  const IonRecord record = read_ion_record(file(quadera));
  REQUIRE(record.ions.size() == 2);
  CHECK(record.ions[0].mz == 18);
  CHECK(record.ions[0].time_s.size() == 3);
  CHECK(record.ions[1].time_s.size() == 2);
  CHECK(record.ions[1].value[0] == doctest::Approx(-8.5e-12));
  CHECK(record.ions[1].time_s[1] == doctest::Approx(4.376));
  CHECK(text_of(*record.start) == "2022-11-28 13:51:12");
  REQUIRE(record.remarks.size() == 1);
  CHECK(record.remarks[0].find("3 of 6") != std::string::npos);
}

TEST_CASE("what the twin writes is read back") {
  const GasSource source{.time_s = {0, 600, 1200},
                         .temperature_K = {300, 400, 500},
                         .mass_kg = {2e-5, 1.9e-5, 1.8e-5},
                         .rate_mol_per_s = {{"O2", {0, 1e-9, 0}}}};
  IonRecord ions = synthesize_ions(source, {.before_s = 100});
  ions.start = Moment{.seconds = 1.6e9, .utc = true};
  for (const bool zilien : {true, false}) {
    const IonRecord back = read_ion_record(file(zilien ? zilien_text(ions) : quadera_text(ions)));
    REQUIRE(back.ions.size() == ions.ions.size());
    CHECK(back.start->seconds == 1.6e9);
    CHECK(back.start->utc == zilien);
    for (std::size_t k = 0; k < ions.ions.size(); ++k) {
      CHECK(back.ions[k].mz == ions.ions[k].mz);
      REQUIRE(back.ions[k].value.size() == ions.ions[k].value.size());
      CHECK(back.ions[k].value[50] == doctest::Approx(ions.ions[k].value[50]).epsilon(1e-6));
      CHECK(back.ions[k].time_s[50] == doctest::Approx(ions.ions[k].time_s[50]).epsilon(1e-4));
    }
  }
  BalanceRecord balance = synthesize_balance(source, 0, 1);
  balance.start = Moment{.seconds = 1.6e9 + 100};
  const BalanceRecord back = read_balance_record(file(mettler_text(balance, "twin")));
  CHECK(back.start->seconds == 1.6e9 + 100);
  REQUIRE(back.time_s.size() == balance.time_s.size());
  CHECK(back.temperature_K[600] == doctest::Approx(400));
  CHECK(back.mass_kg[600] == doctest::Approx(1.9e-5));
}

TEST_CASE("Zilien: a potentiostat that is promised and absent is reported, blanks in names do not matter") {
  const std::string text =
      "num_header_lines\tn\t\tint\t3\npot_count\tNumber of points\tpot\tint\t5\nC0M32_count\tNumber\tC0M32\tint\t2\n"
      "C0M32\t\nTime  [s]\tM32-O2  [A]\n0.1\t1e-10\n1.1\t2e-10\n";
  const IonRecord record = read_ion_record(file(text));
  REQUIRE(record.ions.size() == 1);
  CHECK(record.ions[0].unit == "A");
  CHECK(!record.cell);
  REQUIRE(record.remarks.size() == 1);
  CHECK(record.remarks[0].find("pot") != std::string::npos);
}

TEST_CASE("scans: a column an m/z, or a file a scan") {
  const IonRecord pv = read_ion_record(file(
      "PV MassSpec-18.05.05\n02/25/2020 11:10:13\n\nTime Relative (sec)\tTime Absolute (UTC)\tTime Absolute "
      "(Date_Time)\tStep\t31.90\t32.00\t32.10\n237.308\t1582625650.827\t02/25/2020_11:14:10.827\t1\t1e-10\t9e-10\t2e-"
      "10\n237.4\t1582625650.9\tx\t1\t-nan\t-nan\t-nan\n"));
  REQUIRE(pv.scans.size() == 1);
  CHECK(pv.scans[0].mz == std::vector<double>{31.9, 32, 32.1});
  CHECK(pv.start->seconds == doctest::Approx(1582625650.827 - 237.308));
  const IonRecord zilien = read_ion_record(
      file("num_header_lines\tn\t\tint\t3\nstart_mass\tStart\t\tint\t0.0\nmass_scan_started_at\ts\t\tdouble\t25.5\n\t\n"
           "Mass  [AMU]\tCurrent [A]\n31.8\t1e-13\n32\t5e-10\n"));
  REQUIRE(zilien.scans.size() == 1);
  CHECK(zilien.scans[0].time_s == 25.5);
  CHECK(zilien.scans[0].value[1] == 5e-10);
}

TEST_CASE("a column that only begins like the time is none") {
  CHECK_THROWS_AS(read_ion_record(file("PV MassSpec\n02/25/2020 11:10:13\nTime Relative (sec)%\t31.90\t32.00\n")),
                  core::UnreadableFile);
}

TEST_CASE("PV MassSpec currents are recognised by their columns") {
  const IonRecord record =
      read_ion_record(file("x\n\nTime Relative (sec)\t28_amu\t32_amu\n0\t1e-9\t2e-10\n1\t1e-9\t2e-10\n"));
  REQUIRE(record.ions.size() == 2);
  CHECK(record.ions[1].mz == 32);
  CHECK(record.ions[1].unit == "A");
}

TEST_CASE("plain tables find their header below a preamble, units in names or in a row") {
  const IonRecord record = read_ion_record(
      file("Analyser: QMS\nOperator: x\n\nTime;Temp;m/z 32;CO2\nmin;degC;nA;nA\n0;25,0;1,5;0,1\n1;35,0;1,6;0,2\n"));
  REQUIRE(record.ions.size() == 2);
  CHECK(record.ions[0].time_s[1] == 60);
  CHECK(record.ions[0].value[0] == doctest::Approx(1.5e-9));
  REQUIRE(record.temperature_K);
  CHECK(record.temperature_K->value[1] == doctest::Approx(308.15));
}

TEST_CASE("a clock that jumps back, a row with too few cells and a file of another kind are named with their place") {
  const core::ErrorFacts back = refusal("time [s],m/z 32 [A]\n0,1e-9\n5,1e-9\n3,1e-9\n");
  CHECK(back.what.find("jumps back") != std::string::npos);
  CHECK(back.where.line == 4);
  const core::ErrorFacts few = refusal("time [s],m/z 32 [A]\n0,1e-9\n5\n6,1e-9\n");
  CHECK(few.where.line == 3);
  CHECK(refusal("hello\nworld\n").what.find("recognise") != std::string::npos);
  CHECK(refusal("num_header_lines\tn\t\tint\t900\nx\n").where.line == 1);
}

TEST_CASE("files of one measurement are joined on one clock; the same series twice is refused") {
  IonRecord first = read_ion_record(file(quadera)), second = first;
  second.ions[0].name = "44";
  second.ions[0].mz = 44;
  second.ions.resize(1);
  second.start->seconds += 10;
  const IonRecord both = joined({first, second});
  REQUIRE(both.ions.size() == 3);
  CHECK(both.ions[2].time_s[0] == 10);
  CHECK_THROWS_AS(joined({first, first}), core::UsageError);
}

TEST_CASE("thermobalances: steps are one record, mass in the unit the file says, lone carriage returns") {
  const BalanceRecord ta = read_balance_record(file(
      "Filename\tx\n[step]\nRamp\nTime\tTemperature\tWeight\tWeight\nmin\t\xC2\xB0"
      "C\t%\t\xC2\xB5g\n0.0\t\t100\t18762\n0.5\t25\t100\t18760\n[step]\nIso\nTime\tTemperature\tWeight\tWeight\nmin\t"
      "\xC2\xB0"
      "C\t%\tmg\n1.0\t30\t100\t18.750\n"));
  REQUIRE(ta.time_s.size() == 3);
  CHECK(ta.mass_kg[0] == doctest::Approx(18.762e-6));
  CHECK(ta.mass_kg[2] == doctest::Approx(18.750e-6));
  CHECK(std::isnan(ta.temperature_K[0]));
  CHECK(ta.temperature_K[2] == doctest::Approx(303.15));
  std::string unnamed;
  for (int i = 0; i < 5; ++i) unnamed += (i > 0 ? "\r" : "") + std::to_string(i - 1) + ";7.5";
  CHECK(is_balance_record(file(unnamed)));
  CHECK_THROWS_AS(read_balance_record(file(unnamed)), core::UnreadableFile);
  const BalanceRecord plain = read_balance_record(file(unnamed), {"h", "mg"});
  CHECK(plain.time_s[0] == -3600);
  CHECK(plain.mass_kg[0] == doctest::Approx(7.5e-6));
  CHECK(plain.temperature_K.empty());
}
