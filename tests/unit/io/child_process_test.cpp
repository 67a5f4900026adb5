#include <doctest/doctest.h>

#include <chrono>

#include "lithoscope/io/child_process.hpp"

using lithoscope::io::run_child;

TEST_CASE("a program's output is captured and its input offered as a file") {
  const auto result = run_child({"cat", "{input}"}, "hello", {});
  CHECK(result.failure.empty());
  CHECK(result.output == "hello");
}

TEST_CASE("a program that fails, is missing, crashes, hangs or floods is told apart") {
  CHECK(run_child({"false"}, "", {}).failure == "false ended with status 1");
  CHECK(run_child({"no-such-program-here"}, "", {}).failure == "no-such-program-here is not installed");
  CHECK(run_child({"sh", "-c", "kill -SEGV $$"}, "", {}).failure.find("signal 11") != std::string::npos);
  const auto start = std::chrono::steady_clock::now();
  CHECK(run_child({"sleep", "30"}, "", {.seconds = 1}).failure == "sleep took longer than 1 s");
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds{10});
  CHECK(run_child({"yes"}, "", {.output_bytes = 100'000}).failure == "yes wrote more than 100000 bytes");
}
