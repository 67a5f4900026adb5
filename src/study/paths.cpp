#include "paths.hpp"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/io/input_file.hpp"

namespace lithoscope::study {
namespace fs = std::filesystem;
namespace {

// pulse_2 before pulse_10: runs of digits compare as numbers.
bool natural_less(const std::string& a, const std::string& b) {
  const auto digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (digit(a[i]) && digit(b[j])) {
      const auto digits = [&](const std::string& s, std::size_t& at) {
        while (at + 1 < s.size() && s[at] == '0' && digit(s[at + 1])) ++at;
        const std::size_t from = at;
        while (at < s.size() && digit(s[at])) ++at;
        return s.substr(from, at - from);
      };
      const std::string x = digits(a, i);
      const std::string y = digits(b, j);
      if (x.size() != y.size()) return x.size() < y.size();
      if (x != y) return x < y;
    } else if (a[i] != b[j]) {
      return a[i] < b[j];
    } else {
      ++i;
      ++j;
    }
  }
  return a.size() - i < b.size() - j;
}

bool exists(const std::string& path) {
  std::error_code unreadable;
  return fs::exists(path, unreadable);
}

std::vector<std::string> matches(const std::string& pattern) {
  if (exists(pattern)) return {pattern};
  glob_t found{};
  std::vector<std::string> paths;
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  globfree(&found);
  std::ranges::sort(paths, natural_less);
  return paths;
}

// Names are filled into patterns as people write them in file names: "Ni L3", "Ni_L3", "Ni-L3", "NiL3".
std::vector<std::string> spellings(const std::string& pattern) {
  std::vector<std::string> out{pattern};
  if (pattern.find(' ') == std::string::npos) return out;
  for (const char* blank : {"_", "-", ""}) {
    std::string other;
    for (const char c : pattern) other += c == ' ' ? std::string{blank} : std::string(1, c);
    out.push_back(std::move(other));
  }
  return out;
}

}  // namespace

std::vector<probe::Input> found_files(const std::string& written, const std::string& directory,
                                      const probe::Role& role) {
  if (std::ranges::find(role.builtin, written) != role.builtin.end() &&
      !exists((fs::path(directory) / written).string()))
    return {{.path = written, .selector = {}, .builtin = true}};
  const std::string whole = (fs::path(directory) / written).string();
  for (const std::string& pattern : spellings(whole)) {
    std::vector<probe::Input> out;
    for (std::string& path : matches(pattern)) out.push_back({.path = std::move(path)});
    if (!out.empty()) return out;
  }
  if (!role.selectable) return {};
  // The longest leading part that is a file: labels may hold colons, too. What follows '=' is kept with its sign.
  for (auto at = whole.find_last_of(":="); at != std::string::npos && at > 0; at = whole.find_last_of(":=", at - 1)) {
    const auto files = matches(whole.substr(0, at));
    if (files.empty()) continue;
    const std::string selector = whole.substr(whole[at] == ':' ? at + 1 : at);
    std::vector<probe::Input> out;
    for (const std::string& path : files) out.push_back({.path = path, .selector = selector});
    return out;
  }
  return {};
}

std::vector<std::string> files_below(const std::string& folder) {
  std::vector<std::string> out;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    if (entry.is_regular_file(error)) out.push_back(entry.path().string());
  }
  std::ranges::sort(out, natural_less);
  return out;
}

Hash hash_of(const std::string& path) {
  constexpr std::uintmax_t large = 64ULL << 20;
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  const io::InputFile file = io::InputFile::open(path);
  if (error || size <= large) return {file.sha256(), "all"};
  return {hash_of_text(fmt::format("{} {}", size, file.sha256_of_ends())), "size, first and last MiB"};
}

std::string hash_of_text(const std::string& text) { return io::InputFile::from_bytes("text", text).sha256(); }

}  // namespace lithoscope::study
