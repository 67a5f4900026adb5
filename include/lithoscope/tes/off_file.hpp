// Pulses already projected onto a linear model while they were recorded: OFF 0.1 to 0.3, one file a pixel.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lithoscope/io/input_file.hpp"

namespace lithoscope::tes {

/// Columns over the records, in the order of the file.
struct OffFile {
  std::string path, format;  ///< "OFF 0.3.0"
  int channel = -1;          ///< from the file's name, else from the header; -1 when neither says
  std::string source, pulse_file;
  double frame_s = 0;
  std::int64_t bases = 0;
  std::int64_t samples = 0;        ///< of the records the model was made for
  std::vector<double> projectors;  ///< bases x samples, row-major: coefficients = projectors . record
  std::vector<double> basis;       ///< samples x bases, row-major: model of a record = basis . coefficients
  std::int64_t subframe_divisions = 1, subframe_offset = 0;

  std::vector<std::int32_t> record_samples, record_presamples;
  std::vector<std::int64_t> frame;  ///< since the server's start
  std::vector<std::int64_t> posix_ns;
  std::vector<float> pretrigger_mean;   ///< raw units
  std::vector<float> pretrigger_delta;  ///< rise over the presamples, raw units; empty before version 0.3
  std::vector<float> residual_sigma;    ///< of the record about its model, raw units
  std::vector<float> coefficients;      ///< records x bases, row-major

  std::int64_t left_over_bytes = 0;  ///< of a last record cut short
  std::vector<std::string> remarks;

  std::int64_t records() const { return static_cast<std::int64_t>(frame.size()); }
  /// The pulse height, coefficient 2, and the arrival phase, coefficient 1 over coefficient 2.
  double height(std::int64_t record) const { return coefficient(record, 2); }
  double phase(std::int64_t record) const { return coefficient(record, 1) / coefficient(record, 2); }

 private:
  double coefficient(std::int64_t record, std::int64_t which) const {
    return static_cast<double>(coefficients[static_cast<std::size_t>(record * bases + which)]);
  }
};

/// Throws UnreadableFile when header, model or sizes make no sense. NaN coefficients are kept: whoever makes events of
/// them counts and flags them.
OffFile read_off_file(const io::InputFile& file);
bool is_off_file(std::string_view bytes);

}  // namespace lithoscope::tes
