// Measured spectra in plain columns.
#include <fmt/format.h>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/io/input_file.hpp"
#include "lithoscope/io/text_table.hpp"
#include "lithoscope/multiplet/multiplet_run.hpp"

namespace lithoscope::multiplet {
namespace {

constexpr std::string_view separators = " \t,;";

}  // namespace

MeasuredSpectrum read_spectrum(const std::string& path) {
  return parse_spectrum(io::InputFile::open(path).bytes(), path);
}

MeasuredSpectrum parse_spectrum(std::string_view bytes, const std::string& path) {
  MeasuredSpectrum out;
  std::size_t columns = 0;
  std::int64_t number = 0;
  for (const std::string_view whole : io::lines_of(bytes)) {
    ++number;
    const auto words = io::words_of(whole.substr(0, whole.find('#')), separators);
    if (words.empty()) continue;
    std::vector<double> values;
    for (const std::string_view word : words) {
      const auto value = io::to_number(word);
      if (value) values.push_back(*value);
    }
    if (values.size() != words.size() && columns == 0) continue;  // headings
    if (columns == 0) columns = words.size();
    if (values.size() != words.size() || words.size() != columns || columns < 2 || columns > 3) {
      throw core::UnreadableFile(
          {.what = "a line of a spectrum that is not like the others",
           .where = {.path = path, .line = number},
           .expected = "two or three columns: energy (eV), intensity, perhaps its standard deviation",
           .found = fmt::format("{} columns: {}", words.size(), whole.substr(0, 60))});
    }
    out.energy_eV.push_back(values[0]);
    out.intensity.push_back(values[1]);
    if (columns == 3) out.sigma.push_back(values[2]);
  }
  if (out.energy_eV.empty()) {
    throw core::UnreadableFile({.what = "no spectrum in this file",
                                .where = {.path = path},
                                .expected = "two or three columns of numbers",
                                .found = "none"});
  }
  return out;
}

}  // namespace lithoscope::multiplet
