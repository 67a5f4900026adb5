// BioLogic text exports (.mpt, .txt): EC-Lab and BT-Lab ASCII, with or without the header.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "formats/biologic_columns.hpp"
#include "formats/format.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/echem/cycler_files.hpp"
#include "lithoscope/io/text_table.hpp"

namespace lithoscope::echem {
namespace {

constexpr std::string_view format_name = "BioLogic text (.mpt)";
constexpr std::string_view header_key = "Nb header lines :";

bool has_magic(std::string_view line) {
  return line.starts_with("EC-Lab ASCII FILE") || line.starts_with("BT-Lab ASCII FILE");
}

bool is_column_line(std::string_view line) {
  const auto names = io::split(line, '\t');
  const auto has = [&](std::string_view name) { return std::ranges::find(names, name) != names.end(); };
  return has("time/s") && (has("Ewe/V") || has("<Ewe>/V") || has("<Ewe/V>") || has("Ecell/V"));
}

bool recognises(std::string_view bytes) {
  const std::string_view line = first_line(bytes);
  return has_magic(line) || is_column_line(line);
}

std::int64_t header_lines(const io::InputFile& file, const std::vector<std::string_view>& head) {
  std::int64_t count = 0;
  if (head.size() >= 2 && head[1].starts_with(header_key)) {
    const std::string_view digits = core::trimmed(head[1].substr(header_key.size()));
    std::from_chars(digits.data(), digits.data() + digits.size(), count);
  }
  constexpr std::int64_t most = 100'000;
  if (count < 3 || count > most) {
    throw core::UnreadableFile({.what = "the number of header lines is missing or absurd",
                                .where = {.path = file.path(), .line = 2},
                                .expected = fmt::format("\"{} N\" with N from 3 to {}", header_key, most),
                                .found = head.size() >= 2 ? io::to_utf8(head[1].substr(0, 60)) : "the end of the file",
                                .advice = "export the file again from EC-Lab"});
  }
  return count;
}

// "Mass of active material : 1.390 mg" -> "1.390 mg"
std::string header_value(const std::vector<std::string_view>& head, std::string_view key) {
  for (const std::string_view line : head) {
    if (!line.starts_with(key)) continue;
    const auto colon = line.find(':', key.size());
    if (colon != std::string_view::npos) return io::to_utf8(core::trimmed(line.substr(colon + 1)));
  }
  return {};
}

// A positive quantity of the header in the unit wanted; EC-Lab's default of 0.001 stands for "nobody filled it in".
std::optional<double> header_quantity(const std::vector<std::string_view>& head, std::string_view key,
                                      double default_value, double (*scale_of)(std::string_view unit)) {
  std::string value = header_value(head, key);
  std::ranges::replace(value, ',', '.');
  const auto blank = value.find(' ');
  if (blank == std::string::npos) return std::nullopt;
  const auto number = io::to_number(std::string_view{value}.substr(0, blank));
  const double scale = scale_of(core::trimmed(std::string_view{value}.substr(blank)));
  if (!number || !(*number > 0) || scale == 0 || *number == default_value) return std::nullopt;
  return *number * scale;
}

double kilograms_per(std::string_view unit) {
  if (unit == "mg") return 1e-6;
  if (unit == "g") return 1e-3;
  if (unit == "µg") return 1e-9;
  return 0;
}
double square_metres_per(std::string_view unit) {
  if (unit == "cm²") return 1e-4;
  if (unit == "mm²") return 1e-6;
  if (unit == "m²") return 1;
  return 0;
}
double grams_per_mole_per(std::string_view unit) { return unit == "g/mol" ? 1 : 0; }

struct CalendarTime {
  std::chrono::year_month_day day;
  double seconds = 0;  // since midnight
};

// "11/20/2024 11:38:41.707", month first, as EC-Lab writes it whatever the locale.
std::optional<CalendarTime> calendar_time(std::string_view text) {
  std::array<double, 6> fields{};
  std::size_t count = 0;
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  while (at < end && count < fields.size()) {
    double number = 0;
    const auto [stop, error] = std::from_chars(at, end, number);
    if (error != std::errc{} || !(number >= 0 && number < 1e4)) return std::nullopt;
    fields[count++] = number;
    at = stop < end ? stop + 1 : end;
  }
  if (count != fields.size()) return std::nullopt;
  using namespace std::chrono;
  auto first = static_cast<unsigned>(fields[0]);
  auto second = static_cast<unsigned>(fields[1]);
  if (first > 12) std::swap(first, second);
  const year_month_day day{year{static_cast<int>(fields[2])}, month{first}, std::chrono::day{second}};
  if (!day.ok()) return std::nullopt;
  return CalendarTime{day, fields[3] * 3600.0 + fields[4] * 60.0 + fields[5]};
}

std::string iso_start(std::string_view text) {
  const auto time = calendar_time(core::trimmed(text));
  if (!time) return io::to_utf8(text);
  return iso_time(std::chrono::sys_days{time->day}, time->seconds);
}

std::optional<std::vector<double>> seconds_from_dates(const io::InputFile& file, const io::TextColumn& column) {
  std::vector<double> seconds;
  seconds.reserve(column.text.size());
  for (const std::string_view cell : column.text) {
    const auto time = calendar_time(cell);
    if (!time) {
      unreadable(file.path(), "a time stamp is neither seconds nor a date", "\"11/20/2024 11:38:41.707\"",
                 io::to_utf8(cell.substr(0, 40)), "export the file again with the time in seconds");
    }
    const auto days = std::chrono::sys_days{time->day}.time_since_epoch().count();
    seconds.push_back(static_cast<double>(days) * 86400.0 + time->seconds);
  }
  const double start = seconds.empty() ? 0 : seconds.front();
  for (double& s : seconds) s -= start;
  return seconds;
}

const io::TextColumn* find_column(const io::TextTable& table, std::string_view name) {
  if (const auto* exact = table.find(name)) return exact;
  if (name != "Temperature/°C") return nullptr;
  // The degree sign arrives in several encodings, some of them already broken.
  const auto it = std::ranges::find_if(table.columns, [](const io::TextColumn& c) {
    return c.name.starts_with("Temperature/") && c.name.ends_with("C");
  });
  return it == table.columns.end() ? nullptr : &*it;
}

std::string names_of(const io::TextTable& table) {
  std::string names;
  for (const io::TextColumn& column : table.columns) names += (names.empty() ? "" : ", ") + column.name;
  return names;
}

void read_header(CyclerTable& table, const std::vector<std::string_view>& head) {
  SourceFile& source = table.sources.emplace_back();
  if (head.size() > 3) source.technique = io::to_utf8(core::trimmed(head[3]));
  source.instrument = header_value(head, "Device");
  source.started = iso_start(header_value(head, "Acquisition started on"));
  SampleFacts& sample = table.sample;
  sample.active_mass_kg = header_quantity(head, "Mass of active material", 0.001, kilograms_per);
  if (!sample.active_mass_kg) {
    sample.active_mass_kg = header_quantity(head, "Characteristic mass", 0.001, kilograms_per);
  }
  sample.electrode_area_m2 = header_quantity(head, "Electrode surface area", 0.001, square_metres_per);
  sample.molar_mass_g_per_mol = header_quantity(head, "Molecular weight of active material", 0.001, grams_per_mole_per);
  sample.electrode_material = header_value(head, "Electrode material");
  sample.electrolyte = header_value(head, "Electrolyte");
  sample.comment = header_value(head, "Comments");
}

bool has_decimal_comma(std::string_view bytes, std::int64_t skip_lines) {
  const auto lines = io::lines_of(bytes, skip_lines + 2);
  return lines.size() == static_cast<std::size_t>(skip_lines + 2) && lines.back().find(',') != std::string_view::npos;
}

CyclerTable read(const io::InputFile& file) {
  const std::string_view bytes = file.bytes();
  CyclerTable table;
  std::int64_t skip = 0;
  if (has_magic(first_line(bytes))) {
    const std::int64_t count = header_lines(file, io::lines_of(bytes, 2));
    skip = count - 1;
    const auto head = io::lines_of(bytes, count);
    if (static_cast<std::int64_t>(head.size()) < count) {
      unreadable(file.path(), "ends inside its header", fmt::format("{} header lines", count),
                 fmt::format("{}", head.size()), "the file is cut short: export it again from EC-Lab");
    }
    read_header(table, head);
  }
  const io::TextTable text = io::parse_text_table(
      file.path(), bytes,
      {.skip_lines = skip, .delimiter = '\t', .decimal_comma = has_decimal_comma(bytes, skip), .row_end = '\n'});
  const BiologicColumn column = [&](std::string_view name) -> std::optional<std::vector<double>> {
    const io::TextColumn* found = find_column(text, name);
    if (found == nullptr) return std::nullopt;
    if (found->is_text() && name == "time/s") return seconds_from_dates(file, *found);
    return io::numbers_of(file.path(), *found);
  };
  const bool counted = fill_from_biologic(table, column, file.path(), names_of(text));
  complete_table(table, file, std::string{format_name}, counted);
  return table;
}

}  // namespace

CyclerFormat biologic_mpt_format() { return {std::string{format_name}, recognises, read}; }

std::string biologic_text(const CyclerTable& table) {
  std::vector<std::string> head{"EC-Lab ASCII FILE",
                                "",
                                "",
                                "Galvanostatic Cycling with Potential Limitation",
                                "",
                                fmt::format("Comments : {}", table.sample.comment)};
  if (table.sample.active_mass_kg) {
    head.push_back(fmt::format("Mass of active material : {:.6g} mg", *table.sample.active_mass_kg * 1e6));
  }
  if (table.sample.molar_mass_g_per_mol) {
    head.push_back(fmt::format("Molecular weight of active material (at x = 0) : {:.6g} g/mol",
                               *table.sample.molar_mass_g_per_mol));
  }
  head.emplace_back("");
  head.emplace_back("mode\ttime/s\tEwe/V\tI/mA\t(Q-Qo)/mA.h\t");
  head[1] = fmt::format("{} {}", header_key, head.size());
  std::string text;
  for (const std::string& line : head) text += line + "\r\n";
  for (std::size_t i = 0; i < table.time_s.size(); ++i) {
    const bool resting = table.current_A[i] == 0;
    text += fmt::format("{}\t{:.9g}\t{:.7g}\t{:.8g}\t{:.9g}\r\n", resting ? 3 : 1, table.time_s[i],
                        table.potential_V[i], table.current_A[i] * 1e3, table.capacity_Ah[i] * 1e3);
  }
  return text;
}

}  // namespace lithoscope::echem
