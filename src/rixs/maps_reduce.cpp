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
    out.push_back(core::Value::with_sigma(value, source.i0_relative_sigma * std::abs(value)));
  }
  return out;
}

// The log's own monitor, where every point has one.
std::optional<std::vector<core::Value>> monitor_of_log(const RixsMap& map, const tes::ScanPass& pass,
                                                       double relative_sigma) {
  std::vector<core::Value> out(map.columns(), core::Value{0, 0});
  std::vector<double> weight(map.columns(), 0.0);
  for (const tes::ScanPoint& point : pass.points) {
    if (!(point.i0 > 0)) return std::nullopt;
    const auto column = std::ranges::find(map.incident_eV, point.position);
    if (column == map.incident_eV.end()) return std::nullopt;
    const auto c = static_cast<std::size_t>(column - map.incident_eV.begin());
    out[c].value += point.i0;
    weight[c] += 1;
  }
  for (std::size_t c = 0; c < out.size(); ++c) {
    if (!(weight[c] > 0)) return std::nullopt;
    out[c] = core::Value::with_sigma(out[c].value / weight[c], relative_sigma * out[c].value / weight[c]);
  }
  return out;
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

std::vector<NamedCurve> curves_of(const RixsMap& map, const MapsRequest& request) {
  std::vector<NamedCurve> out;
  for (const Region& region : request.regions)
    out.push_back({region.polygon.empty() ? "PFY" : "sPFY", partial_yield(map, region)});
  out.push_back({"TFY", total_yield(map)});
  if (request.inverse) out.push_back({"iPFY", inverse_partial_yield(map, *request.inverse)});
  for (const auto& [from, to] : request.cuts) {
    const double nearest = from == to ? nearest_energy(map, from) : from;
    out.push_back({"XES", emission_spectrum(map, nearest, from == to ? nearest : to)});
    out.back().curve.name = from == to ? fmt::format("{:.2f} eV", nearest) : fmt::format("{:g} to {:g} eV", from, to);
  }
  out.push_back({"XRF", fluorescence(map)});
  return out;
}

bool holds(const RixsMap& map, const FeatureSettings& f) {
  if (map.is_loss || map.columns() < 3) return false;
  const double low = map.emission.edge(0), high = map.emission.edge(map.emission.count);
  return map.incident_eV.front() < f.incident_eV - 1 && map.incident_eV.back() > f.incident_eV + 1 &&
         low < f.emission_eV - 3 && high > f.emission_eV + 3;
}

// Per live pixel-second and monitor: exposures of a curve are relative to its own map's mean, which before and after do
// not share.
Curve at_common_exposure(Curve curve, const RixsMap& own, const RixsMap& common, bool inverse) {
  const auto mean = [](const RixsMap& map) {
    double sum = 0;
    for (std::size_t c = 0; c < map.columns(); ++c) sum += map.live_pixel_s[c] * map.i0[c].value;
    return sum / static_cast<double>(map.columns());
  };
  const double ratio = mean(common) / mean(own), factor = inverse ? 1 / ratio : ratio;
  for (double& v : curve.value) v *= factor;
  for (double& v : curve.variance) v *= factor * factor;
  return curve;
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

MapOutcome reduce_one(const Photons& photons, const std::vector<tes::ScanPass>& passes, const MapsRequest& request,
                      const EnergyBins& bins, std::vector<std::string>& warnings) {
  MapOutcome one;
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
  for (std::size_t i = 0; i < maps.size(); ++i) {
    for (const std::string& remark : maps[i].remarks) warnings.push_back(remark);
    if (!request.i0.empty()) {
      set_i0(maps[i], monitor_at(request, maps[i].incident_eV));
    } else if (const auto monitor = monitor_of_log(maps[i], passes[i], request.i0_relative_sigma)) {
      set_i0(maps[i], *monitor);
    }
  }
  const std::vector<RixsMap> kept = same_axes(std::move(maps), warnings);
  for (const RixsMap& pass : kept) one.passes.push_back({pass.name, pass.total(), pass.outside});
  one.map = one.measured = sum_maps(kept);
  if (one.map.total() == 0) {
    throw core::ComputationError({.what = "no photon falls into the scan",
                                  .expected = "events within its time windows and emission energies",
                                  .found = fmt::format("{} outside the bins", one.map.outside),
                                  .advice = "are log and pulse files of the same night?"});
  }
  compare_passes(kept, one, warnings);
  if (!request.map.loss) one.elastic = fit_elastic(one.map);
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

const Curve* reference_of(const std::vector<NamedCurve>& curves, Normalise how) {
  if (how != Normalise::reference) return nullptr;
  const auto found = std::ranges::find(curves, "sPFY", &NamedCurve::kind);
  if (found != curves.end()) return &found->curve;
  throw core::UsageError(
      {.what = "normalising by sPFY needs one", .expected = "a region with corners", .found = "none"});
}

// Of two maps with the same axes; curves as far as both states have the same ones.
MapsChange change_from(MapOutcome before, MapOutcome& after, Normalise how) {
  MapsChange out;
  share_energies(after, before);
  const Curve *b = reference_of(before.curves, how), *a = reference_of(after.curves, how);
  for (std::size_t i = 0; i < std::min(before.curves.size(), after.curves.size()); ++i) {
    if (before.curves[i].kind != after.curves[i].kind) break;
    const bool inverse = before.curves[i].kind == "iPFY";  // no counts to add up: compared as it is
    const Curve scaled = at_common_exposure(after.curves[i].curve, after.map, before.map, inverse);
    out.curves.push_back(compare_curves(before.curves[i].curve, scaled, inverse ? Normalise::none : how, b, a));
  }
  out.map = compare_maps(before.measured, after.measured);
  if (before.feature && after.feature) out.feature = compare_feature(*before.feature, *after.feature);
  out.before = std::move(before);
  return out;
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
  out.found = reduce_one(photons, passes, out.request, out.bins, out.warnings);
  if (before == nullptr) return out;
  if (same_rows(before->map, out.found.map) && near(before->map.incident_eV, out.found.map.incident_eV)) {
    out.change = change_from(*before, out.found, request.normalise);
  } else {
    out.warnings.push_back(fmt::format(
        "The state before was scanned at other energies ({} points against {}): the two maps are not compared.",
        before->map.columns(), out.found.map.columns()));
  }
  return out;
}

}  // namespace lithoscope::rixs
