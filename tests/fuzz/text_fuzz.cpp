#include <cstddef>
#include <cstdint>
#include <string>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/echem/cycler_files.hpp"
#include "lithoscope/echem/gitt.hpp"
#include "lithoscope/io/recognise.hpp"

// Every text reader behind recognition, and the steps of whatever was read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lithoscope;
  const std::string bytes{reinterpret_cast<const char*>(data), size};
  if (io::recognise_container(bytes) == io::Container::access_database) return 0;  // starts a program: not for fuzzing
  try {
    const auto table = echem::read_cycler_file(io::InputFile::from_bytes("fuzz", bytes));
    echem::find_steps(table, {});
  } catch (const core::UnreadableFile&) {
  }
  return 0;
}
