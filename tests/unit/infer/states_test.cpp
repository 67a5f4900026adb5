// Drawn states: books that close, probes that see what they should, and weighing them.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/progress.hpp"
#include "lithoscope/infer/inference_run.hpp"

using namespace lithoscope;
using namespace infer;
using result::DepthLaw;
using result::Observable;

namespace {

core::NoProgress silent;

StateProgramme programme(const std::vector<std::string>& priors = {}) {
  const probe::State before{.name = "charged"}, after{.name = "heated", .after = "charged"};
  return programme_between("lmr-paper", before, after, {}, priors);
}

const LithiumLibrary& library() {
  static const LithiumLibrary all = [] {
    LithiumLibrary out = draw_library(programme(), 0, 200, 1, silent);
    out.particle = "lmr-paper";
    out.before = "charged";
    out.after = "heated";
    return out;
  }();
  return all;
}

Observable observed(const std::string& name, const std::string& state, double value, double sigma, DepthLaw law) {
  Observable o{.name = name, .state = state, .values = {value}, .variance = {sigma * sigma}, .flags = {"ok"}};
  o.depth.law = law;
  return o;
}

std::vector<Observable> two_edges(double nickel, double manganese) {
  return {observed("valence/Ni/electrons", "charged", 3.6, 0.01, DepthLaw::surface),
          observed("valence/Ni/electrons", "heated", 3.6 + nickel, 0.01, DepthLaw::surface),
          observed("valence/Mn/electrons", "charged", 3.95, 0.01, DepthLaw::surface),
          observed("valence/Mn/electrons", "heated", 3.95 + manganese, 0.01, DepthLaw::surface)};
}

InferenceRequest request() {
  return {.before = "charged",
          .after = "heated",
          .allowed = {Process::lithium, Process::stabilised, Process::surface_reduction, Process::reconstruction,
                      Process::brightness},
          .draws = 400};
}

bool says(const std::vector<std::string>& sentences, const std::string& words) {
  return std::ranges::any_of(sentences, [&](const std::string& s) { return s.find(words) != std::string::npos; });
}

}  // namespace

TEST_CASE("lithium and charge are conserved in every closed state") {
  const Viewer viewer{library(), {}};
  const std::size_t residual = viewer.quantity("residual");
  double worst = 0;
  for (const unsigned on : {0U, 1U, 2U, 3U}) {
    for (const StateDraw& d : draw_states(library(), on, 200, 2)) {
      const StateDraw one[] = {d};
      const auto v = viewer.look(library().runs[static_cast<std::size_t>(d.run)], one).front();
      worst = std::max(worst, std::abs(v.quantities[residual]));
    }
  }
  CHECK(worst < 1e-12);
}

TEST_CASE("what a reservoir gives is what the metals of the layer take") {
  const Viewer viewer{library(), {}};
  StateDraw d{.run = 3, .on = bit_of(Process::surface_reduction)};
  const StateDraw one[] = {d};
  const auto v = viewer.look(library().runs[3], one).front();
  const double a = amount_of(Coordinate::reduction, 0), depth = amount_of(Coordinate::reduction_depth, 0);
  const double share = 1 - std::pow(1 - depth / library().runs[3].radius_nm, 3);
  const double per_nickel =
      0.15 + 0.10 * amount_of(Coordinate::reduction_cobalt, 0) + 0.55 * amount_of(Coordinate::reduction_manganese, 0);
  CHECK(v.quantities[viewer.quantity("reservoir")] == doctest::Approx(a * per_nickel * share));
  CHECK(v.quantities[viewer.quantity("feature")] == 0);
  // electrons see more of the layer than fluorescence does
  CHECK(v.quantities[viewer.quantity("surface_Ni")] < v.quantities[viewer.quantity("bulk_Ni")]);
}

TEST_CASE("oxygen that answers light differently changes nothing else") {
  const Viewer viewer{library(), {}};
  for (const StateDraw& d : draw_states(library(), bit_of(Process::brightness), 50, 2)) {
    const StateDraw one[] = {d};
    const auto v = viewer.look(library().runs[static_cast<std::size_t>(d.run)], one).front();
    CHECK(v.quantities[viewer.quantity("feature")] == doctest::Approx(v.quantities[viewer.quantity("brightness")]));
    CHECK(v.quantities[viewer.quantity("surface_Ni")] == 0);
  }
}

TEST_CASE("a library survives being kept") {
  const LithiumLibrary back = library_of(describe(library()));
  REQUIRE(back.runs.size() == library().runs.size());
  CHECK(back.runs[5].after.valence == library().runs[5].after.valence);
  CHECK(back.runs[5].values == library().runs[5].values);
  CHECK(back.runs[5].ladder.couples[1].level_V == library().runs[5].ladder.couples[1].level_V);
  CHECK(back.probes.edges.size() == library().probes.edges.size());
}

TEST_CASE("libraries of other places extend each other") {
  const LithiumLibrary more = draw_library(programme(), 100, 20, 1, silent);
  CHECK(more.runs[7].values == library().runs[107].values);
}

TEST_CASE("a prior replaces the file's range, and one that includes nothing is refused") {
  const StateProgramme narrow = programme({"transport.rest_slowdown=1e-3 to 2e-3, log"});
  const auto found = std::ranges::find(narrow.priors, std::string{"transport.rest_slowdown"}, &Prior::parameter);
  REQUIRE(found != narrow.priors.end());
  CHECK(found->high == doctest::Approx(2e-3));
  CHECK(found->logarithmic);
  CHECK_THROWS_AS(programme({"transport.rest_slowdown=1e-3 to 1e-3"}), core::UsageError);
  CHECK_THROWS_AS(programme({"transport.rest_slowdwn=1e-3 to 1"}), core::UsageError);
}

TEST_CASE("a capacity above what the lithium allows is refused") {
  probe::State before{.name = "charged"};
  before.charge = probe::Charge{.c_rate_per_h = 0.125, .capacity_C_per_kg = core::Value::exact(500 * 3600.0)};
  CHECK_THROWS_AS(programme_between("lmr-paper", before, {.name = "heated", .after = "charged"}, {}, {}),
                  core::UsageError);
}

TEST_CASE("two edges by electrons give the change, its bound, and what a closed grain implies") {
  core::Log log;
  ArtefactSettings calm;
  InferenceRequest r = request();
  r.artefacts = calm;
  r.one_piece = true;
  const InferenceOutcome o = run_inference(two_edges(-0.15, 0.0), library(), r, silent, log);
  const result::Result page = describe(o);
  CHECK(result::faults_of(page).empty());
  CHECK(says(page.answers, "Near the surface Ni changed by"));
  CHECK(says(page.answers, "No change of Mn is seen there"));
  CHECK(says(page.answers, "a grain that nothing enters or leaves implies a change of the oxygen feature"));
  CHECK(says(page.answers, "could not have seen it"));
  CHECK_FALSE(o.ledger.has_value());
  // a surface that is reduced without manganese makes a shell of rock salt less likely
  CHECK(o.posterior.probability_of(Process::reconstruction) < 0.4);
  CHECK(o.posterior.probability_of(Process::brightness) == doctest::Approx(0.5).epsilon(0.05));
}

TEST_CASE("the weights do not depend on the order of the observables") {
  core::Log log;
  std::vector<Observable> turned = two_edges(-0.1, -0.05);
  std::ranges::reverse(turned);
  const InferenceOutcome a = run_inference(two_edges(-0.1, -0.05), library(), request(), silent, log);
  const InferenceOutcome b = run_inference(turned, library(), request(), silent, log);
  CHECK(a.posterior.probability_of(Process::lithium) ==
        doctest::Approx(b.posterior.probability_of(Process::lithium)).epsilon(1e-9));
}

TEST_CASE("what cannot enter is named with the reason, and an unusable one fails the gate") {
  core::Log log;
  std::vector<Observable> all = two_edges(-0.1, 0);
  all.push_back(observed("feature/O/531-523", "charged", 5, 4, DepthLaw::fluorescence));
  all.push_back(observed("feature/O/531-523", "heated", 9, 4, DepthLaw::fluorescence));
  all.push_back(observed("log10_D", "heated", -15, 0.1, DepthLaw::volume));
  const result::Result page = describe(run_inference(all, library(), request(), silent, log));
  const result::Table& excluded = page.table("excluded");
  CHECK(excluded.rows() == 2);
  CHECK(page.gate.find("feature/O/531-523") != std::string::npos);
  CHECK(page.gate.find("log10_D") == std::string::npos);  // nobody expects it to enter
}

TEST_CASE("oxygen that was released speaks for a reconstructed shell, and none against it") {
  core::Log log;
  const auto with = [&](double released) {
    std::vector<Observable> all = two_edges(0, 0);
    all.push_back(observed("gas/O2/released", "heated", released, 3, DepthLaw::volume));
    all.back().unit = "umol/g";
    return run_inference(all, library(), request(), silent, log);
  };
  const InferenceOutcome none = with(0), some = with(60);
  CHECK(none.posterior.probability_of(Process::reconstruction) < 0.2);
  CHECK(some.posterior.probability_of(Process::reconstruction) > 0.9);
  CHECK(says(describe(none).answers, "No release of O2 is seen"));
  CHECK(says(describe(some).answers, "umol/g of O2 was released"));
}

TEST_CASE("data that no state gives are the first thing said") {
  core::Log log;
  InferenceRequest r = request();
  r.one_piece = true;
  std::vector<Observable> odd = two_edges(0.4, 0.4);  // both oxidised by far
  const result::Result page = describe(run_inference(odd, library(), r, silent, log));
  REQUIRE(!page.warnings.empty());
  CHECK(page.warnings.front().find("No state within the priors") != std::string::npos);
}

TEST_CASE("a study of nothing that was measured says so") {
  core::Log log;
  const result::Result page = describe(run_inference({}, library(), request(), silent, log));
  CHECK(says(page.answers, "the priors alone"));
  CHECK(result::faults_of(page).empty());
}

TEST_CASE("words follow the odds, and two processes that do the same are named together") {
  Posterior p;
  const unsigned lithium = bit_of(Process::lithium), reduced = bit_of(Process::surface_reduction),
                 brighter = bit_of(Process::brightness);
  // brighter in 0.995 of the weight; lithium or reduction in 0.97, each in about half
  p.probability[lithium | brighter] = 0.485;
  p.probability[reduced | brighter] = 0.48;
  p.probability[brighter] = 0.03;
  p.probability[lithium] = 0.005;
  const Verdict v = verdict_of(p, request().allowed);
  REQUIRE(v.shown.size() == 1);
  CHECK(v.shown.front() == Process::brightness);
  CHECK(v.undecided.size() == 2);
  REQUIRE(v.either.size() == 1);
  CHECK(v.either.front() == std::pair{Process::lithium, Process::surface_reduction});
  CHECK(v.not_needed.size() == 2);
}

TEST_CASE("two processes that are each undecided by themselves are not tied") {
  Posterior p;
  const unsigned lithium = bit_of(Process::lithium), reduced = bit_of(Process::surface_reduction);
  p.probability[lithium | reduced] = 0.64;
  p.probability[lithium] = 0.16;
  p.probability[reduced] = 0.16;
  p.probability[0] = 0.04;
  CHECK(verdict_of(p, request().allowed).either.empty());
}
