// Long work reports through this interface; kernels never print.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace lithoscope::core {

class Progress {
 public:
  virtual ~Progress() = default;
  virtual void start(const std::string& what, std::int64_t total) = 0;
  virtual void advance(std::int64_t done) = 0;
  virtual void finish() = 0;
};

/// Nobody looks: tests, checks, inner fits.
class NoProgress : public Progress {
 public:
  void start(const std::string& /*what*/, std::int64_t /*total*/) override {}
  void advance(std::int64_t /*done*/) override {}
  void finish() override {}
};

/// A bar on stderr when stderr is a terminal and the work takes over a second; silence otherwise.
std::unique_ptr<Progress> terminal_progress();

/// Installs the handler of Ctrl-C and SIGTERM: the first signal lets loops stop with Interrupted, the second ends the
/// process.
void install_interrupt_handler();
void throw_if_interrupted();

}  // namespace lithoscope::core
