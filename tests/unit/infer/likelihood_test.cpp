// The joint likelihood: noise laws, causes that are shared, and what is refused.
#include <doctest/doctest.h>

#include <cmath>
#include <numbers>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/infer/joint_likelihood.hpp"

using namespace lithoscope;
using infer::JointLikelihood;
using result::NoiseLaw;
using result::Observable;

namespace {

Observable single(const std::string& name, double value, double variance) {
  return {.name = name, .state = "heated", .values = {value}, .variance = {variance}, .flags = {"ok"}};
}

double normal(double y, double mean, double variance) {
  return -0.5 * (y - mean) * (y - mean) / variance - 0.5 * std::log(2 * std::numbers::pi * variance);
}

// log of the integral of f(a) exp(-a a / 2) / sqrt(2 pi) da.
template <class F>
double over_cause(const F& f) {
  double sum = 0;
  constexpr double step = 0.002;
  for (double a = -9; a <= 9; a += step) sum += std::exp(f(a) - 0.5 * a * a) * step;
  return std::log(sum / std::sqrt(2 * std::numbers::pi));
}

}  // namespace

TEST_CASE("independent values add their densities") {
  const JointLikelihood l{{single("a", 1, 0.04), single("b", -2, 0.25)}};
  const double at[] = {1.1, -1.5};
  CHECK(l.log_density(at) == doctest::Approx(normal(1, 1.1, 0.04) + normal(-2, -1.5, 0.25)));
  CHECK(l.chi_squared(at) == doctest::Approx(0.01 / 0.04 + 0.25 / 0.25));
}

TEST_CASE("a cause of one name in two observables is one cause") {
  Observable a = single("a", 0.5, 0.01), b = single("b", 0.4, 0.01);
  a.common = {{"energy scale", {0.3}}};
  b.common = {{"energy scale", {0.3}}};
  const JointLikelihood together{{a, b}};
  b.common = {{"energy scale of another beamline", {0.3}}};
  const JointLikelihood apart{{a, b}};
  const double at[] = {0, 0};
  // both are off by the same: likely for one cause, not for two
  CHECK(together.log_density(at) > apart.log_density(at));
  CHECK(together.chi_squared(at) < apart.chi_squared(at));
}

TEST_CASE("an artefact of a mode's name is the same cause") {
  Observable a = single("a", 0.5, 0.01);
  a.common = {{"energy scale", {0.3}}};
  JointLikelihood l{{a}};
  l.add({.cause = "energy scale", .shift = {0.1}});
  CHECK(l.covariance().front() == doctest::Approx(0.01 + 0.16));
}

TEST_CASE("few counts keep their law, with a cause integrated out") {
  Observable counts{.name = "counts", .state = "heated", .values = {3.0 / 2}, .variance = {0.75}, .flags = {"ok"}};
  counts.noise = {.law = NoiseLaw::poisson, .exposure = {2}};
  counts.common = {{"monitor", {0.1}}};
  const JointLikelihood l{{counts}};
  const double at[] = {1.2};
  const double exact = over_cause([](double a) {
    const double mean = 2 * (1.2 + 0.1 * a);
    return mean > 0 ? 3 * std::log(mean) - mean - std::lgamma(4.0) + std::log(2.0) : -1e9;
  });
  CHECK(l.log_density(at) == doctest::Approx(exact).epsilon(0.01));
}

TEST_CASE("a value far out costs a Student t less than a Gaussian") {
  Observable heavy = single("a", 5, 1), light = heavy;
  heavy.noise = {.law = NoiseLaw::student_t, .degrees = 4};
  const double at[] = {0};
  CHECK(JointLikelihood{{heavy}}.log_density(at) > JointLikelihood{{light}}.log_density(at) + 4);
}

TEST_CASE("neighbours of an ion current are correlated") {
  Observable o{
      .name = "current", .state = "heated", .values = {0.2, 0.2}, .variance = {0.01, 0.01}, .flags = {"ok", "ok"}};
  o.noise = {.law = NoiseLaw::ar1, .correlation = 0.8};
  const JointLikelihood l{{o}};
  CHECK(l.covariance()[1] == doctest::Approx(0.008));
}

TEST_CASE("flagged values do not enter") {
  Observable o{
      .name = "a", .state = "heated", .values = {1, std::nan("")}, .variance = {1, 0}, .flags = {"ok", "no photon"}};
  CHECK(JointLikelihood{{o}}.size() == 1);
}

TEST_CASE("an observable that is there twice is refused by its name and state") {
  try {
    const JointLikelihood l{{single("valence/Ni/electrons", 3.5, 0.01), single("valence/Ni/electrons", 3.6, 0.01)}};
    FAIL("it was taken");
  } catch (const core::UsageError& error) {
    CHECK(error.facts().what.find("valence/Ni/electrons") != std::string::npos);
    CHECK(error.facts().what.find("heated") != std::string::npos);
  }
}

TEST_CASE("values without an uncertainty and covariances that are not positive are refused") {
  CHECK_THROWS_AS(JointLikelihood{{single("a", 1, 0)}}, core::UsageError);
  Observable o{.name = "a", .state = "s", .values = {1, 2}, .covariance = {1, 2, 2, 1}, .flags = {"ok", "ok"}};
  const JointLikelihood l{{o}};
  const double at[] = {0, 0};
  CHECK_THROWS_AS(l.log_density(at), core::UsageError);
}
