#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "array_twin_cases.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/result/files.hpp"
#include "lithoscope/rixs/maps_run.hpp"
#include "lithoscope/rixs/synthesize.hpp"
#include "lithoscope/tes/array_run.hpp"

using namespace lithoscope;

namespace {

const std::vector<std::string> some_regions{"O K: 515..530", "feature: 530,522 532,522 532,525 530,525"};

test::Given spectra() {
  return {{"region", some_regions},
          {"inverse", std::string{"O K: 515..530"}},
          {"cut_at", std::vector<std::string>{"531", "530..532"}}};
}

void check_same(const rixs::RixsMap& a, const rixs::RixsMap& b) {
  CHECK(a.incident_eV == b.incident_eV);
  CHECK(a.counts == b.counts);
  CHECK(a.variance.size() == b.variance.size());
  CHECK(a.is_loss == b.is_loss);
  CHECK(a.emission.low_eV == b.emission.low_eV);
  CHECK(a.emission.width_eV == b.emission.width_eV);
  CHECK(a.emission.count == b.emission.count);
  CHECK(a.live_pixel_s == b.live_pixel_s);
  CHECK(a.dwell_s == b.dwell_s);
  CHECK(a.pile_up == b.pile_up);
  CHECK(a.pixels == b.pixels);
  CHECK(a.outside == b.outside);
  for (std::size_t i = 0; i < a.i0.size(); ++i) CHECK(a.i0[i].value == b.i0[i].value);
}

void check_same(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    const bool same =
        a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])) || std::abs(a[i] - b[i]) <= 1e-14 * std::abs(b[i]);
    CHECK(same);
  }
}

rixs::MapsOutcome outcome_of(const result::Result& detector, const rixs::MapsSettings& settings) {
  rixs::Photons photons{.events = tes::events_of(detector), .passes = tes::passes_of(detector)};
  std::erase_if(photons.events, [](const tes::PixelEvents& e) { return e.size() == 0; });
  return rixs::reduce_maps(photons, rixs::request_of(settings));
}

}  // namespace

TEST_CASE("a map's result is sound and files give it back") {
  test::ArrayRun run{test::small_run()};
  const result::Result r = run.rixs(run.tes(), spectra());
  CHECK(r.number("photons").value.value > 1000);
  CHECK(r.find_table("PFY_O_K") != nullptr);
  CHECK(r.find_table("sPFY_feature") != nullptr);
  CHECK(r.table("spectra").rows() == 7);
  const std::vector<result::Result> one{r};
  const auto back = result::read_nexus(io::InputFile::from_bytes("run.nxs", result::nexus_file(one, {})));
  REQUIRE(back.size() == 1);
  CHECK(back.front() == r);
  CHECK(result::read_json(result::json_text(r, ""), "run.json").front() == r);
}

TEST_CASE("a map in energy loss and one without its elastic line are sound") {
  test::Given bright = test::small_run();
  bright.emplace_back("elastic", 0.5);
  test::ArrayRun run{bright};
  const result::Result detector = run.tes();
  const result::Result loss = run.rixs(detector, {{"loss", true}});
  CHECK(loss.grid("map").y.name == "energy_loss");
  CHECK(rixs::map_of(loss).is_loss);
  const result::Result clean = run.rixs(detector, {{"no_elastic", true}});
  CHECK(clean.find_grid("counts_without_elastic") != nullptr);
  check_same(rixs::map_outcome_of(clean).measured, rixs::map_of(run.rixs(detector)));
}

TEST_CASE("the state before is read back from its result") {
  test::Given bright = test::small_run();
  bright.emplace_back("elastic", 0.5);
  test::ArrayRun run{bright};
  const result::Result detector = run.tes();
  for (const bool no_elastic : {false, true}) {
    const rixs::MapsSettings settings{.no_elastic = no_elastic,
                                      .region = some_regions,
                                      .inverse = "O K: 515..530",
                                      .cut_at = {"531"},
                                      .feature = "531,523"};
    const rixs::MapsOutcome outcome = outcome_of(detector, settings);
    result::Result r = rixs::describe(outcome);
    result::make_canonical(r);
    const rixs::MapOutcome back = rixs::map_outcome_of(r);
    check_same(back.map, outcome.found.map);
    check_same(back.map.variance, outcome.found.map.variance);
    check_same(back.measured, outcome.found.measured);
    REQUIRE(back.curves.size() == outcome.found.curves.size());
    for (std::size_t i = 0; i < back.curves.size(); ++i) {
      const rixs::Curve &a = back.curves[i].curve, &b = outcome.found.curves[i].curve;
      CHECK(back.curves[i].kind == outcome.found.curves[i].kind);
      CHECK(a.name == b.name);
      check_same(a.energy_eV, b.energy_eV);
      check_same(a.value, b.value);
      check_same(a.variance, b.variance);
      check_same(a.counts, b.counts);
      check_same(a.exposure, b.exposure);
    }
    CHECK(back.passes.size() == outcome.found.passes.size());
    CHECK(back.elastic.has_value() == outcome.found.elastic.has_value());
    REQUIRE(back.feature.has_value() == outcome.found.feature.has_value());
    if (back.feature) {
      CHECK(back.feature->counts.value == outcome.found.feature->counts.value);
      CHECK(back.feature->low == outcome.found.feature->low);
      CHECK(back.feature->significance == outcome.found.feature->significance);
    }
    CHECK(back.passes_chi_squared == outcome.found.passes_chi_squared);
  }
}

TEST_CASE("before and after of the same emission did not change, one with another feature did") {
  test::Given strong = test::small_run();
  strong.emplace_back("emission", std::vector<std::string>{"534 526 2.5 1.3 1", "531 523.4 0.45 0.7 2"});
  test::ArrayRun run{test::small_run()}, again{test::small_run(), 9}, other{strong, 5};
  const auto before = std::make_shared<const result::Result>(run.rixs(run.tes(), spectra()));
  const result::Result same = again.rixs(again.tes(), spectra(), before);
  const result::Table& list = same.table("spectra");
  CHECK(std::abs(list.at("change").number(0)) < 3);
  CHECK(same.find_grid("map_before") != nullptr);
  CHECK(same.find_grid("map_change") != nullptr);
  CHECK(same.find_table("before_PFY_O_K") != nullptr);
  CHECK(same.find_table("difference_PFY_O_K") != nullptr);
  CHECK(std::ranges::any_of(same.answers, [](const std::string& a) {
    return a.starts_with("PFY O K did not change beyond counting: at 95 % its height");
  }));
  CHECK(std::ranges::any_of(same.answers,
                            [](const std::string& a) { return a.find("the rest of the map") != std::string::npos; }));
  const result::Result changed = other.rixs(other.tes(), spectra(), before);
  CHECK(changed.number("map_change_chance").value.value < 1e-3);
  CHECK(changed.figures.front().title.find("What changed most") != std::string::npos);
  // What is found back of the result after is what stood there: it may be the one before of a third state.
  CHECK(rixs::map_of(changed).counts != rixs::map_of(*before).counts);
}

TEST_CASE("two states scanned at other energies are not compared, and a warning says so") {
  test::Given wider = test::small_run();
  wider[3].second = std::string{"528.1..534:0.5"};
  test::ArrayRun run{test::small_run()}, other{wider};
  const auto before = std::make_shared<const result::Result>(run.rixs(run.tes()));
  const result::Result after = other.rixs(other.tes(), {}, before);
  CHECK(after.find_grid("map_change") == nullptr);
  CHECK(std::ranges::any_of(after.warnings,
                            [](const std::string& w) { return w.find("not compared") != std::string::npos; }));
}

TEST_CASE("of two states scanned in part at the same energies that part is compared, and a warning says so") {
  test::Given shifted = test::small_run();
  shifted[3].second = std::string{"530.2..535:0.4"};
  test::ArrayRun run{test::small_run()}, other{shifted};
  const auto before = std::make_shared<const result::Result>(run.rixs(run.tes(), {{"from", 505.0}, {"to", 545.0}}));
  const result::Result after = other.rixs(other.tes(), {{"from", 505.0}, {"to", 545.0}}, before);
  REQUIRE(after.find_grid("map_change") != nullptr);
  CHECK(after.grid("map_change").x.size() == 8);
  CHECK(std::ranges::any_of(after.warnings,
                            [](const std::string& w) { return w.find("is what both have") != std::string::npos; }));
}

TEST_CASE("what is found of a synthetic run is what the emission predicts") {
  const test::Given given{
      {"pixels", std::int64_t{30}},
      {"rate", 80.0},
      {"calibration", 60.0},
      {"emission", std::vector<std::string>{"534 526 2.5 1.3 1", "529 525.5 1.2 1.1 0.4", "531 523.4 0.45 0.7 0.5"}},
      {"region", std::vector<std::string>{"O K: 515..530"}}};
  test::ArrayRun run{given};
  const result::Result r = run.rixs(run.tes(), {{"region", std::vector<std::string>{"O K: 515..530"}}});
  const probe::Probe p = rixs::probes().front();
  core::NoProgress progress;
  core::Log log;
  probe::Context context{.progress = progress, .log = log};
  const particle::Model model{};
  const particle::Run nothing{};
  const particle::Mark mark{};
  const auto predicted = p.predict({.model = model, .run = nothing, .leg = nothing.trunk, .mark = mark},
                                   test::array_measurement(p, given), r.observables, context);
  REQUIRE(predicted.size() == r.observables.size());
  REQUIRE(r.observables.size() == 2);
  for (std::size_t k = 0; k < predicted.size(); ++k) {
    double squares = 0, n = 0, worst = 0;
    for (std::size_t i = 0; i < predicted[k].size(); ++i) {
      CHECK(predicted[k].flags[i] == "ok");
      const double z =
          (r.observables[k].values[i] - predicted[k].values[i]) / std::sqrt(r.observables[k].total_variance(i));
      squares += z * z;
      worst = std::max(worst, std::abs(z));
      n += 1;
    }
    INFO(r.observables[k].name << " " << r.observables[k].unusable);
    CHECK(r.observables[k].unusable.empty());
    CHECK(worst < 4.5);
    if (n > 1) CHECK(squares / n < 2);
  }
}

TEST_CASE("a monitor's scale and the energy scale move all values of a state together") {
  test::ArrayRun run{test::small_run()};
  const result::Result detector = run.tes();
  rixs::Photons photons{.events = tes::events_of(detector), .passes = tes::passes_of(detector)};
  std::erase_if(photons.events, [](const tes::PixelEvents& e) { return e.size() == 0; });
  rixs::MapsSettings settings;
  settings.monitor_scale_error = 0.015;
  settings.monitor_dark = 1e-9;
  settings.monitor_range = 10;
  const auto observable = [&](const rixs::MapsOutcome& outcome) { return rixs::describe(outcome).observables.front(); };
  const rixs::MapsOutcome plain = rixs::reduce_maps(photons, rixs::request_of(settings));
  const result::Observable without = observable(plain);
  REQUIRE(without.common.size() == 1);
  CHECK(without.common.front().cause == "emission energy scale");
  for (tes::ScanPass& pass : photons.passes) {
    for (tes::ScanPoint& point : pass.points) point.i0 = 5e-9;
  }
  const rixs::MapsOutcome monitored = rixs::reduce_maps(photons, rixs::request_of(settings));
  CHECK(monitored.found.map.monitor_mean == doctest::Approx(4e-8));
  const result::Observable with = observable(monitored);
  REQUIRE(with.common.size() == 2);
  CHECK(with.common.front().cause == "monitor");
  CHECK(with.common.front().shift.front() == doctest::Approx(0.015 * with.values.front()));
  CHECK(with.values.front() == doctest::Approx(without.values.front() / 4e-8));
}

TEST_CASE("two states with monitors are compared on their scale, without on that of the rest of the map") {
  const auto axis = [](double exposure, double reading) {
    rixs::RixsMap map{.emission = {.low_eV = 515, .width_eV = 1, .count = 15}, .pixels = 1};
    for (int i = 0; i < 10; ++i) map.incident_eV.push_back(526 + i);
    map.counts.assign(150, 1000 * exposure);
    map.dwell_s.assign(10, 1.0);
    map.live_pixel_s.assign(10, 1.0);
    map.i0.assign(10, core::Value::exact(1));
    map.pile_up.assign(10, 0.0);
    if (reading > 0) rixs::set_i0(map, std::vector<core::Value>(10, core::Value::exact(reading)));
    return map;
  };
  const rixs::StateScale bare = rixs::common_scale(axis(1, 0), axis(0.8, 0), {});
  CHECK(bare.source == rixs::ScaleSource::rest_of_map);
  CHECK(bare.ratio.value == doctest::Approx(0.8));
  const rixs::StateScale monitored = rixs::common_scale(axis(1, 2), axis(0.8, 1.6), {.monitor_error = 0.01});
  CHECK(monitored.source == rixs::ScaleSource::monitor);
  CHECK(monitored.ratio.value == 1);
  CHECK(monitored.ratio.sigma() == doctest::Approx(0.01 * std::sqrt(2.0)));
  CHECK(monitored.of_rest.value == doctest::Approx(1));
  CHECK_THROWS_AS(rixs::common_scale(axis(1, 2), axis(1, 0), {.how = rixs::Normalise::monitor}), core::UsageError);
}

TEST_CASE("a shift of the emission scale between two states is found, and is no change of a spectrum") {
  rixs::EmissionModel model;
  model.lines = {{529, 525.5, 1.2, 1.1, 0.4}, {534, 526, 2.5, 1.3, 1}};
  rixs::MapExposure exposure{.emission = {.low_eV = 506, .width_eV = 0.5, .count = 84}, .counts = 4e5};
  for (int i = 0; i <= 60; ++i) exposure.incident_eV.push_back(526 + 0.2 * i);
  rixs::RixsMap before = rixs::synthesize_map(model, exposure, 1);
  for (auto& line : model.lines) line.emission_eV += 0.08;
  rixs::RixsMap after = rixs::synthesize_map(model, exposure, 2);
  before.energy_sigma_eV = after.energy_sigma_eV = 0.1;
  const rixs::StateScale scale = rixs::common_scale(before, after, {.feature = rixs::FeatureSettings{}});
  CHECK(std::abs(scale.shift_eV.value - 0.08) < 4 * scale.shift_eV.sigma());
  CHECK(scale.shift_eV.sigma() < 0.02);
  const rixs::Region region = rixs::parse_region("f: 520..525");
  rixs::MapsRequest request;
  request.regions = {region};
  const rixs::MapsOutcome first = rixs::reduce_maps(std::vector{before}, request);
  const rixs::MapsOutcome both = rixs::reduce_maps(std::vector{after}, request, &first.found);
  REQUIRE(both.change);
  for (const rixs::CurveChange& c : both.change->curves) {
    CAPTURE(c.before.name);
    CAPTURE(c.significance);
    CAPTURE(c.height.value);
    CAPTURE(c.height.sigma());
    CHECK_FALSE(rixs::changed(c));
  }
  CHECK(both.change->map.chance > 1e-3);
  REQUIRE(both.change->feature);
  CHECK_FALSE(rixs::changed(*both.change->feature));
}

TEST_CASE("only passes about the edge are taken, and a scan elsewhere is refused") {
  test::ArrayRun run{test::small_run()};
  const result::Result detector = run.tes();
  CHECK(run.rixs(detector, {{"edge", std::string{"O K"}}}).number("photons").value.value > 0);
  CHECK_THROWS_AS(run.rixs(detector, {{"edge", std::string{"Ni L3"}}}), core::ComputationError);
  CHECK_THROWS_AS(run.rixs(detector, {{"edge", std::string{"Ni"}}}), core::UsageError);
}

TEST_CASE("texts of settings are understood, or refused") {
  CHECK(rixs::parse_cut("531").first == 531);
  CHECK(rixs::parse_cut("530..532").second == 532);
  CHECK(rixs::parse_feature("531,523").emission_eV == 523);
  CHECK(rixs::parse_feature("531 eV -> 523 eV").incident_eV == 531);
  CHECK_THROWS_AS(rixs::parse_feature("531"), core::UsageError);
  CHECK(rixs::feature_name({}) == "feature/O/531-523");
  // As the command line cuts a list at its commas.
  const rixs::MapsSettings cut{.region = {"f: 530", "522 532", "522 532", "525", "O K: 515..530"}};
  const auto regions = rixs::request_of(cut).regions;
  REQUIRE(regions.size() == 2);
  CHECK(regions[0].polygon.size() == 3);
  CHECK(regions[1].to_eV == 530);
}
