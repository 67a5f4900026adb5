#include "lithoscope/programme/origin.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <set>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/core/units.hpp"

namespace lithoscope::programme {
namespace {

using io::TomlNode;
using io::TomlTable;

[[noreturn]] void refuse(const std::string& path, std::int64_t line, std::int64_t column, std::string what,
                         std::string expected, std::string found, std::string advice = "") {
  core::Place place{.path = path};
  if (line > 0) {
    place.line = line;
    place.column = column;
  }
  throw core::UsageError({.what = std::move(what),
                          .where = place,
                          .expected = std::move(expected),
                          .found = std::move(found),
                          .advice = std::move(advice)});
}

std::string as_text(const TomlNode& node) {
  if (node.text() != nullptr) return *node.text();
  if (const auto number = node.number()) return fmt::format("{}", *number);
  return {};
}

WrittenOrigin read_origin(const std::string& key, const TomlTable& table, const std::string& path) {
  WrittenOrigin out{.key = plain_key(key), .line = table.line, .column = table.column};
  const auto fail = [&](const std::string& what, std::string expected, std::string found) {
    refuse(path, table.line, table.column, key + ": " + what, std::move(expected), std::move(found),
           "see docs/particle.md, Where the numbers are from");
  };
  const auto tell = [&](OriginKind kind, const TomlNode& node) {
    if (out.kind != OriginKind::untold) fail("has two origins", "one of paper, derived, assumed", "two");
    out.kind = kind;
    if (node.text() == nullptr || node.text()->empty())
      fail("its origin says nothing", "words in quotes", as_text(node));
    out.words = *node.text();
  };
  for (const auto& [name, node] : table.entries) {
    if (name == "value" || name == "parameter") continue;
    if (name == "paper")
      tell(OriginKind::paper, node);
    else if (name == "derived")
      tell(OriginKind::derived, node);
    else if (name == "assumed")
      tell(OriginKind::assumed, node);
    else if (name == "range") {
      if (node.list() == nullptr || node.list()->size() != 2)
        fail("its range is not two values", "[least, most]", as_text(node));
      for (const TomlNode& end : *node.list()) out.range.push_back(as_text(end));
    } else if (name == "scale") {
      if (as_text(node) != "log" && as_text(node) != "linear")
        fail("its scale is unknown", "\"log\" or \"linear\"", as_text(node));
      out.logarithmic = as_text(node) == "log";
    } else
      fail("has a key nobody asks for", "value, paper, derived, assumed, range, scale", name);
  }
  if (out.kind == OriginKind::untold) fail("has no origin", "paper, derived or assumed beside value", "none");
  return out;
}

using Visit = std::function<void(const std::string& key, TomlNode& node)>;

void walk(TomlTable& table, const std::string& prefix, const Visit& visit) {
  for (auto& [key, node] : table.entries) {
    const std::string name = prefix + key;
    if (auto* inner = std::get_if<std::shared_ptr<TomlTable>>(&node.value);
        inner != nullptr && !(*inner)->find("value")) {
      walk(**inner, name + ".", visit);
      continue;
    }
    auto* list = std::get_if<std::vector<TomlNode>>(&node.value);
    if (list == nullptr || list->empty() || list->front().table() == nullptr) {
      visit(name, node);
      continue;
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
      auto* element = std::get_if<std::shared_ptr<TomlTable>>(&(*list)[i].value);
      if (element == nullptr) continue;
      const std::string own = io::name_of_element(**element);
      walk(**element, name + "." + (own.empty() ? fmt::format("{}", i) : own) + ".", visit);
    }
  }
}

// A number whose group is switched off does nothing.
bool in_use(const particle::Model& m, const std::string& name) {
  const auto in = [&](const char* group) { return name.starts_with(std::string{group} + "."); };
  if (in("reservoir")) return m.reservoir.rate_per_s > 0 || m.reservoir.per_dose > 0;
  if (in("dimers")) return m.dimers.rate_per_s > 0;
  if (in("transport.gap")) return m.transport.gap.to > m.transport.gap.from;
  if (in("hysteresis")) return m.hysteresis.memory != particle::Memory::none;
  if (in("surface")) return m.surface.exchange_current_A_per_m2 > 0 || m.surface.resistance_ohm_m2 > 0;
  if (in("degradation")) {
    const particle::Degradation& d = m.degradation;
    if (name.find("shell") != std::string::npos) return d.shell_rate_nm_per_s > 0;
    return name.find("rock_salt") != std::string::npos ? d.rock_salt_prefactor_per_s > 0 : d.spinel_prefactor_per_s > 0;
  }
  if (name == "transport.unlock_rate" || name == "transport.unlock_energy") return m.transport.unlock_rate_per_s > 0;
  if (name == "oxygen.stabilised_level" || name == "oxygen.stabilised_level_slope")
    return m.hysteresis.memory == particle::Memory::square_scheme;
  if (in("oxygen")) return m.ladder.oxygen.sites > 0;
  return true;
}

// Not of the particle: how it is computed.
bool numeric(const std::string& name) {
  return name.starts_with("numerics.") || name == "grain.cells" || name == "grain.surface_spacing" ||
         name == "grain.sizes";
}

double end_of(const WrittenOrigin& w, const std::string& text, const particle::Parameter& p, const std::string& path) {
  try {
    return core::parse_quantity(p.unit == "1" && text.find(' ') == std::string::npos ? text + " 1" : text, p.unit)
        .value;
  } catch (const core::UsageError& error) {
    refuse(path, w.line, w.column, w.key + ": an end of its range " + error.facts().what, error.facts().expected, text);
  }
}

Origin resolved(const WrittenOrigin& w, const particle::Parameter& p, const std::string& path) {
  Origin out{.parameter = p.name, .kind = w.kind, .words = w.words, .unit = p.unit, .logarithmic = w.logarithmic};
  if (w.range.empty()) return out;
  out.low = end_of(w, w.range[0], p, path);
  out.high = end_of(w, w.range[1], p, path);
  const double slack = 1e-9 * (std::abs(*out.low) + std::abs(*out.high));
  if (*p.number < *out.low - slack || *p.number > *out.high + slack) {
    refuse(path, w.line, w.column, w.key + " lies outside the range that is assumed for it",
           fmt::format("{} to {} {}", w.range[0], w.range[1], p.unit == "1" ? "" : p.unit),
           fmt::format("{}", *p.number));
  }
  if (w.logarithmic && !(*out.low > 0))
    refuse(path, w.line, w.column, w.key + ": a logarithmic range begins at zero or below", "a positive end",
           w.range[0]);
  return out;
}

}  // namespace

const char* name_of(OriginKind kind) {
  static constexpr std::array names{"not told", "paper", "derived", "assumed", "given", "numeric"};
  return names[static_cast<std::size_t>(kind)];
}

std::string plain_key(const std::string& key) {
  if (!key.starts_with("branch.")) return key;
  const auto step = key.find(".step.");
  return step == std::string::npos ? key : key.substr(step + 1);
}

std::vector<WrittenOrigin> take_origins(TomlTable& root, const std::string& path) {
  std::vector<WrittenOrigin> out;
  if (const TomlNode* list = root.find("origin"); list != nullptr && list->list() != nullptr) {
    for (const TomlNode& entry : *list->list()) {
      const TomlNode* name = entry.table() == nullptr ? nullptr : entry.table()->find("parameter");
      if (name == nullptr || name->text() == nullptr)
        refuse(path, entry.line, entry.column, "an [[origin]] names no parameter", "parameter = \"grain.radius\"",
               "none");
      out.push_back(read_origin(*name->text(), *entry.table(), path));
    }
    io::remove_node(root, "origin");
  }
  walk(root, "", [&](const std::string& key, TomlNode& node) {
    if (node.table() == nullptr) return;
    const std::shared_ptr<TomlTable> table = std::get<std::shared_ptr<TomlTable>>(node.value);
    out.push_back(read_origin(key, *table, path));
    TomlNode value = *table->find("value");
    value.line = node.line;
    value.column = node.column;
    value.key_line = node.key_line;
    value.key_column = node.key_column;
    node = std::move(value);
  });
  return out;
}

std::vector<std::string> keys_of(const TomlTable& root) {
  std::vector<std::string> out;
  walk(const_cast<TomlTable&>(root), "",
       [&](const std::string& key, const TomlNode&) { out.push_back(plain_key(key)); });
  return out;
}

std::vector<Origin> origins_of(particle::Model& model, particle::Programme& programme,
                               const std::vector<WrittenOrigin>& written, const std::vector<std::string>& in_file,
                               const std::vector<std::string>& overridden, const std::string& otherwise,
                               const std::string& path) {
  std::vector<Origin> out;
  std::set<std::string> used;
  std::vector<particle::Parameter> all = particle::parameters(model);
  for (particle::Parameter& p : particle::parameters(programme)) all.push_back(std::move(p));
  const auto is_in = [](const std::vector<std::string>& keys, const std::string& name) {
    return std::ranges::find(keys, name) != keys.end();
  };
  for (const particle::Parameter& p : all) {
    // "transport.log10_D_cm2_s.3" is told as a whole, too
    const bool knot = p.name.starts_with("transport.log10_D_cm2_s.");
    const std::string whole = knot ? "transport.log10_D_cm2_s" : p.name;
    const auto told = std::ranges::find_if(written, [&](const auto& w) { return w.key == p.name || w.key == whole; });
    if (told != written.end()) used.insert(told->key);
    if (is_in(overridden, p.name) || is_in(overridden, whole)) {
      out.push_back({.parameter = p.name, .kind = OriginKind::given, .words = "--set on the command line"});
    } else if (numeric(p.name)) {
      out.push_back({.parameter = p.name, .kind = OriginKind::numeric, .words = "how it is computed"});
    } else if (told != written.end()) {
      out.push_back(resolved(*told, p, path));
    } else if (is_in(in_file, p.name) || is_in(in_file, whole)) {
      if (otherwise.empty())
        out.push_back({.parameter = p.name});
      else
        out.push_back({.parameter = p.name, .kind = OriginKind::assumed, .words = otherwise});
    } else if (in_use(model, p.name)) {
      out.push_back({.parameter = p.name, .kind = OriginKind::assumed, .words = "the program's default"});
    }
  }
  for (const WrittenOrigin& w : written) {
    if (used.contains(w.key)) continue;
    if (!w.range.empty()) {
      refuse(path, w.line, w.column, w.key + " has a range, and is no number that a run can vary",
             "a parameter such as grain.radius", w.key);
    }
    if (!is_in(overridden, w.key)) out.push_back({.parameter = w.key, .kind = w.kind, .words = w.words});
  }
  return out;
}

}  // namespace lithoscope::programme
