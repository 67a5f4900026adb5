// scripts/validate: runs named checks and prints NAME value unit goal PASS|FAIL|NODATA seconds.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>

#include "check.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/log.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/input_file.hpp"
#include "lithoscope/io/text_table.hpp"

namespace lithoscope::validation {

std::string real_data() {
  const char* path = std::getenv("LITHOSCOPE_REAL_DATA");
  return path == nullptr ? std::string{} : std::string{path};
}

namespace {

struct Goal {
  std::string room, name, unit, text;
};

std::vector<Goal> read_goals(const std::string& path) {
  const auto file = io::InputFile::open(path);
  std::vector<Goal> goals;
  const auto lines = io::lines_of(file.bytes());
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto cells = io::split(lines[i], ',');
    if (cells.size() != 4) continue;
    goals.push_back({std::string{cells[0]}, std::string{cells[1]}, std::string{cells[2]}, std::string{cells[3]}});
  }
  return goals;
}

// "all", "<= 1", ">= 300", "== 4", "0.93..0.97"; several goals for several figures are separated by ";".
bool meets(const Figure& figure, std::string_view goal) {
  goal = core::trimmed(goal);
  if (goal == "all") return figure.all && figure.value == *figure.all && *figure.all > 0;
  const double value = figure.value;
  if (const auto dots = goal.find(".."); dots != std::string_view::npos) {
    return value >= io::to_number(goal.substr(0, dots)).value() &&
           value <= io::to_number(goal.substr(dots + 2)).value();
  }
  const bool one_sign = goal.size() > 1 && goal[1] == ' ';
  const double bound = io::to_number(core::trimmed(goal.substr(one_sign ? 1 : 2))).value();
  if (goal.starts_with("<=")) return value <= bound;
  if (goal.starts_with(">=")) return value >= bound;
  if (goal.starts_with("==")) return value == bound;
  if (goal.starts_with("<")) return value < bound;
  return false;
}

bool all_met(const Outcome& outcome, const std::string& goal_text) {
  const auto goals = io::split(goal_text, ';');
  if (goals.size() != outcome.figures.size()) return false;
  for (std::size_t i = 0; i < goals.size(); ++i) {
    if (!meets(outcome.figures[i], goals[i])) return false;
  }
  return true;
}

std::string value_text(const Outcome& outcome) {
  std::string text;
  for (const Figure& f : outcome.figures) {
    if (!text.empty()) text += "; ";
    text += f.all ? fmt::format("{:.0f}/{:.0f}", f.value, *f.all) : fmt::format("{:.4g}", f.value);
  }
  return text.empty() ? "-" : text;
}

struct Options {
  std::vector<std::string> names;
  std::string room;
  bool list = false;
  bool json = false;
};

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--list") {
      options.list = true;
    } else if (word == "--json") {
      options.json = true;
    } else if (word == "--room" && i + 1 < argc) {
      options.room = argv[++i];
    } else if (word.starts_with("--")) {
      throw core::UsageError(
          {.what = "unknown option " + word, .expected = "NAME..., --room ROOM, --list, --json", .found = word});
    } else {
      options.names.push_back(word);
    }
  }
  return options;
}

struct Line {
  Goal goal;
  Outcome outcome;
  std::string verdict;
  double seconds = 0;
};

Line run_check(const Goal& goal, const Check& check) {
  Line line{goal, {}, "FAIL", 0};
  const auto start = std::chrono::steady_clock::now();
  try {
    line.outcome = check.run();
    line.verdict = line.outcome.no_data ? "NODATA" : all_met(line.outcome, goal.text) ? "PASS" : "FAIL";
  } catch (const std::exception& error) {
    line.outcome.detail = error.what();
  }
  line.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return line;
}

void print(const Line& line, bool json) {
  if (!json) {
    fmt::print("{:<16} {:>12} {:<26} {:<10} {:<6} {:.1f}\n", line.goal.name, value_text(line.outcome), line.goal.unit,
               line.goal.text, line.verdict, line.seconds);
    if (line.verdict == "FAIL" && !line.outcome.detail.empty()) fmt::print("    {}\n", line.outcome.detail);
  } else {
    fmt::print(
        R"({{"name": "{}", "value": "{}", "unit": "{}", "goal": "{}", "result": "{}", "seconds": {:.2f}, "detail": "{}"}})",
        line.goal.name, value_text(line.outcome), line.goal.unit, line.goal.text, line.verdict, line.seconds,
        core::escaped_string(line.outcome.detail));
  }
  std::fflush(stdout);
}

int run(int argc, char** argv) {
  const Options options = parse(argc, argv);
  const auto goals = read_goals(LITHOSCOPE_GOALS);
  std::map<std::string, Check> checks;
  for (auto* of_room : {echem_checks,
                        gitt_checks,
                        infer_checks,
                        massspec_checks,
                        multiplet_checks,
                        particle_checks,
                        particle_meaning_checks,
                        ttmult_checks,
                        tes_checks,
                        tes_case_checks,
                        tes_jump_checks,
                        tes_line_checks,
                        rixs_checks,
                        rixs_feature_checks,
                        spine_checks,
                        xas_absorption_checks,
                        xas_change_checks,
                        xas_mixture_checks,
                        xas_oracle_checks,
                        xas_reading_checks,
                        xas_valence_checks}) {
    for (Check& check : of_room()) checks.emplace(check.name, std::move(check));
  }
  std::vector<std::string> known;
  for (const Goal& goal : goals) known.push_back(goal.name);
  for (const std::string& name : options.names) {
    if (std::ranges::find(known, name) != known.end()) continue;
    const std::string near = core::nearest_name(name, known);
    throw core::UsageError({.what = "no check is called " + name,
                            .expected = "a name of --list",
                            .found = name,
                            .advice = near.empty() ? "" : "did you mean " + near + "?"});
  }
  bool failed = false;
  bool first = true;
  if (options.json && !options.list) fmt::print("{{\"schema\": \"lithoscope/validate/1\", \"checks\": [\n");
  for (const Goal& goal : goals) {
    if (!options.room.empty() && goal.room != options.room) continue;
    if (!options.names.empty() && std::ranges::find(options.names, goal.name) == options.names.end()) continue;
    if (options.list) {
      fmt::print("{:<10} {:<16} {:<26} {}\n", goal.room, goal.name, goal.unit, goal.text);
      continue;
    }
    const Line line = run_check(goal, checks.at(goal.name));
    if (options.json && !std::exchange(first, false)) fmt::print(",\n");
    print(line, options.json);
    failed = failed || line.verdict == "FAIL";
  }
  if (options.json && !options.list) fmt::print("\n]}}\n");
  return failed ? 1 : 0;
}

}  // namespace
}  // namespace lithoscope::validation

int main(int argc, char** argv) {
  try {
    return lithoscope::validation::run(argc, argv);
  } catch (const lithoscope::core::Error& error) {
    fmt::print(stderr, "validate: {}\n", error.what());
    return static_cast<int>(error.exit_code());
  }
}
