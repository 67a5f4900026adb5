#include "lithoscope/multiplet/multiplet_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>

#include "lithoscope/core/errors.hpp"

namespace lithoscope::multiplet {
namespace {

// Polarised spectra, those that differ: along x, y, z, and circular about z.
std::vector<MultipletOutcome::Along> polarised(const MultipletOutcome& outcome) {
  const SpectrumSettings& settings = outcome.study.spectrum;
  std::vector<double> calculated = outcome.energy_eV;
  for (double& e : calculated) e -= settings.energy_offset;
  const double h = std::sqrt(0.5);
  using C = std::complex<double>;
  const std::array<std::pair<const char*, Vector3>, 5> all{{{"along x", {1, 0, 0}},
                                                            {"along y", {0, 1, 0}},
                                                            {"along z", {0, 0, 1}},
                                                            {"circular, +1 about z", {C{h, 0}, C{0, h}, 0}},
                                                            {"circular, -1 about z", {C{h, 0}, C{0, -h}, 0}}}};
  std::vector<MultipletOutcome::Along> out;
  for (const auto& [name, e] : all) {
    out.push_back(
        {name, polarised_spectrum(outcome.absorption, e, calculated, lifetimes_of(settings), settings.resolution)});
  }
  const double top = *std::ranges::max_element(outcome.isotropic);
  const auto same = [&](const MultipletOutcome::Along& a, const MultipletOutcome::Along& b) {
    constexpr double visible = 1e-4;
    for (std::size_t i = 0; i < a.spectrum.size(); ++i) {
      if (std::abs(a.spectrum[i] - b.spectrum[i]) > visible * top) return false;
    }
    return true;
  };
  if (same(out[3], out[4])) out.resize(3);
  if (same(out[0], out[1])) {
    out.erase(out.begin() + 1);
    out[0].name = "along x or y";
    if (out.size() == 2 && same(out[0], out[1])) out.clear();
  }
  return out;
}

ScatterOutcome scatter(const Multiplet& solved, const MultipletStudy& study, const Absorption& absorption,
                       core::Progress& progress) {
  ScatterOutcome out;
  out.axes = axes_of(*study.scatter, study.spectrum, absorption);
  ScatteringSettings how{.incident_eV = out.axes.incident_eV,
                         .lifetimes = lifetimes_of(study.spectrum),
                         .channels = study.crystal ? crystal_channels(*study.scatter) : powder_channels(*study.scatter),
                         .final_half_width_eV = study.scatter->final_width,
                         .loss_to_eV = study.scatter->loss_to};
  for (double& e : how.incident_eV) e -= study.spectrum.energy_offset;
  const Scattering scattering = solved.scattering(how, progress);
  out.channels = scattering.channels;
  out.krylov = scattering.krylov;
  out.krylov_residual = scattering.krylov_residual;
  const auto maps = [&](double resolution_eV) {
    return scattering_maps(scattering, ScatterAxis::energy_loss, out.axes.loss_eV, study.scatter->final_width,
                           resolution_eV);
  };
  out.narrow = maps(0);
  out.seen = maps(study.scatter->emission_resolution);
  return out;
}

void add_warnings(MultipletOutcome& out) {
  constexpr double loose = 1e-6;
  if (out.absorption.krylov_residual > loose) {
    out.warnings.push_back(
        fmt::format("the absorption's Krylov spaces end with an error of up to {:.1g} of the maximum",
                    out.absorption.krylov_residual));
  }
  constexpr double loose_scattering = 1e-4;
  if (out.scatter && out.scatter->krylov_residual > loose_scattering) {
    out.warnings.push_back(
        fmt::format("the scattering's Krylov spaces end with an error of up to {:.1g} of the maximum",
                    out.scatter->krylov_residual));
  }
  if (out.scatter && out.scatter->krylov && out.study.spectrum.width_l3 != out.study.spectrum.width_l2) {
    out.warnings.push_back(
        "this model is too large to tell its core states apart in scattering: their width is the one usual at each "
        "incident energy, which is right to about 0.2 % of the maximum");
  }
  double inside = 0;
  for (const Stick& stick : out.absorption.sticks) {
    const double e = stick.energy_eV + out.study.spectrum.energy_offset;
    if (e >= out.energy_eV.front() && e <= out.energy_eV.back()) inside += isotropic(stick);
  }
  constexpr double little = 0.05;
  if (inside < little * out.edges.total) {
    out.warnings.push_back(
        fmt::format("only {:.1g} % of the strength lies between {:g} and {:g} eV: energies count from the "
                    "mean of the configuration unless energy_offset says where",
                    100 * inside / out.edges.total, out.energy_eV.front(), out.energy_eV.back()));
  }
}

}  // namespace

MultipletOutcome run_multiplet(const MultipletStudy& study, core::Progress& progress, core::Log& log) {
  MultipletOutcome out{.study = study};
  if (study.fit) {
    log.add(core::LogLevel::info, "fit to " + study.fit->path);
    out.fit = fit_spectrum(study.ion, study.field, study.settings, study.spectrum, study.fit->free, study.fit->measured,
                           progress);
    out.study.settings = out.fit->ion;
    out.study.spectrum = out.fit->spectrum;
    out.warnings = out.fit->warnings;
  }
  const IonModel model = model_of(study.ion, out.study.settings, study.field);
  SolverSettings solver{.temperature_K = out.study.settings.temperature};
  // A map asks for so many final states that diagonalising pays where a spectrum alone would not.
  constexpr std::int64_t dense_for_maps = 2000;
  if (study.scatter) solver.dense_most = dense_for_maps;
  const Multiplet solved{model, solver};
  out.size = solved.size();
  out.blocks_ground = solved.blocks_ground();
  out.blocks_core_hole = solved.blocks_core_hole();
  out.levels = solved.levels(study.field.axis);
  const Lifetimes lifetimes = lifetimes_of(out.study.spectrum);
  out.absorption = solved.absorption(lifetimes, progress);
  out.edges = edges_of(out.absorption, out.study.spectrum);
  out.energy_eV = energies_of(out.study.spectrum, out.absorption);
  out.isotropic = spectrum_at(out.absorption, out.study.spectrum, out.energy_eV);
  out.polarised = polarised(out);
  if (study.scatter) out.scatter = scatter(solved, out.study, out.absorption, progress);
  add_warnings(out);
  return out;
}

}  // namespace lithoscope::multiplet
