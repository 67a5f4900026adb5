#include <doctest/doctest.h>

#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/io/text_table.hpp"

using namespace lithoscope;
using io::parse_text_table;

TEST_CASE("numbers, text, empty cells and a trailing delimiter are told apart") {
  const auto table = parse_text_table("t", "a,b,c,\r\n1,x,\r\n2.5e3,y,4\r\n", {});
  REQUIRE(table.columns.size() == 3);
  CHECK(table.rows == 2);
  CHECK(table.find("a")->numbers == std::vector<double>{1, 2500});
  CHECK(table.find("b")->is_text());
  CHECK(std::isnan(table.find("c")->numbers[0]));
  CHECK(table.find("c")->numbers[1] == 4);
}

TEST_CASE("a decimal comma and a signed three-digit exponent are numbers") {
  CHECK(io::to_number("1,099979972212168E+001", true) == 10.99979972212168);
  CHECK(io::to_number("-9.8988000E+001") == -98.988);
  CHECK_FALSE(io::to_number("1.2.3").has_value());
  CHECK_FALSE(io::to_number("nan").has_value());
  CHECK_FALSE(io::to_number("1e999").has_value());
  CHECK(io::to_number("1e-400") == 0.0);
}

TEST_CASE("a byte-order mark is not part of the first name") {
  CHECK(parse_text_table("t",
                         "\xEF\xBB\xBF"
                         "time,v\n1,2\n",
                         {})
            .columns.front()
            .name == "time");
}

TEST_CASE("a row with too few cells is refused with its line") {
  try {
    parse_text_table("t.csv", "a,b\n1,2\n3\n", {});
    FAIL("accepted");
  } catch (const core::UnreadableFile& error) {
    CHECK(error.facts().where.line == 3);
    CHECK(error.facts().expected == "2 cells");
  }
}

TEST_CASE("a word in a column of numbers is refused with its line") {
  try {
    const auto table = parse_text_table("t.csv", "a,b\n1,2\n1,oops\n", {});
    CHECK(io::numbers_of("t.csv", table.columns[0]).size() == 2);  // a column nobody asks for may hold anything
    io::numbers_of("t.csv", table.columns[1]);
    FAIL("accepted");
  } catch (const core::UnreadableFile& error) {
    CHECK(error.facts().where.line == 3);
    CHECK(error.facts().found == "\"oops\"");
  }
}

TEST_CASE("latin-1 becomes UTF-8 and UTF-8 stays as it is") {
  CHECK(io::to_utf8("cm\xB2") == "cm²");
  CHECK(io::to_utf8("cm²") == "cm²");
}

TEST_CASE("names after an empty one may have no cells") {
  const auto table = parse_text_table("t", "a\tb\t\tc\n1\t2\t\n3\t4\t\n", {.delimiter = '\t'});
  CHECK(table.columns.size() == 2);
  CHECK(table.columns[1].numbers == std::vector<double>{2, 4});
}

TEST_CASE("an empty text has no header") { CHECK_THROWS_AS(parse_text_table("t", "", {}), core::UnreadableFile); }
