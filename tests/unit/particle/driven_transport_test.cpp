// Diffusion under a given current against exact solutions, and its derivatives against differences.
#include "lithoscope/particle/driven_transport.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "lithoscope/echem/diffusion.hpp"

using namespace lithoscope;
using particle::DrivenGrain;
using particle::DrivenTransport;
using particle::Geometry;

namespace {

DrivenGrain uneven_grain() {
  DrivenGrain grain;
  grain.radius_m = 100e-9;
  grain.x_start = 0.1;
  grain.diffusivity.x = {0, 0.1, 0.15, 0.2, 0.3, 0.5};
  grain.diffusivity.ln_m2_s = {-41.4, -41.5, -42.5, -43.5, -42, -41};
  return grain;
}

void run(DrivenTransport& transport, double duration_s, double rate_per_s, double growth = 1.3) {
  double now = 0;
  for (const double t : particle::switching_times(duration_s, growth)) {
    REQUIRE(transport.step(rate_per_s, t - now));
    now = t;
  }
}

}  // namespace

TEST_CASE("the surface follows the exact solution through a pulse and its rest, in every shape") {
  for (const Geometry geometry : {Geometry::slab, Geometry::cylinder, Geometry::sphere}) {
    for (const double theta : {1e-3, 1e-2, 0.1, 1.0}) {
      DrivenGrain grain;
      grain.geometry = geometry;
      grain.radius_m = 1;
      grain.diffusivity = {{0, 1}, {0, 0}};
      DrivenTransport transport{grain, false};
      const double rate = particle::radius_per_length(geometry);  // a unit of flux
      const double whole = echem::surface_rise(geometry, theta);
      double now = 0;
      for (const double t : particle::switching_times(theta, 1.3)) {
        transport.step(rate, t - now);
        now = t;
        if (t > 0.01 * theta) CHECK(std::abs(transport.surface() - echem::surface_rise(geometry, t)) < 1e-3 * whole);
      }
      now = 0;
      for (const double t : particle::switching_times(6 * theta, 1.3)) {
        transport.step(0, t - now);
        now = t;
        const double exact = echem::surface_rise(geometry, theta + t) - echem::surface_rise(geometry, t);
        if (t > 0.01 * theta) CHECK(std::abs(transport.surface() - exact) < 1e-3 * whole);
      }
      CHECK(transport.mean() == doctest::Approx(echem::mean_rise(geometry, theta)).epsilon(1e-12));
    }
  }
}

TEST_CASE("derivatives to ln D agree with differences, for one size and for several") {
  for (const double spread : {0.0, 0.4}) {
    DrivenGrain grain = uneven_grain();
    grain.sizes = particle::log_normal_sizes(spread, 3);
    const auto surface_of = [&](const DrivenGrain& g) {
      DrivenTransport transport{g, false};
      transport.polarise(2e6);
      run(transport, 3000, 2e-5);
      run(transport, 3000, 0);
      return transport.surface();
    };
    DrivenTransport transport{grain, true};
    transport.polarise(2e6);
    run(transport, 3000, 2e-5);
    run(transport, 3000, 0);
    double largest = 0;
    for (std::size_t k = 0; k < grain.diffusivity.x.size(); ++k) {
      constexpr double nudge = 1e-4;
      DrivenGrain up = grain, down = grain;
      up.diffusivity.ln_m2_s[k] += nudge;
      down.diffusivity.ln_m2_s[k] -= nudge;
      const double expected = (surface_of(up) - surface_of(down)) / (2 * nudge);
      CHECK(transport.surface_by_ln_D()[k] == doctest::Approx(expected).epsilon(1e-4).scale(1e-4));
      largest = std::max(largest, std::abs(expected));
    }
    CHECK(largest > 1e-3);
  }
}

TEST_CASE("lithium is conserved where D changes by decades, in one size and in several") {
  for (const double spread : {0.0, 0.5}) {
    DrivenGrain grain = uneven_grain();
    grain.sizes = particle::log_normal_sizes(spread, 5);
    DrivenTransport transport{grain, false};
    run(transport, 5000, 2e-5);
    run(transport, 20000, 0);
    CHECK(transport.mean() == doctest::Approx(0.1 + 5000 * 2e-5).epsilon(1e-12));
  }
}

TEST_CASE("sizes that are all alike do what one size does") {
  DrivenGrain one = uneven_grain();
  DrivenGrain three = one;
  three.sizes = {{1, 0.2}, {1, 0.5}, {1, 0.3}};
  DrivenTransport a{one, false}, b{three, false};
  b.polarise(1e6);
  for (DrivenTransport* t : {&a, &b}) run(*t, 3000, 2e-5);
  CHECK(a.surface() == doctest::Approx(b.surface()).epsilon(1e-9));
}

TEST_CASE("at rest, sizes at one potential come to one lithium content") {
  DrivenGrain grain = uneven_grain();
  grain.sizes = particle::log_normal_sizes(0.5, 5);
  DrivenTransport transport{grain, false};
  transport.polarise(1e6);
  run(transport, 3000, 2e-5);
  run(transport, 1e8, 0);
  CHECK(transport.surface() == doctest::Approx(transport.mean()).epsilon(1e-8));
}
