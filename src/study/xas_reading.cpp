#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/text_table.hpp"
#include "lithoscope/study/xas_run.hpp"
#include "lithoscope/xas/scan_files.hpp"
#include "xas_settings.hpp"

namespace lithoscope::study {
namespace {

struct Opened {
  xas::Scan scan;
  std::string format;
};
Opened open_scan(const ScanChoice& choice) {
  const xas::ScanFile file = xas::read_scan_file(io::InputFile::open(choice.path));
  return {xas::scan_of(file, choice.scan), file.format};
}

void move(xas::Spectrum& spectrum, const core::Value& shift_eV, const std::string& by) {
  for (double& e : spectrum.energy_eV) e += shift_eV.value;
  spectrum.remarks.push_back(fmt::format("Moved by {} eV onto {}.", core::format_value(shift_eV), by));
}

// By the foil measured along, or onto the shape of another spectrum.
void calibrate(xas::Spectrum& spectrum, const Opened& opened, const ScanChoice& choice, const XasReading& reading) {
  if (reading.foil) {
    const xas::Spectrum foil = xas::make_spectrum(opened.scan, xas::completed(opened.scan, *reading.foil), choice.path);
    const double found = xas::edge_energy_eV(foil.energy_eV, foil.intensity);
    move(spectrum, core::Value::exact(reading.foil_edge_eV - found), "the foil's edge");
  }
  if (reading.align) {
    XasReading plain = reading;
    plain.align.reset();
    plain.foil.reset();
    const xas::Spectrum reference = read_measured(*reading.align, plain);
    const core::Value off = xas::energy_offset_eV(spectrum, reference, 0, 0, reading.align_prior_eV);
    move(spectrum, {-off.value, off.variance}, "\"" + reference.name + "\"");
  }
}

xas::Spectrum spectrum_of(const Opened& opened, const ScanChoice& choice, const XasReading& reading) {
  const xas::Channels channels =
      xas::completed(opened.scan, reading.channels.value_or(xas::Channels{}), reading.fluorescence);
  xas::Spectrum spectrum = xas::make_spectrum(opened.scan, channels, choice.path);
  if (spectrum.name.empty() || spectrum.name == "1") spectrum.name = std::filesystem::path(choice.path).filename();
  if (!reading.element.empty()) spectrum.element = reading.element;
  if (!reading.edge_name.empty()) spectrum.edge = reading.edge_name;
  if (spectrum.element.empty() && spectrum.edge.empty()) {
    if (const auto edge = xas::edge_between(spectrum.energy_eV.front(), spectrum.energy_eV.back())) {
      spectrum.element = edge->element;
      spectrum.edge = edge->edge;
      spectrum.remarks.push_back(
          fmt::format("Taken to be {} {}, the only edge in its range (--element, --edge).", edge->element, edge->edge));
    }
  }
  for (const std::string& remark : opened.scan.remarks) spectrum.remarks.push_back(remark);
  calibrate(spectrum, opened, choice, reading);
  return spectrum;
}

}  // namespace

ScanChoice parse_scan_choice(const std::string& text) {
  std::error_code unreadable;
  if (std::filesystem::exists(text, unreadable)) return {.path = text, .scan = {}};
  // The longest leading part that is a file: labels may hold colons, too.
  for (auto colon = text.rfind(':'); colon != std::string::npos && colon > 0; colon = text.rfind(':', colon - 1)) {
    if (std::filesystem::exists(text.substr(0, colon), unreadable))
      return {.path = text.substr(0, colon), .scan = text.substr(colon + 1)};
  }
  return {.path = text, .scan = {}};
}

xas::Spectrum read_measured(const ScanChoice& choice, const XasReading& reading) {
  return spectrum_of(open_scan(choice), choice, reading);
}

xas::Normalised read_normalised(const ScanChoice& choice, const XasReading& reading) {
  const Opened opened = open_scan(choice);
  const xas::Spectrum spectrum = spectrum_of(opened, choice, reading);
  xas::EdgeSettings settings = reading.edge;
  if (reading.stored_settings) {
    const xas::EdgeSettings stored = xas::stored_edge_settings(opened.scan);
    const auto fill = [](auto& own, const auto& other) {
      if (!own) own = other;
    };
    fill(settings.e0_eV, stored.e0_eV);
    fill(settings.pre_from, stored.pre_from);
    fill(settings.pre_to, stored.pre_to);
    fill(settings.post_from, stored.post_from);
    fill(settings.post_to, stored.post_to);
    fill(settings.order, stored.order);
  }
  return xas::normalise(spectrum, reading.normalisation, settings);
}

ReferenceChoice parse_reference(const std::string& text) {
  ReferenceChoice out;
  const auto equals = text.rfind('=');
  const auto valence = equals == std::string::npos
                           ? std::nullopt
                           : io::to_number(core::trimmed(std::string_view{text}.substr(equals + 1)));
  const std::string what{core::trimmed(std::string_view{text}.substr(0, valence ? equals : std::string::npos))};
  out.valence = valence;
  out.name = what;
  std::error_code unreadable;
  const bool looks_like_ion = what.size() <= 4 && what.ends_with('+') && !std::filesystem::exists(what, unreadable);
  if (looks_like_ion) {
    out.ion = what;
    return out;
  }
  out.file = parse_scan_choice(what);
  out.name = out.file.scan.empty() ? std::filesystem::path(out.file.path).stem().string() : out.file.scan;
  return out;
}

std::string reading_text(const XasReading& reading) {
  std::string out;
  if (reading.channels) {
    const xas::Channels& c = *reading.channels;
    const auto line = [&](const char* key, const std::string& value) {
      if (!value.empty()) out += fmt::format("{} = \"{}\"\n", key, core::escaped_string(value));
    };
    line("energy", c.energy);
    std::string signal;
    for (const std::string& s : c.signal) signal += (signal.empty() ? "" : "+") + s;
    line("signal", signal);
    line("i0", c.i0);
    line("sigma", c.sigma);
    out += fmt::format("transmission = {}\ncounts = {}\nmerge_repeats = {}\ndeglitch = {}\nenergy_shift = \"{} eV\"\n",
                       c.transmission, c.counts, c.repeats == xas::Repeats::merge, c.deglitch, c.energy_shift_eV);
    if (c.dark_signal.value != 0) out += fmt::format("dark_signal = {}\n", c.dark_signal.value);
    if (c.dark_i0.value != 0) out += fmt::format("dark_i0 = {}\n", c.dark_i0.value);
  }
  constexpr std::array names{"none", "edge", "flat", "maximum", "area"};
  out += fmt::format("normalise = \"{}\"\n", names[static_cast<std::size_t>(reading.normalisation)]);
  const auto optional = [&](const char* key, const std::optional<double>& value) {
    if (value) out += fmt::format("{} = \"{} eV\"\n", key, *value);
  };
  optional("e0", reading.edge.e0_eV);
  optional("pre_from", reading.edge.pre_from);
  optional("pre_to", reading.edge.pre_to);
  optional("post_from", reading.edge.post_from);
  optional("post_to", reading.edge.post_to);
  if (reading.edge.pre_order) out += fmt::format("pre_order = {}\n", *reading.edge.pre_order);
  if (reading.edge.order) out += fmt::format("order = {}\n", *reading.edge.order);
  return out;
}

}  // namespace lithoscope::study
