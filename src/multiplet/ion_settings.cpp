#include "lithoscope/multiplet/ion_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "lithoscope/core/errors.hpp"

namespace lithoscope::multiplet {

std::span<const core::Setting<IonSettings>> ion_settings_table() {
  using I = IonSettings;
  static constexpr std::array table{
      core::Setting<I>{"10dq", "eV", &I::ten_dq, "Splitting of e_g and t2g; negative in a tetrahedron", -10, 10},
      core::Setting<I>{"ds", "eV", &I::ds, "Axial field, second rank: Ds, D-sigma or D-mu", -5, 5},
      core::Setting<I>{"dt", "eV", &I::dt, "Axial field, fourth rank: Dt, D-tau or D-nu", -5, 5},
      core::Setting<I>{"slater_scale", "1", &I::slater_scale,
                       "Slater integrals over Hartree-Fock ones; repulsion is screened in a solid", 0, 1.2},
      core::Setting<I>{"spin_orbit_scale", "1", &I::spin_orbit_scale, "Spin-orbit couplings over Hartree-Fock ones", 0,
                       1.5},
      core::Setting<I>{"exchange_x", "eV", &I::exchange_x, "x component of the molecular field B in B . 2S", -1, 1},
      core::Setting<I>{"exchange_y", "eV", &I::exchange_y, "y component of the molecular field B in B . 2S", -1, 1},
      core::Setting<I>{"exchange_z", "eV", &I::exchange_z, "z component of the molecular field B in B . 2S", -1, 1},
      core::Setting<I>{"magnetic_x", "T", &I::magnetic_x, "x component of the magnetic field", -100, 100},
      core::Setting<I>{"magnetic_y", "T", &I::magnetic_y, "y component of the magnetic field", -100, 100},
      core::Setting<I>{"magnetic_z", "T", &I::magnetic_z, "z component of the magnetic field", -100, 100},
      core::Setting<I>{"temperature", "K", &I::temperature, "Temperature of the ground configuration's populations", 0,
                       3000},
      core::Setting<I>{"delta", "eV", &I::delta, "Charge-transfer energy, d^(n+1) L over d^n (means)", -20, 30},
      core::Setting<I>{"v_e_g", "eV", &I::v_e_g, "Hybridisation of e_g with ligands; 0 with v_t_2g 0: no ligands", -10,
                       10},
      core::Setting<I>{"v_t_2g", "eV", &I::v_t_2g, "Hybridisation of t2g with ligands", -10, 10},
      core::Setting<I>{"u_dd", "eV", &I::u_dd, "Mean repulsion of d electrons; needed with ligands", 0, 20},
      core::Setting<I>{"u_pd", "eV", &I::u_pd, "Mean attraction of the 2p hole; needed with ligands", 0, 20},
      core::Setting<I>{"10dq_ligand", "eV", &I::ten_dq_ligand, "Splitting of the ligand orbitals", -10, 10}};
  return table;
}

std::span<const core::Setting<SpectrumSettings>> spectrum_settings_table() {
  using P = SpectrumSettings;
  static constexpr std::array table{
      core::Setting<P>{"energy_offset", "eV", &P::energy_offset,
                       "Shift added to calculated energies, whose zero is the mean of a configuration", -1e4, 1e4},
      core::Setting<P>{"width_l3", "eV", &P::width_l3, "Half width of the 2p3/2 hole's Lorentzian", 1e-3, 5},
      core::Setting<P>{"width_l2", "eV", &P::width_l2, "Half width of the 2p1/2 hole's Lorentzian", 1e-3, 5},
      core::Setting<P>{"resolution", "eV", &P::resolution, "Full width of the instrument's Gaussian", 0, 10},
      core::Setting<P>{"from", "eV", &P::from, "First energy of the spectrum; 0 with to 0: all that absorbs", -1e4,
                       1e4},
      core::Setting<P>{"to", "eV", &P::to, "Last energy of the spectrum; 0 with from 0: all that absorbs", -1e4, 1e4},
      core::Setting<P>{"step", "eV", &P::step, "Step between energies of the spectrum", 1e-3, 10}};
  return table;
}

std::span<const core::Setting<ScatterSettings>> scatter_settings_table() {
  using R = ScatterSettings;
  static constexpr std::array table{
      core::Setting<R>{"incident_from", "eV", &R::incident_from,
                       "First incident energy; 0 with incident_to 0: all edges", -1e4, 1e4},
      core::Setting<R>{"incident_to", "eV", &R::incident_to, "Last incident energy; 0 with incident_from 0: all edges",
                       -1e4, 1e4},
      core::Setting<R>{"incident_step", "eV", &R::incident_step, "Step between incident energies", 1e-3, 10},
      core::Setting<R>{"loss_from", "eV", &R::loss_from, "First energy loss of the map", -100, 100},
      core::Setting<R>{"loss_to", "eV", &R::loss_to, "Last energy loss of the map", -100, 100},
      core::Setting<R>{"loss_step", "eV", &R::loss_step, "Step between energy losses", 1e-3, 10},
      core::Setting<R>{"final_width", "eV", &R::final_width, "Half width of the final states' Lorentzian", 1e-4, 5},
      core::Setting<R>{"emission_resolution", "eV", &R::emission_resolution,
                       "Full width of the spectrometer's Gaussian; 1.4 eV is a TES array's", 0, 20},
      core::Setting<R>{"scattering_angle", "degree", &R::scattering_angle,
                       "Angle between incident and scattered light, of a powder", 0, 180},
      core::Setting<R>{"incidence", "degree", &R::incidence,
                       "Angle of the incident light from the surface of a crystal", 0, 180},
      core::Setting<R>{"exit", "degree", &R::exit, "Angle of the scattered light from the surface of a crystal", 0,
                       180},
      core::Setting<R>{"azimuth", "degree", &R::azimuth, "Azimuth of the scattering plane about z from x, of a crystal",
                       -360, 360}};
  return table;
}

IonModel model_of(const material::Ion& ion, const IonSettings& s, const FieldChoice& field) {
  const ShellMatrix shape = field.matrix ? *field.matrix : octahedral(s.ten_dq, field.axis) + axial(s.ds, s.dt);
  IonModel model = ion_model(ion, s.slater_scale, s.spin_orbit_scale, shape);
  model.exchange_eV = {s.exchange_x, s.exchange_y, s.exchange_z};
  model.magnetic_T = {s.magnetic_x, s.magnetic_y, s.magnetic_z};
  if (s.v_e_g == 0 && s.v_t_2g == 0) return model;
  if (s.u_dd == 0 || s.u_pd == 0) {
    throw core::UsageError({.what = "charge transfer without a repulsion",
                            .expected = "u_dd and u_pd beside v_e_g and v_t_2g",
                            .found = "0 eV",
                            .advice = "7.3 and 8.5 eV are usual for Ni2+ in NiO"});
  }
  // Fewer than two d electrons repel nobody, but those that come over do: as in the ion that has two.
  if (ion.d_electrons < 2) {
    const material::Ion two{ion.element, ion.valence + ion.d_electrons - 2, 2};
    const material::AtomicParameters atom = material::atomic_parameters(two);
    model.ground_transferred = material::scaled(atom.ground, s.slater_scale, s.spin_orbit_scale);
    if (ion.d_electrons == 0) {
      const material::Ion one{ion.element, ion.valence - 1, 1};
      model.core_hole_transferred =
          material::scaled(material::atomic_parameters(one).core_hole, s.slater_scale, s.spin_orbit_scale);
    }
  }
  model.U_dd_eV = s.u_dd;
  model.U_pd_eV = s.u_pd;
  model.ligands.push_back({.delta_eV = s.delta,
                           .hybridisation = cubic(s.v_e_g, s.v_t_2g, field.axis),
                           .field = octahedral(s.ten_dq_ligand, field.axis)});
  return model;
}

Lifetimes lifetimes_of(const SpectrumSettings& settings) { return {settings.width_l3, settings.width_l2}; }

namespace {

std::vector<double> even_steps(double from, double to, double step, const char* what) {
  constexpr double most = 1e6;
  if (!(to > from) || (to - from) / step > most) {
    throw core::UsageError({.what = std::string{"no "} + what + " to compute at",
                            .expected = "the first below the last, and at most a million steps",
                            .found = fmt::format("{:g} to {:g} eV in steps of {:g} eV", from, to, step)});
  }
  std::vector<double> out;
  const auto count = static_cast<std::int64_t>(std::floor((to - from) / step + 1e-9));
  for (std::int64_t i = 0; i <= count; ++i) out.push_back(from + static_cast<double>(i) * step);
  return out;
}

}  // namespace

std::vector<double> energies_of(const SpectrumSettings& s, const Absorption& absorption) {
  double from = s.from;
  double to = s.to;
  if (from == 0 && to == 0) {
    constexpr double beyond_eV = 6;
    constexpr double unseen = 5e-4;  // of the strength, at either end
    double total = 0;
    for (const Stick& stick : absorption.sticks) total += isotropic(stick);
    const auto energy_at = [&](double share) {
      double sum = 0;
      for (const Stick& stick : absorption.sticks) {
        sum += isotropic(stick);
        if (sum >= share * total) return stick.energy_eV;
      }
      return absorption.sticks.back().energy_eV;
    };
    from = std::floor(energy_at(unseen) + s.energy_offset - beyond_eV);
    to = std::ceil(energy_at(1 - unseen) + s.energy_offset + beyond_eV);
  }
  return even_steps(from, to, s.step, "energies");
}

std::vector<double> spectrum_at(const Absorption& absorption, const SpectrumSettings& s,
                                std::span<const double> energy_eV) {
  std::vector<double> calculated{energy_eV.begin(), energy_eV.end()};
  for (double& e : calculated) e -= s.energy_offset;
  return isotropic_spectrum(absorption, calculated, lifetimes_of(s), s.resolution);
}

ScatterAxes axes_of(const ScatterSettings& scatter, const SpectrumSettings& spectrum, const Absorption& absorption) {
  SpectrumSettings all = spectrum;
  all.from = scatter.incident_from;
  all.to = scatter.incident_to;
  all.step = scatter.incident_step;
  constexpr double margin_eV = 3;  // energies_of goes further, where nothing scatters
  ScatterAxes axes{energies_of(all, absorption),
                   even_steps(scatter.loss_from, scatter.loss_to, scatter.loss_step, "energy losses")};
  if (all.from == 0 && all.to == 0) {
    const double first = axes.incident_eV.front() + margin_eV;
    const double last = axes.incident_eV.back() - margin_eV;
    std::erase_if(axes.incident_eV, [&](double e) { return e < first || e > last; });
  }
  constexpr double most_points = 2e7;
  const double points = static_cast<double>(axes.incident_eV.size()) * static_cast<double>(axes.loss_eV.size());
  if (points > most_points || axes.incident_eV.empty()) {
    throw core::UsageError(
        {.what = "a map nobody could look at",
         .expected = fmt::format("1 to {:g} points", most_points),
         .found = fmt::format("{} incident energies by {} losses", axes.incident_eV.size(), axes.loss_eV.size()),
         .advice = "take larger steps"});
  }
  return axes;
}

std::vector<Channel> powder_channels(const ScatterSettings& scatter) {
  const double sine = std::sin(scatter.scattering_angle * std::numbers::pi / 180);
  return {{"horizontal", powder_any_out(sine * sine)}, {"vertical", powder_any_out(0)}};
}

std::vector<Channel> crystal_channels(const ScatterSettings& scatter) {
  constexpr double degree = std::numbers::pi / 180;
  const double turn = scatter.azimuth * degree;
  const Vector3 in = pi_in(scatter.incidence * degree, turn);
  const Vector3 out = pi_out(scatter.exit * degree, turn);
  return {{"pi-pi", Polarised{in, out}},
          {"pi-sigma", Polarised{in, sigma(turn)}},
          {"sigma-pi", Polarised{sigma(turn), out}},
          {"sigma-sigma", Polarised{sigma(turn), sigma(turn)}}};
}

Edges edges_of(const Absorption& absorption, const SpectrumSettings& s) {
  Edges edges;
  double L3 = 0;
  double L3_energy = 0;
  for (const Stick& stick : absorption.sticks) {
    const double strength = isotropic(stick);
    edges.total += strength;
    L3 += strength * (1 - stick.half_hole);
    L3_energy += strength * (1 - stick.half_hole) * stick.energy_eV;
  }
  edges.branching_ratio = L3 / edges.total;
  SpectrumSettings about = s;
  constexpr double reach_eV = 8;
  about.from = L3_energy / L3 + s.energy_offset - reach_eV;
  about.to = L3_energy / L3 + s.energy_offset + reach_eV;
  about.step = 0.02;
  const auto energy = energies_of(about, absorption);
  const auto spectrum = spectrum_at(absorption, about, energy);
  edges.L3_maximum_eV = energy[static_cast<std::size_t>(std::ranges::max_element(spectrum) - spectrum.begin())];
  return edges;
}

}  // namespace lithoscope::multiplet
