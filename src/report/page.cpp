#include "lithoscope/report/page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace lithoscope::report {
namespace {

std::string speaker(std::span<const result::Result> results, const result::Result& one) {
  return results.size() > 1 ? one.name + ": " : "";
}

std::size_t number_among(std::span<const result::Result> results, std::size_t which) {
  std::size_t number = 0;
  for (std::size_t r = 0; r <= which; ++r) number += results[r].probe == results[which].probe ? 1U : 0U;
  return number;
}

const result::Figure* figure_named(const result::Result& result, const std::string& name) {
  const auto found = std::ranges::find(result.figures, name, &result::Figure::name);
  return found == result.figures.end() ? nullptr : &*found;
}

Table table_of(const result::Table& table) {
  constexpr std::size_t most = 400;
  Table out{.title = table.title, .header = {}, .rows = {}, .row_notes = {}};
  const std::size_t shown = std::min(most, table.rows());
  if (shown < table.rows()) out.title += fmt::format(", the first {} of {} rows; run.nxs has all", shown, table.rows());
  std::vector<const result::Column*> columns;
  for (const result::Column& c : table.columns) {
    if (c.shown.hidden || c.name == table.flags || c.name == table.valid) continue;
    columns.push_back(&c);
    out.header.push_back(result::shown_heading(c));
  }
  const result::Column* flags = table.flags.empty() ? nullptr : &table.at(table.flags);
  const result::Column* valid = table.valid.empty() ? nullptr : &table.at(table.valid);
  for (std::size_t row = 0; row < shown; ++row) {
    auto& cells = out.rows.emplace_back();
    for (const result::Column* c : columns) cells.push_back(result::shown_text(*c, row));
    if (flags == nullptr && valid == nullptr) continue;
    const std::string words = flags == nullptr ? "" : result::shown_text(*flags, row);
    const bool used = valid == nullptr || valid->number(row) != 0;
    out.row_notes.push_back((used                             ? ""
                             : words.empty() || words == "ok" ? "not used"
                                                              : "not used: ") +
                            (words == "ok" ? "" : words));
  }
  return out;
}

Section section_of(std::span<const result::Result> results, std::size_t which) {
  const result::Result& r = results[which];
  Section out{.id = fmt::format("{}-{}", r.probe, number_among(results, which)),
              .title = r.name,
              .failure = r.failure,
              .warnings = {},
              .parts = {}};
  if (!r.remarks.empty()) out.parts.push_back({.title = {}, .paragraphs = r.remarks, .figures = {}, .tables = {}});
  for (const result::Section& section : r.sections) {
    Part part{.title = section.title, .paragraphs = section.paragraphs, .figures = {}, .tables = {}};
    for (const std::string& name : section.figures) {
      // The first carries the answer and stands in the brief.
      const bool brief = !r.figures.empty() && name == r.figures.front().name;
      const result::Figure* figure = figure_named(r, name);
      if (figure == nullptr || brief) continue;
      part.figures.push_back(drawn(r, *figure, true));
      part.figures.back().id = figure_id(results, which, name);
    }
    for (const std::string& name : section.tables) {
      if (const result::Table* table = r.find_table(name); table != nullptr && table->rows() > 0)
        part.tables.push_back(table_of(*table));
    }
    if (!part.figures.empty() || !part.tables.empty() || !part.paragraphs.empty()) out.parts.push_back(std::move(part));
  }
  return out;
}

// What is said first. On the page of one command, a probe and what it takes, that is what was made last: the
// comparison, before the state it compares with and the detector both were seen with. A study speaks in its own order.
std::vector<std::size_t> speaking_order(std::span<const result::Result> results) {
  std::vector<std::size_t> out, others;
  const auto of_last = [&](const result::Result& r) { return r.probe == results.back().probe; };
  const auto of_other = std::ranges::find_if_not(results, of_last);
  const bool one_command = std::ranges::all_of(results, [&](const result::Result& r) {
    return of_last(r) || of_other == results.end() || r.probe == of_other->probe;
  });
  for (std::size_t i = 0; i < results.size(); ++i) (one_command && of_last(results[i]) ? out : others).push_back(i);
  const bool states = out.size() > 1 && results[out.front()].state != results[out.back()].state;
  if (states) std::ranges::reverse(out);
  out.insert(out.end(), others.begin(), others.end());
  return out;
}

std::vector<std::string> warnings_of(std::span<const result::Result> results) {
  std::vector<std::string> out;
  for (const result::Result& r : results) {
    if (!r.gate.empty()) out.push_back(speaker(results, r) + r.gate);
    for (const std::string& warning : r.warnings) out.push_back(speaker(results, r) + warning);
    if (!r.failure.empty()) out.push_back(speaker(results, r) + "there is no result: " + r.failure);
  }
  return out;
}

Section brief_of(std::span<const result::Result> results) {
  Section out{.id = "brief", .title = "In brief", .failure = {}, .warnings = {}, .parts = {}};
  Part part;
  std::vector<std::string> words;
  for (const std::size_t i : speaking_order(results)) {
    const result::Result& r = results[i];
    if (!r.figures.empty()) {
      part.figures.push_back(drawn(r, r.figures.front(), true));
      part.figures.back().id = figure_id(results, i, r.figures.front().name);
    }
    for (const std::string& sentence : r.confidence) {
      if (std::ranges::find(words, sentence) == words.end()) words.push_back(sentence);
    }
  }
  out.parts.push_back(std::move(part));
  out.parts.push_back({.title = {}, .paragraphs = std::move(words), .figures = {}, .tables = {}});
  return out;
}

std::string inputs_of(std::span<const result::Result> results) {
  std::string out;
  for (const result::Result& r : results) {
    for (const result::Source& s : r.sources) {
      const std::string line = fmt::format("{}  {}  sha256 {}{}\n", std::filesystem::path(s.path).filename().string(),
                                           s.format, s.sha256, s.hashed == "all" ? "" : " of " + s.hashed);
      if (out.find(line) == std::string::npos) out += line;
    }
  }
  return out;
}

}  // namespace

std::string figure_id(std::span<const result::Result> results, std::size_t which, const std::string& figure) {
  if (results.size() == 1) return figure;
  return fmt::format("{}-{}-{}", results[which].probe, number_among(results, which), figure);
}

Page page_of(std::span<const result::Result> results, const result::FileFacts& facts) {
  Page page{.title = facts.title,
            .asked = {},
            .warnings = warnings_of(results),
            .answers = {},
            .sections = {},
            .made = {},
            .program = facts.program};
  for (const std::size_t i : speaking_order(results)) {
    const result::Result& r = results[i];
    if (!r.asked.empty() && page.asked.find(r.asked) == std::string::npos)
      page.asked += (page.asked.empty() ? "" : " ") + r.asked;
    for (const std::string& answer : r.answers) page.answers.push_back(speaker(results, r) + answer);
  }
  page.sections.push_back(brief_of(results));
  for (std::size_t i = 0; i < results.size(); ++i) page.sections.push_back(section_of(results, i));
  page.made.emplace_back("Program", facts.program);
  if (const std::string inputs = inputs_of(results); !inputs.empty()) page.made.emplace_back("Input files", inputs);
  for (const auto& [name, text] : facts.texts)
    page.made.emplace_back(name == "study" ? "Study, every default written out" : name, text);
  return page;
}

}  // namespace lithoscope::report
