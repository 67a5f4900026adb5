#include "lithoscope/io/toml.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include <toml++/toml.h>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/core/units.hpp"
#include "lithoscope/io/input_file.hpp"
#include "lithoscope/io/text_table.hpp"

namespace lithoscope::io {
namespace {

core::Place place_of(const std::string& path, std::int64_t line, std::int64_t column) {
  core::Place place{.path = path};
  if (line > 0) {
    place.line = line;
    place.column = column;
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

TomlTable table_from(const toml::table& source);

TomlNode node_from(const toml::node& source) {
  TomlNode out;
  out.line = source.source().begin.line;
  out.column = source.source().begin.column;
  switch (source.type()) {
    case toml::node_type::table:
      out.value = std::make_shared<TomlTable>(table_from(*source.as_table()));
      break;
    case toml::node_type::array: {
      std::vector<TomlNode> items;
      for (const toml::node& item : *source.as_array()) items.push_back(node_from(item));
      out.value = std::move(items);
      break;
    }
    case toml::node_type::string:
      out.value = *source.value<std::string>();
      break;
    case toml::node_type::integer:
      out.value = *source.value<std::int64_t>();
      break;
    case toml::node_type::floating_point:
      out.value = *source.value<double>();
      break;
    case toml::node_type::boolean:
      out.value = *source.value<bool>();
      break;
    default: {
      std::ostringstream text;
      source.visit([&](const auto& node) {
        if constexpr (!toml::is_table<decltype(node)> && !toml::is_array<decltype(node)>) text << node;
      });
      out.value = TomlNode::Date{text.str()};
    }
  }
  return out;
}

TomlTable table_from(const toml::table& source) {
  TomlTable out{.entries = {}, .line = source.source().begin.line, .column = source.source().begin.column};
  for (const auto& [key, node] : source) {
    TomlNode made = node_from(node);
    made.key_line = key.source().begin.line;
    made.key_column = key.source().begin.column;
    out.entries.emplace_back(std::string{key.str()}, std::move(made));
  }
  // The library sorts keys; a person wrote them in an order.
  std::ranges::stable_sort(out.entries, [](const auto& a, const auto& b) {
    return std::pair{a.second.key_line, a.second.key_column} < std::pair{b.second.key_line, b.second.key_column};
  });
  return out;
}

std::string type_name(const TomlNode& node) {
  static constexpr std::array names{"true or false", "a number", "a number", "text", "a date", "a list", "a table"};
  return names[node.value.index()];
}

}  // namespace

const TomlNode* TomlTable::find(std::string_view key) const {
  const auto found = std::ranges::find(entries, key, [](const auto& e) { return std::string_view{e.first}; });
  return found == entries.end() ? nullptr : &found->second;
}
TomlNode* TomlTable::find(std::string_view key) {
  const auto found = std::ranges::find(entries, key, [](const auto& e) { return std::string_view{e.first}; });
  return found == entries.end() ? nullptr : &found->second;
}

const TomlTable* TomlNode::table() const {
  const auto* held = std::get_if<std::shared_ptr<TomlTable>>(&value);
  return held == nullptr ? nullptr : held->get();
}
const std::vector<TomlNode>* TomlNode::list() const { return std::get_if<std::vector<TomlNode>>(&value); }
const std::string* TomlNode::text() const { return std::get_if<std::string>(&value); }
std::optional<double> TomlNode::number() const {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  if (const auto* real = std::get_if<double>(&value)) return *real;
  return std::nullopt;
}

TomlTable parse_toml(const std::string& text, const std::string& path) {
  refuse_stray_characters(text, path);
  try {
    return table_from(toml::parse(std::string_view{text}, path));
  } catch (const toml::parse_error& error) {
    throw core::UsageError({.what = "is not valid TOML: " + std::string{error.description()},
                            .where = place_of(path, error.source().begin.line, error.source().begin.column),
                            .advice = "values with units are strings in quotes, such as active_mass = \"4.1 mg\""});
  }
}

std::string name_of_element(const TomlTable& element) {
  for (const std::string_view key : {"name", "kind", "element"}) {
    const TomlNode* node = element.find(key);
    if (node != nullptr && node->text() != nullptr) return *node->text();
  }
  return {};
}

namespace {

// An element of a list by its place or its name.
TomlNode* element_of(std::vector<TomlNode>& list, std::string_view key) {
  for (TomlNode& node : list) {
    if (node.table() != nullptr && name_of_element(*node.table()) == key) return &node;
  }
  const bool digits =
      !key.empty() && key.size() < 6 && std::ranges::all_of(key, [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return nullptr;
  const std::size_t index = std::stoul(std::string{key});
  return index < list.size() ? &list[index] : nullptr;
}

TomlNode* child_of(TomlNode& node, std::string_view key) {
  if (auto* list = std::get_if<std::vector<TomlNode>>(&node.value)) return element_of(*list, key);
  if (auto* table = std::get_if<std::shared_ptr<TomlTable>>(&node.value)) return (*table)->find(key);
  return nullptr;
}

}  // namespace

TomlNode* find_node(TomlTable& root, std::string_view dotted) {
  TomlNode* node = nullptr;
  while (true) {
    const auto dot = dotted.find('.');
    const std::string_view key = dotted.substr(0, dot);
    node = node == nullptr ? root.find(key) : child_of(*node, key);
    if (node == nullptr || dot == std::string_view::npos) return node;
    dotted.remove_prefix(dot + 1);
  }
}

void remove_node(TomlTable& root, const std::string& dotted) {
  const auto dot = dotted.rfind('.');
  const std::string key = dot == std::string::npos ? dotted : dotted.substr(dot + 1);
  TomlNode* parent = dot == std::string::npos ? nullptr : find_node(root, dotted.substr(0, dot));
  if (find_node(root, dotted) == nullptr) {
    throw core::UsageError({.what = "there is nothing to drop called " + dotted,
                            .expected = "a dotted key of the file it is based on, such as step.charge.until_voltage",
                            .found = dotted});
  }
  if (auto* list = parent == nullptr ? nullptr : std::get_if<std::vector<TomlNode>>(&parent->value)) {
    const TomlNode* gone = element_of(*list, key);
    list->erase(list->begin() + (gone - list->data()));
    return;
  }
  TomlTable& table = parent == nullptr ? root : *std::get<std::shared_ptr<TomlTable>>(parent->value);
  std::erase_if(table.entries, [&](const auto& e) { return e.first == key; });
}

void merge(TomlTable& base, const TomlTable& over) {
  for (const auto& [key, node] : over.entries) {
    TomlNode* there = base.find(key);
    auto* list = there == nullptr ? nullptr : std::get_if<std::vector<TomlNode>>(&there->value);
    const bool tables =
        list != nullptr && node.list() != nullptr && !node.list()->empty() && node.list()->front().table() != nullptr;
    if (there == nullptr) {
      base.entries.emplace_back(key, node);
    } else if (there->table() != nullptr && node.table() != nullptr && node.table()->find("value") == nullptr) {
      merge(*std::get<std::shared_ptr<TomlTable>>(there->value), *node.table());
    } else if (tables) {
      for (const TomlNode& element : *node.list()) {
        TomlNode* same = element.table() == nullptr ? nullptr : element_of(*list, name_of_element(*element.table()));
        if (same != nullptr && same->table() != nullptr)
          merge(*std::get<std::shared_ptr<TomlTable>>(same->value), *element.table());
        else
          list->push_back(element);
      }
    } else {
      *there = node;
    }
  }
}

// "sample.bet_area" or "measurement.0.settings.skip" to the node's parent and last key, making tables on the way.
namespace {

TomlNode typed_value(const std::string& dotted, const std::string& written) {
  TomlTable parsed;
  try {
    parsed = parse_toml("v = " + written, "--set " + dotted);
  } catch (const core::UsageError&) {
    parsed.entries.emplace_back("v", TomlNode{.value = written});  // a word without quotes is text
  }
  TomlNode value = *parsed.find("v");
  value.line = value.column = value.key_line = value.key_column = 0;
  return value;
}

}  // namespace

void apply_override(TomlTable& root, const Override& change) {
  const auto& [dotted, written] = change;
  const auto fail = [&](const std::string& what) {
    throw core::UsageError({.what = fmt::format("--set {}={}: {}", dotted, written, what),
                            .expected = "a dotted key such as sample.bet_area or measurement.0.cell",
                            .found = dotted,
                            .advice = "measurements are counted from 0"});
  };
  TomlTable* table = &root;
  std::vector<TomlNode>* list = nullptr;
  std::string_view rest = dotted;
  while (true) {
    const auto dot = rest.find('.');
    const std::string key{rest.substr(0, dot)};
    const bool last = dot == std::string_view::npos;
    if (!last) rest.remove_prefix(dot + 1);
    TomlNode* next = nullptr;
    if (list != nullptr) {
      next = element_of(*list, key);
      if (next == nullptr || (last && next->table() != nullptr)) fail("there is no such element");
      if (last) {
        *next = typed_value(dotted, written);
        return;
      }
    } else {
      if (key.empty()) fail("there is no such key");
      if (last) {
        TomlNode value = typed_value(dotted, written);
        if (TomlNode* there = table->find(key)) {
          *there = std::move(value);
        } else {
          table->entries.emplace_back(key, std::move(value));
        }
        return;
      }
      next = table->find(key);
      if (next == nullptr) {
        table->entries.emplace_back(key, TomlNode{.value = std::make_shared<TomlTable>()});
        next = &table->entries.back().second;
      }
    }
    list = std::get_if<std::vector<TomlNode>>(&next->value);
    if (list == nullptr) {
      auto* inner = std::get_if<std::shared_ptr<TomlTable>>(&next->value);
      if (inner == nullptr) fail("there is no such key");
      table = inner->get();
    }
  }
}

Override parse_override(const std::string& typed, const std::string& flag) {
  const auto equals = typed.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw core::UsageError({.what = fmt::format("{} {} is not KEY=VALUE", flag, typed),
                            .expected = "a dotted key, =, a value",
                            .found = typed,
                            .advice = "for example --set sample.active_mass=\"4.1 mg\""});
  }
  return {typed.substr(0, equals), typed.substr(equals + 1)};
}

std::string read_definition(const std::string& path) {
  try {
    return std::string{InputFile::open(path).bytes()};
  } catch (const core::UnreadableFile& error) {
    core::ErrorFacts facts = error.facts();
    facts.what = path + " " + facts.what;
    throw core::UsageError(std::move(facts));
  }
}

std::string quoted(const std::string& text) { return "\"" + core::escaped_string(to_utf8(text)) + "\""; }

// ---- strict reading -------------------------------------------------------------------------------------------------

const TomlNode* TableReader::find(std::string_view key) {
  known_.emplace_back(key);
  return table_.find(key);
}

const TomlNode* TableReader::node(std::string_view key) { return find(key); }

bool TableReader::has(std::string_view key) { return find(key) != nullptr; }

bool TableReader::is_table(std::string_view key) {
  const TomlNode* node = find(key);
  return node != nullptr && node->table() != nullptr;
}

void TableReader::fail(std::string_view key, std::string what, std::string expected, std::string found,
                       std::string advice) const {
  const TomlNode* node = table_.find(key);
  throw core::UsageError({.what = fmt::format("{} {}: {}", name_, key, what),
                          .where = node != nullptr ? place_of(path_, node->line, node->column)
                                                   : place_of(path_, table_.line, table_.column),
                          .expected = std::move(expected),
                          .found = std::move(found),
                          .advice = std::move(advice)});
}

void TableReader::wrong_type(std::string_view key, const TomlNode& node, std::string expected) const {
  fail(key, "has the wrong type", std::move(expected), type_name(node), "");
}

std::optional<std::string> TableReader::text(std::string_view key) {
  const TomlNode* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (node->text() == nullptr) wrong_type(key, *node, "text in quotes");
  return *node->text();
}

std::optional<bool> TableReader::yes_no(std::string_view key) {
  const TomlNode* node = find(key);
  if (node == nullptr) return std::nullopt;
  const bool* held = std::get_if<bool>(&node->value);
  if (held == nullptr) wrong_type(key, *node, "true or false");
  return *held;
}

std::optional<core::Value> TableReader::quantity(std::string_view key, std::string_view unit) {
  const TomlNode* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (const auto number = node->number()) {
    fail(key, "has no unit", fmt::format("a string such as \"{} {}\"", *number, unit), "a bare number",
         "numbers with a dimension carry their unit");
  }
  if (node->text() == nullptr) wrong_type(key, *node, fmt::format("text such as \"4.1 {}\"", unit));
  try {
    return core::parse_quantity(*node->text(), unit);
  } catch (const core::UsageError& error) {
    const core::ErrorFacts& facts = error.facts();
    fail(key, facts.what, facts.expected, facts.found, facts.advice);
  }
}

std::optional<double> TableReader::number(std::string_view key) {
  const TomlNode* node = find(key);
  if (node == nullptr) return std::nullopt;
  const auto number = node->number();
  if (!number || !std::isfinite(*number)) wrong_type(key, *node, "a finite number");
  return number;
}

std::vector<std::string> TableReader::texts(std::string_view key) {
  const TomlNode* node = find(key);
  if (node == nullptr) return {};
  if (node->text() != nullptr) return {*node->text()};
  if (node->list() == nullptr) wrong_type(key, *node, "a list of texts");
  std::vector<std::string> result;
  for (const TomlNode& item : *node->list()) {
    if (item.text() == nullptr) wrong_type(key, item, "a list of texts");
    result.push_back(*item.text());
  }
  return result;
}

std::vector<double> TableReader::numbers(std::string_view key) {
  const TomlNode* node = find(key);
  if (node == nullptr) return {};
  if (node->list() == nullptr) wrong_type(key, *node, "a list of numbers");
  std::vector<double> result;
  for (const TomlNode& item : *node->list()) {
    const auto number = item.number();
    if (!number || !std::isfinite(*number)) wrong_type(key, item, "a list of finite numbers");
    result.push_back(*number);
  }
  return result;
}

const TomlTable* TableReader::table(std::string_view key) {
  const TomlNode* node = find(key);
  if (node == nullptr) return nullptr;
  if (node->table() == nullptr) wrong_type(key, *node, "a table");
  return node->table();
}

std::vector<const TomlTable*> TableReader::tables(std::string_view key) {
  const TomlNode* node = find(key);
  if (node == nullptr) return {};
  if (node->list() == nullptr) wrong_type(key, *node, fmt::format("[[{}]], a table that may be repeated", key));
  std::vector<const TomlTable*> result;
  for (const TomlNode& item : *node->list()) {
    if (item.table() == nullptr) wrong_type(key, item, fmt::format("[[{}]]", key));
    result.push_back(item.table());
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

core::SettingValue TableReader::typed(const core::SettingInfo& info, std::string_view key, const TomlNode& node) const {
  using K = core::SettingKind;
  const bool dimension = !info.unit.empty() && info.unit != "1";
  const auto quantity_of = [&](const TomlNode& one) {
    if (const auto number = one.number()) {
      if (dimension)
        fail(key, "has no unit", fmt::format("a string such as \"{} {}\"", *number, info.unit), "a bare number",
             "numbers with a dimension carry their unit");
      return core::Value::exact(*number);
    }
    if (one.text() == nullptr)
      wrong_type(key, one, dimension ? fmt::format("text such as \"4.1 {}\"", info.unit) : "a number");
    try {
      return core::parse_quantity(*one.text(), dimension ? info.unit : "1");
    } catch (const core::UsageError& error) {
      const core::ErrorFacts& facts = error.facts();
      fail(key, facts.what, facts.expected, facts.found, facts.advice);
    }
  };
  core::SettingValue value;
  switch (info.kind) {
    case K::yes_no:
      if (const bool* held = std::get_if<bool>(&node.value))
        value = *held;
      else
        wrong_type(key, node, "true or false: it is a switch");
      break;
    case K::integer:
      if (const auto number = node.number())
        value = *number;
      else
        wrong_type(key, node, "a whole number");
      break;
    case K::number:
      value = quantity_of(node).value;
      break;
    case K::quantity:
      value = quantity_of(node);
      break;
    case K::text:
    case K::choice:
      if (node.text() == nullptr) wrong_type(key, node, "text in quotes");
      value = *node.text();
      break;
    case K::numbers: {
      std::vector<double> out;
      if (node.list() == nullptr)
        out.push_back(quantity_of(node).value);
      else
        for (const TomlNode& item : *node.list()) out.push_back(quantity_of(item).value);
      value = std::move(out);
      break;
    }
    case K::texts: {
      std::vector<std::string> out;
      if (node.text() != nullptr)
        out.push_back(*node.text());
      else if (node.list() == nullptr)
        wrong_type(key, node, "a list of texts");
      else
        for (const TomlNode& item : *node.list()) {
          if (item.text() == nullptr) wrong_type(key, item, "a list of texts");
          out.push_back(*item.text());
        }
      value = std::move(out);
      break;
    }
  }
  try {
    return core::checked_setting(info, std::move(value), std::string{key});
  } catch (const core::UsageError& error) {
    const core::ErrorFacts& facts = error.facts();
    std::string what = facts.what;
    if (what.starts_with(std::string{key} + " ")) what = what.substr(key.size() + 1);
    fail(key, what, facts.expected, facts.found, facts.advice);
  }
}

core::SettingValue TableReader::setting(const core::SettingInfo& info) {
  known_.push_back(info.name);
  const TomlTable* at = &table_;
  std::string_view rest = info.name;
  for (auto dot = rest.find('.'); dot != std::string_view::npos; dot = rest.find('.')) {
    const TomlNode* inner = at->find(rest.substr(0, dot));
    if (inner == nullptr || inner->table() == nullptr) return {};
    at = inner->table();
    rest.remove_prefix(dot + 1);
  }
  const TomlNode* node = at->find(rest);
  if (node == nullptr) return {};
  if (node->table() != nullptr) return {};  // settings within it may be known
  if (at == &table_) return typed(info, rest, *node);
  const TableReader within{*at, path_, fmt::format("{} {}", name_, info.name.substr(0, info.name.rfind('.')))};
  return within.typed(info, rest, *node);
}

core::Settings TableReader::settings(const std::vector<core::SettingInfo>& infos) {
  core::Settings out;
  for (const core::SettingInfo& info : infos) {
    core::SettingValue value = setting(info);
    if (!std::holds_alternative<std::monostate>(value)) out.set(info.name, std::move(value));
  }
  return out;
}

namespace {

// Keys of a table, and of tables within that settings looked into: "columns.time".
void keys_of(const TomlTable& table, const std::string& prefix, const std::vector<std::string>& known,
             std::vector<std::pair<std::string, const TomlNode*>>& out) {
  for (const auto& [key, node] : table.entries) {
    const std::string name = prefix + key;
    const bool whole = std::ranges::find(known, name) != known.end();
    const bool within = std::ranges::any_of(known, [&](const std::string& k) { return k.starts_with(name + "."); });
    if (node.table() != nullptr && within) {
      keys_of(*node.table(), name + ".", known, out);
    } else if (!whole) {
      out.emplace_back(name, &node);
    }
  }
}

}  // namespace

void TableReader::finish() const {
  std::vector<std::pair<std::string, const TomlNode*>> unknown;
  keys_of(table_, "", known_, unknown);
  if (unknown.empty()) return;
  const auto& [name, node] = unknown.front();
  const std::string near = core::nearest_name(name, known_);
  throw core::UsageError({.what = fmt::format("{} has no key \"{}\"", name_, name),
                          .where = place_of(path_, node->key_line, node->key_column),
                          .expected = fmt::format("one of {}", fmt::join(known_, ", ")),
                          .found = fmt::format("\"{}\"", name),
                          .advice = near.empty() ? "remove it" : fmt::format("did you mean \"{}\"?", near)});
}

std::string settings_toml(const core::Settings& settings, const std::vector<core::SettingInfo>& infos) {
  std::string out;
  for (const core::SettingInfo& info : infos) {
    if (const core::SettingValue* value = settings.find(info.name))
      out += fmt::format("{} = {}\n", info.name, core::setting_text(*value, info.unit));
  }
  return out;
}

}  // namespace lithoscope::io
