// L3 edges as sums of Gaussians: a world that is not the multiplets the program computes.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

namespace lithoscope::validation {

struct Peak {
  double centre, height, sigma;
};
struct Edge {
  const char* element;
  double from, to;
  std::array<std::array<Peak, 2>, 3> references;  ///< of the valences 2, 3 and 4
  std::array<double, 3> shares;
};
inline constexpr std::array edges{Edge{"Ni",
                                       849,
                                       860,
                                       {{{{{852.6, 1.0, .45}, {854.4, .35, .6}}},
                                         {{{853.2, .60, .6}, {855.0, .85, .7}}},
                                         {{{853.3, .18, .6}, {855.5, 1.15, .75}}}}},
                                       {.1, .2, .7}},
                                  Edge{"Co",
                                       776,
                                       785,
                                       {{{{{778.6, .55, .5}, {779.6, .6, .6}}},
                                         {{{780.4, 1.0, .65}, {778.9, .12, .5}}},
                                         {{{781.1, .95, .8}, {779.4, .10, .5}}}}},
                                       {.05, .45, .5}},
                                  Edge{"Mn",
                                       637,
                                       648,
                                       {{{{{640.0, 1.2, .45}, {641.6, .45, .6}}},
                                         {{{641.9, .95, .8}, {640.5, .25, .5}}},
                                         {{{641.0, .75, .40}, {643.3, 1.0, .75}}}}},
                                       {.03, .07, .9}}};

struct Curve {
  double value, slope;
};
inline Curve reference_at(const Edge& edge, std::size_t j, double e) {
  const double middle = 0.5 * (edge.from + edge.to);
  const double s = 1 / (1 + std::exp(-(e - middle - 1) / 0.6));
  Curve out{0.05 + 0.12 * s, 0.12 * s * (1 - s) / 0.6};
  for (const Peak& p : edge.references[j]) {
    const double x = (e - p.centre) / p.sigma;
    const double g = p.height * std::exp(-0.5 * x * x);
    out.value += g;
    out.slope -= g * x / p.sigma;
  }
  return out;
}

}  // namespace lithoscope::validation
