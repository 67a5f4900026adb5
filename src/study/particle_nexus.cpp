#include <fmt/format.h>

#include "lithoscope/io/nexus_file.hpp"
#include "lithoscope/study/particle_run.hpp"
#include "lithoscope/study/run.hpp"

namespace lithoscope::study {
namespace {

using io::NexusWriter;
using particle::Leg;
using particle::Profile;

void write_trace(NexusWriter& nexus, const std::string& at, const Leg& leg) {
  const particle::Trace& t = leg.trace;
  nexus.group(at, "NXdata");
  const auto put = [&](const char* name, const std::vector<double>& values, const char* units) {
    nexus.numbers(at + "/" + name, values, units);
  };
  put("time", t.time_s, "s");
  put("temperature", t.temperature_K, "K");
  put("rate", t.rate_per_s, "1/s");
  put("potential", t.cell_V, "V");
  put("lithium_extracted", t.mean_lithium, "");
  put("surface_lithium_extracted", t.surface_lithium, "");
  put("core_lithium_extracted", t.core_lithium, "");
  put("slow_down", t.slow_down, "");
  put("spinel_extent", t.spinel_extent, "");
  put("rock_salt_extent", t.rock_salt_extent, "");
  put("shell_thickness", t.shell_nm, "nm");
  put("oxygen_lost", t.oxygen_lost, "");
  std::vector<std::int64_t> step;
  for (const std::size_t s : t.step) step.push_back(static_cast<std::int64_t>(s));
  nexus.integers(at + "/step", step);
  nexus.attribute(at, "signal", "potential");
  nexus.attribute(at, "axes", "time");
}

void write_profile(NexusWriter& nexus, const std::string& at, const Profile& p, const particle::Ladder& ladder) {
  nexus.group(at, "NXdata");
  nexus.numbers(at + "/radius", p.radius_nm, "nm");
  nexus.numbers(at + "/volume_share", p.volume, "");
  nexus.numbers(at + "/lithium_extracted", p.lithium, "");
  nexus.numbers(at + "/potential", p.V, "V");
  for (std::size_t k = 0; k < ladder.cations.size(); ++k) {
    nexus.numbers(at + "/valence_" + ladder.cations[k].element, p.valence[k], "");
  }
  nexus.numbers(at + "/fresh_holes", p.fresh_holes, "");
  nexus.numbers(at + "/stabilised_holes", p.stabilised_holes, "");
  nexus.numbers(at + "/oxygen_lost", p.oxygen_lost, "");
  if (!p.stabilised.empty()) nexus.numbers(at + "/stabilised_sites", p.stabilised, "");
  if (!p.offset_V.empty()) nexus.numbers(at + "/offset", p.offset_V, "V");
  nexus.attribute(at, "signal", "lithium_extracted");
  nexus.attribute(at, "axes", "radius");
}

void write_leg(NexusWriter& nexus, const std::string& at, const Leg& leg, const particle::Ladder& ladder) {
  nexus.group(at, "NXcollection");
  if (!leg.trace.time_s.empty()) write_trace(nexus, at + "/trace", leg);
  for (std::size_t i = 0; i < leg.marks.size(); ++i) {
    const std::string mark = fmt::format("{}/end_{:02}", at, i);
    nexus.group(mark, "NXcollection");
    nexus.text(mark + "/step", leg.marks[i].step);
    nexus.number(mark + "/time", leg.marks[i].time_s, "s");
    nexus.number(mark + "/temperature", leg.marks[i].temperature_K, "K");
    for (std::size_t g = 0; g < leg.marks[i].grains.size(); ++g) {
      write_profile(nexus, fmt::format("{}/grain_{}", mark, g), leg.marks[i].grains[g], ladder);
    }
  }
}

void write_scan(NexusWriter& nexus, const std::string& at, const particle::ScanResult& scan) {
  nexus.group(at, "NXcollection");
  for (std::size_t a = 0; a < scan.scan.axes.size(); ++a) {
    std::vector<double> values;
    for (const particle::ScanRow& row : scan.rows) values.push_back(row.values[a]);
    const std::string name = fmt::format("{}/parameter_{:02}", at, a);
    nexus.numbers(name, values, scan.scan.axes[a].unit == "1" ? "" : scan.scan.axes[a].unit);
    nexus.attribute(name, "long_name", scan.scan.axes[a].parameter);
  }
  std::vector<std::string> failures;
  for (const particle::ScanRow& row : scan.rows) failures.push_back(row.failure.empty() ? "ok" : row.failure);
  nexus.texts(at + "/flags", failures);
  for (std::size_t q = 0; q < scan.names.size(); ++q) {
    std::vector<double> values;  // NaN where the run failed: its flag says why
    for (const particle::ScanRow& row : scan.rows) {
      values.push_back(row.results.empty() ? std::numeric_limits<double>::quiet_NaN() : row.results[q]);
    }
    const std::string name = fmt::format("{}/result_{:03}", at, q);
    nexus.numbers(name, values, "");
    nexus.attribute(name, "long_name", fmt::format("{} ({})", scan.names[q], scan.units[q]));
  }
}

}  // namespace

std::string nexus_file(const ParticleOutcome& outcome) {
  NexusWriter nexus;
  nexus.group("/entry", "NXentry");
  nexus.attribute("/", "default", "entry");
  nexus.text("/entry/title", outcome.study.programme.title);
  nexus.group("/entry/particle", "NXsubentry");
  nexus.attribute("/entry", "default", "particle");
  nexus.text("/entry/particle/definition", "lithoscope_particle");
  nexus.group("/entry/particle/process", "NXprocess");
  nexus.text("/entry/particle/process/program", program_version());
  nexus.text("/entry/particle/process/programme", resolved_particle_study(outcome.study));
  const particle::Ladder& ladder = outcome.study.model.ladder;
  write_leg(nexus, "/entry/particle/trunk", outcome.run.trunk, ladder);
  for (std::size_t b = 0; b < outcome.run.branches.size(); ++b) {
    const std::string at = fmt::format("/entry/particle/branch_{:02}", b);
    write_leg(nexus, at, outcome.run.branches[b], ladder);
    nexus.text(at + "/name", outcome.run.branches[b].name);
  }
  if (!outcome.run.trunk.trace.time_s.empty()) {
    nexus.attribute("/entry/particle", "default", "trunk");
    nexus.attribute("/entry/particle/trunk", "default", "trace");
  }
  nexus.group("/entry/particle/summary", "NXcollection");
  std::vector<std::string> names, units;
  std::vector<double> values;
  for (const particle::Quantity& q : outcome.summary) {
    names.push_back(q.name);
    units.push_back(q.unit);
    values.push_back(q.value);
  }
  nexus.texts("/entry/particle/summary/names", names);
  nexus.texts("/entry/particle/summary/units", units);
  nexus.numbers("/entry/particle/summary/values", values, "");
  if (outcome.scan) write_scan(nexus, "/entry/particle/scan", *outcome.scan);
  return nexus.finish();
}

}  // namespace lithoscope::study
