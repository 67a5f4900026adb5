#include "lithoscope/io/plain_text.hpp"

#include <glib.h>

#include <algorithm>
#include <optional>

#include "lithoscope/core/errors.hpp"

namespace lithoscope::io {
namespace {

using namespace std::string_view_literals;

// By its mark, or by the zero bytes that plain letters have in it.
const char* utf16_of(std::string_view bytes) {
  if (bytes.starts_with("\xFF\xFE"sv)) return "UTF-16LE";
  if (bytes.starts_with("\xFE\xFF"sv)) return "UTF-16BE";
  constexpr std::size_t looked_at = 64;
  if (bytes.size() < looked_at || bytes.size() % 2 != 0) return nullptr;
  const auto plain_letters = [&](std::size_t zero_at) {
    for (std::size_t i = 0; i < looked_at; i += 2) {
      const char zero = bytes[i + zero_at], letter = bytes[i + 1 - zero_at];
      if (zero != 0 || letter == 0 || static_cast<unsigned char>(letter) > 0x7E) return false;
    }
    return true;
  };
  if (plain_letters(1)) return "UTF-16LE";
  return plain_letters(0) ? "UTF-16BE" : nullptr;
}

std::string from_utf16(const InputFile& file, const char* encoding) {
  gsize written = 0;
  const std::string_view bytes = file.bytes();
  gchar* const text =
      g_convert(bytes.data(), static_cast<gssize>(bytes.size()), "UTF-8", encoding, nullptr, &written, nullptr);
  if (text == nullptr) {
    throw core::UnreadableFile({.what = "is damaged UTF-16 text",
                                .where = {.path = file.path()},
                                .expected = "whole characters",
                                .found = "half a character, or a code that is none",
                                .advice = "export it again, as UTF-8 where the program can"});
  }
  std::string out{text, written};
  g_free(text);
  return out;
}

std::string_view without_mark(std::string_view text) {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  return text.starts_with(mark) ? text.substr(mark.size()) : text;
}

bool lone_returns(std::string_view text) {
  constexpr std::size_t head = 65536;
  text = text.substr(0, head);
  return text.find('\r') != std::string_view::npos && text.find('\n') == std::string_view::npos &&
         text.find('\0') == std::string_view::npos;
}

}  // namespace

InputFile as_plain_text(const InputFile& file) {
  const char* const encoding = utf16_of(file.bytes());
  std::string decoded = encoding != nullptr ? from_utf16(file, encoding) : std::string{};
  const std::string_view given = encoding != nullptr ? std::string_view{decoded} : file.bytes();
  const std::string_view text = without_mark(given);
  const bool returns = lone_returns(text);
  if (encoding == nullptr && text.size() == given.size() && !returns) return file;
  std::string plain{text};
  if (returns) std::ranges::replace(plain, '\r', '\n');
  return InputFile::from_bytes(file.path(), std::move(plain));
}

}  // namespace lithoscope::io
