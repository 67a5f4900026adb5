#include "lithoscope/multiplet/references.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "lithoscope/core/errors.hpp"

namespace lithoscope::multiplet {
namespace {

// Half widths: half of the full ones of Campbell and Papp (2001) for the lone hole; resolution of a soft beamline.
SpectrumSettings widths(double L3_full_eV, double L2_full_eV) {
  return {.width_l3 = L3_full_eV / 2, .width_l2 = L2_full_eV / 2, .resolution = 0.3};
}

const SpectrumSettings manganese = widths(0.36, 0.97);
const SpectrumSettings cobalt = widths(0.47, 1.13);
const SpectrumSettings nickel = widths(0.53, 0.98);

Reference reference(const char* ion, IonSettings settings, const SpectrumSettings& spectrum, double L3_eV,
                    const char* why) {
  return {material::parse_ion(ion), settings, spectrum, L3_eV, why};
}

std::vector<Reference> make() {
  return {
      reference("Mn2+", {.ten_dq = 0.9}, manganese, 640.0, "high spin"),
      reference("Mn3+", {.ten_dq = 1.5, .ds = 0.1, .dt = 0.05}, manganese, 641.6, "high spin, long axis (Jahn-Teller)"),
      reference("Mn4+", {.ten_dq = 2.4}, manganese, 643.0, "t2g half full"),
      reference("Co2+", {.ten_dq = 0.9}, cobalt, 778.5, "high spin"),
      reference("Co3+", {.ten_dq = 2.3}, cobalt, 780.5, "low spin, as in LiCoO2"),
      reference("Co4+", {.ten_dq = 2.6}, cobalt, 781.2, "low spin"),
      reference("Ni2+", {.ten_dq = 1.1}, nickel, 852.8, "as in NiO"),
      // Holes of Ni3+ and Ni4+ are on oxygen as much as on nickel: only ligands give their spectra their shape.
      reference(
          "Ni3+",
          {.ten_dq = 0.95, .delta = -0.5, .v_e_g = 2.2, .v_t_2g = 1.25, .u_dd = 7.3, .u_pd = 8.5, .ten_dq_ligand = 1.4},
          nickel, 855.0, "negative charge-transfer energy, low spin"),
      reference(
          "Ni4+",
          {.ten_dq = 0.95, .delta = -3.5, .v_e_g = 2.4, .v_t_2g = 1.35, .u_dd = 7.3, .u_pd = 8.5, .ten_dq_ligand = 1.4},
          nickel, 855.2, "negative charge-transfer energy, no spin")};
}

}  // namespace

std::span<const Reference> references() {
  static const std::vector<Reference> table = make();
  return table;
}

const Reference& reference_of(const material::Ion& ion) {
  std::string known;
  for (const Reference& r : references()) {
    if (r.ion.name() == ion.name()) return r;
    known += (known.empty() ? "" : ", ") + r.ion.name();
  }
  throw core::UsageError(
      {.what = "no reference spectrum of " + ion.name(), .expected = "one of " + known, .found = ion.name()});
}

const ReferenceSpectrum& reference_spectrum(const material::Ion& ion, core::Progress& progress) {
  static std::map<std::string, ReferenceSpectrum> kept;  // the same whoever computes it first
  static std::mutex guard;
  {
    const std::lock_guard lock{guard};
    const auto known = kept.find(ion.name());
    if (known != kept.end()) return known->second;
  }
  // Not under the lock: a thread that waits in a parallel loop may come here again.
  const Reference& reference = reference_of(ion);
  const Multiplet solved{model_of(ion, reference.settings), {.temperature_K = reference.settings.temperature}};
  ReferenceSpectrum made{solved.absorption(lifetimes_of(reference.spectrum), progress), reference.spectrum};
  made.spectrum.energy_offset = reference.L3_maximum_eV - edges_of(made.absorption, made.spectrum).L3_maximum_eV;
  const std::lock_guard lock{guard};
  return kept.emplace(ion.name(), std::move(made)).first->second;
}

std::vector<double> mixture(std::span<const Share> shares, std::span<const double> energy_eV,
                            core::Progress& progress) {
  std::vector<double> sum(energy_eV.size());
  for (const Share& part : shares) {
    if (!(part.share >= 0)) {
      throw core::UsageError({.what = "a share of " + part.ion.name() + " below zero",
                              .expected = "0 or more",
                              .found = fmt::format("{}", part.share)});
    }
    const ReferenceSpectrum& reference = reference_spectrum(part.ion, progress);
    const auto spectrum = spectrum_at(reference.absorption, reference.spectrum, energy_eV);
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += part.share * spectrum[i];
  }
  return sum;
}

}  // namespace lithoscope::multiplet
