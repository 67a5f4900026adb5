// From ion currents to gas: overlap, backgrounds, transport, clocks, sensitivities.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/rng.hpp"
#include "lithoscope/massspec/gas_run.hpp"
#include "lithoscope/massspec/synthesize.hpp"

using namespace lithoscope;
using namespace lithoscope::massspec;

namespace {

IonSums sums(std::vector<double> mz, std::vector<double> sum, double sigma) {
  IonSums out{.mz = std::move(mz), .sum = std::move(sum)};
  const std::size_t n = out.mz.size();
  out.covariance.assign(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) out.covariance[i * n + i] = sigma * sigma;
  return out;
}

const GasSum* find(const Overlap& o, const std::vector<std::string>& gases) {
  const auto found = std::ranges::find(o.gases, gases, &GasSum::gases);
  return found == o.gases.end() ? nullptr : &*found;
}

Series level(double mz, double mean, double sigma, double seconds, std::uint64_t seed) {
  Series s{.name = "ion", .unit = "A", .mz = mz};
  core::RandomStream random{seed, 0};
  for (double t = 0; t < seconds; t += 2) {
    s.time_s.push_back(t);
    s.value.push_back(mean + sigma * random.normal());
  }
  return s;
}

// A ramp with a burst of oxygen in the middle.
struct Heating {
  IonRecord ions;
  BalanceRecord balance;
};
Heating heating(double mol) {
  GasSource source;
  std::vector<double> rate;
  for (double t = 0; t <= 3000; t += 10) {
    source.time_s.push_back(t);
    source.temperature_K.push_back(300 + t / 6);
    source.mass_kg.push_back(2e-5 - 3.2e-4 * mol);
    rate.push_back(t > 1000 && t < 2000 ? mol / 990 : 0);
  }
  source.rate_mol_per_s = {{"O2", rate}};
  Heating out{synthesize_ions(source, {.mz = {18, 28, 32, 44}, .cycle_s = 3, .transport = {{0, 0}, {0, 0}}}),
              synthesize_balance(source, 0, 1)};
  out.ions.start = Moment{.seconds = 1e9};
  out.balance.start = Moment{.seconds = 1e9 + 1800};
  return out;
}

core::NoProgress silent;

}  // namespace

TEST_CASE("CO2's fragment is taken off m/z 28, and nothing below 0 comes out") {
  const Overlap o =
      unmix(sums({28, 32, 44}, {0.0981, 0, 1}, 1e-3), {"O2", "CO2", "N2"}, {.fragment_uncertainty = 0.01});
  CHECK(find(o, {"CO2"})->at_base.value == doctest::Approx(1).epsilon(0.01));
  CHECK(find(o, {"N2"})->at_base.value < 3e-3);
  CHECK(find(o, {"N2"})->low == 0);
  CHECK(find(o, {"O2"})->at_base.value >= 0);
}

TEST_CASE("CO and N2 are split by m/z 12, 14 or 29 only; without them their sum is given") {
  const Overlap sum = unmix(sums({16, 28, 32, 44}, {0.1, 2, 0, 0}, 1e-3), {"CO", "N2", "CO2", "O2"});
  REQUIRE(find(sum, {"N2", "CO"}) == nullptr);
  const GasSum* both = find(sum, {"CO", "N2"});
  REQUIRE(both != nullptr);
  CHECK(!both->told_apart);
  CHECK(both->at_base.value == doctest::Approx(2).epsilon(0.01));
  for (const double mz : {12.0, 14.0, 29.0}) {
    const Gas &CO = gas_named("CO"), &N2 = gas_named("N2");
    const Overlap split = unmix(sums({mz, 28}, {1.5 * CO.share_at(mz) + 0.5 * N2.share_at(mz), 2}, 1e-5), {"CO", "N2"});
    REQUIRE(find(split, {"CO"}) != nullptr);
    CHECK(find(split, {"CO"})->low <= 1.5);
    CHECK(find(split, {"CO"})->high >= 1.5);
    CHECK(find(split, {"CO", "N2"})->told_apart);
    CHECK(find(split, {"CO", "N2"})->at_base.sigma() < find(split, {"CO"})->at_base.sigma());
  }
}

TEST_CASE("a gas whose base mass was not measured is named and left out") {
  const Overlap o = unmix(sums({32}, {1}, 0.1), {"O2", "CO2"});
  CHECK(o.unmeasured == std::vector<std::string>{"CO2"});
  CHECK_THROWS_AS(unmix(sums({40}, {1}, 0.1), {"O2"}), core::UsageError);
  CHECK_THROWS_AS(gas_named("O3"), core::UsageError);
}

TEST_CASE("a background is known where it was seen and less and less beyond") {
  const Series s = level(32, 1e-11, 1e-13, 1200, 3);
  const Cells free = cells_over(s, noise_of(s), {0, 600}, 40);
  const std::vector<double> at{300, 800, 1200, 3000};
  for (const BackgroundKind kind : {BackgroundKind::automatic, BackgroundKind::linear, BackgroundKind::spline}) {
    const Background b = background_of(free, at, kind);
    for (std::size_t i = 0; i < at.size(); ++i) {
      CHECK(std::abs(b.mean[i] - 1e-11) < 4 * b.sigma(i));
      if (i > 0) CHECK(b.sigma(i) > b.sigma(i - 1));
    }
  }
  CHECK_THROWS_AS(background_of(cells_over(s, noise_of(s), {0, 8}, 40), at, BackgroundKind::automatic),
                  core::UnusableData);
}

TEST_CASE("noise is found under drift and a peak") {
  Series s = level(32, 1e-11, 1e-13, 4000, 4);
  for (std::size_t i = 0; i < s.value.size(); ++i) {
    const double t = s.time_s[i];
    s.value[i] += 1e-12 * t / 4000 + 1e-9 * std::exp(-0.5 * std::pow((t - 2000) / 100, 2));
  }
  CHECK(std::sqrt(noise_of(s).floor) == doctest::Approx(1e-13).epsilon(0.15));
}

TEST_CASE("mixing keeps the amount and is undone within its error") {
  std::vector<double> t, rate, noisy, variance;
  core::RandomStream random{6, 0};
  for (double x = 0; x < 1500; x += 5) {
    t.push_back(x);
    rate.push_back(std::exp(-0.5 * std::pow((x - 600) / 60, 2)));
  }
  const Transport transport{{0, 0}, {20, 0}};
  const std::vector<double> seen = arrived(t, rate, transport);
  double before = 0, after = 0;
  for (std::size_t i = 0; i < t.size(); ++i) {
    before += rate[i];
    after += seen[i];
    noisy.push_back(seen[i] + 0.005 * random.normal());
    variance.push_back(0.005 * 0.005);
  }
  CHECK(after == doctest::Approx(before).epsilon(1e-3));
  const Released back = released(t, noisy, variance, transport);
  double z2 = 0;
  for (std::size_t i = 0; i < t.size(); ++i)
    z2 += std::pow(back.rate[i] - rate[i], 2) / back.variance[i] / static_cast<double>(t.size());
  CHECK(z2 < 2);
  CHECK(std::abs(back.rate[120] - 1) < 0.05);  // at the peak; the mixed curve is 0.05 below and late
  const std::vector<double> late = arrived(t, rate, {{50, 0}, {0, 0}});
  CHECK(late[130] == doctest::Approx(rate[120]));
}

TEST_CASE("clocks: local times are compared as they are, a zone is asked for beside UTC, no common time is refused") {
  Heating h = heating(0);
  CHECK(joined_clocks(h.ions, h.balance, {}).balance_start_s.value == 1800);
  h.ions.start->utc = true;
  CHECK_THROWS_AS(joined_clocks(h.ions, h.balance, {}), core::UsageError);
  h.balance.start->seconds += 3600;
  CHECK(joined_clocks(h.ions, h.balance, {.zone = "+01:00"}).balance_start_s.value == 1800);
  h.balance.start->seconds += 1e6;
  CHECK_THROWS_AS(joined_clocks(h.ions, h.balance, {.zone = "+01:00"}), core::UnusableData);
  CHECK_THROWS_AS(joined_clocks(h.ions, h.balance, {.zone = "local"}), core::UsageError);
}

TEST_CASE("an ion that follows the loss of mass aligns the clocks") {
  Heating h = heating(3e-6);
  // what the gas takes from the mass
  for (std::size_t i = 0; i < h.balance.time_s.size(); ++i) {
    const double gone = std::clamp((h.balance.time_s[i] - 1000) / 990, 0.0, 1.0);
    h.balance.mass_kg[i] = 2e-5 - 3e-6 * 0.032 * gone;
  }
  h.balance.start->seconds -= 200;  // a clock that is off
  const core::Value start = joined_clocks(h.ions, h.balance, {.align = "32"}).balance_start_s;
  CHECK(std::abs(start.value - 1800) < 8);
  CHECK(start.variance > 0);
  CHECK_THROWS_AS(joined_clocks(h.ions, h.balance, {.align = "99"}), core::UsageError);
}

TEST_CASE("oxygen is found with its amount, and nothing where nothing was released") {
  const GasSettings settings{.sensitivity = {"O2 = 0.1 +- 0.001 C/mol"}};
  const Heating with = heating(3e-6);
  const GasOutcome o = analyse_gas(with.ions, with.balance, settings, silent);
  const auto O2 = std::ranges::find(o.gases, std::vector<std::string>{"O2"}, &GasAnalysis::gases);
  REQUIRE(O2 != o.gases.end());
  CHECK(O2->found);
  CHECK(O2->amount_low_mol < 3e-6);
  CHECK(O2->amount_high_mol > 3e-6);
  REQUIRE(O2->first_K);
  CHECK(std::abs(O2->first_K->value - (300 + 1000.0 / 6)) < 2);
  for (const GasAnalysis& g : o.gases) {
    if (g.gases.front() != "O2") CHECK(!g.found);
  }
  const Heating without = heating(0);
  for (const GasAnalysis& g : analyse_gas(without.ions, without.balance, settings, silent).gases) {
    CHECK(!g.found);
    CHECK(g.detection_limit > 0);
  }
}

TEST_CASE("of a sum that was found neither part is excluded by the sum's limit") {
  Heating h = heating(0);
  // so little carbon monoxide that m/z 14 cannot say it is no nitrogen
  for (Series& s : h.ions.ions) {
    if (s.mz == 18) {
      s.mz = 14;
      s.name = "C0M14";
    }
    for (std::size_t i = 0; i < s.value.size() && s.mz == 28; ++i) {
      if (s.time_s[i] > 2800 && s.time_s[i] < 3800) s.value[i] += 1e-12;
    }
  }
  const GasOutcome o = analyse_gas(h.ions, h.balance, {.gases = {"N2", "CO"}}, silent);
  const auto of = [&](std::vector<std::string> gases) {
    return std::ranges::find(o.gases, gases, &GasAnalysis::gases);
  };
  REQUIRE(of({"N2", "CO"}) != o.gases.end());
  CHECK(of({"N2", "CO"})->found);
  for (const char* part : {"N2", "CO"}) {
    CHECK(!of({part})->found);
    CHECK(of({part})->detection_limit > of({"N2", "CO"})->detection_limit);
  }
}

TEST_CASE("a saturated detector is reported") {
  Heating h = heating(3e-6);
  for (Series& s : h.ions.ions) {
    for (double& v : s.value) v = std::min(v, 2e-10);
  }
  const GasOutcome o = analyse_gas(h.ions, h.balance, {}, silent);
  CHECK(std::ranges::any_of(o.warnings, [](const std::string& w) { return w.find("saturated") != std::string::npos; }));
}

TEST_CASE("sensitivities: of another unit refused, by steps of gas, by electrolysis") {
  CHECK(parse_sensitivity("O2 = 83 +- 4 mC/mol", "A").per_mol.value == doctest::Approx(0.083));
  CHECK_THROWS_AS(parse_sensitivity("O2 = 0.1 A/mbar", "A"), core::UsageError);
  CHECK_THROWS_AS(parse_sensitivity("O2 = -0.1 C/mol", "A"), core::UsageError);
  CHECK(parse_sensitivity("O2 = 3 mbar s/mol", "mbar").per_mol.value == doctest::Approx(3));

  Series ion = level(32, 1e-11, 1e-13, 900, 8);
  for (std::size_t i = 0; i < ion.value.size(); ++i) {
    if (ion.time_s[i] > 300) ion.value[i] += ion.time_s[i] > 600 ? 2e-10 : 1e-10;
  }
  const Sensitivity steps = sensitivity_by_steps(
      ion, {parse_gas_step("O2: 0 s to 290 s, 0 nmol/s"), parse_gas_step("O2: 310 s to 590 s, 1 nmol/s"),
            parse_gas_step("O2: 610 s to 890 s, 2 nmol/s")});
  CHECK(std::abs(steps.per_mol.value - 0.1) < 4 * steps.per_mol.sigma());
  CHECK(steps.per_mol.relative_sigma() < 0.01);
  CHECK_THROWS_AS(sensitivity_by_steps(ion, {parse_gas_step("O2: 0 s to 290 s, 1 nmol/s")}), core::UsageError);
  CHECK_THROWS_AS(parse_gas_step("O2: 1 nmol/s"), core::UsageError);

  // 1 mA for 60 s makes 60 mC / 4F of oxygen
  CellRecord cell;
  Series gas = level(32, 1e-11, 1e-14, 400, 9);
  for (double t = 0; t < 400; t += 0.5) {
    const bool on = t >= 100 && t < 160;
    cell.time_s.push_back(t);
    cell.potential_V.push_back(on ? 1.7 : 1.0);
    cell.current_A.push_back(on ? 1e-3 : 0);
  }
  for (std::size_t i = 0; i < gas.value.size(); ++i) {
    if (gas.time_s[i] >= 100 && gas.time_s[i] < 160) gas.value[i] += 0.09 * 1e-3 / (4 * 96485.33);
  }
  const Electrolysis rule = parse_electrolysis("O2: 4 e, above 1.55 V");
  const auto runs = electrolysis_runs(gas, cell, rule);
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].per_mol.value == doctest::Approx(0.09).epsilon(0.05));
  CHECK_THROWS_AS(parse_electrolysis("O2: above 1.55 V"), core::UsageError);
}
