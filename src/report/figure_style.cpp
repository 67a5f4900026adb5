#include "figure_style.hpp"

#include <fmt/format.h>

#include <cmath>

namespace lithoscope::report {

std::string_view role_name(Role role) {
  switch (role) {
    case Role::primary:
      return "primary";
    case Role::second:
      return "second";
    case Role::third:
      return "third";
    case Role::muted:
      return "muted";
  }
  return "muted";
}

bool is_line(const Series& series) { return series.mark == Mark::line || series.mark == Mark::dashed; }

std::string legend_sign(const Series& series, double x, double y) {
  const std::string_view role = role_name(series.role);
  if (is_line(series)) {
    return fmt::format(R"(<path class="line stroke-{}{}" d="M{} {}h26"/>)", role,
                       series.mark == Mark::dashed ? " dashed" : "", x, y);
  }
  if (series.mark == Mark::bars) {
    return fmt::format(R"(<rect class="fill-{}" x="{}" y="{}" width="12" height="10"/>)", role, x + 7, y - 5);
  }
  const std::string kind =
      series.mark == Mark::open_dots ? fmt::format("open bar stroke-{}", role) : fmt::format("fill-{}", role);
  return fmt::format(R"(<circle class="{}" cx="{}" cy="{}" r="4"/>)", kind, x + 13, y);
}

double rounded(double value) {
  if (value == 0 || !std::isfinite(value)) return value;
  const double scale = std::pow(10.0, 5 - std::floor(std::log10(std::abs(value))));
  return std::round(value * scale) / scale;
}

std::vector<double> rounded(std::vector<double> values) {
  for (double& v : values) v = rounded(v);
  return values;
}

}  // namespace lithoscope::report
