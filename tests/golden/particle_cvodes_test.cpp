// The square scheme with flux down the chemical potential, written out again from the specification and integrated by
// SUNDIALS' CVODES: neither the right-hand side nor the integrator is ours.
#include <cvodes/cvodes.h>
#include <doctest/doctest.h>
#include <nvector/nvector_serial.h>
#include <sunlinsol/sunlinsol_band.h>
#include <sunmatrix/sunmatrix_band.h>

#include <cmath>

#include "lithoscope/particle/mesh.hpp"
#include "particle_cases.hpp"

using namespace lithoscope;
using namespace lithoscope::particle;

namespace {

struct Problem {
  Model model;
  RadialMesh mesh;
  double temperature_K = core::room_temperature_K;
  double mean_rate_per_s = 0;
};

// Unknowns: x and s of node 0, x and s of node 1, ...
int right_hand_side(double, N_Vector y, N_Vector dy, void* data) {
  const auto& p = *static_cast<const Problem*>(data);
  const Ladder& ladder = p.model.ladder;
  const Hysteresis& h = p.model.hysteresis;
  const double* u = N_VGetArrayPointer(y);
  double* f = N_VGetArrayPointer(dy);
  const std::size_t n = p.mesh.radius.size();
  const double kT = core::boltzmann_eV_per_K * p.temperature_K;
  const double hot = 1 / core::room_temperature_K - 1 / p.temperature_K;
  const double k = std::exp(h.structure_activation_eV / core::boltzmann_eV_per_K * hot);
  const double D = 1e14 * std::pow(10.0, p.model.transport.diffusivity.log10_cm2_s[0]) *
                   std::exp(p.model.transport.activation_energy_eV / core::boltzmann_eV_per_K * hot);
  const double R = p.model.grain.radius_nm;
  const double E_ox = ladder.oxygen.level_V;
  const double E_red = ladder.oxygen.stabilised_level_V;
  const double gap = E_ox - E_red;
  const double k1 = h.stabilise_rate_per_s * k;
  const double k2 = h.recover_rate_per_s * k;
  const double k1_back = k1 * std::exp(-0.5 * gap / kT);  // (k1/k-1)(k2/k-2) = exp(gap/kT), half of it each
  const double k2_back = k2 * std::exp(-0.5 * gap / kT);
  std::vector<double> V(n), M(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double x = u[2 * i];
    const double s = u[2 * i + 1];
    V[i] = local_redox(ladder, x, s, 0, p.temperature_K).V;
    M[i] = D * x * (ladder.lithium - x) / ladder.lithium / kT;
    const double fresh = 1 / (1 + std::exp((E_ox - V[i]) / kT));
    const double kept = 1 / (1 + std::exp((E_red - V[i]) / kT));
    const double free = ladder.oxygen.sites - s;
    f[2 * i + 1] = k1 * free * fresh - k1_back * s * kept - k2 * s * (1 - kept) + k2_back * free * (1 - fresh);
  }
  double before = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double after = i + 1 < n ? 0.5 * (M[i] + M[i + 1]) / (R * R) * p.mesh.conductance[i] * (V[i + 1] - V[i])
                                   : p.mean_rate_per_s / 3;
    f[2 * i] = (after - before) / p.mesh.volume[i];
    before = after;
  }
  return 0;
}

// From `y` over `seconds`.
void integrate(Problem& problem, std::vector<double>& y, double seconds) {
  SUNContext context = nullptr;
  REQUIRE(SUNContext_Create(nullptr, &context) == 0);
  const auto n = static_cast<sunindextype>(y.size());
  N_Vector state = N_VMake_Serial(n, y.data(), context);
  void* solver = CVodeCreate(CV_BDF, context);
  REQUIRE(CVodeInit(solver, right_hand_side, 0, state) == CV_SUCCESS);
  CVodeSStolerances(solver, 1e-10, 1e-11);
  CVodeSetUserData(solver, &problem);
  CVodeSetMaxNumSteps(solver, 200000);
  SUNMatrix jacobian = SUNBandMatrix(n, 3, 3, context);
  SUNLinearSolver linear = SUNLinSol_Band(state, jacobian, context);
  CVodeSetLinearSolver(solver, linear, jacobian);
  double reached = 0;
  CVodeSetStopTime(solver, seconds);
  CHECK(CVode(solver, seconds, state, &reached, CV_NORMAL) >= 0);
  SUNLinSolFree(linear);
  SUNMatDestroy(jacobian);
  CVodeFree(&solver);
  N_VDestroy(state);
  SUNContext_Free(&context);
}

}  // namespace

TEST_CASE("charge, wait and heat of the square scheme agree with CVODES") {
  Model m = square_scheme_model();
  m.grain.cells = 24;
  m.grain.surface_spacing = 0.01;
  m.grain.stabilised = 0.01;
  m.numerics.tolerance = 1e-9;
  m.transport.rest_slowdown = 1;
  m.transport.diffusivity = {{0}, {-14}, 0};
  const double rate = c_rate_per_s / 4;
  const Run run =
      simulate(m, {.trunk = {{.kind = StepKind::charge, .name = "charge", .duration_s = 3 * hour_s, .rate_per_s = rate},
                             wait("wait", 5 * hour_s),
                             hold("heat", 100, hour_s)}});
  Problem problem{m, graded_mesh(24, 0.01)};
  std::vector<double> y;
  for (std::size_t i = 0; i <= 24; ++i) {
    y.push_back(m.grain.lithium_extracted);
    y.push_back(m.grain.stabilised);
  }
  const auto compare = [&](const Mark& mark) {
    for (std::size_t i = 0; i <= 24; ++i) {
      CAPTURE(mark.step);
      CAPTURE(i);
      CHECK(std::abs(mark.grains[0].lithium[i] - y[2 * i]) < 2e-7);
      CHECK(std::abs(mark.grains[0].stabilised[i] - y[2 * i + 1]) < 2e-7);
    }
  };
  problem.mean_rate_per_s = rate;
  integrate(problem, y, 3 * hour_s);
  compare(run.trunk.marks[1]);
  problem.mean_rate_per_s = 0;
  integrate(problem, y, 5 * hour_s);
  compare(run.trunk.marks[2]);
  problem.temperature_K = 373.15;
  integrate(problem, y, hour_s);
  compare(run.trunk.marks[3]);
}
