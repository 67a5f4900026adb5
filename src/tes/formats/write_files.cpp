// LJH 2.2.1, OFF 0.3.0 and SSRL scan logs, written.
#include <fmt/format.h>

#include <Eigen/Dense>
#include <cmath>
#include <cstring>

#include "lithoscope/tes/synthesize.hpp"

namespace lithoscope::tes {
namespace {

template <class T>
void append(std::string& out, const T& value) {
  const std::size_t at = out.size();
  out.resize(at + sizeof(T));
  std::memcpy(out.data() + at, &value, sizeof(T));  // all our machines are little-endian
}

std::string ljh_header(const SyntheticArray& array, const SyntheticPixel& pixel) {
  return fmt::format(
      "#LJH Memorial File Format\r\nSave File Format Version: 2.2.1\r\nSoftware Version: DASTARD version 0.3.10 "
      "(Lithoscope twin)\r\nData source: Lancero\r\nNumber of rows: 30\r\nNumber of columns: 8\r\nRow number (from "
      "0-29 "
      "inclusive): {}\r\nColumn number (from 0-7 inclusive): {}\r\nSubframe divisions: 30\r\nSubframe offset: 0\r\n"
      "Channel name: chan{}\r\nChannel: {}\r\nDigitized Word Size In Bytes: 2\r\nPresamples: {}\r\nTotal Samples: "
      "{}\r\n"
      "Number of samples per point: 1\r\nTimestamp offset (s): {:.6f}\r\nTimebase: {:e}\r\n#End of Header\r\n",
      pixel.channel / 2 % 30, pixel.channel / 60, pixel.channel, pixel.channel, array.presamples, array.samples,
      1e-9 * static_cast<double>(array.start_ns), array.sample_s);
}

// Columns: a constant, the pulse's derivative and the pulse, each of unit size.
Eigen::MatrixXd model_basis(const SyntheticArray& array) {
  const double top_s =
      std::log(array.fall_s / array.rise_s) * array.rise_s * array.fall_s / (array.fall_s - array.rise_s);
  const double top = std::exp(-top_s / array.fall_s) - std::exp(-top_s / array.rise_s);
  Eigen::MatrixXd basis(array.samples, 3);
  for (Eigen::Index k = 0; k < array.samples; ++k) {
    const double t = array.sample_s * static_cast<double>(k - array.presamples);
    const double fall = t > 0 ? std::exp(-t / array.fall_s) : 0, rise = t > 0 ? std::exp(-t / array.rise_s) : 0;
    basis(k, 0) = 1;
    basis(k, 1) = (fall / array.fall_s - rise / array.rise_s) * array.sample_s / top;
    basis(k, 2) = (fall - rise) / top;
  }
  return basis;
}

void append_rows(std::string& out, const Eigen::MatrixXd& matrix) {
  for (Eigen::Index i = 0; i < matrix.rows(); ++i) {
    for (Eigen::Index j = 0; j < matrix.cols(); ++j) append(out, matrix(i, j));
  }
}

}  // namespace

std::string ljh_file(const SyntheticArray& array, const SyntheticPixel& pixel, const SyntheticRecords& records) {
  std::string out = ljh_header(array, pixel);
  const auto n = static_cast<std::size_t>(array.samples);
  constexpr std::int64_t divisions = 30;
  out.reserve(out.size() + records.frame.size() * (2 * n + 16));
  for (std::size_t i = 0; i < records.frame.size(); ++i) {
    append(out, divisions * records.frame[i]);
    append(out, records.posix_ns[i] / 1000);
    const std::size_t at = out.size();
    out.resize(at + 2 * n);
    std::memcpy(out.data() + at, records.samples.data() + i * n, 2 * n);
  }
  return out;
}

std::string off_file(const SyntheticArray& array, const SyntheticPixel& pixel, const SyntheticRecords& records) {
  const Eigen::MatrixXd basis = model_basis(array);
  const Eigen::MatrixXd projectors = (basis.transpose() * basis).ldlt().solve(basis.transpose());
  const auto n = static_cast<std::size_t>(array.samples);
  std::string out = fmt::format(
      "{{\n    \"FileFormatVersion\": \"0.3.0\",\n    \"FramePeriodSeconds\": {:e},\n    \"NumberOfBases\": 3,\n"
      "    \"FileFormat\": \"OFF\",\n    \"ModelInfo\": {{\n        \"Projectors\": {{\n            \"Rows\": 3,\n"
      "            \"Cols\": {}\n        }},\n        \"Basis\": {{\n            \"Rows\": {},\n            \"Cols\": "
      "3\n"
      "        }}\n    }},\n    \"ReadoutInfo\": {{\n        \"ColumnNum\": {},\n        \"RowNum\": {},\n"
      "        \"NumberOfColumns\": 8,\n        \"NumberOfRows\": 30\n    }},\n    \"CreationInfo\": {{\n"
      "        \"SourceName\": \"Lithoscope twin\"\n    }}\n}}\n",
      array.sample_s, array.samples, array.samples, pixel.channel / 60, pixel.channel / 2 % 30);
  append_rows(out, projectors);
  append_rows(out, basis);
  Eigen::VectorXd record(array.samples);
  for (std::size_t i = 0; i < records.frame.size(); ++i) {
    double before = 0, tilt = 0;
    const auto quiet = static_cast<double>(array.presamples);
    for (std::size_t k = 0; k < n; ++k) {
      const double v = records.samples[i * n + k];
      record(static_cast<Eigen::Index>(k)) = v;
      if (static_cast<std::int64_t>(k) >= array.presamples) continue;
      before += v / quiet;
      tilt += v * (static_cast<double>(k) - 0.5 * (quiet - 1)) * 12 / (quiet * (quiet + 1));
    }
    const Eigen::VectorXd c = projectors * record;
    const Eigen::VectorXd rest = record - basis * c;
    const double residual = std::sqrt((rest.array() - rest.mean()).square().mean());
    append(out, static_cast<std::int32_t>(array.samples));
    append(out, static_cast<std::int32_t>(array.presamples));
    append(out, records.frame[i]);
    append(out, records.posix_ns[i]);
    append(out, static_cast<float>(before));
    append(out, static_cast<float>(tilt));
    append(out, static_cast<float>(residual));
    for (Eigen::Index j = 0; j < c.size(); ++j) append(out, static_cast<float>(c(j)));
  }
  return out;
}

std::string ssrl_log_text(const ScanLog& log) {
  const auto seconds = [](std::int64_t ns) {
    return fmt::format("{}.{:06d}", ns / 1'000'000'000, ns % 1'000'000'000 / 1000);
  };
  const bool calibration = log.kind == LogKind::calibration;
  std::string out =
      fmt::format("--- {{cfolder: {}, dtype: {}, file_header: true, pfolder: '{}', sample: {}, version: lithoscope}}\n",
                  log.calibration.empty() ? "null" : "'" + log.calibration + "'", calibration ? "cal" : "data",
                  log.name, log.sample.empty() ? "none" : log.sample);
  for (std::size_t p = 0; p < log.passes.size(); ++p) {
    const ScanPass& pass = log.passes[p];
    out += calibration ? fmt::format("--- {{header: {{mono: {}, start: {}, stop: {}}},\n  loop: {{}}}}\n",
                                     pass.incident_eV, seconds(pass.start_ns), seconds(pass.stop_ns))
                       : fmt::format("--- {{header: {{pass: {}, start: {}, stop: {}}},\n  mono: {{", p,
                                     seconds(pass.start_ns), seconds(pass.stop_ns));
    for (std::size_t i = 0; i < pass.points.size(); ++i) {
      const ScanPoint& point = pass.points[i];
      out += fmt::format("{}{}: [{}, {}]", i > 0 ? ",\n    " : "", point.position, seconds(point.start_ns),
                         seconds(point.stop_ns));
    }
    if (!calibration) out += "}}\n";
  }
  return out;
}

}  // namespace lithoscope::tes
