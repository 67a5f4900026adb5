#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/report/page.hpp"
#include "lithoscope/report/render.hpp"
#include "result_cases.hpp"

using namespace lithoscope;
using namespace lithoscope::report;

namespace {

Page example() {
  Page r;
  r.title = "A <study> & more";
  r.asked = "What?";
  r.answers = {"That."};
  r.program = "lithoscope test";
  Figure f{.id = "gitt1-diffusion",
           .title = "D falls.",
           .caption = "c",
           .x_axis = {"x", ""},
           .y_axis = {"log D", "cm²/s"},
           .bands = {{0.1, 0.2, "window"}},
           .segments = {{0, 1, 0, 2, "iR"}}};
  f.series.push_back({.name = "D",
                      .role = Role::primary,
                      .mark = Mark::dots,
                      .x = {0, 1, 2},
                      .y = {-14, std::nan(""), -17},
                      .y_low = {-15, std::nan(""), -18},
                      .y_high = {-13, std::nan(""), -16},
                      .notes = {"a", "b", "</script>"}});
  Section s{.id = "gitt-1", .title = "GITT", .failure = {}, .warnings = {"careful"}, .parts = {}};
  s.parts.push_back(
      {.title = "Part", .paragraphs = {"words"}, .figures = {f}, .tables = {{"T", {"a"}, {{"1"}}, {"not used: x"}}}});
  r.sections.push_back(s);
  r.made = {{"Program", "x"}};
  return r;
}

}  // namespace

TEST_CASE("what is not a number is null for the page's script") {
  CHECK(page_json(example()).find("[-14.0,null,-17.0]") != std::string::npos);
}

TEST_CASE("a page is made of results alone: answers, warnings, figures with their numbers, tables with units") {
  const std::vector<result::Result> results{test::random_result(4), test::random_result(5)};
  const Page page = page_of(results, {.title = "Two", .program = "lithoscope test"});
  CHECK(page.title == "Two");
  REQUIRE(page.sections.size() == 3);
  CHECK(page.sections[0].parts[0].figures.size() == 2);
  CHECK(page.sections[0].parts[0].figures[1].id == "toy-2-answer");
  const Table& table = page.sections[1].parts.back().tables.back();
  CHECK(table.header.front() == "E (meV)");
  CHECK(table.rows.size() == results[0].table("second").rows());
  const std::string html = render_html(page);
  const auto warning = html.find("careful: \u00b1"), answer = html.find("class=\"answer\"");
  REQUIRE(warning != std::string::npos);
  REQUIRE(answer != std::string::npos);
  CHECK(warning < answer);  // what a reader should distrust stands before the number
}

TEST_CASE("the comparison speaks before the state it compares with, and both before what they were made of") {
  std::vector<result::Result> results{test::random_result(4), test::random_result(5), test::random_result(6)};
  results[0].probe = "detector";
  results[1].state = "before";
  results[2].state = "after";
  for (std::size_t i = 0; i < 3; ++i) results[i].answers = {std::string(1, static_cast<char>('a' + i))};
  const Page page = page_of(results, {.title = "Three", .program = "lithoscope test"});
  REQUIRE(page.answers.size() == 3);
  CHECK(page.answers[0].ends_with("c"));
  CHECK(page.answers[1].ends_with("b"));
  CHECK(page.answers[2].ends_with("a"));
}

TEST_CASE("a long line keeps its extremes, a fine map is averaged to what a page shows") {
  result::Result r = test::random_result(1);
  constexpr std::size_t n = 100000;
  std::vector<double> x(n), y(n, 0.0);
  for (std::size_t i = 0; i < n; ++i) x[i] = static_cast<double>(i);
  y[54321] = 7;
  r.tables[0] = {.name = "long", .title = "Long"};
  r.tables[0].columns = {result::number_column("x", "s", "x", x), result::number_column("y", "V", "y", y)};
  result::Figure f{.name = "f", .title = "t"};
  f.plots = {{.name = "y", .table = "long", .x = "x", .y = "y"}};
  const Figure thin = drawn(r, f, true);
  CHECK(thin.series[0].x.size() < 4000);
  CHECK(*std::ranges::max_element(thin.series[0].y) == 7);
  CHECK(drawn(r, f, false).series[0].x.size() == n);
  CHECK(thin.y_axis.unit == "V");
}

TEST_CASE("text is escaped and data cannot end the script") {
  const std::string page = render_html(example());
  CHECK(page.find("A &lt;study&gt; &amp; more") != std::string::npos);
  const auto data = page.find("id=\"report-data\"");
  REQUIRE(data != std::string::npos);
  CHECK(page.substr(data, page.find("</script>", data) - data).find("b\",\"\\u003c/script>") != std::string::npos);
}

TEST_CASE("the page needs nothing from outside") {
  const std::string page = render_html(example());
  for (const char* outside : {"src=\"", "@import", "<link", "fetch("}) {
    CAPTURE(outside);
    CHECK(page.find(outside) == std::string::npos);
  }
  std::size_t at = 0;
  while ((at = page.find("http", at)) != std::string::npos) {
    CHECK(page.compare(at, 26, "http://www.w3.org/2000/svg") == 0);  // the one name of SVG, not an address
    ++at;
  }
}

TEST_CASE("a figure has both axes with units, its bars and no number that is not one") {
  const std::string svg = render_svg(example().sections[0].parts[0].figures[0], SvgUse::standalone);
  CHECK(svg.find("log D (cm²/s)") != std::string::npos);
  CHECK(svg.find("nan") == std::string::npos);
  CHECK(svg.find("class=\"bar") != std::string::npos);
  const std::string csv = figure_csv(example().sections[0].parts[0].figures[0]);
  CHECK(csv.find("\"D\",1,,,,\"b\"") != std::string::npos);
}

TEST_CASE("an empty figure is still a figure") {
  Figure f;
  f.id = "empty";
  CHECK(render_svg(f, SvgUse::standalone).find("nan") == std::string::npos);
  CHECK(render_svg(f, SvgUse::standalone).find("inf") == std::string::npos);
}

TEST_CASE("absurd numbers are drawn without fault") {
  Figure f = example().sections[0].parts[0].figures[0];
  f.series[0].y = {-1.7e308, 1.7e308, 0};
  f.series[0].x = {1e300, 1e300, 1.0000000000000002e300};
  CHECK(render_svg(f, SvgUse::standalone).ends_with("</svg>\n"));
}
