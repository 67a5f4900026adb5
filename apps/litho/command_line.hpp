// The command line's grammar without its heavy library: subcommands declare what they take.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lithoscope/core/errors.hpp"

namespace litho {

class Command {
 public:
  struct Impl;
  explicit Command(std::unique_ptr<Impl> impl);
  ~Command();
  Command(Command&&) noexcept;

  void flag(const std::string& name, bool& target, const std::string& help);
  /// A switch that keeps what was typed: "true" for --NAME, "no" for --NAME=no.
  void toggle(const std::string& name, std::string& target, const std::string& help);
  void text(const std::string& name, std::string& target, const std::string& help);
  void number(const std::string& name, int& target, const std::string& help);
  /// May be given several times.
  void texts(const std::string& name, std::vector<std::string>& target, const std::string& help);
  void path(const std::string& name, std::string& target, const std::string& help);
  void paths(const std::string& name, std::vector<std::string>& target, const std::string& help);
  void required_path(const std::string& name, std::string& target, const std::string& help);
  void required_paths(const std::string& name, std::vector<std::string>& target, const std::string& help);
  /// The following options are listed under this heading in --help.
  void heading(const std::string& title);
  void action(std::function<lithoscope::core::ExitCode()> run);

 private:
  std::unique_ptr<Impl> impl_;
};

class CommandLine {
 public:
  explicit CommandLine(const std::string& version);
  ~CommandLine();
  Command command(const std::string& name, const std::string& help);
  /// Parses and runs. Help and version go to stdout with code 0; a wrong line throws UsageError.
  lithoscope::core::ExitCode run(int argc, const char* const* argv);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace litho
