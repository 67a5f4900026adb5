// What an absorption file says: named columns over energy, and facts about them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lithoscope::xas {

struct ScanColumn {
  std::string name, unit;
  std::vector<double> values;  ///< NaN where the file has none
};

/// One scan of a file. All columns have the same length.
struct Scan {
  std::string name;           ///< as the file calls it, else its number
  std::string element, edge;  ///< empty when the file does not say
  std::vector<ScanColumn> columns;
  std::optional<std::size_t> energy;                       ///< which column is the photon energy (eV)
  std::vector<std::pair<std::string, std::string>> facts;  ///< field and value, as in the file
  std::vector<std::string> remarks;                        ///< what is odd about it, sentences
  std::vector<std::int64_t> lines;                         ///< of the text file, one a row; empty for other files

  std::int64_t rows() const { return columns.empty() ? 0 : static_cast<std::int64_t>(columns.front().values.size()); }
  const ScanColumn* find(std::string_view column) const;  ///< by name, any case; nullptr when there is none
  std::string fact(std::string_view field) const;         ///< any case; empty when the file does not say
};

struct ScanFile {
  std::string path, format;
  std::vector<Scan> scans;
};

}  // namespace lithoscope::xas
