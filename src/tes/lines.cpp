#include "lithoscope/tes/lines.hpp"

#include <algorithm>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"

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

const EmissionLine& emission_line(std::string_view name) {
  const std::string wanted = core::lower(name);
  const auto& all = emission_lines();
  const auto found = std::ranges::find_if(all, [&](const EmissionLine& l) { return core::lower(l.name) == wanted; });
  if (found != all.end()) return *found;
  std::string known;
  for (const EmissionLine& line : all) known += (known.empty() ? "" : ", ") + line.name;
  throw core::UsageError({.what = "no such emission line", .expected = "one of " + known, .found = std::string{name}});
}

}  // namespace lithoscope::tes
