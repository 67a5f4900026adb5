// Paths and patterns of a study as files. Private to the room.
#pragma once

#include <string>
#include <vector>

#include "lithoscope/probe/probe.hpp"

namespace lithoscope::study {

/// The files a path or pattern stands for, in natural order (pulse_2 before pulse_10); empty when there is none. A
/// selectable role takes "FILE:SCAN" and "FILE=3": what follows the longest leading part that is a file. `directory`
/// is put before relative paths.
std::vector<probe::Input> found_files(const std::string& written, const std::string& directory,
                                      const probe::Role& role);

/// All regular files in and below a folder, in natural order.
std::vector<std::string> files_below(const std::string& folder);

/// SHA-256 of a file, and how much of it was hashed: all, or the ends and the size of one larger than 64 MiB.
struct Hash {
  std::string sha256, hashed;
};
Hash hash_of(const std::string& path);
std::string hash_of_text(const std::string& text);

}  // namespace lithoscope::study
