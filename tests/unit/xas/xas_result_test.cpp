#include <doctest/doctest.h>

#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/xas/xas_run.hpp"
#include "xas_probes.hpp"

using namespace lithoscope;

namespace {

const test::Given raw{{"normalise", std::string{"none"}}};

// Nickel's L edges with a height, on noise.
xas::Spectrum nickel(double height, std::uint64_t stream) {
  xas::Spectrum s = test::l_edges(852.7, 870.0, height);
  s.element = "Ni";
  core::RandomStream random{5, stream};
  for (std::size_t i = 0; i < s.intensity.size(); ++i) {
    s.intensity[i] += 0.01 * random.normal();
    s.variance[i] = 1e-4;
  }
  s.noise = xas::Noise::column;
  return s;
}

}  // namespace

TEST_CASE("one spectrum of an edge is sound, and has its edge, its curves and its fit") {
  const test::Scratch scratch;
  const std::string path = test::write_xdi(scratch, "a.xdi", test::edge_spectrum(100, 0.5, 0.003, 1));
  const result::Result r = test::reduced(test::xas_measurement("xas", {{.path = path}}));
  test::check_files(r);
  CHECK(r.table("spectra").at("e0").number(0) == doctest::Approx(100).epsilon(0.01));
  CHECK(r.table("spectra").at("divided_by").value(0).value == doctest::Approx(1).epsilon(0.05));
  CHECK(r.table("spectra").at("source").words()[0] == "a.xdi");
  CHECK(r.table("measured_1").find("below_edge") != nullptr);
  CHECK(r.table("spectrum_1").at("normalised").variance.front() > 0);
  REQUIRE(r.sources.size() == 1);
  CHECK(r.sources[0].role == "files");
  CHECK(r.sources[0].format.find("XDI") != std::string::npos);
}

TEST_CASE("white lines and features are observables, with what the energy scale does to them apart") {
  const test::Scratch scratch;
  const std::string path = test::write_xdi(scratch, "ni.xdi", nickel(7, 1));
  test::Given given = raw;
  given.emplace_back("edge", std::string{"L2,3"});
  const result::Result r = test::reduced(test::xas_measurement("xas", {{.path = path}}, given));
  const result::Observable& o = test::observable(r, "feature/Ni/L3-high-energy-shoulder");
  CHECK(o.values[0] == r.table("features").at("ratio").number(0));
  CHECK(o.total_variance(0) == doctest::Approx(r.table("features").at("ratio").variance[0]));
  REQUIRE(o.common.size() == 1);
  CHECK(o.common[0].cause == "energy scale of ni.xdi");
  CHECK(!o.unusable.empty());  // a column mu says not how it was detected
  const result::Observable& branching = test::observable(r, "branching/Ni");
  CHECK(branching.values[0] == r.table("white_lines").at("branching_ratio").number(0));
  CHECK(branching.variance[0] > 0);
}

TEST_CASE("several spectra are a series: one observable along them, and components") {
  const test::Scratch scratch;
  std::vector<probe::Input> files;
  for (int i = 0; i < 4; ++i)
    files.push_back({.path = test::write_xdi(scratch, "s" + std::to_string(i) + ".xdi",
                                             nickel(6 + i, static_cast<std::uint64_t>(i)))});
  const result::Result r = test::reduced(test::xas_measurement("xas", files, raw));
  test::check_files(r);
  const result::Observable& o = test::observable(r, "feature/Ni/L3-high-energy-shoulder");
  CHECK(o.size() == 4);
  CHECK(o.axis_name == "spectrum");
  CHECK(o.common.size() == 4);
  CHECK(r.table("components").find("component_1") != nullptr);
  CHECK(r.number("components_by_indicator").value.value >= 1);
  CHECK(r.table("component_weights").rows() == 4);
}

TEST_CASE("edges of several elements side by side are no series") {
  const test::Scratch scratch;
  std::vector<probe::Input> files;
  for (const double shift : {0.0, 400.0, 800.0}) {
    xas::Spectrum s = test::edge_spectrum(100, 0.5, 0.003, 1);
    for (double& e : s.energy_eV) e += shift;
    files.push_back({.path = test::write_xdi(scratch, "e" + std::to_string(files.size()) + ".xdi", s)});
  }
  const result::Result r = test::reduced(test::xas_measurement("xas", files, raw));
  CHECK(r.find_table("components") == nullptr);
  CHECK(r.warnings.back().find("share no energies") != std::string::npos);
}

TEST_CASE("what a comparison needs comes back from a result to the bit") {
  const test::Scratch scratch;
  const std::string path = test::write_xdi(scratch, "ni.xdi", nickel(7, 1));
  const probe::Measurement m = test::xas_measurement("xas", {{.path = path}}, raw);
  const result::Result r = test::reduced(m);
  const auto back = xas::spectra_of(r);
  const xas::ReadSpectrum read =
      xas::read_spectrum({.path = path, .scan = {}}, xas::reading_of({}, {.how = xas::Normalisation::none}));
  REQUIRE(back.size() == 1);
  CHECK(back[0].source == read.source);
  CHECK(back[0].spectrum.name == read.normalised.spectrum.name);
  CHECK(back[0].spectrum.element == "Ni");
  CHECK(back[0].spectrum.edge == read.normalised.spectrum.edge);
  CHECK(back[0].spectrum.energy_eV == read.normalised.spectrum.energy_eV);
  CHECK(back[0].spectrum.intensity == read.normalised.spectrum.intensity);
  CHECK(back[0].spectrum.variance == read.normalised.spectrum.variance);
  CHECK(back[0].spectrum.noise == read.normalised.spectrum.noise);
  const auto window = xas::usual_features("Ni").front();
  REQUIRE(back[0].features.size() == 1);
  CHECK(back[0].features[0].window == window);
  CHECK(back[0].features[0].ratio.ratio == xas::feature_ratio(read.normalised.spectrum, window, 0.05));
}

TEST_CASE("the state after is compared with the state before, spectrum by spectrum") {
  const test::Scratch scratch;
  const std::string before = test::write_xdi(scratch, "before.xdi", nickel(7, 1));
  const std::string after = test::write_xdi(scratch, "after.xdi", nickel(5, 2));
  const auto first = std::make_shared<const result::Result>(
      test::reduced(test::xas_measurement("xas", {{.path = before}}, raw), nullptr, "before"));
  const result::Result r = test::reduced(test::xas_measurement("xas", {{.path = after}}, raw), first);
  test::check_files(r);
  CHECK(r.answers.front().find("a clear change") != std::string::npos);
  CHECK(r.table("comparison").at("significance").number(0) > 5);
  CHECK(r.table("difference_1").rows() > 100);
  CHECK(r.table("feature_changes").rows() == 1);
  CHECK(r.figures.front().name == "spectra-1");
  const auto same = test::reduced(test::xas_measurement("xas", {{.path = before}}, raw), first);
  CHECK(same.table("comparison").at("significance").number(0) < 1);
  CHECK_THROWS_AS(test::reduced(test::xas_measurement("xas", {{.path = before}, {.path = after}}, raw), first),
                  core::UsageError);
}

TEST_CASE("a study's yields, edge and monitor are understood") {
  const test::Scratch scratch;
  test::write_text(scratch / "x.dat", [] {
    std::string text = "mono i0 tey cmact fy\n";
    for (int i = 0; i < 400; ++i) {
      const double e = 840 + 0.15 * i;
      text += std::to_string(e) + " 1000 " + std::to_string(1000 * test::edge_curve(e, 855, 3)) + " " +
              std::to_string(500 * test::edge_curve(e, 855, 2)) + " " +
              std::to_string(800 * test::edge_curve(e, 855, 1)) + "\n";
    }
    return text;
  }());
  const auto with = [&](const test::Given& given) {
    return test::reduced(test::xas_measurement("xas", {{.path = scratch / "x.dat"}}, given));
  };
  const result::Result both = with({{"normalise", std::string{"maximum"}},
                                    {"edge", std::string{"Ni L3"}},
                                    {"yields.tey", std::string{"tey"}},
                                    {"yields.tfy", std::string{"fy"}},
                                    {"yields.monitor", std::string{"i0"}}});
  CHECK(both.table("spectra").rows() == 2);
  CHECK(both.table("spectra").at("element").words()[0] == "Ni");
  CHECK(both.table("spectra").at("edge").words()[0] == "L3");
  CHECK(both.table("spectra").at("yield").words()[1] == "fluorescence");
  const result::Observable& electrons = test::observable(both, "feature/Ni/L3-high-energy-shoulder");
  CHECK(electrons.depth.law == result::DepthLaw::surface);
  CHECK(electrons.depth.length_nm == 3.5);
  CHECK(electrons.unusable.empty());
  CHECK(test::observable(both, "feature/Ni/L3-high-energy-shoulder/fluorescence").depth.law ==
        result::DepthLaw::volume);
  const result::Result one = with({{"signal", std::vector<std::string>{"cmact"}},
                                   {"normalise", std::string{"maximum"}},
                                   {"yields.tey", std::string{"tey"}},
                                   {"yields.tfy", std::string{"fy"}}});
  CHECK(one.table("spectra").rows() == 1);
  CHECK(one.table("spectra").at("yield").words()[0] == "fluorescence");
}

TEST_CASE("an edge is a word of its own or comes with its element") {
  CHECK(xas::parse_edge("Ni L3").element == "Ni");
  CHECK(xas::parse_edge("Ni L3").edge == "L3");
  CHECK(xas::parse_edge("L2,3").element.empty());
  CHECK(xas::parse_edge("L2,3").edge == "L2,3");
  CHECK(xas::parse_edge("K").edge == "K");
  CHECK(xas::parse_edge("Mn").element == "Mn");
  CHECK(xas::parse_edge("Li").element == "Li");
}

TEST_CASE("every setting of the room has help and a unit, and one name") {
  for (const probe::Probe& p : xas::probes()) {
    std::vector<std::string> names;
    for (const probe::Role& role : p.roles) names.push_back(role.name);
    for (const core::SettingInfo& s : p.settings) {
      CAPTURE(s.name);
      CHECK(!s.help.empty());
      const bool number = s.kind == core::SettingKind::number || s.kind == core::SettingKind::quantity;
      CHECK((!number || !s.unit.empty()));
      names.push_back(s.name);
    }
    std::ranges::sort(names);
    CHECK(std::ranges::adjacent_find(names) == names.end());
  }
}

TEST_CASE("a file is told by its content, listed, and written again") {
  const test::Scratch scratch;
  const std::string path = test::write_xdi(scratch, "a.xdi", test::edge_spectrum(100, 0.5, 0.003, 1));
  const probe::Probe p = test::xas_probe("xas");
  const auto id = p.identify(io::InputFile::open(path));
  REQUIRE(id);
  CHECK(id->facts.front().second == "1");
  CHECK(!p.identify(io::InputFile::from_bytes("x", "no numbers in here\n")));
  core::NoProgress progress;
  core::Log log{false};
  probe::Context context{.progress = progress, .log = log};
  const probe::Measurement m = test::xas_measurement("xas", {{.path = path}});
  CHECK(p.printouts.front().print(m, "", context).find("XDI") != std::string::npos);
  for (const probe::Export& e : p.exports) {
    const auto again = xas::read_scan_file(io::InputFile::from_bytes("again." + e.name, e.write(m, context)));
    CHECK(again.scans.front().rows() == 601);
  }
  CHECK_THROWS_AS(p.exports.front().write(test::xas_measurement("xas", {{.path = path}, {.path = path}}), context),
                  core::UsageError);
}
