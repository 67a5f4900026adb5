#include "command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

namespace litho {

using lithoscope::core::ExitCode;

struct Command::Impl {
  CLI::App* app;
  std::string heading = "Options";
  std::function<ExitCode()>* chosen;
};

Command::Command(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Command::~Command() = default;
Command::Command(Command&&) noexcept = default;

void Command::flag(const std::string& name, bool& target, const std::string& help) {
  impl_->app->add_flag(name, target, help)->group(impl_->heading);
}
void Command::toggle(const std::string& name, std::string& target, const std::string& help) {
  impl_->app->add_flag(name + "{true}", target, help)->group(impl_->heading);
}
void Command::text(const std::string& name, std::string& target, const std::string& help) {
  impl_->app->add_option(name, target, help)->group(impl_->heading);
}
void Command::number(const std::string& name, int& target, const std::string& help) {
  impl_->app->add_option(name, target, help)->group(impl_->heading);
}
void Command::texts(const std::string& name, std::vector<std::string>& target, const std::string& help) {
  impl_->app->add_option(name, target, help)->expected(1)->take_all()->group(impl_->heading);
}
void Command::path(const std::string& name, std::string& target, const std::string& help) {
  impl_->app->add_option(name, target, help);
}
void Command::paths(const std::string& name, std::vector<std::string>& target, const std::string& help) {
  impl_->app->add_option(name, target, help);
}
void Command::required_path(const std::string& name, std::string& target, const std::string& help) {
  impl_->app->add_option(name, target, help)->required();
}
void Command::required_paths(const std::string& name, std::vector<std::string>& target, const std::string& help) {
  impl_->app->add_option(name, target, help)->required();
}
void Command::heading(const std::string& title) { impl_->heading = title; }
void Command::action(std::function<ExitCode()> run) {
  impl_->app->callback([chosen = impl_->chosen, run = std::move(run)] { *chosen = run; });
}

struct CommandLine::Impl {
  CLI::App app{"Lithoscope: battery cathodes from raw cycler and detector files to one report.", "litho"};
  std::function<ExitCode()> chosen;
};

CommandLine::CommandLine(const std::string& version) : impl_(std::make_unique<Impl>()) {
  impl_->app.require_subcommand(1);
  impl_->app.set_version_flag("--version", version);
  impl_->app.footer(
      "`litho COMMAND --help` explains a command. Exit codes: 0 done, 1 data failed, 2 usage or study file, "
      "3 unreadable input,\n4 the data cannot bear it or a quality gate failed, 5 output, 70 a bug, 130 interrupted.");
}
CommandLine::~CommandLine() = default;

Command CommandLine::command(const std::string& name, const std::string& help) {
  return Command{
      std::make_unique<Command::Impl>(Command::Impl{impl_->app.add_subcommand(name, help), "Options", &impl_->chosen})};
}

ExitCode CommandLine::run(int argc, const char* const* argv) {
  try {
    impl_->app.parse(argc, argv);
  } catch (const CLI::Success& information) {  // --help, --version
    impl_->app.exit(information);
    return ExitCode::done;
  } catch (const CLI::ParseError& error) {
    throw lithoscope::core::UsageError(
        {.what = error.what(), .advice = "litho --help lists the commands, litho COMMAND --help their options"});
  }
  return impl_->chosen();
}

}  // namespace litho
