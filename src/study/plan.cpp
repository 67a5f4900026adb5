#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/study/run.hpp"

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

std::vector<std::string> matches(const std::string& pattern) {
  std::error_code unreadable;
  if (fs::exists(pattern, unreadable)) return {pattern};
  glob_t found{};
  std::vector<std::string> paths;
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  globfree(&found);
  std::ranges::sort(paths, natural_less);
  return paths;
}

std::vector<std::string> expand(const Study& study, const Measurement& measurement,
                                const std::vector<std::string>& patterns) {
  std::vector<std::string> all;
  for (const std::string& written : patterns) {
    const std::string pattern = (fs::path(study.directory) / written).string();
    const auto paths = matches(pattern);
    if (paths.empty()) {
      core::Place where{.path = study.path};
      if (measurement.line > 0) where.line = measurement.line;
      throw core::UsageError(
          {.what = fmt::format("the file \"{}\" of \"{}\" does not exist", written, measurement.name),
           .where = where,
           .expected = "a file, or a pattern that matches one",
           .found = "nothing at " + pattern,
           .advice = "paths are relative to the study file"});
    }
    all.insert(all.end(), paths.begin(), paths.end());
  }
  return all;
}

}  // namespace

Plan make_plan(const Study& study) {
  Plan plan{.study = study};
  for (const Measurement& m : study.measurements) {
    PlannedMeasurement planned{m, expand(study, m, m.files), {}};
    if (m.constant_current) planned.constant_current_paths = expand(study, m, m.constant_current->files);
    plan.measurements.push_back(std::move(planned));
  }
  return plan;
}

}  // namespace lithoscope::study
