#include "lithoscope/rixs/scale.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "lithoscope/core/errors.hpp"
#include "map_difference.hpp"

namespace lithoscope::rixs {
namespace {

// Polygons are asked about; so is the place of the feature, as far as it may lie and a line reaches. Elastic light is
// the sample's surface and not its exposure.
std::vector<double> rest_of(const RixsMap& map, const ScaleRequest& request) {
  std::vector<double> out(map.counts.size(), 1.0);
  for (const Region& region : request.asked) {
    if (region.polygon.empty()) continue;
    const std::vector<double> inside = region_weights(map, region);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] *= inside[i] > 0 ? 0 : 1;
  }
  constexpr double elastic_eV = 2, line_incident_eV = 0.8, line_emission_eV = 1.5;
  for (std::int64_t r = 0; r < map.emission.count; ++r) {
    for (std::size_t c = 0; c < map.columns(); ++c) {
      const double incident = map.incident_eV[c], emission = map.emission.centre(r);
      bool kept = std::abs(emission - (map.is_loss ? 0 : incident)) >= elastic_eV;
      if (request.feature && !map.is_loss) {
        const FeatureSettings& f = *request.feature;
        kept = kept && (std::abs(incident - f.incident_eV) > f.search_incident_eV + line_incident_eV ||
                        std::abs(emission - f.emission_eV) > f.search_emission_eV + line_emission_eV);
      }
      if (!kept) out[static_cast<std::size_t>(r) * map.columns() + c] = 0;
    }
  }
  return out;
}

// Counts of a column in the rest of the map.
std::vector<double> column_counts(const RixsMap& map, const std::vector<double>& rest) {
  std::vector<double> out(map.columns(), 0.0);
  for (std::size_t i = 0; i < rest.size(); ++i) out[i % map.columns()] += rest[i] * map.counts[i];
  return out;
}

// The scale at which as many counts came after as should: the likelihood's summit for any shape of the map. Columns
// exposed only once say nothing. Bisection in the logarithm: the count is monotonic.
core::Value likeliest_ratio(const std::vector<double>& before, const std::vector<double>& after,
                            const std::vector<double>& exposure, const std::vector<double>& exposure_after) {
  const auto both = [&](std::size_t c) { return exposure[c] > 0 && exposure_after[c] > 0; };
  double seen = 0, seen_after = 0;
  for (std::size_t c = 0; c < before.size(); ++c) {
    seen += both(c) ? before[c] : 0;
    seen_after += both(c) ? after[c] : 0;
  }
  if (!(seen > 0 && seen_after > 0)) {
    throw core::UsageError({.what = "a map without counts cannot be compared",
                            .expected = "counts before and after",
                            .found = fmt::format("{:g} and {:g}", seen, seen_after)});
  }
  const auto share = [&](std::size_t c, double ratio) {
    return ratio * exposure_after[c] / (exposure[c] + ratio * exposure_after[c]);
  };
  double low = -80, high = 80;
  for (int i = 0; i < 100; ++i) {
    const double middle = 0.5 * (low + high);
    double excess = -seen_after;
    for (std::size_t c = 0; c < before.size(); ++c) {
      if (both(c)) excess += (before[c] + after[c]) * share(c, std::exp(middle));
    }
    (excess < 0 ? low : high) = middle;
  }
  const double ratio = std::exp(0.5 * (low + high));
  double information = 0;  // on the logarithm of the ratio
  for (std::size_t c = 0; c < before.size(); ++c) {
    if (both(c)) information += (before[c] + after[c]) * share(c, ratio) * (1 - share(c, ratio));
  }
  return {ratio, information > 0 ? ratio * ratio / information : std::numeric_limits<double>::infinity()};
}

// By weighted least squares on the difference of the rest of the map, the scale fitted along.
core::Value shift_between(const RixsMap& before, const RixsMap& after, const StateScale& scale, double known_to_eV) {
  if (!(known_to_eV > 0)) return core::Value::exact(0);
  MapPair pair{before, after, exposures(before, scale.source), exposures(after, scale.source)};
  for (double& e : pair.exposure_after) e *= scale.ratio.value;
  const MapDifference d = difference_of(pair);
  double level = 0, mixed = 0, slope = 0, of_level = 0, of_slope = 0;
  for (std::size_t i = 0; i < d.size(); ++i) {
    const auto k = static_cast<Eigen::Index>(i);
    if (scale.rest[d.row[i] * before.columns() + d.column[i]] == 0) continue;
    const double w = 1 / d.expected_variance[k];
    level += w * d.level[k] * d.level[k];
    mixed -= w * d.level[k] * d.slope[k];
    slope += w * d.slope[k] * d.slope[k];
    of_level += w * d.level[k] * d.difference[k];
    of_slope -= w * d.slope[k] * d.difference[k];
  }
  if (!(level > 0)) return {0, known_to_eV * known_to_eV};
  const double information = slope - mixed * mixed / level + 1 / (known_to_eV * known_to_eV);
  return {(of_slope - mixed / level * of_level) / information, 1 / information};
}

ScaleSource source_of(const RixsMap& before, const RixsMap& after, Normalise how) {
  const bool monitored = before.monitor_mean > 0 && after.monitor_mean > 0;
  if (how == Normalise::monitor && !monitored) {
    const bool one = before.monitor_mean > 0 || after.monitor_mean > 0;
    throw core::UsageError({.what = "there is no monitor to normalise by",
                            .expected = "a monitor in its own unit in both states, from the logs or with --i0",
                            .found = one ? "a monitor in one state only" : "none",
                            .advice = "--normalise rest takes the rest of the map as the scale"});
  }
  if (how == Normalise::monitor || (how == Normalise::automatic && monitored)) return ScaleSource::monitor;
  return how == Normalise::none ? ScaleSource::live_time : ScaleSource::rest_of_map;
}

}  // namespace

double unshared_part(const RixsMap& before, const RixsMap& after, const StateScale& scale) {
  const double known_to = std::hypot(before.energy_sigma_eV, after.energy_sigma_eV);
  return known_to > 0 ? scale.shift_sigma_eV() / known_to : 0;
}

std::string words(ScaleSource source) {
  if (source == ScaleSource::monitor) return "the monitors";
  return source == ScaleSource::rest_of_map ? "the rest of the map" : "live time";
}

std::vector<double> exposures(const RixsMap& map, ScaleSource source) {
  std::vector<double> out;
  const double unit = source == ScaleSource::monitor ? map.monitor_mean : 1;
  for (std::size_t c = 0; c < map.columns(); ++c) out.push_back(map.live_pixel_s[c] * map.i0[c].value * unit);
  return out;
}

StateScale common_scale(const RixsMap& before, const RixsMap& after, const ScaleRequest& request) {
  require_same_axes(before, after, "the two maps have different axes");
  StateScale out{.source = source_of(before, after, request.how), .rest = rest_of(before, request)};
  // A map that holds nothing else is its own scale.
  constexpr double least_share = 0.05;
  const double in_rest = std::inner_product(out.rest.begin(), out.rest.end(), before.counts.begin(), 0.0);
  if (in_rest < least_share * before.total()) out.rest.assign(out.rest.size(), 1.0);
  const core::Value of_rest = likeliest_ratio(column_counts(before, out.rest), column_counts(after, out.rest),
                                              exposures(before, out.source), exposures(after, out.source));
  const bool by_rest = out.source == ScaleSource::rest_of_map;
  const double error = out.source == ScaleSource::monitor ? request.monitor_error : 0;
  out.ratio = by_rest ? of_rest : core::Value{1, 2 * error * error};
  if (!by_rest) out.of_rest = of_rest;
  out.shift_eV = shift_between(before, after, out, std::hypot(before.energy_sigma_eV, after.energy_sigma_eV));
  return out;
}

namespace {

double mean(const std::vector<double>& v) {
  return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
}

// The counts of the rest of the map at equal exposure, and how much of them each point of the curve is.
Divisor by_rest(const RixsMap& map, const Cut& cut, const Curve& curve, const StateScale& scale, double factor,
                double shift_eV) {
  const std::vector<double> own = exposures(map, scale.source), parts = bins_of(map, cut);
  const double unit = factor * mean(own);
  Divisor out{.value = 0, .weights = std::vector<double>(curve.size(), 0.0)};
  double variance = 0;
  std::vector<double> common(curve.size(), 0.0);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t c = i % map.columns(), r = i / map.columns();
    if (!(own[c] > 0) || scale.rest[i] == 0) continue;
    const double per_count = unit / own[c];
    const double v = map.variance_at(static_cast<std::int64_t>(r), c) * per_count * per_count;
    out.value += scale.rest[i] * map.counts[i] * per_count;
    out.by_energy_scale -= shift_eV * scale.rest[i] * map.slope_at(static_cast<std::int64_t>(r), c) * per_count;
    variance += scale.rest[i] * scale.rest[i] * v;
    common[cut.over_emission() ? r : c] += parts[i] * scale.rest[i] * v;
  }
  double of_points = 0;
  for (std::size_t i = 0; i < curve.size(); ++i) {
    if (!(curve.variance[i] > 0) || !std::isfinite(curve.variance[i])) continue;
    out.weights[i] = common[i] / curve.variance[i];
    of_points += out.weights[i] * common[i];
  }
  out.rest_variance = std::max(0.0, variance - of_points);
  return out;
}

void divide(Divisor& by, double unit) {
  by.value /= unit;
  for (double& w : by.weights) w /= unit;
  by.rest_variance /= unit * unit;
  by.by_energy_scale /= unit;
}

}  // namespace

Curve at_exposure_of(Curve curve, const RixsMap& own, const RixsMap& common, ScaleSource source) {
  const double factor = mean(exposures(common, source)) / mean(exposures(own, source));
  for (double& v : curve.value) v *= factor;
  for (double& v : curve.variance) v *= factor * factor;
  for (double& v : curve.by_energy_scale) v *= factor;
  for (double& v : curve.exposure) v /= factor;
  return curve;
}

Divisors divisors_of(const RixsMap& before, const RixsMap& after, const Cut& cut, const Curve& before_curve,
                     const Curve& after_curve, const StateScale& scale) {
  if (scale.source != ScaleSource::rest_of_map)
    return {{}, {.value = scale.ratio.value, .weights = {}, .rest_variance = scale.ratio.variance}};
  const double factor = mean(exposures(before, scale.source)) / mean(exposures(after, scale.source));
  const double part = unshared_part(before, after, scale);
  Divisors out{by_rest(before, cut, before_curve, scale, 1, part * before.energy_sigma_eV),
               by_rest(after, cut, after_curve, scale, factor, part * after.energy_sigma_eV)};
  const double unit = out.before.value;  // so that what is divided stays in counts of the state before
  divide(out.before, unit);
  divide(out.after, unit);
  return out;
}

}  // namespace lithoscope::rixs
