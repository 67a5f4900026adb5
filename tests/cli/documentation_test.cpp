// Every console block of README.md and docs/ that starts with "$ litho" is typed again and must end with the code it
// promises (0, or the number in a trailing "# exit N").
#include <doctest/doctest.h>

#include <filesystem>
#include <sstream>
#include <vector>

#include "run_program.hpp"

using namespace lithoscope;
namespace fs = std::filesystem;

namespace {

struct Example {
  std::string file, command;
  int exit_code = 0;
};

std::vector<Example> examples_in(const fs::path& path) {
  std::vector<Example> found;
  std::istringstream lines{test::read_text(path)};
  std::string line;
  while (std::getline(lines, line)) {
    if (!line.starts_with("$ litho ")) continue;
    Example example{path.filename().string(), line.substr(2), 0};
    if (const auto at = line.find("# exit "); at != std::string::npos) {
      example.exit_code = std::stoi(line.substr(at + 7));
      example.command = line.substr(2, at - 2);
    }
    found.push_back(example);
  }
  return found;
}

}  // namespace

TEST_CASE("the examples of the documentation run") {
  const fs::path source{SOURCE_DIRECTORY};
  std::vector<Example> all = examples_in(source / "README.md");
  for (const auto& entry : fs::directory_iterator(source / "docs")) {
    if (entry.path().extension() != ".md") continue;
    for (Example& example : examples_in(entry.path())) all.push_back(std::move(example));
  }
  REQUIRE(all.size() >= 5);
  const test::Scratch scratch;
  fs::copy(source / "examples", scratch / "examples", fs::copy_options::recursive);
  for (const Example& example : all) {
    CAPTURE(example.file);
    CAPTURE(example.command);
    const auto said = test::run_shell("litho() { '" LITHO_PROGRAM "' \"$@\"; }; " + example.command, scratch.path());
    CAPTURE(said.err);
    CHECK(said.code == example.exit_code);
  }
}
