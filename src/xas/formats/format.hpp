// What a format is to the registry: a name, a test on the content, a reader. One file a format.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lithoscope/io/input_file.hpp"
#include "lithoscope/io/text_table.hpp"
#include "lithoscope/xas/scan.hpp"

namespace lithoscope::xas {

struct ScanFormat {
  std::string name;
  bool (*recognises)(std::string_view bytes);
  std::vector<Scan> (*read)(const io::InputFile& file);
};

ScanFormat xdi_format();
ScanFormat athena_perl_format();
ScanFormat athena_json_format();
ScanFormat spec_format();
ScanFormat sigscan_format();
ScanFormat mda_ascii_format();
ScanFormat flexpes_format();
ScanFormat nxxas_format();
ScanFormat ssrl_xas_format();
ScanFormat photon_factory_format();
ScanFormat plain_columns_format();

using io::words_of;

/// Rows of numbers as columns, each with the line it came from. Throws UnreadableFile with the line for a row of
/// another length, for a word, and for NaN or inf.
class NumberRows {
 public:
  explicit NumberRows(std::string path, bool decimal_comma = false)
      : path_(std::move(path)), decimal_comma_(decimal_comma) {}
  void add(std::span<const std::string_view> words, std::int64_t line);
  bool empty() const { return lines_.empty(); }
  std::size_t width() const { return columns_.size(); }
  /// Moves the columns into a scan, named `names` as far as they go, then "col3" and so on.
  void finish(Scan& scan, std::span<const std::string> names);

 private:
  std::string path_;
  bool decimal_comma_;
  std::vector<std::vector<double>> columns_;
  std::vector<std::int64_t> lines_;
};

/// Energies (eV) by Bragg's law from angles in degrees and the spacing of the planes in angstrom.
ScanColumn energy_of_angles(std::span<const double> angle_deg, double spacing_A);

/// "energy", "mono", "eV" and the like.
bool is_energy_name(const std::string& name);

/// Finds the energy column by its unit or name and turns keV into eV, with a remark.
void find_energy(Scan& scan);

[[noreturn]] void unreadable(const std::string& path, std::string what, std::string expected, std::string found,
                             std::int64_t line = 0);

}  // namespace lithoscope::xas
