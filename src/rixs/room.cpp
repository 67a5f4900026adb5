// Roles and the probe `rixs`: its three doors.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/median.hpp"
#include "lithoscope/rixs/array_twin.hpp"
#include "lithoscope/rixs/maps_run.hpp"
#include "lithoscope/rixs/plane_file.hpp"
#include "lithoscope/rixs/probes.hpp"
#include "lithoscope/tes/array_run.hpp"
#include "lithoscope/tes/recognise.hpp"

namespace lithoscope::rixs {
namespace {

using probe::Context;
using probe::Measurement;

struct Scans {
  std::vector<tes::ScanPass> passes;
  std::vector<result::Source> sources;
  std::vector<std::string> warnings;
};

// Passes of the logs given here. Calibrations among them belong to the detector.
Scans scans_of(const Measurement& m) {
  Scans out;
  for (const probe::Input& input : m.of("log")) {
    tes::ScanLog log = tes::read_scan_log(io::InputFile::open(input.path));
    out.sources.push_back({.role = "log", .path = input.path, .format = log.format});
    if (log.kind == tes::LogKind::calibration) continue;
    for (const std::string& remark : log.remarks) out.warnings.push_back(fmt::format("{}: {}", log.name, remark));
    for (tes::ScanPass& pass : log.passes) {
      pass.name = log.name + " " + pass.name;
      out.passes.push_back(std::move(pass));
    }
  }
  return out;
}

void drop_empty_passes(Scans& scans) {
  std::erase_if(scans.passes, [&](const tes::ScanPass& pass) {
    if (pass.points.empty()) scans.warnings.push_back(pass.name + " has no points yet and is left out.");
    return pass.points.empty();
  });
}

void require_scan(const Measurement& m, const Scans& scans) {
  if (!scans.passes.empty() || m.of("log").empty()) return;
  throw core::ComputationError({.what = "no scan among the logs",  // a run begins like this
                                .expected = "a log that says when the monochromator stood where",
                                .found = "calibrations only",
                                .advice = "give the scan's log with --log, too"});
}

const result::Result& detector_of(const Context& context) {
  if (const result::Result* detector = context.find("tes")) return *detector;
  throw core::UsageError({.what = "no photons are given",
                          .expected = "OFF or LJH files, the run of litho tes, or a map",
                          .found = "none"});
}

// A pixel that was left out looks at nothing, and no exposure is its.
std::vector<tes::PixelEvents> with_photons(std::vector<tes::PixelEvents> events) {
  std::erase_if(events, [](const tes::PixelEvents& e) { return e.size() == 0; });
  return events;
}

// As wide as the calibration lines are in the median pixel.
std::optional<double> resolution_of(const result::Result& detector) {
  std::vector<double> widths;
  for (const double w : detector.table("pixels").at("resolution").numbers()) {
    if (std::isfinite(w) && w > 0) widths.push_back(w);
  }
  if (widths.empty()) return std::nullopt;
  return core::median(widths);
}

// The detector says the same of a log that both read: once is enough.
void drop_repeated(std::vector<std::string>& warnings, const result::Result& detector) {
  std::erase_if(warnings, [&](const std::string& w) {
    return std::ranges::find(detector.warnings, w) != detector.warnings.end();
  });
}

// Settings that say how photons become a map, where they differ from their defaults.
std::string idle_settings(const Measurement& m) {
  std::string out;
  const std::vector<core::SettingInfo> all = core::setting_infos(maps_settings_table(), "");
  for (const char* name : {"edge", "whole_seconds", "from", "to", "bin", "loss"}) {
    const auto info = std::ranges::find(all, std::string{name}, &core::SettingInfo::name);
    const core::SettingValue* given = m.settings.find(name);
    if (info == all.end() || given == nullptr || *given == info->otherwise) continue;
    out += (out.empty() ? "" : ", ") + info->flag();
  }
  if (!m.of("log").empty()) out += std::string{out.empty() ? "" : ", "} + "--log";
  return out;
}

// Maps that were made elsewhere, as far as their axes agree.
MapsOutcome reduce_given(const Measurement& m, const MapsRequest& request, const MapOutcome* before,
                         std::vector<result::Source>& sources) {
  std::vector<RixsMap> maps;
  for (const probe::Input& input : m.of("map")) {
    Plane plane = read_plane(io::InputFile::open(input.path), request.plane);
    plane.map.name = std::filesystem::path(input.path).filename().string();
    sources.push_back({.role = "map", .path = input.path, .format = plane.format});
    maps.push_back(std::move(plane.map));
  }
  return reduce_maps(std::move(maps), request, before);
}

result::Result reduce(const Measurement& m, Context& context) {
  MapsRequest request = request_of(probe::settings_in(m, maps_settings_table()));
  if (const probe::Input* i0 = m.one("i0")) request.i0 = i0->path;
  std::optional<MapOutcome> before;
  if (const result::Result* partner = context.partner()) before = map_outcome_of(*partner);
  if (!m.of("map").empty()) {
    std::vector<result::Source> sources;
    MapsOutcome outcome = reduce_given(m, request, before ? &*before : nullptr, sources);
    outcome.state = m.state;
    if (const std::string idle = idle_settings(m); !idle.empty())
      outcome.warnings.push_back("A map that is given has its own rows and columns: " + idle + " changes nothing.");
    if (context.find("tes") != nullptr)
      outcome.warnings.emplace_back("A map is given: the photons of this state are not used.");
    result::Result out = describe(outcome);
    out.sources = std::move(sources);
    return out;
  }
  const result::Result& detector = detector_of(context);
  Scans scans = scans_of(m);
  if (scans.passes.empty()) scans.passes = tes::passes_of(detector);
  drop_empty_passes(scans);
  require_scan(m, scans);
  drop_repeated(scans.warnings, detector);
  const Photons photons{.events = with_photons(tes::events_of(detector)),
                        .passes = std::move(scans.passes),
                        .detector_fwhm_eV = resolution_of(detector)};
  MapsOutcome outcome = reduce_maps(photons, request, before ? &*before : nullptr);
  outcome.state = m.state;
  outcome.warnings.insert(outcome.warnings.begin(), scans.warnings.begin(), scans.warnings.end());
  result::Result out = describe(outcome);
  out.sources = std::move(scans.sources);
  if (!request.i0.empty())
    out.sources.push_back({.role = "i0", .path = request.i0, .format = "table of the beam monitor"});
  return out;
}

// ---- the way back ---------------------------------------------------------------------------------------------------

ArrayTwin twin_in(const Measurement& m, const Context& context) {
  return twin_of(probe::instrument_in(m, twin_settings_table()), context.seed);
}

void synthesize(const probe::Scene&, const Measurement& m, const probe::Sink& sink, Context& context) {
  write_files(twin_in(m, context), context.progress, sink);
}

// Bands by the names of their observables: those asked for, or the one that is shown without a region.
std::optional<Region> band_named(const MapsRequest& request, const ArrayTwin& twin, const std::string& name) {
  for (const Region& region :
       request.regions.empty() ? usual_regions(request, twin.plan.scan.passes) : request.regions) {
    if ("pfy/" + region.name == name && region.polygon.empty()) return region;
  }
  return std::nullopt;
}

void predict_yield(const std::optional<Region>& band, const ArrayTwin& twin, result::Observable& o) {
  o.values.assign(o.size(), result::not_a_number);
  o.variance.assign(o.size(), 0.0);
  o.flags.assign(o.size(), band ? "ok" : "the band is not among the regions");
  if (!band) return;
  constexpr double resolution_eV = 0.75;  // of the synthetic array, full width at half maximum
  o.values = expected_yield(twin, *band, o.axis, resolution_eV);
}

void predict_feature(const FeatureSettings& sought, const ArrayTwin& twin, result::Observable& o) {
  const auto expected = expected_feature(twin, sought);
  o.values = {expected.value_or(result::not_a_number)};
  o.variance = {0};
  o.flags = {expected ? "ok" : "no line of the emission lies where the feature is sought"};
}

std::vector<result::Observable> predict(const probe::Scene&, const Measurement& m,
                                        std::vector<result::Observable> wanted, Context& context) {
  const ArrayTwin twin = twin_in(m, context);
  const MapsRequest request = request_of(probe::settings_in(m, maps_settings_table()));
  const FeatureSettings sought = request.feature.value_or(FeatureSettings{});
  for (result::Observable& o : wanted) {
    o.unusable.clear();
    o.common.clear();
    if (o.name == feature_name(sought)) {
      predict_feature(sought, twin, o);
    } else {
      predict_yield(band_named(request, twin, o.name), twin, o);
    }
  }
  return wanted;
}

std::string role_of(const io::InputFile& file) {
  const tes::FileKind kind = tes::recognise(file.bytes());
  if (kind == tes::FileKind::scan_log) return "log";
  return kind == tes::FileKind::none && is_plane(file) ? "map" : "";
}

probe::Probe rixs_probe() {
  return {
      .name = "rixs",
      .help = "Photons and scan logs to maps of resonant scattering, partial yields, emission spectra",
      .version = "1",
      .roles = {{.name = "log",
                 .help = "Scan logs that say when the monochromator stood where; without one those of the "
                         "detector's measurement"},
                {.name = "map",
                 .help = "Maps that were made elsewhere, in place of photons: a run of litho rixs, three columns, a "
                         "matrix, NXdata, hist2d"},
                {.name = "i0", .help = "A table of the beam monitor over incident energy", .many = false}},
      .settings = core::setting_infos(maps_settings_table(), "The map"),
      .takes = {{.probe = "tes", .required = false}},
      .partner = true,
      .runs_over = "edge",
      .instrument = core::setting_infos(twin_settings_table(), "The microcalorimeter run"),
      .synthesizes_folder = true,
      .needs_particle = false,
      .reduce = reduce,
      .predict = predict,
      .synthesize = synthesize,
      .role_of = role_of,
      .title = "RIXS"};
}

}  // namespace

std::vector<probe::Probe> probes() { return {rixs_probe()}; }

}  // namespace lithoscope::rixs
