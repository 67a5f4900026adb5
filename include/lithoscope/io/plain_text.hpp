// Text as other programs write it, made plain: UTF-8 without a byte-order mark, lines that end in LF.
#pragma once

#include "lithoscope/io/input_file.hpp"

namespace lithoscope::io {

/// The file itself where it is plain already, or no text. UTF-16 becomes UTF-8, a byte-order mark is dropped, carriage
/// returns that stand alone become line feeds; the lines keep their numbers. Throws UnreadableFile for UTF-16 that is
/// damaged.
InputFile as_plain_text(const InputFile& file);

}  // namespace lithoscope::io
