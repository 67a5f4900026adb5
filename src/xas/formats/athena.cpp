// Athena project files: Perl's Data::Dumper text, and its JSON variant.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "formats/format.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/text_table.hpp"

namespace lithoscope::xas {
namespace {

using core::trimmed;

constexpr std::string_view signature = "Athena project file -- ";

bool perl(std::string_view bytes) {
  return bytes.starts_with('#') && bytes.substr(0, 500).find(signature) != std::string_view::npos;
}
bool json(std::string_view bytes) {
  return trimmed(bytes.substr(0, 100)).starts_with('{') &&
         bytes.substr(0, 1000).find(signature) != std::string_view::npos;
}

// The values of a Perl list, in order: quoted texts and bare words; a nested list or table is one empty value.
std::vector<std::string> perl_list(std::string_view text) {
  constexpr std::string_view between = " \t\r\n,=>();";
  std::vector<std::string> out;
  int depth = 0;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '\'' || c == '"') {
      std::string word;
      for (++i; i < text.size() && text[i] != c; ++i) {
        if (text[i] == '\\' && i + 1 < text.size()) ++i;
        word += text[i];
      }
      ++i;
      if (depth == 0) out.push_back(std::move(word));
    } else if (c == '[' || c == '{') {
      if (depth++ == 0) out.emplace_back();
      ++i;
    } else if (c == ']' || c == '}') {
      depth = std::max(0, depth - 1);
      ++i;
    } else if (between.find(c) != std::string_view::npos) {
      ++i;
    } else {
      const std::size_t end = std::min(text.find_first_of(" \t\r\n,=>(){}[];'\"", i), text.size());
      if (depth == 0) out.emplace_back(text.substr(i, end - i));
      i = end;
    }
  }
  return out;
}

// Perl's and JSON's words for nothing: Athena writes them for arrays it never filled.
bool is_undefined(std::string_view word) { return word == "undef" || word == "null"; }

// NaN where a value is undefined.
std::vector<double> numbers_of(const std::string& path, const std::vector<std::string>& words, std::int64_t line) {
  std::vector<double> out;
  out.reserve(words.size());
  for (const std::string& word : words) {
    if (is_undefined(word)) {
      out.push_back(std::numeric_limits<double>::quiet_NaN());
      continue;
    }
    const auto value = io::to_number(word);
    if (!value) unreadable(path, "a value of an Athena record is not a number", "a number", word.substr(0, 40), line);
    out.push_back(*value);
  }
  return out;
}

// A record as it is read, one array a name.
struct Record {
  std::string group;
  std::vector<std::pair<std::string, std::string>> arguments;
  std::vector<std::pair<std::string, std::vector<double>>> arrays;
  std::int64_t line = 0;

  std::string argument(std::string_view key) const {
    for (const auto& [name, value] : arguments) {
      if (name == key) return value;
    }
    return {};
  }
  Scan scan(const std::string& path) const {
    Scan out;
    out.name = argument("label").empty() ? group : argument("label");
    out.element = argument("bkg_z");
    out.edge = argument("fft_edge");
    if (!out.edge.empty())
      out.edge.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(out.edge.front())));
    for (const auto& [name, values] : arrays) {
      const std::string title = name == "x" ? "energy" : name == "y" ? "mu" : name;
      if (const auto gap = std::ranges::find_if(values, [](double v) { return std::isnan(v); }); gap != values.end()) {
        if (title == "energy" || title == "mu") {
          unreadable(path, fmt::format("record \"{}\" has an undefined value in @{}", out.name, name), "a number",
                     fmt::format("undef at number {}", gap - values.begin() + 1), line);
        }
        if (values.size() > 1) out.remarks.push_back(fmt::format("@{} has undefined values and was left out.", name));
        continue;
      }
      if (!out.columns.empty() && values.size() != out.columns.front().values.size()) {
        if (title == "mu") {
          unreadable(path, fmt::format("record \"{}\" has energies and values of different number", out.name),
                     std::to_string(out.columns.front().values.size()), std::to_string(values.size()), line);
        }
        continue;  // an array of another length belongs to something else
      }
      out.columns.push_back({.name = title, .unit = title == "energy" ? "eV" : "", .values = values});
    }
    if (out.columns.size() < 2)
      unreadable(path, fmt::format("record \"{}\" has no spectrum", out.name), "@x and @y", "none", line);
    for (const char* kept : {"bkg_e0", "bkg_eshift", "bkg_step", "bkg_pre1", "bkg_pre2", "bkg_nor1", "bkg_nor2",
                             "bkg_nnorm", "file", "is_nor", "is_xanes"}) {
      if (const std::string value = argument(kept); !value.empty()) out.facts.emplace_back(kept, value);
    }
    if (argument("is_chi") == "1") out.remarks.emplace_back("The record is chi(k), not a spectrum over energy.");
    // Athena keeps energies as measured beside the shift it shows them with; e0 and ranges are on the shifted scale.
    const auto shift = io::to_number(argument("bkg_eshift"));
    if (shift && *shift != 0 && out.columns.front().name == "energy") {
      for (double& e : out.columns.front().values) e += *shift;
      out.remarks.push_back(fmt::format("The energies hold Athena's shift of {:.4g} eV.", *shift));
    }
    return out;
  }
};

std::vector<Scan> read_perl(const io::InputFile& file) {
  std::vector<Scan> scans;
  Record record;
  std::int64_t number = 0;
  std::string pending;
  std::int64_t began = 0;
  const auto statement = [&](std::string_view text) {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) return;
    const std::string key{trimmed(text.substr(0, equals))};
    const std::vector<std::string> words = perl_list(text.substr(equals + 1));
    if (key == "$old_group") {
      record = {.group = words.empty() ? "" : words.front(), .line = began};
    } else if (key == "@args") {
      for (std::size_t i = 0; i + 1 < words.size(); i += 2) record.arguments.emplace_back(words[i], words[i + 1]);
    } else if (key == "@x" || key == "@y" || key == "@i0" || key == "@stddev" || key == "@signal") {
      record.arrays.emplace_back(key.substr(1), numbers_of(file.path(), words, began));
    }
  };
  for (const std::string_view line : io::lines_of(file.bytes())) {
    ++number;
    const std::string_view text = trimmed(line);
    if (pending.empty() && (text.empty() || text.starts_with('#'))) continue;
    if (pending.empty() && text.starts_with("[record]")) {
      scans.push_back(record.scan(file.path()));
      record = {};
      continue;
    }
    if (pending.empty()) began = number;
    pending += std::string{line} + "\n";
    if (!text.ends_with(';')) continue;
    statement(pending);
    pending.clear();
  }
  if (!record.arrays.empty() || !pending.empty())
    unreadable(file.path(), "ends inside a record", "[record] after its arrays", "the end of the file", number);
  return scans;
}

std::vector<Scan> read_json(const io::InputFile& file) {
  const auto root = nlohmann::ordered_json::parse(file.bytes(), nullptr, false);
  if (!root.is_object()) unreadable(file.path(), "is damaged JSON", "an Athena project", "no JSON object");
  std::vector<Scan> scans;
  const auto text = [](const nlohmann::ordered_json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
  };
  for (const auto& [group, entry] : root.items()) {
    if (!entry.is_object() || !entry.contains("x") || !entry.contains("y")) continue;
    Record record{.group = group};
    if (entry.contains("args") && entry["args"].is_object()) {
      for (const auto& [key, value] : entry["args"].items()) record.arguments.emplace_back(key, text(value));
    }
    for (const char* name : {"x", "y", "i0", "stddev", "signal"}) {
      if (!entry.contains(name) || !entry[name].is_array()) continue;
      std::vector<std::string> words;
      for (const auto& value : entry[name]) words.push_back(text(value));
      record.arrays.emplace_back(name, numbers_of(file.path(), words, 0));
    }
    scans.push_back(record.scan(file.path()));
  }
  return scans;
}

}  // namespace

ScanFormat athena_perl_format() { return {"Athena project", perl, read_perl}; }
ScanFormat athena_json_format() { return {"Athena project (JSON)", json, read_json}; }

}  // namespace lithoscope::xas
