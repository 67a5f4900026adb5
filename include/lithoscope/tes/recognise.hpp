// Which file of a microcalorimeter run this is.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lithoscope/io/input_file.hpp"

namespace lithoscope::tes {

enum class FileKind { none, pulses, off, states, triggers, drops, scan_log };

FileKind recognise(std::string_view bytes);

/// What a file is and how much is in it, for people: "OFF 0.3.0", 6696 records. Throws UnreadableFile.
struct FileSummary {
  FileKind kind = FileKind::none;
  std::string format;
  std::string counted;  ///< "records", "intervals", "triggers", "points"
  std::int64_t count = 0;
  std::vector<std::pair<std::string, std::string>> facts;
  std::vector<std::string> remarks;
};
FileSummary summarise_file(const io::InputFile& file);

}  // namespace lithoscope::tes
