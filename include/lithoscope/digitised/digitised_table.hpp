// Numbers that come from a printed figure or from another program, as observables with their errors.
#pragma once

#include <string>
#include <vector>

#include "lithoscope/io/input_file.hpp"
#include "lithoscope/result/observable.hpp"

namespace lithoscope::digitised {

/// Columns `observable`, `value`, `error` (one standard deviation), and where they are known `unit`, `along`,
/// `along_error` and `along_unit` (values that run along an axis), `depth` ("electrons", "fluorescence" or "volume")
/// and `depth_nm`. Rows of one observable belong together. An error along the axis becomes one of the value through the
/// slope between neighbours; a row whose observable begins with "change/" is a change from `before`. Throws
/// UnreadableFile for a column that is missing or unknown, an error that is not positive, a depth of another name.
std::vector<result::Observable> read_digitised(const io::InputFile& file, const std::string& before);

/// A table to fill in for a figure of the reference paper: "2a", "3", "4c". Throws UsageError naming those there are.
std::string template_of(const std::string& figure);

}  // namespace lithoscope::digitised
