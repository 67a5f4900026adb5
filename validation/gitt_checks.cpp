// Titrations with known truth: D, open-circuit potential, their intervals and the flags, as `litho gitt` gives them.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <vector>

#include "check.hpp"
#include "lithoscope/core/constants.hpp"
#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/rng.hpp"
#include "lithoscope/echem/cycler_files.hpp"
#include "lithoscope/io/input_file.hpp"
#include "lithoscope/io/text_table.hpp"
#include "lithoscope/result/files.hpp"
#include "run_program.hpp"

namespace lithoscope::validation {
namespace {

namespace fs = std::filesystem;

const std::string litho = LITHO_PROGRAM;
constexpr int seeds = 20;
constexpr double noise_V = 5e-4;

struct Truth {
  std::vector<double> log10_D;         // at mid-pulse, m2/s
  std::vector<double> ocv_V;           // after each rest
  std::vector<bool> equation_2_fails;  // its D, from the record without noise, is off by more than 0.2 decades
};

// spec/gitt_synthetic.md: the integral of dU/dy from U(0) = 3.72 V.
double open_circuit_V(double y) {
  const auto step = [](double z) { return 0.03 * std::log1p(std::exp(z / 0.03)); };
  const auto integral = [&](double z) { return 1.7 * (z - step(z - 0.38)) + 0.12 * z + 1.3 * step(z - 0.88); };
  return 3.72 + integral(y) - integral(0);
}

struct TitrationSet {
  char name;
  std::string radius;
  echem::CyclerTable record;
  Truth truth;
};

Truth read_truth(const std::string& path) {
  Truth truth;
  const auto file = io::InputFile::open(path);
  const auto lines = io::lines_of(file.bytes());
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto cells = io::split(lines[i], ',');
    if (cells.size() < 3) continue;
    const double D = io::to_number(cells[1]).value();
    truth.log10_D.push_back(std::log10(D));
    truth.equation_2_fails.push_back(std::abs(std::log10(io::to_number(cells[2]).value() / D)) > 0.2);
  }
  return truth;
}

TitrationSet read_set(char name) {
  const std::string folder = (fs::path(real_data()) / "echem/synthetic/gitt_").string() + name;
  const echem::PlainLayout layout{.time = {"Test Time / s", ""},
                                  .potential = {"Voltage / V", ""},
                                  .current = {"Current / mA g-1", ""},
                                  .capacity = {},
                                  .temperature = {}};
  TitrationSet set{.name = name,
                   .radius = name == 'A' ? "150 nm" : "60 nm",
                   .record = echem::read_plain_table(io::InputFile::open(folder + ".csv.gz"), layout),
                   .truth = read_truth(folder + "_truth.csv")};
  // The open-circuit truth after a rest is U of the mean lithium, with the molar mass the sets were made with.
  const auto& current = set.record.current_A;
  for (std::size_t i = 1; i <= current.size(); ++i) {
    const bool rest_ends = i == current.size() || (current[i] > 0 && current[i - 1] == 0);
    if (!rest_ends || set.record.capacity_Ah[i - 1] <= 0) continue;
    constexpr double molar_mass_kg = 85.239e-3;
    const double charge_C_per_kg = set.record.capacity_Ah[i - 1] * core::seconds_per_hour;
    set.truth.ocv_V.push_back(open_circuit_V(0.02 + charge_C_per_kg * molar_mass_kg / core::faraday_C_per_mol));
  }
  return set;
}

struct Score {
  double squares = 0, identifiable = 0, covered = 0;
  double worst_ocv_V = 0, ocv_covered = 0, pulses = 0;
  double hits = 0, false_alarms = 0, misses = 0;
  double seconds = 0;
};

std::string noisy_csv(const TitrationSet& set, std::uint64_t seed) {
  core::RandomStream noise{seed, 0};
  std::string text = "time / s,current / mA g-1,potential / V\n";
  for (std::size_t i = 0; i < set.record.time_s.size(); ++i) {
    // A table per mass holds A/kg, which is mA/g.
    text += fmt::format("{},{},{:.9f}\n", set.record.time_s[i], set.record.current_A[i],
                        set.record.potential_V[i] + noise_V * noise.normal());
  }
  return text;
}

bool has_flag(const std::string& flags, const std::string& name) {
  return (" " + flags + " ").find(" " + name + " ") != std::string::npos;
}

Score score(const TitrationSet& set, std::uint64_t seed) {
  const test::Scratch scratch;
  test::write_text(scratch / "record.csv", noisy_csv(set, seed));
  const auto start = std::chrono::steady_clock::now();
  const auto said = test::run_shell(
      fmt::format("{} gitt record.csv --time 'time / s' --current 'current / mA g-1' --potential 'potential / V' "
                  "--particle-radius '{}' --cell half --formula Li1.2Ni0.15Co0.1Mn0.55O2 --active-mass '1 g' "
                  "--lithium-extracted 0.02 --threads 1 --json",
                  litho, set.radius),
      scratch.path());
  Score s;
  s.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const auto results = result::read_json(said.out, "litho gitt --json");
  const result::Table& pulses = results.front().table("pulses");
  const result::Column &ocv = pulses.at("open_circuit_after"), &log10_D = pulses.at("log10_D");
  for (std::size_t i = 0; i < set.truth.log10_D.size(); ++i) {
    constexpr double interval_95 = 1.959963984540054;
    const bool flagged = has_flag(pulses.at("flags").words().at(i), "equation_2_fails");
    s.hits += flagged && set.truth.equation_2_fails[i];
    s.false_alarms += flagged && !set.truth.equation_2_fails[i];
    s.misses += !flagged && set.truth.equation_2_fails[i];
    s.pulses += 1;
    const double ocv_off = std::abs(ocv.number(i) - set.truth.ocv_V[i]);
    s.worst_ocv_V = std::max(s.worst_ocv_V, ocv_off);
    s.ocv_covered += ocv_off < interval_95 * ocv.value(i).sigma();
    if (pulses.at("valid").integers().at(i) == 0) continue;
    const double off = log10_D.number(i) - set.truth.log10_D[i];
    s.identifiable += 1;
    s.squares += off * off;
    s.covered += std::abs(off) < interval_95 * log10_D.value(i).sigma();
  }
  return s;
}

// All seeds of both sets, once for all checks of this run of the program.
struct Scores {
  std::vector<Score> A, B;
};
const Scores& scores() {
  static const Scores all = [] {
    const TitrationSet sets[] = {read_set('A'), read_set('B')};
    Scores out{std::vector<Score>(seeds), std::vector<Score>(seeds)};
    core::parallel_for(2 * seeds, [&](std::int64_t k) {
      const auto i = static_cast<std::size_t>(k / 2);
      (k % 2 == 0 ? out.A : out.B)[i] = score(sets[k % 2], 1 + static_cast<std::uint64_t>(i));
    });
    return out;
  }();
  return all;
}

double mean(const std::vector<Score>& all, const std::function<double(const Score&)>& of) {
  double sum = 0;
  for (const Score& s : all) sum += of(s) / static_cast<double>(all.size());
  return sum;
}
double fewest(const std::vector<Score>& all) { return std::ranges::min(all, {}, &Score::identifiable).identifiable; }

Outcome d_error() {
  if (real_data().empty()) return {.figures = {}, .no_data = true};
  const auto rms = [](const std::vector<Score>& all) {
    return mean(all, [](const Score& s) { return std::sqrt(s.squares / s.identifiable); });
  };
  return {
      .figures = {{std::max(rms(scores().A), rms(scores().B)), {}}, {fewest(scores().A), {}}, {fewest(scores().B), {}}},
      .no_data = false,
      .detail = fmt::format("rms A {:.4f}, B {:.4f}; then the fewest identifiable of 88 in A and in B; {} seeds of "
                            "0.5 mV noise",
                            rms(scores().A), rms(scores().B), seeds)};
}

Outcome d_coverage() {
  if (real_data().empty()) return {.figures = {}, .no_data = true};
  const auto coverage = [](const std::vector<Score>& all) {
    return mean(all, [](const Score& s) { return s.covered; }) /
           mean(all, [](const Score& s) { return s.identifiable; });
  };
  return {.figures = {{coverage(scores().A), {}}, {coverage(scores().B), {}}},
          .no_data = false,
          .detail = fmt::format("A; B, {} seeds", seeds)};
}

Outcome flags() {
  if (real_data().empty()) return {.figures = {}, .no_data = true};
  const auto share = [](const std::vector<Score>& all, double Score::* lost) {
    const double hits = mean(all, [](const Score& s) { return s.hits; });
    return hits / (hits + mean(all, [&](const Score& s) { return s.*lost; }));
  };
  const auto worst = [&](double Score::* lost) { return std::min(share(scores().A, lost), share(scores().B, lost)); };
  return {.figures = {{worst(&Score::misses), {}}, {worst(&Score::false_alarms), {}}},
          .no_data = false,
          .detail = fmt::format("recall A {:.3f} B {:.3f}, precision A {:.3f} B {:.3f}; the worse is shown",
                                share(scores().A, &Score::misses), share(scores().B, &Score::misses),
                                share(scores().A, &Score::false_alarms), share(scores().B, &Score::false_alarms))};
}

Outcome ocv_error() {
  if (real_data().empty()) return {.figures = {}, .no_data = true};
  const auto coverage = [](const std::vector<Score>& all) {
    return mean(all, [](const Score& s) { return s.ocv_covered / s.pulses; });
  };
  const double worst = 1e3 * std::ranges::max(scores().B, {}, &Score::worst_ocv_V).worst_ocv_V;
  return {.figures = {{worst, {}}, {coverage(scores().B), {}}},
          .no_data = false,
          .detail = fmt::format("the worst of 88 pulses and {} seeds; A: {:.2f} mV, {:.3f}", seeds,
                                1e3 * std::ranges::max(scores().A, {}, &Score::worst_ocv_V).worst_ocv_V,
                                coverage(scores().A))};
}

Outcome time_per_trace() {
  if (real_data().empty()) return {.figures = {}, .no_data = true};
  const TitrationSet set = read_set('B');
  std::vector<double> seconds;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) seconds.push_back(score(set, seed).seconds);
  std::ranges::sort(seconds);
  return {.figures = {{seconds[2], {}}},
          .no_data = false,
          .detail = fmt::format("set B, `litho gitt --json` with one thread, reading included; {:.2f} to {:.2f}",
                                seconds.front(), seconds.back())};
}

}  // namespace

std::vector<Check> gitt_checks() {
  return {{"gitt-d-error", d_error},
          {"gitt-d-coverage", d_coverage},
          {"gitt-flags", flags},
          {"gitt-ocv-error", ocv_error},
          {"gitt-time", time_per_trace}};
}

}  // namespace lithoscope::validation
