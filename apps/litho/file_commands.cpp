// litho identify, convert, report: what works on files and on finished runs.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "commands.hpp"
#include "lithoscope/core/log.hpp"
#include "lithoscope/core/progress.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/atomic_file.hpp"
#include "lithoscope/io/recognise.hpp"
#include "lithoscope/report/run_directory.hpp"
#include "lithoscope/result/files.hpp"
#include "lithoscope/study/plan.hpp"
#include "setting_flags.hpp"

namespace litho {
namespace core = lithoscope::core;
namespace io = lithoscope::io;
namespace probe = lithoscope::probe;
namespace study = lithoscope::study;
namespace {

struct Identified {
  std::string path, container, problem, probe;
  probe::Identity identity;
};

Identified identify(const std::string& path, const Registry& registry) {
  Identified out{.path = path, .container = {}, .problem = {}, .probe = {}, .identity = {}};
  try {
    const io::InputFile file = io::InputFile::open(path);
    out.container = io::container_name(io::recognise_container(file.bytes()));
    if (file.was_compressed()) out.container += ", gzip";
    if (lithoscope::result::is_result_file(file)) {
      out.identity = {.format = "a finished run of this program", .facts = {}, .remarks = {}};
      for (const auto& r : lithoscope::result::read_nexus(file)) out.identity.facts.emplace_back(r.probe, r.name);
      return out;
    }
    for (const probe::Probe& p : registry) {
      if (p.identify == nullptr) continue;
      if (auto found = p.identify(file)) {
        out.probe = p.name;
        out.identity = std::move(*found);
        return out;
      }
    }
    throw core::UnreadableFile({.what = "is no file that a probe of this program recognises",
                                .where = {.path = path},
                                .expected = "a file of a cycler or a beamline",
                                .found = out.container,
                                .advice = "docs/formats.md lists what is read"});
  } catch (const core::UnreadableFile& error) {
    out.problem = error.what();
  }
  return out;
}

std::string json_of(const Identified& id) {
  const auto text = [](const std::string& s) {
    return s.empty() ? std::string{"null"} : "\"" + core::escaped_string(s) + "\"";
  };
  std::string facts, remarks;
  for (const auto& [name, value] : id.identity.facts)
    facts += fmt::format("{}{}: {}", facts.empty() ? "" : ", ", text(name), text(value));
  for (const std::string& remark : id.identity.remarks) remarks += (remarks.empty() ? "" : ", ") + text(remark);
  return fmt::format(
      "{{\"path\": {}, \"probe\": {}, \"format\": {}, \"container\": {}, \"facts\": {{{}}}, \"remarks\": [{}], "
      "\"problem\": {}}}",
      text(id.path), text(id.probe), text(id.identity.format), text(id.container), facts, remarks, text(id.problem));
}

void print_text(const Identified& id) {
  if (!id.problem.empty()) {
    fmt::print("{}\n", id.problem);
    return;
  }
  fmt::print("{}: {}\n", id.path, id.identity.format);
  for (const auto& [name, value] : id.identity.facts) fmt::print("  {}: {}\n", name, value);
  for (const std::string& remark : id.identity.remarks) fmt::print("  {}\n", remark);
  if (!id.probe.empty()) fmt::print("  read by: litho {}\n", id.probe);
}

struct ConvertOptions {
  std::vector<std::string> files;
  std::string out, to;
  bool force = false;
  SettingFlags settings;
};

// The probes that can write a measurement in that format.
std::vector<const probe::Probe*> writers(const Registry& registry, const std::string& format) {
  std::vector<const probe::Probe*> out;
  for (const probe::Probe& p : registry) {
    if (std::ranges::find(p.exports, format, &probe::Export::name) != p.exports.end()) out.push_back(&p);
  }
  return out;
}

core::ExitCode convert(const ConvertOptions& options, const Registry& registry) {
  const auto able = writers(registry, options.to);
  if (able.empty()) {
    std::vector<std::string> names;
    std::string list;
    for (const probe::Probe& p : registry) {
      for (const probe::Export& e : p.exports) {
        if (std::ranges::find(names, e.name) == names.end()) {
          names.push_back(e.name);
          list += (list.empty() ? "" : ", ") + e.name;
        }
      }
    }
    throw core::UsageError({.what = "--to must be one of " + list, .expected = list, .found = options.to});
  }
  const probe::Probe& p = *able.front();
  io::TomlTable root;
  auto m = std::make_shared<io::TomlTable>();
  m->entries.emplace_back("probe", io::TomlNode{.value = p.name});
  std::vector<io::TomlNode> files;
  for (const std::string& file : options.files) files.push_back({.value = file});
  m->entries.emplace_back("files", io::TomlNode{.value = std::move(files)});
  root.entries.emplace_back("measurement", io::TomlNode{.value = std::vector<io::TomlNode>{{.value = std::move(m)}}});
  for (const auto& [name, value] : options.settings.toml()) io::apply_override(root, {"measurement.0." + name, value});
  study::Study definition = study::study_from(root, "command line", registry);
  definition.path.clear();
  definition.directory.clear();
  const study::Plan plan = study::make_plan(definition, registry);
  core::Log log{true};
  const auto progress = core::terminal_progress();
  probe::Context context{.progress = *progress, .log = log};
  const auto e = std::ranges::find(p.exports, options.to, &probe::Export::name);
  const std::string bytes = e->write(plan.steps.front().measurement, context);
  if (options.out.empty())
    fmt::print("{}", bytes);
  else
    io::write_file(options.out, bytes, options.force ? io::Existing::replace : io::Existing::refuse);
  return core::ExitCode::done;
}

}  // namespace

void add_identify(CommandLine& line, const Registry& registry) {
  struct Options {
    std::vector<std::string> files;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  Command command = line.command("identify", "Tell what a file is, from its content");
  command.required_paths("FILE", options->files, "any files");
  command.flag("--json", options->json, "Print one JSON object instead of text");
  command.action([options, &registry] {
    bool readable = true;
    std::string list;
    for (const std::string& path : options->files) {
      const Identified id = identify(path, registry);
      readable = readable && id.problem.empty();
      if (options->json)
        list += (list.empty() ? "\n  " : ",\n  ") + json_of(id);
      else
        print_text(id);
    }
    if (options->json) fmt::print("{{\"schema\": \"lithoscope/identify/2\", \"files\": [{}\n]}}\n", list);
    return readable ? core::ExitCode::done : core::ExitCode::unreadable_input;
  });
}

void add_convert(CommandLine& line, const Registry& registry) {
  auto options = std::make_shared<ConvertOptions>();
  Command command = line.command("convert", "Write files of one measurement in another format");
  command.required_paths("FILE", options->files, "files of one measurement");
  command.text("--out", options->out, "File to write; standard output by default");
  command.text("--to", options->to, "Format to write, such as bdf, mpt or xdi [bdf]");
  command.flag("--force", options->force, "Replace a file that is already there");
  options->to = "bdf";
  std::vector<std::string> taken{"--out", "--to", "--force"};
  for (const probe::Probe& p : registry) {
    std::vector<core::SettingInfo> reading;
    for (const core::SettingInfo& info : p.settings) {
      if (!p.exports.empty() && info.heading == "The record") reading.push_back(info);
    }
    options->settings.add(command, reading, taken);
  }
  command.action([options, &registry] { return convert(*options, registry); });
}

void add_report(CommandLine& line) {
  struct Options {
    std::string directory;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  Command command = line.command("report", "Draw the report of a finished run again, with this version's looks");
  command.required_path("RUN", options->directory, "the folder of the run");
  command.flag("--json", options->json, "Print one JSON object instead of text");
  command.action([options] {
    const std::string page = lithoscope::report::redraw_report(options->directory);
    if (options->json)
      fmt::print("{{\"schema\": \"lithoscope/report-path/1\", \"report\": \"{}\"}}\n", core::escaped_string(page));
    else
      fmt::print("report: {}\n", page);
    return core::ExitCode::done;
  });
}

}  // namespace litho
