#include "tes_reference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "check.hpp"
#include "lithoscope/core/progress.hpp"
#include "lithoscope/io/text_table.hpp"
#include "lithoscope/tes/calibration_curve.hpp"
#include "lithoscope/tes/cuts.hpp"

namespace lithoscope::validation {
namespace {

std::string ssrl(const std::string& name) { return tes_path("ssrl_10_1_scan/20200219_" + name); }

// Rows of numbers below one line of names.
std::vector<std::vector<double>> rows_of(const std::string& path) {
  const io::InputFile file = io::InputFile::open(path);
  std::vector<std::vector<double>> out;
  const auto lines = io::lines_of(file.bytes());
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (lines[i].empty()) continue;
    out.emplace_back();
    for (const std::string_view cell : io::split(lines[i], ',')) out.back().push_back(io::to_number(cell).value());
  }
  return out;
}

}  // namespace

std::string tes_path(const std::string& name) { return (std::filesystem::path(real_data()) / "tes" / name).string(); }

std::vector<std::vector<double>> headerless_columns(const std::string& path) {
  const io::InputFile file = io::InputFile::open(path);
  std::vector<std::vector<double>> out;
  for (const std::string_view line : io::lines_of(file.bytes())) {
    if (line.empty() || line.starts_with('#')) continue;
    const auto cells = io::split(line, ',');
    out.resize(std::max(out.size(), cells.size()));
    for (std::size_t i = 0; i < cells.size(); ++i) out[i].push_back(io::to_number(cells[i]).value());
  }
  return out;
}

tes::ArrayRequest ssrl_study() {
  tes::ArrayRequest study;
  for (const int channel : ssrl_channels) study.files.push_back(ssrl(fmt::format("chan{}.off", channel)));
  study.logs = {ssrl("016_log"), ssrl("030_log")};
  return study;
}

tes::ArrayOutcome ssrl_default() {
  core::NoProgress progress;
  return tes::reduce_array(ssrl_study(), progress);
}

std::vector<tes::ScanPass> ssrl_passes() {
  std::vector<tes::ScanPass> out;
  for (const char* name : {"017_log", "018_log"}) {
    for (tes::ScanPass& pass : tes::read_scan_log(io::InputFile::open(ssrl(name))).passes)
      out.push_back(std::move(pass));
  }
  return out;
}

std::vector<tes::PixelEvents> ssrl_recipe(int pixels) {
  constexpr std::array energies{277.0, 392.4, 524.9, 704.8, 851.47, 929.68};
  const auto rows = rows_of(tes_path("expected/ssrl_calibration_mass.csv"));
  std::vector<tes::PixelEvents> out;
  for (const std::vector<double>& row : rows) {
    if (static_cast<int>(out.size()) == pixels) break;
    const tes::OffFile file = tes::read_off_file(io::InputFile::open(ssrl(fmt::format("chan{:.0f}.off", row[0]))));
    std::vector<tes::Anchor> anchors;
    for (std::size_t k = 0; k < energies.size(); ++k) anchors.push_back({"", row[k + 1], 0, energies[k], 0});
    const tes::CalibrationCurve curve{std::move(anchors), tes::CurveKind::gain};
    const tes::ResidualCutSettings cuts{.spreads = 10, .bin_height = 2000, .least_height = 150, .scale_free = false};
    const auto flags = tes::flag_records(file, tes::learn_residual_limit(file, cuts));
    tes::PixelEvents events{.pixel = file.channel, .record_s = file.frame_s * static_cast<double>(file.samples)};
    std::vector<std::size_t> order(flags.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return file.posix_ns[i]; });
    for (const std::size_t i : order) {
      events.record_time_ns.push_back(file.posix_ns[i]);
      if (flags[i] != 0) continue;
      events.time_ns.push_back(file.posix_ns[i]);
      events.energy_eV.push_back(curve.energy_eV(file.height(static_cast<std::int64_t>(i))));
      events.energy_sigma_eV.push_back(0);
    }
    out.push_back(std::move(events));
  }
  return out;
}

rixs::RixsMap ssrl_recipe_map(int pixels, rixs::Windows windows) {
  const auto events = ssrl_recipe(pixels);
  const rixs::MapSettings settings{
      .emission = {.low_eV = 0, .width_eV = 1, .count = 999, .closed = true}, .loss = false, .windows = windows};
  std::vector<rixs::RixsMap> maps;
  for (const tes::ScanPass& pass : ssrl_passes()) maps.push_back(rixs::fill_map(events, pass, settings));
  return rixs::sum_maps(maps);
}

}  // namespace lithoscope::validation
