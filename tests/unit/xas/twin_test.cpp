// The particle's doors: what is predicted of a state comes back from the file that is synthesized of it.
#include <doctest/doctest.h>

#include <cmath>
#include <map>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/particle/simulate.hpp"
#include "lithoscope/programme/programme_file.hpp"
#include "lithoscope/xas/predict.hpp"
#include "xas_probes.hpp"

using namespace lithoscope;

namespace {

struct Twin {
  programme::ProgrammeFile file;
  particle::Run run;

  explicit Twin(const std::vector<io::Override>& changes = {}, const std::string& preset = "lmr-paper-x105")
      : file(programme::read_programme_file(preset, changes)),
        run(particle::simulate(file.model, file.programme, particle::Record::trace, particle::Sampling{})) {}

  probe::Scene at(const std::string& step) const {
    const auto mark = std::ranges::find(run.trunk.marks, step, &particle::Mark::step);
    REQUIRE(mark != run.trunk.marks.end());
    return {.model = file.model, .run = run, .leg = run.trunk, .mark = *mark};
  }
};

const Twin& plain_twin() {
  static const Twin twin;
  return twin;
}

std::string synthesized(const probe::Scene& scene, const std::string& edge, std::uint64_t seed = 1) {
  core::NoProgress progress;
  core::Log log{false};
  probe::Context context{.progress = progress, .log = log, .seed = seed};
  const probe::Probe p = test::xas_probe("valence");
  probe::Measurement m{.probe = "valence"};
  for (const core::SettingInfo& info : p.settings) m.settings.set(info.name, info.otherwise);
  for (const core::SettingInfo& info : p.instrument) m.instrument.set(info.name, info.otherwise);
  m.instrument.set("edge", edge);
  std::string text;
  p.synthesize(
      scene, m,
      [&](const std::string& name, std::string_view bytes) {
        CHECK(name == "Ni.dat");
        text = bytes;
      },
      context);
  return text;
}

std::vector<result::Observable> predicted(const std::string& probe, const probe::Scene& scene,
                                          const probe::Measurement& m, std::vector<result::Observable> wanted) {
  core::NoProgress progress;
  core::Log log{false};
  probe::Context context{.progress = progress, .log = log};
  for (result::Observable& o : wanted) o.values.assign(o.size(), result::not_a_number);
  return test::xas_probe(probe).predict(scene, m, std::move(wanted), context);
}

double electrons(const Twin& twin, const std::string& step) {
  return xas::seen_valence(twin.at(step), "Ni", xas::kernel_in(twin.file.model, "Ni", xas::Yield::electrons, {}));
}

}  // namespace

TEST_CASE("the electrons' depth at one element's edge is its own" * doctest::test_suite("numerics")) {
  // Both the values and what is synthesized of them follow [[probes.edge]].
  Twin own;
  own.file.model.probes.tey_depth_nm = 5;
  const double usual = electrons(own, "charge");
  core::NoProgress quiet;
  const auto usual_yields = xas::particle_yields(own.at("charge"), "Ni", {}, quiet);
  CHECK(usual_yields.electron_valence.value == doctest::Approx(usual));
  bool found = false;
  for (particle::EdgeDepth& e : own.file.model.probes.edges) {
    if (e.element != "Ni") continue;
    e.tey_depth_nm = 20;
    found = true;
  }
  if (!found) own.file.model.probes.edges.push_back({.element = "Ni", .tey_depth_nm = 20});
  CHECK(usual == doctest::Approx(3.5834).epsilon(1e-4));
  // 3.4410 without the light's own attenuation, as the particle's observer has it.
  CHECK(electrons(own, "charge") == doctest::Approx(3.4519).epsilon(1e-4));
  result::DepthKernel kernel = xas::kernel_in(own.file.model, "Ni", xas::Yield::electrons, {});
  kernel.attenuation_per_nm = 0;
  CHECK(xas::seen_valence(own.at("charge"), "Ni", kernel) == doctest::Approx(3.4410).epsilon(1e-4));
  const auto yields = xas::particle_yields(own.at("charge"), "Ni", {}, quiet);
  CHECK(yields.electron_valence.value == doctest::Approx(electrons(own, "charge")));
  CHECK(yields.electrons != usual_yields.electrons);
  // Another element's edge is not touched, and a depth that is given goes first.
  const auto manganese = xas::kernel_in(own.file.model, "Mn", xas::Yield::electrons, {});
  CHECK(manganese.length_nm == 5);
  CHECK(xas::kernel_in(own.file.model, "Ni", xas::Yield::electrons, {.escape_nm = 4}).length_nm == 4);
}

TEST_CASE("all sizes of grains are seen, each by its surface" * doctest::test_suite("numerics")) {
  const Twin twin{{{"grain.radius_spread", "0.5"}, {"grain.sizes", "3"}}};
  const probe::Scene scene = twin.at("charge");
  REQUIRE(scene.mark.grains.size() == 3);
  core::NoProgress quiet;
  const xas::Yields all = xas::particle_yields(scene, "Ni", {}, quiet);
  // One grain at a time, mixed by hand.
  double sum = 0;
  std::vector<double> share;
  for (std::size_t g = 0; g < 3; ++g) share.push_back(scene.run.weight[g] / scene.run.radius_nm[g]);
  for (const double s : share) sum += s;
  double valence = 0;
  std::vector<double> mixed(all.electrons.size(), 0.0);
  for (std::size_t g = 0; g < 3; ++g) {
    particle::Run run = scene.run;
    run.radius_nm = {scene.run.radius_nm[g]};
    run.weight = {1};
    particle::Mark mark = scene.mark;
    mark.grains = {scene.mark.grains[g]};
    const xas::Yields one =
        xas::particle_yields({.model = scene.model, .run = run, .leg = scene.leg, .mark = mark}, "Ni", {}, quiet);
    valence += share[g] / sum * one.electron_valence.value;
    for (std::size_t i = 0; i < mixed.size(); ++i) mixed[i] += share[g] / sum * one.electrons[i];
  }
  CHECK(all.electron_valence.value == doctest::Approx(valence).epsilon(1e-12));
  for (std::size_t i = 0; i < mixed.size(); i += 37)
    CHECK(all.electrons[i] == doctest::Approx(mixed[i]).epsilon(1e-12));
  // The particle's own observer sees the same, but for the light's attenuation.
  xas::SightSettings sight;
  result::DepthKernel kernel = xas::kernel_in(scene.model, "Ni", xas::Yield::electrons, sight);
  kernel.attenuation_per_nm = 0;
  const auto& cations = scene.model.ladder.cations;
  const auto nickel =
      static_cast<std::size_t>(std::ranges::find(cations, "Ni", &particle::Cation::element) - cations.begin());
  CHECK(xas::seen_valence(scene, "Ni", kernel) == doctest::Approx(scene.mark.seen.tey_valence[nickel]).epsilon(1e-9));
  CHECK(xas::seen_valence(scene, "Ni", xas::kernel_in(scene.model, "Ni", xas::Yield::fluorescence, sight)) ==
        doctest::Approx(scene.mark.seen.pfy_valence[nickel]).epsilon(1e-9));
}

TEST_CASE("an overlayer takes electrons and leaves their shape" * doctest::test_suite("numerics")) {
  Twin covered;
  core::NoProgress quiet;
  const xas::Yields bare = xas::particle_yields(covered.at("charge"), "Ni", {}, quiet);
  covered.file.model.probes.overlayer_nm = 2;
  const xas::Yields yields = xas::particle_yields(covered.at("charge"), "Ni", {}, quiet);
  const double depth = xas::kernel_in(covered.file.model, "Ni", xas::Yield::electrons, {}).length_nm;
  for (std::size_t i = 0; i < bare.electrons.size(); i += 50)
    CHECK(yields.electrons[i] / bare.electrons[i] == doctest::Approx(std::exp(-2 / depth)).epsilon(1e-9));
}

TEST_CASE("valences that are reduced from synthesized files are those predicted" * doctest::test_suite("numerics")) {
  const test::Scratch scratch;
  const Twin& twin = plain_twin();
  const probe::Scene scene = twin.at("charge");
  int within = 0, all = 0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    test::write_text(scratch / "Ni.dat", synthesized(scene, "Ni", seed));
    probe::Measurement m = test::xas_measurement("valence", {{.path = scratch / "Ni.dat"}},
                                                 {{"counts", true},
                                                  {"normalise", std::string{"maximum"}},
                                                  {"element", std::string{"Ni"}},
                                                  {"edge", std::string{"L2,3"}},
                                                  {"ions", std::vector<std::string>{"Ni2+", "Ni3+", "Ni4+"}}});
    m.files.emplace_back("fluorescence", std::vector<probe::Input>{{.path = scratch / "Ni.dat"}});
    m.sample.formula = "Li1.2Ni0.15Co0.1Mn0.55O2";
    m.sample.density_kg_per_m3 = core::Value::exact(4200);
    const result::Result r = test::reduced(m);
    if (seed == 1) {
      test::check_files(r);
      CHECK(r.number("layer_thickness").low > 0);
      CHECK(test::observable(r, "valence/Ni/fluorescence").depth.law == result::DepthLaw::fluorescence);
      CHECK(test::observable(r, "valence/Ni/electrons").depth.attenuation_per_nm > 0);
      CHECK(test::observable(r, "valence/Ni/electrons").common.size() >= 3);
    }
    const auto truth = predicted("valence", scene, m, r.observables);
    for (std::size_t k = 0; k < truth.size(); ++k) {
      REQUIRE(truth[k].flags[0] == "ok");
      CHECK(truth[k].name == r.observables[k].name);
      CHECK(truth[k].depth == r.observables[k].depth);
      const double off =
          (r.observables[k].values[0] - truth[k].values[0]) / std::sqrt(r.observables[k].total_variance(0));
      MESSAGE(truth[k].name << " " << r.observables[k].values[0] << " for " << truth[k].values[0] << ", " << off);
      ++all;
      within += std::abs(off) < 2 ? 1 : 0;
      CHECK(std::abs(off) < 3.5);
    }
  }
  CHECK(within >= all - 2);
}

TEST_CASE("features that are reduced from synthesized files are those predicted" * doctest::test_suite("numerics")) {
  const test::Scratch scratch;
  const probe::Scene scene = plain_twin().at("charge");
  test::write_text(scratch / "Ni.dat", synthesized(scene, "Ni L3"));
  const probe::Measurement m = test::xas_measurement("xas", {{.path = scratch / "Ni.dat"}},
                                                     {{"counts", true},
                                                      {"normalise", std::string{"maximum"}},
                                                      {"edge", std::string{"Ni L2,3"}},
                                                      {"yields.tey", std::string{"tey"}},
                                                      {"yields.tfy", std::string{"cmact"}},
                                                      {"yields.monitor", std::string{"i0"}}});
  const result::Result r = test::reduced(m);
  CHECK(r.observables.size() == 4);
  for (const result::Observable& truth : predicted("xas", scene, m, r.observables)) {
    const result::Observable& found = test::observable(r, truth.name);
    REQUIRE(truth.flags[0] == "ok");
    const double off = (found.values[0] - truth.values[0]) / std::sqrt(found.total_variance(0));
    MESSAGE(truth.name << " " << found.values[0] << " for " << truth.values[0] << ", " << off);
    CHECK(std::abs(off) < 3);
  }
}

TEST_CASE("the error of a branching ratio is its scatter over files" * doctest::test_suite("numerics")) {
  for (const char* preset : {"lmr-paper", "lmr-paper-x105"}) {
    const Twin twin({}, preset);
    const probe::Scene scene = twin.at("charge");
    const test::Scratch scratch;
    std::map<std::string, double> squares;
    constexpr int files = 12;
    for (std::uint64_t seed = 1; seed <= files; ++seed) {
      test::write_text(scratch / "Ni.dat", synthesized(scene, "Ni L3", seed));
      const probe::Measurement m = test::xas_measurement("xas", {{.path = scratch / "Ni.dat"}},
                                                         {{"counts", true},
                                                          {"normalise", std::string{"maximum"}},
                                                          {"edge", std::string{"Ni L2,3"}},
                                                          {"yields.tey", std::string{"tey"}},
                                                          {"yields.tfy", std::string{"cmact"}},
                                                          {"yields.monitor", std::string{"i0"}}});
      const result::Result r = test::reduced(m);
      for (const result::Observable& truth : predicted("xas", scene, m, r.observables)) {
        if (!truth.name.starts_with("branching/")) continue;
        const result::Observable& found = test::observable(r, truth.name);
        squares[truth.name] += std::pow(found.values[0] - truth.values[0], 2) / found.total_variance(0) / files;
      }
    }
    CHECK(squares.size() == 2);
    for (const auto& [name, mean_square] : squares) {
      CAPTURE(preset);
      CAPTURE(name);
      CHECK(mean_square < 2);  // it was 7 for fluorescence: the valley and the widths move with the noise
      CHECK(mean_square > 0.2);
    }
  }
}

TEST_CASE("what the particle cannot say is flagged, and an element it has not is refused" *
          doctest::test_suite("numerics")) {
  const probe::Scene scene = plain_twin().at("charge");
  const probe::Measurement m = test::xas_measurement("xas", {});
  const auto out = predicted("xas", scene, m,
                             {{.name = "feature/O/K-pre-edge-peak", .values = {1}, .variance = {1}},
                              {.name = "feature/Fe/x", .values = {1}, .variance = {1}},
                              {.name = "log10_D", .values = {1}, .variance = {1}}});
  for (const auto& o : out) {
    CHECK(std::isnan(o.values[0]));
    CHECK(o.flags[0] != "ok");
  }
  CHECK_THROWS_AS(synthesized(scene, "Fe"), core::UsageError);
  CHECK_THROWS_AS(synthesized(scene, ""), core::UsageError);
}
