// Absorption in HDF5: NeXus NXxas, the classic definition and the contributed one, and the library of MAX IV's FlexPES.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

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
      head.columns.push_back({name, hdf5.attribute(path, "units"), std::move(values.values)});
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

std::vector<Scan> read_nxxas(const io::InputFile& file) {
  const io::Hdf5Reader hdf5{file};
  std::vector<std::string> roots;
  const std::vector<std::string> all = hdf5.groups();
  for (const std::string& group : all) {
    if (lower(definition_of(hdf5, group)).starts_with("nxxas")) roots.push_back(group);
  }
  // Files that name no definition, but hold an NXdata over energy.
  if (roots.empty()) {
    for (const std::string& group : all) {
      if (hdf5.attribute(group, "NX_class") == "NXentry") roots.push_back(group);
    }
  }
  std::vector<Scan> scans;
  for (const std::string& root : roots) {
    const std::vector<std::string> below = hdf5.groups(root);
    Scan head;
    const std::string title = root + "/title";
    if (hdf5.has_dataset(title) && hdf5.is_text(title)) head.name = hdf5.text(title);
    if (head.name.empty()) head.name = last_name(root);
    head.element = text_ending(hdf5, below, {"element/symbol", "/element", "absorbed_element", "edge/element"});
    head.edge = text_ending(hdf5, below, {"edge/name", "/absorption_edge", "/edge"});
    if (const std::string mode = text_ending(hdf5, below, {"/mode", "mode/name"}); !mode.empty())
      head.facts.emplace_back("mode", mode);
    const std::size_t before = scans.size();
    for (const std::string& group : below) {
      if (hdf5.attribute(group, "NX_class") != "NXdata") continue;
      if (hdf5.has_dataset(group + "/energy")) add_scans(hdf5, group, group + "/energy", head, scans);
    }
    if (scans.size() > before) continue;
    for (const std::string& group : below) {  // the classic definition without its NXdata
      if (hdf5.has_dataset(group + "/energy")) add_scans(hdf5, group, group + "/energy", head, scans);
    }
  }
  if (scans.empty())
    unreadable(file.path(), "no absorption spectrum in this HDF5 file", "NXxas, or an NXdata with a dataset \"energy\"",
               fmt::format("{} groups without one", all.size()));
  return scans;
}

}  // namespace

ScanFormat flexpes_format() { return {"FlexPES library", flexpes, read_flexpes}; }
ScanFormat nxxas_format() { return {"NeXus NXxas", nexus, read_nxxas}; }

}  // namespace lithoscope::xas
