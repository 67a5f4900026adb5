// litho identify FILE...: what a file is, from its content.
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <optional>

#include "commands.hpp"
#include "lithoscope/core/constants.hpp"
#include "lithoscope/core/log.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/echem/cycler_files.hpp"
#include "lithoscope/echem/steps.hpp"
#include "lithoscope/io/recognise.hpp"
#include "lithoscope/tes/recognise.hpp"
#include "lithoscope/xas/scan_files.hpp"

namespace litho {
namespace core = lithoscope::core;
namespace echem = lithoscope::echem;
namespace io = lithoscope::io;
namespace tes = lithoscope::tes;
namespace xas = lithoscope::xas;
namespace {

struct Options {
  std::vector<std::string> files;
  bool json = false;
};

struct Identity {
  std::string path, format, container, technique, instrument, started, problem;
  std::int64_t rows = 0;
  std::int64_t steps = 0;
  std::vector<std::string> scans;       // of an absorption file
  std::optional<tes::FileSummary> run;  // what a file of a microcalorimeter run holds
  double hours = 0;
  double low_V = 0, high_V = 0;
  double mass_mg = 0;  // 0 when the file does not say
};

Identity identify(const std::string& path) {
  Identity id;
  id.path = path;
  try {
    const io::InputFile file = io::InputFile::open(path);
    id.container = io::container_name(io::recognise_container(file.bytes()));
    if (file.was_compressed()) id.container += ", gzip";
    // First: the absorption formats take any text with columns of numbers.
    if (tes::recognise(file.bytes()) != tes::FileKind::none) {
      id.run = tes::summarise_file(file);
      id.format = id.run->format;
      return id;
    }
    if (!echem::is_cycler_file(file.bytes()) && xas::is_scan_file(file.bytes())) {
      const xas::ScanFile scans = xas::read_scan_file(file);
      id.format = scans.format;
      for (const xas::Scan& scan : scans.scans) {
        id.scans.push_back(scan.name);
        id.rows += scan.rows();
      }
      return id;
    }
    const echem::CyclerTable table = echem::read_cycler_file(file);
    const echem::SourceFile& source = table.sources.front();
    id.format = source.format;
    id.technique = source.technique;
    id.instrument = source.instrument;
    id.started = source.started;
    id.rows = table.rows();
    id.steps = static_cast<std::int64_t>(echem::find_steps(table, {}).size());
    id.hours = (table.time_s.back() - table.time_s.front()) / core::seconds_per_hour;
    const auto [low, high] = std::minmax_element(table.potential_V.begin(), table.potential_V.end());
    id.low_V = *low;
    id.high_V = *high;
    id.mass_mg = table.sample.active_mass_kg.value_or(0) * 1e6;
  } catch (const core::UnreadableFile& error) {
    id.problem = error.what();
  }
  return id;
}

void print_json(const std::vector<Identity>& all) {
  fmt::print("{{\"schema\": \"lithoscope/identify/1\", \"files\": [");
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Identity& id = all[i];
    const auto text = [](const std::string& s) {
      return s.empty() ? std::string{"null"} : "\"" + core::escaped_string(s) + "\"";
    };
    fmt::print("{}\n  {{\"path\": {}, \"format\": {}, \"container\": {}, \"technique\": {}, \"started\": {}, ",
               i > 0 ? "," : "", text(id.path), text(id.format), text(id.container), text(id.technique),
               text(id.started));
    if (id.run) {
      fmt::print("\"counted\": {}, \"count\": {}, \"facts\": {{", text(id.run->counted), id.run->count);
      for (std::size_t k = 0; k < id.run->facts.size(); ++k) {
        const auto& [name, value] = id.run->facts[k];
        fmt::print("{}{}: {}", k > 0 ? ", " : "", text(name), text(value));
      }
      fmt::print("}}, \"remarks\": [");
      for (std::size_t k = 0; k < id.run->remarks.size(); ++k)
        fmt::print("{}{}", k > 0 ? ", " : "", text(id.run->remarks[k]));
      fmt::print("]}}");
    } else if (!id.scans.empty()) {
      fmt::print("\"rows\": {}, \"scans\": [", id.rows);
      for (std::size_t k = 0; k < id.scans.size(); ++k) fmt::print("{}{}", k > 0 ? ", " : "", text(id.scans[k]));
      fmt::print("]}}");
    } else if (id.problem.empty()) {
      fmt::print("\"rows\": {}, \"steps\": {}, \"duration_h\": {}, \"potential_V\": [{}, {}], \"active_mass_mg\": {}}}",
                 id.rows, id.steps, id.hours, id.low_V, id.high_V,
                 id.mass_mg > 0 ? fmt::format("{}", id.mass_mg) : "null");
    } else {
      fmt::print("\"problem\": {}}}", text(id.problem));
    }
  }
  fmt::print("\n]}}\n");
}

void print_text(const Identity& id) {
  if (!id.problem.empty()) {
    fmt::print("{}\n", id.problem);
    return;
  }
  if (id.run) {
    fmt::print("{}: {}\n  {} {}\n", id.path, id.format, id.run->count, id.run->counted);
    for (const auto& [name, value] : id.run->facts) fmt::print("  {}: {}\n", name, value);
    for (const std::string& remark : id.run->remarks) fmt::print("  {}\n", remark);
    return;
  }
  if (!id.scans.empty()) {
    fmt::print("{}: {}\n  {} scan{}, {} rows; litho xas --list says more\n", id.path, id.format, id.scans.size(),
               id.scans.size() == 1 ? "" : "s", id.rows);
    return;
  }
  fmt::print("{}: {}\n  {} rows, {} steps, {:.4g} h, {:.3f} to {:.3f} V\n", id.path, id.format, id.rows, id.steps,
             id.hours, id.low_V, id.high_V);
  if (!id.technique.empty()) fmt::print("  technique: {}\n", id.technique);
  if (!id.instrument.empty()) fmt::print("  instrument: {}\n", id.instrument);
  if (!id.started.empty()) fmt::print("  started: {}\n", id.started);
  if (id.mass_mg > 0) fmt::print("  active mass in the file: {:.4g} mg\n", id.mass_mg);
}

core::ExitCode run(const Options& options) {
  std::vector<Identity> all;
  bool readable = true;
  for (const std::string& path : options.files) {
    all.push_back(identify(path));
    readable = readable && all.back().problem.empty();
  }
  if (options.json) {
    print_json(all);
  } else {
    for (const Identity& id : all) print_text(id);
  }
  return readable ? core::ExitCode::done : core::ExitCode::unreadable_input;
}

}  // namespace

void add_identify(CommandLine& line) {
  auto options = std::make_shared<Options>();
  Command command = line.command("identify", "Say what a file is, from its content");
  command.required_paths("FILE", options->files, "any files");
  command.flag("--json", options->json, "print one JSON object instead of text");
  command.action([options] { return run(*options); });
}

}  // namespace litho
