#include <fmt/format.h>

#include <set>
#include <stdexcept>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/io/hdf5_reader.hpp"
#include "lithoscope/io/nexus_file.hpp"
#include "lithoscope/io/recognise.hpp"
#include "lithoscope/result/files.hpp"
#include "tree.hpp"

namespace lithoscope::result {
namespace {

constexpr const char* entry = "/entry";
constexpr const char* definition = "lithoscope_run_2";

void write_node(io::NexusWriter& nexus, const Node& node, const std::string& parent);

void write_attributes(io::NexusWriter& nexus, const Node& node, const std::string& at) {
  for (const auto& [name, text] : node.attributes) {
    if (const auto* one = std::get_if<std::string>(&text)) {
      nexus.attribute(at, name, *one);
    } else {
      nexus.attribute(at, name, std::get<std::vector<std::string>>(text));
    }
  }
}

void write_value(io::NexusWriter& nexus, const Node& node, const std::string& at) {
  struct Write {
    io::NexusWriter& nexus;
    const Node& node;
    const std::string& at;
    void operator()(std::monostate) const {}
    void operator()(double v) const { nexus.number(at, v, ""); }
    void operator()(std::int64_t v) const { nexus.integer(at, v); }
    void operator()(const std::string& v) const { nexus.text(at, v); }
    void operator()(const std::vector<std::int64_t>& v) const { nexus.integers(at, v); }
    void operator()(const std::vector<std::string>& v) const { nexus.texts(at, v); }
    void operator()(const std::vector<double>& v) const {
      if (node.rows > 0) {
        nexus.table(at, v, node.rows, "");
      } else {
        nexus.numbers(at, v, "");
      }
    }
  };
  std::visit(Write{nexus, node, at}, node.value);
}

void write_node(io::NexusWriter& nexus, const Node& node, const std::string& parent) {
  const std::string at = parent + "/" + node.name;
  if (node.as_text) {
    nexus.text(at, node_json(node));
    nexus.attribute(at, "format", "json");
    return;
  }
  if (node.is_group()) {
    nexus.group(at, node.nx_class);
    write_attributes(nexus, node, at);
    for (const Node& child : node.children) write_node(nexus, child, at);
    return;
  }
  write_value(nexus, node, at);
  write_attributes(nexus, node, at);
}

Node read_node(const io::Hdf5Reader& reader, const std::string& at, const std::string& name) {
  Node out{.name = name};
  for (auto& [key, texts] : reader.text_attributes(at)) {
    if (key == "NX_class") {
      out.nx_class = texts.empty() ? "NXcollection" : texts.front();
    } else if (texts.size() == 1 && key != "brief") {
      out.attributes.emplace_back(key, texts.front());
    } else {
      out.attributes.emplace_back(key, texts);
    }
  }
  if (reader.is_group(at)) {
    if (out.nx_class.empty()) out.nx_class = "NXcollection";
    for (const std::string& member : reader.members(at))
      out.children.push_back(read_node(reader, fmt::format("{}/{}", at, member), member));
    return out;
  }
  const bool scalar = reader.is_scalar(at);
  if (reader.is_text(at)) {
    if (!scalar) {
      out.value = reader.texts(at);
    } else if (const NodeText* format = out.attribute("format"); format != nullptr && *format == NodeText{"json"}) {
      return node_from_json(reader.text(at), name);
    } else {
      out.value = reader.text(at);
    }
  } else if (reader.is_whole(at)) {
    const std::vector<std::int64_t> all = reader.integers(at);
    if (scalar)
      out.value = all.at(0);
    else
      out.value = all;
  } else {
    std::vector<double> all = reader.numbers(at).values;
    if (scalar)
      out.value = all.at(0);
    else
      out.value = std::move(all);
  }
  return out;
}

// "gitt_1", "rixs_2": probe and number among its results.
std::string group_name(const Result& result, std::set<std::string>& used) {
  for (int number = 1;; ++number) {
    std::string name = fmt::format("{}_{}", result.probe.empty() ? "result" : result.probe, number);
    if (used.insert(name).second) return name;
  }
}

}  // namespace

std::string nexus_file(std::span<const Result> results, const FileFacts& facts) {
  io::NexusWriter nexus;
  nexus.group("/", "NXroot");
  nexus.attribute("/", "default", "entry");
  nexus.group(entry, "NXentry");
  const std::string at = entry;
  nexus.text(at + "/definition", definition);
  nexus.text(at + "/title", facts.title);
  nexus.text(at + "/program_name", facts.program);
  for (const auto& [name, text] : facts.texts) nexus.text(fmt::format("{}/{}", at, name), text);
  std::set<std::string> used;
  std::string shown;
  for (const Result& result : results) {
    const Node node = node_of(result, group_name(result, used), true);
    write_node(nexus, node, entry);
    // What is made last carries the answer: of two states the one that is compared, of tes and rixs the map.
    if (used.size() == 1 || !result.figures.empty()) shown = node.name;
  }
  if (!shown.empty()) nexus.attribute(at, "default", shown);
  return nexus.finish();
}

bool is_result_file(const io::InputFile& file) {
  if (io::recognise_container(file.bytes()) != io::Container::hdf5) return false;
  const io::Hdf5Reader reader{file};
  const std::string path = std::string{entry} + "/definition";
  return reader.has_dataset(path) && reader.is_text(path) && reader.text(path) == definition;
}

std::vector<Result> read_nexus(const io::InputFile& file) {
  const io::Hdf5Reader reader{file};
  std::vector<Result> out;
  try {
    if (!is_result_file(file)) throw std::invalid_argument("no /entry/definition " + std::string{definition});
    for (const std::string& name : reader.members(entry)) {
      const std::string at = std::string{entry} + "/" + name;
      if (reader.is_group(at)) out.push_back(result_of(read_node(reader, at, name)));
    }
  } catch (const core::Error&) {
    throw;
  } catch (const std::exception& error) {
    throw core::UnreadableFile({.what = "is not the file of a run",
                                .where = {.path = file.path()},
                                .expected = "a run.nxs of this version",
                                .found = error.what(),
                                .advice = "run the study again"});
  }
  return out;
}

FileFacts read_nexus_facts(const io::InputFile& file) {
  const io::Hdf5Reader reader{file};
  const std::string at = entry;
  FileFacts out{.title = reader.text(at + "/title"), .program = reader.text(at + "/program_name")};
  for (const std::string& name : reader.members(at)) {
    const std::string below = fmt::format("{}/{}", at, name);
    if (reader.is_group(below) || name == "title" || name == "program_name" || name == "definition") continue;
    out.texts.emplace_back(name, reader.text(below));
  }
  return out;
}

}  // namespace lithoscope::result
