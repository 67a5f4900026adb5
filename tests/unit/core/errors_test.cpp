#include <doctest/doctest.h>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/log.hpp"
#include "lithoscope/core/text.hpp"

using namespace lithoscope::core;

TEST_CASE("an error says what, where, expected, found and what to do, and keeps them as data") {
  const UnreadableFile error{{.what = "ends inside a row",
                              .where = {.path = "a.mpr", .byte_offset = 12},
                              .expected = "8 bytes",
                              .found = "3 bytes",
                              .advice = "copy it again"}};
  CHECK(std::string{error.what()} ==
        "a.mpr, byte 12: ends inside a row\n  expected: 8 bytes\n  found:    3 bytes\n  to do:    copy it again");
  CHECK(error.facts().where.byte_offset == 12);
  CHECK(error.exit_code() == ExitCode::unreadable_input);
}

TEST_CASE("the nearest known name is suggested, and nothing when none is near") {
  const std::vector<std::string> names{"density", "bet_area", "active_mass"};
  CHECK(nearest_name("bet_aera", names) == "bet_area");
  CHECK(nearest_name("desnity", names) == "density");
  CHECK(nearest_name("temperature_of_the_room", names).empty());
}

TEST_CASE("log lines are valid JSON whatever the message holds") {
  CHECK(escaped_string("a\"b\\c\nd\x01") == "a\\\"b\\\\c\\nd\\u0001");
}
