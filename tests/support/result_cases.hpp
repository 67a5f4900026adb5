// Results with something of everything, drawn at random.
#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "lithoscope/core/rng.hpp"
#include "lithoscope/result/result.hpp"

namespace lithoscope::test {

class ResultDraw {
 public:
  explicit ResultDraw(std::uint64_t seed) : random_(seed, 0) {}

  std::size_t upto(std::size_t most) { return random_.next_u32() % (most + 1); }
  double number() {
    constexpr double decades = 40;
    return random_.normal() * std::pow(10.0, decades * (random_.uniform() - 0.5));
  }
  std::vector<double> numbers(std::size_t n, bool gaps = false) {
    std::vector<double> out;
    for (std::size_t i = 0; i < n; ++i) out.push_back(gaps && upto(4) == 0 ? result::not_a_number : number());
    return out;
  }
  std::vector<double> variances(std::size_t n) {
    std::vector<double> out = numbers(n);
    for (double& v : out) v = std::abs(v);
    return out;
  }
  std::string words() {
    static const std::vector<std::string> some{"",           "ok",         "a b",    "D\u2082 \u00b0C",
                                               "\"quoted\"", "line\nline", "\u00e9", "[1, 2]"};
    return some[upto(some.size() - 1)];
  }

  result::Table table(const std::string& name, std::size_t rows) {
    result::Table t{.name = name, .title = "Table " + name};
    std::vector<std::int64_t> whole;
    std::vector<std::string> flags, texts;
    for (std::size_t i = 0; i < rows; ++i) {
      whole.push_back(static_cast<std::int64_t>(random_.next_u32()) * 2'000'000'001LL);
      flags.push_back(i % 3 == 0 ? "missing" : "ok");
      texts.push_back(words());
    }
    t.columns = {result::number_column("energy", "eV", "Energy", numbers(rows)),
                 result::number_column("intensity", "", "Intensity", numbers(rows, true), variances(rows)),
                 result::integer_column("time_ns", "Time", whole), result::word_column("flags", "Flags", flags),
                 result::word_column("note", "Note", texts)};
    t.columns[1].gaps = "no photon";
    t.columns[1].low = numbers(rows);
    t.columns[1].high = numbers(rows);
    t.columns[0].shown = {.unit = "meV", .name = "E", .digits = 3, .as_factor = true, .hidden = false};
    t.axis = "energy";
    t.signal = "intensity";
    t.flags = "flags";
    t.brief = {"energy"};
    return t;
  }

  result::Observable observable(const std::string& name) {
    const std::size_t n = 1 + upto(4);
    result::Observable o{.name = name, .state = "charged", .against = words(), .unit = "eV", .help = "Help"};
    o.axis_name = "x";
    o.axis = numbers(n);
    o.values = numbers(n);
    o.variance = variances(n);
    if (upto(1) == 0) o.common = {{"energy scale", numbers(n)}, {"monitor", numbers(n)}};
    if (upto(1) == 0)
      o.noise = {.law = result::NoiseLaw::poisson, .exposure = variances(n), .degrees = 4.5, .correlation = 0.25};
    o.depth = {.law = result::DepthLaw::surface,
               .length_nm = 3.5,
               .overlayer_nm = 0.5,
               .exit_deg = 45,
               .incidence_deg = 30,
               .attenuation_per_nm = 0.01,
               .element = "Ni"};
    o.flags.assign(n, "ok");
    if (upto(2) == 0) o.unusable = "not measured";
    return o;
  }

 private:
  core::RandomStream random_;
};

inline result::Result random_result(std::uint64_t seed) {
  ResultDraw draw{seed};
  result::Result r{.probe = "toy", .version = "1", .name = "Toy, " + draw.words(), .state = "charged"};
  r.asked = draw.words();
  r.answers = {"first", draw.words()};
  r.warnings = {draw.words(), "careful: \u00b1"};
  r.remarks = {"remark"};
  r.gate = draw.words();
  r.key = "abc";
  r.numbers = {{.name = "mean", .unit = "V", .help = "Mean", .value = {draw.number(), std::abs(draw.number())}},
               {.name = "bound",
                .unit = "",
                .help = "Bound",
                .value = {draw.number(), result::not_a_number},
                .low = -1,
                .high = std::numeric_limits<double>::infinity()},
               {.name = "gone",
                .unit = "eV",
                .help = "Gone",
                .value = {result::not_a_number, result::not_a_number},
                .flag = "no data"}};
  r.tables = {draw.table("first", draw.upto(6)), draw.table("second", 1 + draw.upto(6))};
  result::Grid g{.name = "map", .title = "Map"};
  g.x = result::number_column("incident", "eV", "Incident", draw.numbers(3));
  g.y = result::number_column("emission", "eV", "Emission", draw.numbers(2));
  g.z = result::number_column("counts", "", "Counts", draw.numbers(6, true), draw.variances(6));
  g.z.gaps = "not scanned";
  r.grids = {g};
  r.observables = {draw.observable("valence/Ni/electrons"), draw.observable("feature/O/531-523")};
  result::Figure f{.name = "answer",
                   .title = "The answer.",
                   .caption = draw.words(),
                   .x_axis = {"energy"},
                   .y_axis = {"intensity", "1/eV"}};
  f.plots = {{.name = "data",
              .role = result::Role::second,
              .mark = result::Mark::open_dots,
              .table = "second",
              .x = "energy",
              .y = "intensity",
              .interval = true,
              .where = result::Where{"flags", "ok"},
              .notes = "note",
              .log10_of_y = true,
              .offset = 0.5}};
  f.bands = {{1, 2, "band"}};
  f.segments = {{0, 1, 2, 3, "iR"}};
  f.x_ticks = {{1, "Ni"}};
  f.grid = "map";
  f.palette = result::Palette::diverging;
  f.stretch = result::Stretch::root;
  r.figures = {f};
  r.sections = {{.title = "Page", .paragraphs = {"words"}, .figures = {"answer"}, .tables = {"first", "second"}}};
  r.settings = {{"scale", "V", 2.5},
                {"on", "", true},
                {"count", "", std::int64_t{3}},
                {"mass", "kg", core::Value{1e-6, 1e-14}},
                {"word", "", std::string{"half"}},
                {"list", "", std::vector<std::string>{"a", "b"}},
                {"columns.time", "", std::monostate{}},
                {"numbers", "eV", std::vector<double>{1, 2.5}}};
  r.sources = {{.role = "files", .path = "a/b.dat", .format = "text", .sha256 = "0123", .hashed = "all"},
               {.role = "log", .path = "c", .format = "", .sha256 = "45", .hashed = "first and last MiB"}};
  return r;
}

}  // namespace lithoscope::test
