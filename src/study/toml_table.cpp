#include "toml_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/core/units.hpp"
#include "lithoscope/io/input_file.hpp"
#include "lithoscope/io/text_table.hpp"

namespace lithoscope::study {
namespace {

core::Place place_of(const std::string& path, const toml::source_region& region) {
  core::Place place{.path = path};
  if (region.begin.line > 0) {
    place.line = region.begin.line;
    place.column = region.begin.column;
  }
  return place;
}

// toml++ has undefined behaviour only for non-ASCII characters outside strings and comments, which are never valid
// TOML: they are refused here, before it sees them.
void refuse_stray_characters(const std::string& text, const std::string& path) {
  std::int64_t line = 1;
  std::int64_t column = 0;
  std::string closing;  // of the string we are in; empty outside
  bool comment = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      ++line;
      column = 0;
      comment = false;
      if (closing.size() == 1) closing.clear();
      continue;
    }
    ++column;
    if (comment) continue;
    if (!closing.empty()) {
      if (c == '\\' && closing.front() == '"') {
        ++i;
        ++column;
      } else if (text.compare(i, closing.size(), closing) == 0) {
        i += closing.size() - 1;
        column += static_cast<std::int64_t>(closing.size()) - 1;
        closing.clear();
      }
      continue;
    }
    if (c == '#') comment = true;
    if (c == '"' || c == '\'') {
      const std::string triple(3, c);
      closing = text.compare(i, 3, triple) == 0 ? triple : std::string(1, c);
      i += closing.size() - 1;
      column += static_cast<std::int64_t>(closing.size()) - 1;
    }
    if (static_cast<unsigned char>(c) >= 0x80) {
      throw core::UsageError({.what = "a character that is not ASCII stands outside strings and comments",
                              .where = {.path = path, .line = line, .column = column},
                              .expected = "plain ASCII for keys, numbers and brackets",
                              .found = fmt::format("byte 0x{:02x}", static_cast<unsigned char>(c)),
                              .advice = "put it in quotes, or retype a pasted quotation mark or blank"});
    }
  }
}

std::string type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "text";
    case toml::node_type::integer:
    case toml::node_type::floating_point:
      return "a number";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date";
  }
}

}  // namespace

toml::table parse_toml(const std::string& text, const std::string& path) {
  refuse_stray_characters(text, path);
  try {
    return toml::parse(std::string_view{text}, path);
  } catch (const toml::parse_error& error) {
    throw core::UsageError({.what = "is not valid TOML: " + std::string{error.description()},
                            .where = place_of(path, error.source()),
                            .advice = "values with units are strings in quotes, such as active_mass = \"4.1 mg\""});
  }
}

const toml::node* TableReader::find(std::string_view key) {
  known_.emplace_back(key);
  return table_.get(key);
}

bool TableReader::has(std::string_view key) { return find(key) != nullptr; }

bool TableReader::is_table(std::string_view key) {
  const toml::node* node = find(key);
  return node != nullptr && node->is_table();
}

void TableReader::fail(std::string_view key, std::string what, std::string expected, std::string found,
                       std::string advice) const {
  const toml::node* node = table_.get(key);
  throw core::UsageError({.what = fmt::format("{} {}: {}", name_, key, what),
                          .where = place_of(path_, node != nullptr ? node->source() : table_.source()),
                          .expected = std::move(expected),
                          .found = std::move(found),
                          .advice = std::move(advice)});
}

void TableReader::wrong_type(std::string_view key, const toml::node& node, std::string expected) const {
  fail(key, "has the wrong type", std::move(expected), type_name(node), "");
}

std::optional<std::string> TableReader::text(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (!node->is_string()) wrong_type(key, *node, "text in quotes");
  return node->value<std::string>();
}

std::optional<core::Value> TableReader::quantity(std::string_view key, std::string_view unit) {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (node->is_number()) {
    fail(key, "has no unit", fmt::format("a string such as \"{} {}\"", *node->value<double>(), unit), "a bare number",
         "numbers with a dimension carry their unit");
  }
  if (!node->is_string()) wrong_type(key, *node, fmt::format("text such as \"4.1 {}\"", unit));
  try {
    return core::parse_quantity(*node->value<std::string>(), unit);
  } catch (const core::UsageError& error) {
    const core::ErrorFacts& facts = error.facts();
    fail(key, facts.what, facts.expected, facts.found, facts.advice);
  }
}

std::optional<double> TableReader::number(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  const auto number = node->value<double>();
  if (!node->is_number() || !number || !std::isfinite(*number)) wrong_type(key, *node, "a finite number");
  return number;
}

std::vector<std::string> TableReader::texts(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return {};
  if (node->is_string()) return {*node->value<std::string>()};
  const toml::array* list = node->as_array();
  if (list == nullptr) wrong_type(key, *node, "a list of texts");
  std::vector<std::string> result;
  for (const toml::node& item : *list) {
    if (!item.is_string()) wrong_type(key, item, "a list of texts");
    result.push_back(*item.value<std::string>());
  }
  return result;
}

const toml::table* TableReader::table(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return nullptr;
  if (!node->is_table()) wrong_type(key, *node, "a table");
  return node->as_table();
}

std::vector<const toml::table*> TableReader::tables(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return {};
  const toml::array* list = node->as_array();
  if (list == nullptr) wrong_type(key, *node, fmt::format("[[{}]], a table that may be repeated", key));
  std::vector<const toml::table*> result;
  for (const toml::node& item : *list) {
    if (!item.is_table()) wrong_type(key, item, fmt::format("[[{}]]", key));
    result.push_back(item.as_table());
  }
  return result;
}

std::optional<std::string> TableReader::choice(std::string_view key, const std::vector<std::string>& allowed) {
  const auto word = text(key);
  if (!word || std::ranges::find(allowed, *word) != allowed.end()) return word;
  const std::string near = core::nearest_name(*word, allowed);
  fail(key, fmt::format("\"{}\" is not one of the choices", *word), fmt::format("\"{}\"", fmt::join(allowed, "\", \"")),
       fmt::format("\"{}\"", *word), near.empty() ? "" : fmt::format("did you mean \"{}\"?", near));
}

void TableReader::finish() const {
  for (const auto& [key, node] : table_) {
    const std::string_view name = key.str();
    if (std::ranges::find(known_, name) != known_.end()) continue;
    const std::string near = core::nearest_name(name, known_);
    core::Place place = place_of(path_, key.source());
    throw core::UsageError({.what = fmt::format("{} has no key \"{}\"", name_, name),
                            .where = place,
                            .expected = fmt::format("one of {}", fmt::join(known_, ", ")),
                            .found = fmt::format("\"{}\"", name),
                            .advice = near.empty() ? "remove it" : fmt::format("did you mean \"{}\"?", near)});
  }
}

std::vector<double> TableReader::numbers(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return {};
  const toml::array* list = node->as_array();
  if (list == nullptr) wrong_type(key, *node, "a list of numbers");
  std::vector<double> result;
  for (const toml::node& item : *list) {
    const auto number = item.value<double>();
    if (!item.is_number() || !number || !std::isfinite(*number)) wrong_type(key, item, "a list of finite numbers");
    result.push_back(*number);
  }
  return result;
}

// "sample.bet_area" or "measurement.0.settings.skip" to the node's parent and last key, making tables on the way.
void apply_override(toml::table& root, const Override& change) {
  const auto& [dotted, written] = change;
  toml::node* node = &root;
  std::string_view rest = dotted;
  const auto fail = [&](std::string what) {
    throw core::UsageError({.what = fmt::format("--set {}={}: {}", dotted, written, what),
                            .expected = "a dotted key such as sample.bet_area or measurement.0.cell",
                            .found = dotted,
                            .advice = "measurements are counted from 0"});
  };
  while (true) {
    const auto dot = rest.find('.');
    const std::string key{rest.substr(0, dot)};
    const bool last = dot == std::string_view::npos;
    if (!last) rest.remove_prefix(dot + 1);
    if (toml::array* list = node->as_array()) {
      std::size_t index = list->size();
      if (!key.empty() && std::ranges::all_of(key, [](char c) { return c >= '0' && c <= '9'; }) && key.size() < 6) {
        index = std::stoul(key);
      }
      if (index >= list->size() || last) fail("there is no such element");
      node = list->get(index);
      continue;
    }
    toml::table* table = node->as_table();
    if (table == nullptr || key.empty()) fail("there is no such key");
    if (last) {
      toml::table parsed;
      try {
        parsed = parse_toml("v = " + written, "--set " + dotted);
      } catch (const core::UsageError&) {
        parsed.insert("v", written);  // a word without quotes is text
      }
      table->insert_or_assign(key, *parsed.get("v"));
      return;
    }
    node = &table->insert(key, toml::table{}).first->second;
  }
}

std::string read_definition(const std::string& path) {
  try {
    return std::string{io::InputFile::open(path).bytes()};
  } catch (const core::UnreadableFile& error) {
    core::ErrorFacts facts = error.facts();
    facts.what = path + " " + facts.what;
    throw core::UsageError(std::move(facts));
  }
}

std::string quoted(const std::string& text) { return "\"" + core::escaped_string(io::to_utf8(text)) + "\""; }

}  // namespace lithoscope::study
