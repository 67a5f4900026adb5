#include "lithoscope/xas/depth_valence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/xas/electron_yield.hpp"

namespace lithoscope::xas {
namespace {

// Quantiles of values with weights.
class Weighed {
 public:
  void add(double value, double weight) { all_.emplace_back(value, weight); }
  Interval interval() {
    std::ranges::sort(all_);
    double total = 0;
    for (const auto& [value, weight] : all_) total += weight;
    const auto quantile = [&](double share) {
      double sum = 0;
      for (const auto& [value, weight] : all_) {
        sum += weight;
        if (sum >= share * total) return value;
      }
      return all_.back().first;
    };
    return {quantile(0.025), quantile(0.5), quantile(0.975)};
  }

 private:
  std::vector<std::pair<double, double>> all_;
};

}  // namespace

std::span<const core::Setting<DepthSettings>> depth_settings_table() {
  using S = DepthSettings;
  static constexpr std::array table{
      core::Setting<S>{"escape_least", "nm", &S::escape_least, "Least escape depth of the electrons", 0.1, 100},
      core::Setting<S>{"escape_most", "nm", &S::escape_most,
                       "Largest escape depth of the electrons; it is 2 to 5 nm in oxides", 0.1, 100},
      core::Setting<S>{"layer_least", "nm", &S::layer_least, "Least thickness of the surface layer", 0.01, 1000},
      core::Setting<S>{"layer_most", "nm", &S::layer_most, "Largest thickness of the surface layer", 0.01, 1000},
      core::Setting<S>{"valence_least", "1", &S::valence_least, "Least valence of surface and bulk", -4, 8},
      core::Setting<S>{"valence_most", "1", &S::valence_most, "Largest valence of surface and bulk", -4, 8}};
  return table;
}

DepthValence depth_valence(core::Value electrons, core::Value fluorescence, double attenuation_per_nm,
                           double fluorescence_nm, double incidence_deg, const DepthSettings& settings) {
  const bool possible = settings.escape_least < settings.escape_most && settings.layer_least < settings.layer_most &&
                        settings.valence_least < settings.valence_most && fluorescence_nm > 0 &&
                        electrons.variance > 0 && fluorescence.variance > 0;
  if (!possible) {
    throw core::UsageError({.what = "a surface layer cannot be looked for like this",
                            .expected = "least below most for each range, and valences with an uncertainty",
                            .found = fmt::format("escape {} to {}, layer {} to {} nm, valence {} to {}",
                                                 settings.escape_least, settings.escape_most, settings.layer_least,
                                                 settings.layer_most, settings.valence_least, settings.valence_most)});
  }
  constexpr int escapes = 16, layers = 48, valences = 161;
  Weighed layer, surface, bulk, difference, seen;
  double below = 0, total = 0;
  for (int a = 0; a < escapes; ++a) {
    const double escape = settings.escape_least + (settings.escape_most - settings.escape_least) * (a + 0.5) / escapes;
    for (int b = 0; b < layers; ++b) {
      const double t = settings.layer_least * std::pow(settings.layer_most / settings.layer_least, (b + 0.5) / layers);
      const double by_electrons = share_above_nm(t, attenuation_per_nm, {escape, incidence_deg});
      const double by_light = -std::expm1(-t / fluorescence_nm);
      for (int c = 0; c < valences; ++c) {
        const double s =
            settings.valence_least + (settings.valence_most - settings.valence_least) * (c + 0.5) / valences;
        // The bulk's valence is Gaussian given the rest: its mean and spread by both measurements.
        const double we = (1 - by_electrons) / electrons.sigma(), wf = (1 - by_light) / fluorescence.sigma();
        const double re = (electrons.value - by_electrons * s) / electrons.sigma();
        const double rf = (fluorescence.value - by_light * s) / fluorescence.sigma();
        const double precision = we * we + wf * wf;
        const double mean = (we * re + wf * rf) / precision;
        const double left = re * re + rf * rf - precision * mean * mean;
        const double evidence = std::exp(-0.5 * left) / std::sqrt(precision);
        if (evidence < 1e-12) continue;
        const double sigma = 1 / std::sqrt(precision);
        constexpr std::array places{-3.0, -2.4, -1.8, -1.2, -0.6, 0.0, 0.6, 1.2, 1.8, 2.4, 3.0};
        for (const double z : places) {
          const double v = mean + z * sigma;
          if (v < settings.valence_least || v > settings.valence_most) continue;
          const double weight = evidence * std::exp(-0.5 * z * z);
          layer.add(t, weight);
          surface.add(s, weight);
          bulk.add(v, weight);
          difference.add(s - v, weight);
          seen.add(by_electrons, weight);
          total += weight;
          if (s < v) below += weight;
        }
      }
    }
  }
  if (!(total > 0)) {
    throw core::UsageError(
        {.what = "no layer explains the two valences",
         .expected = fmt::format("valences between {} and {}", settings.valence_least, settings.valence_most),
         .found = fmt::format("{:.3f} by electrons, {:.3f} by fluorescence", electrons.value, fluorescence.value)});
  }
  return {.layer_nm = layer.interval(),
          .surface_valence = surface.interval(),
          .bulk_valence = bulk.interval(),
          .difference = difference.interval(),
          .surface_in_electrons = seen.interval().median,
          .reduced = below / total};
}

}  // namespace lithoscope::xas
