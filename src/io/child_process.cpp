#include "lithoscope/io/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include "lithoscope/core/errors.hpp"

namespace lithoscope::io {
namespace {

[[noreturn]] void cannot_start(const std::string& program, const char* step) {
  throw core::OutputError({.what = fmt::format("{} could not be started ({}: {})", program, step, std::strerror(errno)),
                           .advice = "check that the machine has memory and processes to spare"});
}

void set_limit(decltype(RLIMIT_CPU) what, rlim_t value) {
  const rlimit limit{value, value};
  setrlimit(what, &limit);
}

int input_descriptor(const std::string& program, std::string_view input) {
  const int fd = memfd_create("lithoscope-input", 0);
  if (fd < 0) cannot_start(program, "memfd_create");
  std::size_t written = 0;
  while (written < input.size()) {
    const ssize_t n = write(fd, input.data() + written, input.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      close(fd);
      cannot_start(program, "writing its input");
    }
    written += static_cast<std::size_t>(n);
  }
  return fd;
}

[[noreturn]] void exec_child(const std::vector<std::string>& arguments, int output_fd, const ChildLimits& limits) {
  set_limit(RLIMIT_CPU, static_cast<rlim_t>(limits.seconds));
  set_limit(RLIMIT_AS, static_cast<rlim_t>(limits.memory_bytes));
  set_limit(RLIMIT_CORE, 0);
  const int null_fd = open("/dev/null", O_RDWR);
  if (null_fd < 0) _exit(126);
  dup2(null_fd, STDIN_FILENO);
  dup2(null_fd, STDERR_FILENO);
  dup2(output_fd, STDOUT_FILENO);
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execvp(argv[0], argv.data());
  _exit(127);
}

std::string describe_exit(const std::string& program, int status) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127) return program + " is not installed";
  if (WIFEXITED(status)) return fmt::format("{} ended with status {}", program, WEXITSTATUS(status));
  return fmt::format("{} was ended by signal {} ({})", program, WTERMSIG(status), strsignal(WTERMSIG(status)));
}

}  // namespace

ChildResult run_child(const std::vector<std::string>& arguments, std::string_view input, const ChildLimits& limits) {
  const std::string& program = arguments.front();
  const int input_fd = input_descriptor(program, input);
  std::vector<std::string> actual = arguments;
  for (std::string& argument : actual) {
    if (argument == "{input}") argument = fmt::format("/proc/self/fd/{}", input_fd);
  }
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    close(input_fd);
    cannot_start(program, "pipe");
  }
  const pid_t child = fork();
  if (child < 0) {
    for (const int fd : {ends[0], ends[1], input_fd}) close(fd);
    cannot_start(program, "fork");
  }
  if (child == 0) exec_child(actual, ends[1], limits);
  close(ends[1]);
  close(input_fd);

  ChildResult result;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{limits.seconds};
  std::array<char, 1 << 16> buffer{};
  while (result.failure.empty()) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd ready{ends[0], POLLIN, 0};
    const int polled = left.count() > 0 ? poll(&ready, 1, static_cast<int>(left.count())) : 0;
    if (polled < 0 && errno == EINTR) continue;
    if (polled <= 0) {
      result.failure = fmt::format("{} took longer than {} s", program, limits.seconds);
      break;
    }
    const ssize_t n = read(ends[0], buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    result.output.append(buffer.data(), static_cast<std::size_t>(n));
    if (static_cast<std::int64_t>(result.output.size()) > limits.output_bytes) {
      result.failure = fmt::format("{} wrote more than {} bytes", program, limits.output_bytes);
    }
  }
  close(ends[0]);
  if (!result.failure.empty()) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (result.failure.empty()) result.failure = describe_exit(program, status);
  return result;
}

}  // namespace lithoscope::io
