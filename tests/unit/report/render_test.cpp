#include <doctest/doctest.h>

#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/report/render.hpp"

using namespace lithoscope;
using namespace lithoscope::report;

namespace {

Report example() {
  Report r;
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
  Section s{.id = "gitt-1",
            .title = "GITT",
            .paragraphs = {"words"},
            .warnings = {"careful"},
            .figures = {f},
            .tables = {{"T", {"a"}, {{"1"}}, {"not used: x"}}}};
  r.sections.push_back(s);
  r.made = {{"Program", "x"}};
  return r;
}

}  // namespace

TEST_CASE("the model survives JSON, what is unknown included") {
  const std::string once = report_json(example());
  CHECK(report_json(report_from_json(once, "x")) == once);
  CHECK(std::isnan(report_from_json(once, "x").sections[0].figures[0].series[0].y[1]));
}

TEST_CASE("JSON that is no report, of another version, or would write outside the folder is refused") {
  CHECK_THROWS_AS(report_from_json("{}", "x"), core::UnreadableFile);
  CHECK_THROWS_AS(report_from_json("not json", "x"), core::UnreadableFile);
  std::string evil = report_json(example());
  evil.replace(evil.find("gitt1-diffusion"), 15, "../../etc/passw");
  CHECK_THROWS_AS(report_from_json(evil, "x"), core::UnreadableFile);
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
  const std::string svg = render_svg(example().sections[0].figures[0], SvgUse::standalone);
  CHECK(svg.find("log D (cm²/s)") != std::string::npos);
  CHECK(svg.find("nan") == std::string::npos);
  CHECK(svg.find("class=\"bar") != std::string::npos);
  const std::string csv = figure_csv(example().sections[0].figures[0]);
  CHECK(csv.find("\"D\",1,,,,\"b\"") != std::string::npos);
}

TEST_CASE("an empty figure is still a figure") {
  Figure f;
  f.id = "empty";
  CHECK(render_svg(f, SvgUse::standalone).find("nan") == std::string::npos);
  CHECK(render_svg(f, SvgUse::standalone).find("inf") == std::string::npos);
}

TEST_CASE("absurd numbers are drawn without fault") {
  Figure f = example().sections[0].figures[0];
  f.series[0].y = {-1.7e308, 1.7e308, 0};
  f.series[0].x = {1e300, 1e300, 1.0000000000000002e300};
  CHECK(render_svg(f, SvgUse::standalone).ends_with("</svg>\n"));
}
