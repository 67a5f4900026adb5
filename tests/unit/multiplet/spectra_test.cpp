// Absorption and scattering: symmetry, sums, and that every way of computing them agrees.
#include <doctest/doctest.h>

#include <numbers>

#include "lithoscope/core/parallel.hpp"
#include "multiplet_cases.hpp"

using namespace lithoscope;
using namespace multiplet;
using doctest::Approx;

namespace {

std::vector<Channel> channels() {
  const double angle = std::numbers::pi / 4;
  return {{"pi-sigma", Polarised{pi_in(angle, 0.3), sigma(0.3)}},
          {"pi-pi", Polarised{pi_in(angle, 0.3), pi_out(angle, 0.3)}},
          {"powder", powder_linear(0.4)},
          {"any", powder_any_out(0.7)},
          {"B", Powder{1, 0, 1}}};
}

std::vector<std::vector<double>> maps_of(const IonModel& model, const SolverSettings& settings,
                                         const std::vector<double>& incident, double half_width_eV) {
  core::NoProgress quiet;
  const auto scattering =
      Multiplet{model, settings}.scattering({.incident_eV = incident, .channels = channels()}, quiet);
  return scattering_maps(scattering, ScatterAxis::energy_loss, test::even(-1, 6, 0.05), half_width_eV, 0);
}

}  // namespace

TEST_CASE("the strength is a third of the number of holes, for every polarisation of a cubic ion") {
  core::NoProgress quiet;
  const auto absorption = Multiplet{test::ion("Co2+", octahedral(0.9))}.absorption({}, quiet);
  const Vector3 circular{std::complex{std::sqrt(0.5), 0.0}, std::complex{0.0, std::sqrt(0.5)}, 0.0};
  double total = 0, along = 0, turning = 0;
  for (const Stick& s : absorption.sticks) {
    total += isotropic(s);
    along += intensity(s, {0.0, 0.0, 1.0});
    turning += intensity(s, circular);
  }
  CHECK(total == Approx(1).epsilon(1e-12));
  CHECK(along == Approx(1).epsilon(1e-12));
  CHECK(turning == Approx(1).epsilon(1e-12));
}

TEST_CASE("how the axes lie does not matter to an isotropic spectrum") {
  const auto upright = test::isotropic_of(test::ion("Co3+", octahedral(2.3)));
  const auto tilted = test::isotropic_of(test::ion("Co3+", octahedral(2.3, CubicAxis::threefold)));
  CHECK(test::difference(upright, tilted) < 1e-11);
  // A field along y makes the Hamiltonian complex.
  IonModel model = test::ion("Ni2+", octahedral(1.1));
  model.exchange_eV = {0, 0, 0.12};
  const auto along_z = test::isotropic_of(model);
  model.exchange_eV = {0, 0.12, 0};
  CHECK(test::difference(along_z, test::isotropic_of(model)) < 1e-11);
}

TEST_CASE("circular dichroism follows the field") {
  IonModel model = test::ion("Ni2+", octahedral(1.1));
  model.exchange_eV = {0, 0, 0.12};
  core::NoProgress quiet;
  const auto absorption = Multiplet{model, {.temperature_K = 10}}.absorption({}, quiet);
  const double h = std::sqrt(0.5);
  const Vector3 left{std::complex{h, 0.0}, std::complex{0.0, h}, 0.0},
      right{std::complex{h, 0.0}, std::complex{0.0, -h}, 0.0};
  const auto energy = test::even(-10, 20, 0.05);
  const auto l = polarised_spectrum(absorption, left, energy, {}, 0.2);
  const auto r = polarised_spectrum(absorption, right, energy, {}, 0.2);
  CHECK(test::difference(l, r) > 0.1);
  model.exchange_eV = {0, 0, -0.12};
  const auto turned = Multiplet{model, {.temperature_K = 10}}.absorption({}, quiet);
  CHECK(test::difference(l, polarised_spectrum(turned, right, energy, {}, 0.2)) < 1e-10);
}

TEST_CASE("Krylov spaces give the spectrum of the whole diagonalisation, all polarisations of it") {
  // No symmetry axis: x, y and z lead into the same blocks, and the matrix is complex.
  IonModel model = test::nickel_oxide();
  model.exchange_eV = {0.05, 0.08, 0.03};
  core::NoProgress quiet;
  const auto dense = Multiplet{model}.absorption({}, quiet);
  const auto krylov = Multiplet{model, {.dense_most = 20}}.absorption({}, quiet);
  CHECK(dense.krylov_residual == 0);
  CHECK(krylov.krylov_residual <= 1e-7);
  CHECK(krylov.krylov_steps > 10);
  const auto energy = test::even(-15, 30, 0.05);
  for (const Vector3& e : {Vector3{1, 0, 0}, Vector3{0.6, std::complex{0.0, 0.8}, 0}, Vector3{0, 0.6, 0.8}}) {
    CHECK(test::difference(polarised_spectrum(dense, e, energy, {}, 0), polarised_spectrum(krylov, e, energy, {}, 0)) <
          2e-6);
  }
}

TEST_CASE("each core level has its own width, in a Krylov space too") {
  const Lifetimes widths{0.2, 0.6};
  core::NoProgress quiet;
  const auto energy = test::even(-15, 30, 0.05);
  const auto dense = Multiplet{test::nickel_oxide()}.absorption(widths, quiet);
  const auto krylov = Multiplet{test::nickel_oxide(), {.dense_most = 20}}.absorption(widths, quiet);
  const auto exact = isotropic_spectrum(dense, energy, widths, 0);
  CHECK(test::difference(exact, isotropic_spectrum(krylov, energy, widths, 0)) < 0.01);
  CHECK(test::difference(exact, isotropic_spectrum(dense, energy, {0.2, 0.2}, 0)) > 0.05);
}

TEST_CASE("scattering by Krylov spaces is that of the whole diagonalisation, also without any symmetry") {
  const auto incident = test::even(-5.5, -3, 0.5);
  for (const double tilt : {0.0, 0.05}) {
    IonModel model = test::nickel_oxide();
    model.exchange_eV = {tilt, 1.6 * tilt, 0.6 * tilt};
    const auto dense = maps_of(model, {}, incident, 0.15);
    const auto krylov = maps_of(model, {.dense_most = 20}, incident, 0.15);
    for (std::size_t c = 0; c < dense.size(); ++c) CHECK(test::difference(dense[c], krylov[c]) < 5e-5);
  }
}

TEST_CASE("unequal widths in a Krylov space's scattering are those usual at the incident energy") {
  core::NoProgress quiet;
  const ScatteringSettings how{
      .incident_eV = test::even(-5.5, 14, 0.75), .lifetimes = {0.2, 0.6}, .channels = {{"any", powder_any_out(0)}}};
  const auto map = [&](const SolverSettings& settings) {
    const auto scattering = Multiplet{test::nickel_oxide(), settings}.scattering(how, quiet);
    return std::pair{scattering_maps(scattering, ScatterAxis::energy_loss, test::even(-1, 6, 0.05), 0.1, 0)[0],
                     scattering};
  };
  const auto [dense, exact] = map({});
  const auto [krylov, near] = map({.dense_most = 20});
  CHECK_FALSE(exact.krylov);
  CHECK(near.krylov);
  CHECK(near.krylov_residual < 1e-4);
  CHECK(test::difference(dense, krylov) < 0.005);
}

TEST_CASE("a powder scatters what all its orientations do on average") {
  // A cubic ion turned about its axes: only the polarisations turn.
  const IonModel model = test::ion("Ni2+", octahedral(1.1));
  core::NoProgress quiet;
  const Multiplet ion{model};
  std::vector<Channel> all;
  const int turns = 6;
  const std::array nodes{0.2386191860831969, 0.6612093864662645, 0.9324695142031521};
  const std::array weights{0.4679139345726910, 0.3607615730481386, 0.1713244923791704};
  std::vector<double> share;
  for (int i = 0; i < turns; ++i) {
    for (int k = 0; k < 6; ++k) {
      for (int j = 0; j < turns; ++j) {
        const double a = 2 * std::numbers::pi * i / turns, c = 2 * std::numbers::pi * j / turns;
        const double cb = k < 3 ? nodes[static_cast<std::size_t>(k)] : -nodes[static_cast<std::size_t>(k - 3)];
        const double sb = std::sqrt(1 - cb * cb);
        // First and second column of the rotation: parallel and crossed polarisations.
        const Vector3 x{std::cos(a) * cb * std::cos(c) - std::sin(a) * std::sin(c),
                        std::sin(a) * cb * std::cos(c) + std::cos(a) * std::sin(c), -sb * std::cos(c)};
        all.push_back({"parallel", Polarised{x, x}});
        share.push_back(weights[static_cast<std::size_t>(k % 3)] / 2 / (turns * turns));
      }
    }
  }
  all.push_back({"powder", powder_linear(1)});
  const auto scattering = ion.scattering({.incident_eV = {-4.5}, .channels = all}, quiet);
  const ScatteringRow& row = scattering.rows.front();
  const std::size_t lines = row.loss_eV.size();
  double worst = 0, most = 0;
  for (std::size_t k = 0; k < lines; ++k) {
    double sum = 0;
    for (std::size_t o = 0; o < share.size(); ++o) sum += share[o] * row.strength[o * lines + k];
    const double powder = row.strength[share.size() * lines + k];
    worst = std::max(worst, std::abs(sum - powder));
    most = std::max(most, powder);
  }
  CHECK(worst < 1e-12 * most);
}

TEST_CASE("the elastic line can be left out, and nothing else with it") {
  core::NoProgress quiet;
  const Multiplet ion{test::ion("Ni2+", octahedral(1.1))};
  ScatteringSettings how{.incident_eV = {-4.5}, .channels = {{"powder", powder_any_out(0)}}};
  const auto with = ion.scattering(how, quiet);
  how.elastic = false;
  const auto without = ion.scattering(how, quiet);
  const ScatteringRow &a = with.rows[0], &b = without.rows[0];
  REQUIRE(a.loss_eV == b.loss_eV);
  for (std::size_t k = 0; k < a.loss_eV.size(); ++k) {
    CHECK(b.strength[k] == (std::abs(a.loss_eV[k]) < 1e-6 ? 0 : a.strength[k]));
  }
}

TEST_CASE("emission energy is the incident energy less the loss, and resolution keeps areas") {
  core::NoProgress quiet;
  const auto scattering = Multiplet{test::ion("Ni2+", octahedral(1.1))}.scattering(
      {.incident_eV = {-4.5}, .channels = {{"powder", powder_any_out(0)}}}, quiet);
  const auto loss = test::even(-30, 60, 0.05);
  std::vector<double> emission;
  for (const double l : loss) emission.push_back(-4.5 - l);
  const auto by_loss = scattering_maps(scattering, ScatterAxis::energy_loss, loss, 0.1, 1.4);
  const auto by_emission = scattering_maps(scattering, ScatterAxis::emission_energy, emission, 0.1, 1.4);
  CHECK(test::difference(by_loss[0], by_emission[0]) < 1e-10);
  double area = 0, strength = 0;
  for (const double v : by_loss[0]) area += 0.05 * v;
  for (const double s : scattering.rows[0].strength) strength += s;
  CHECK(area == Approx(strength).epsilon(0.005));  // Lorentzian tails lie beyond
}

TEST_CASE("spectra have the same bytes for any number of threads") {
  const auto with = [](int threads) {
    core::set_threads(threads);
    auto spectrum = test::isotropic_of(test::ion("Mn4+", octahedral(2.4)));
    const auto maps = maps_of(test::nickel_oxide(), {}, {-4.5, -4.0}, 0.1);
    for (const auto& map : maps) spectrum.insert(spectrum.end(), map.begin(), map.end());
    return spectrum;
  };
  const auto one = with(1);
  const auto four = with(4);
  core::set_threads(0);
  CHECK(one == four);
}
