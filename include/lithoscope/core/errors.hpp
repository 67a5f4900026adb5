// The project's errors. Each says what happened, where, what was expected, what was found and what to do,
// carries those as data, and maps to one exit code of the command line.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>

namespace lithoscope::core {

enum class ExitCode : int {
  done = 0,
  computation_failed = 1,
  usage = 2,
  unreadable_input = 3,
  quality_gate_failed = 4,
  output_failed = 5,
  bug = 70,
  interrupted = 130,
};

/// A place in an input: a text position (line and column count from 1) or a byte offset, whichever is known.
struct Place {
  std::string path;
  std::optional<std::int64_t> line;
  std::optional<std::int64_t> column;
  std::optional<std::int64_t> byte_offset;

  std::string text() const;  ///< "file:12:3" or "file, byte 1024" or "file"
};

struct ErrorFacts {
  std::string what;  ///< what happened, one sentence without a full stop
  Place where;
  std::string expected;
  std::string found;
  std::string advice;  ///< what the user can do
};

class Error : public std::exception {
 public:
  Error(ExitCode code, ErrorFacts facts);
  const char* what() const noexcept override { return message_.c_str(); }
  ExitCode exit_code() const noexcept { return code_; }
  const ErrorFacts& facts() const noexcept { return facts_; }

 private:
  ExitCode code_;
  ErrorFacts facts_;
  std::string message_;
};

/// An input file that cannot be read or is not what it claims to be.
class UnreadableFile : public Error {
 public:
  explicit UnreadableFile(ErrorFacts facts) : Error(ExitCode::unreadable_input, std::move(facts)) {}
};

/// A study file or a command line that asks for something that does not exist or does not fit.
class UsageError : public Error {
 public:
  explicit UsageError(ErrorFacts facts) : Error(ExitCode::usage, std::move(facts)) {}
};

/// A computation that has no answer for what it was given: unphysical parameters, no root, no convergence.
class ComputationError : public Error {
 public:
  explicit ComputationError(ErrorFacts facts) : Error(ExitCode::computation_failed, std::move(facts)) {}
};

/// Data that were read well and cannot bear what is asked of them: no pixel with a scale, no photon in a scan.
class UnusableData : public Error {
 public:
  explicit UnusableData(ErrorFacts facts) : Error(ExitCode::quality_gate_failed, std::move(facts)) {}
};

/// A result that could not be written, or would overwrite something.
class OutputError : public Error {
 public:
  explicit OutputError(ErrorFacts facts) : Error(ExitCode::output_failed, std::move(facts)) {}
};

/// The user asked to stop (Ctrl-C).
class Interrupted : public Error {
 public:
  Interrupted();
};

}  // namespace lithoscope::core
