// litho PROBE FILE...: a study of one measurement, or of one before and one after, made from the probe's table.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <list>
#include <memory>

#include "commands.hpp"
#include "lithoscope/io/atomic_file.hpp"
#include "lithoscope/io/text_table.hpp"
#include "run_options.hpp"
#include "setting_flags.hpp"

namespace litho {
namespace fs = std::filesystem;
namespace core = lithoscope::core;
namespace io = lithoscope::io;
namespace probe = lithoscope::probe;
namespace study = lithoscope::study;
namespace {

struct RoleFlag {
  const probe::Role* role;
  std::vector<std::string> files, after;
};

struct PrintoutFlag {
  const probe::Printout* printout;
  bool asked = false;
  std::string text;
};

class ProbeCommand {
 public:
  ProbeCommand(const probe::Probe& probe, const Registry& registry) : probe_(probe), registry_(registry) {
    accepted_.push_back(&probe);
    if (!has_files(probe)) {
      for (const probe::Take& take : probe.takes) accepted_.push_back(study::find_probe(registry, take.probe));
    }
    std::erase(accepted_, nullptr);
  }

  void declare(Command& command) {
    declare_positional(command);
    for (const probe::Printout& p : probe_.printouts) {
      PrintoutFlag& flag = printouts_.emplace_back(PrintoutFlag{.printout = &p, .asked = false, .text = {}});
      taken_.push_back("--" + p.name);
      if (p.takes_text)
        command.text("--" + p.name, flag.text, p.help);
      else
        command.flag("--" + p.name, flag.asked, p.help);
    }
    const bool own_set = std::ranges::any_of(probe_.settings, [](const auto& s) { return s.name == "set"; });
    add_run_options(command, options_, "Folder for a report; without it the result is only printed", !own_set);
    for (const char* flag :
         {"--dry-run", "--out", "--force", "--json", "--threads", "--seed", "--verbose", "--watch", "--watch-for"})
      taken_.emplace_back(flag);
    if (!own_set) taken_.emplace_back("--set");
    if (!probe_.exports.empty())
      command.text("--write", write_, "Write the measurement to this file, in the format its ending names");
    declare_roles(command);
    declare_sample(command);
    for (const probe::Probe* p : accepted_) settings_.add(command, p->settings, taken_);
  }

  core::ExitCode run() {
    for (const PrintoutFlag& flag : printouts_) {
      if (!flag.asked && flag.text.empty()) continue;
      core::Log log{options_.verbose};
      const auto progress = core::terminal_progress();
      probe::Context context{.progress = *progress, .log = log};
      fmt::print("{}", flag.printout->print(measurement(), flag.text, context));
      return core::ExitCode::done;
    }
    require_positional();
    const core::ExitCode code =
        run_study(options_, [this] { return plan(); }, [this](const study::Plan& p) { return shown(p); });
    if (!write_.empty()) write_export();  // after the answers: they say why one is refused
    return code;
  }

 private:
  static bool has_files(const probe::Probe& p) {
    return std::ranges::find(p.roles, "files", &probe::Role::name) != p.roles.end();
  }

  // ---- the flags
  // -----------------------------------------------------------------------------------------------------

  void declare_positional(Command& command) {
    for (const probe::Probe* p : accepted_) {
      const auto role = std::ranges::find(p->roles, "files", &probe::Role::name);
      if (role == p->roles.end()) continue;
      files_ = &*role;
      std::string help = role->help;
      if (role->selectable) help += "; FILE:SCAN picks one of several scans";
      if (p != &probe_) help += ", or the folder of a finished run";
      command.paths("FILE", positional_, help);
      return;
    }
    const auto text =
        std::ranges::find_if(probe_.settings, [](const auto& s) { return s.kind == core::SettingKind::text; });
    if (text == probe_.settings.end()) return;
    positional_setting_ = &*text;
    taken_.push_back(text->flag());
    std::string name = text->name;
    std::ranges::transform(name, name.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    command.paths(name, positional_, text->help);
  }

  void declare_roles(Command& command) {
    command.heading("Files");
    if (probe_.partner)
      command.texts("--after", after_, "The same after a treatment: compared with FILE [none]; may be repeated");
    for (const probe::Probe* p : accepted_) {
      for (const probe::Role& role : p->roles) {
        const std::string flag = "--" + flag_name(role.name);
        if (role.name == "files" || std::ranges::find(taken_, flag) != taken_.end()) continue;
        taken_.push_back(flag);
        RoleFlag& entry = roles_.emplace_back(RoleFlag{.role = &role, .files = {}, .after = {}});
        command.texts(flag, entry.files, role.help + (role.many ? "; may be repeated" : ""));
        if (probe_.partner)
          command.texts("--after-" + flag_name(role.name), entry.after, "The same after the treatment [that before]");
      }
    }
  }

  static std::string flag_name(std::string name) {
    std::ranges::replace(name, '_', '-');
    return name;
  }

  void declare_sample(Command& command) {
    std::vector<core::SettingInfo> infos;
    for (const core::SettingInfo& info :
         core::setting_infos<probe::Sample>(probe::sample_settings_table(), "The sample")) {
      const bool wanted = std::ranges::any_of(
          accepted_, [&](const probe::Probe* p) { return std::ranges::find(p->sample, info.name) != p->sample.end(); });
      if (wanted) infos.push_back(info);
    }
    sample_.add(command, infos, taken_);
    const bool lithium = std::ranges::find(probe_.state, "lithium_extracted") != probe_.state.end();
    if (lithium)
      command.text("--lithium-extracted", lithium_,
                   "Lithium per formula unit already out at the first row, such as 0.02");
  }

  // ---- the study
  // -----------------------------------------------------------------------------------------------------

  bool compares() const {
    return !after_.empty() || std::ranges::any_of(roles_, [](const RoleFlag& r) { return !r.after.empty(); });
  }

  void require_positional() const {
    if (!positional_.empty()) return;
    std::string listing;
    for (const PrintoutFlag& flag : printouts_) {
      if (!flag.printout->takes_text && listing.empty())
        listing = fmt::format("litho {} --{}: {}", probe_.name, flag.printout->name, flag.printout->help);
    }
    throw core::UsageError({.what = positional_setting_ != nullptr
                                        ? fmt::format("no {} is given", positional_setting_->name)
                                        : std::string{"no file is given"},
                            .expected = positional_setting_ != nullptr ? positional_setting_->help
                                        : files_ != nullptr            ? files_->help
                                                                       : "a file",
                            .found = "nothing",
                            .advice = listing});
  }

  static io::TomlNode text_list(const std::vector<std::string>& texts) {
    std::vector<io::TomlNode> out;
    for (const std::string& text : texts) out.push_back({.value = text});
    return {.value = std::move(out)};
  }

  io::TomlTable measurement_table(bool after) const {
    io::TomlTable m;
    m.entries.emplace_back("probe", io::TomlNode{.value = probe_.name});
    if (compares())
      m.entries.emplace_back("state", io::TomlNode{.value = std::string{after ? "after" : "before"}});
    else if (!lithium_.empty())
      m.entries.emplace_back("state", io::TomlNode{.value = std::string{"start"}});
    // Without files of its own, or with the same, the state after is another scan of those before: of one detector with
    // one calibration.
    const bool again = after && !has_files(probe_) && after_ == positional_;
    const std::vector<std::string> files = again ? std::vector<std::string>{} : (after ? after_ : positional_);
    if (positional_setting_ == nullptr && !files.empty()) m.entries.emplace_back("files", text_list(files));
    for (const RoleFlag& role : roles_) {
      const auto& of = after && !role.after.empty() ? role.after : role.files;
      if (!of.empty()) put_role(m, role.role->name, of);
    }
    return m;
  }

  // A role that settings share a table with is written as its "files".
  void put_role(io::TomlTable& m, const std::string& name, const std::vector<std::string>& files) const {
    const bool shares = std::ranges::any_of(accepted_, [&](const probe::Probe* p) {
      return std::ranges::any_of(p->settings, [&](const auto& s) { return s.name.starts_with(name + "."); });
    });
    if (!shares) {
      m.entries.emplace_back(name, text_list(files));
      return;
    }
    auto inner = std::make_shared<io::TomlTable>();
    inner->entries.emplace_back("files", text_list(files));
    m.entries.emplace_back(name, io::TomlNode{.value = std::move(inner)});
  }

  static io::TomlNode state_node(const char* name, const char* after) {
    auto state = std::make_shared<io::TomlTable>();
    state->entries.emplace_back("name", io::TomlNode{.value = std::string{name}});
    if (*after != '\0') state->entries.emplace_back("after", io::TomlNode{.value = std::string{after}});
    return {.value = std::move(state)};
  }

  study::Study definition() const {
    io::TomlTable root;
    std::vector<io::TomlNode> states, measurements;
    if (compares()) {
      states = {state_node("before", ""), state_node("after", "before")};
    } else if (!lithium_.empty()) {
      states = {state_node("start", "")};
    }
    for (const bool after : {false, true}) {
      if (after && !compares()) continue;
      measurements.push_back({.value = std::make_shared<io::TomlTable>(measurement_table(after))});
    }
    const std::size_t count = measurements.size();
    if (!states.empty()) root.entries.emplace_back("state", io::TomlNode{.value = std::move(states)});
    root.entries.emplace_back("measurement", io::TomlNode{.value = std::move(measurements)});
    put(root, "sample.", sample_);
    for (std::size_t k = 0; k < count; ++k) {
      put(root, fmt::format("measurement.{}.", k), settings_);
      if (positional_setting_ != nullptr && !positional_.empty())
        io::apply_override(
            root, {fmt::format("measurement.{}.{}", k, positional_setting_->name), io::quoted(positional_.front())});
    }
    if (!lithium_.empty()) io::apply_override(root, {"state.0.lithium_extracted", lithium_});
    for (const io::Override& change : overrides(options_)) io::apply_override(root, change);
    study::Study out = study::study_from(root, "command line", registry_);
    out.path.clear();
    out.directory.clear();
    const std::string title = probe_.title.empty() ? probe_.name : probe_.title;
    out.title = positional_.empty()
                    ? title
                    : fmt::format("{} of {}", title, io::to_utf8(fs::path(positional_.front()).filename().string()));
    for (study::Entry& entry : out.entries) entry.line = 0;
    return out;
  }

  static void put(io::TomlTable& root, const std::string& prefix, const SettingFlags& flags) {
    for (const auto& [name, value] : flags.toml()) io::apply_override(root, {prefix + name, value});
  }

  study::Plan plan() const {
    return study::make_plan(definition(), registry_, static_cast<std::uint64_t>(options_.seed));
  }

  Shown shown(const study::Plan& plan) const {
    Shown out{.ids = {}, .tables = true};
    const bool pair = compares();
    for (const study::Step& step : plan.steps) {
      if (step.probe == &probe_ && (!pair || step.measurement.state == "after")) out.ids.push_back(step.id);
    }
    return out;
  }

  // ---- what is no run
  // ------------------------------------------------------------------------------------------------

  // The measurement as far as it is given: printouts need no more.
  probe::Measurement measurement() const {
    if (!positional_.empty()) return plan().steps.back().measurement;
    probe::Measurement m{.probe = probe_.name, .name = probe_.name, .state = {}, .files = {}};
    const core::Settings typed = settings_.typed();
    for (const core::SettingInfo& info : probe_.settings) {
      const core::SettingValue* given = typed.find(info.name);
      m.settings.set(info.name, given != nullptr ? *given : info.otherwise);
    }
    return m;
  }

  void write_export() const {
    const probe::Export* chosen = nullptr;
    for (const probe::Export& e : probe_.exports) {
      for (const std::string& ending : e.endings) {
        if (write_.ends_with("." + ending)) chosen = &e;
      }
    }
    if (chosen == nullptr) chosen = &probe_.exports.front();
    const study::Plan p = plan();
    if (p.steps.size() != 1 || p.steps.front().measurement.of("files").size() > 1)
      throw core::UsageError({.what = "--write takes one measurement",
                              .expected = "one FILE",
                              .found = std::to_string(positional_.size())});
    core::Log log{options_.verbose};
    const auto progress = core::terminal_progress();
    probe::Context context{.progress = *progress, .log = log};
    io::write_file(write_, chosen->write(p.steps.front().measurement, context),
                   options_.force ? io::Existing::replace : io::Existing::refuse);
  }

  const probe::Probe& probe_;
  const Registry& registry_;
  std::vector<const probe::Probe*> accepted_;
  const probe::Role* files_ = nullptr;
  const core::SettingInfo* positional_setting_ = nullptr;
  RunOptions options_;
  std::vector<std::string> positional_, after_, taken_;
  std::list<RoleFlag> roles_;
  std::list<PrintoutFlag> printouts_;
  SettingFlags settings_, sample_;
  std::string lithium_, write_;
};

}  // namespace

void add_probe(CommandLine& line, const probe::Probe& probe, const Registry& registry) {
  auto command = std::make_shared<ProbeCommand>(probe, registry);
  Command entry = line.command(probe.name, probe.help);
  command->declare(entry);
  entry.action([command] { return command->run(); });
}

}  // namespace litho
