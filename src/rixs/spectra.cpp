#include "lithoscope/rixs/spectra.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"

namespace lithoscope::rixs {
namespace {

constexpr double not_known = std::numeric_limits<double>::quiet_NaN();
constexpr double infinite = std::numeric_limits<double>::infinity();

std::optional<double> number(std::string_view text) {
  text = core::trimmed(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

[[noreturn]] void not_a_region(const std::string& text, const char* what) {
  throw core::UsageError({.what = fmt::format("not a region of a map: {}", what),
                          .expected = "\"name: from..to\" in emission energy, or corners \"name: incident,emission "
                                      "incident,emission incident,emission ...\"",
                          .found = text,
                          .advice = "for example \"Co L: 740..800\" or \"feature: 530,522 532,522 532,525 530,525\""});
}

double cross(const Corner& o, const Corner& a, const Corner& b) {
  return (a.incident_eV - o.incident_eV) * (b.emission_eV - o.emission_eV) -
         (a.emission_eV - o.emission_eV) * (b.incident_eV - o.incident_eV);
}

// Sides that meet at a corner touch there by nature and are not asked about.
bool crosses_itself(const std::vector<Corner>& p) {
  const std::size_t n = p.size();
  const auto apart = [](double a, double b) { return (a > 0 && b < 0) || (a < 0 && b > 0); };
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 2; j < n; ++j) {
      if (i == 0 && j == n - 1) continue;
      const Corner &a = p[i], &b = p[(i + 1) % n], &c = p[j], &d = p[(j + 1) % n];
      if (apart(cross(a, b, c), cross(a, b, d)) && apart(cross(c, d, a), cross(c, d, b))) return true;
    }
  }
  return false;
}

double area_of(const std::vector<Corner>& p) {
  double twice = 0;
  for (std::size_t i = 2; i < p.size(); ++i) twice += cross(p[0], p[i - 1], p[i]);
  return 0.5 * twice;
}

// Sutherland and Hodgman (1974), one side at a time: what of the polygon lies where sign * (coordinate - limit) >= 0.
// A concave polygon may come out with sides that run back over one another; their signed areas cancel.
std::vector<Corner> clipped(const std::vector<Corner>& polygon, double Corner::* coordinate, double limit,
                            double sign) {
  std::vector<Corner> out;
  const std::size_t n = polygon.size();
  for (std::size_t i = 0; i < n; ++i) {
    const Corner &a = polygon[i], &b = polygon[(i + 1) % n];
    const double da = sign * (a.*coordinate - limit), db = sign * (b.*coordinate - limit);
    if (da >= 0) out.push_back(a);
    if ((da >= 0) == (db >= 0)) continue;
    const double t = da / (da - db);
    Corner met{a.incident_eV + t * (b.incident_eV - a.incident_eV),
               a.emission_eV + t * (b.emission_eV - a.emission_eV)};
    met.*coordinate = limit;
    out.push_back(met);
  }
  return out;
}

struct Extent {
  double from = 0, to = 0;
};

// A column reaches half-way to its neighbours; a single one is taken to be 1 eV wide.
std::vector<Extent> column_extents(const std::vector<double>& incident) {
  const std::size_t n = incident.size();
  if (n == 1) return {{incident[0] - 0.5, incident[0] + 0.5}};
  std::vector<Extent> out(n);
  for (std::size_t c = 0; c < n; ++c) {
    const double left = c > 0 ? incident[c] - incident[c - 1] : incident[1] - incident[0];
    const double right = c + 1 < n ? incident[c + 1] - incident[c] : incident[n - 1] - incident[n - 2];
    out[c] = {incident[c] - 0.5 * left, incident[c] + 0.5 * right};
  }
  return out;
}

std::vector<double> polygon_weights(const RixsMap& map, const std::vector<Corner>& polygon) {
  std::vector<double> out(map.counts.size(), 0.0);
  const std::vector<Extent> extents = column_extents(map.incident_eV);
  const double turn = area_of(polygon) < 0 ? -1 : 1;
  for (std::size_t c = 0; c < map.columns(); ++c) {
    const Extent x = extents[c];
    auto strip = clipped(polygon, &Corner::incident_eV, x.from, 1);
    strip = clipped(strip, &Corner::incident_eV, x.to, -1);
    if (strip.size() < 3) continue;
    const auto [low, high] = std::ranges::minmax(strip, {}, &Corner::emission_eV);
    for (std::int64_t r = 0; r < map.emission.count; ++r) {
      const double from = map.emission.edge(r), to = map.emission.edge(r + 1);
      if (to <= low.emission_eV || from >= high.emission_eV) continue;
      auto part = clipped(strip, &Corner::emission_eV, from, 1);
      part = clipped(part, &Corner::emission_eV, to, -1);
      const double share = turn * area_of(part) / ((x.to - x.from) * (to - from));
      out[static_cast<std::size_t>(r) * map.columns() + c] = std::clamp(share, 0.0, 1.0);
    }
  }
  return out;
}

std::vector<double> band_weights(const RixsMap& map, double from_eV, double to_eV) {
  std::vector<double> out(map.counts.size(), 0.0);
  for (std::int64_t r = 0; r < map.emission.count; ++r) {
    const double from = map.emission.edge(r), to = map.emission.edge(r + 1);
    const double share = std::clamp((std::min(to, to_eV) - std::max(from, from_eV)) / (to - from), 0.0, 1.0);
    std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(r) * static_cast<std::ptrdiff_t>(map.columns()),
                map.columns(), share);
  }
  return out;
}

// Exposure of each column: live pixel-seconds times monitor, relative to the mean.
struct Exposures {
  std::vector<double> value, relative_variance;
};
Exposures exposures_of(const RixsMap& map) {
  Exposures out;
  double sum = 0;
  for (std::size_t c = 0; c < map.columns(); ++c) {
    const core::Value& i0 = map.i0[c];
    out.value.push_back(map.live_pixel_s[c] * i0.value);
    out.relative_variance.push_back(i0.variance / (i0.value * i0.value));
    sum += out.value.back();
  }
  if (!(sum > 0)) {
    throw core::UsageError({.what = "the map was never exposed",
                            .expected = "live time in at least one column",
                            .found = "0 pixel-seconds"});
  }
  for (double& e : out.value) e *= static_cast<double>(map.columns()) / sum;
  return out;
}

// Weighted counts of some bins. Where none were seen the variance is that of one count: a point of variance zero would
// outweigh all others.
struct WeightedCounts {
  double sum = 0, variance = 0, largest_weight = 0;
  void add(double weight, const RixsMap& map, std::int64_t row, std::size_t column) {
    sum += weight * map.at(row, column);
    variance += weight * weight * map.variance_at(row, column);
    largest_weight = std::max(largest_weight, weight);
  }
  double poisson_variance() const { return variance > 0 ? variance : largest_weight * largest_weight; }
};

// Half of what moving by a standard deviation up less down changes.
void add_energy_scale(Curve& curve, double sigma_eV) {
  if (!(sigma_eV > 0)) return;
  const auto n = static_cast<std::int64_t>(curve.size());
  const auto at = [&](std::int64_t i) {
    return curve.value[static_cast<std::size_t>(std::clamp<std::int64_t>(i, 0, n - 1))];
  };
  const double step = n > 1 ? curve.energy_eV[1] - curve.energy_eV[0] : 1;
  // Five points: three make a line of a few rows' width too flat.
  for (std::int64_t i = 0; i < n; ++i)
    curve.by_energy_scale.push_back(-sigma_eV * (8 * (at(i + 1) - at(i - 1)) - (at(i + 2) - at(i - 2))) / (12 * step));
}

void push(Curve& curve, double energy_eV, const WeightedCounts& n, double exposure, double relative_variance) {
  curve.energy_eV.push_back(energy_eV);
  curve.counts.push_back(n.sum);
  curve.exposure.push_back(exposure);
  if (!(exposure > 0)) {
    curve.value.push_back(not_known);
    curve.variance.push_back(infinite);
    return;
  }
  const double value = n.sum / exposure;
  curve.value.push_back(value);
  curve.variance.push_back(n.poisson_variance() / (exposure * exposure) + value * value * relative_variance);
}

Curve over_incident(const RixsMap& map, const std::vector<double>& weights, std::string name) {
  Curve out;
  out.name = std::move(name);
  const Exposures exposures = exposures_of(map);
  for (std::size_t c = 0; c < map.columns(); ++c) {
    WeightedCounts n;
    for (std::int64_t r = 0; r < map.emission.count; ++r)
      n.add(weights[static_cast<std::size_t>(r) * map.columns() + c], map, r, c);
    push(out, map.incident_eV[c], n, exposures.value[c], exposures.relative_variance[c]);
  }
  return out;
}

std::vector<double> weights_in(const RixsMap& map, const Region& region) {
  return region.polygon.empty() ? band_weights(map, region.from_eV, region.to_eV)
                                : polygon_weights(map, region.polygon);
}

Region moved(Region region, double by_eV) {
  region.from_eV += by_eV;
  region.to_eV += by_eV;
  for (Corner& corner : region.polygon) corner.emission_eV += by_eV;
  return region;
}

// Photons that seem to lie higher by an error of the scale are those of the region moved down.
void add_energy_scale(Curve& curve, const RixsMap& map, const Region& region) {
  const double sigma = map.energy_sigma_eV;
  if (!(sigma > 0) || map.is_loss) return;
  // A finite step, so that single counts at the region's edges do not make the slope.
  const double step = std::max(sigma, map.emission.width_eV);
  const Curve down = over_incident(map, weights_in(map, moved(region, -step)), region.name);
  const Curve up = over_incident(map, weights_in(map, moved(region, step)), region.name);
  for (std::size_t i = 0; i < curve.size(); ++i) {
    const double slope = 0.5 * (down.value[i] - up.value[i]) / step;
    curve.by_energy_scale.push_back(std::isfinite(slope) ? sigma * slope : 0);
  }
}

}  // namespace

Region parse_region(const std::string& text) {
  Region out;
  std::string_view rest = text;
  if (const auto colon = rest.find(':'); colon != std::string_view::npos) {
    out.name = core::trimmed(rest.substr(0, colon));
    rest = rest.substr(colon + 1);
  }
  rest = core::trimmed(rest);
  if (out.name.empty()) out.name = rest;
  if (const auto dots = rest.find(".."); dots != std::string_view::npos) {
    const auto from = number(rest.substr(0, dots)), to = number(rest.substr(dots + 2));
    if (!from || !to) not_a_region(text, "a limit of the band is not a number");
    if (!(*from < *to)) not_a_region(text, "the band ends before it begins");
    out.from_eV = *from;
    out.to_eV = *to;
    return out;
  }
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find_first_of(" \t"));
    const auto comma = word.find(',');
    if (comma == std::string_view::npos) not_a_region(text, "a corner is two numbers with a comma between them");
    const auto incident = number(word.substr(0, comma)), emission = number(word.substr(comma + 1));
    if (!incident || !emission) not_a_region(text, "a corner is not two numbers");
    out.polygon.push_back({*incident, *emission});
    rest = core::trimmed(rest.substr(word.size()));
  }
  if (out.polygon.size() < 3) not_a_region(text, "it takes three corners or a band");
  if (crosses_itself(out.polygon)) not_a_region(text, "its sides cross");
  if (area_of(out.polygon) == 0) not_a_region(text, "it holds no area");
  return out;
}

std::vector<double> region_weights(const RixsMap& map, const Region& region) {
  if (!region.polygon.empty() && region.polygon.size() < 3) not_a_region(region.name, "it takes three corners");
  if (region.polygon.empty() && !(region.from_eV < region.to_eV)) not_a_region(region.name, "the band holds nothing");
  std::vector<double> out = weights_in(map, region);
  if (std::ranges::any_of(out, [](double w) { return w > 0; })) return out;
  throw core::UsageError(
      {.what = fmt::format("the region \"{}\" lies outside the map", region.name),
       .expected = fmt::format("{:g} to {:g} eV incident, {:g} to {:g} eV emission", map.incident_eV.front(),
                               map.incident_eV.back(), map.emission.edge(0), map.emission.edge(map.emission.count))});
}

std::vector<double> bins_of(const RixsMap& map, const Cut& cut) {
  if (cut.kind == "PFY" || cut.kind == "sPFY" || cut.kind == "iPFY") return region_weights(map, cut.region);
  std::vector<double> out(map.counts.size(), 1.0);
  if (cut.kind != "XES") return out;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double e = map.incident_eV[i % map.columns()];
    out[i] = e >= cut.from_eV && e <= cut.to_eV ? 1 : 0;
  }
  return out;
}

Curve partial_yield(const RixsMap& map, const Region& region) {
  Curve out = over_incident(map, region_weights(map, region), region.name);
  add_energy_scale(out, map, region);
  return out;
}

Curve total_yield(const RixsMap& map) {
  return over_incident(map, std::vector<double>(map.counts.size(), 1.0), "total yield");
}

Curve inverse_partial_yield(const RixsMap& map, const Region& region) {
  Curve out = partial_yield(map, region);
  out.name = fmt::format("1 / {}", region.name);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double v = out.value[i];
    const bool counted = out.counts[i] > 0 && v > 0;
    out.value[i] = counted ? 1 / v : not_known;
    out.variance[i] = counted ? out.variance[i] / (v * v * v * v) : infinite;
    if (!out.by_energy_scale.empty()) out.by_energy_scale[i] /= counted ? -v * v : 1;
  }
  return out;
}

Curve emission_spectrum(const RixsMap& map, double incident_from_eV, double incident_to_eV) {
  const auto inside = [&](std::size_t c) {
    return map.incident_eV[c] >= incident_from_eV && map.incident_eV[c] <= incident_to_eV;
  };
  // Columns at equal exposure; the monitor's error is that of their sum.
  const Exposures exposures = exposures_of(map);
  std::vector<std::size_t> columns;
  double mean = 0, variance = 0;
  for (std::size_t c = 0; c < map.columns(); ++c) {
    if (!inside(c) || !(exposures.value[c] > 0)) continue;
    columns.push_back(c);
    mean += exposures.value[c];
    variance += exposures.relative_variance[c];
  }
  if (columns.empty()) {
    throw core::UsageError(
        {.what = "no incident energy of the map lies in the range",
         .expected = fmt::format("energies between {:g} and {:g} eV", map.incident_eV.front(), map.incident_eV.back()),
         .found = fmt::format("{:g} to {:g} eV", incident_from_eV, incident_to_eV)});
  }
  const auto n = static_cast<double>(columns.size());
  mean /= n;
  variance /= n * n;
  Curve out;
  out.name = fmt::format("{:g} to {:g} eV", incident_from_eV, incident_to_eV);
  for (std::int64_t r = 0; r < map.emission.count; ++r) {
    double counts = 0;
    WeightedCounts at_mean;
    for (const std::size_t c : columns) {
      counts += map.at(r, c);
      at_mean.add(mean / exposures.value[c], map, r, c);
    }
    // What the counts were divided by in effect.
    const double exposure = counts > 0 && at_mean.sum > 0 ? mean * counts / at_mean.sum : mean;
    out.energy_eV.push_back(map.emission.centre(r));
    out.counts.push_back(counts);
    out.exposure.push_back(exposure);
    out.value.push_back(counts / exposure);
    out.variance.push_back(at_mean.poisson_variance() / (mean * mean) +
                           counts * counts / (exposure * exposure) * variance);
  }
  add_energy_scale(out, map.energy_sigma_eV);
  return out;
}

Curve fluorescence(const RixsMap& map) {
  Curve out = emission_spectrum(map, map.incident_eV.front(), map.incident_eV.back());
  out.name = "fluorescence";
  return out;
}

std::vector<double> trapezoids(const Curve& curve) {
  std::vector<std::size_t> measured;
  for (std::size_t i = 0; i < curve.size(); ++i) {
    if (std::isfinite(curve.value[i]) && std::isfinite(curve.variance[i])) measured.push_back(i);
  }
  std::vector<double> out(curve.size(), 0.0);
  if (measured.size() == 1) out[measured[0]] = 1;
  for (std::size_t k = 1; k < measured.size(); ++k) {
    const double half = 0.5 * (curve.energy_eV[measured[k]] - curve.energy_eV[measured[k - 1]]);
    out[measured[k - 1]] += half;
    out[measured[k]] += half;
  }
  return out;
}

namespace {

// The mean of the three highest points: a single highest one is mostly noise.
std::vector<double> highest_points(const Curve& curve) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < curve.size(); ++i) {
    if (std::isfinite(curve.value[i]) && std::isfinite(curve.variance[i])) order.push_back(i);
  }
  const std::size_t take = std::min<std::size_t>(3, order.size());
  std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(take),
                            [&](std::size_t a, std::size_t b) {
                              return curve.value[a] != curve.value[b] ? curve.value[a] > curve.value[b] : a < b;
                            });
  std::vector<double> out(curve.size(), 0.0);
  for (std::size_t k = 0; k < take; ++k) out[order[k]] = 1 / static_cast<double>(take);
  return out;
}

Divisor weighted(const Curve& curve, std::vector<double> weights, const char* what) {
  Divisor out{.value = 0, .weights = std::move(weights)};
  for (std::size_t i = 0; i < curve.size(); ++i) {
    if (out.weights[i] == 0) continue;
    out.value += out.weights[i] * curve.value[i];
    if (!curve.by_energy_scale.empty()) out.by_energy_scale += out.weights[i] * curve.by_energy_scale[i];
  }
  if (out.value > 0) return out;
  throw core::UsageError({.what = fmt::format("the {} to normalise \"{}\" by is not positive", what, curve.name),
                          .expected = "counts",
                          .found = fmt::format("{:g}", out.value)});
}

}  // namespace

Divisor own_divisor(const Curve& curve, Normalise how) {
  if (how == Normalise::maximum) return weighted(curve, highest_points(curve), "maximum");
  if (how == Normalise::area) return weighted(curve, trapezoids(curve), "area");
  return {};
}

Curve normalised(const Curve& curve, const Divisor& by) {
  Curve out = curve;
  double of_divisor = by.rest_variance;
  for (std::size_t i = 0; i < by.weights.size(); ++i) {
    if (by.weights[i] != 0) of_divisor += by.weights[i] * by.weights[i] * curve.variance[i];
  }
  for (std::size_t i = 0; i < curve.size(); ++i) {
    const double y = curve.value[i] / by.value, w = by.weights.empty() ? 0 : by.weights[i];
    out.value[i] = y;
    if (!std::isfinite(curve.variance[i])) continue;
    // y = v / d with d = sum w v: a point's own part in the divisor takes some of its noise away.
    const double own = curve.variance[i] * (1 - 2 * y * w);
    out.variance[i] = (own + y * y * of_divisor) / (by.value * by.value);
  }
  for (double& m : out.by_energy_scale) m /= by.value;
  return out;
}

}  // namespace lithoscope::rixs
