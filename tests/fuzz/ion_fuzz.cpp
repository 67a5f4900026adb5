#include <cstddef>
#include <cstdint>
#include <string>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/multiplet/multiplet_run.hpp"

// The texts an ion is described by; the first byte says which: a field, a measured spectrum, a table of atoms.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lithoscope;
  if (size == 0) return 0;
  const std::string text{reinterpret_cast<const char*>(data) + 1, size - 1};
  try {
    if (data[0] == 'f') {
      multiplet::parse_shell_matrix(text, "fuzz");
    } else if (data[0] == 's') {
      multiplet::parse_spectrum(text, "fuzz");
    } else {
      material::slips(material::parse_atomic_table(text, "fuzz"));
    }
  } catch (const core::UnreadableFile&) {
  } catch (const core::ComputationError&) {  // a matrix that is not Hermitian
  }
  return 0;
}
