#include "lithoscope/tes/lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/text_table.hpp"
#include "lithoscope/material/fluorescence.hpp"

namespace lithoscope::tes {

const std::vector<EmissionLine>& emission_lines() {
  static const std::vector<EmissionLine> lines{
      {"C Ka",
       277.0,
       0.6,
       {{275.2908, .6198, .2845}, {277.9394, .4, .2497}, {280.6139, .4, .2012}, {271.1361, 5.7962, .2646}},
       1.0911},
      {"N Ka",
       392.4,
       0.08,
       {{394.7188, .4, .2173},
        {392.9457, .5406, .1834},
        {390.9295, 2.506, .4516},
        {387.0183, 1.9716, .1107},
        {377.2469, 8.933, .0371}},
       .3537},
      {"O Ka",
       524.9,
       0.23,
       {{526.614, .4, .1968}, {524.7767, .4, .3632}, {522.9316, 1.9772, .4384}, {533.1095, .4, .0016}},
       .9759},
      {"Fe Ll", 614.5, 0.5, {{614.5151, 4.1392, .829}, {626.7373, 5.9432, .171}}, 0},
      {"Mn La", 637.44, 0.5, {}, 0},
      {"F Ka", 676.8, 0.5, {}, 0},
      {"Fe La",
       704.8,
       0.11,
       {{705.5113, .8878, .2577},
        {718.4552, .7312, .0444},
        {703.0361, 4.143, .3838},
        {698.5488, 6.3104, .0492},
        {716.9128, 4.4118, .2649}},
       .9693},
      {"Ni Ll", 741.0, 0.5, {{741.0471, 3.912, .8148}, {758.3902, 3.946, .1852}}, .4167},
      {"Co La", 776.25, 0.47, {}, 0},
      {"Co Lb", 791.41, 0.5, {}, 0},
      {"Ni La",
       851.47,
       1.31,
       {{850.3954, 1.2582, .2753},
        {868.305, 2.0206, .1547},
        {855.1407, 10.0866, .1879},
        {873.4738, 1.671, .0057},
        {847.3049, 5.3462, .1004},
        {851.6323, .4, .276}},
       .585},
      {"Cu La",
       929.68,
       1.35,
       {{929.6299, 1.0346, .5568},
        {949.513, 1.8858, .1596},
        {933.3627, 4.0192, .1669},
        {926.8745, 2.8504, .102},
        {953.3162, 2.619, .0147}},
       .5424}};
  return lines;
}

namespace {

// Ka1 of light and 3d elements, with what is said of it.
struct HardLine {
  const char* element;
  double ka1_eV, sigma_eV;
};
constexpr std::array hard_lines{
    HardLine{"Na", 1040.98, 0.1},   HardLine{"Mg", 1253.688, 0.02}, HardLine{"Al", 1486.708, 0.02},
    HardLine{"Si", 1739.985, 0.02}, HardLine{"P", 2013.68, 0.1},    HardLine{"S", 2307.89, 0.03},
    HardLine{"Cl", 2622.44, 0.05},  HardLine{"Ar", 2957.682, 0.02}, HardLine{"K", 3313.948, 0.02},
    HardLine{"Ca", 3691.719, 0.05}, HardLine{"Sc", 4090.735, 0.02}, HardLine{"Ti", 4510.899, 0.01},
    HardLine{"V", 4952.216, 0.06},  HardLine{"Cr", 5414.805, 0.01}, HardLine{"Mn", 5898.801, 0.01},
    HardLine{"Fe", 6404.006, 0.01}, HardLine{"Co", 6930.378, 0.01}, HardLine{"Ni", 7478.252, 0.01},
    HardLine{"Cu", 8047.827, 0.01}, HardLine{"Zn", 8638.906, 0.07}, HardLine{"Ga", 9251.674, 0.07},
    HardLine{"Ge", 9886.52, 0.11}};

// "Mn Ka" with its element as xraylib writes it; empty parts when the text is no such name.
std::pair<std::string, std::string> element_and_group(std::string_view name) {
  const std::size_t blank = name.find(' ');
  if (blank == std::string_view::npos || blank == 0 || blank > 2) return {};
  std::string element = core::lower(name.substr(0, blank)), group = core::lower(core::trimmed(name.substr(blank)));
  if (group.size() != 2) return {};
  element[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(element[0])));
  group[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(group[0])));
  return {element, group};
}

std::optional<EmissionLine> tabulated_line(const std::string& element, const std::string& group) {
  std::vector<material::GroupMember> members;
  try {
    members = material::line_group(element, group);
  } catch (const core::UsageError&) {
    return std::nullopt;
  }
  constexpr double least_eV = 50, most_eV = 12000, usual_sigma_eV = 0.5;
  if (members.empty() || members.front().energy_eV < least_eV || members.front().energy_eV > most_eV)
    return std::nullopt;
  EmissionLine out{
      .name = element + " " + group, .peak_eV = members.front().energy_eV, .peak_sigma_eV = usual_sigma_eV};
  const auto known = std::ranges::find_if(hard_lines, [&](const HardLine& h) { return element == h.element; });
  if (group == "Ka" && known != hard_lines.end()) {
    out.peak_eV = known->ka1_eV;
    out.peak_sigma_eV = known->sigma_eV;
  }
  if (group[0] == 'K') {
    for (const material::GroupMember& m : members)
      out.doublet.push_back({m.energy_eV - members.front().energy_eV, m.fwhm_eV, m.share});
  }
  return out;
}

EmissionLine named_line(std::string_view name) {
  const std::string wanted = core::lower(name);
  const auto& all = emission_lines();
  const auto found = std::ranges::find_if(all, [&](const EmissionLine& l) { return core::lower(l.name) == wanted; });
  if (found != all.end()) return *found;
  if (const auto [element, group] = element_and_group(name); !element.empty()) {
    if (auto line = tabulated_line(element, group)) return *line;
  }
  throw core::UsageError({.what = "no such emission line",
                          .expected =
                              "an element and Ka, Kb, La, Lb, Ll or Ln, such as \"O Ka\" or \"Mn Ka\"; a name with "
                              "an energy, \"Fe La=705.2+-0.3\"; an energy in eV, \"600\"",
                          .found = std::string{name}});
}

struct GivenEnergy {
  double eV = 0, sigma_eV = 0;
};

// "705.2+-0.3", "705.2", with or without the unit.
std::optional<GivenEnergy> energy_in(std::string_view text) {
  std::string plain{text};
  for (const std::string_view sign : {"+/-", "\u00b1"}) {
    if (const auto at = plain.find(sign); at != std::string::npos) plain.replace(at, sign.size(), "+-");
  }
  const std::size_t sign = plain.find("+-");
  const auto number = [](const std::string& part) -> std::optional<double> {
    std::string_view shown = core::trimmed(part);
    if (core::lower(shown).ends_with("ev")) shown = core::trimmed(shown.substr(0, shown.size() - 2));
    return io::to_number(shown);
  };
  const auto energy = number(plain.substr(0, sign));
  const auto sigma = sign == std::string::npos ? std::optional{0.0} : number(plain.substr(sign + 2));
  if (!energy || !sigma) return std::nullopt;
  constexpr double most_eV = 1e5;
  if (!(*energy > 0) || *energy > most_eV || !(*sigma >= 0) || *sigma > *energy)
    throw core::UsageError({.what = "no energy of a line",
                            .expected = "eV above 0 and an error smaller than it, such as 705.2+-0.3",
                            .found = std::string{text}});
  return GivenEnergy{*energy, *sigma};
}

}  // namespace

EmissionLine emission_line(std::string_view text) {
  const std::string_view shown = core::trimmed(text);
  const std::size_t equals = shown.find('=');
  if (equals == std::string_view::npos) {
    if (const auto given = energy_in(shown))
      return {.name = fmt::format("{:g} eV", given->eV), .peak_eV = given->eV, .peak_sigma_eV = given->sigma_eV};
    return named_line(shown);
  }
  const std::string name{core::trimmed(shown.substr(0, equals))};
  const auto given = energy_in(shown.substr(equals + 1));
  if (!given || name.empty())
    throw core::UsageError({.what = "a line's energy is not understood",
                            .expected = "NAME=ENERGY or NAME=ENERGY+-ERROR in eV, such as \"Fe La=705.2+-0.3\"",
                            .found = std::string{text}});
  EmissionLine out{.name = name};
  if (const auto [element, group] = element_and_group(name); !element.empty()) {
    if (const auto line = tabulated_line(element, group)) out = *line;
    out.name = element + " " + core::lower(group).replace(0, 1, 1, group[0]);
  }
  out.shape.clear();
  out.peak_eV = given->eV;
  out.peak_sigma_eV = given->sigma_eV;
  return out;
}

}  // namespace lithoscope::tes
