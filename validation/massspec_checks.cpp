// Ion currents to gas: readers, the real pair, electrolysis, overlap, delay, amounts, false releases and power.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <mutex>

#include "check.hpp"
#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/rng.hpp"
#include "lithoscope/massspec/gas_run.hpp"
#include "lithoscope/massspec/probes.hpp"
#include "lithoscope/massspec/record_files.hpp"
#include "lithoscope/study/registry.hpp"
#include "massspec_worlds.hpp"

namespace lithoscope::validation {
namespace {

namespace fs = std::filesystem;
using namespace massspec;

core::NoProgress silent;

Outcome without_data() { return {.no_data = true}; }

Outcome ms_readers() {
  if (real_data().empty()) return without_data();
  double opened = 0, all = 0;
  std::string closed;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path{real_data()} / "ms")) {
    if (!entry.is_regular_file() || entry.path().extension() == ".md") continue;
    ++all;
    const io::InputFile file = io::InputFile::open(entry.path().string());
    const bool known = std::ranges::any_of(study::registry(), [&](const probe::Probe& p) {
      return p.identify != nullptr && p.identify(file).has_value();
    });
    opened += known ? 1 : 0;
    if (!known) closed += entry.path().filename().string() + " ";
  }
  const std::string pair = real_data() + "/ms/tgams/";
  const IonRecord ions = read_ion_record(io::InputFile::open(pair + "quadera_lno_c.asc"));
  const BalanceRecord balance = read_balance_record(io::InputFile::open(pair + "stare_lno_c.txt"));
  const Clocks clocks = joined_clocks(ions, balance, {});
  return {.figures = {{opened, all}, {clocks.balance_start_s.value}}, .detail = closed};
}

Outcome ms_silence() {
  if (real_data().empty()) return without_data();
  const std::string pair = real_data() + "/ms/tgams/";
  double claimed = 0, without_limit = 0;
  std::string said;
  for (const BackgroundKind kind : {BackgroundKind::automatic, BackgroundKind::constant, BackgroundKind::linear,
                                    BackgroundKind::exponential, BackgroundKind::spline}) {
    const GasOutcome o =
        analyse_gas(read_ion_record(io::InputFile::open(pair + "quadera_lno_c.asc")),
                    read_balance_record(io::InputFile::open(pair + "stare_lno_c.txt")), {.background = kind}, silent);
    for (const GasAnalysis& g : o.gases) {
      claimed += g.found ? 1 : 0;
      without_limit += std::isfinite(g.detection_limit) && g.detection_limit > 0 ? 0 : 1;
      said += fmt::format("{} {:.2g} ", g.gases.front(), g.detection_limit);
    }
  }
  return {.figures = {{claimed}, {without_limit}}, .detail = "limits, mbar s, five backgrounds: " + said};
}

Outcome ecms() {
  if (real_data().empty()) return without_data();
  const IonRecord record = read_ion_record(io::InputFile::open(real_data() + "/ms/ecms/ixdat_the_good_bit.csv"));
  Outcome out;
  double spread = 0;
  for (const Electrolysis& rule : {Electrolysis{"O2", 4, 1.55, true}, Electrolysis{"H2", 2, 0.06, false}}) {
    const auto ion = std::ranges::find_if(
        record.ions, [&](const Series& s) { return std::abs(s.mz - gas_named(rule.gas).base_mz()) < 0.3; });
    const auto runs = electrolysis_runs(*ion, *record.cell, rule);
    const double mean = sensitivity_by_runs(runs, rule).per_mol.value;
    double squares = 0;
    for (const ElectrolysisRun& r : runs) squares += std::pow(r.per_mol.value / mean - 1, 2);
    spread = std::max(spread, 100 * std::sqrt(squares / static_cast<double>(runs.size() - 1)));
    out.figures.push_back({mean});
  }
  out.figures.push_back({spread});
  return out;
}

bool covers(const GasAnalysis& g, double charge) { return g.total.low <= charge && charge <= g.total.high; }

const GasAnalysis* find(const GasOutcome& o, const std::string& gas) {
  for (const GasAnalysis& g : o.gases) {
    if (g.gases == std::vector<std::string>{gas}) return &g;
  }
  return nullptr;
}

PlantedDrift drift_of(int seed) { return static_cast<PlantedDrift>(seed % planted_drifts); }

Outcome ms_overlap() {
  constexpr int mixtures = 500;
  const std::vector<std::string> gases{"O2", "CO2", "CO", "N2", "H2O"};
  std::atomic<int> covered = 0, all = 0;
  std::vector<std::atomic<int>> of_gas(gases.size());
  core::parallel_for(mixtures, [&](std::int64_t i) {
    core::RandomStream random{77, static_cast<std::uint64_t>(i)};
    PlantedHeating h{.kind = drift_of(static_cast<int>(i)), .seed = static_cast<std::uint64_t>(1000 + i)};
    // From a hundredth of a micromole, which the drift nearly hides, to ten.
    for (const std::string& gas : gases) h.mol[gas] = 1e-6 * std::pow(10.0, -2 + 3 * random.uniform());
    h.fade_s = 80;
    const Planted planted = plant(h);
    // Over well before the record ends: without gas on both sides.
    const GasOutcome o = analyse_gas(planted.ions, planted.balance,
                                     {.gases = gases, .gas_free = {"0 s to 2400 s", "5000 s to 5990 s"}}, silent);
    for (std::size_t k = 0; k < gases.size(); ++k) {
      const GasAnalysis* g = find(o, gases[k]);
      const bool in = g != nullptr && covers(*g, h.mol[gases[k]] * h.sensitivity_C_per_mol);
      covered += in ? 1 : 0;
      of_gas[k] += in ? 1 : 0;
      ++all;
    }
  });
  std::string detail;
  for (std::size_t k = 0; k < gases.size(); ++k)
    detail += fmt::format("{} {:.3f} ", gases[k], of_gas[k] / double{mixtures});
  return {.figures = {{static_cast<double>(covered) / all}}, .detail = detail};
}

double quantile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

Outcome ms_delay() {
  constexpr int seeds = 300;
  std::vector<double> first(seeds), amount(seeds);
  std::atomic<int> covered = 0;
  core::parallel_for(seeds, [&](std::int64_t i) {
    PlantedHeating h{.mol = {{"O2", 1e-5}},
                     .delay_s = 8,
                     .mixing_s = 20,
                     .kind = i % 2 == 0 ? PlantedDrift::none : PlantedDrift::linear,
                     .seed = static_cast<std::uint64_t>(3000 + i)};
    h.drift = 0.02;
    h.begin_s += 60 * core::RandomStream{80, static_cast<std::uint64_t>(i)}.uniform();
    h.fade_s = 80;  // over before the record ends, the delay included
    const Planted planted = plant(h);
    const GasOutcome o = analyse_gas(planted.ions, planted.balance,
                                     {.gases = {"O2"},
                                      .gas_free = {"0 s to 2400 s", "5200 s to 5990 s"},
                                      .delay_s = core::Value{8, 0},
                                      .mixing_s = core::Value{20, 0}},
                                     silent);
    const GasAnalysis& g = o.gases.front();
    const auto k = static_cast<std::size_t>(i);
    first[k] = g.first_s ? std::abs(g.first_s->value - planted.first_s) : 1e9;
    // By the released rate, mixing undone: its integral must be the amount, too.
    double released = 0;
    for (std::size_t c = 0; c < g.released.size(); ++c)
      released += g.released[c] * (o.ions.front().cells.to_s[c] - o.ions.front().cells.from_s[c]);
    const double truth = 1e-5 * h.sensitivity_C_per_mol;
    amount[k] = 100 * std::max(std::abs(g.total.at_base.value / truth - 1), std::abs(released / truth - 1));
    covered += covers(g, truth) ? 1 : 0;
  });
  return {.figures = {{quantile(first, 0.95)}, {quantile(amount, 0.95)}, {covered / double{seeds}}},
          .detail = fmt::format("median first deviation {:.2f} s off", quantile(first, 0.5))};
}

Outcome ms_amount() {
  constexpr int seeds = 400;
  std::vector<double> off(seeds);
  std::atomic<int> covered = 0;
  std::vector<std::atomic<int>> of_drift(planted_drifts);
  core::parallel_for(seeds, [&](std::int64_t i) {
    core::RandomStream random{78, static_cast<std::uint64_t>(i)};
    constexpr double relative = 0.02;
    PlantedHeating h{.mol = {{"O2", 4e-6 * std::pow(10.0, random.uniform())}},
                     .kind = drift_of(static_cast<int>(i)),
                     .seed = static_cast<std::uint64_t>(6000 + i)};
    h.sensitivity_C_per_mol = 0.1 * (1 + relative * random.normal());
    const Planted planted = plant(h);
    GasSettings settings{.gases = {"O2"}, .sensitivity = {"O2 = 0.1 +- 0.002 C/mol"}};
    const GasOutcome o = analyse_gas(planted.ions, planted.balance, settings, silent);
    const GasAnalysis& g = o.gases.front();
    const double truth = h.mol["O2"];
    off[static_cast<std::size_t>(i)] = 100 * std::abs(g.amount_mol->value / truth - 1);
    const bool in = g.amount_low_mol <= truth && truth <= g.amount_high_mol;
    covered += in ? 1 : 0;
    of_drift[static_cast<std::size_t>(drift_of(static_cast<int>(i)))] += in ? 1 : 0;
  });
  std::string detail = "covered by drift (none, linear, decay, power law, wave, walk):";
  for (const auto& n : of_drift) detail += fmt::format(" {:.2f}", n * planted_drifts / double{seeds});
  return {.figures = {{quantile(off, 0.95)}, {covered / double{seeds}}}, .detail = detail};
}

// Amounts with a stretch before the heating alone: drifts, noise and stretches over the range a user may have.
Outcome ms_background() {
  constexpr int seeds = 480;
  std::vector<std::atomic<int>> of_drift(planted_drifts);
  core::parallel_for(seeds, [&](std::int64_t i) {
    core::RandomStream random{81, static_cast<std::uint64_t>(i)};
    PlantedHeating h{.mz = {32},
                     .mol = {{"O2", 1e-8 * std::pow(10.0, 2 * random.uniform())}},
                     .drift = 0.5 * random.uniform(),
                     .kind = drift_of(static_cast<int>(i)),
                     .seed = static_cast<std::uint64_t>(12000 + i)};
    h.noise_A *= std::pow(10.0, 2 * random.uniform() - 1);
    h.before_s = 600 + 3000 * random.uniform();
    const Planted planted = plant(h);
    const GasOutcome o = analyse_gas(planted.ions, planted.balance, {.gases = {"O2"}}, silent);
    if (covers(o.gases.front(), h.mol["O2"] * h.sensitivity_C_per_mol))
      ++of_drift[static_cast<std::size_t>(drift_of(static_cast<int>(i)))];
  });
  double all = 0, worst = 1;
  std::string detail = "by drift (none, linear, decay, power law, wave, walk):";
  for (const auto& n : of_drift) {
    const double share = n * planted_drifts / double{seeds};
    all += share / planted_drifts;
    worst = std::min(worst, share);
    detail += fmt::format(" {:.2f}", share);
  }
  return {.figures = {{all}, {worst}}, .detail = detail};
}

// "Was released" in records without gas, over drifts, noise and stretches a user may have, by every background that can
// follow such a drift; "fall below" in the same; and how often a release as large as the printed limit is found, in a
// burst and over half of the heating.
Outcome ms_words() {
  constexpr int seeds = 240;
  std::atomic<int> false_auto = 0, false_spline = 0, false_own = 0, own = 0, below = 0, burst = 0, slow = 0;
  core::parallel_for(seeds, [&](std::int64_t i) {
    core::RandomStream random{79, static_cast<std::uint64_t>(i)};
    PlantedHeating h{.kind = drift_of(static_cast<int>(i)), .seed = static_cast<std::uint64_t>(9000 + i)};
    h.mz = {18, 28, 32, 44};
    h.drift = 0.5 * random.uniform();
    h.noise_A *= std::pow(10.0, 2 * random.uniform() - 1);
    h.before_s = 600 + 3000 * random.uniform();
    const Planted planted = plant(h);
    const auto any = [](const GasOutcome& o) {
      return std::ranges::any_of(o.gases, [](const GasAnalysis& g) { return g.found; });
    };
    const auto by = [&](BackgroundKind kind) {
      return analyse_gas(planted.ions, planted.balance, {.background = kind}, silent);
    };
    const GasOutcome o = by(BackgroundKind::automatic);
    false_auto += any(o) ? 1 : 0;
    below += std::ranges::any_of(o.gases, [](const GasAnalysis& g) { return g.unforeseen > 0; }) ? 1 : 0;
    false_spline += any(by(BackgroundKind::spline)) ? 1 : 0;
    const bool named = h.kind == PlantedDrift::none || h.kind == PlantedDrift::linear || h.kind == PlantedDrift::decay;
    if (named) {
      ++own;
      false_own += any(by(h.kind == PlantedDrift::none     ? BackgroundKind::constant
                          : h.kind == PlantedDrift::linear ? BackgroundKind::linear
                                                           : BackgroundKind::exponential))
                       ? 1
                       : 0;
    }
    h.mol["O2"] = find(o, "O2")->detection_limit / h.sensitivity_C_per_mol;
    const auto found = [&](double fade_s) {
      h.begin_s = 300;
      h.fade_s = fade_s;
      const Planted more = plant(h);
      return find(analyse_gas(more.ions, more.balance, {}, silent), "O2")->found ? 1 : 0;
    };
    burst += found(100);
    slow += found(1500);
  });
  constexpr double all = seeds;
  return {.figures = {{false_auto / all},
                      {false_spline / all},
                      {static_cast<double>(false_own) / own},
                      {below / all},
                      {burst / all},
                      {slow / all}},
          .detail = "four gases a record"};
}

}  // namespace

std::vector<Check> massspec_checks() {
  return {{"ms-readers", ms_readers},       {"ms-silence", ms_silence}, {"ecms", ecms},
          {"ms-overlap", ms_overlap},       {"ms-delay", ms_delay},     {"ms-amount", ms_amount},
          {"ms-background", ms_background}, {"ms-words", ms_words}};
}

}  // namespace lithoscope::validation
