// Settings, roles and the probe `particle`.
#include <fmt/format.h>

#include <array>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/io/input_file.hpp"
#include "lithoscope/programme/particle_run.hpp"
#include "lithoscope/programme/probes.hpp"
#include "preset_files.hpp"

namespace lithoscope::programme {

std::span<const core::Setting<ParticleSettings>> particle_settings_table() {
  using P = ParticleSettings;
  static constexpr std::array table{
      core::Setting<P>{"set", "", &P::set,
                       "Put a value into the programme in place of what stands there, KEY=VALUE with a dotted key "
                       "such as grain.radius=\"80 nm\" or step.0.duration=\"2 h\"; may be repeated"},
      core::Setting<P>{"scan", "", &P::scan,
                       "Also run the scan of the programme file: a grid or Latin hypercube of parameters"}};
  return table;
}

result::Source source_of(const probe::Input& input, const std::string& role) {
  result::Source out{.role = role, .path = input.path, .format = "programme file of the particle"};
  if (input.builtin) {
    out.format = "preset of the particle";
    out.sha256 = io::InputFile::from_bytes(input.path, preset_text(input.path)).sha256();
  }
  return out;
}

namespace {

ParticleSettings settings_of(const probe::Measurement& m) { return probe::settings_in(m, particle_settings_table()); }

ProgrammeFile file_of(const probe::Measurement& m) {
  const probe::Input* input = m.one("files");
  if (input == nullptr) {
    throw core::UsageError({.what = "no programme is given",
                            .expected = "the path of a programme file, or the name of a preset",
                            .found = "nothing",
                            .advice = "litho particle --list names the presets, --show NAME prints one to start from"});
  }
  return read_programme_file(input->path, overrides_of(settings_of(m).set));
}

result::Result reduce(const probe::Measurement& m, probe::Context& context) {
  const ProgrammeFile file = file_of(m);
  const ParticleOutcome outcome = run_particle(file, settings_of(m).scan, context.progress, context.log);
  refuse_idle_overrides(m.one("files")->path, overrides_of(settings_of(m).set));
  result::Result out = describe(outcome);
  out.sources.push_back(source_of(*m.one("files"), "files"));
  return out;
}

std::string print_list(const probe::Measurement&, const std::string&, probe::Context&) {
  std::string out;
  for (const Preset& preset : presets()) out += fmt::format("{:<12} {}\n", preset.name, preset.title);
  return out;
}

std::string print_preset(const probe::Measurement&, const std::string& name, probe::Context&) {
  return preset_text(name);
}

std::string print_resolved(const probe::Measurement& m, const std::string&, probe::Context&) {
  const ProgrammeFile file = file_of(m);
  std::string out = resolved_text(file);
  if (file.scan) out += fmt::format("# the scan has {} runs\n", particle::scan_points(*file.scan).size());
  return out;
}

probe::Probe particle_probe() {
  std::vector<std::string> names;
  for (const auto& [name, text] : preset_files()) names.emplace_back(name);
  return {
      .name = "particle",
      .help = "Run a programme (charge, wait, heat, ...) on a model particle: profiles, valences, what probes see",
      .version = "2",
      .roles = {{.name = "files",
                 .help = "A programme file (TOML) or the name of a preset",
                 .required = false,  // the list of presets needs none; reduce asks for it
                 .many = false,
                 .builtin = std::move(names)}},
      .settings = core::setting_infos(particle_settings_table(), "The programme"),
      .reduce = reduce,
      .printouts = {
          {.name = "list", .help = "Name the presets that come with the program", .print = print_list},
          {.name = "show",
           .help = "Print a preset's file, to start one's own from",
           .takes_text = true,
           .print = print_preset},
          {.name = "resolved", .help = "Print the programme with every default written out", .print = print_resolved}}};
}

}  // namespace

std::vector<probe::Probe> probes() { return {particle_probe()}; }

}  // namespace lithoscope::programme
