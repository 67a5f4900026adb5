// A whole probe, as small as one can be: the mean of a column of numbers, and the file backwards. What a newcomer
// copies.
#include "toy_probe.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "lithoscope/io/text_table.hpp"

namespace lithoscope::toy {
namespace {

struct ToySettings {
  double scale = 1;
  bool squared = false;
};
constexpr std::array<core::Setting<ToySettings>, 2> table{
    {{"scale", "V", &ToySettings::scale, "Factor on every reading", 1e-3, 1e3},
     {"squared", "", &ToySettings::squared, "Square the readings before they are averaged"}}};
std::span<const core::Setting<ToySettings>> settings() { return table; }

result::Result reduce(const probe::Measurement& m, probe::Context&) {
  const auto s = probe::settings_in<ToySettings>(m, settings());
  result::Result out{.asked = "Asked: what is the mean reading?"};
  std::vector<double> reading, row;
  for (const probe::Input& input : m.of("files")) {
    const io::InputFile file = io::InputFile::open(input.path);
    for (const std::string_view line : io::lines_of(file.bytes())) {
      const double v = s.scale * io::to_number(line).value_or(0);
      reading.push_back(s.squared ? v * v : v);
      row.push_back(static_cast<double>(row.size()));
    }
    out.sources.push_back({.role = "files", .path = input.path, .format = "one number a line", .sha256 = {}});
  }
  double sum = 0, squares = 0;
  const auto n = static_cast<double>(reading.size());
  for (const double v : reading) sum += v;
  for (const double v : reading) squares += (v - sum / n) * (v - sum / n);
  const core::Value mean{sum / n, squares / (n * std::max(1.0, n - 1))};
  out.answers = {fmt::format("The mean is {} V.", core::format_value(mean))};
  out.numbers = {{.name = "mean", .unit = "V", .help = "Mean reading", .value = mean}};
  out.tables = {{.name = "readings", .title = "The readings"}};
  out.tables[0].columns = {
      result::number_column("row", "", "Row of the file", row),
      result::number_column("reading", "V", "Reading", reading, std::vector<double>(reading.size(), squares / n))};
  out.tables[0].brief = {"row", "reading"};
  out.observables = {
      {.name = "mean", .unit = "V", .values = {mean.value}, .variance = {mean.variance}, .flags = {"ok"}}};
  out.figures = {{.name = "readings", .title = "All readings.", .x_axis = {"row"}, .y_axis = {"reading"}}};
  out.figures[0].plots = {{.name = "reading",
                           .mark = result::Mark::dots,
                           .table = "readings",
                           .x = "row",
                           .y = "reading",
                           .interval = true}};
  out.sections = {{.title = {}, .figures = {"readings"}, .tables = {"readings"}}};
  return out;
}

}  // namespace

std::vector<probe::Probe> probes() {
  return {{.name = "toy",
           .help = "Mean of a column of numbers",
           .version = "1",
           .roles = {{.name = "files", .help = "Files of one number a line", .required = true}},
           .settings = core::setting_infos<ToySettings>(settings(), "The mean"),
           .partner = true,
           .reduce = reduce}};
}

}  // namespace lithoscope::toy
