// The column ids of BioLogic .mpr files: what each is called in the text export and how it is stored.
#pragma once

#include <cstdint>
#include <string_view>

namespace lithoscope::echem {

enum class MprStorage : std::uint8_t { flag, u1, u2, u4, f4, f8 };

struct MprColumnKind {
  std::uint16_t id;
  std::string_view name;
  MprStorage storage;
  std::uint8_t flag_mask = 0;  ///< for flags: all flags of a row share one byte
};

constexpr int storage_width(MprStorage storage) {
  switch (storage) {
    case MprStorage::flag:
    case MprStorage::u1:
      return 1;
    case MprStorage::u2:
      return 2;
    case MprStorage::u4:
    case MprStorage::f4:
      return 4;
    case MprStorage::f8:
      return 8;
  }
  return 0;
}

/// nullptr when the id is not known. Ids of 256 and more stand for the quantity of id modulo 256 unless listed
/// themselves.
const MprColumnKind* find_mpr_column(std::uint16_t id);

}  // namespace lithoscope::echem
