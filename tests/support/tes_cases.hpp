// Files of a microcalorimeter run, built byte by byte.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace lithoscope::test {

template <class T>
void append_value(std::string& out, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));  // all our machines are little-endian
  out.append(bytes, sizeof(T));
}

/// `text` with every `from` made `to`.
inline std::string with(std::string text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

/// A header with LF; `more` are lines of their own.
inline std::string ljh_header(const std::string& version, const std::string& more = {}) {
  return "#LJH Memorial File Format\nSave File Format Version: " + version +
         "\nSoftware Version: DASTARD version 0.3.2\nData source: Lancero\nDigitized Word Size In Bytes: 2\n"
         "Number of rows: 30\nNumber of columns: 8\nRow number (from 0-29 inclusive): 12\nChannel: 85\n"
         "#End of description\nDummy: 0\nDummy: 0\nDescription: a: b\nno colon here\nPresamples: 2\nTotal Samples: 4\n"
         "Timestamp offset (s): 1432744716.359757\nTimebase: 9.600000e-06\n" +
         more + "#End of Header\n";
}

inline void append_samples(std::string& out, const std::vector<std::uint16_t>& samples) {
  for (const std::uint16_t s : samples) append_value(out, s);
}

/// A record of version 2.2.
inline std::string ljh_record(std::int64_t subframe, std::int64_t posix_us, const std::vector<std::uint16_t>& samples) {
  std::string out;
  append_value(out, subframe);
  append_value(out, posix_us);
  append_samples(out, samples);
  return out;
}

/// A record of versions 2.0 and 2.1.
inline std::string old_ljh_record(std::uint8_t steps_of_4us, std::uint32_t ms,
                                  const std::vector<std::uint16_t>& samples) {
  std::string out;
  append_value(out, steps_of_4us);
  append_value(out, std::uint8_t{77});
  append_value(out, ms);
  append_samples(out, samples);
  return out;
}

inline std::string ljh3_header() {
  return "{\"frameperiod\":9.6e-06,\"File Format\":\"LJH3\",\"File Format Version\":\"3.0.0\",\"TDM\":{\"a\":\"}\"}}\n";
}

inline std::string ljh3_record(std::int32_t first_rising, std::int64_t frame, std::int64_t posix_us,
                               const std::vector<std::uint16_t>& samples) {
  std::string out;
  append_value(out, static_cast<std::int32_t>(samples.size()));
  append_value(out, first_rising);
  append_value(out, frame);
  append_value(out, posix_us);
  append_samples(out, samples);
  return out;
}

inline std::string base64(std::string_view bytes) {
  constexpr std::string_view signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t three = 0;
    for (std::size_t k = 0; k < 3; ++k)
      three = three << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) out += k <= bytes.size() - i ? signs[three >> (18 - 6 * k) & 63u] : '=';
  }
  return out;
}

/// 0, 1, 2, ...: a matrix of `count` values.
inline std::string matrix(std::int64_t count) {
  std::string out;
  for (std::int64_t i = 0; i < count; ++i) append_value(out, static_cast<double>(i));
  return out;
}

/// Three bases of four samples; for versions 0.2 and 0.3 the model follows the header.
inline std::string off_header(const std::string& version) {
  const bool embedded = version.starts_with("0.1");
  const std::string values =
      embedded ? ",\n            \"RowMajorFloat64ValuesBase64\": \"" + base64(matrix(12)) + "\"" : std::string{};
  return "{\n    \"FileFormatVersion\": \"" + version +
         "\",\n    \"FramePeriodSeconds\": 4.8e-06,\n    \"NumberOfBases\": 3,\n    \"FileFormat\": \"OFF\",\n"
         "    \"ModelInfo\": {\n        \"Projectors\": {\n            \"Rows\": 3,\n            \"Cols\": 4" +
         values + "\n        },\n        \"Basis\": {\n            \"Rows\": 4,\n            \"Cols\": 3" + values +
         "\n        }\n    },\n    \"PulseFile\": \"run/a_chan1.ljh\",\n    \"ReadoutInfo\": {\n"
         "        \"ColumnsNum\": null,\n        \"RowNum\": 5,\n        \"NumberOfRows\": 30\n    },\n"
         "    \"CreationInfo\": {\n        \"SourceName\": \"ljh2off.py\"\n    }\n}\n" +
         (embedded ? std::string{} : matrix(12) + matrix(12));
}

struct OffRecord {
  std::int32_t samples = 4, presamples = 2;
  std::int64_t frame = 1000, posix_ns = 1582151025932277000;
  float pretrigger_mean = 10, pretrigger_delta = 0.5F, residual = 2;
  std::vector<float> coefficients{1, 3, 6};
};

inline std::string off_record(const OffRecord& record, bool with_delta) {
  std::string out;
  append_value(out, record.samples);
  append_value(out, record.presamples);
  append_value(out, record.frame);
  append_value(out, record.posix_ns);
  append_value(out, record.pretrigger_mean);
  if (with_delta) append_value(out, record.pretrigger_delta);
  append_value(out, record.residual);
  for (const float c : record.coefficients) append_value(out, c);
  return out;
}

inline std::string trigger_file(const std::string& divisions, const std::vector<std::int64_t>& subframes) {
  std::string out = "# external trigger rowcounts as int64 binary data follows, rowcounts = x(" + divisions + ")\n";
  for (const std::int64_t s : subframes) append_value(out, s);
  return out;
}

inline const std::string ssrl_scan_log =
    "--- {cfolder: '20200219_016', dtype: data, file_header: true, motor: mono,\n  pfolder: '20200219_017', "
    "sample: ad1}\n--- {header: {htxs: 247, pass: 0, start: 1582152304.889971, stop: 1582152696.440137},\n"
    "  mono: {768.001: [1582152317.99067, 1582152319.190477], 768.401: [1582152319.590172,\n"
    "      1582152320.790062]}}\n--- {header: {htxs: 248, pass: 1, start: 1582152701.540732, stop: "
    "1582153082.289993},\n  mono: {768.001: [1582152704.490402, 1582152705.690641]}}\n";

inline const std::string ssrl_calibration_log =
    "--- {cfolder: null, dtype: cal, mono: 1000, pfolder: '20200219_016', sample: mixv4b}\n--- {header: {htxs: 245, "
    "mono: 1000.0, start: 1582151025.932277, stop: 1582152196.789819},\n  loop: {0: [1582150595.040216, "
    "1582150596.239795, 1582151026.26856, 1582151027.440028]}}\n";

inline const std::string server_scan_log =
    R"({"var_name": "mono", "var_unit": "eV", "scan_num": 3, "beamtime_id": "b", "sample_id": 1, "sample_desc": "NiO",
 "extra": {}, "data_path": "d", "drift_correction_plan": "basic", "point_extras": {"1": {"I0": 2.5}},
 "var_values": [770.0, 770.5], "epoch_time_start_s": [1582152317.5, 1582152319.0],
 "epoch_time_end_s": [1582152318.5, 1582152320.0], "roi": {}, "_ended": true, "cal_number": 2, "calibration": false}
)";

inline const std::string bluesky_log =
    R"(["start", {"uid": "a", "scan_id": 7, "motors": ["en_energy"], "sample_name": "LNO", "time": 1.6e9}]
["descriptor", {"uid": "d", "name": "primary", "data_keys": {"en_energy": {"units": "eV"}, "nexafs_i0up": {}}, "configuration": {"tes": {"data": {"tes_acquire_time": 2.0, "tes_scan_str": "SCAN3", "tes_cal_flag": false, "tes_calibration_uid": "c"}}}}]
["event", {"descriptor": "d", "time": 1600000003.0, "data": {"en_energy": 850.0, "tes_scan_point_start": 1600000000.25, "nexafs_i0up": 1.5}}]
["event", {"descriptor": "other", "time": 1600000003.0, "data": {}}]
{"name": "event", "doc": {"descriptor": "d", "time": 1600000006.0, "data": {"en_energy": 851.0, "tes_scan_point_start": 1600000003.25, "nexafs_i0up": NaN}}}
["stop", {"run_start": "a"}]
)";

}  // namespace lithoscope::test
