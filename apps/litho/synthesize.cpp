// litho synthesize PROGRAMME: the raw file a cycler or a beamline would have written of a model particle.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "commands.hpp"
#include "lithoscope/core/units.hpp"
#include "lithoscope/echem/synthesize.hpp"
#include "lithoscope/io/atomic_file.hpp"
#include "lithoscope/study/particle_file.hpp"
#include "lithoscope/study/particle_yields.hpp"
#include "lithoscope/xas/scan_files.hpp"
#include "record_output.hpp"
#include "study_options.hpp"
#include "synthesize_array.hpp"

namespace litho {
namespace core = lithoscope::core;
namespace echem = lithoscope::echem;
namespace particle = lithoscope::particle;
namespace io = lithoscope::io;
namespace study = lithoscope::study;
namespace xas = lithoscope::xas;
namespace {

struct Options {
  RunOptions run;  ///< only --set
  std::string programme;
  std::string out;
  std::string format = "mpt";
  std::string branch;
  std::string active_mass = "4.1 mg";
  std::string rest_before = "600 s";
  std::string noise = "0 V";
  std::string resolution = "0.000001 V";
  std::string even_step = "60 s";
  std::string edge, at, counts;
  ArrayOptions array;
  int seed = 1;
  bool force = false;
};

double positive(const std::string& flag, const std::string& text, const char* unit, bool zero_allowed) {
  const double value = core::parse_quantity(text, unit).value;
  if (value > 0 || (zero_allowed && value == 0)) return value;
  throw core::UsageError({.what = fmt::format("{} {} cannot be", flag, text),
                          .expected = zero_allowed ? "nothing negative" : "more than zero",
                          .found = text});
}

const particle::Leg& leg_of(const particle::Run& run, const std::string& name) {
  if (name.empty()) return run.trunk;
  const auto leg = std::ranges::find(run.branches, name, &particle::Leg::name);
  if (leg != run.branches.end()) return *leg;
  std::string known;
  for (const particle::Leg& l : run.branches) known += (known.empty() ? "" : ", ") + l.name;
  throw core::UsageError({.what = fmt::format("the programme has no branch \"{}\"", name),
                          .expected = known.empty() ? "no --branch: there is only the trunk" : "one of " + known,
                          .found = name});
}

void write_text(const Options& options, const std::string& text) {
  if (options.out.empty()) {
    fmt::print("{}", text);
  } else {
    io::write_file(options.out, text, options.force ? io::Existing::replace : io::Existing::refuse);
  }
}

// The absorption scan of one element at the end of a step.
core::ExitCode write_scan(const Options& options) {
  const study::ParticleStudy definition = study::read_particle_study(options.programme, overrides(options.run));
  const auto progress = core::terminal_progress();
  const particle::Run result =
      particle::simulate(definition.model, definition.programme, particle::Record::marks, particle::Sampling{});
  const particle::Mark& mark = study::mark_of(leg_of(result, options.branch), options.at);
  const xas::Yields yields = study::predict_yields(definition, mark, options.edge, *progress);
  xas::Beam beam{.seed = static_cast<std::uint64_t>(options.seed)};
  if (!options.counts.empty()) beam.electron_counts = positive("--counts", options.counts, "1", false);
  fmt::print(stderr, "note: {} as the electrons see it {:.4f}, as the fluorescence does {:.4f}\n", options.edge,
             yields.electron_valence.value, yields.partial_valence.value);
  write_text(options, xas::ssrl_raw_text(xas::synthesize_scan(yields, beam)));
  return core::ExitCode::done;
}

core::ExitCode run(const Options& options) {
  if (options.seed < 0) {
    throw core::UsageError(
        {.what = "--seed counts from 0", .expected = "0 or more", .found = std::to_string(options.seed)});
  }
  if (!options.array.run.empty()) return write_array_run(options.array, options.seed, options.force);
  if (!options.edge.empty()) return write_scan(options);
  require_record_format(options.format);
  const echem::Instrument instrument{.active_mass_kg = positive("--active-mass", options.active_mass, "kg", false),
                                     .rest_before_s = positive("--rest-before", options.rest_before, "s", false),
                                     .noise_V = positive("--noise", options.noise, "V", true),
                                     .resolution_V = positive("--resolution", options.resolution, "V", true),
                                     .seed = static_cast<std::uint64_t>(options.seed)};
  const particle::Sampling sampling{.even_s = positive("--even-step", options.even_step, "s", false)};
  const study::ParticleStudy definition = study::read_particle_study(options.programme, overrides(options.run));
  const particle::Run result =
      particle::simulate(definition.model, definition.programme, particle::Record::trace, sampling);
  echem::CyclerTable table = echem::synthesize_record(definition.model, leg_of(result, options.branch), instrument);
  table.sample.comment = "Lithoscope twin: " + definition.programme.title;
  write_record(table, options.format, options.out, options.force);
  return core::ExitCode::done;
}

}  // namespace

void add_synthesize(CommandLine& line) {
  auto options = std::make_shared<Options>();
  Command command =
      line.command("synthesize", "Write the file a cycler or a beamline would have recorded of a model particle");
  command.path("PROGRAMME", options->programme, "a programme file (TOML) or the name of a preset");
  command.text("--out", options->out, "file to write; standard output by default");
  command.text("--to", options->format, "mpt (BioLogic text) or bdf (Battery Data Format csv) [mpt]");
  command.text("--branch", options->branch, "record this branch instead of the trunk");
  command.text("--active-mass", options->active_mass, "of the electrode [4.1 mg]");
  command.text("--rest-before", options->rest_before, "at open circuit, before the programme starts [600 s]");
  command.text("--noise", options->noise, "of the potential, standard deviation of a row [0 V]");
  command.text("--resolution", options->resolution, "of the recorded potential [0.000001 V]");
  command.text("--even-step", options->even_step,
               "longest time between rows; after a switch they start at 0.1 s and spread out [60 s]");
  command.number("--seed", options->seed, "of the noise [1]");
  command.texts("--set", options->run.set, "KEY=VALUE of the programme; may be repeated");
  command.heading("An absorption scan in place of a cycler's record");
  command.text("--edge", options->edge, "Mn, Co or Ni: write an SSRL 8-2 raw table of its L2,3 edge");
  command.text("--at", options->at, "at the end of this step [the last one]");
  command.text("--counts", options->counts, "electron counts at the maximum, per point [900000]");
  add_array_options(command, options->array);
  command.flag("--force", options->force, "replace a file that is already there");
  command.action([options] { return run(*options); });
}

}  // namespace litho
