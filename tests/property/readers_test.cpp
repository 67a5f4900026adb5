// Whatever the bytes, a reader returns a table of finite numbers or refuses with a place. Nothing else can happen.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/echem/cycler_files.hpp"
#include "mpr_writer.hpp"

using namespace lithoscope;

namespace {

void reads_or_refuses(const std::string& bytes) {
  try {
    const auto table = echem::read_cycler_file(io::InputFile::from_bytes("t", bytes));
    for (const double e : table.potential_V) RC_ASSERT(std::isfinite(e));
    RC_ASSERT(table.time_s.size() == table.current_A.size());
    RC_ASSERT(table.time_s.size() == table.capacity_Ah.size());
  } catch (const core::UnreadableFile& error) {
    RC_ASSERT(!std::string{error.what()}.empty());
  }
}

std::string damaged(std::string bytes, bool flip) {
  if (flip) {
    const int flips = *rc::gen::inRange(1, 8);
    for (int i = 0; i < flips; ++i) {
      const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << *rc::gen::inRange(0, 8)));
    }
  } else {
    bytes.resize(*rc::gen::inRange<std::size_t>(1, bytes.size()));
  }
  return bytes;
}

const std::string text =
    "EC-Lab ASCII FILE\r\nNb header lines : 4\r\n\r\nmode\ttime/s\tEwe/V\tI/mA\t(Q-Qo)/mA.h\t\r\n"
    "1\t0.0\t3.5\t1.0\t0.0\t\r\n1\t1.0\t3.6\t1.0\t2.8E-004\t\r\n";
const std::string bdf = "Test Time / s,Voltage / V,Current / A\n0,3.5,0\n10,3.6,0.1\n20,3.7,0.1\n";

}  // namespace

TEST_CASE("damaged .mpr files are read or refused") {
  const auto version = [] { return *rc::gen::element(0u, 2u, 3u, 10u, 11u); };
  CHECK(rc::check("flipped bits",
                  [&] { reads_or_refuses(damaged(test::mpr_file(test::simple_charge(version(), 12)), true)); }));
  CHECK(rc::check("cut short",
                  [&] { reads_or_refuses(damaged(test::mpr_file(test::simple_charge(version(), 12)), false)); }));
}

TEST_CASE("damaged text files are read or refused") {
  for (const std::string& whole : {text, bdf}) {
    CHECK(rc::check("flipped bits", [&] { reads_or_refuses(damaged(whole, true)); }));
    CHECK(rc::check("cut short", [&] { reads_or_refuses(damaged(whole, false)); }));
  }
}

TEST_CASE("any bytes at all are read or refused") {
  CHECK(rc::check("bytes", [](const std::string& bytes) { reads_or_refuses(bytes); }));
}

TEST_CASE("what is written as BDF reads back to the same numbers") {
  CHECK(rc::check("round trip", [](const std::vector<double>& values) {
    echem::CyclerTable table;
    for (const double v : values) {
      RC_PRE(std::isfinite(v));
      table.time_s.push_back(static_cast<double>(table.time_s.size()));
      table.potential_V.push_back(v);
      table.current_A.push_back(-v);
      table.capacity_Ah.push_back(table.capacity_Ah.empty() ? 0.0 : v);
    }
    RC_PRE(!values.empty());
    const auto again = echem::read_cycler_file(io::InputFile::from_bytes("t", echem::bdf_csv(table)));
    RC_ASSERT(again.potential_V == table.potential_V);
    RC_ASSERT(again.current_A == table.current_A);
  }));
}
