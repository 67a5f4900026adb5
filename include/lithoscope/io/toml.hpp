// TOML as a tree of our own, and strict reading of it: every key must be asked for, every complaint has its line.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lithoscope/core/settings.hpp"
#include "lithoscope/core/value.hpp"

namespace lithoscope::io {

struct TomlNode;

/// Keys in the order of the file.
struct TomlTable {
  std::vector<std::pair<std::string, TomlNode>> entries;
  std::int64_t line = 0, column = 0;  ///< where it begins; 0 when it came from elsewhere

  const TomlNode* find(std::string_view key) const;
  TomlNode* find(std::string_view key);
};

struct TomlNode {
  /// A date is kept as its text.
  struct Date {
    std::string text;
  };
  std::variant<bool, std::int64_t, double, std::string, Date, std::vector<TomlNode>, std::shared_ptr<TomlTable>> value;
  std::int64_t line = 0, column = 0;  ///< of the value
  std::int64_t key_line = 0, key_column = 0;

  const TomlTable* table() const;
  const std::vector<TomlNode>* list() const;
  const std::string* text() const;
  std::optional<double> number() const;  ///< of an integer, too
};

/// Throws UsageError with line and column when the text is not TOML, or holds a character that is not ASCII outside
/// strings and comments.
TomlTable parse_toml(const std::string& text, const std::string& path);

/// A value given on the command line in place of one in a file: a dotted key and a TOML value; a word without quotes is
/// text.
using Override = std::pair<std::string, std::string>;
/// Puts it in, making tables on the way; elements of lists are counted from 0 or called by their name, kind or element:
/// "measurement.0.cell", "couple.Ni3/4.level". Throws UsageError.
void apply_override(TomlTable& root, const Override& change);
/// The value at a dotted key as above; nothing when there is none.
TomlNode* find_node(TomlTable& root, std::string_view dotted);
/// Takes the key away. Throws UsageError when there is none.
void remove_node(TomlTable& root, const std::string& dotted);
/// What `over` says goes into `base`: tables are merged, elements of lists of tables too where they share name, kind or
/// element; everything else is replaced or added.
void merge(TomlTable& base, const TomlTable& over);
/// What an element of a list is called: its name, else its kind, else its element; empty: none of them.
std::string name_of_element(const TomlTable& element);

/// "key=value" as typed. Throws UsageError that names `flag`.
Override parse_override(const std::string& typed, const std::string& flag = "--set");

/// The text of a study or programme file. A file that cannot be read is a UsageError: it is what was asked for.
std::string read_definition(const std::string& path);

/// In quotes, as TOML wants it.
std::string quoted(const std::string& text);

class TableReader {
 public:
  /// `name` stands in messages: "[sample]". The table must outlive the reader.
  TableReader(const TomlTable& table, std::string path, std::string name)
      : table_(table), path_(std::move(path)), name_(std::move(name)) {}

  bool has(std::string_view key);
  bool is_table(std::string_view key);
  std::optional<std::string> text(std::string_view key);
  std::optional<bool> yes_no(std::string_view key);
  std::optional<core::Value> quantity(std::string_view key, std::string_view unit);
  std::optional<double> number(std::string_view key);
  std::vector<std::string> texts(std::string_view key);
  std::vector<double> numbers(std::string_view key);
  const TomlTable* table(std::string_view key);
  std::vector<const TomlTable*> tables(std::string_view key);
  const TomlNode* node(std::string_view key);
  /// One of the allowed words, or nothing when the key is absent.
  std::optional<std::string> choice(std::string_view key, const std::vector<std::string>& allowed);
  /// A setting of any kind, checked; monostate when the key is absent. A name with dots is sought in tables within.
  core::SettingValue setting(const core::SettingInfo& info);
  /// All of a list that are there.
  core::Settings settings(const std::vector<core::SettingInfo>& infos);

  /// Throws for keys nobody asked for, naming the nearest known one; and in the tables settings looked into.
  void finish() const;
  [[noreturn]] void fail(std::string_view key, std::string what, std::string expected, std::string found,
                         std::string advice) const;
  int line() const { return static_cast<int>(table_.line); }
  const std::string& path() const { return path_; }

 private:
  const TomlNode* find(std::string_view key);
  [[noreturn]] void wrong_type(std::string_view key, const TomlNode& node, std::string expected) const;
  core::SettingValue typed(const core::SettingInfo& info, std::string_view key, const TomlNode& node) const;

  const TomlTable& table_;
  std::string path_;
  std::string name_;
  std::vector<std::string> known_;  ///< with dots where settings looked into a table
};

/// Lines "name = value" of settings that have a value; those with a dotted name as dotted keys.
std::string settings_toml(const core::Settings& settings, const std::vector<core::SettingInfo>& infos);

}  // namespace lithoscope::io
