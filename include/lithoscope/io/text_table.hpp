// Delimited text as columns: numbers parsed once and exactly, text cells kept, line numbers for every complaint.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lithoscope::io {

struct TextColumn {
  std::string name;
  std::vector<double> numbers;         ///< NaN where the cell is empty; empty when the column is text
  std::vector<std::string_view> text;  ///< into the parsed buffer; empty when the column is numbers
  std::int64_t bad_line = 0;           ///< of the first word in a column of numbers; 0 when there is none
  std::string bad_word;
  bool is_text() const { return !text.empty(); }
};

/// The column's numbers. Throws UnreadableFile when the column is text or holds a word, with its line.
const std::vector<double>& numbers_of(const std::string& path, const TextColumn& column);

struct TextTable {
  std::vector<TextColumn> columns;
  std::int64_t rows = 0;

  const TextColumn* find(std::string_view name) const;  ///< nullptr when there is none
};

struct TextTableLayout {
  std::int64_t skip_lines = 0;  ///< lines before the line of column names
  char delimiter = ',';
  bool decimal_comma = false;
  char row_end = '\n';
};

/// Lines up to `line_count` (all by default), without their ends (LF, CRLF).
std::vector<std::string_view> lines_of(std::string_view bytes, std::int64_t line_count = -1);
std::vector<std::string_view> split(std::string_view line, char delimiter);
/// What lies between runs of separators; none of them is empty.
std::vector<std::string_view> words_of(std::string_view line, std::string_view separators = " \t");

/// A whole cell as a number; empty optional when it is not one. "NaN" and "inf" are not numbers here. Fortran's
/// exponents are read: 1.5D+03, and 1.5+103 for one of three digits.
std::optional<double> to_number(std::string_view cell, bool decimal_comma = false);

/// The delimiter of a header line, by which of tab, semicolon, comma splits it into most cells.
char guess_delimiter(std::string_view header_line);

/// Windows-1252/latin-1 bytes as UTF-8; text that already is valid UTF-8 comes back unchanged.
std::string to_utf8(std::string_view bytes);

/// Throws UnreadableFile for a missing header and for a row with too few or too many cells. A word in a column of
/// numbers is an error only for whoever asks for that column (numbers_of); NaN and NA count as empty. A UTF-8
/// byte-order mark is skipped. `bytes` must outlive the table. A column is text when its first cell is.
TextTable parse_text_table(const std::string& path, std::string_view bytes, const TextTableLayout& layout);

}  // namespace lithoscope::io
