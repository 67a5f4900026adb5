// Photons and passes to a map, its spectra, and what changed.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/input_file.hpp"
#include "lithoscope/io/text_table.hpp"
#include "lithoscope/material/fluorescence.hpp"
#include "lithoscope/rixs/maps_run.hpp"
#include "lithoscope/xas/scan_files.hpp"

namespace lithoscope::rixs {
namespace {

// Emission shown: around the scanned energies, where the resonance and the elastic light are, and what is asked for.
EnergyBins bins_of(const MapsRequest& request, const std::vector<tes::ScanPass>& passes) {
  double low = 1e300, high = -1e300;
  for (const tes::ScanPass& pass : passes) {
    for (const tes::ScanPoint& point : pass.points) {
      low = std::min(low, point.position);
      high = std::max(high, point.position);
    }
  }
  constexpr double below = 20, above = 10;
  low = std::floor(low - below);
  high = std::ceil(high + above);
  const auto include = [&](const Region& region) {
    if (region.polygon.empty()) {
      low = std::min(low, std::floor(region.from_eV));
      high = std::max(high, std::ceil(region.to_eV));
    }
    for (const Corner& corner : region.polygon) {
      low = std::min(low, std::floor(corner.emission_eV));
      high = std::max(high, std::ceil(corner.emission_eV));
    }
  };
  for (const Region& region : request.regions) include(region);
  if (request.inverse) include(*request.inverse);
  double from = request.emission_from_eV.value_or(low), to = request.emission_to_eV.value_or(high);
  if (request.map.loss) {
    from = request.emission_from_eV.value_or(-above);
    to = request.emission_to_eV.value_or(2 * below);
  }
  if (!(to > from) || !(request.bin_eV > 0)) {
    throw core::UsageError({.what = "the map has no rows",
                            .expected = "emission from low to high, bins wider than nothing",
                            .found = fmt::format("{} to {} eV in bins of {} eV", from, to, request.bin_eV)});
  }
  const double rows = std::ceil((to - from) / request.bin_eV - 1e-9);
  constexpr double most_rows = 100000;
  if (rows > most_rows)
    throw core::UsageError(
        {.what = "too many rows", .expected = "at most 100000", .found = fmt::format("{:.0f}", rows)});
  return {.low_eV = from, .width_eV = request.bin_eV, .count = static_cast<std::int64_t>(rows), .closed = false};
}

// The monitor of a table, between its rows where the map's columns lie.
std::vector<core::Value> monitor_at(const MapsRequest& source, const std::vector<double>& incident) {
  const xas::ScanFile file = xas::read_scan_file(io::InputFile::open(source.i0));
  const xas::Scan& scan = file.scans.front();
  const xas::ScanColumn* column = scan.find(source.i0_column);
  if (!scan.energy || column == nullptr) {
    throw core::UsageError({.what = "the table of the monitor has no energy or no I0",
                            .where = {.path = source.i0},
                            .expected = "columns \"energy\" and \"" + source.i0_column + "\"",
                            .found = fmt::format("{} columns", scan.columns.size()),
                            .advice = "name the column with --i0-column"});
  }
  const std::vector<double>& energy = scan.columns[*scan.energy].values;
  const bool rising = std::ranges::is_sorted(energy);
  std::vector<core::Value> out;
  for (const double e : incident) {
    if (!rising || energy.size() < 2 || e < energy.front() - 1e-6 || e > energy.back() + 1e-6) {
      throw core::UsageError({.what = "the monitor does not cover the scan",
                              .where = {.path = source.i0},
                              .expected = fmt::format("ascending energies about {} eV", e),
                              .found = fmt::format("{} to {} eV", energy.front(), energy.back())});
    }
    const auto above = std::clamp<std::size_t>(
        static_cast<std::size_t>(std::ranges::upper_bound(energy, e) - energy.begin()), 1, energy.size() - 1);
    const double share = (e - energy[above - 1]) / (energy[above] - energy[above - 1]);
    const double value = column->values[above - 1] + share * (column->values[above] - column->values[above - 1]);
    out.push_back(core::Value::exact(value));
  }
  return out;
}

// What is stated of the monitor: its dark reading, the range of its amplifier, the error of each reading.
void apply_to_monitor(RixsMap& map, const MapsRequest& request) {
  if (!(map.monitor_mean > 0)) return;
  std::vector<core::Value> readings;
  for (const core::Value& v : map.i0) {
    const double net = request.i0_range * (v.value * map.monitor_mean - request.i0_dark);
    readings.push_back(core::Value::with_sigma(net, request.i0_relative_sigma * std::abs(net)));
  }
  set_i0(map, readings);
}

// Readings of one setting differ a little from pass to pass.
bool near(const std::vector<double>& a, const std::vector<double>& b) {
  constexpr double same_eV = 0.02;  // a fifth of the finest step in use
  return std::ranges::equal(a, b, [](double x, double y) { return std::abs(x - y) < same_eV; });
}

// Passes over the same energies as the first one; others are told and left out.
std::vector<RixsMap> same_axes(std::vector<RixsMap> maps, std::vector<std::string>& warnings) {
  std::vector<RixsMap> kept;
  for (RixsMap& map : maps) {
    const bool same = kept.empty() || near(map.incident_eV, kept.front().incident_eV);
    if (same) {
      if (!kept.empty()) map.incident_eV = kept.front().incident_eV;
      kept.push_back(std::move(map));
    } else {
      warnings.push_back(fmt::format("{} has other incident energies than {} ({} against {} points) and is left out.",
                                     map.name, kept.front().name, map.columns(), kept.front().columns()));
    }
  }
  return kept;
}

// One energy means the nearest the monochromator stood at, within the scan.
double nearest_energy(const RixsMap& map, double wanted_eV) {
  constexpr double beyond_eV = 0.5;
  if (wanted_eV < map.incident_eV.front() - beyond_eV || wanted_eV > map.incident_eV.back() + beyond_eV)
    return wanted_eV;
  return *std::ranges::min_element(map.incident_eV, {}, [&](double e) { return std::abs(e - wanted_eV); });
}

std::vector<Cut> cuts_of(const RixsMap& map, const MapsRequest& request) {
  std::vector<Cut> out;
  for (const Region& region : request.regions) out.push_back({region.polygon.empty() ? "PFY" : "sPFY", region});
  out.push_back({"TFY", {.name = "total yield"}});
  if (request.inverse) out.push_back({"iPFY", *request.inverse});
  for (const auto& [from, to] : request.cuts) {
    const double nearest = from == to ? nearest_energy(map, from) : from;
    const std::string name = from == to ? fmt::format("{:.2f} eV", nearest) : fmt::format("{:g} to {:g} eV", from, to);
    out.push_back({"XES", {.name = name}, nearest, from == to ? nearest : to});
  }
  out.push_back({"XRF", {.name = "fluorescence"}});
  return out;
}

Curve curve_of(const RixsMap& map, const Cut& cut) {
  if (cut.kind == "TFY") return total_yield(map);
  if (cut.kind == "XRF") return fluorescence(map);
  if (cut.kind == "iPFY") return inverse_partial_yield(map, cut.region);
  if (cut.kind != "XES") return partial_yield(map, cut.region);
  Curve out = emission_spectrum(map, cut.from_eV, cut.to_eV);
  out.name = cut.region.name;
  return out;
}

std::vector<NamedCurve> curves_of(const RixsMap& map, const MapsRequest& request) {
  std::vector<NamedCurve> out;
  for (const Cut& cut : cuts_of(map, request)) out.push_back({cut.kind, curve_of(map, cut)});
  return out;
}

bool holds(const RixsMap& map, const FeatureSettings& f) {
  if (map.is_loss || map.columns() < 3) return false;
  const double low = map.emission.edge(0), high = map.emission.edge(map.emission.count);
  return map.incident_eV.front() < f.incident_eV - 1 && map.incident_eV.back() > f.incident_eV + 1 &&
         low < f.emission_eV - 3 && high > f.emission_eV + 3;
}

// Whether a polygon holds a place: how often a ray to higher incident energy leaves it.
bool holds(const Region& region, double incident_eV, double emission_eV) {
  bool inside = false;
  const auto& p = region.polygon;
  for (std::size_t i = 0; i < p.size(); ++i) {
    const Corner &a = p[i], &b = p[(i + 1) % p.size()];
    if ((a.emission_eV > emission_eV) == (b.emission_eV > emission_eV)) continue;
    const double t = (emission_eV - a.emission_eV) / (b.emission_eV - a.emission_eV);
    if (a.incident_eV + t * (b.incident_eV - a.incident_eV) > incident_eV) inside = !inside;
  }
  return inside;
}

// After on the very energies of before, where they are the same settings.
void share_energies(MapOutcome& after, const MapOutcome& before) {
  after.map.incident_eV = after.measured.incident_eV = before.map.incident_eV;
  for (NamedCurve& named : after.curves) {
    if (named.kind != "XES" && named.kind != "XRF") named.curve.energy_eV = before.map.incident_eV;
  }
}

// Without a region: the resonant emission below the elastic line, all of the shown band.
std::vector<Region> all_shown(const EnergyBins& bins) {
  return {{.name = "all shown", .from_eV = bins.edge(0), .to_eV = bins.edge(bins.count), .polygon = {}}};
}

// Passes about an edge, from 15 eV below it to 30 eV above; all of them without one.
std::vector<tes::ScanPass> of_edge(const std::vector<tes::ScanPass>& passes, const std::string& edge) {
  if (edge.empty()) return passes;
  const auto blank = edge.find(' ');
  if (blank == std::string::npos)
    throw core::UsageError(
        {.what = "edge is no edge", .expected = "element and shell, such as \"O K\"", .found = edge});
  std::string shell = edge.substr(blank + 1);
  if (shell == "L" || shell == "L2,3") shell = "L3";
  const double at = material::edge_eV(edge.substr(0, blank), shell);
  constexpr double below = 15, above = 30;
  std::vector<tes::ScanPass> out;
  for (const tes::ScanPass& pass : passes) {
    const bool covers = std::ranges::any_of(
        pass.points, [&](const tes::ScanPoint& p) { return p.position > at - below && p.position < at + above; });
    if (covers) out.push_back(pass);
  }
  if (out.empty())
    throw core::ComputationError({.what = "no scan is about the edge " + edge,
                                  .expected = fmt::format("incident energies near {:.0f} eV", at),
                                  .found = fmt::format("{} passes elsewhere", passes.size())});
  return out;
}

void compare_passes(const std::vector<RixsMap>& passes, MapOutcome& map, std::vector<std::string>& warnings) {
  if (passes.size() < 2) return;
  std::vector<Curve> yields;
  for (const RixsMap& pass : passes) yields.push_back(total_yield(pass));
  const auto n = static_cast<double>(yields.size());
  constexpr double least_counts = 5;
  for (std::size_t i = 0; i < map.map.columns(); ++i) {
    double sum = 0;
    for (const Curve& y : yields) sum += y.counts[i];
    const double mean = sum / n;
    if (mean < least_counts) continue;
    for (const Curve& y : yields) map.passes_chi_squared += (y.counts[i] - mean) * (y.counts[i] - mean) / mean;
    map.passes_degrees += static_cast<std::int64_t>(yields.size()) - 1;
  }
  if (map.passes_degrees == 0) return;
  const auto degrees = static_cast<double>(map.passes_degrees);
  constexpr double suspicious = 5;
  if ((map.passes_chi_squared - degrees) / std::sqrt(2.0 * degrees) > suspicious)
    warnings.push_back(fmt::format(
        "The passes differ by more than counting: chi squared {:.0f} for {} degrees of freedom. The beam or "
        "the sample changed; without a monitor (--i0) that goes into the sum.",
        map.passes_chi_squared, map.passes_degrees));
}

// Maps of the passes, their monitors applied.
std::vector<RixsMap> maps_of(const Photons& photons, const std::vector<tes::ScanPass>& passes,
                             const MapsRequest& request, const EnergyBins& bins, std::vector<std::string>& warnings) {
  MapSettings settings = request.map;
  settings.emission = bins;
  if (settings.pile_up_window_s == 0 && !photons.events.empty()) {
    constexpr double share_of_record = 0.01;  // nearer than that two pulses look like one
    settings.pile_up_window_s = share_of_record * photons.events.front().record_s;
  }
  std::vector<RixsMap> maps(passes.size());
  core::parallel_for(static_cast<std::int64_t>(maps.size()), [&](std::int64_t i) {
    const auto p = static_cast<std::size_t>(i);
    maps[p] = fill_map(photons.events, passes[p], settings);
  });
  for (const RixsMap& map : maps) warnings.insert(warnings.end(), map.remarks.begin(), map.remarks.end());
  return maps;
}

MapOutcome outcome_of(std::vector<RixsMap> maps, const MapsRequest& request, std::optional<double> detector_fwhm_eV,
                      std::vector<std::string>& warnings) {
  MapOutcome one;
  for (RixsMap& map : maps) {
    if (!request.i0.empty()) set_i0(map, monitor_at(request, map.incident_eV));
    apply_to_monitor(map, request);
  }
  const std::vector<RixsMap> kept = same_axes(std::move(maps), warnings);
  for (const RixsMap& pass : kept) one.passes.push_back({pass.name, pass.total(), pass.outside});
  one.map = one.measured = sum_maps(kept);
  if (one.map.total() == 0) {
    throw core::UnusableData({.what = "no photon falls into the scan",
                              .expected = "events within its time windows and emission energies",
                              .found = fmt::format("{} outside the bins", one.map.outside),
                              .advice = "are log and pulse files of the same night?"});
  }
  compare_passes(kept, one, warnings);
  if (!one.map.is_loss) one.elastic = fit_elastic(one.map, {.detector_fwhm_eV = detector_fwhm_eV});
  if (request.remove_elastic && one.elastic) one.map = without_elastic(one.map, *one.elastic).map;
  one.curves = curves_of(one.map, request);
  const FeatureSettings feature = request.feature.value_or(FeatureSettings{});
  if (request.seek_feature && (request.feature || holds(one.map, feature)))
    one.feature = find_feature(one.measured, feature);
  return one;
}

bool same_rows(const RixsMap& a, const RixsMap& b) {
  return a.is_loss == b.is_loss && a.emission.count == b.emission.count && a.emission.low_eV == b.emission.low_eV &&
         a.emission.width_eV == b.emission.width_eV;
}

// The spectrum's change on the common scale, or by its own area or maximum. A polygon over its own area would hide what
// it is asked for: it is over that of the total yield.
CurveChange change_of(const Cut& cut, const RixsMap& before, const RixsMap& after, const StateScale& scale,
                      Normalise how) {
  Cut counted = cut;
  const bool inverse = cut.kind == "iPFY";
  if (inverse) counted.kind = "PFY";
  const auto at_exposure = [&](const Curve& curve) { return at_exposure_of(curve, after, before, scale.source); };
  Curve first = curve_of(before, counted), second = at_exposure(curve_of(after, counted));
  // Only what the two scales do not share moves one curve against the other.
  const double part = unshared_part(before, after, scale);
  for (Curve* curve : {&first, &second}) {
    for (double& v : curve->by_energy_scale) v *= part;
  }
  if (how != Normalise::area && how != Normalise::maximum)
    return compare_curves(first, second, divisors_of(before, after, counted, first, second, scale), inverse);
  if (cut.kind != "sPFY")
    return compare_curves(first, second, {own_divisor(first, how), own_divisor(second, how)}, inverse);
  const auto by_total = [&](const Curve& total) {
    Divisor by = own_divisor(total, how);
    by.rest_variance = 0;
    for (std::size_t i = 0; i < total.size(); ++i)
      by.rest_variance += by.weights[i] == 0 ? 0 : by.weights[i] * by.weights[i] * total.variance[i];
    by.weights.clear();
    return by;
  };
  return compare_curves(first, second, {by_total(total_yield(before)), by_total(at_exposure(total_yield(after)))});
}

// Of two maps with the same axes.
MapsChange change_from(MapOutcome before, MapOutcome& after, const MapsRequest& request) {
  MapsChange out;
  share_energies(after, before);
  before.curves = curves_of(before.map, request);
  const FeatureSettings sought = request.feature.value_or(FeatureSettings{});
  const bool seeks = request.seek_feature && (request.feature || holds(before.map, sought));
  ScaleRequest asked{.how = request.normalise,
                     .monitor_error = request.scale_error,
                     .asked = request.regions,
                     .feature = seeks ? std::optional{sought} : std::nullopt};
  out.scale = common_scale(before.map, after.map, asked);
  for (const Cut& cut : cuts_of(after.map, request))
    out.curves.push_back(change_of(cut, before.map, after.map, out.scale, request.normalise));
  out.map = compare_maps(before.measured, after.measured, out.scale);
  if (seeks) {
    const auto box = std::ranges::find_if(request.regions, [&](const Region& r) {
      return !r.polygon.empty() && holds(r, sought.incident_eV, sought.emission_eV);
    });
    out.feature = compare_feature(before.measured, after.measured, out.scale, sought,
                                  box == request.regions.end() ? nullptr : &*box);
    if (out.feature) {
      out.feature->before = before.feature;
      out.feature->after = after.feature;
    }
  }
  out.before = std::move(before);
  return out;
}

// What both maps hold: the incident energies they share, the rows they share. Nothing where that is too little.
std::optional<RixsMap> common_part(const RixsMap& map, const RixsMap& other) {
  const double width = map.emission.width_eV, offset = (other.emission.low_eV - map.emission.low_eV) / width;
  constexpr double same_eV = 0.02, of_row = 0.02;
  if (map.is_loss != other.is_loss || std::abs(other.emission.width_eV / width - 1) > 1e-6 ||
      std::abs(offset - std::round(offset)) > of_row)
    return std::nullopt;
  std::vector<std::size_t> columns;
  for (std::size_t c = 0; c < map.columns(); ++c) {
    if (std::ranges::any_of(other.incident_eV, [&](double e) { return std::abs(e - map.incident_eV[c]) < same_eV; }))
      columns.push_back(c);
  }
  const auto shift = static_cast<std::int64_t>(std::llround(offset));
  const std::int64_t from = std::max<std::int64_t>(0, shift),
                     to = std::min(map.emission.count, other.emission.count + shift);
  constexpr std::size_t least = 3;
  if (columns.size() < least || to - from < static_cast<std::int64_t>(least)) return std::nullopt;
  RixsMap out = map;
  out.emission.low_eV = map.emission.edge(from);
  out.emission.count = to - from;
  const auto pick = [&](auto& v) {
    auto all = v;
    v.clear();
    for (const std::size_t c : columns) v.push_back(all[c]);
  };
  pick(out.incident_eV);
  pick(out.dwell_s);
  pick(out.live_pixel_s);
  pick(out.i0);
  pick(out.pile_up);
  out.counts.clear();
  out.variance.clear();
  for (std::int64_t r = from; r < to; ++r) {
    for (const std::size_t c : columns) {
      out.counts.push_back(map.at(r, c));
      if (!map.variance.empty()) out.variance.push_back(map.variance_at(r, c));
    }
  }
  return out;
}

// Both states on what they share; false where that is nothing.
bool cut_to_common(MapOutcome& before, MapOutcome& after) {
  const auto a = common_part(before.map, after.map), b = common_part(after.map, before.map);
  const auto c = common_part(before.measured, after.measured), d = common_part(after.measured, before.measured);
  if (!a || !b || !c || !d || a->columns() != b->columns() || a->emission.count != b->emission.count) return false;
  const auto keep_elastic = [](MapOutcome& one, const RixsMap& part) {
    if (!one.elastic) return;
    const std::vector<core::Value> all = one.elastic->counts;
    one.elastic->counts.clear();
    for (std::size_t k = 0; k < one.map.columns(); ++k) {
      const bool kept = std::ranges::find(part.incident_eV, one.map.incident_eV[k]) != part.incident_eV.end();
      if (kept) one.elastic->counts.push_back(all[k]);
    }
  };
  keep_elastic(before, *a);
  keep_elastic(after, *b);
  before.map = *a;
  after.map = *b;
  before.measured = *c;
  after.measured = *d;
  return true;
}

void compare_with(const MapOutcome& before, MapsOutcome& out) {
  if (same_rows(before.map, out.found.map) && near(before.map.incident_eV, out.found.map.incident_eV)) {
    out.change = change_from(before, out.found, out.request);
    return;
  }
  const auto axes = [](const RixsMap& m) {
    return fmt::format("{} incident energies from {:g} to {:g} eV", m.columns(), m.incident_eV.front(),
                       m.incident_eV.back());
  };
  const std::string apart = fmt::format("The state before was scanned at other energies ({} against {})",
                                        axes(before.map), axes(out.found.map));
  MapOutcome first = before;
  if (!cut_to_common(first, out.found)) {
    out.warnings.push_back(apart + ": the two maps are not compared.");
    return;
  }
  out.bins = out.found.map.emission;
  out.found.curves = curves_of(out.found.map, out.request);
  out.warnings.push_back(fmt::format("{}: compared and shown is what both have, {}.", apart, axes(out.found.map)));
  out.change = change_from(std::move(first), out.found, out.request);
}

}  // namespace

std::vector<Region> usual_regions(const MapsRequest& request, const std::vector<tes::ScanPass>& passes) {
  return all_shown(bins_of(request, passes));
}

MapsOutcome reduce_maps(const Photons& photons, const MapsRequest& request, const MapOutcome* before) {
  MapsOutcome out{.request = request, .bins = {}, .found = {}, .change = {}, .state = {}, .warnings = {}};
  if (photons.passes.empty()) {
    throw core::UsageError({.what = "no scan is given",
                            .expected = "a scan log that says when the monochromator stood where",
                            .found = "none",
                            .advice = "give it with --log"});
  }
  const std::vector<tes::ScanPass> passes = of_edge(photons.passes, request.edge);
  out.bins =
      before != nullptr && before->map.is_loss == request.map.loss ? before->map.emission : bins_of(request, passes);
  if (out.request.regions.empty()) out.request.regions = all_shown(out.bins);
  std::vector<RixsMap> maps = maps_of(photons, passes, out.request, out.bins, out.warnings);
  out.found = outcome_of(std::move(maps), out.request, photons.detector_fwhm_eV, out.warnings);
  if (before != nullptr) compare_with(*before, out);
  return out;
}

MapsOutcome reduce_maps(std::vector<RixsMap> maps, const MapsRequest& request, const MapOutcome* before) {
  MapsOutcome out{.request = request, .bins = {}, .found = {}, .change = {}, .state = {}, .warnings = {}};
  if (maps.empty()) throw core::UsageError({.what = "no map is given", .expected = "at least one", .found = "none"});
  out.bins = maps.front().emission;
  if (out.request.regions.empty()) out.request.regions = all_shown(out.bins);
  out.found = outcome_of(std::move(maps), out.request, std::nullopt, out.warnings);
  if (before != nullptr) compare_with(*before, out);
  return out;
}

}  // namespace lithoscope::rixs
