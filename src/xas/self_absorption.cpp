#include "lithoscope/xas/self_absorption.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "line_algebra.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/material/cross_section.hpp"
#include "lithoscope/material/fluorescence.hpp"
#include "slab_kernel.hpp"

namespace lithoscope::xas {
namespace {

double sine(double degrees) { return std::sin(degrees * std::numbers::pi / 180); }

// Smooth through the edge: the power law from 40 eV above it, continued down. Nearer, the tables of L shells rise
// slowly, which measured edges do not.
double continued(const std::string& element, const std::string& shell, double energy_eV, double edge) {
  constexpr double near_eV = 40, far_eV = 120;
  if (energy_eV >= edge + near_eV) return material::shell_absorption_cm2_per_g(element, shell, energy_eV);
  const double near = edge + near_eV;
  const double far = edge + far_eV;
  const double at_near = material::shell_absorption_cm2_per_g(element, shell, near);
  const double at_far = material::shell_absorption_cm2_per_g(element, shell, far);
  return at_near * std::pow(energy_eV / near, std::log(at_far / at_near) / std::log(far / near));
}

void require_same_energies(const Spectrum& a, std::span<const double> energy) {
  if (a.energy_eV.size() == energy.size() && std::ranges::equal(a.energy_eV, energy)) return;
  throw core::UsageError({.what = "two spectra that belong together have different energies",
                          .expected = fmt::format("{} equal energies", energy.size()),
                          .found = fmt::format("{}", a.energy_eV.size()),
                          .advice = "put one on the energies of the other first"});
}

void require_two_geometries(const Spectrum& second, std::span<const double> energy, double first_ratio,
                            double second_ratio) {
  require_same_energies(second, energy);
  constexpr double least = 1e-3;
  if (std::abs(first_ratio - second_ratio) > least * first_ratio) return;
  throw core::UsageError({.what = "both geometries have the same sin(incidence)/sin(exit)",
                          .expected = "two that differ",
                          .found = fmt::format("{:.4g} and {:.4g}", first_ratio, second_ratio)});
}

void require_attenuation(const Spectrum& attenuation, std::size_t i) {
  const double value = attenuation.intensity[i];
  const double sigma = std::sqrt(attenuation.variance[i]);
  if (std::isfinite(value) && std::isfinite(sigma) && value > -3 * sigma) return;
  throw core::ComputationError(
      {.what = fmt::format("no attenuation gives these two signals at {:.2f} eV", attenuation.energy_eV[i]),
       .expected = "signals on one scale that differ as the two geometries make them",
       .found = fmt::format("an attenuation of {:.3g}", value),
       .advice = "give both the same counts per incident photon, and check which angles belong to which"});
}

constexpr double L3_share = 2.0 / 3;  // of the step of both L edges

}  // namespace

double second_share(double open, double near_edge) {
  return open * std::clamp(1 - L3_share / std::max(near_edge, L3_share), 0.0, 1.0);
}

std::vector<double> second_open(const std::string& element, std::span<const std::string> shells,
                                std::span<const double> energy_eV) {
  if (shells.size() < 2) return {};
  constexpr double before_eV = 5;
  const double edge = material::edge_eV(element, shells.back());
  std::vector<double> out;
  for (const double e : energy_eV) out.push_back(std::clamp((e - edge) / before_eV + 1, 0.0, 1.0));
  return out;
}

std::vector<EdgeLine> edge_lines(const material::Composition& composition, const std::string& element,
                                 std::span<const std::string> shells, double highest_eV, double coster_kronig) {
  std::vector<EdgeLine> out;
  for (const material::EmissionLine& line : material::emission_lines(composition, highest_eV)) {
    if (line.element != element) continue;
    if (line.shell == shells.front())
      out.push_back({line.attenuation, line.yield, shells.size() > 1 ? coster_kronig * line.yield : 0});
    else if (shells.size() > 1 && line.shell == shells.back())
      out.push_back({line.attenuation, 0, line.yield});
  }
  return out;
}

double Geometry::ratio() const {
  const auto possible = [](double degrees) { return degrees >= least_angle_deg && degrees <= 90; };
  if (!possible(incidence_deg) || !possible(exit_deg)) {
    throw core::UsageError({.what = "the angles cannot be",
                            .expected = fmt::format("{:g} to 90 deg from the surface", least_angle_deg),
                            .found = fmt::format("{} in, {} out", incidence_deg, exit_deg)});
  }
  return sine(incidence_deg) / sine(exit_deg);
}

std::vector<std::string> shells_of(const std::string& edge) {
  if (edge == "K" || edge == "L1" || edge == "L2" || edge == "L3") return {edge};
  if (edge == "L" || edge == "L2,3" || edge == "L23" || edge == "L32") return {"L3", "L2"};
  throw core::UsageError({.what = "no such edge", .expected = "K, L1, L2, L3 or L2,3", .found = edge});
}

double strongest_line_eV(const material::Composition& composition, const std::string& element,
                         std::span<const std::string> shells) {
  const double above = material::edge_eV(element, shells.front()) + 1000;
  const material::EmissionLine* best = nullptr;
  const std::vector<material::EmissionLine> lines = material::emission_lines(composition, above);
  for (const material::EmissionLine& line : lines) {
    if (line.element == element && line.shell == shells.front() && (best == nullptr || line.yield > best->yield))
      best = &line;
  }
  if (best != nullptr) return best->energy_eV;
  throw core::UsageError(
      {.what = fmt::format("{} has no known line of its {} shell in this material", element, shells.front()),
       .expected = "an element of the formula that emits",
       .found = composition.formula});
}

EdgeAbsorption edge_absorption(const material::Composition& composition, const std::string& element,
                               std::span<const std::string> shells, double line_eV, std::span<const double> energy_eV) {
  const double fraction = material::mass_fraction(composition, element);
  if (!(fraction > 0)) {
    throw core::UsageError({.what = fmt::format("the material holds no {}", element),
                            .expected = "an element of " + composition.formula,
                            .found = element});
  }
  EdgeAbsorption out{.energy_eV = {energy_eV.begin(), energy_eV.end()},
                     .resonant = {},
                     .other = {},
                     .at_line = material::mass_attenuation_cm2_per_g(composition, line_eV),
                     .line_eV = line_eV,
                     .lines = {},
                     .second_open = {}};
  for (const double e : energy_eV) {
    double resonant = 0, tabulated = 0;
    for (const std::string& shell : shells) {
      resonant += fraction * continued(element, shell, e, material::edge_eV(element, shell));
      tabulated += fraction * material::shell_absorption_cm2_per_g(element, shell, e);
    }
    out.resonant.push_back(resonant);
    out.other.push_back(material::mass_attenuation_cm2_per_g(composition, e) - tabulated);
  }
  return out;
}

std::vector<double> fluorescence(const EdgeAbsorption& absorption, std::span<const double> resonant, const Slab& slab) {
  const SlabKernel kernel{absorption, slab};
  std::vector<double> out;
  for (std::size_t i = 0; i < resonant.size(); ++i) out.push_back(kernel.value(i, resonant[i]));
  return out;
}

Corrected correct(const Spectrum& signal, const EdgeAbsorption& absorption, const Slab& slab, double constant,
                  const CorrectionLimits& limits) {
  require_same_energies(signal, absorption.energy_eV);
  const SlabKernel kernel{absorption, slab};
  Corrected out{.spectrum = signal, .absorption = signal, .verdict = {}};
  const double middle = absorption.resonant[absorption.resonant.size() / 2];
  Verdict& verdict = out.verdict;
  std::int64_t beyond = 0;
  double highest = 0, highest_eV = 0, folded_eV = 0;
  for (std::size_t i = 0; i < signal.intensity.size(); ++i) {
    const double share = signal.intensity[i] / constant;
    const double limit = kernel.limit(i);
    if (share / limit > highest) {
      highest = share / limit;
      highest_eV = signal.energy_eV[i];
    }
    constexpr double nearly = 1 - 1e-6;
    if (share >= nearly * limit) ++beyond;
    const double resonant = kernel.solve(i, std::min(share, nearly * limit));
    const double slope = kernel.slope(i, resonant);
    out.spectrum.intensity[i] = resonant / absorption.resonant[i];
    if (!(slope > 0) && resonant > 0 && folded_eV == 0) folded_eV = signal.energy_eV[i];
    const double per_signal = 1 / (constant * slope * absorption.resonant[i]);
    out.spectrum.variance[i] = signal.variance[i] * per_signal * per_signal;
    const double smooth = absorption.resonant[i] / middle;
    out.absorption.intensity[i] = out.spectrum.intensity[i] * smooth;
    out.absorption.variance[i] = out.spectrum.variance[i] * smooth * smooth;
    // Relative errors of what is not there mean nothing: only where the edge is.
    constexpr double on_the_edge = 0.5;
    if (out.spectrum.intensity[i] < on_the_edge) continue;
    const double amplification = share / (resonant * slope);
    if (amplification > verdict.amplification) {
      verdict.amplification = amplification;
      verdict.at_eV = signal.energy_eV[i];
    }
  }
  if (beyond > 0) {
    verdict.trusted = false;
    verdict.at_eV = highest_eV;
    verdict.reason = fmt::format(
        "the signal reaches {:.2f} times what even an infinitely strong absorption would give ({} points, most at "
        "{:.1f} eV): it is not the fluorescence of such a sample in this geometry",
        highest, beyond, highest_eV);
  } else if (folded_eV > 0) {
    verdict.trusted = false;
    verdict.at_eV = folded_eV;
    verdict.reason = fmt::format(
        "two absorptions give the same signal at {:.1f} eV, where the second shell takes over and emits less",
        folded_eV);
  } else if (verdict.amplification > limits.amplification) {
    verdict.trusted = false;
    verdict.reason = fmt::format(
        "the correction diverges: at {:.1f} eV a relative error of the signal grows {:.0f} times (most allowed {:g}), "
        "because the signal there is {:.2f} of its limit",
        verdict.at_eV, verdict.amplification, limits.amplification, highest);
  } else if (limits.from_eV < limits.to_eV) {
    const Spectrum above = cut(out.spectrum, limits.from_eV, limits.to_eV, 3);
    const Polynomial line{above.energy_eV, above.intensity, 1};
    const double first = line(limits.from_eV), last = line(limits.to_eV);
    if (std::abs(last - first) > limits.slope * std::abs(first)) {
      verdict.trusted = false;
      verdict.at_eV = limits.to_eV;
      verdict.reason = fmt::format(
          "corrected, the spectrum goes from {:.2f} to {:.2f} between {:.0f} and {:.0f} eV, where the tables make it "
          "level: the signal is not this sample's fluorescence alone (response of the detectors, dead time, another "
          "geometry)",
          first, last, limits.from_eV, limits.to_eV);
    }
  }
  return out;
}

Spectrum two_angle_fluorescence(const Spectrum& first, double first_ratio, const Spectrum& second,
                                double second_ratio) {
  require_two_geometries(second, first.energy_eV, first_ratio, second_ratio);
  Spectrum out = first;
  for (std::size_t i = 0; i < first.intensity.size(); ++i) {
    const core::Value a{first.intensity[i], first.variance[i]}, b{second.intensity[i], second.variance[i]};
    const core::Value r = a / b;
    out.intensity[i] = (second_ratio - first_ratio * r.value) / (r.value - 1);
    const double slope = (first_ratio - second_ratio) / ((r.value - 1) * (r.value - 1));
    out.variance[i] = slope * slope * r.variance;
    require_attenuation(out, i);
  }
  return out;
}

Spectrum two_angle_inverse(const Spectrum& first, double first_ratio, const Spectrum& second, double second_ratio) {
  require_two_geometries(second, first.energy_eV, first_ratio, second_ratio);
  Spectrum out = first;
  for (std::size_t i = 0; i < first.intensity.size(); ++i) {
    // R1/(R1 - R2) with R = 1/I is I2/(I2 - I1) = 1/(1 - I1/I2).
    const core::Value a{first.intensity[i], first.variance[i]}, b{second.intensity[i], second.variance[i]};
    const core::Value r = a / b;
    out.intensity[i] = (first_ratio - second_ratio) / (1 - r.value) - first_ratio;
    const double slope = (first_ratio - second_ratio) / ((1 - r.value) * (1 - r.value));
    out.variance[i] = slope * slope * r.variance;
    require_attenuation(out, i);
  }
  return out;
}

std::vector<LineYield> total_fluorescence(const material::Composition& composition, const std::string& element,
                                          std::span<const std::string> shells, const Spectrum& near_edge,
                                          const Slab& slab, double coster_kronig) {
  const double highest = near_edge.energy_eV.back();
  std::vector<LineYield> out;
  const EdgeAbsorption edge = edge_absorption(composition, element, shells,
                                              strongest_line_eV(composition, element, shells), near_edge.energy_eV);
  const std::vector<double> open = second_open(element, shells, near_edge.energy_eV);
  const double depth = slab.areal_density_g_per_cm2 / sine(slab.incidence_deg);
  for (const material::EmissionLine& line : material::emission_lines(composition, highest)) {
    const bool first = line.element == element && line.shell == shells.front();
    const bool second = line.element == element && shells.size() > 1 && line.shell == shells.back();
    LineYield yields{.element = line.element, .shell = line.shell, .line = line.name, .energy_eV = line.energy_eV};
    const double fraction = material::mass_fraction(composition, line.element);
    for (std::size_t i = 0; i < near_edge.energy_eV.size(); ++i) {
      const double e = near_edge.energy_eV[i];
      // The scanned shells' absorption: as measured, where the tables have a step.
      const double resonant = near_edge.intensity[i] * edge.resonant[i];
      const double in_second = open.empty() ? 0 : second_share(open[i], near_edge.intensity[i]);
      double own = 0;
      if (first) {
        own = resonant * (1 - in_second + coster_kronig * in_second);
      } else if (second) {
        own = resonant * in_second;
      } else {
        own = fraction * material::shell_absorption_cm2_per_g(line.element, line.shell, e);
      }
      const double lost = resonant + edge.other[i] + slab.exit_ratio * line.attenuation;
      const double seen = std::isinf(depth) ? 1 : -std::expm1(-depth * lost);
      yields.yield.push_back(line.yield * own / lost * seen);
    }
    out.push_back(std::move(yields));
  }
  return out;
}

}  // namespace lithoscope::xas
