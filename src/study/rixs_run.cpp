#include "lithoscope/study/rixs_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/xas/scan_files.hpp"

namespace lithoscope::study {
namespace {

struct Photons {
  std::vector<tes::PixelEvents> events;
  std::vector<tes::ScanPass> passes;
};

// A pixel that was left out looks at nothing, and no exposure is its.
std::vector<tes::PixelEvents> with_photons(std::vector<tes::PixelEvents> events) {
  std::erase_if(events, [](const tes::PixelEvents& e) { return e.size() == 0; });
  return events;
}

// Events and passes of one sample; the detector's outcome is kept for the report.
Photons photons_of(const MapSource& source, core::Progress& progress, RixsOutcome& out) {
  Photons photons;
  std::vector<tes::ScanLog> scans;
  std::vector<std::string> calibrations = source.detector.logs;
  for (const std::string& path : source.logs) {
    const io::InputFile file = io::InputFile::open(path);
    tes::ScanLog log = tes::read_scan_log(file);
    out.sources.push_back(
        fmt::format("{}  {}  sha256 {}", path.substr(path.rfind('/') + 1), log.format, file.sha256()));
    if (log.kind == tes::LogKind::calibration) {
      calibrations.push_back(path);
      continue;
    }
    for (const std::string& remark : log.remarks) out.warnings.push_back(fmt::format("{}: {}", log.name, remark));
    scans.push_back(std::move(log));
  }
  for (tes::ScanLog& log : scans) {
    for (tes::ScanPass& pass : log.passes) {
      if (pass.points.empty()) {
        out.warnings.push_back(fmt::format("{} {} has no points yet and is left out.", log.name, pass.name));
        continue;
      }
      pass.name = log.name + " " + pass.name;
      photons.passes.push_back(std::move(pass));
    }
  }
  if (photons.passes.empty() && !source.logs.empty()) {  // a run begins like this
    throw core::ComputationError({.what = "no scan among the logs",
                                  .expected = "a log that says when the monochromator stood where",
                                  .found = "calibrations only",
                                  .advice = "give the scan's log with --log, too"});
  }
  if (photons.passes.empty()) {
    throw core::UsageError({.what = "no scan is given",
                            .expected = "a scan log that says when the monochromator stood where",
                            .found = "none",
                            .advice = "give it with --log"});
  }
  if (!source.events.empty()) {
    photons.events = with_photons(read_events(source.events));
    out.sources.push_back(
        fmt::format("{}  events  sha256 {}", source.events, io::InputFile::open(source.events).sha256()));
    return photons;
  }
  if (source.detector.files.empty()) {
    throw core::UsageError(
        {.what = "no photons are given", .expected = "OFF or LJH files, or run.nxs of litho tes", .found = "none"});
  }
  TesStudy detector = source.detector;
  detector.logs = calibrations;
  const auto same = [](const TesStudy& a, const TesStudy& b) {
    return a.files == b.files && a.logs == b.logs && a.noise_files == b.noise_files && a.states == b.states;
  };
  for (const TesOutcome& done : out.detectors) {
    if (!same(done.study, detector)) continue;
    photons.events = with_photons(done.events);
    return photons;
  }
  out.detectors.push_back(run_tes(detector, progress));
  out.warnings.insert(out.warnings.end(), out.detectors.back().warnings.begin(), out.detectors.back().warnings.end());
  photons.events = with_photons(out.detectors.back().events);
  return photons;
}

// Emission shown: around the scanned energies, where the resonance and the elastic light are, and what is asked for.
rixs::EnergyBins bins_of(const RixsStudy& study, const std::vector<tes::ScanPass>& passes) {
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
  const auto include = [&](const rixs::Region& region) {
    if (region.polygon.empty()) {
      low = std::min(low, std::floor(region.from_eV));
      high = std::max(high, std::ceil(region.to_eV));
    }
    for (const rixs::Corner& corner : region.polygon) {
      low = std::min(low, std::floor(corner.emission_eV));
      high = std::max(high, std::ceil(corner.emission_eV));
    }
  };
  for (const rixs::Region& region : study.regions) include(region);
  if (study.inverse) include(*study.inverse);
  double from = study.emission_from_eV.value_or(low), to = study.emission_to_eV.value_or(high);
  if (study.map.loss) {
    from = study.emission_from_eV.value_or(-above);
    to = study.emission_to_eV.value_or(2 * below);
  }
  if (!(to > from) || !(study.bin_eV > 0)) {
    throw core::UsageError({.what = "the map has no rows",
                            .expected = "emission from low to high, bins wider than nothing",
                            .found = fmt::format("{} to {} eV in bins of {} eV", from, to, study.bin_eV)});
  }
  const double rows = std::ceil((to - from) / study.bin_eV - 1e-9);
  constexpr double most_rows = 100000;
  if (rows > most_rows)
    throw core::UsageError(
        {.what = "too many rows", .expected = "at most 100000", .found = fmt::format("{:.0f}", rows)});
  return {.low_eV = from, .width_eV = study.bin_eV, .count = static_cast<std::int64_t>(rows), .closed = false};
}

// The monitor of a table, between its rows where the map's columns lie.
std::vector<core::Value> monitor_at(const MapSource& source, const std::vector<double>& incident) {
  const xas::ScanFile file = xas::read_scan_file(io::InputFile::open(source.i0));
  const xas::Scan& scan = file.scans.front();
  const xas::ScanColumn* column = scan.find(source.i0_column.empty() ? "i0" : source.i0_column);
  if (!scan.energy || column == nullptr) {
    throw core::UsageError(
        {.what = "the table of the monitor has no energy or no I0",
         .where = {.path = source.i0},
         .expected = "columns \"energy\" and \"" + (source.i0_column.empty() ? "i0" : source.i0_column) + "\"",
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
std::optional<std::vector<core::Value>> monitor_of_log(const rixs::RixsMap& map, const tes::ScanPass& pass,
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
std::vector<rixs::RixsMap> same_axes(std::vector<rixs::RixsMap> maps, RixsOutcome& out) {
  std::vector<rixs::RixsMap> kept;
  for (rixs::RixsMap& map : maps) {
    const bool same = kept.empty() || near(map.incident_eV, kept.front().incident_eV);
    if (same) {
      if (!kept.empty()) map.incident_eV = kept.front().incident_eV;
      kept.push_back(std::move(map));
    } else {
      out.warnings.push_back(
          fmt::format("{} has other incident energies than {} ({} against {} points) and is left out.", map.name,
                      kept.front().name, map.columns(), kept.front().columns()));
    }
  }
  return kept;
}

void compare_passes(MapOutcome& map) {
  if (map.passes.size() < 2) return;
  std::vector<rixs::Curve> yields;
  for (const rixs::RixsMap& pass : map.passes) yields.push_back(rixs::total_yield(pass));
  const auto n = static_cast<double>(yields.size());
  constexpr double least_counts = 5;
  for (std::size_t i = 0; i < map.map.columns(); ++i) {
    double sum = 0;
    for (const rixs::Curve& y : yields) sum += y.counts[i];
    const double mean = sum / n;
    if (mean < least_counts) continue;
    for (const rixs::Curve& y : yields) map.passes_chi_squared += (y.counts[i] - mean) * (y.counts[i] - mean) / mean;
    map.passes_degrees += static_cast<std::int64_t>(yields.size()) - 1;
  }
}

// One energy means the nearest the monochromator stood at, within the scan.
double nearest_energy(const rixs::RixsMap& map, double wanted_eV) {
  constexpr double beyond_eV = 0.5;
  if (wanted_eV < map.incident_eV.front() - beyond_eV || wanted_eV > map.incident_eV.back() + beyond_eV)
    return wanted_eV;
  return *std::ranges::min_element(map.incident_eV, {}, [&](double e) { return std::abs(e - wanted_eV); });
}

std::vector<NamedCurve> curves_of(const rixs::RixsMap& map, const RixsStudy& study) {
  std::vector<NamedCurve> out;
  for (const rixs::Region& region : study.regions)
    out.push_back({region.polygon.empty() ? "PFY" : "sPFY", rixs::partial_yield(map, region)});
  out.push_back({"TFY", rixs::total_yield(map)});
  if (study.inverse) out.push_back({"iPFY", rixs::inverse_partial_yield(map, *study.inverse)});
  for (const auto& [from, to] : study.cuts) {
    const double nearest = from == to ? nearest_energy(map, from) : from;
    out.push_back({"XES", rixs::emission_spectrum(map, nearest, from == to ? nearest : to)});
    out.back().curve.name = from == to ? fmt::format("{:.2f} eV", nearest) : fmt::format("{:g} to {:g} eV", from, to);
  }
  out.push_back({"XRF", rixs::fluorescence(map)});
  return out;
}

bool holds(const rixs::RixsMap& map, const rixs::FeatureSettings& f) {
  if (map.is_loss || map.columns() < 3) return false;
  const double low = map.emission.edge(0), high = map.emission.edge(map.emission.count);
  return map.incident_eV.front() < f.incident_eV - 1 && map.incident_eV.back() > f.incident_eV + 1 &&
         low < f.emission_eV - 3 && high > f.emission_eV + 3;
}

MapOutcome reduce(const MapSource& source, const Photons& photons, const RixsStudy& study, const rixs::EnergyBins& bins,
                  RixsOutcome& out) {
  MapOutcome one;
  rixs::MapSettings settings = study.map;
  settings.emission = bins;
  if (settings.pile_up_window_s == 0 && !photons.events.empty()) {
    constexpr double share_of_record = 0.01;  // nearer than that two pulses look like one
    settings.pile_up_window_s = share_of_record * photons.events.front().record_s;
  }
  std::vector<rixs::RixsMap> maps(photons.passes.size());
  core::parallel_for(static_cast<std::int64_t>(maps.size()), [&](std::int64_t i) {
    const auto p = static_cast<std::size_t>(i);
    maps[p] = rixs::fill_map(photons.events, photons.passes[p], settings);
  });
  for (std::size_t i = 0; i < maps.size(); ++i) {
    for (const std::string& remark : maps[i].remarks) out.warnings.push_back(remark);
    if (!source.i0.empty()) {
      rixs::set_i0(maps[i], monitor_at(source, maps[i].incident_eV));
    } else if (const auto monitor = monitor_of_log(maps[i], photons.passes[i], source.i0_relative_sigma)) {
      rixs::set_i0(maps[i], *monitor);
    }
  }
  one.passes = same_axes(std::move(maps), out);
  one.map = one.measured = rixs::sum_maps(one.passes);
  if (one.map.total() == 0) {
    throw core::ComputationError({.what = "no photon falls into the scan",
                                  .expected = "events within its time windows and emission energies",
                                  .found = fmt::format("{} outside the bins", one.map.outside),
                                  .advice = "are log and pulse files of the same night?"});
  }
  compare_passes(one);
  if (one.passes_degrees > 0) {
    const double excess = (one.passes_chi_squared - static_cast<double>(one.passes_degrees)) /
                          std::sqrt(2.0 * static_cast<double>(one.passes_degrees));
    constexpr double suspicious = 5;
    if (excess > suspicious)
      out.warnings.push_back(fmt::format(
          "The passes differ by more than counting: chi squared {:.0f} for {} degrees of freedom. The beam or "
          "the sample changed; without a monitor (--i0) that goes into the sum.",
          one.passes_chi_squared, one.passes_degrees));
  }
  if (!study.map.loss) one.elastic = rixs::fit_elastic(one.map);
  if (study.remove_elastic && one.elastic) one.map = rixs::without_elastic(one.map, *one.elastic).map;
  one.curves = curves_of(one.map, study);
  const rixs::FeatureSettings feature = study.feature.value_or(rixs::FeatureSettings{});
  if (study.seek_feature && (study.feature || holds(one.map, feature)))
    one.feature = rixs::find_feature(one.measured, feature);
  return one;
}

MapSource with_defaults(MapSource after, const MapSource& before) {
  if (after.events.empty() && after.detector.files.empty()) {
    after.events = before.events;
    const std::vector<std::string> logs = after.detector.logs;
    after.detector = before.detector;
    if (!logs.empty()) after.detector.logs = logs;
    for (const std::string& log : before.logs) {  // the same night's calibrations
      if (tes::read_scan_log(io::InputFile::open(log)).kind == tes::LogKind::calibration) after.logs.push_back(log);
    }
  }
  if (after.logs.empty()) after.logs = before.logs;
  if (after.i0.empty()) {
    after.i0 = before.i0;
    after.i0_column = before.i0_column;
  }
  return after;
}

// Per live pixel-second and monitor: exposures of a curve are relative to its own map's mean, which before and after do
// not share.
rixs::Curve at_common_exposure(rixs::Curve curve, const rixs::RixsMap& own, const rixs::RixsMap& common, bool inverse) {
  const auto mean = [](const rixs::RixsMap& map) {
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

void compare(RixsOutcome& out) {
  const std::vector<NamedCurve>& before = out.before.curves;
  const std::vector<NamedCurve>& after = out.after->curves;
  const auto spectrum_of = [](const std::vector<NamedCurve>& curves) -> const rixs::Curve* {
    const auto found = std::ranges::find(curves, "sPFY", &NamedCurve::kind);
    return found == curves.end() ? nullptr : &found->curve;
  };
  for (std::size_t i = 0; i < std::min(before.size(), after.size()); ++i) {
    const rixs::Curve *b = nullptr, *a = nullptr;
    if (out.study.normalise == rixs::Normalise::reference) {
      b = spectrum_of(before);
      a = spectrum_of(after);
      if (b == nullptr)
        throw core::UsageError(
            {.what = "normalising by sPFY needs one", .expected = "a region with corners", .found = "none"});
    }
    const bool inverse = before[i].kind == "iPFY";  // no counts to add up: compared as it is
    const rixs::Curve scaled = at_common_exposure(after[i].curve, out.after->map, out.before.map, inverse);
    out.changes.push_back(
        rixs::compare_curves(before[i].curve, scaled, inverse ? rixs::Normalise::none : out.study.normalise, b, a));
  }
  out.map_change = rixs::compare_maps(out.before.measured, out.after->measured);
  if (out.before.feature && out.after->feature)
    out.feature_change = rixs::compare_feature(*out.before.feature, *out.after->feature);
}

std::string settings_text(const RixsStudy& study, const rixs::EnergyBins& bins) {
  std::string out =
      fmt::format("rows = {} from {} eV, {} eV wide{}\nwindows = {}\nelastic = {}\nnormalise = {}\n", bins.count,
                  bins.low_eV, bins.width_eV, study.map.loss ? " (energy loss)" : "",
                  study.map.windows == rixs::Windows::exact ? "exact" : "cut to whole seconds, as tes_scan_server does",
                  study.remove_elastic && !study.map.loss ? "taken away where it is seen" : "kept",
                  study.normalise == rixs::Normalise::area      ? "area"
                  : study.normalise == rixs::Normalise::maximum ? "maximum"
                  : study.normalise == rixs::Normalise::none    ? "none"
                                                                : "sPFY");
  for (const rixs::Region& region : study.regions) {
    out += "region = " + region.name;
    if (region.polygon.empty()) out += fmt::format(": {} to {} eV", region.from_eV, region.to_eV);
    for (const rixs::Corner& c : region.polygon) out += fmt::format(" {},{}", c.incident_eV, c.emission_eV);
    out += "\n";
  }
  if (!study.before.i0.empty())
    out += fmt::format("i0 = {} {}, relative sigma {}\n", study.before.i0, study.before.i0_column,
                       study.before.i0_relative_sigma);
  if (study.inverse)
    out +=
        fmt::format("inverse = {}: {} to {} eV\n", study.inverse->name, study.inverse->from_eV, study.inverse->to_eV);
  for (const auto& [from, to] : study.cuts) out += fmt::format("cut = {} to {} eV\n", from, to);
  if (study.feature)
    out += fmt::format("feature = {}, {} eV\n", study.feature->incident_eV, study.feature->emission_eV);
  return out;
}

// Without a region: the resonant emission below the elastic line, all of the shown band.
std::vector<rixs::Region> usual_regions(const rixs::EnergyBins& bins) {
  return {{.name = "all shown", .from_eV = bins.edge(0), .to_eV = bins.edge(bins.count), .polygon = {}}};
}

}  // namespace

RixsOutcome run_rixs(const RixsStudy& study, core::Progress& progress) {
  RixsOutcome out{.study = study};
  const Photons before = photons_of(study.before, progress, out);
  const rixs::EnergyBins bins = bins_of(study, before.passes);
  if (out.study.regions.empty()) out.study.regions = usual_regions(bins);
  out.settings = settings_text(out.study, bins);
  out.before = reduce(study.before, before, out.study, bins, out);
  if (study.after) {
    const MapSource source = with_defaults(*study.after, study.before);
    out.after = reduce(source, photons_of(source, progress, out), out.study, bins, out);
    if (near(out.after->map.incident_eV, out.before.map.incident_eV)) share_energies(*out.after, out.before);
    compare(out);
  }
  for (const TesOutcome& detector : out.detectors) {
    out.settings += detector.settings;
    out.sources.insert(out.sources.end(), detector.sources.begin(), detector.sources.end());
  }
  return out;
}

}  // namespace lithoscope::study
