// The probe `digitised`: numbers of a printed figure, or of another program.
#include <fmt/format.h>

#include <array>

#include "lithoscope/digitised/digitised_table.hpp"
#include "lithoscope/digitised/probes.hpp"

namespace lithoscope::digitised {
namespace {

struct DigitisedSettings {
  std::string source;
};
std::span<const core::Setting<DigitisedSettings>> settings_table() {
  static constexpr std::array table{
      core::Setting<DigitisedSettings>{"source", "", &DigitisedSettings::source,
                                       "Where the numbers are from: paper and figure, or program and version"}};
  return table;
}

result::Result reduce(const probe::Measurement& m, probe::Context&) {
  const auto settings = probe::settings_in<DigitisedSettings>(m, settings_table());
  result::Result out;
  out.asked = "Asked: which numbers does this source give?";
  std::vector<std::string> name, unit;
  std::vector<double> along, value, variance;
  for (const probe::Input& input : m.of("files")) {
    const io::InputFile file = io::InputFile::open(input.path);
    out.sources.push_back({.role = "files", .path = input.path, .format = "table of observables", .sha256 = {}});
    for (result::Observable& o : read_digitised(file, m.parent ? m.parent->name : std::string{})) {
      for (std::size_t i = 0; i < o.size(); ++i) {
        name.push_back(o.name);
        unit.push_back(o.unit.empty() ? "1" : o.unit);
        along.push_back(o.axis.empty() ? static_cast<double>(i) : o.axis[i]);
        value.push_back(o.values[i]);
        variance.push_back(o.variance[i]);
      }
      out.observables.push_back(std::move(o));
    }
  }
  out.answers = {fmt::format("{} numbers of {} observables from {}.", value.size(), out.observables.size(),
                             settings.source.empty() ? "a source that is not named" : settings.source)};
  if (settings.source.empty()) out.warnings.emplace_back("The source of the numbers is not named (`source`).");
  out.remarks = {"Nothing was reduced here: values and errors are those of the table."};
  result::Table t{.name = "numbers",
                  .title = "The numbers",
                  .columns = {result::word_column("observable", "Name of the observable", name),
                              result::number_column("along", "", "Place along its axis, or its number", along),
                              result::number_column("value", "", "Value, in the unit beside it", value, variance),
                              result::word_column("unit", "Unit of the value", unit)}};
  t.brief = {"observable", "value", "unit"};
  out.tables = {std::move(t)};
  out.sections = {{.title = {}, .tables = {"numbers"}}};
  return out;
}

std::string print_template(const probe::Measurement&, const std::string& figure, probe::Context&) {
  return template_of(figure);
}

}  // namespace

std::vector<probe::Probe> probes() {
  return {
      {.name = "digitised",
       .help = "Take numbers of a printed figure or of another program into a study, with their errors",
       .version = "1",
       .roles = {{.name = "files", .help = "Tables with the columns observable, value, error", .required = true}},
       .settings = core::setting_infos(settings_table(), "The source"),
       .reduce = reduce,
       .printouts = {{.name = "template",
                      .help =
                          "Print an empty table for a figure of the reference paper (2, 3, 4 or 5), to be filled in",
                      .takes_text = true,
                      .print = print_template}},
       .title = "Digitised"}};
}

}  // namespace lithoscope::digitised
