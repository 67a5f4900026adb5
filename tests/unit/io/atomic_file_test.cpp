#include <doctest/doctest.h>

#include <filesystem>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/io/atomic_file.hpp"
#include "run_program.hpp"

using namespace lithoscope;
namespace fs = std::filesystem;

TEST_CASE("a file is written whole, and not over another one unless told to") {
  const test::Scratch scratch;
  const std::string path = scratch / "a.txt";
  io::write_file(path, "one", io::Existing::refuse);
  CHECK_THROWS_AS(io::write_file(path, "two", io::Existing::refuse), core::OutputError);
  CHECK(test::read_text(path) == "one");
  io::write_file(path, "two", io::Existing::replace);
  CHECK(test::read_text(path) == "two");
  CHECK_FALSE(fs::exists(path + ".part"));
}

TEST_CASE("writing where nothing can be written is an output error") {
  CHECK_THROWS_AS(io::write_file("/proc/nowhere/a", "x", io::Existing::replace), core::OutputError);
}

TEST_CASE("a staged folder appears when committed and leaves nothing when dropped") {
  const test::Scratch scratch;
  const std::string path = scratch / "run";
  {
    const io::StagedDirectory dropped{path, io::Existing::refuse, "run.json"};
  }
  CHECK(fs::is_empty(scratch.path()));
  {
    io::StagedDirectory staged{path, io::Existing::refuse, "run.json"};
    io::write_file(staged.path() + "/run.json", "{}", io::Existing::refuse);
    CHECK_FALSE(fs::exists(path));
    staged.commit();
  }
  CHECK(fs::exists(path + "/run.json"));
  CHECK_FALSE(fs::exists(path + ".part"));
}

TEST_CASE("what a killed run left is replaced; what is not ours or in use is not") {
  const test::Scratch scratch;
  const std::string path = scratch / "run";
  fs::create_directory(path + ".part");
  test::write_text(path + ".part/.lithoscope", "");
  test::write_text(path + ".part/half", "x");
  {
    const io::StagedDirectory staged{path, io::Existing::refuse, "run.json"};
    CHECK_FALSE(fs::exists(staged.path() + "/half"));
    CHECK_THROWS_AS((io::StagedDirectory{path, io::Existing::refuse, "run.json"}), core::OutputError);
  }
  fs::create_directory(path + ".part");
  test::write_text(path + ".part/data.txt", "precious");
  CHECK_THROWS_AS((io::StagedDirectory{path, io::Existing::refuse, "run.json"}), core::OutputError);
  CHECK(test::read_text(path + ".part/data.txt") == "precious");
}

TEST_CASE("--force replaces a run, never somebody else's folder") {
  const test::Scratch scratch;
  const std::string mine = scratch / "run";
  fs::create_directory(mine);
  test::write_text(mine + "/run.json", "old");
  {
    io::StagedDirectory staged{mine, io::Existing::replace, "run.json"};
    io::write_file(staged.path() + "/run.json", "new", io::Existing::refuse);
    staged.commit();
  }
  CHECK(test::read_text(mine + "/run.json") == "new");
  const std::string theirs = scratch / "thesis";
  fs::create_directory(theirs);
  test::write_text(theirs + "/chapter1.tex", "precious");
  CHECK_THROWS_AS((io::StagedDirectory{theirs, io::Existing::replace, "run.json"}), core::OutputError);
  CHECK(test::read_text(theirs + "/chapter1.tex") == "precious");
}
