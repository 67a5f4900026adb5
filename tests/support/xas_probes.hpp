// The probes of the absorption room, called as the spine calls them.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lithoscope/core/log.hpp"
#include "lithoscope/core/progress.hpp"
#include "lithoscope/result/files.hpp"
#include "lithoscope/xas/probes.hpp"
#include "run_program.hpp"
#include "xas_cases.hpp"

namespace lithoscope::test {

using Given = std::vector<std::pair<std::string, core::SettingValue>>;

inline probe::Probe xas_probe(const std::string& name) {
  for (probe::Probe& p : xas::probes()) {
    if (p.name == name) return p;
  }
  FAIL("no such probe");
  return {};
}

/// Every setting with its default where it is not given, as a plan resolves them.
inline probe::Measurement xas_measurement(const std::string& name, std::vector<probe::Input> files,
                                          const Given& given = {}) {
  const probe::Probe p = xas_probe(name);
  probe::Measurement m{.probe = name, .name = name};
  m.files.emplace_back("files", std::move(files));
  for (const core::SettingInfo& info : p.settings) m.settings.set(info.name, info.otherwise);
  for (const auto& [key, value] : given) {
    REQUIRE(std::ranges::find(p.settings, key, &core::SettingInfo::name) != p.settings.end());
    m.settings.set(key, value);
  }
  return m;
}

/// Fills what the spine fills, and checks the result as it does.
inline result::Result reduced(const probe::Measurement& m, std::shared_ptr<const result::Result> before = nullptr,
                              const std::string& state = "after") {
  core::NoProgress progress;
  core::Log log{false};
  probe::Context context{.progress = progress, .log = log};
  if (before) context.taken.push_back({m.probe, "before", true, std::move(before)});
  result::Result out = xas_probe(m.probe).reduce(m, context);
  out.probe = m.probe;
  out.name = m.name;
  out.state = state;
  for (result::Observable& o : out.observables) o.state = state;
  for (result::Source& s : out.sources) s.sha256 = "0";
  for (const std::string& fault : result::faults_of(out)) FAIL_CHECK(fault);
  CHECK(!out.answers.empty());
  CHECK(!out.figures.empty());
  return out;
}

/// What is written is read back the same.
inline void check_files(result::Result r) {
  result::make_canonical(r);
  const auto back = result::read_nexus(
      io::InputFile::from_bytes("run.nxs", result::nexus_file(std::vector{r}, {.title = "t", .program = "p"})));
  REQUIRE(back.size() == 1);
  CHECK(back.front() == r);
}

inline std::string write_xdi(const Scratch& scratch, const std::string& name, const xas::Spectrum& s) {
  write_text(scratch / name, xas::xdi_text(s));
  return scratch / name;
}

inline const result::Observable& observable(const result::Result& r, const std::string& name) {
  const auto found = std::ranges::find(r.observables, name, &result::Observable::name);
  if (found == r.observables.end()) {
    std::string names;
    for (const auto& o : r.observables) names += o.name + " ";
    FAIL("no observable " << name << " among " << names);
  }
  return *found;
}

}  // namespace lithoscope::test
