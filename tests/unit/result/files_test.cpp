#include "lithoscope/result/files.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "lithoscope/core/errors.hpp"
#include "result_cases.hpp"

using namespace lithoscope;
using namespace lithoscope::result;

namespace {

Result from_nexus(const Result& r) {
  const std::vector<Result> one{r};
  auto back = read_nexus(io::InputFile::from_bytes("run.nxs", nexus_file(one, {.title = "t", .program = "p"})));
  REQUIRE(back.size() == 1);
  return back.front();
}

}  // namespace

TEST_CASE("a result goes to NeXus and back to the bit, whatever is in it") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    Result r = test::random_result(seed);
    make_canonical(r);
    CHECK(from_nexus(r) == r);
  }
}

TEST_CASE("a result goes to JSON and back to the bit, bulk included when it is alone") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    Result r = test::random_result(seed);
    make_canonical(r);
    CHECK(read_json(json_text(r, "p"), "x").front() == r);
  }
}

TEST_CASE("the record of a run leaves bulk tables to run.nxs") {
  Result r = test::random_result(3);
  r.tables.front().bulk = true;
  make_canonical(r);
  const std::vector<Result> one{r};
  const std::vector<Result> back = read_json(json_file(one, {}), "x");
  CHECK(back.front().find_table(r.tables.front().name) == nullptr);
  CHECK(back.front().find_table(r.tables.back().name) != nullptr);
}

TEST_CASE("several results keep their order and the facts of the file") {
  std::vector<Result> all{test::random_result(1), test::random_result(2), test::random_result(3)};
  for (Result& r : all) make_canonical(r);
  const FileFacts facts{.title = "three", .program = "lithoscope test", .texts = {{"study", "a = 1\n"}}};
  const io::InputFile file = io::InputFile::from_bytes("run.nxs", nexus_file(all, facts));
  CHECK(is_result_file(file));
  CHECK(read_nexus(file) == all);
  CHECK(read_nexus_facts(file).title == "three");
  CHECK(read_nexus_facts(file).texts == facts.texts);
  CHECK(read_json(json_file(all, facts), "x").size() == 3);
}

TEST_CASE("the same result gives the same bytes") {
  Result r = test::random_result(7);
  make_canonical(r);
  const std::vector<Result> one{r};
  CHECK(nexus_file(one, {}) == nexus_file(one, {}));
}

TEST_CASE("what is no file of ours is refused, and a file cut short, too") {
  CHECK_THROWS_AS(read_json("{}", "x"), core::UnreadableFile);
  CHECK_THROWS_AS(read_json("not json", "x"), core::UnreadableFile);
  CHECK_THROWS_AS(read_json("{\"schema\": \"lithoscope/run/1\"}", "x"), core::UnreadableFile);
  const std::vector<Result> one{test::random_result(1)};
  const std::string whole = nexus_file(one, {});
  for (const std::size_t cut : {whole.size() / 2, whole.size() - 100}) {
    CHECK_THROWS_AS(read_nexus(io::InputFile::from_bytes("cut.nxs", whole.substr(0, cut))), core::UnreadableFile);
  }
  CHECK_FALSE(is_result_file(io::InputFile::from_bytes("x.txt", "words")));
}

TEST_CASE("csv names units and errors, and quotes words") {
  Table t{.name = "t", .title = "T"};
  t.columns = {number_column("D", "m2/s", "D", {1e-14, not_a_number}, {1e-30, 0}),
               word_column("why", "why", {"a \"b\"", "ok"})};
  CHECK(csv_text(t) == "\"D / m2/s\",\"D_errors / m2/s\",\"why\"\n1e-14,1e-15,\"a \"\"b\"\"\"\n,0,\"ok\"\n");
}

TEST_CASE("a terminal's table shows evenly chosen rows, marks those that are not used, and counts the others") {
  Table t{.name = "t", .title = "T"};
  std::vector<double> x;
  std::vector<std::int64_t> valid;
  for (int i = 0; i < 100; ++i) {
    x.push_back(i);
    valid.push_back(i == 0 ? 0 : 1);
  }
  t.columns = {number_column("x", "eV", "x", x), integer_column("valid", "v", valid)};
  t.valid = "valid";
  t.brief = {"x"};
  Result r;
  r.tables = {t};
  const std::string text = terminal_text(r, 5);
  CHECK(text.find("x (eV)") != std::string::npos);
  CHECK(text.find("NOT USED 0") != std::string::npos);
  CHECK(text.find("99\n") != std::string::npos);
  CHECK(text.find("5 of 100 rows shown") != std::string::npos);
}
