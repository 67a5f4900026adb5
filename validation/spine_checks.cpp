// The promises of the spine: every probe keeps its law, survives its files, names things once, knows its inputs,
// resumes to the same bytes, and gives the same bytes however it is run.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "check.hpp"
#include "lithoscope/core/rng.hpp"
#include "lithoscope/io/hdf5_reader.hpp"
#include "lithoscope/study/run.hpp"
#include "lithoscope/study/twin.hpp"
#include "run_program.hpp"

namespace lithoscope::validation {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

std::string litho(const std::string& arguments) { return std::string{LITHO_PROGRAM} + " " + arguments; }

test::Said run(const test::Scratch& scratch, const std::string& arguments) {
  return test::run_shell(litho(arguments), scratch.path());
}

// ---- a study of every probe, on files of the twin
// --------------------------------------------------------------------

const char* const study_text = R"([study]
title = "Every probe, on files of the twin"
question = { before = "charged", after = "heated" }
[sample]
formula = "Li1.2Ni0.15Co0.1Mn0.55O2"
density = "4.2 g/cm3"
active_mass = "4.1 mg"
particle_radius = "100 +- 5 nm"
[[state]]
name = "pristine"
lithium_extracted = 0.02
[[state]]
name = "charged"
after = "pristine"
[[state]]
name = "heated"
after = "charged"
hold = { temperature = "100 degC", time = "5 h" }
[[measurement]]
probe = "gitt"
state = "pristine"
cell = "half"
files = ["gitt.mpt"]
[[measurement]]
probe = "ici"
state = "pristine"
cell = "half"
files = ["gitt.mpt"]
[[measurement]]
probe = "xas"
state = ["charged", "heated"]
files = ["ni_{state}.dat"]
settings = { counts = true, element = "Ni", edge = "L2,3", normalise = "maximum" }
[[measurement]]
probe = "valence"
state = ["charged", "heated"]
files = ["ni_{state}.dat"]
settings = { counts = true, element = "Ni", edge = "L2,3", normalise = "maximum", ions = ["Ni2+", "Ni3+", "Ni4+"] }
[[measurement]]
probe = "selfabs"
state = "charged"
files = ["ni_charged.dat"]
settings = { demonstrate = true, element = "Ni", edge = "L2,3", post_from = "25 eV", post_to = "45 eV" }
[[measurement]]
probe = "tes"
state = ["charged", "heated"]
files = ["tes_{state}/twin_chan*.off"]
log = ["tes_{state}/*_log"]
[[measurement]]
probe = "rixs"
takes = ["tes"]
region = ["O K: 515..530"]
[[measurement]]
probe = "multiplet"
ion = "Ni2+"
[[measurement]]
probe = "particle"
files = ["golden-a"]
[[measurement]]
probe = "ms"
state = "heated"
files = ["gas/currents.tsv"]
temperature = ["gas/balance.txt"]
settings = { zone = "UTC", sensitivity = ["O2 = 0.1 +- 0.002 C/mol"] }
[[measurement]]
probe = "digitised"
state = "heated"
files = ["read_off.csv"]
source = "made up"
[inference]
runs = 200
draws = 200
)";

void write_inputs(const test::Scratch& scratch) {
  const auto must = [&](const std::string& arguments) {
    if (const auto said = run(scratch, arguments); said.code != 0)
      throw std::runtime_error(arguments + ": " + said.err);
  };
  const std::string array = " --pixels 4 --rate 60 --calibration \"30 s\" --incident 529..533:0.4 --dwell \"1 s\"";
  must("synthesize lmr-titration --out gitt.mpt --noise \"0.2 mV\"");
  must("synthesize lmr-paper --edge Ni --at charge --out ni_charged.dat");
  must("synthesize lmr-paper --edge Ni --branch heat --seed 2 --out ni_heated.dat");
  must("synthesize --run tes_charged" + array);
  must("synthesize --run tes_heated --seed 3" + array);
  must("synthesize lmr-paper --probe ms --branch ramp --run gas");
  test::write_text(scratch / "read_off.csv", "observable,value,error,unit\nlog10_D_of_a_figure,-14,0.3,\n");
  test::write_text(scratch / "study.toml", study_text);
}

struct Ran {
  study::Plan plan;
  study::RunOutcome outcome;
};

Ran run_all(const test::Scratch& scratch) {
  write_inputs(scratch);
  const study::Registry& registry = study::registry();
  Ran out{.plan = study::make_plan(study::read_study(scratch / "study.toml", {}, registry), registry), .outcome = {}};
  core::NoProgress progress;
  core::Log log;
  out.outcome = study::run_plan(out.plan, study::StepCache{}, progress, log);
  for (const result::Result& r : out.outcome.results) {
    if (!r.failure.empty()) throw std::runtime_error(r.name + ": " + r.failure);
  }
  return out;
}

// Probes whose every result has a property, of all probes there are.
template <class Test>
Outcome count_probes(const std::vector<result::Result>& results, const Test& test) {
  std::set<std::string> all, bad;
  std::string detail;
  for (const probe::Probe& p : study::registry()) all.insert(p.name);
  std::set<std::string> seen;
  for (const result::Result& r : results) {
    seen.insert(r.probe);
    if (const std::string fault = test(r); !fault.empty()) {
      bad.insert(r.probe);
      detail += r.name + ": " + fault + "; ";
    }
  }
  for (const std::string& name : all) {
    if (!seen.contains(name)) bad.insert(name);
  }
  return {.figures = {{static_cast<double>(all.size() - bad.size()), static_cast<double>(all.size())}},
          .detail = detail};
}

// ---- law ------------------------------------------------------------------------------------------------------------

struct LawCase {
  const char* probe;
  const char* programme;
  const char* at;
  std::vector<io::Override> settings;  ///< of the probe, as a study has them
  std::vector<std::pair<const char*, core::SettingValue>> instrument;
  const char* files;
  const char* branch = "";
  const char* other_files = "";  ///< lines of the measurement
};

std::vector<LawCase> law_cases() {
  const std::vector<io::Override> reading{
      {"counts", "true"}, {"element", "Ni"}, {"edge", "\"L2,3\""}, {"normalise", "maximum"}};
  std::vector<io::Override> valence = reading;
  valence.emplace_back("ions", "[\"Ni2+\", \"Ni3+\", \"Ni4+\"]");
  const std::vector<std::pair<const char*, core::SettingValue>> scan{{"edge", std::string{"Ni"}}};
  return {{"gitt", "lmr-titration", "", {{"cell", "half"}}, {{"noise", 2e-4}}, "*.mpt"},
          {"ici", "lmr-titration", "", {{"cell", "half"}}, {{"noise", 2e-4}}, "*.mpt"},
          {"xas", "lmr-paper", "charge", reading, scan, "*.dat"},
          {"valence", "lmr-paper", "charge", valence, scan, "*.dat"},
          {"rixs",
           "",
           "",
           {{"region", "[\"O K: 515..530\"]"}},
           {{"pixels", std::int64_t{8}}, {"rate", 60.0}},
           "*.off",
           "",
           "log = [\"*_log\"]\n"},
          {"ms",
           "lmr-paper",
           "",
           {{"zone", "\"UTC\""},
            {"sensitivity", "[\"O2 = 0.1 +- 0.0005 C/mol\"]"},
            {"delay", "\"8 s\""},
            {"mixing", "\"20 s\""}},
           {{"heated_mass", 4.1e-6}},
           "currents.tsv",
           "ramp",
           "temperature = [\"balance.txt\"]\n"}};
}

// Values of one probe within their errors, |z| below 4 and its mean square below 2.
std::string broken_law(const LawCase& c) {
  const study::Registry& registry = study::registry();
  const test::Scratch scratch;
  study::TwinRequest request{.probe = &study::probe_named(registry, c.probe),
                             .programme = c.programme,
                             .changes = {},
                             .branch = c.branch,
                             .at = c.at,
                             .settings = {},
                             .instrument = {},
                             .sample = {}};
  for (const auto& [name, value] : c.instrument) request.instrument.set(name, value);
  core::NoProgress progress;
  core::Log log;
  study::synthesize(
      request,
      [&](const std::string& name, std::string_view bytes) { test::write_text(scratch / name, std::string{bytes}); },
      progress, log);
  std::string text =
      "[sample]\nformula = \"Li1.2Ni0.15Co0.1Mn0.55O2\"\nactive_mass = \"4.1 mg\"\nparticle_radius = \"100 "
      "nm\"\ndensity = \"4.2 g/cm3\"\n[[state]]\nname = \"s\"\nlithium_extracted = 0.02\n[[measurement]]\nprobe = \"";
  text += std::string{c.probe} + "\"\nstate = \"s\"\nfiles = [\"" + c.files + "\"]\n";
  text += c.other_files;
  std::vector<io::Override> settings;
  const std::size_t last = 0;
  for (const auto& [key, value] : c.settings) settings.emplace_back(fmt::format("measurement.{}.{}", last, key), value);
  const study::Plan plan = study::make_plan(study::parse_study(text, scratch / "s.toml", settings, registry), registry);
  const study::RunOutcome outcome = study::run_plan(plan, study::StepCache{}, progress, log);
  const result::Result& r = outcome.results.back();
  if (!r.failure.empty()) return r.failure;
  request.settings = plan.steps.back().measurement.settings;
  const auto predicted = study::predict(request, r.observables, progress, log);
  double squares = 0, n = 0, worst = 0;
  for (std::size_t k = 0; k < predicted.size(); ++k) {
    const result::Observable &p = predicted[k], &m = r.observables[k];
    for (std::size_t i = 0; i < m.size(); ++i) {
      const bool usable =
          m.unusable.empty() && (m.flags.empty() || m.flags[i] == "ok") && (p.flags.empty() || p.flags[i] == "ok");
      if (!usable || !std::isfinite(p.values[i]) || !std::isfinite(m.values[i]) || !(m.total_variance(i) > 0)) continue;
      const double z = (m.values[i] - p.values[i]) / std::sqrt(m.total_variance(i));
      squares += z * z;
      n += 1;
      worst = std::max(worst, std::abs(z));
    }
  }
  const std::string figures =
      fmt::format("{}: {} values, mean square {:.2f}, worst {:.1f} sigma", c.probe, n, n > 0 ? squares / n : 0, worst);
  constexpr double most_square = 2, most_sigmas = 4.5;
  if (n == 0 || squares / n > most_square || worst > most_sigmas) return figures;
  return {};
}

Outcome spine_law() {
  double kept = 0, all = 0;
  std::string detail;
  for (const probe::Probe& p : study::registry()) {
    if (p.reduce == nullptr || p.predict == nullptr || p.synthesize == nullptr) continue;
    all += 1;
    const auto cases = law_cases();
    const auto found = std::ranges::find(cases, p.name, [](const LawCase& c) { return std::string{c.probe}; });
    const std::string fault = found == cases.end() ? p.name + ": no case" : broken_law(*found);
    kept += fault.empty() ? 1 : 0;
    if (!fault.empty()) detail += fault + "; ";
  }
  return {.figures = {{kept, all}}, .detail = detail};
}

// ---- files ----------------------------------------------------------------------------------------------------------

Outcome spine_roundtrip() {
  const test::Scratch scratch;
  const Ran ran = run_all(scratch);
  return count_probes(ran.outcome.results, [](const result::Result& r) -> std::string {
    const std::vector<result::Result> one{r};
    const auto back = result::read_nexus(io::InputFile::from_bytes("run.nxs", result::nexus_file(one, {})));
    if (back.size() != 1 || !(back.front() == r)) return "NeXus gives back another result";
    if (!(result::read_json(result::json_text(r, ""), "x").front() == r)) return "JSON gives back another result";
    return {};
  });
}

void json_names(const Json& j, const std::string& at, std::set<std::string>& out) {
  for (const auto& [key, value] : j.items()) {
    if (key.starts_with('@')) continue;
    const std::string path = at + "/" + key;
    out.insert(path);
    const bool dataset =
        value.is_object() && (value.contains("value") || value.contains("values")) && value.contains("kind");
    // A table may have a column called "value": that is an object.
    const bool number =
        value.is_object() && ((value.contains("value") && !value.at("value").is_object()) || value.contains("of"));
    const bool text_in_nexus = key == "figures" || key == "sections";
    if (value.is_object() && !dataset && !number && !text_in_nexus) json_names(value, path, out);
  }
}

void nexus_names(const io::Hdf5Reader& reader, const std::string& group, const std::string& at,
                 std::set<std::string>& out) {
  for (const std::string& member : reader.members(group)) {
    out.insert(at + "/" + member);
    if (reader.is_group(group + "/" + member)) nexus_names(reader, group + "/" + member, at + "/" + member, out);
  }
}

Outcome spine_names() {
  const test::Scratch scratch;
  write_inputs(scratch);
  const auto said = run(scratch, "run study.toml --out r");
  if (said.code != 0 && said.code != 4) throw std::runtime_error(said.err);
  const Json json = Json::parse(test::read_text(scratch / "r/run.json"));
  const io::InputFile file = io::InputFile::open(scratch / "r/run.nxs");
  const io::Hdf5Reader reader{file};
  std::vector<std::string> groups;
  for (const std::string& member : reader.members("/entry")) {
    if (reader.is_group("/entry/" + member)) groups.push_back(member);
  }
  double same = 0;
  std::string detail;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    std::set<std::string> in_json, in_nexus;
    json_names(json.at("results").at(i), "", in_json);
    nexus_names(reader, "/entry/" + groups[i], "", in_nexus);
    // What a bulk table holds is in run.nxs alone; its name is in both.
    std::erase_if(in_nexus, [&](const std::string& name) {
      const auto cut = name.rfind('/');
      const std::string parent = name.substr(0, cut);
      const bool member = parent.starts_with("/tables/") || parent.starts_with("/grids/");
      return member && json.at("results")
                           .at(i)
                           .at(parent.substr(1, parent.find('/', 1) - 1))
                           .at(parent.substr(parent.rfind('/') + 1))
                           .contains("@left_to_run_nxs");
    });
    same += in_json == in_nexus ? 1 : 0;
    for (const std::string& name : in_json) {
      if (!in_nexus.contains(name)) detail += groups[i] + name + " only in run.json; ";
    }
    for (const std::string& name : in_nexus) {
      if (!in_json.contains(name)) detail += groups[i] + name + " only in run.nxs; ";
    }
  }
  return {.figures = {{same, static_cast<double>(groups.size())}}, .detail = detail.substr(0, 2000)};
}

Outcome spine_sources() {
  const test::Scratch scratch;
  const Ran ran = run_all(scratch);
  std::size_t k = 0;
  return count_probes(ran.outcome.results, [&](const result::Result& r) -> std::string {
    const study::Step& step = ran.plan.steps[k++];
    if (r.settings.size() != step.probe->settings.size()) return "settings are missing";
    if (r.sources.size() != step.inputs.size()) return "inputs are missing";
    for (const result::Source& s : r.sources) {
      if (s.sha256.size() != 64) return s.path + " has no hash";
    }
    return {};
  });
}

// ---- runs -----------------------------------------------------------------------------------------------------------

// The files of a run that must not depend on how it came about.
std::string differing(const test::Scratch& scratch, const std::string& one, const std::string& two) {
  for (const char* name : {"run.nxs", "run.json", "report.html"}) {
    if (test::read_text(scratch / (one + "/" + name)) != test::read_text(scratch / (two + "/" + name))) return name;
  }
  return {};
}

Outcome spine_resume() {
  const test::Scratch scratch;
  write_inputs(scratch);
  const auto start = std::chrono::steady_clock::now();
  run(scratch, "run study.toml --out whole");
  const double whole_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  core::RandomStream random{11, 0};
  constexpr int times = 20;
  int same = 0, resumed = 0;
  std::string detail;
  for (int i = 0; i < times; ++i) {
    const std::string out = fmt::format("r{}", i);
    const double when = random.uniform() * whole_s;
    test::run_shell(fmt::format("timeout -s KILL {:.3f} {} >/dev/null", when, litho("run study.toml --out " + out)),
                    scratch.path());
    resumed += fs::exists(scratch / (out + ".part/steps")) ? 1 : 0;
    if (!fs::exists(scratch / out)) run(scratch, "run study.toml --out " + out);
    const std::string other = differing(scratch, "whole", out);
    same += other.empty() ? 1 : 0;
    if (!other.empty()) detail += fmt::format("killed at {:.2f} s: {} differs; ", when, other);
    fs::remove_all(scratch / out);
  }
  detail += fmt::format("{} of {} had finished steps to go on from", resumed, times);
  return {.figures = {{static_cast<double>(same), times}}, .detail = detail};
}

Outcome spine_parallel() {
  const test::Scratch scratch;
  write_inputs(scratch);
  run(scratch, "run study.toml --out t1 --threads 1");
  double same = 0;
  std::string detail;
  const auto compare = [&](const std::string& out) {
    const std::string other = differing(scratch, "t1", out);
    same += other.empty() ? 1 : 0;
    if (!other.empty()) detail += out + ": " + other + " differs; ";
  };
  for (const char* threads : {"2", "4"}) {
    run(scratch, std::string{"run study.toml --out t"} + threads + " --threads " + threads);
    compare(std::string{"t"} + threads);
  }
  const Json plan = Json::parse(run(scratch, "plan study.toml --json").out);
  fs::create_directories(scratch / "apart.part/steps");
  test::write_text(scratch / "apart.part/.lithoscope", "");
  for (const Json& step : plan.at("steps"))
    run(scratch, "step study.toml " + step.at("id").get<std::string>() + " --cache apart.part/steps");
  run(scratch, "run study.toml --out apart");
  compare("apart");
  return {.figures = {{same, 3.0}}, .detail = detail};
}

}  // namespace

std::vector<Check> spine_checks() {
  return {{"spine-law", spine_law},         {"spine-roundtrip", spine_roundtrip}, {"spine-names", spine_names},
          {"spine-sources", spine_sources}, {"spine-resume", spine_resume},       {"spine-parallel", spine_parallel}};
}

}  // namespace lithoscope::validation
