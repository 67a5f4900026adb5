// Strict reading of a TOML table: every key must be asked for, every complaint has its line. Private to the room; the
// heavy TOML header stays in the .cpp files.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

#include "lithoscope/core/value.hpp"
#include "lithoscope/study/override.hpp"

namespace lithoscope::study {

class TableReader {
 public:
  TableReader(const toml::table& table, std::string path, std::string name)
      : table_(table), path_(std::move(path)), name_(std::move(name)) {}

  bool has(std::string_view key);
  bool is_table(std::string_view key);
  std::optional<std::string> text(std::string_view key);
  std::optional<core::Value> quantity(std::string_view key, std::string_view unit);
  std::optional<double> number(std::string_view key);
  std::vector<std::string> texts(std::string_view key);
  std::vector<double> numbers(std::string_view key);
  const toml::table* table(std::string_view key);
  std::vector<const toml::table*> tables(std::string_view key);
  /// One of the allowed words, or nothing when the key is absent.
  std::optional<std::string> choice(std::string_view key, const std::vector<std::string>& allowed);

  /// Throws for keys nobody asked for, naming the nearest known one.
  void finish() const;
  [[noreturn]] void fail(std::string_view key, std::string what, std::string expected, std::string found,
                         std::string advice) const;
  int line() const { return static_cast<int>(table_.source().begin.line); }

 private:
  const toml::node* find(std::string_view key);
  [[noreturn]] void wrong_type(std::string_view key, const toml::node& node, std::string expected) const;

  const toml::table& table_;
  std::string path_;
  std::string name_;  ///< "[sample]", for messages
  std::vector<std::string> known_;
};

/// Throws UsageError with line and column when the text is not TOML.
toml::table parse_toml(const std::string& text, const std::string& path);

/// Puts the value of --set at a dotted key, "sample.bet_area" or "measurement.0.cell", making tables on the way.
void apply_override(toml::table& root, const Override& change);

/// The text of a study or programme file. A file that cannot be read is a UsageError: it is what was asked for.
std::string read_definition(const std::string& path);

/// In quotes, as TOML wants it.
std::string quoted(const std::string& text);

}  // namespace lithoscope::study
