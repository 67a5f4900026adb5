// Raw pulse records of one microcalorimeter pixel: LJH 2.0 to 2.2.1 and LJH3, memory-mapped, so that a file of any size
// costs no more memory than what is made of it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lithoscope/io/input_file.hpp"

namespace lithoscope::tes {

struct PulseFileFacts {
  std::string path, format;  ///< "LJH 2.2.1"
  std::string software, source;
  int channel = -1;             ///< from the file's name ("_chan7"), else from the header; -1 when neither says
  std::int64_t presamples = 0;  ///< true ones: 4-point triggers of older servers are put right
  std::int64_t samples = 0;     ///< of a record; the longest one where lengths differ (LJH3)
  double sample_s = 0;
  std::int64_t subframe_divisions = 1;  ///< subframes in one sample
  std::int64_t subframe_offset = 0;
  double server_start_s = 0;      ///< POSIX; what record times count from in versions before 2.2
  std::int64_t record_bytes = 0;  ///< 0 where lengths differ
  std::int64_t header_bytes = 0;
  std::int64_t left_over_bytes = 0;  ///< of a last record cut short
  std::vector<std::string> remarks;  ///< what was assumed, sentences
};

/// What a record says beside its samples.
struct RecordStamp {
  std::int64_t subframe = 0;  ///< since the server's start, in 1/divisions of a sample
  std::int64_t posix_ns = 0;
};

class PulseFile {
 public:
  /// Throws UnreadableFile when the header lacks a needed key or makes no sense. A last record cut short is left out
  /// and counted in `left_over_bytes`.
  explicit PulseFile(io::InputFile file);

  const PulseFileFacts& facts() const { return facts_; }
  std::int64_t records() const { return records_; }
  std::int64_t length(std::int64_t record) const;  ///< samples of this record
  std::int64_t presamples(std::int64_t record) const;
  RecordStamp stamp(std::int64_t record) const;
  /// Copies the samples of a record; `out` has its length.
  void samples(std::int64_t record, std::span<std::uint16_t> out) const;
  /// Of the first and the last MiB: a night's raw pulses would take longer to hash than to reduce.
  std::string sha256_of_ends() const { return file_.sha256_of_ends(); }

 private:
  const char* at(std::int64_t record) const;
  io::InputFile file_;
  PulseFileFacts facts_;
  std::int64_t records_ = 0;
  int version_ = 0;                    ///< 20, 21, 22 or 30
  std::vector<std::int64_t> offsets_;  ///< of LJH3 records
};

bool is_pulse_file(std::string_view bytes);

/// "7" of "20200219_run0001_chan7.ljh"; -1 where the name does not say.
int channel_of_name(const std::string& path);

}  // namespace lithoscope::tes
