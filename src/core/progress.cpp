#include "lithoscope/core/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>

#include "lithoscope/core/errors.hpp"

namespace lithoscope::core {
namespace {

std::atomic<bool> interrupted{false};

extern "C" void on_interrupt(int signal_number) {
  if (interrupted.exchange(true)) {
    std::signal(signal_number, SIG_DFL);
    std::raise(signal_number);
  }
}

class TerminalProgress final : public Progress {
 public:
  void start(const std::string& what, std::int64_t total) override {
    what_ = what;
    total_ = total;
    begun_ = last_drawn_ = Clock::now();
    drawn_ = false;
  }

  void advance(std::int64_t done) override {
    const auto now = Clock::now();
    if (now - begun_ < std::chrono::seconds{1} || now - last_drawn_ < std::chrono::milliseconds{100}) return;
    last_drawn_ = now;
    drawn_ = true;
    constexpr int width = 30;
    const int filled = total_ > 0 ? static_cast<int>(width * done / total_) : 0;
    fmt::print(stderr, "\r{} [{:#<{}}{:.<{}}] {}/{}", what_, "", filled, "", width - filled, done, total_);
    std::fflush(stderr);
  }

  void finish() override {
    if (drawn_) fmt::print(stderr, "\r\033[K");
  }

 private:
  using Clock = std::chrono::steady_clock;
  std::string what_;
  std::int64_t total_ = 0;
  Clock::time_point begun_, last_drawn_;
  bool drawn_ = false;
};

class SilentProgress final : public Progress {
 public:
  void start(const std::string&, std::int64_t) override {}
  void advance(std::int64_t) override {}
  void finish() override {}
};

}  // namespace

std::unique_ptr<Progress> terminal_progress() {
  if (isatty(STDERR_FILENO) != 0) return std::make_unique<TerminalProgress>();
  return std::make_unique<SilentProgress>();
}

void install_interrupt_handler() {
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
}

void throw_if_interrupted() {
  if (interrupted.load(std::memory_order_relaxed)) throw Interrupted();
}

}  // namespace lithoscope::core
