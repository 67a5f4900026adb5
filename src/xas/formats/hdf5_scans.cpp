// Absorption in HDF5: NeXus NXxas, the classic definition and the contributed one, and the library of MAX IV's FlexPES.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "column_names.hpp"
#include "formats/format.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/hdf5_reader.hpp"
#include "lithoscope/io/recognise.hpp"

namespace lithoscope::xas {

using core::lower;
namespace {

bool is_hdf5(std::string_view bytes) { return io::recognise_container(bytes) == io::Container::hdf5; }

// HDF5 keeps link names as plain bytes in the file: enough to tell the two apart without opening it.
bool flexpes(std::string_view bytes) {
  return is_hdf5(bytes) && bytes.find("library_version") != std::string_view::npos &&
         bytes.find("post_normalization") != std::string_view::npos;
}

std::vector<Scan> read_flexpes(const io::InputFile& file) {
  const io::Hdf5Reader hdf5{file};
  std::vector<Scan> scans;
  for (const std::string& group : hdf5.groups("/spectra")) {
    if (!hdf5.has_dataset(group + "/x") || !hdf5.has_dataset(group + "/y")) continue;
    Scan scan;
    scan.name = hdf5.attribute(group, "label");
    scan.element = hdf5.attribute(group, "element");
    scan.edge = hdf5.attribute(group, "edge");
    scan.edge = scan.edge.substr(0, scan.edge.find(' '));  // "L2,3 (2p)"
    for (const char* name : {"compound", "detector", "comment", "source_file", "source_entry", "post_normalization",
                             "resolution_meV", "edge"}) {
      if (std::string value = hdf5.attribute(group, name); !value.empty())
        scan.facts.emplace_back(name, std::move(value));
    }
    const io::Hdf5Numbers x = hdf5.numbers(group + "/x"), y = hdf5.numbers(group + "/y");
    if (x.values.size() != y.values.size())
      unreadable(file.path(), group + ": energies and values of different number", std::to_string(x.values.size()),
                 std::to_string(y.values.size()));
    scan.columns = {{"energy", "eV", x.values}, {"mu", "", y.values}};
    scans.push_back(std::move(scan));
  }
  return scans;
}

std::string joined(const std::string& group, const std::string& name) {
  std::string path = group;
  path += '/';
  path += name;
  return path;
}

std::string last_name(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

// The first text dataset below `group` whose path ends like one of these.
std::string text_ending(const io::Hdf5Reader& hdf5, const std::vector<std::string>& groups,
                        std::initializer_list<std::string_view> ends) {
  for (const std::string& group : groups) {
    for (const std::string& name : hdf5.datasets(group)) {
      const std::string path = joined(group, name);
      const bool fits = std::ranges::any_of(ends, [&](auto end) { return lower(path).ends_with(end); });
      if (fits && hdf5.is_text(path)) return hdf5.text(path);
    }
  }
  return {};
}

// SOLEIL numbers its datasets and says what they are in an attribute, as a path of the device.
std::string name_of(const io::Hdf5Reader& hdf5, const std::string& group, const std::string& dataset) {
  const bool numbered = lower(dataset).starts_with("data_") || lower(dataset).starts_with("actuator_");
  const std::string said = numbered ? hdf5.attribute(joined(group, dataset), "long_name") : std::string{};
  return said.empty() ? dataset : last_name(said);
}

// Numbers of one length beside an energy axis; several spectra in one array become several scans.
void add_scans(const io::Hdf5Reader& hdf5, const std::string& group, const std::string& energy_path, Scan head,
               std::vector<Scan>& out) {
  const io::Hdf5Numbers energy = hdf5.numbers(energy_path);
  const auto count = static_cast<std::int64_t>(energy.values.size());
  if (energy.shape.size() != 1 || count < 2) return;
  std::string unit = hdf5.attribute(energy_path, "units");
  head.columns.push_back({"energy", unit.empty() ? "eV" : unit, energy.values});
  struct Stack {
    std::string name;
    io::Hdf5Numbers values;
    bool energy_first;
  };
  std::optional<Stack> stack;
  const std::string signal = hdf5.attribute(group, "signal");  // of several arrays NeXus names the one that counts
  for (const std::string& name : hdf5.datasets(group)) {
    const std::string path = joined(group, name);
    if (path == energy_path || !hdf5.is_numeric(path)) continue;
    io::Hdf5Numbers values = hdf5.numbers(path);
    if (values.shape == energy.shape) {
      head.columns.push_back({name_of(hdf5, group, name), hdf5.attribute(path, "units"), std::move(values.values)});
    } else if (values.shape.size() == 2 && (values.shape[1] == count || values.shape[0] == count) &&
               (!stack || name == signal)) {
      const bool energy_first = values.shape[1] != count;
      stack = Stack{name, std::move(values), energy_first};
    }
  }
  if (!stack) {
    if (head.columns.size() > 1) out.push_back(std::move(head));
    return;
  }
  const std::int64_t spectra = stack->values.shape[stack->energy_first ? 1 : 0];
  for (std::int64_t s = 0; s < spectra; ++s) {
    Scan scan = head;
    scan.name = fmt::format("{} {}", head.name, s + 1);
    ScanColumn column{.name = stack->name};
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t at = stack->energy_first ? i * spectra + s : s * count + i;
      column.values.push_back(stack->values.values[static_cast<std::size_t>(at)]);
    }
    scan.columns.insert(scan.columns.begin() + 1, std::move(column));
    out.push_back(std::move(scan));
  }
}

std::string definition_of(const io::Hdf5Reader& hdf5, const std::string& group) {
  const std::string path = group + "/definition";
  return hdf5.has_dataset(path) && hdf5.is_text(path) ? hdf5.text(path) : std::string{};
}

bool nexus(std::string_view bytes) { return is_hdf5(bytes) && !flexpes(bytes); }

// The dataset over which the group's others stand: named by NXdata's axes, by its own name, or by its unit.
std::string energy_in(const io::Hdf5Reader& hdf5, const std::string& group) {
  std::string by_unit, by_part;
  const auto is_axis = [&](const std::string& name) {
    if (!hdf5.is_numeric(joined(group, name))) return false;
    const io::Hdf5Numbers values = hdf5.numbers(joined(group, name));
    return values.shape.size() == 1 && values.values.size() > 1;
  };
  for (const std::string& name : hdf5.datasets(group)) {
    const std::string called = name_of(hdf5, group, name);
    const std::string unit = lower(hdf5.attribute(joined(group, name), "units"));
    const bool exact = kind_of(called) == ColumnKind::energy;
    const bool part = lower(called).find("energy") != std::string::npos;
    if (!(exact || part || unit == "ev" || unit == "kev") || !is_axis(name)) continue;
    if (exact) return name;
    std::string& found = part ? by_part : by_unit;
    if (found.empty()) found = name;
  }
  return by_part.empty() ? by_unit : by_part;
}

// Scans of one entry over the same energies are one scan: some programs write every detector into a group of its own.
void add_or_join(std::vector<Scan> found, std::size_t first, std::vector<Scan>& out) {
  for (Scan& scan : found) {
    const auto same = std::find_if(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(), [&](const Scan& other) {
      return found.size() == 1 && other.columns.front().values == scan.columns.front().values;
    });
    if (same == out.end()) {
      out.push_back(std::move(scan));
      continue;
    }
    for (ScanColumn& column : scan.columns) {
      if (same->find(column.name) == nullptr) same->columns.push_back(std::move(column));
    }
  }
}

// Groups that hold data, those that say most first: BLISS's "measurement", then NXdata, then any with an energy.
std::vector<std::string> data_groups(const io::Hdf5Reader& hdf5, const std::vector<std::string>& below) {
  std::vector<std::string> collections, data, others;
  for (const std::string& group : below) {
    const std::string kind = hdf5.attribute(group, "NX_class");
    const bool measured = last_name(group) == "measurement";
    if (energy_in(hdf5, group).empty()) continue;
    (measured ? collections : kind == "NXdata" ? data : others).push_back(group);
  }
  return !collections.empty() ? collections : !data.empty() ? data : others;
}

Scan head_of(const io::Hdf5Reader& hdf5, const std::string& root, const std::vector<std::string>& below) {
  Scan head;
  const std::string title = joined(root == "/" ? "" : root, "title");
  const std::string said = hdf5.has_dataset(title) && hdf5.is_text(title) ? hdf5.text(title) : std::string{};
  const std::string entry = last_name(root);
  const bool numbered = !entry.empty() && entry.find_first_not_of("0123456789.") == std::string::npos;  // BLISS: 1.1
  head.name = said.empty() || numbered ? entry : said;
  if (numbered && !said.empty()) head.facts.emplace_back("title", said);
  head.element = text_ending(hdf5, below, {"element/symbol", "/element", "absorbed_element", "edge/element"});
  head.edge = text_ending(hdf5, below, {"edge/name", "/absorption_edge", "/edge"});
  if (const std::string mode = text_ending(hdf5, below, {"/mode", "mode/name"}); !mode.empty())
    head.facts.emplace_back("mode", mode);
  return head;
}

// Entries that say they are absorption, else all entries, else the file as a whole.
std::vector<std::string> entries_of(const io::Hdf5Reader& hdf5, const std::vector<std::string>& all) {
  std::vector<std::string> absorption, entries;
  for (const std::string& group : all) {
    if (lower(definition_of(hdf5, group)).starts_with("nxxas")) absorption.push_back(group);
    if (hdf5.attribute(group, "NX_class") == "NXentry") entries.push_back(group);
  }
  if (!absorption.empty()) return absorption;
  return entries.empty() ? std::vector<std::string>{"/"} : entries;
}

std::vector<Scan> read_nexus(const io::InputFile& file) {
  const io::Hdf5Reader hdf5{file};
  const std::vector<std::string> all = hdf5.groups();
  std::vector<Scan> scans;
  for (const std::string& root : entries_of(hdf5, all)) {
    const std::vector<std::string> below = hdf5.groups(root);
    const Scan head = head_of(hdf5, root, below);
    const std::size_t first = scans.size();
    for (const std::string& group : data_groups(hdf5, below)) {
      std::vector<Scan> found;
      add_scans(hdf5, group, joined(group, energy_in(hdf5, group)), head, found);
      add_or_join(std::move(found), first, scans);
    }
  }
  if (scans.empty())
    unreadable(file.path(), "no absorption spectrum in this HDF5 file",
               "a group with a dataset of energies (by its name, its unit or NXdata's axes) beside others as long",
               fmt::format("{} groups without one", all.size()));
  return scans;
}

}  // namespace

ScanFormat flexpes_format() { return {"FlexPES library", flexpes, read_flexpes}; }
ScanFormat nxxas_format() { return {"NeXus", nexus, read_nexus}; }

}  // namespace lithoscope::xas
