// Arrays saved by numpy.savez: what the peers' stored maps come in. Only for checks.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace lithoscope::validation {

struct NumpyArray {
  std::vector<std::int64_t> shape;
  std::vector<double> values;  ///< row-major
};

/// Little-endian int32, int64 and float64 arrays. Throws std::runtime_error for anything else.
std::map<std::string, NumpyArray> read_npz(const std::string& path);

}  // namespace lithoscope::validation
