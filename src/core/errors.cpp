#include "lithoscope/core/errors.hpp"

#include <fmt/format.h>

namespace lithoscope::core {

std::string Place::text() const {
  if (line && column) return fmt::format("{}:{}:{}", path, *line, *column);
  if (line) return fmt::format("{}:{}", path, *line);
  if (byte_offset) return fmt::format("{}, byte {}", path, *byte_offset);
  return path;
}

namespace {

std::string compose(const ErrorFacts& facts) {
  std::string text = facts.what;
  if (const std::string where = facts.where.text(); !where.empty()) text = where + ": " + text;
  if (!facts.expected.empty()) text += "\n  expected: " + facts.expected;
  if (!facts.found.empty()) text += "\n  found:    " + facts.found;
  if (!facts.advice.empty()) text += "\n  to do:    " + facts.advice;
  return text;
}

}  // namespace

Error::Error(ExitCode code, ErrorFacts facts) : code_(code), facts_(std::move(facts)), message_(compose(facts_)) {}

Interrupted::Interrupted()
    : Error(ExitCode::interrupted,
            {.what = "interrupted", .advice = "run the same command again; nothing was half-written"}) {}

}  // namespace lithoscope::core
