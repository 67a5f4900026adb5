// What the particle's numbers mean: metals as voltmeters, another program's results, the signatures of the hypotheses,
// origins, and what the page draws.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include "check.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/rng.hpp"
#include "lithoscope/particle/simulate.hpp"
#include "lithoscope/particle/summary.hpp"
#include "lithoscope/programme/assumptions.hpp"
#include "lithoscope/programme/programme_file.hpp"
#include "lithoscope/xas/predict.hpp"
#include "particle_cases.hpp"

namespace lithoscope::validation {
namespace {

using namespace particle;

struct Silent : core::Progress {
  void start(const std::string&, std::int64_t) override {}
  void advance(std::int64_t) override {}
  void finish() override {}
};

programme::ProgrammeFile file_of(const std::string& name) { return programme::read_programme_file(name, {}); }

// ---- voltmeter ------------------------------------------------------------------------------------------------------

// Valence of a cation at a potential, from the couples alone.
double valence_at(const Ladder& ladder, std::size_t cation, double V, double temperature_K) {
  const Cation& c = ladder.cations[cation];
  double v = c.base_valence;
  for (const Couple& k : ladder.couples) {
    if (k.element != c.element) continue;
    const double dT = temperature_K - ladder.reference_temperature_K;
    const double level = k.level_V + k.level_slope_V_per_K * dT, width = k.width_V + k.width_slope_V_per_K * dT;
    v += k.electrons / c.amount / (1 + std::exp((level - V) / width));
  }
  return v;
}

Outcome voltmeter() {
  Outcome out;
  double worst = 0;
  double selective = 0;  // how much more the surface's metals change than the bulk's, where potentials were equal
  for (const Memory memory : {Memory::none, Memory::square_scheme, Memory::one_state}) {
    for (const Geometry shape : {Geometry::sphere, Geometry::cylinder, Geometry::slab}) {
      for (const Drive drive : {Drive::composition, Drive::potential}) {
        Model m = memory == Memory::square_scheme ? square_scheme_model()
                  : memory == Memory::one_state   ? one_state_model()
                                                  : lmr_model();
        m.transport.drive = drive;
        m.grain.shape = shape;
        m.grain.lithium_extracted = 0.02;
        const Run run = simulate(m, charge_wait_heat(), Record::marks);
        const auto look = [&](const Leg& leg) {
          for (const Mark& mark : leg.marks) {
            for (const Profile& p : mark.grains) {
              for (std::size_t k = 0; k < m.ladder.cations.size(); ++k) {
                for (std::size_t i = 0; i < p.V.size(); ++i) {
                  const double there = valence_at(m.ladder, k, p.V[i], mark.temperature_K);
                  worst = std::max(worst, std::abs(p.valence[k][i] - there));
                }
              }
            }
          }
        };
        look(run.trunk);
        for (const Leg& leg : run.branches) look(leg);
        if (memory != Memory::one_state || drive != Drive::potential || shape != Geometry::sphere) continue;
        const Observables &a = start_of(run.branches[0]).seen, &b = run.branches[0].marks.back().seen;
        const double surface = b.tey_valence[0] - a.tey_valence[0], bulk = b.pfy_valence[0] - a.pfy_valence[0];
        selective = std::abs(surface - bulk);
        out.detail += fmt::format("one state: V {:.5f} and {:.5f}, then Ni {:.4f} at the surface, {:.4f} in the bulk; ",
                                  a.surface_V, a.core_V, surface, bulk);
        if (selective > 1e-3) worst = std::max(worst, selective);
      }
    }
  }
  out.figures = {{worst}};
  return out;
}

// ---- another program's numbers --------------------------------------------------------------------------------------

// The worst of deviation / tolerance, and which number it was.
struct Worst {
  double ratio = 0;
  std::string which;
  void take(double found, double wanted, double tolerance, const std::string& name) {
    const double r = std::abs(found - wanted) / tolerance;
    if (r <= ratio && std::isfinite(r)) return;
    ratio = std::isfinite(r) ? r : std::numeric_limits<double>::infinity();
    which = name;
  }
};

double change(const Leg& leg, std::vector<double> Observables::* of, std::size_t k) {
  return (leg.marks.back().seen.*of)[k] - (start_of(leg).seen.*of)[k];
}
double deviation(const Mark& m) { return m.seen.tey_lithium - m.seen.mean_lithium; }

void compare_base(const std::string& folder, Worst& worst) {
  const auto base = programme::read_programme_file(folder + "/base.toml", {});
  const Run run = simulate(base.model, base.programme, Record::marks);
  const Mark &charged = run.trunk.marks[1], &waited = run.trunk.marks[2];
  const Leg& heat = run.branches[0];
  worst.take(charged.time_s / 3600, 3.3393, 3.3393e-4, "i: end of charge");
  worst.take(charged.seen.mean_lithium, 0.60108, 0.60108e-4, "i: lithium");
  worst.take(314.4 * charged.seen.mean_lithium, 188.995, 188.995e-4, "i: capacity");
  worst.take(deviation(waited), 0.16070, 1e-4, "ii: deviation");
  worst.take(waited.seen.surface_V, 4.57920, 1e-4, "ii: V surface");
  worst.take(waited.seen.core_V, 4.48100, 1e-4, "ii: V core");
  worst.take(change(heat, &Observables::tey_valence, 0), -0.05493, 2e-4, "ii: surface Ni");
  worst.take(change(heat, &Observables::tey_valence, 1), -0.04836, 2e-4, "ii: surface Co");
  worst.take(change(heat, &Observables::mean_valence, 0), -0.006024, 1e-5, "ii: mean Ni");
  worst.take(change(heat, &Observables::mean_valence, 1), -0.000948, 1e-5, "ii: mean Co");
  const Observables &a = start_of(heat).seen, &b = heat.marks.back().seen;
  worst.take(b.mean_holes - a.mean_holes, 0.000998, 1e-5, "ii: holes");
  worst.take(100 * (b.rixs / a.rixs - 1), 0.2709, 0.001, "ii: feature");
}

void compare_sizes(const std::string& folder, Worst& worst) {
  const auto sizes = programme::read_programme_file(folder + "/sizes.toml", {});
  const Run run = simulate(sizes.model, sizes.programme, Record::marks);
  worst.take(314.4 * run.trunk.marks[1].seen.mean_lithium, 224.4, 0.3, "iii: capacity");
  worst.take(change(run.branches[0], &Observables::tey_valence, 0), -0.0433, 0.001, "iii: surface Ni");
  worst.take(change(run.branches[0], &Observables::tey_valence, 1), -0.0352, 0.001, "iii: surface Co");
}

// Where a column of the trace first passes 5 %.
double onset_degC(const Trace& t, const std::vector<double>& extent) {
  for (std::size_t i = 1; i < extent.size(); ++i) {
    if (extent[i] < 0.05) continue;
    const double f = (0.05 - extent[i - 1]) / (extent[i] - extent[i - 1]);
    return t.temperature_K[i - 1] + f * (t.temperature_K[i] - t.temperature_K[i - 1]) - core::zero_celsius_K;
  }
  return std::numeric_limits<double>::infinity();
}

void compare_ramps(const std::string& folder, Worst& worst) {
  const std::tuple<const char*, double, double> ramps[] = {
      {"degb2", 195.0, 415.4}, {"degb10", 213.7, 444.6}, {"degb50", 234.0, 476.4}};
  for (const auto& [name, spinel, rock_salt] : ramps) {
    const auto file = programme::read_programme_file(fmt::format("{}/{}.toml", folder, name), {});
    const Run run = simulate(file.model, file.programme, Record::trace);
    const Trace& t = run.branches[0].trace;
    worst.take(onset_degC(t, t.spinel_extent), spinel, 0.1, fmt::format("iv: spinel, {}", name));
    worst.take(onset_degC(t, t.rock_salt_extent), rock_salt, 0.1, fmt::format("iv: rock salt, {}", name));
  }
}

// Derived anew for a memory that belongs to the oxygen, by an implicit scheme on another mesh and by LSODA (they agree
// to 1e-4): docs/decisions/2026-11-28-memory-of-oxygen.md.
void compare_memory(const std::string& folder, Worst& worst) {
  const auto file = programme::read_programme_file(folder + "/hyst.toml", {});
  const Run run = simulate(file.model, file.programme, Record::marks);
  const Mark& waited = run.trunk.marks[2];
  const Leg& heat = run.branches[0];
  worst.take(deviation(waited), 0.1580, 5e-4, "v: deviation");
  worst.take(waited.seen.surface_V, 4.7366, 1e-3, "v: V surface");
  worst.take(waited.seen.core_V, 4.7366, 1e-3, "v: V core");
  worst.take(change(heat, &Observables::tey_valence, 0), -0.4610, 1e-3, "v: surface Ni");
  worst.take(change(heat, &Observables::mean_valence, 0), -0.4612, 1e-3, "v: mean Ni");
  worst.take(change(heat, &Observables::tey_valence, 1), -0.3205, 1e-3, "v: surface Co");
}

Outcome independent() {
  const std::string folder = real_data() + "/cases/particle";
  if (real_data().empty() || !std::filesystem::exists(folder)) return {.no_data = true};
  Worst worst;
  compare_base(folder, worst);
  compare_sizes(folder, worst);
  compare_ramps(folder, worst);
  compare_memory(folder, worst);
  return {.figures = {{worst.ratio}}, .detail = "worst: " + worst.which};
}

// ---- the hypotheses' signatures -------------------------------------------------------------------------------------

// What section 4 of the specification tabulates, of the branch "heat".
struct Signature {
  double nickel, manganese;  // of the surface's valence
  double bulk;               // e per metal
  double pre_edge;           // of the surface's holes, relative
  double feature;            // per cent
  double ahead;              // of the surface's nickel before, electron yield less fluorescence
  double nickel_bulk;        // of the bulk's valence
  double oxygen;             // O2 per formula unit
  double tied;               // feature + 0.8 dPFY / h, volume means: zero in a closed particle
  double reservoir;          // electrons from outside per formula unit
};

Signature signature_of(const std::string& preset) {
  const auto file = file_of(preset);
  const Run run = simulate(file.model, file.programme, Record::marks);
  const Leg& leg = *std::ranges::find(run.branches, std::string{"heat"}, &Leg::name);
  const Observables &a = start_of(leg).seen, &b = leg.marks.back().seen;
  double metals = 0, bulk = 0;
  for (std::size_t k = 0; k < file.model.ladder.cations.size(); ++k) {
    const double n = file.model.ladder.cations[k].amount;
    metals += n;
    bulk += n * (b.mean_valence[k] - a.mean_valence[k]);
  }
  return {.nickel = b.tey_valence[0] - a.tey_valence[0],
          .manganese = b.tey_valence[2] - a.tey_valence[2],
          .bulk = bulk / metals,
          .pre_edge = b.tey_holes / a.tey_holes - 1,
          .feature = 100 * (b.rixs / a.rixs - 1),
          .ahead = a.tey_valence[0] - a.pfy_valence[0],
          .nickel_bulk = b.pfy_valence[0] - a.pfy_valence[0],
          .oxygen = 0.5 * (b.mean_oxygen_lost - a.mean_oxygen_lost),
          .tied = (b.mean_holes - a.mean_holes) + bulk + 2 * (b.mean_oxygen_lost - a.mean_oxygen_lost),
          .reservoir = b.mean_reservoir - a.mean_reservoir};
}

bool none(double v, double noticed) { return std::abs(v) <= noticed; }

// An energy scale that moved: what it looks like is the derivative of the spectrum, alike in both yields.
bool artefact_is_a_derivative(std::string& detail) {
  const auto file = file_of("h4");
  const Run run = simulate(file.model, file.programme, Record::marks);
  Silent silent;
  const auto yields = [&](const Mark& mark) {
    return xas::particle_yields({.model = file.model, .run = run, .leg = run.trunk, .mark = mark}, "Ni", {}, silent);
  };
  const xas::Yields pristine = yields(run.trunk.marks.front()), charged = yields(run.trunk.marks.back());
  const auto& E = charged.energy_eV;
  double apparent[2] = {0, 0}, correlation[2] = {0, 0};
  for (int y = 0; y < 2; ++y) {
    const auto& now = y == 0 ? charged.electrons : charged.partial;
    const auto& before = y == 0 ? pristine.electrons : pristine.partial;
    double dd = 0, ss = 0, ds = 0, vv = 0, sv = 0;
    for (std::size_t i = 1; i + 1 < E.size(); ++i) {
      const double slope = (now[i + 1] - now[i - 1]) / (E[i + 1] - E[i - 1]);
      const double f = 0.02 / (E[i] - E[i - 1]);  // the scale reads 0.02 eV too high
      const double shifted = f < 1 ? now[i] + f * (now[i - 1] - now[i]) : now[i - 1];
      const double s = shifted - now[i], v = now[i] - before[i];
      dd += slope * slope;
      ss += s * s;
      ds += slope * s;
      vv += v * v;
      sv += s * v;
    }
    correlation[y] = std::abs(ds) / std::sqrt(dd * ss);
    apparent[y] = sv / vv;
  }
  detail += fmt::format("h4: likeness to the derivative {:.3f} and {:.3f}; ", correlation[0], correlation[1]);
  return correlation[0] > 0.98 && correlation[1] > 0.98 && apparent[0] * apparent[1] > 0;
}

Outcome worlds() {
  Outcome out;
  double passed = 0, all = 0;
  const auto is = [&](const std::string& world, const std::string& what, bool right) {
    all += 1;
    passed += right ? 1 : 0;
    if (!right) out.detail += world + ": " + what + " has the wrong sign; ";
  };
  constexpr double valence = 2e-3, bulk = 0.02, percent = 0.2, gas = 5e-4, tied = 1e-12;
  for (const char* world : {"h0", "h4"}) {
    const Signature s = signature_of(world);
    is(world, "surface", none(s.nickel, valence) && none(s.manganese, valence));
    is(world, "bulk", none(s.bulk, valence));
    is(world, "pre-edge", none(s.pre_edge, 0.01));
    is(world, "feature", none(s.feature, percent));
    is(world, "O2", none(s.oxygen, gas));
  }
  is("h4", "line shape", artefact_is_a_derivative(out.detail));
  for (const char* world : {"h1-phi", "h1-gap"}) {
    const Signature s = signature_of(world);
    is(world, "surface Ni", s.nickel < -0.02);
    is(world, "surface Mn", none(s.manganese, 1e-3));
    is(world, "bulk and feature, tied by the ledger", none(s.tied, tied));
    is(world, "bulk", none(s.bulk, bulk));
    is(world, "offset before", s.ahead > 0);
    // Theorem A: what the surface loses is what it was ahead by, as far as the relaxation is complete
    is(world, "offset before and drop", s.ahead >= s.nickel_bulk - s.nickel - 1e-9);
    is(world, "O2", none(s.oxygen, gas));
  }
  {
    const Signature s = signature_of("h1s");
    is("h1s", "surface Ni", s.nickel < -0.02);
    is("h1s", "surface Mn", none(s.manganese, 1e-3));
    is("h1s", "offset before", none(s.ahead, 1e-3));
    is("h1s", "bulk", none(s.bulk, bulk));
    is("h1s", "ledger", none(s.tied, tied));
  }
  {
    const Signature s = signature_of("h2");
    is("h2", "surface", s.nickel < -0.02 && s.manganese < -0.02);
    is("h2", "Mn against Ni", s.manganese / s.nickel > 0.5);
    is("h2", "bulk", s.bulk < 0);
    is("h2", "pre-edge", s.pre_edge < -0.01);
    is("h2", "feature", s.feature < 0);
    is("h2", "O2", s.oxygen > gas);
    is("h2", "ledger", none(s.tied, tied));
  }
  for (const char* world : {"h3", "h3-h5"}) {
    const Signature s = signature_of(world);
    is(world, "surface", s.nickel < -0.02 && s.manganese < -0.02);
    is(world, "Mn against Ni", s.manganese / s.nickel > 0.5);
    is(world, "bulk", none(s.bulk, bulk));
    is(world, "pre-edge", none(s.pre_edge, 0.01));
    is(world, "O2", none(s.oxygen, gas));
    is(world, "ledger, the reservoir included", none(s.tied + s.reservoir, tied) && s.reservoir > 1e-4);
  }
  is("h3", "feature", none(signature_of("h3").feature, percent));
  for (const char* world : {"h5", "h3-h5"}) is(world, "feature", signature_of(world).feature > 2);
  {
    const Signature s = signature_of("h5");
    is("h5", "surface", none(s.nickel, valence) && none(s.manganese, valence));
    is("h5", "bulk", none(s.bulk, valence));
    is("h5", "pre-edge", none(s.pre_edge, 0.01));
    is("h5", "O2", none(s.oxygen, gas));
  }
  out.figures = {{passed, all}};
  return out;
}

// ---- origins, drawing, assumptions ----------------------------------------------------------------------------------

Outcome assumed() {
  Outcome out;
  double without = 0, all = 0;
  for (const programme::Preset& preset : programme::presets()) {
    auto file = file_of(preset.name);
    std::vector<Parameter> parameters = particle::parameters(file.model);
    for (Parameter& p : particle::parameters(file.programme)) parameters.push_back(std::move(p));
    for (const programme::Origin& o : file.origins) {
      all += 1;
      if (o.kind != programme::OriginKind::untold && !o.words.empty()) continue;
      without += 1;
      out.detail += fmt::format("{}: {}; ", preset.name, o.parameter);
    }
    // a number that moves the run must be among them
    for (const Parameter& p : parameters) {
      if (std::ranges::find(file.origins, p.name, &programme::Origin::parameter) != file.origins.end()) continue;
      if (*p.number == 0 || p.unit.empty()) continue;
      Model model = file.model;
      Programme programme = file.programme;
      *parameter(model, programme, p.name).number *= 1 + 1e-3;
      try {
        const auto moved = summary(model, simulate(model, programme, Record::marks));
        const auto here = summary(file.model, simulate(file.model, file.programme, Record::marks));
        const bool same = std::ranges::equal(moved, here, [](const Quantity& a, const Quantity& b) {
          return std::abs(a.value - b.value) <= 1e-9 * (1 + std::abs(b.value));
        });
        if (same) continue;
      } catch (const core::Error&) {
        continue;
      }
      without += 1;
      out.detail += fmt::format("{}: {} has no entry; ", preset.name, p.name);
    }
  }
  out.detail += fmt::format("{:.0f} numbers", all);
  out.figures = {{without}};
  return out;
}

// The drawn curve between its rows against the solver's, rows every few seconds.
double drawing_error_mV(const programme::ProgrammeFile& file, std::size_t& rows) {
  const Run drawn = simulate(file.model, file.programme, Record::everything);
  Model fine = file.model;
  fine.numerics.tolerance = 1e-7;
  const Run exact =
      simulate(fine, file.programme, Record::trace, Sampling{.first_s = 0.05, .growth = 1.1, .even_s = 20});
  double worst = 0;
  const auto compare = [&](const Trace& a, const Trace& b) {
    std::size_t i = 1;
    rows += a.time_s.size();
    for (std::size_t k = 0; k < b.time_s.size(); ++k) {
      if (b.rate_per_s[k] == 0) continue;
      while (i + 1 < a.time_s.size() && a.time_s[i] < b.time_s[k]) ++i;
      const bool one_step = a.step[i] == b.step[k] && a.step[i - 1] == b.step[k] &&
                            a.rate_per_s[i] == b.rate_per_s[k] && a.rate_per_s[i - 1] == b.rate_per_s[k];
      if (!one_step || b.time_s[k] < a.time_s[i - 1] || b.time_s[k] > a.time_s[i]) continue;
      const double f = (b.time_s[k] - a.time_s[i - 1]) / (a.time_s[i] - a.time_s[i - 1]);
      worst = std::max(worst, std::abs(a.cell_V[i - 1] + f * (a.cell_V[i] - a.cell_V[i - 1]) - b.cell_V[k]));
    }
  };
  compare(drawn.trunk.trace, exact.trunk.trace);
  for (std::size_t l = 0; l < drawn.branches.size(); ++l) compare(drawn.branches[l].trace, exact.branches[l].trace);
  return 1e3 * worst;
}

Outcome sampling() {
  Outcome out;
  double worst = 0;
  for (const char* preset : {"lmr-paper", "lmr-paper-x105", "golden-b", "golden-d", "nmc811", "h1-gap"}) {
    auto file = file_of(preset);
    std::erase_if(file.programme.branches, [](const Branch& b) {
      return std::ranges::none_of(b.steps, [](const Step& s) { return s.rate_per_s > 0; });
    });
    std::size_t rows = 0;
    const double error = drawing_error_mV(file, rows);
    out.detail += fmt::format("{}: {:.3f} mV with {} rows; ", preset, error, rows);
    worst = std::max(worst, error);
  }
  out.figures = {{worst}};
  return out;
}

// Slopes against runs to either side, a five-hundredth of the number or of its range, of what matters of each quantity.
// The solver's own error is kept below what is compared.
Outcome tornado() {
  Outcome out;
  double worst = 0;
  Silent silent;
  for (const char* preset : {"lmr-paper", "h3-h5"}) {
    auto file = file_of(preset);
    file.model.numerics.tolerance = 1e-8;
    std::erase_if(file.programme.branches, [](const Branch& b) { return b.name != "heat"; });
    const Run run = simulate(file.model, file.programme, Record::marks);
    const programme::Assumptions a = programme::explore_assumptions(file, run, 2, silent);
    std::vector<std::vector<double>> by_slope, by_run;
    for (const programme::Lever& l : a.levers) {
      Model model = file.model;
      Programme programme = file.programme;
      const Parameter p = parameter(model, programme, l.parameter);
      const double value = *p.number;
      const double step = 0.002 * std::min(std::abs(value), l.high - l.low);
      const double below = std::max(value - step, l.low), above = std::min(value + step, l.high);
      const auto at = [&](double v) {
        *p.number = v;
        return summary(model, simulate(model, programme, Record::marks));
      };
      const auto low = at(below), high = at(above);
      by_slope.emplace_back();
      by_run.emplace_back();
      for (std::size_t q = 0; q < a.spreads.size(); ++q) {
        const auto i = std::ranges::find(low, a.spreads[q].quantity, &Quantity::name) - low.begin();
        by_slope.back().push_back((above - below) * l.slope[q]);
        by_run.back().push_back(high[static_cast<std::size_t>(i)].value - low[static_cast<std::size_t>(i)].value);
      }
    }
    for (std::size_t q = 0; q < a.spreads.size(); ++q) {
      double largest = 0;
      for (const auto& row : by_run) largest = std::max(largest, std::abs(row[q]));
      if (largest < 1e-6) continue;  // nothing moves it
      for (std::size_t l = 0; l < a.levers.size(); ++l) {
        if (!std::isfinite(by_slope[l][q])) continue;
        const double off = std::abs(by_slope[l][q] - by_run[l][q]) / std::max(std::abs(by_run[l][q]), 0.02 * largest);
        if (off <= worst) continue;
        worst = off;
        out.detail = fmt::format("worst: {}, {} to {}: {:.3g} against {:.3g}", preset, a.spreads[q].quantity,
                                 a.levers[l].parameter, by_slope[l][q], by_run[l][q]);
      }
    }
  }
  out.figures = {{worst}};
  return out;
}

// The intervals of the answer against runs drawn otherwise: plainly at random, by another stream. Lowest and highest
// share inside over the numbers that move.
Outcome assumption_intervals() {
  Outcome out;
  double lowest = 1, highest = 0;
  Silent silent;
  for (const char* preset : {"lmr-paper", "h3-h5", "h1-gap"}) {
    auto file = file_of(preset);
    std::erase_if(file.programme.branches, [](const Branch& b) { return b.name != "heat"; });
    const Run run = simulate(file.model, file.programme, Record::marks);
    const programme::Assumptions a = programme::explore_assumptions(file, run, programme::drawn_assumptions, silent);
    constexpr int draws = 1000;
    std::vector<std::vector<Quantity>> seen(draws);
    core::parallel_for(draws, [&](std::int64_t i) {
      core::RandomStream random{20261128, static_cast<std::uint64_t>(i)};
      Model model = file.model;
      Programme programme = file.programme;
      for (const programme::Origin& o : file.origins) {
        if (!o.low || !o.high) continue;
        const double f = random.uniform();
        Parameter p;
        try {
          p = parameter(model, programme, o.parameter);
        } catch (const core::UsageError&) {
          continue;  // of a branch that is left out
        }
        *p.number = o.logarithmic ? *o.low * std::pow(*o.high / *o.low, f) : *o.low + f * (*o.high - *o.low);
      }
      try {
        seen[static_cast<std::size_t>(i)] = summary(model, simulate(model, programme, Record::marks));
      } catch (const core::Error&) {
      }
    });
    for (const programme::Spread& s : a.spreads) {
      if (s.high - s.low < 1e-4) continue;  // nothing moves it
      double inside = 0, all = 0;
      for (const auto& row : seen) {
        const auto found = std::ranges::find(row, s.quantity, &Quantity::name);
        if (found == row.end()) continue;
        all += 1;
        inside += found->value >= s.low && found->value <= s.high ? 1 : 0;
      }
      const double share = inside / all;
      if (share < lowest || share > highest) out.detail += fmt::format("{}, {}: {:.3f}; ", preset, s.quantity, share);
      lowest = std::min(lowest, share);
      highest = std::max(highest, share);
    }
  }
  out.figures = {{lowest}, {highest}};
  return out;
}

}  // namespace

std::vector<Check> particle_meaning_checks() {
  return {{"voltmeter", voltmeter},
          {"independent", independent},
          {"worlds", worlds},
          {"assumed", assumed},
          {"sampling", sampling},
          {"tornado", tornado},
          {"assumption-intervals", assumption_intervals}};
}

}  // namespace lithoscope::validation
