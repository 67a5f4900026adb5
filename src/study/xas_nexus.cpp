#include <cmath>

#include "lithoscope/io/nexus_file.hpp"
#include "lithoscope/study/run.hpp"
#include "lithoscope/study/xas_run.hpp"

namespace lithoscope::study {
namespace {

std::vector<double> sigmas(const std::vector<double>& variance) {
  std::vector<double> out;
  for (const double v : variance) out.push_back(std::sqrt(v));
  return out;
}

CurveTable table_of(std::string name, const xas::Spectrum& s, const char* what) {
  return {std::move(name),
          {{"energy", "eV", s.energy_eV},
           {what, "", s.intensity},
           {std::string{what} + "_errors", "", sigmas(s.variance)}}};
}

std::string nexus_of(const std::string& title, const std::string& technique, const std::string& settings,
                     const std::vector<CurveTable>& tables) {
  io::NexusWriter nexus;
  nexus.group("/entry", "NXentry");
  nexus.attribute("/", "default", "entry");
  nexus.text("/entry/title", title);
  const std::string at = "/entry/" + technique;
  nexus.group(at, "NXsubentry");
  nexus.attribute("/entry", "default", technique);
  nexus.text(at + "/definition", "lithoscope_" + technique);
  nexus.group(at + "/process", "NXprocess");
  nexus.text(at + "/process/program", program_version());
  nexus.text(at + "/process/settings", settings);
  for (const CurveTable& table : tables) {
    const std::string group = at + "/" + table.name;
    nexus.group(group, "NXdata");
    for (const CurveTable::Column& column : table.columns)
      nexus.numbers(group + "/" + column.name, column.values, column.unit);
    nexus.attribute(group, "signal", table.columns.at(1).name);
    nexus.attribute(group, "axes", table.columns.front().name);
  }
  if (!tables.empty()) nexus.attribute(at, "default", tables.front().name);
  return nexus.finish();
}

}  // namespace

std::vector<CurveTable> curve_tables(const XasOutcome& outcome) {
  std::vector<CurveTable> out;
  for (std::size_t i = 0; i < outcome.spectra.size(); ++i) {
    const XasSpectrumOutcome& one = outcome.spectra[i];
    out.push_back(table_of("spectrum_" + std::to_string(i + 1), one.normalised.spectrum, "normalised"));
    if (one.white_lines) out.back().columns.push_back({"double_step", "", one.white_lines->baseline});
    out.push_back(table_of("measured_" + std::to_string(i + 1), one.measured, "mu"));
  }
  for (const XasPair& pair : outcome.pairs) {
    const xas::Difference& d = pair.difference;
    out.push_back({"difference_" + std::to_string(pair.before + 1),
                   {{"energy", "eV", d.energy_eV},
                    {"difference", "", d.difference},
                    {"difference_errors", "", d.sigma},
                    {"before", "", d.before},
                    {"after", "", d.after}}});
  }
  if (outcome.components) {
    CurveTable table{"components", {{"energy", "eV", outcome.components->energy_eV}}};
    for (std::size_t k = 0; k < outcome.components->curves.size(); ++k)
      table.columns.push_back({"component_" + std::to_string(k + 1), "", outcome.components->curves[k]});
    out.push_back(std::move(table));
  }
  return out;
}

std::vector<CurveTable> curve_tables(const ValenceOutcome& outcome) {
  std::vector<CurveTable> out;
  for (std::size_t i = 0; i < outcome.fits.size(); ++i) {
    const xas::MixtureFit& fit = outcome.fits[i];
    out.push_back({i == 0 ? "mixture" : "mixture_fluorescence",
                   {{"energy", "eV", fit.energy_eV}, {"measured", "", fit.measured}, {"model", "", fit.model}}});
  }
  return out;
}

std::vector<CurveTable> curve_tables(const SelfAbsorptionOutcome& outcome) {
  std::vector<CurveTable> out;
  if (outcome.corrected) out.push_back(table_of("corrected", outcome.corrected->spectrum, "corrected"));
  if (outcome.attenuation) out.push_back(table_of("attenuation", *outcome.attenuation, "attenuation"));
  out.push_back(table_of("signal", outcome.signal.spectrum, "signal"));
  if (!outcome.partial.empty()) {
    CurveTable table{"yields",
                     {{"energy", "eV", outcome.signal.spectrum.energy_eV},
                      {"total", "", outcome.total},
                      {"partial", "", outcome.partial}}};
    for (const xas::LineYield& line : outcome.lines)
      table.columns.push_back({"line_" + line.element + "_" + line.line, "", line.yield});
    out.push_back(std::move(table));
  }
  return out;
}

std::string nexus_file(const XasOutcome& outcome) {
  return nexus_of("absorption", "xas", outcome.settings, curve_tables(outcome));
}
std::string nexus_file(const ValenceOutcome& outcome) {
  return nexus_of("valence", "valence", outcome.settings, curve_tables(outcome));
}
std::string nexus_file(const SelfAbsorptionOutcome& outcome) {
  return nexus_of("self-absorption", "self_absorption", outcome.settings, curve_tables(outcome));
}

}  // namespace lithoscope::study
