// The presets that come with the program.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/programme/programme_file.hpp"
#include "preset_files.hpp"

namespace lithoscope::programme {

std::vector<Preset> presets() {
  std::vector<Preset> all;
  for (const auto& [name, text] : preset_files()) {
    all.push_back({std::string{name}, parse_programme_file(std::string{text}, std::string{name}, {}).programme.title});
  }
  return all;
}

std::string preset_text(const std::string& name) {
  std::vector<std::string> known;
  for (const auto& [preset, text] : preset_files()) {
    if (preset == name) return std::string{text};
    known.emplace_back(preset);
  }
  const std::string near = core::nearest_name(name, known);
  throw core::UsageError(
      {.what = "there is neither a file nor a preset called \"" + name + "\"",
       .expected = "the path of a programme file, or one of " + fmt::format("{}", fmt::join(known, ", ")),
       .found = name,
       .advice = near.empty() ? "" : "did you mean " + near + "?"});
}

}  // namespace lithoscope::programme
