// litho rixs FILE...: photons and scan logs to maps, partial yields, emission spectra; before and after.
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>

#include "commands.hpp"
#include "lithoscope/core/log.hpp"
#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/progress.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/report/rixs_section.hpp"
#include "outcome_output.hpp"
#include "tes_options.hpp"
#include "xas_options.hpp"

namespace litho {
namespace core = lithoscope::core;
namespace io = lithoscope::io;
namespace report = lithoscope::report;
namespace rixs = lithoscope::rixs;
namespace study = lithoscope::study;
namespace {

struct Options : TesOptions {
  std::vector<std::string> after, after_logs, regions, cuts;
  std::string i0, i0_column, i0_sigma, after_i0, from, to, bin, inverse, feature, normalise, watch_for;
  bool loss = false, whole_seconds = false, no_elastic = false, no_feature = false, watch = false;
};

std::optional<double> optional_eV(const std::string& flag, const std::string& text) {
  if (text.empty()) return std::nullopt;
  return number_in(flag, text, "eV", 0);
}

// "776.2" or "776..777".
std::pair<double, double> cut_of(const std::string& text) {
  const std::size_t dots = text.find("..");
  const double from = number_in("--cut-at", text.substr(0, dots), "eV", 0);
  return {from, dots == std::string::npos ? from : number_in("--cut-at", text.substr(dots + 2), "eV", 0)};
}

rixs::Normalise normalise_of(const std::string& text) {
  if (text.empty() || text == "area") return rixs::Normalise::area;
  if (text == "maximum") return rixs::Normalise::maximum;
  if (text == "spfy") return rixs::Normalise::reference;
  if (text == "none") return rixs::Normalise::none;
  throw core::UsageError(
      {.what = "--normalise knows four ways", .expected = "area, maximum, spfy or none", .found = text});
}

study::MapSource source_of(const std::vector<std::string>& patterns, const study::TesStudy& detector,
                           const std::vector<std::string>& logs) {
  study::MapSource source;
  source.logs = expanded(logs);
  const std::vector<std::string> files = expanded(patterns);
  if (files.size() == 1) {
    std::string path = files.front();
    if (std::filesystem::is_directory(path)) path = (std::filesystem::path(path) / "run.nxs").string();
    if (study::is_event_file(path)) {
      source.events = path;
      return source;
    }
  }
  source.detector = detector;
  source.detector.files = files;
  source.detector.logs.clear();
  return source;
}

study::RixsStudy study_of(const Options& options) {
  study::RixsStudy out;
  const study::TesStudy detector = tes_study_of(options);
  out.before = source_of(options.files, detector, options.logs);
  out.before.i0 = options.i0;
  out.before.i0_column = options.i0_column;
  out.before.i0_relative_sigma = number_in("--i0-sigma", options.i0_sigma, "1", 0);
  if (!options.after.empty() || !options.after_logs.empty()) {
    out.after = options.after.empty() ? study::MapSource{} : source_of(options.after, detector, options.after_logs);
    out.after->logs = expanded(options.after_logs);
    out.after->i0 = options.after_i0;
    out.after->i0_column = options.i0_column;
    out.after->i0_relative_sigma = out.before.i0_relative_sigma;
  }
  out.map.loss = options.loss;
  out.map.windows = options.whole_seconds ? rixs::Windows::whole_seconds : rixs::Windows::exact;
  out.emission_from_eV = optional_eV("--from", options.from);
  out.emission_to_eV = optional_eV("--to", options.to);
  out.bin_eV = number_in("--bin", options.bin, "eV", out.bin_eV);
  for (const std::string& region : options.regions) out.regions.push_back(rixs::parse_region(region));
  if (!options.inverse.empty()) out.inverse = rixs::parse_region(options.inverse);
  for (const std::string& cut : options.cuts) out.cuts.push_back(cut_of(cut));
  out.remove_elastic = options.no_elastic;
  out.seek_feature = !options.no_feature;
  if (!options.feature.empty()) {
    const std::size_t comma = options.feature.find(',');
    if (comma == std::string::npos)
      throw core::UsageError({.what = "--feature is where to seek",
                              .expected = "INCIDENT,EMISSION such as 531,523",
                              .found = options.feature});
    out.feature = rixs::FeatureSettings{};
    out.feature->incident_eV = number_in("--feature", options.feature.substr(0, comma), "eV", 0);
    out.feature->emission_eV = number_in("--feature", options.feature.substr(comma + 1), "eV", 0);
  }
  out.normalise = normalise_of(options.normalise);
  return out;
}

void print_curves(const study::RixsOutcome& outcome) {
  fmt::print("\n{:<6} {:<28} {:>12} {:>16} {:>14}\n", "", "spectrum", "counts", "highest at (eV)", "change (sigma)");
  for (std::size_t i = 0; i < outcome.before.curves.size(); ++i) {
    const study::NamedCurve& named = outcome.before.curves[i];
    double counts = 0, top = -1e300, at = 0;
    for (std::size_t k = 0; k < named.curve.size(); ++k) {
      counts += named.curve.counts[k];
      if (named.curve.value[k] > top) {
        top = named.curve.value[k];
        at = named.curve.energy_eV[k];
      }
    }
    fmt::print("{:<6} {:<28} {:>12.0f} {:>16.2f} {:>14}\n", named.kind, named.curve.name.substr(0, 28), counts, at,
               i < outcome.changes.size() ? fmt::format("{:.1f}", outcome.changes[i].significance) : "-");
  }
}

core::ExitCode once(const Options& options) {
  const core::Log log{options.verbose};
  const auto progress = core::terminal_progress();
  const study::RixsOutcome outcome = study::run_rixs(study_of(options), *progress);
  const core::ExitCode code =
      write_outcome(options, outcome, report::rixs_json(outcome), report::rixs_answers(outcome), log);
  if (!options.json) print_curves(outcome);
  return code;
}

// Size and time of all inputs: what tells that a run has grown.
std::string fingerprint(const Options& options) {
  std::string out;
  for (const auto* list : {&options.files, &options.after, &options.logs, &options.after_logs}) {
    for (const std::string& path : expanded(*list)) {
      std::error_code error;
      const auto size = std::filesystem::is_regular_file(path, error) ? std::filesystem::file_size(path, error) : 0;
      out += fmt::format("{}:{};", path, size);
    }
  }
  return out;
}

// Follows a growing run: the map is made anew whenever files grew and have come to rest for one look. What cannot be
// read at this moment, such as a log half written, is told and tried again.
core::ExitCode watch(Options options) {
  if (options.out.empty())
    throw core::UsageError({.what = "--watch needs a folder to keep fresh", .expected = "--out DIR", .found = "none"});
  const double limit_s = number_in("--watch-for", options.watch_for, "s", 1e12);
  io::refuse_existing_directory(options.out, options.force ? io::Existing::replace : io::Existing::refuse);
  options.force = true;  // from now on it is ours
  const auto start = std::chrono::steady_clock::now();
  std::string drawn, seen;
  constexpr auto look_every = std::chrono::milliseconds(1000);
  while (std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() < limit_s) {
    core::throw_if_interrupted();
    const std::string now = fingerprint(options);
    if (now != drawn && now == seen) {
      try {
        once(options);
        drawn = now;
        fmt::print(stderr, "watching; {} is fresh\n", options.out);
      } catch (const core::Error& error) {
        // Half a log or a calibration that has no photon yet passes; a wrong option does not.
        const bool passes = error.exit_code() == core::ExitCode::unreadable_input ||
                            error.exit_code() == core::ExitCode::computation_failed;
        if (!passes) throw;
        fmt::print(stderr, "not yet: {}\n", error.what());
        drawn = now;
      }
    }
    seen = now;
    std::this_thread::sleep_for(look_every);
  }
  return core::ExitCode::done;
}

core::ExitCode run(const Options& options) {
  core::set_threads(options.threads);
  if (options.watch) return watch(options);
  if (!options.out.empty())
    io::refuse_existing_directory(options.out, options.force ? io::Existing::replace : io::Existing::refuse);
  return once(options);
}

}  // namespace

void add_rixs(CommandLine& line) {
  auto options = std::make_shared<Options>();
  Command command =
      line.command("rixs", "Maps of resonant scattering: partial yields, emission spectra, before and after");
  command.required_paths("FILE", options->files, "LJH or OFF files of any pixels, or the folder of litho tes");
  add_output_options(command, *options, "folder for map, spectra and report; without it the result is only printed");
  command.flag("--watch", options->watch, "follow a growing run and keep the folder fresh, until Ctrl-C");
  command.text("--watch-for", options->watch_for, "stop watching after so long, such as \"8 h\"");
  command.heading("Which scans");
  command.texts("--after", options->after, "FILEs of the sample after treatment [those before]");
  command.texts("--after-log", options->after_logs, "its scan log [those before]; may be repeated");
  command.text("--i0", options->i0, "a table of the beam monitor over incident energy [none, or the log's]");
  command.text("--i0-column", options->i0_column, "its column [i0]");
  command.text("--i0-sigma", options->i0_sigma, "relative standard deviation of the monitor [0]");
  command.text("--after-i0", options->after_i0, "the same after treatment [that before]");
  command.flag("--whole-seconds", options->whole_seconds,
               "cut scan windows to whole seconds, to compare with maps of tes_scan_server");
  command.heading("The map");
  command.text("--from", options->from, "lowest emission energy, or loss [20 eV below the scan]");
  command.text("--to", options->to, "highest [10 eV above it]");
  command.text("--bin", options->bin, "width of a row [0.5 eV]");
  command.flag("--loss", options->loss, "energy loss in place of emission energy");
  command.flag("--no-elastic", options->no_elastic, "take the elastic line away");
  command.heading("Spectra");
  command.texts(
      "--region", options->regions,
      "\"Co L: 740..800\" for a partial yield, \"name: 530,522 532,522 532,525\" (incident, emission) for a polygon");
  command.text("--inverse", options->inverse, "a band such as \"O K: 515..530\" whose inverse yield is wanted");
  command.texts("--cut-at", options->cuts, "incident energy, or 530..532, of an emission spectrum; may be repeated");
  command.text("--normalise", options->normalise, "of spectra to be compared: area, maximum, spfy or none [area]");
  command.text("--feature", options->feature,
               "INCIDENT,EMISSION of a feature to find [531,523 where the map holds it]");
  command.flag("--no-feature", options->no_feature, "seek none");
  command.heading("The detector");
  add_tes_options(command, *options);
  command.action([options] { return run(*options); });
}

}  // namespace litho
