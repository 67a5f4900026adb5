#include <doctest/doctest.h>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/echem/cycler_files.hpp"
#include "mpr_writer.hpp"

using namespace lithoscope;
using test::mpr_file;
using test::MprSpec;
using test::simple_charge;

namespace {

echem::CyclerTable read(const std::string& bytes) {
  return echem::read_cycler_file(io::InputFile::from_bytes("t.mpr", bytes));
}

core::ErrorFacts refusal(const std::string& bytes) {
  try {
    read(bytes);
  } catch (const core::UnreadableFile& error) {
    return error.facts();
  }
  FAIL("the file was accepted");
  return {};
}

}  // namespace

TEST_CASE("every module version reads to the same table") {
  for (const std::uint32_t version : {0u, 2u, 3u, 10u, 11u}) {
    CAPTURE(version);
    const auto table = read(mpr_file(simple_charge(version, 5)));
    REQUIRE(table.rows() == 5);
    CHECK(table.time_s[4] == 4);
    CHECK(table.potential_V[1] == doctest::Approx(3.001));
    CHECK(table.current_A[2] == doctest::Approx(1e-3));
    CHECK(table.capacity_Ah[4] == doctest::Approx(4 / 3600.0 * 1e-3));
    CHECK(table.step.back() == 1);
    CHECK(table.sources.front().started == "2026-11-22T12:00:00.000");
    CHECK(table.capacity_origin == echem::CapacityOrigin::file_net_counter);
  }
}

TEST_CASE("a file without a current column gets it from the charge counted, as EC-Lab does") {
  MprSpec spec;
  spec.column_ids = {1, 4, 6, 7};
  spec.row_count = 3;
  for (int i = 0; i < 3; ++i) {
    test::append<std::uint8_t>(spec.rows, 1);
    test::append<double>(spec.rows, 10.0 * i);
    test::append<float>(spec.rows, 3.5f);
    test::append<double>(spec.rows, i == 0 ? 0.0 : 0.01);  // mAh in 10 s: 3.6 mA
  }
  const auto table = read(mpr_file(spec));
  CHECK(table.current_A[0] == 0);
  CHECK(table.current_A[2] == doctest::Approx(3.6e-3));
  CHECK(table.current_origin == echem::CurrentOrigin::charge_over_interval);
}

TEST_CASE("one unknown column is skipped when its width is what the row leaves, and said so") {
  MprSpec spec;
  spec.column_ids = {1, 4, 6, 8, 200};
  spec.row_count = 2;
  for (int i = 0; i < 2; ++i) {
    test::append<std::uint8_t>(spec.rows, 1);
    test::append<double>(spec.rows, i);
    test::append<float>(spec.rows, 3.5f);
    test::append<float>(spec.rows, 2.0f);
    test::append<double>(spec.rows, 123);
  }
  const auto table = read(mpr_file(spec));
  CHECK(table.current_A[1] == doctest::Approx(2e-3));
  REQUIRE(table.remarks.size() == 1);
  CHECK(table.remarks.front() == "Column id 200 (8 bytes a row) is not known; it was skipped.");
}

TEST_CASE("two unknown columns are refused by their ids") {
  MprSpec spec;
  spec.column_ids = {1, 4, 6, 8, 200, 201};
  spec.row_count = 1;
  spec.rows = std::string(1 + 8 + 4 + 4 + 8, '\0');
  const auto facts = refusal(mpr_file(spec));
  CHECK(facts.what.find("200, 201") != std::string::npos);
}

TEST_CASE("ids of 256 and more mean the quantity of id - 256, except those that do not") {
  MprSpec spec;
  spec.column_ids = {1, 4, 6, 8, 467, 500};
  spec.row_count = 1;
  test::append<std::uint8_t>(spec.rows, 1);
  test::append<double>(spec.rows, 1);
  test::append<float>(spec.rows, 3.5f);
  test::append<float>(spec.rows, 2.0f);
  test::append<double>(spec.rows, 0);  // 467: Q charge/discharge, 8 bytes
  test::append<double>(spec.rows, 0);  // 500: step time, 8 bytes (244 would be 4)
  CHECK(read(mpr_file(spec)).rows() == 1);
}

TEST_CASE("a charge counter that restarts with a loop runs on in the table") {
  MprSpec spec;
  for (int i = 0; i < 40; ++i) {
    const double counted = (i % 20) / 3600.0;  // 1 mA, a row a second, restarted at row 20
    test::append_default_row(spec.rows, 0x01, 1, i, 3.5f, 1.0f, counted);
  }
  spec.row_count = 40;
  const auto table = read(mpr_file(spec));
  CHECK(table.capacity_Ah.back() == doctest::Approx(39 / 3600.0 * 1e-3));
  REQUIRE(table.remarks.size() == 1);
  CHECK(table.remarks.front() == "The file's charge counter restarts 1 times; charge was added up across.");
}

TEST_CASE("the word MODULE inside the data does not start a module") {
  MprSpec spec;
  spec.column_ids = {1, 4, 6, 8, 13};
  spec.row_count = 1;
  test::append<std::uint8_t>(spec.rows, 1);
  test::append<double>(spec.rows, 1);
  test::append<float>(spec.rows, 3.5f);
  test::append<float>(spec.rows, 2.0f);
  spec.rows += "MODULE\x01\x40";
  CHECK(read(mpr_file(spec)).rows() == 1);
}

TEST_CASE("the mass in the settings is kept, EC-Lab's default is not") {
  MprSpec spec = simple_charge(3, 2);
  spec.active_mass_mg = 1.39f;
  CHECK(read(mpr_file(spec)).sample.active_mass_kg.value() == doctest::Approx(1.39e-6));
  spec.active_mass_mg = 0.001f;
  CHECK_FALSE(read(mpr_file(spec)).sample.active_mass_kg.has_value());
}

TEST_CASE("a file cut anywhere is refused with a place, never read") {
  const std::string whole = mpr_file(simple_charge(11, 20));
  for (std::size_t size = 1; size < whole.size(); size += 7) {
    CAPTURE(size);
    CHECK_THROWS_AS(read(whole.substr(0, size)), core::UnreadableFile);
  }
}

TEST_CASE("wrong counts, lengths and versions are refused with byte offsets") {
  MprSpec more_rows = simple_charge(3, 4);
  more_rows.row_count = 5;
  CHECK(refusal(mpr_file(more_rows)).what == "the rows do not fill the data module");
  MprSpec huge = simple_charge(3, 4);
  huge.row_count = 0xFFFFFFFFu;
  CHECK_NOTHROW(refusal(mpr_file(huge)));
  MprSpec none = simple_charge(3, 4);
  none.row_count = 0;
  CHECK(refusal(mpr_file(none)).what == "the data module is empty");
  MprSpec future = simple_charge(12, 4);
  CHECK(refusal(mpr_file(future)).expected == "0, 2, 3, 10 or 11");
  CHECK(refusal(mpr_file(future)).where.byte_offset.has_value());
}
