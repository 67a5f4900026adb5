#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/progress.hpp"
#include "lithoscope/material/cross_section.hpp"
#include "lithoscope/material/fluorescence.hpp"
#include "lithoscope/xas/depth_valence.hpp"
#include "lithoscope/xas/electron_yield.hpp"
#include "lithoscope/xas/linear_combination.hpp"
#include "lithoscope/xas/normalise.hpp"
#include "lithoscope/xas/self_absorption.hpp"
#include "lithoscope/xas/synthesize.hpp"
#include "xas_cases.hpp"

using namespace lithoscope;

namespace {

const std::vector<std::string> L_shells{"L3", "L2"};
const material::Composition& cathode() {
  static const material::Composition c = material::parse_formula("Li1.2Ni0.15Co0.1Mn0.55O2");
  return c;
}

xas::EdgeAbsorption manganese(const xas::Spectrum& s) {
  return xas::edge_absorption(cathode(), "Mn", L_shells, xas::strongest_line_eV(cathode(), "Mn", L_shells),
                              s.energy_eV);
}

std::vector<double> resonant_of(const xas::Spectrum& s, const xas::EdgeAbsorption& a) {
  std::vector<double> out;
  for (std::size_t i = 0; i < s.intensity.size(); ++i) out.push_back(s.intensity[i] * a.resonant[i]);
  return out;
}

}  // namespace

TEST_CASE("lines of the cathode lie where they belong, and tables have no holes") {
  const auto lines = material::emission_lines(cathode(), 700);
  const auto find = [&](const char* element, const char* name) {
    return std::ranges::find_if(lines, [&](const auto& l) { return l.element == element && l.name == name; });
  };
  REQUIRE(find("O", "Ka") != lines.end());
  CHECK(find("O", "Ka")->energy_eV == doctest::Approx(524.9).epsilon(1e-3));
  CHECK(find("O", "Ka")->yield == doctest::Approx(0.0069).epsilon(0.05));
  CHECK(find("Mn", "La")->energy_eV == doctest::Approx(637).epsilon(1e-3));
  CHECK(find("Ni", "La") == lines.end());
  // xraylib gives 0 for Mn L2 at 663.0 eV.
  const double there = material::shell_absorption_cm2_per_g("Mn", "L2", 663.0);
  CHECK(there == doctest::Approx(material::shell_absorption_cm2_per_g("Mn", "L2", 662.5)).epsilon(0.1));
  const material::Composition manganese = material::parse_formula("Mn");
  CHECK(material::mass_attenuation_cm2_per_g(manganese, 663.0) ==
        doctest::Approx(material::mass_attenuation_cm2_per_g(manganese, 662.5)).epsilon(0.05));
}

TEST_CASE("fluorescence rises with absorption and is thin, thick and between as it should") {
  const xas::Spectrum s = test::l_edges(642, 653);
  const xas::EdgeAbsorption a = manganese(s);
  const auto x = resonant_of(s, a);
  const auto thin = xas::fluorescence(a, x, {.areal_density_g_per_cm2 = 1e-9});
  const auto thick = xas::fluorescence(a, x, {});
  for (std::size_t i = 100; i < x.size(); i += 50) {
    CHECK(thin[i] == doctest::Approx(1e-9 * x[i] / std::sin(3.14159265 / 4)).epsilon(1e-4));
    CHECK(thick[i] == doctest::Approx(x[i] / (x[i] + a.other[i] + a.at_line)).epsilon(1e-12));
  }
}

TEST_CASE("a signal above what any absorption gives is refused with the reason") {
  const xas::Spectrum s = test::l_edges(642, 653);
  const xas::EdgeAbsorption a = manganese(s);
  xas::Spectrum signal = s;
  signal.intensity = xas::fluorescence(a, resonant_of(s, a), {});
  CHECK(xas::correct(signal, a, {}, 1).verdict.trusted);
  const xas::Corrected beyond = xas::correct(signal, a, {}, 0.5);
  CHECK(!beyond.verdict.trusted);
  CHECK(beyond.verdict.reason.find("infinitely strong") != std::string::npos);
  for (const double v : beyond.spectrum.intensity) CHECK(std::isfinite(v));
  CHECK(xas::correct(signal, a, {}, 1, {.amplification = 1.5}).verdict.reason.find("diverges") != std::string::npos);
}

TEST_CASE("the corrected spectrum's errors cover") {
  const xas::Spectrum s = test::l_edges(642, 653);
  const xas::EdgeAbsorption a = manganese(s);
  const auto clean = xas::fluorescence(a, resonant_of(s, a), {});
  int inside = 0, all = 0;
  for (int k = 0; k < 40; ++k) {
    core::RandomStream random{5, static_cast<std::uint64_t>(k)};
    xas::Spectrum signal = s;
    for (std::size_t i = 0; i < clean.size(); ++i) {
      signal.intensity[i] = clean[i] + 0.003 * random.normal();
      signal.variance[i] = 9e-6;
    }
    const xas::Corrected c = xas::correct(signal, a, {}, 1);
    for (std::size_t i = 0; i < clean.size(); i += 20) {
      ++all;
      if (std::abs(c.spectrum.intensity[i] - s.intensity[i]) < 1.96 * std::sqrt(c.spectrum.variance[i])) ++inside;
    }
  }
  CHECK(inside > 0.92 * all);
  CHECK(inside < 0.98 * all);
}

TEST_CASE("a thickness is found from the slope of a flat instrument and from the strength edge") {
  const material::Composition oxide = material::parse_formula("Fe2O3");
  const std::vector<std::string> K{"K"};
  xas::Spectrum s;
  for (int i = 0; i <= 900; ++i) {
    const double e = 7050 + 0.5 * i;
    s.energy_eV.push_back(e);
    s.intensity.push_back(test::edge_curve(e, 7124, 0.4));
  }
  s.variance.assign(s.energy_eV.size(), 0.0);
  const xas::EdgeAbsorption a = xas::edge_absorption(oxide, "Fe", K, 6400, s.energy_eV);
  const double density = 2.5e-3;
  xas::Spectrum signal = s;
  signal.intensity = xas::fluorescence(a, resonant_of(s, a), {.areal_density_g_per_cm2 = density});
  const auto by_slope = xas::fit_thickness(signal, a, {45, 45}, 7200, 7490, {.flat_response = true});
  CHECK(by_slope.slab.areal_density_g_per_cm2 == doctest::Approx(density).epsilon(0.1));
  CHECK(by_slope.thick_rejected);
  const double truth = xas::strength_edge_eV(s, 7050, 7200, 7490);
  const auto by_strength =
      xas::fit_thickness(signal, a, {45, 45}, 7200, 7490, {.strength_edge_eV = core::Value::with_sigma(truth, 0.2)});
  CHECK(by_strength.low < density);
  CHECK(by_strength.high > density);
  CHECK_THROWS_AS(xas::fit_thickness(signal, a, {45, 45}, 7200, 7490, {}), core::UsageError);
  CHECK_THROWS_AS(xas::fit_thickness(signal, a, {45, 0}, 7200, 7490, {.flat_response = true}), core::UsageError);
}

TEST_CASE("the usual strength edge follows the valence") {
  CHECK(xas::usual_strength_edge_eV("Mn", 4)->value - xas::usual_strength_edge_eV("Mn", 2)->value ==
        doctest::Approx(3.4));
  CHECK(!xas::usual_strength_edge_eV("Au", 1));
}

TEST_CASE("the share of a surface layer in the electrons, and a mean over layers") {
  const xas::ElectronEscape escape{.escape_nm = 4, .incidence_deg = 90};
  CHECK(xas::share_above_nm(4, 0, escape) == doctest::Approx(1 - std::exp(-1)));
  CHECK(xas::seen_mean(std::vector<double>{4.0}, std::vector<double>{2.0, 4.0}, 0, escape) ==
        doctest::Approx(4 - 2 * (1 - std::exp(-1))));
  CHECK(xas::overlayer_transmission(4, escape) == doctest::Approx(std::exp(-1)));
  CHECK_THROWS_AS(xas::share_above_nm(1, 0, {.escape_nm = 0}), core::UsageError);
}

TEST_CASE("a reduced surface is found by its difference, and nothing is claimed without one") {
  const auto reduced = xas::depth_valence({3.2, 4e-4}, {3.6, 4e-4}, 1.0 / 300, 100, 45, {});
  CHECK(reduced.reduced > 0.999);
  CHECK(reduced.bulk_valence.low < 3.65);
  CHECK(reduced.bulk_valence.high > 3.6);
  CHECK(reduced.surface_valence.high < 3.25);
  const auto same = xas::depth_valence({3.5, 4e-4}, {3.5, 4e-4}, 1.0 / 300, 100, 45, {});
  CHECK(same.reduced > 0.2);
  CHECK(same.reduced < 0.8);
  CHECK_THROWS_AS(xas::depth_valence({3.5, 0}, {3.5, 1}, 1.0 / 300, 100, 45, {}), core::UsageError);
}

TEST_CASE("shares come back, one at its bound has an interval that holds it") {
  const auto reference = [](double at, double line, double valence) {
    return xas::ReferenceCurve{.name = "r", .valence = valence, .spectrum = test::edge_spectrum(at, line)};
  };
  const std::vector<xas::ReferenceCurve> references{reference(100, 0.2, 2), reference(101.5, 0.6, 3),
                                                    reference(103, 1.0, 4)};
  xas::Spectrum mixed = test::edge_spectrum(100, 0.2, 0.003, 9);
  for (std::size_t i = 0; i < mixed.intensity.size(); ++i)
    mixed.intensity[i] +=
        0.3 * (test::edge_curve(mixed.energy_eV[i], 103, 1.0) - test::edge_curve(mixed.energy_eV[i], 100, 0.2));
  const xas::MixtureFit fit =
      xas::MixtureModel{references, {.reference_shift = 0.05, .reference_scale = 0.01}}.fit(mixed);
  CHECK(fit.converged);
  CHECK(std::abs(fit.shares[0].share.value - 0.7) < 4 * fit.shares[0].share.sigma());
  CHECK(fit.shares[1].low == 0);
  CHECK(fit.valence->value == doctest::Approx(2.6).epsilon(0.05));
  double sum = 0;
  for (const xas::Share& s : fit.shares) sum += s.share.value;
  CHECK(sum == doctest::Approx(1).epsilon(1e-9));
  const auto ranked =
      xas::rank_combinations(references, mixed, {.reference_shift = 0, .reference_scale = 0, .shift = 0}, 2);
  CHECK(ranked.front().members == std::vector<std::size_t>{0, 2});
  CHECK_THROWS_AS(xas::MixtureModel({reference(100, 0.2, 2)}, {.from = 20, .to = 60}).fit(mixed), core::UsageError);
  CHECK_THROWS_AS(xas::MixtureModel({}, {}), core::UsageError);
}

TEST_CASE("a saturated mixture is unbent") {
  const std::vector<xas::ReferenceCurve> references{
      {.name = "a", .valence = 2.0, .spectrum = test::edge_spectrum(100, 0.2)},
      {.name = "b", .valence = 3.0, .spectrum = test::edge_spectrum(102, 1.5)}};
  xas::Spectrum seen = test::edge_spectrum(100, 0.2, 0.001, 4);
  core::RandomStream random{2, 2};
  for (std::size_t i = 0; i < seen.intensity.size(); ++i) {
    const double m = 0.5 * references[0].spectrum.intensity[i] + 0.5 * references[1].spectrum.intensity[i];
    seen.intensity[i] = m - 0.08 * m * m + 0.001 * random.normal();
  }
  const auto fit =
      xas::MixtureModel{references,
                        {.reference_shift = 0, .reference_scale = 0, .shift = 0, .free_scale = true, .bend = 0.2}}
          .fit(seen);
  CHECK(fit.valence->value == doctest::Approx(2.5).epsilon(0.01));
  CHECK(fit.bend.value * fit.amplitude == doctest::Approx(0.08).epsilon(0.15));
}

TEST_CASE("what is synthesized of a layered sample is reduced to the same valence" * doctest::test_suite("numerics")) {
  core::NoProgress quiet;
  std::vector<double> energy;
  for (int i = 0; i <= 620; ++i) energy.push_back(840 + 0.1 * i);
  std::vector<xas::ReferenceCurve> references;
  for (const char* ion : {"Ni2+", "Ni3+", "Ni4+"})
    references.push_back(xas::computed_reference(material::parse_ion(ion), energy, xas::usual_strength_eV, quiet));
  const xas::Sample sample{
      .composition = cathode(), .element = "Ni", .profile = {.depth_nm = {3}, .valence = {2.6, 3.4}}};
  const xas::Yields yields = xas::predict_yields(sample, references);
  CHECK(yields.electron_valence.value < 3.1);
  CHECK(yields.partial_valence.value > 3.3);
  int inside = 0;
  constexpr int draws = 30;
  const xas::MixtureModel model{references,
                                {.from = 845,
                                 .to = 898,
                                 .reference_shift = 0,
                                 .reference_scale = 0,
                                 .shift = 0.05,
                                 .free_scale = true,
                                 .offset = true,
                                 .slope = true,
                                 .bend = 0.1}};
  for (int k = 0; k < draws; ++k) {
    const xas::Scan scan =
        xas::synthesize_scan(yields, {.electron_counts = 4e4, .seed = static_cast<std::uint64_t>(k)});
    const auto file = test::read_scans(xas::ssrl_raw_text(scan));
    xas::Channels channels = xas::usual_channels(file.scans.front());
    channels.counts = true;
    const auto spectrum =
        xas::normalise(xas::make_spectrum(file.scans.front(), channels, "x"), xas::Normalisation::maximum).spectrum;
    const core::Value valence = *model.fit(spectrum).valence;
    if (std::abs(valence.value - yields.electron_valence.value) < 1.96 * valence.sigma()) ++inside;
  }
  CHECK(inside >= 25);
}

TEST_CASE("an impossible sample is refused") {
  core::NoProgress quiet;
  std::vector<double> energy;
  for (int i = 0; i <= 300; ++i) energy.push_back(845 + 0.2 * i);
  const std::vector<xas::ReferenceCurve> one{xas::computed_reference(material::parse_ion("Ni2+"), energy, 12, quiet)};
  CHECK_THROWS_AS(xas::predict_yields(
                      {.composition = cathode(), .element = "Ni", .profile = {.depth_nm = {}, .valence = {3}}}, one),
                  core::UsageError);
  CHECK_THROWS_AS(xas::predict_yields(
                      {.composition = cathode(), .element = "Ni", .profile = {.depth_nm = {2}, .valence = {2}}}, one),
                  core::UsageError);
  CHECK_THROWS_AS(xas::edge_absorption(cathode(), "Fe", L_shells, 700, energy), core::UsageError);
}
