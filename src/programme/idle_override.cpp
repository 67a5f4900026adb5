// A value set on the command line that changes nothing is a misunderstanding, and is refused.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/particle/simulate.hpp"
#include "lithoscope/programme/programme_file.hpp"

namespace lithoscope::programme {
namespace {

// A cut-off is located to 1e-11 by steps that depend on which cut-offs there are.
bool same(double a, double b) { return std::abs(a - b) <= 1e-8 * (1 + std::abs(a)); }
bool same(const std::vector<double>& a, const std::vector<double>& b) {
  return std::ranges::equal(a, b, [](double p, double q) { return same(p, q); });
}

bool same(const particle::Mark& a, const particle::Mark& b) {
  const particle::Observables &p = a.seen, &q = b.seen;
  return same(a.time_s, b.time_s) && same(a.temperature_K, b.temperature_K) && same(p.tey_valence, q.tey_valence) &&
         same(p.pfy_valence, q.pfy_valence) && same(p.mean_valence, q.mean_valence) &&
         same(p.tey_lithium, q.tey_lithium) && same(p.mean_lithium, q.mean_lithium) && same(p.tey_holes, q.tey_holes) &&
         same(p.mean_holes, q.mean_holes) && same(p.mean_oxygen_lost, q.mean_oxygen_lost) &&
         same(p.mean_reservoir, q.mean_reservoir) && same(p.rixs, q.rixs) &&
         same(p.tey_transmission, q.tey_transmission) && same(p.surface_V, q.surface_V) && same(p.core_V, q.core_V) &&
         same(p.surface_lithium, q.surface_lithium) && same(p.core_lithium, q.core_lithium);
}

// Potentials of the cell at the ends of steps.
std::vector<double> last_potentials(const particle::Trace& t) {
  std::vector<double> out;
  for (std::size_t i = 0; i < t.step.size(); ++i) {
    if (i + 1 == t.step.size() || t.step[i + 1] != t.step[i]) out.push_back(t.cell_V[i]);
  }
  return out;
}

bool same(const particle::Leg& a, const particle::Leg& b) {
  if (a.name != b.name || a.after != b.after || a.marks.size() != b.marks.size()) return false;
  if (!same(last_potentials(a.trace), last_potentials(b.trace))) return false;
  for (std::size_t i = 0; i < a.marks.size(); ++i) {
    if (!same(a.marks[i], b.marks[i])) return false;
  }
  return true;
}

bool same(const particle::Run& a, const particle::Run& b) {
  if (a.branches.size() != b.branches.size() || !same(a.trunk, b.trunk)) return false;
  for (std::size_t i = 0; i < a.branches.size(); ++i) {
    if (!same(a.branches[i], b.branches[i])) return false;
  }
  return true;
}

// What the run itself does not read.
bool beside_the_run(const std::string& key) {
  return key.starts_with("mechanics.") || key.starts_with("scan.") || key.starts_with("programme.") ||
         key.starts_with("reported.") || key.starts_with("numerics.");
}

[[noreturn]] void refuse(const io::Override& change, std::string what, std::string advice) {
  throw core::UsageError({.what = fmt::format("--set {}={}: {}", change.first, change.second, std::move(what)),
                          .expected = "a value that changes the run",
                          .found = change.second,
                          .advice = std::move(advice)});
}

}  // namespace

void refuse_idle_overrides(const std::string& path_or_preset, const std::vector<io::Override>& overrides) {
  if (overrides.empty()) return;
  const auto run_of = [](const ProgrammeFile& file) {
    return particle::simulate(file.model, file.programme, particle::Record::trace);
  };
  const ProgrammeFile all = read_programme_file(path_or_preset, overrides);
  const particle::Run here = run_of(all);
  const auto told = [](ProgrammeFile file) {
    file.origins.clear();  // where a number is from is another matter
    return resolved_text(file);
  };
  const std::string with = told(all);
  for (std::size_t i = 0; i < overrides.size(); ++i) {
    std::vector<io::Override> others = overrides;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    std::optional<particle::Run> run;
    std::optional<ProgrammeFile> file;
    try {
      file = read_programme_file(path_or_preset, others);
      if (!beside_the_run(overrides[i].first)) run = run_of(*file);
    } catch (const core::Error&) {
      continue;  // without it there is no run at all
    }
    if (told(*file) == with) refuse(overrides[i], "the file says so already", "leave it out");
    if (run && same(*run, here)) {
      refuse(overrides[i], "changes nothing in this run",
             "something else ends the step first, or switches this off: --resolved shows the whole programme");
    }
  }
}

}  // namespace lithoscope::programme
