// litho synthesize PROGRAMME: the raw files an instrument would have written of a model particle or a known sample.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <list>
#include <memory>
#include <optional>

#include "commands.hpp"
#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/units.hpp"
#include "lithoscope/io/atomic_file.hpp"
#include "lithoscope/study/twin.hpp"
#include "setting_flags.hpp"

namespace litho {
namespace fs = std::filesystem;
namespace core = lithoscope::core;
namespace io = lithoscope::io;
namespace probe = lithoscope::probe;
namespace study = lithoscope::study;
namespace {

struct Options {
  std::string programme, probe, out, folder, branch, at, even_step = "60 s";
  std::vector<std::string> set;
  int seed = 1, threads = 0;
  bool force = false, verbose = false;
  std::list<std::pair<const probe::Probe*, SettingFlags>> flags;  ///< of each probe with this door
};

// The probe that was named, or the one whose flags were typed; the first one otherwise.
const probe::Probe& chosen(const Options& options, const Registry& registry) {
  if (!options.probe.empty()) {
    const probe::Probe& named = study::probe_named(registry, options.probe);
    if (named.synthesize != nullptr) return named;
    throw core::UsageError({.what = fmt::format("{} writes no raw files", named.name),
                            .expected = "a probe with a twin",
                            .found = named.name});
  }
  for (const auto& [p, flags] : options.flags) {
    if (flags.any()) return *p;
  }
  for (const auto& [p, flags] : options.flags) {
    if (p->synthesizes_folder == !options.folder.empty()) return *p;
  }
  return *options.flags.front().first;
}

study::TwinRequest request_of(const Options& options, const Registry& registry) {
  study::TwinRequest out{.probe = &chosen(options, registry)};
  out.programme = options.programme;
  for (const std::string& change : options.set) out.changes.push_back(io::parse_override(change));
  out.branch = options.branch;
  out.at = options.at;
  out.even_step_s = core::parse_quantity(options.even_step, "s").value;
  if (!(out.even_step_s > 0))
    throw core::UsageError({.what = "--even-step cannot be", .expected = "more than zero", .found = options.even_step});
  if (options.seed < 0)
    throw core::UsageError(
        {.what = "--seed counts from 0", .expected = "0 or more", .found = std::to_string(options.seed)});
  out.seed = static_cast<std::uint64_t>(options.seed);
  for (const auto& [p, flags] : options.flags) {
    // A flag that several probes share belongs to whichever was chosen.
    const core::Settings typed = flags.typed();
    for (const auto& [name, value] : typed.all()) {
      const bool knows =
          std::ranges::any_of(out.probe->instrument, [&, n = name](const auto& s) { return s.name == n; });
      if (!knows)
        throw core::UsageError(
            {.what = fmt::format("--{} belongs to the probe {}, not to {}", name, p->name, out.probe->name),
             .expected = "flags of one probe",
             .found = "--" + name});
      out.instrument.set(name, value);
    }
  }
  if (out.programme.empty() && out.probe->needs_particle)
    throw core::UsageError({.what = "no programme is given",
                            .expected = "the path of a programme file, or the name of a preset",
                            .found = "nothing",
                            .advice = "litho particle --list names the presets"});
  return out;
}

core::ExitCode run(const Options& options, const Registry& registry) {
  core::set_threads(options.threads);
  const study::TwinRequest request = request_of(options, registry);
  core::Log log{options.verbose};
  const auto progress = core::terminal_progress();
  const io::Existing existing = options.force ? io::Existing::replace : io::Existing::refuse;
  if (!request.probe->synthesizes_folder) {
    std::string bytes;
    study::synthesize(request, [&](const std::string&, std::string_view written) { bytes = written; }, *progress, log);
    if (options.out.empty())
      fmt::print("{}", bytes);
    else
      io::write_file(options.out, bytes, existing);
    return core::ExitCode::done;
  }
  const std::string& to = options.folder.empty() ? options.out : options.folder;
  if (to.empty())
    throw core::UsageError({.what = "the twin writes a folder of files", .expected = "--run DIR", .found = "none"});
  io::StagedDirectory staged{to, existing, ".twin"};
  const auto write = [&](const std::string& name, std::string_view bytes) {
    io::write_file((fs::path(staged.path()) / name).string(), bytes, io::Existing::replace);
  };
  write(".twin", request.probe->name + "\n");
  study::synthesize(request, write, *progress, log);
  staged.commit();
  fmt::print("twin of {}: {}\n", request.probe->name, to);
  return core::ExitCode::done;
}

}  // namespace

void add_synthesize(CommandLine& line, const Registry& registry) {
  auto options = std::make_shared<Options>();
  Command command =
      line.command("synthesize", "Write the raw files an instrument would have recorded of a model particle");
  command.path("PROGRAMME", options->programme, "a programme file (TOML) or the name of a preset");
  command.text("--probe", options->probe, "Whose raw files to write [by the flags that are given]");
  command.text("--out", options->out, "File to write; standard output by default");
  command.path("--run", options->folder, "Folder to write, for instruments that write many files");
  command.text("--branch", options->branch, "Record this branch instead of the trunk");
  command.text("--at", options->at, "At the end of this step [the last one]");
  command.text("--even-step", options->even_step,
               "Longest time between rows; after a switch they start at 0.1 s and spread out [60 s]");
  command.number("--seed", options->seed, "Seed of the noise [1]");
  command.texts("--set", options->set, "KEY=VALUE of the programme; may be repeated");
  command.number("--threads", options->threads, "Threads to use; 0 is all cores. Results do not depend on it");
  command.flag("--force", options->force, "Replace what is already there");
  command.flag("--verbose", options->verbose, "Print on stderr what is being done");
  std::vector<std::string> taken{"--probe", "--out", "--run",     "--branch", "--at",     "--even-step",
                                 "--seed",  "--set", "--threads", "--force",  "--verbose"};
  for (const probe::Probe& p : registry) {
    if (p.synthesize == nullptr) continue;
    std::vector<core::SettingInfo> infos = p.instrument;
    for (core::SettingInfo& info : infos) info.heading = fmt::format("Of {}", p.title.empty() ? p.name : p.title);
    options->flags.emplace_back(&p, SettingFlags{});
    options->flags.back().second.add(command, infos, taken);
  }
  command.action([options, &registry] { return run(*options, registry); });
}

}  // namespace litho
