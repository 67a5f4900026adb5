#include "programme_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/programme/programme_file.hpp"

namespace lithoscope::programme {

using io::TomlNode;
using io::TomlTable;

namespace {

// A dotted key with elements of lists by name, as keys_of writes it.
std::string named_key(TomlTable& root, const std::string& dotted) {
  std::string name;
  bool in_list = false;
  for (std::size_t at = 0; at < dotted.size();) {
    const auto end = std::min(dotted.find('.', at), dotted.size());
    std::string word = dotted.substr(at, end - at);
    const TomlNode* node = io::find_node(root, dotted.substr(0, end));
    if (in_list && node != nullptr && node->table() != nullptr) {
      if (const std::string own = io::name_of_element(*node->table()); !own.empty()) word = own;
    }
    in_list = node != nullptr && node->list() != nullptr;
    name += (name.empty() ? "" : ".") + word;
    at = end + 1;
  }
  return plain_key(name);
}

}  // namespace

TomlTable with_base(TomlTable own, const std::string& path, int depth) {
  TomlNode* node = io::find_node(own, "programme.base");
  if (node == nullptr) return own;
  const auto refuse = [&](std::string what, std::string expected, std::string found) {
    throw core::UsageError({.what = std::move(what),
                            .where = {.path = path, .line = node->line, .column = node->column},
                            .expected = std::move(expected),
                            .found = std::move(found)});
  };
  if (node->text() == nullptr) refuse("base is no text", "the name of a preset, or a path", "something else");
  constexpr int deepest = 8;
  const std::string name = *node->text();
  if (depth >= deepest) refuse("files are based on each other without end", "a base that stands alone", name);
  std::vector<std::string> dropped;
  if (const TomlNode* drop = io::find_node(own, "programme.drop")) {
    if (drop->list() == nullptr) refuse("drop is no list", "a list of dotted keys of the base", "something else");
    for (const TomlNode& key : *drop->list()) dropped.push_back(key.text() == nullptr ? "" : *key.text());
    io::remove_node(own, "programme.drop");
  }
  const std::string beside = (std::filesystem::path(path).parent_path() / name).string();
  const bool a_file = std::filesystem::is_regular_file(beside);
  const std::string text = a_file ? io::read_definition(beside) : preset_text(name);
  TomlTable root = with_base(io::parse_toml(text, a_file ? beside : name), a_file ? beside : name, depth + 1);
  io::remove_node(own, "programme.base");
  for (const std::string& key : dropped) io::remove_node(root, key);
  io::merge(root, own);
  return root;
}

std::string put_in(TomlTable& root, io::Override change) {
  change.first = particle::present_name(change.first);
  const auto dot = change.first.rfind('.');
  if (change.first.starts_with("step.") && io::find_node(root, change.first.substr(0, dot)) == nullptr) {
    const TomlNode* branches = root.find("branch");
    for (std::size_t i = 0; branches != nullptr && branches->list() != nullptr && i < branches->list()->size(); ++i) {
      const std::string within = fmt::format("branch.{}.{}", i, change.first);
      if (io::find_node(root, within.substr(0, within.rfind('.'))) == nullptr) continue;
      io::apply_override(root, {within, change.second});
      return named_key(root, within);
    }
  }
  io::apply_override(root, change);
  return named_key(root, change.first);
}

}  // namespace lithoscope::programme
