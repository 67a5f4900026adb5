#include <fmt/format.h>

#include <cmath>

#include "lithoscope/io/nexus_file.hpp"
#include "lithoscope/study/rixs_run.hpp"
#include "lithoscope/study/run.hpp"

namespace lithoscope::study {
namespace {

constexpr const char* root = "/entry/rixs";

std::string plain_name(std::string name) {
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

void tables_of(const MapOutcome& map, const std::string& sample, std::vector<CurveTable>& out) {
  for (const NamedCurve& named : map.curves) {
    const rixs::Curve& c = named.curve;
    std::vector<double> sigma;
    for (const double v : c.variance) sigma.push_back(std::sqrt(v));
    const bool emission = named.kind == "XES" || named.kind == "XRF";
    out.push_back({plain_name(sample + "_" + named.kind + "_" + c.name),
                   {{emission ? "emission_energy" : "incident_energy", "eV", c.energy_eV},
                    {"intensity", "", c.value},
                    {"intensity_errors", "", sigma},
                    {"counts", "", c.counts}}});
  }
}

void write_map(io::NexusWriter& nexus, const rixs::RixsMap& map, const std::string& at) {
  nexus.group(at, "NXdata");
  nexus.numbers(at + "/incident_energy", map.incident_eV, "eV");
  std::vector<double> rows, sigma;
  for (std::int64_t r = 0; r < map.emission.count; ++r) rows.push_back(map.emission.centre(r));
  const char* row_name = map.is_loss ? "/energy_loss" : "/emission_energy";
  nexus.numbers(at + row_name, rows, "eV");
  for (std::int64_t r = 0; r < map.emission.count; ++r) {
    for (std::size_t c = 0; c < map.columns(); ++c) sigma.push_back(std::sqrt(map.variance_at(r, c)));
  }
  nexus.table(at + "/counts", map.counts, rows.size(), "");
  nexus.table(at + "/counts_errors", sigma, rows.size(), "");
  nexus.numbers(at + "/dwell", map.dwell_s, "s");
  nexus.numbers(at + "/live_pixel_time", map.live_pixel_s, "s");
  std::vector<double> i0, i0_sigma;
  for (const core::Value& v : map.i0) {
    i0.push_back(v.value);
    i0_sigma.push_back(v.sigma());
  }
  nexus.numbers(at + "/i0", i0, "");
  nexus.numbers(at + "/i0_errors", i0_sigma, "");
  nexus.attribute(at, "signal", "counts");
  const std::vector<std::string> axes{row_name + 1, "incident_energy"};
  nexus.attribute(at, "axes", axes);
}

}  // namespace

std::vector<CurveTable> curve_tables(const RixsOutcome& outcome) {
  std::vector<CurveTable> out;
  tables_of(outcome.before, "before", out);
  if (outcome.after) tables_of(*outcome.after, "after", out);
  for (std::size_t i = 0; i < outcome.changes.size(); ++i) {
    const rixs::CurveChange& c = outcome.changes[i];
    std::vector<double> sigma;
    for (const double v : c.difference_variance) sigma.push_back(std::sqrt(v));
    out.push_back({plain_name("difference_" + outcome.before.curves[i].kind + "_" + c.before.name),
                   {{"energy", "eV", c.before.energy_eV},
                    {"difference", "", c.difference},
                    {"difference_errors", "", sigma},
                    {"before", "", c.before.value},
                    {"after", "", c.after.value},
                    {"ratio", "", c.ratio}}});
  }
  return out;
}

std::string nexus_file(const RixsOutcome& outcome) {
  io::NexusWriter nexus;
  nexus.group("/entry", "NXentry");
  nexus.attribute("/", "default", "entry");
  nexus.text("/entry/title", "Resonant inelastic X-ray scattering");
  nexus.group(root, "NXsubentry");
  nexus.attribute("/entry", "default", "rixs");
  nexus.text(std::string{root} + "/definition", "lithoscope_rixs");
  const std::string process = std::string{root} + "/process";
  nexus.group(process, "NXprocess");
  nexus.text(process + "/program", program_version());
  nexus.text(process + "/settings", outcome.settings);
  nexus.texts(process + "/inputs", outcome.sources);
  write_map(nexus, outcome.before.map, std::string{root} + "/map_before");
  if (outcome.after) write_map(nexus, outcome.after->map, std::string{root} + "/map_after");
  if (outcome.map_change) {
    const std::string at = std::string{root} + "/map_change";
    nexus.group(at, "NXcollection");
    const auto rows = static_cast<std::size_t>(outcome.before.map.emission.count);
    nexus.table(at + "/difference", outcome.map_change->difference, rows, "");
    nexus.table(at + "/significance", outcome.map_change->significance, rows, "");
  }
  for (std::size_t i = 0; i < outcome.changes.size(); ++i) {
    const rixs::CurveChange& c = outcome.changes[i];
    if (c.covariance.empty()) continue;
    const std::string at =
        std::string{root} + "/covariance_" + plain_name(outcome.before.curves[i].kind + "_" + c.before.name);
    nexus.group(at, "NXcollection");
    nexus.table(at + "/difference", c.covariance, c.difference.size(), "");
    nexus.numbers(at + "/ratio_variance", c.ratio_variance, "");
  }
  for (const CurveTable& table : curve_tables(outcome)) {
    const std::string group = std::string{root} + "/" + table.name;
    nexus.group(group, "NXdata");
    for (const CurveTable::Column& column : table.columns)
      nexus.numbers(group + "/" + column.name, column.values, column.unit);
    nexus.attribute(group, "signal", table.columns.at(1).name);
    nexus.attribute(group, "axes", table.columns.front().name);
  }
  nexus.attribute(root, "default", "map_before");
  return nexus.finish();
}

}  // namespace lithoscope::study
