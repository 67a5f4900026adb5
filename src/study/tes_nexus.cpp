#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/io/hdf5_reader.hpp"
#include "lithoscope/io/nexus_file.hpp"
#include "lithoscope/io/recognise.hpp"
#include "lithoscope/study/run.hpp"
#include "lithoscope/study/tes_run.hpp"

namespace lithoscope::study {
namespace {

constexpr const char* root = "/entry/tes";

void write_pixel(io::NexusWriter& nexus, const tes::PixelEvents& pixel) {
  const std::string at = fmt::format("{}/pixel_{}", root, pixel.pixel);
  nexus.group(at, "NXevent_data");
  nexus.integers(at + "/time_ns", pixel.time_ns);
  nexus.numbers(at + "/energy", pixel.energy_eV, "eV");
  nexus.numbers(at + "/energy_errors", std::vector<double>(pixel.energy_sigma_eV.begin(), pixel.energy_sigma_eV.end()),
                "eV");
  nexus.integers(at + "/record_time_ns", pixel.record_time_ns);
  nexus.number(at + "/record_length", pixel.record_s, "s");
  nexus.integers(at + "/excluded", pixel.excluded);
}

void write_calibration(io::NexusWriter& nexus, const tes::PixelCalibration& pixel) {
  const std::string at = fmt::format("{}/calibration/pixel_{}", root, pixel.pixel);
  nexus.group(at, "NXcollection");
  nexus.text(at + "/state", tes::state_words(pixel.state));
  if (!pixel.reasons.empty()) nexus.texts(at + "/reasons", pixel.reasons);
  if (pixel.curve.empty()) return;
  std::vector<double> height, height_sigma, energy, energy_sigma;
  std::vector<std::string> lines;
  for (const tes::Anchor& a : pixel.curve.anchors()) {
    lines.push_back(a.line);
    height.push_back(a.height);
    height_sigma.push_back(a.height_sigma);
    energy.push_back(a.energy_eV);
    energy_sigma.push_back(a.energy_sigma_eV);
  }
  nexus.texts(at + "/line", lines);
  nexus.numbers(at + "/height", height, "");
  nexus.numbers(at + "/height_errors", height_sigma, "");
  nexus.numbers(at + "/energy", energy, "eV");
  nexus.numbers(at + "/energy_errors", energy_sigma, "eV");
}

}  // namespace

std::string nexus_file(const TesOutcome& outcome) {
  io::NexusWriter nexus;
  nexus.group("/entry", "NXentry");
  nexus.attribute("/", "default", "entry");
  nexus.text("/entry/title", "Microcalorimeter events");
  nexus.group(root, "NXsubentry");
  nexus.attribute("/entry", "default", "tes");
  nexus.text(std::string{root} + "/definition", "lithoscope_tes");
  const std::string process = std::string{root} + "/process";
  nexus.group(process, "NXprocess");
  nexus.text(process + "/program", program_version());
  nexus.text(process + "/settings", outcome.settings);
  nexus.texts(process + "/inputs", outcome.sources);
  nexus.group(std::string{root} + "/calibration", "NXcollection");
  for (const tes::PixelCalibration& pixel : outcome.calibration.pixels) write_calibration(nexus, pixel);
  for (const tes::PixelEvents& pixel : outcome.events) write_pixel(nexus, pixel);
  // What a viewer opens on: the spectrum of all pixels.
  constexpr double step_eV = 1;
  constexpr std::size_t bins = 1500;
  std::vector<double> energy, counts(bins, 0.0);
  for (std::size_t i = 0; i < bins; ++i) energy.push_back(step_eV * (static_cast<double>(i) + 0.5));
  for (const tes::PixelEvents& pixel : outcome.events) {
    for (const double e : pixel.energy_eV) {
      if (e >= 0 && e < step_eV * bins) counts[static_cast<std::size_t>(e / step_eV)] += 1;
    }
  }
  const std::string data = std::string{root} + "/spectrum";
  nexus.group(data, "NXdata");
  nexus.numbers(data + "/energy", energy, "eV");
  nexus.numbers(data + "/counts", counts, "");
  nexus.attribute(data, "signal", "counts");
  nexus.attribute(data, "axes", "energy");
  nexus.attribute(root, "default", "spectrum");
  return nexus.finish();
}

bool is_event_file(const std::string& path) {
  const io::InputFile file = io::InputFile::open(path);
  if (io::recognise_container(file.bytes()) != io::Container::hdf5) return false;
  const io::Hdf5Reader reader{file};
  return reader.has_dataset("/entry/tes/definition") && reader.text("/entry/tes/definition") == "lithoscope_tes";
}

std::vector<tes::PixelEvents> read_events(const std::string& path) {
  const io::InputFile file = io::InputFile::open(path);
  const io::Hdf5Reader reader{file};
  std::vector<tes::PixelEvents> out;
  for (const std::string& group : reader.groups(root)) {
    const std::string name = group.substr(group.rfind('/') + 1);
    if (!name.starts_with("pixel_") || !reader.has_dataset(group + "/time_ns")) continue;
    tes::PixelEvents pixel;
    pixel.pixel = std::atoi(name.c_str() + 6);
    pixel.time_ns = reader.integers(group + "/time_ns");
    pixel.energy_eV = reader.numbers(group + "/energy").values;
    for (const double s : reader.numbers(group + "/energy_errors").values)
      pixel.energy_sigma_eV.push_back(static_cast<float>(s));
    pixel.record_time_ns = reader.integers(group + "/record_time_ns");
    pixel.record_s = reader.numbers(group + "/record_length").values.at(0);
    const std::vector<std::int64_t> excluded = reader.integers(group + "/excluded");
    const std::size_t n = pixel.time_ns.size();
    if (pixel.energy_eV.size() != n || pixel.energy_sigma_eV.size() != n || excluded.size() != pixel.excluded.size()) {
      throw core::UnreadableFile({.what = "columns of events differ in length",
                                  .where = {.path = fmt::format("{}:{}", path, group)},
                                  .expected = std::to_string(n) + " energies",
                                  .found = std::to_string(pixel.energy_eV.size()),
                                  .advice = "make the events again with litho tes"});
    }
    std::ranges::copy(excluded, pixel.excluded.begin());
    out.push_back(std::move(pixel));
  }
  std::ranges::sort(out, {}, &tes::PixelEvents::pixel);
  if (out.empty()) {
    throw core::UnreadableFile({.what = "holds no events",
                                .where = {.path = path},
                                .expected = "run.nxs of litho tes",
                                .found = "no pixel_N group"});
  }
  return out;
}

}  // namespace lithoscope::study
