// Writes .mpr bytes as EC-Lab lays them out, so that tests need no file of anybody else.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace lithoscope::test {

struct MprSpec {
  std::uint32_t version = 3;  ///< of the data module: 0, 2, 3 (old header), 10, 11 (new header)
  std::vector<std::uint16_t> column_ids{1, 2, 3, 21, 31, 65, 131, 4, 6, 8, 13};
  std::string rows;  ///< packed rows
  std::uint32_t row_count = 0;
  float active_mass_mg = 0;
};

template <class T>
void append(std::string& bytes, T value) {
  char raw[sizeof(T)];
  std::memcpy(raw, &value, sizeof(T));
  bytes.append(raw, sizeof(T));
}

inline std::string padded(std::string text, std::size_t size) {
  text.resize(size, ' ');
  return text;
}

inline void append_module(std::string& file, const std::string& short_name, const std::string& long_name,
                          std::uint32_t version, const std::string& data) {
  file += "MODULE" + padded(short_name, 10) + padded(long_name, 25);
  const bool new_header = version >= 10;
  if (new_header) append<std::uint32_t>(file, 0xFFFFFFFFu);
  append(file, static_cast<std::uint32_t>(data.size()));
  append<std::uint32_t>(file, new_header ? 0 : version);
  if (new_header) append(file, version);
  file += "11/22/26" + data;
}

inline std::string mpr_data_module(const MprSpec& spec) {
  std::string data;
  append(data, spec.row_count);
  data += static_cast<char>(spec.column_ids.size());
  for (const std::uint16_t id : spec.column_ids) {
    if (spec.version == 0) {
      data += static_cast<char>(id);
    } else if (spec.version >= 10) {
      data += static_cast<char>(id >> 8);
      data += static_cast<char>(id & 0xFF);
    } else {
      append(data, id);
    }
  }
  const std::size_t first_row = spec.version == 0 ? 100 : spec.version == 2 ? 0x195 : spec.version == 3 ? 0x196 : 0x3EF;
  data.resize(first_row, '\0');
  return data + spec.rows;
}

inline std::string mpr_file(const MprSpec& spec) {
  std::string file = padded("BIO-LOGIC MODULAR FILE\x1a", 48) + std::string(4, '\0');
  std::string settings(0x600, '\0');
  settings[0] = 0x04;
  std::memcpy(settings.data() + 0x0107, &spec.active_mass_mg, 4);
  append_module(file, "VMP Set", "VMP settings", spec.version >= 10 ? 10 : 0, settings);
  append_module(file, "VMP data", "VMP data", spec.version, mpr_data_module(spec));
  std::string log(0x400, '\0');
  const double started = 46348.5;  // 2026-11-22 12:00
  std::memcpy(log.data() + 0x0249, &started, 8);
  append_module(file, "VMP LOG", "VMP LOG", spec.version >= 10 ? 10 : 0, log);
  return file;
}

/// One row of the default columns: flags, Ns, time, Ewe, I, (Q-Qo).
inline void append_default_row(std::string& rows, std::uint8_t flags, std::uint16_t step, double time_s,
                               float potential_V, float current_mA, double charge_mAh) {
  append(rows, flags);
  append(rows, step);
  append(rows, time_s);
  append(rows, potential_V);
  append(rows, current_mA);
  append(rows, charge_mAh);
}

/// A charge of `count` rows, one a second at 1 mA, 3 V + 1 mV a row.
inline MprSpec simple_charge(std::uint32_t version, std::uint32_t count) {
  MprSpec spec;
  spec.version = version;
  spec.row_count = count;
  for (std::uint32_t i = 0; i < count; ++i) {
    append_default_row(spec.rows, 0x01, 1, i, 3.0f + 0.001f * static_cast<float>(i), 1.0f, i / 3600.0);
  }
  return spec;
}

}  // namespace lithoscope::test
