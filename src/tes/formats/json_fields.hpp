// Fields of JSON that may be missing or null, but not of another type. Only for the .cpp files that read JSON.
#pragma once

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "formats/refuse.hpp"
#include "lithoscope/io/text_table.hpp"

namespace lithoscope::tes {

using Json = nlohmann::json;

/// `first_line` is where `text` begins in the file.
inline Json parse_json(const std::string& path, std::string_view text, std::int64_t first_line = 1) {
  try {
    return Json::parse(text.begin(), text.end());
  } catch (const Json::parse_error& error) {
    const std::string_view before = text.substr(0, error.byte > 0 ? error.byte - 1 : 0);
    std::int64_t line = first_line;
    for (const char c : before) line += c == '\n' ? 1 : 0;
    refuse({.path = path, .line = line}, "this is not the JSON it should be", "one JSON object",
           io::to_utf8(std::string_view{error.what()}.substr(0, 200)));
  } catch (const Json::exception& error) {
    refuse({.path = path}, "this is not the JSON it should be", "one JSON object", io::to_utf8(error.what()));
  }
}

/// The fields of one object of a file.
class JsonFields {
 public:
  JsonFields(const std::string& path, const Json& object) : path_(path), object_(object) {}

  const std::string& path() const { return path_; }
  const Json& object() const { return object_; }

  /// nullptr when missing or null.
  const Json* find(const char* key) const {
    if (!object_.is_object()) return nullptr;
    const auto at = object_.find(key);
    return at == object_.end() || at->is_null() ? nullptr : &*at;
  }

  /// An object inside; empty when missing or null.
  JsonFields inside(const char* key) const {
    static const Json nothing = Json::object();
    const Json* value = find(key);
    if (value == nullptr) return {path_, nothing};
    if (!value->is_object()) wrong(key, "an object", *value);
    return {path_, *value};
  }

  // ljh2off quotes its numbers: "NumberOfRows": "24".
  static std::optional<double> number_of(const Json& value) {
    if (value.is_number()) return value.get<double>();
    if (value.is_string()) return io::to_number(value.get_ref<const std::string&>());
    return std::nullopt;
  }

  std::optional<double> number(const char* key) const {
    const Json* value = find(key);
    if (value == nullptr) return std::nullopt;
    const auto number = number_of(*value);
    if (!number) wrong(key, "a number", *value);
    const double x = *number;
    if (!std::isfinite(x)) wrong(key, "a finite number", *value);
    return x;
  }

  std::optional<std::int64_t> integer(const char* key, std::int64_t low, std::int64_t high) const {
    const Json* value = find(key);
    if (value == nullptr) return std::nullopt;
    const std::string expected = "a whole number from " + std::to_string(low) + " to " + std::to_string(high);
    std::int64_t out = 0;
    if (value->is_number_unsigned()) {
      const auto x = value->get<std::uint64_t>();
      if (x > static_cast<std::uint64_t>(INT64_MAX)) wrong(key, expected, *value);
      out = static_cast<std::int64_t>(x);
    } else if (value->is_number_integer()) {
      out = value->get<std::int64_t>();
    } else {
      const double x = number_of(*value).value_or(std::nan(""));
      constexpr double exact = 9007199254740992.0;
      if (!(std::abs(x) <= exact) || std::floor(x) != x) wrong(key, expected, *value);
      out = static_cast<std::int64_t>(x);
    }
    if (out < low || out > high) wrong(key, expected, *value);
    return out;
  }

  /// Empty when missing or null; numbers come as they are written.
  std::string text(const char* key) const {
    const Json* value = find(key);
    if (value == nullptr) return {};
    if (value->is_string()) return io::to_utf8(value->get_ref<const std::string&>());
    if (value->is_number()) return value->dump();
    wrong(key, "a text", *value);
  }

  std::optional<bool> flag(const char* key) const {
    const Json* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (value->is_boolean()) return value->get<bool>();
    if (value->is_number_integer()) return value->get<std::int64_t>() != 0;
    wrong(key, "true or false", *value);
  }

  [[noreturn]] void missing(const char* key, const char* expected) const {
    refuse({.path = path_}, std::string{"\""} + key + "\" is missing", expected, "nothing");
  }

  [[noreturn]] void wrong(const char* key, const std::string& expected, const Json& found) const {
    const std::string shown = found.is_structured()
                                  ? found.type_name()
                                  : found.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).substr(0, 60);
    refuse({.path = path_}, std::string{"\""} + key + "\" makes no sense", expected, io::to_utf8(shown));
  }

 private:
  const std::string& path_;
  const Json& object_;
};

}  // namespace lithoscope::tes
