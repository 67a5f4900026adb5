// What a person may set of a map, and texts understood.
#include <fmt/format.h>

#include <array>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/text_table.hpp"
#include "lithoscope/rixs/maps_run.hpp"

namespace lithoscope::rixs {
namespace {

// As PlaneAxes.
constexpr std::array<std::string_view, 5> plane_words{"auto", "incident,emission", "emission,incident", "incident,loss",
                                                      "loss,incident"};
constexpr std::array<std::string_view, 6> normalise_words{"auto", "monitor", "rest",
                                                          "none", "area",    "maximum"};  // as Normalise

double number_in(const std::string& what, std::string_view text) {
  std::string_view word = core::trimmed(text);
  if (word.ends_with("eV")) word = core::trimmed(word.substr(0, word.size() - 2));
  if (const auto value = io::to_number(word)) return *value;
  throw core::UsageError({.what = what + " is no energy", .expected = "a number in eV", .found = std::string{text}});
}

}  // namespace

std::span<const core::Setting<MapsSettings>> maps_settings_table() {
  using S = MapsSettings;
  using T = core::Setting<S>;
  constexpr double most = 1e6;
  static const std::array table{
      T{"edge", "", &S::edge, "Only scan passes about this edge, such as \"O K\" or \"Ni L3\"", 0, most, "all passes"},
      T{"i0_column", "", &S::i0_column, "Column of the monitor in its table", 0, most, "i0"},
      T{"i0_sigma", "1", &S::i0_sigma, "Relative standard deviation of each reading of the monitor", 0, 1, "0"},
      T{"monitor.column", "", &S::monitor_column, "Column of the monitor in its table", 0, most, "i0"},
      T{"monitor.scale_error", "1", &S::monitor_scale_error,
        "Relative standard deviation of the monitor's scale, which moves all counts of a state together", 0, 1, "1 %"},
      T{"monitor.dark", "1", &S::monitor_dark, "Reading of the monitor without beam, in its own unit", -most, most,
        "0"},
      T{"monitor.range", "1", &S::monitor_range,
        "What the monitor's readings are multiplied by, where states were measured in other ranges", 1e-15, 1e15, "1"},
      T{"whole_seconds", "", &S::whole_seconds,
        "Cut scan windows to whole seconds, to compare with maps of tes_scan_server"},
      T{"from", "eV", &S::from, "Lowest emission energy, or loss", -most, most, "20 eV below the scan"},
      T{"to", "eV", &S::to, "Highest emission energy, or loss", -most, most, "10 eV above the scan"},
      T{"bin", "eV", &S::bin, "Width of a row of the map", 1e-4, 1e3},
      T{"loss", "", &S::loss, "Show energy loss in place of emission energy"},
      T{"no_elastic", "", &S::no_elastic, "Subtract the elastic line"},
      T{"region", "", &S::region,
        "Band \"Co L: 740..800\" of a partial yield, or polygon \"name: 530,522 532,522 532,525\" (incident, "
        "emission); may be repeated",
        0, most, "all that is shown"},
      T{"inverse", "", &S::inverse, "Band whose inverse partial yield is computed, such as \"O K: 515..530\""},
      T{"cut_at", "", &S::cut_at,
        "Incident energy (eV), or a range such as 530..532, of an emission spectrum; may be repeated"},
      T{"normalise", "", core::choice_of<&S::normalise, S>(normalise_words),
        "On what scale two states are compared: their monitors, the rest of the map (outside polygons, feature and "
        "elastic light), live time alone (none), or each spectrum's own area or maximum; auto: the monitors where both "
        "states have one, else the rest of the map"},
      T{"feature", "", &S::feature, "Place of a feature to find, INCIDENT,EMISSION or \"531 eV -> 523 eV\"", 0, most,
        "531,523 where the map covers it"},
      T{"no_feature", "", &S::no_feature, "Find no feature"},
      T{"plane_axes", "", core::choice_of<&S::plane_axes, S>(plane_words),
        "Axes of a map that was made elsewhere: the first column, first line or slow axis, then the other; auto: by "
        "their "
        "names, without any the incident energy first"},
      T{"photons_per_unit", "1", &S::photons_per_unit,
        "Photons of one unit of intensity in a map that was made elsewhere", 1e-15, 1e15,
        "1 where all intensities are whole"}};
  return table;
}

std::pair<double, double> parse_cut(const std::string& text) {
  const std::size_t dots = text.find("..");
  const double from = number_in("a cut", text.substr(0, dots));
  return {from, dots == std::string::npos ? from : number_in("a cut", text.substr(dots + 2))};
}

FeatureSettings parse_feature(const std::string& text) {
  FeatureSettings out;
  std::size_t cut = text.find(','), width = 1;
  if (const std::size_t arrow = text.find("->"); arrow != std::string::npos) {
    cut = arrow;
    width = 2;
  }
  if (cut == std::string::npos)
    throw core::UsageError(
        {.what = "feature is no place of a map", .expected = "INCIDENT,EMISSION such as 531,523", .found = text});
  out.incident_eV = number_in("feature", text.substr(0, cut));
  out.emission_eV = number_in("feature", text.substr(cut + width));
  return out;
}

namespace {

// On the command line a list is cut at its commas, and corners of polygons have some: a part without a name and without
// a range goes on with the region before it.
std::vector<std::string> whole_regions(const std::vector<std::string>& parts) {
  std::vector<std::string> out;
  for (const std::string& part : parts) {
    const bool begins = part.find(':') != std::string::npos || part.find("..") != std::string::npos;
    if (begins || out.empty()) {
      out.push_back(part);
    } else {
      out.back() += "," + std::string{core::trimmed(part)};
    }
  }
  return out;
}

}  // namespace

MapsRequest request_of(const MapsSettings& s) {
  MapsRequest out;
  out.edge = s.edge;
  if (!s.monitor_column.empty()) out.i0_column = s.monitor_column;
  if (!s.i0_column.empty()) out.i0_column = s.i0_column;
  out.i0_relative_sigma = s.i0_sigma.value_or(0);
  out.scale_error = s.monitor_scale_error.value_or(out.scale_error);
  out.i0_dark = s.monitor_dark.value_or(0);
  out.i0_range = s.monitor_range.value_or(1);
  out.map.loss = s.loss;
  out.map.windows = s.whole_seconds ? Windows::whole_seconds : Windows::exact;
  out.bin_eV = s.bin;
  out.emission_from_eV = s.from;
  out.emission_to_eV = s.to;
  for (const std::string& region : whole_regions(s.region)) out.regions.push_back(parse_region(region));
  if (!s.inverse.empty()) out.inverse = parse_region(s.inverse);
  for (const std::string& cuts : s.cut_at) {
    for (const std::string_view cut : io::split(cuts, ',')) out.cuts.push_back(parse_cut(std::string{cut}));
  }
  out.remove_elastic = s.no_elastic;
  if (!s.feature.empty()) out.feature = parse_feature(s.feature);
  out.seek_feature = !s.no_feature;
  out.normalise = s.normalise;
  out.plane = {.axes = s.plane_axes, .photons_per_unit = s.photons_per_unit};
  return out;
}

}  // namespace lithoscope::rixs
