// BioLogic binary files (.mpr) of EC-Lab, data modules 0, 2, 3, 10 and 11. Layout: a 52-byte magic, then modules walked
// by their lengths (the word MODULE also occurs inside data, so it is never searched for).
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <span>
#include <utility>

#include "formats/biologic_columns.hpp"
#include "formats/biologic_mpr_columns.hpp"
#include "formats/format.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/byte_reader.hpp"
#include "lithoscope/io/text_table.hpp"

namespace lithoscope::echem {
namespace {

using io::ByteReader;

constexpr std::string_view format_name = "BioLogic .mpr";
constexpr std::string_view magic_text = "BIO-LOGIC MODULAR FILE\x1a";
constexpr std::int64_t magic_size = 52;

struct Module {
  std::string name;
  std::uint32_t version = 0;
  bool new_header = false;  // EC-Lab 11.50 and later
  std::string date;
  ByteReader data;
};

[[noreturn]] void damaged(const ByteReader& at, std::int64_t offset, std::string what, std::string expected,
                          std::string found,
                          std::string advice = "the file is damaged: copy it again from the instrument") {
  throw core::UnreadableFile({.what = std::move(what),
                              .where = {.path = at.path(), .byte_offset = at.file_offset(offset)},
                              .expected = std::move(expected),
                              .found = std::move(found),
                              .advice = std::move(advice)});
}

bool recognises(std::string_view bytes) { return bytes.starts_with(magic_text); }

std::vector<Module> walk_modules(const ByteReader& file) {
  std::vector<Module> modules;
  std::int64_t at = magic_size;
  file.view(0, magic_size, "the magic number");
  while (at < file.size()) {
    if (file.view(at, 6, "a module header") != "MODULE") {
      damaged(file, at, "no module starts here", "the word MODULE", io::to_utf8(file.view(at, 6, "a module header")));
    }
    Module module{.name = std::string{core::trimmed(file.view(at + 6, 10, "a module header"))},
                  .version = 0,
                  .new_header = false,
                  .data = {file.path(), {}}};
    auto length = file.little_endian<std::uint32_t>(at + 41, "a module header");
    std::int64_t body = at + 57;
    if (length == 0xFFFFFFFFu) {  // the tell of the newer, longer header
      module.new_header = true;
      length = file.little_endian<std::uint32_t>(at + 45, "a module header");
      module.version = file.little_endian<std::uint32_t>(at + 49, "a module header") +
                       file.little_endian<std::uint32_t>(at + 53, "a module header");
      module.date = std::string{file.view(at + 57, 8, "a module header")};
      body = at + 65;
    } else {
      module.version = file.little_endian<std::uint32_t>(at + 45, "a module header");
      module.date = std::string{file.view(at + 49, 8, "a module header")};
    }
    module.data = file.section(body, length, ("module \"" + io::to_utf8(module.name) + "\"").c_str());
    at = body + length;
    modules.push_back(std::move(module));
  }
  return modules;
}

const Module* find_module(const std::vector<Module>& modules, std::string_view name) {
  const auto it = std::ranges::find(modules, name, &Module::name);
  return it == modules.end() ? nullptr : &*it;
}

struct Column {
  std::string_view name;
  MprStorage storage;
  std::uint8_t flag_mask;
  std::int64_t offset;  // in the row
};

struct DataLayout {
  std::int64_t rows = 0;
  std::int64_t row_bytes = 0;
  std::int64_t first_row = 0;  // offset in the module
  std::vector<Column> columns;
  std::string opaque;  // what is said of a column kept without a meaning
};

std::vector<std::uint16_t> column_ids(const Module& module, std::int64_t count, std::int64_t& first_row) {
  const ByteReader& data = module.data;
  std::vector<std::uint16_t> ids;
  constexpr const char* what = "the list of columns";
  for (std::int64_t i = 0; i < count; ++i) {
    switch (module.version) {
      case 0:
        ids.push_back(data.little_endian<std::uint8_t>(5 + i, what));
        first_row = 100;
        break;
      case 2:
      case 3:
        ids.push_back(data.little_endian<std::uint16_t>(5 + 2 * i, what));
        first_row = module.version == 2 ? 0x195 : 0x196;
        break;
      case 10:
      case 11:
        ids.push_back(data.big_endian_u16(5 + 2 * i, what));
        first_row = 0x3EF;
        break;
      default:
        damaged(data, 0, fmt::format("version {} of the data module is not known", module.version), "0, 2, 3, 10 or 11",
                fmt::format("{}", module.version), "export the file as text (.mpt) from EC-Lab and read that");
    }
  }
  return ids;
}

std::vector<std::uint16_t> unknown_ids(const std::vector<std::uint16_t>& ids) {
  std::vector<std::uint16_t> unknown;
  std::ranges::copy_if(ids, std::back_inserter(unknown),
                       [](std::uint16_t id) { return find_mpr_column(id) == nullptr; });
  return unknown;
}

// Known columns give a width; one unknown column gets what is left of the row, if that is a possible width.
std::int64_t width_of_unknown(const Module& module, const std::vector<std::uint16_t>& ids, std::int64_t row_bytes) {
  const auto unknown = unknown_ids(ids);
  if (unknown.empty()) return 0;
  std::int64_t known = 0;
  bool has_flags = false;
  for (const std::uint16_t id : ids) {
    const MprColumnKind* kind = find_mpr_column(id);
    if (kind == nullptr) continue;
    if (kind->storage == MprStorage::flag && std::exchange(has_flags, true)) continue;
    known += storage_width(kind->storage);
  }
  const std::int64_t left = row_bytes - known;
  if (unknown.size() == 1 && (left == 1 || left == 2 || left == 4 || left == 8)) return left;
  damaged(module.data, 5,
          fmt::format("column ids {} are not known and their widths cannot be told", fmt::join(unknown, ", ")),
          "known column ids, or one unknown column of 1, 2, 4 or 8 bytes",
          fmt::format("{} unknown columns in {} bytes", unknown.size(), left),
          "export the file as text (.mpt) from EC-Lab and read that, and send us the pair");
}

DataLayout data_layout(const Module& module) {
  const ByteReader& data = module.data;
  DataLayout layout;
  layout.rows = data.little_endian<std::uint32_t>(0, "the number of points");
  const std::int64_t count = data.little_endian<std::uint8_t>(4, "the number of columns");
  const auto ids = column_ids(module, count, layout.first_row);
  const std::int64_t payload = data.size() - layout.first_row;
  if (ids.empty() || layout.rows == 0 || payload <= 0) {
    damaged(data, 0, "the data module is empty", "points and columns",
            fmt::format("{} points of {} columns", layout.rows, count),
            "the measurement was never started, or the file is cut");
  }
  layout.row_bytes = payload / layout.rows;
  const std::int64_t opaque_width = width_of_unknown(module, ids, layout.row_bytes);
  const bool has_other_ewe = std::ranges::any_of(ids, [](std::uint16_t id) { return id % 256 == 6 || id % 256 == 77; });
  std::int64_t at = 0;
  std::int64_t flags_at = -1;
  for (const std::uint16_t id : ids) {
    const MprColumnKind* kind = find_mpr_column(id);
    if (kind == nullptr) {
      layout.opaque = fmt::format("Column id {} ({} bytes a row) is not known; it was skipped.", id, opaque_width);
      at += opaque_width;
      continue;
    }
    if (kind->storage == MprStorage::flag) {
      if (flags_at < 0) flags_at = at++;
      layout.columns.push_back({kind->name, kind->storage, kind->flag_mask, flags_at});
      continue;
    }
    const bool is_phase = kind->id == 174 && has_other_ewe;
    layout.columns.push_back({is_phase ? "Phase(Zwe-ce)/deg" : kind->name, kind->storage, 0, at});
    at += storage_width(kind->storage);
  }
  if (at * layout.rows != payload) {
    damaged(data, layout.first_row, "the rows do not fill the data module",
            fmt::format("{} points of {} bytes = {} bytes", layout.rows, at, at * layout.rows),
            fmt::format("{} bytes", payload),
            "the file is cut or damaged, or a column has another width: export it as text (.mpt) and read that");
  }
  layout.row_bytes = at;
  return layout;
}

template <class T>
std::vector<double> strided(std::string_view rows, const DataLayout& layout, const Column& column) {
  std::vector<double> values(static_cast<std::size_t>(layout.rows));
  const char* at = rows.data() + column.offset;
  for (double& value : values) {
    T stored;
    std::memcpy(&stored, at, sizeof(T));
    value = static_cast<double>(stored);
    at += layout.row_bytes;
  }
  return values;
}

std::vector<double> flag_values(std::string_view rows, const DataLayout& layout, const Column& column) {
  std::vector<double> values = strided<std::uint8_t>(rows, layout, column);
  for (double& value : values) {
    const auto bits = static_cast<unsigned>(value) & column.flag_mask;
    value = column.name == "mode" ? bits : bits != 0;
  }
  return values;
}

std::vector<double> column_values(std::string_view rows, const DataLayout& layout, const Column& column) {
  switch (column.storage) {
    case MprStorage::flag:
      return flag_values(rows, layout, column);
    case MprStorage::u1:
      return strided<std::uint8_t>(rows, layout, column);
    case MprStorage::u2:
      return strided<std::uint16_t>(rows, layout, column);
    case MprStorage::u4:
      return strided<std::uint32_t>(rows, layout, column);
    case MprStorage::f4:
      return strided<float>(rows, layout, column);
    case MprStorage::f8:
      return strided<double>(rows, layout, column);
  }
  return {};
}

// What the settings say; EC-Lab writes 0.001 where nobody filled in a value. Older files have shorter settings.
std::optional<double> setting(const Module& module, std::int64_t offset, double scale) {
  if (offset + 4 > module.data.size()) return std::nullopt;
  const auto value = static_cast<double>(module.data.little_endian<float>(offset, "the settings"));
  if (!std::isfinite(value) || !(value > 0) || std::abs(value - 0.001) < 1e-9 || value > 1e9) return std::nullopt;
  return value * scale;
}

std::string setting_text(const Module& module, std::int64_t offset) {
  if (offset >= module.data.size()) return {};
  const auto length = module.data.little_endian<std::uint8_t>(offset, "the settings");
  if (offset + 1 + length > module.data.size()) return {};
  return std::string{core::trimmed(module.data.pascal_string(offset, "the settings"))};
}

std::string technique_name(int id) {
  switch (id) {
    case 0x04:
      return "Galvanostatic Cycling with Potential Limitation";
    case 0x06:
      return "Cyclic Voltammetry";
    case 0x0b:
      return "Open Circuit Voltage";
    case 0x18:
      return "Chronoamperometry";
    case 0x19:
      return "Chronopotentiometry";
    case 0x1c:
      return "Wait";
    case 0x1d:
      return "Potentiostatic Impedance";
    case 0x1e:
      return "Galvanostatic Impedance";
    case 0x7f:
      return "Modulo Bat";
    default:
      return fmt::format("technique {}", id);
  }
}

void read_settings(const Module& module, CyclerTable& table) {
  if (module.data.size() > 0) {
    table.sources.front().technique = technique_name(module.data.little_endian<std::uint8_t>(0, "the settings"));
  }
  SampleFacts& sample = table.sample;
  sample.comment = setting_text(module, 0x0007);
  sample.active_mass_kg = setting(module, 0x0107, 1e-6);  // mg
  if (!sample.active_mass_kg) sample.active_mass_kg = setting(module, 0x024C, 1e-6);
  sample.molar_mass_g_per_mol = setting(module, 0x010F, 1);
  sample.electrode_material = setting_text(module, 0x011E);
  sample.electrolyte = setting_text(module, 0x01C0);
  sample.electrode_area_m2 = setting(module, 0x0211, 1e-4);  // cm2
}

// The start of the measurement: an OLE date (days since 1899-12-30) whose place in the log varies between versions.
std::string start_time(const Module& log) {
  for (const std::int64_t offset : {0x0249, 465, 469, 473}) {
    if (offset + 8 > log.data.size()) continue;
    const double days = log.data.little_endian<double>(offset, "the log");
    if (!(days > 30000 && days < 80000)) continue;
    using namespace std::chrono;
    const double whole = std::floor(days);
    const sys_days start = sys_days{year{1899} / December / 30} + std::chrono::days{static_cast<int>(whole)};
    return iso_time(start, (days - whole) * 86400.0);
  }
  return {};
}

CyclerTable read(const io::InputFile& file) {
  const ByteReader bytes{file.path(), file.bytes()};
  const auto modules = walk_modules(bytes);
  const Module* data = find_module(modules, "VMP data");
  if (data == nullptr) {
    damaged(bytes, 0, "holds no data module", "a module \"VMP data\"", fmt::format("{} other modules", modules.size()),
            "the measurement was never started, or this is a settings file");
  }
  const DataLayout layout = data_layout(*data);
  CyclerTable table;
  table.sources.emplace_back();
  if (const Module* settings = find_module(modules, "VMP Set")) read_settings(*settings, table);
  if (const Module* log = find_module(modules, "VMP LOG")) table.sources.front().started = start_time(*log);
  table.sources.front().instrument =
      fmt::format("BioLogic, data module {}, {} columns", data->version, layout.columns.size());
  if (!layout.opaque.empty()) table.remarks.push_back(layout.opaque);

  const std::string_view rows =
      data->data.view(layout.first_row, layout.rows * layout.row_bytes, "the rows of the data module");
  std::string available;
  for (const Column& column : layout.columns) available += (available.empty() ? "" : ", ") + std::string{column.name};
  const BiologicColumn column = [&](std::string_view name) -> std::optional<std::vector<double>> {
    const auto it = std::ranges::find(layout.columns, name, &Column::name);
    if (it == layout.columns.end()) return std::nullopt;
    return column_values(rows, layout, *it);
  };
  const bool counted = fill_from_biologic(table, column, file.path(), available);
  complete_table(table, file, std::string{format_name}, counted);
  return table;
}

}  // namespace

CyclerFormat biologic_mpr_format() { return {std::string{format_name}, recognises, read}; }

}  // namespace lithoscope::echem
