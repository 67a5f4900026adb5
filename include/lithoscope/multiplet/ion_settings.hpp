// The numbers a person gives for an ion and its spectrum: one table for the command line, fits, provenance and --help.
#pragma once

#include <optional>
#include <span>

#include "lithoscope/core/settings.hpp"
#include "lithoscope/multiplet/broadening.hpp"
#include "lithoscope/multiplet/ion_model.hpp"

namespace lithoscope::multiplet {

/// Units, meanings and limits of this and the following settings are in their tables.
struct IonSettings {
  double ten_dq = 1.0;
  double ds = 0, dt = 0;
  double slater_scale = 0.8;
  double spin_orbit_scale = 1;
  double exchange_x = 0, exchange_y = 0, exchange_z = 0;
  double magnetic_x = 0, magnetic_y = 0, magnetic_z = 0;
  double temperature = 300;
  double delta = 0;
  double v_e_g = 0, v_t_2g = 0;
  double u_dd = 0, u_pd = 0;
  double ten_dq_ligand = 0;
};
std::span<const core::Setting<IonSettings>> ion_settings_table();

struct SpectrumSettings {
  double energy_offset = 0;
  double width_l3 = 0.25, width_l2 = 0.5;
  double resolution = 0.3;
  double from = 0, to = 0;
  double step = 0.05;
};
std::span<const core::Setting<SpectrumSettings>> spectrum_settings_table();

/// Scattering of a powder, its light not analysed for polarisation, or of a crystal whose z is the surface normal.
struct ScatterSettings {
  double incident_from = 0, incident_to = 0;
  double incident_step = 0.1;
  double loss_from = -3, loss_to = 12;
  double loss_step = 0.05;
  double final_width = 0.05;
  double emission_resolution = 1.4;
  double scattering_angle = 90;
  double incidence = 45, exit = 45, azimuth = 0;
};
std::span<const core::Setting<ScatterSettings>> scatter_settings_table();

/// A field that is not octahedral with an axis.
struct FieldChoice {
  CubicAxis axis = CubicAxis::fourfold;
  std::optional<ShellMatrix> matrix;  ///< in place of 10Dq, Ds and Dt
};

/// Ligands are there when v_e_g or v_t_2g is not 0. Throws UsageError for ligands without u_dd and u_pd.
IonModel model_of(const material::Ion& ion, const IonSettings& settings, const FieldChoice& field = {});

Lifetimes lifetimes_of(const SpectrumSettings& settings);

/// Energies (eV) from `from` to `to`; where both are 0, all that absorbs and 6 eV on both sides. Throws UsageError for
/// an empty range or more than a million steps.
std::vector<double> energies_of(const SpectrumSettings& settings, const Absorption& absorption);

/// The isotropic spectrum (1/eV) on `energy_eV`, which include the offset.
std::vector<double> spectrum_at(const Absorption& absorption, const SpectrumSettings& settings,
                                std::span<const double> energy_eV);

/// Incident energies (with the offset) and losses of a map; all of L3 and L2 where none are given. Throws
/// UsageError for an empty or an enormous map.
struct ScatterAxes {
  std::vector<double> incident_eV, loss_eV;
};
ScatterAxes axes_of(const ScatterSettings& scatter, const SpectrumSettings& spectrum, const Absorption& absorption);

/// Horizontal and vertical incoming polarisation, where the scattering plane is horizontal.
std::vector<Channel> powder_channels(const ScatterSettings& scatter);

/// A crystal's: pi (in the scattering plane) and sigma, in and out.
std::vector<Channel> crystal_channels(const ScatterSettings& scatter);

/// Areas and position of the edges, split at the middle between what 2p3/2 and 2p1/2 holes absorb.
struct Edges {
  double L3_maximum_eV = 0;    ///< of the broadened spectrum
  double branching_ratio = 0;  ///< L3/(L3 + L2) of the sticks
  double total = 0;            ///< isotropic strength, (10 - n_d)/3
};
Edges edges_of(const Absorption& absorption, const SpectrumSettings& settings);

}  // namespace lithoscope::multiplet
