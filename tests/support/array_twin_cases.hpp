// A small run of the synthetic array through the probes `tes` and `rixs`, as the spine calls them.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "lithoscope/core/log.hpp"
#include "lithoscope/core/progress.hpp"
#include "lithoscope/probe/probe.hpp"
#include "lithoscope/rixs/array_twin.hpp"
#include "lithoscope/rixs/probes.hpp"
#include "lithoscope/tes/probes.hpp"
#include "run_program.hpp"

namespace lithoscope::test {

using Given = std::vector<std::pair<std::string, core::SettingValue>>;

/// Every setting with its default where it is not given, as a plan resolves them.
inline probe::Measurement array_measurement(const probe::Probe& p, const Given& given) {
  probe::Measurement m{.probe = p.name, .name = p.name, .state = {}, .files = {}};
  const auto fill = [&](const auto& infos, core::Settings& out) {
    for (const core::SettingInfo& info : infos) {
      const auto typed = std::ranges::find(given, info.name, [](const auto& g) { return std::string{g.first}; });
      out.set(info.name, typed != given.end() ? typed->second : info.otherwise);
    }
  };
  fill(p.settings, m.settings);
  fill(p.instrument, m.instrument);
  return m;
}

inline Given small_run() {
  return {{"pixels", std::int64_t{6}},
          {"rate", 60.0},
          {"calibration", 30.0},
          {"incident", std::string{"529..533:0.4"}},
          {"dwell", 1.0}};
}

/// The files of a run of known emission, in a folder of their own.
class ArrayRun {
 public:
  explicit ArrayRun(const Given& given, std::uint64_t seed = 1) {
    const probe::Probe p = rixs::probes().front();
    const particle::Model model{};
    const particle::Run run{};
    const particle::Mark mark{};
    probe::Context context{.progress = progress_, .log = log_, .seed = seed};
    p.synthesize(
        {.model = model, .run = run, .leg = run.trunk, .mark = mark}, array_measurement(p, given),
        [&](const std::string& name, std::string_view bytes) {
          write_text(scratch_ / name, std::string{bytes});
          const std::scoped_lock lock{mutex_};
          (name.ends_with("_log")      ? logs_
           : name.starts_with("noise") ? noise_
                                       : files_)
              .push_back({.path = scratch_ / name});
        },
        context);
    for (auto* list : {&logs_, &noise_, &files_}) std::ranges::sort(*list, {}, &probe::Input::path);
  }

  const std::vector<probe::Input>& files() const { return files_; }
  const std::vector<probe::Input>& logs() const { return logs_; }
  const std::vector<probe::Input>& noise() const { return noise_; }

  result::Result tes(const Given& given = {}) {
    const probe::Probe p = tes::probes().front();
    probe::Measurement m = array_measurement(p, given);
    m.files = {{"files", files_}, {"noise", noise_}, {"log", logs_}};
    probe::Context context{.progress = progress_, .log = log_};
    return finished(p.reduce(m, context), m);
  }

  result::Result rixs(const result::Result& detector, const Given& given = {},
                      std::shared_ptr<const result::Result> before = nullptr) {
    const probe::Probe p = rixs::probes().front();
    probe::Measurement m = array_measurement(p, given);
    m.state = before ? "after" : "before";
    probe::Context context{.progress = progress_, .log = log_};
    context.taken.push_back({.probe = "tes", .state = {}, .result = std::make_shared<const result::Result>(detector)});
    if (before) context.taken.push_back({.probe = "rixs", .state = "before", .partner = true, .result = before});
    return finished(p.reduce(m, context), m);
  }

 private:
  // What the spine fills, and its checks.
  static result::Result finished(result::Result r, const probe::Measurement& m) {
    r.probe = m.probe;
    r.name = m.name;
    r.version = "1";
    r.state = m.state;
    for (result::Observable& o : r.observables) o.state = m.state;
    for (result::Source& s : r.sources) s.sha256 = "0";
    result::make_canonical(r);
    for (const std::string& fault : result::faults_of(r)) FAIL_CHECK(fault);
    CHECK(!r.answers.empty());
    CHECK(!r.figures.empty());
    return r;
  }

  Scratch scratch_;
  core::NoProgress progress_;
  core::Log log_;
  std::mutex mutex_;
  std::vector<probe::Input> files_, logs_, noise_;
};

}  // namespace lithoscope::test
