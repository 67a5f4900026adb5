// What the house sees of this room: the probe `ms`.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "gas_parts.hpp"
#include "lithoscope/core/constants.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/massspec/probes.hpp"
#include "lithoscope/massspec/record_files.hpp"
#include "lithoscope/massspec/synthesize.hpp"

namespace lithoscope::massspec {
namespace {

// ---- reduce ---------------------------------------------------------------------------------------------------------

PlainBalance balance_units(const std::string& text) {
  if (text.empty()) return {};
  const auto comma = text.find(',');
  if (comma == std::string::npos)
    throw core::UsageError(
        {.what = "--balance-units holds no two units", .expected = "such as \"h, mg\"", .found = text});
  return {std::string{core::trimmed(text.substr(0, comma))}, std::string{core::trimmed(text.substr(comma + 1))}};
}

result::Result reduce(const probe::Measurement& m, probe::Context& context) {
  const auto settings = probe::settings_in<GasSettings>(m, gas_settings_table());
  std::vector<result::Source> sources;
  std::vector<IonRecord> records;
  for (const probe::Input& input : m.of("files")) {
    records.push_back(read_ion_record(io::InputFile::open(input.path)));
    sources.push_back({.role = "files", .path = input.path, .format = records.back().format, .sha256 = {}});
  }
  std::optional<BalanceRecord> balance;
  if (const probe::Input* input = m.one("temperature")) {
    balance = read_balance_record(io::InputFile::open(input->path), balance_units(settings.balance_units));
    sources.push_back({.role = "temperature", .path = input->path, .format = balance->format, .sha256 = {}});
  }
  GasOutcome outcome = analyse_gas(joined(std::move(records)), std::move(balance), settings, context.progress);
  outcome.active_mass_kg = m.sample.active_mass_kg;
  if (outcome.active_mass_kg) {
    outcome.remarks.emplace_back("Amounts a gram are those a gram of the active mass that was given.");
  } else if (outcome.balance && !outcome.balance->mass_kg.empty() && outcome.balance->mass_kg.front() > 0) {
    outcome.active_mass_kg = core::Value::exact(outcome.balance->mass_kg.front());
    outcome.remarks.push_back(
        fmt::format("Amounts a gram are those a gram of what the thermobalance weighed at the "
                    "start, {:.4g} mg: no active mass was given.",
                    outcome.balance->mass_kg.front() * 1e6));
  }
  result::Result out = describe(outcome, m.state);
  out.sources = std::move(sources);
  return out;
}

// ---- predict and synthesize -----------------------------------------------------------------------------------------

constexpr double umol_per_mol = 1e6;

double released_umol_per_g(const probe::Scene& scene) {
  return 0.5 * scene.mark.seen.mean_oxygen_lost / scene.model.composition.molar_mass_g_per_mol * umol_per_mol;
}

std::vector<result::Observable> predict(const probe::Scene& scene, const probe::Measurement&,
                                        std::vector<result::Observable> wanted, probe::Context&) {
  for (result::Observable& o : wanted) {
    const bool known = o.name == "gas/O2/released" && o.unit == "umol/g";
    o.values.assign(o.size(), known ? released_umol_per_g(scene) : result::not_a_number);
    o.variance.assign(o.size(), 0.0);
    o.covariance.clear();
    o.common.clear();
    o.flags.assign(o.size(), known ? "ok" : "the particle does not say this");
  }
  return wanted;
}

enum class SpectrometerFormat { zilien, quadera };
constexpr std::array<std::string_view, 2> format_words{"zilien", "quadera"};

struct InstrumentSettings {
  double active_mass_kg = 2e-5;
  double sensitivity_C_per_mol = Spectrometer{}.sensitivity_C_per_mol;
  double cycle_s = Spectrometer{}.cycle_s;
  double before_s = Spectrometer{}.before_s;
  double delay_s = 8, mixing_s = 20;
  double background_A = Spectrometer{}.background_A;
  double drift = Spectrometer{}.drift;
  double noise_A = Spectrometer{}.floor_A;
  double counted_A = Spectrometer{}.counted_A;
  double carbon_dioxide = 0;
  double balance_noise_kg = 2e-10;
  SpectrometerFormat to = SpectrometerFormat::zilien;
};
std::span<const core::Setting<InstrumentSettings>> instrument_table() {
  using S = InstrumentSettings;
  using T = core::Setting<S>;
  static const std::array table{
      T{"heated_mass", "kg", &S::active_mass_kg, "Mass of cathode that is heated", 1e-12, 1},
      T{"sensitivity_at_base", "C/mol", &S::sensitivity_C_per_mol, "Ion charge a mole of each gas at its base mass",
        1e-12, 1e6},
      T{"cycle", "s", &S::cycle_s, "Time from one reading of an ion to its next", 1e-2, 1e4},
      T{"before", "s", &S::before_s, "Time that is recorded before the heating", 0, 1e6},
      T{"gas_delay", "s", &S::delay_s, "Time gas takes from the sample to the ion source", 0, 1e5},
      T{"gas_mixing", "s", &S::mixing_s, "Time constant of the volume in which gas mixes", 0, 1e5},
      T{"background_current", "A", &S::background_A, "Ion current without gas, at the start", 0, 1},
      T{"drift", "1", &S::drift, "Change of the background over the record, relative", -0.6, 100},
      T{"current_noise", "A", &S::noise_A, "Standard deviation of a reading without current", 0, 1},
      T{"counted", "A", &S::counted_A, "Variance of a reading a unit of its current", 0, 1},
      T{"carbon_dioxide", "1", &S::carbon_dioxide, "Share of the oxygen that leaves as CO2, by burning carbon", 0, 1},
      T{"balance_noise", "kg", &S::balance_noise_kg, "Standard deviation of the thermobalance", 0, 1},
      T{"currents", "", core::choice_of<&S::to, S>(format_words), "Format of the ion currents"}};
  return table;
}

constexpr double g_per_kg = 1e3;

// What the leg releases: oxygen by the particle, part of it as CO2.
GasSource source_of(const probe::Scene& scene, const InstrumentSettings& s) {
  const particle::Trace& t = scene.leg.trace;
  GasSource out;
  const double moles = s.active_mass_kg * g_per_kg / scene.model.composition.molar_mass_g_per_mol;
  const double molar_mass_O2 = gas_named("O2").molar_mass_g_per_mol,
               molar_mass_CO2 = gas_named("CO2").molar_mass_g_per_mol;
  std::vector<double> O2, CO2;
  for (std::size_t i = 0; i < t.time_s.size(); ++i) {
    if (!out.time_s.empty() && !(t.time_s[i] > out.time_s.back())) continue;
    const double lost = moles * t.oxygen_lost[i];  // mol of O
    const double as_CO2 = s.carbon_dioxide * lost / 2, as_O2 = (1 - s.carbon_dioxide) * lost / 2;
    // The carbon of the CO2 comes from the electrode, which is weighed, too.
    out.mass_kg.push_back(s.active_mass_kg - (as_O2 * molar_mass_O2 + as_CO2 * molar_mass_CO2) / g_per_kg);
    out.time_s.push_back(t.time_s[i]);
    out.temperature_K.push_back(t.temperature_K[i]);
    O2.push_back(as_O2);
    CO2.push_back(as_CO2);
  }
  if (out.time_s.size() < 3)
    throw core::UsageError({.what = "the particle's programme has no time in which gas could leave",
                            .expected = "a branch with a ramp or a hold (--branch)",
                            .found = fmt::format("{} moments", out.time_s.size())});
  const auto rate = [&](const std::vector<double>& sum) {
    std::vector<double> r(sum.size(), 0.0);
    for (std::size_t i = 0; i < sum.size(); ++i) {
      const std::size_t a = i > 0 ? i - 1 : 0, b = std::min(i + 1, sum.size() - 1);
      r[i] = (sum[b] - sum[a]) / (out.time_s[b] - out.time_s[a]);
    }
    return r;
  };
  out.rate_mol_per_s = {{"O2", rate(O2)}, {"CO2", rate(CO2)}};
  return out;
}

void synthesize(const probe::Scene& scene, const probe::Measurement& m, const probe::Sink& sink,
                probe::Context& context) {
  const auto s = probe::instrument_in<InstrumentSettings>(m, instrument_table());
  const GasSource source = source_of(scene, s);
  IonRecord ions = synthesize_ions(source, {.sensitivity_C_per_mol = s.sensitivity_C_per_mol,
                                            .cycle_s = s.cycle_s,
                                            .before_s = s.before_s,
                                            .transport = {{s.delay_s, 0}, {s.mixing_s, 0}},
                                            .background_A = s.background_A,
                                            .drift = s.drift,
                                            .floor_A = s.noise_A,
                                            .counted_A = s.counted_A,
                                            .seed = context.seed});
  BalanceRecord balance = synthesize_balance(source, s.balance_noise_kg, context.seed);
  constexpr double start_s = 1.6e9;  // of every twin: 2020-09-13 12:26:40
  const bool zilien = s.to == SpectrometerFormat::zilien;
  ions.start = Moment{.seconds = start_s, .utc = zilien};
  balance.start = Moment{.seconds = start_s + s.before_s};
  sink(zilien ? "currents.tsv" : "currents.asc", zilien ? zilien_text(ions) : quadera_text(ions));
  sink("balance.txt", mettler_text(balance, "Lithoscope twin"));
}

// ---- files ----------------------------------------------------------------------------------------------------------

std::optional<probe::Identity> identify(const io::InputFile& file) {
  if (is_ion_record(file)) {
    const IonRecord record = read_ion_record(file);
    probe::Identity id{.format = record.format, .facts = {}, .remarks = record.remarks};
    std::string ions;
    for (const Series& s : record.ions) ions += fmt::format("{}{:g}", ions.empty() ? "" : ", ", s.mz);
    if (!ions.empty()) {
      id.facts.emplace_back("m/z", ions);
      id.facts.emplace_back("readings of each", std::to_string(record.ions.front().time_s.size()));
      id.facts.emplace_back("unit", record.ions.front().unit);
    }
    if (!record.scans.empty()) {
      id.facts.emplace_back("scans", std::to_string(record.scans.size()));
      id.facts.emplace_back(
          "over m/z", fmt::format("{:g} to {:g}", record.scans.front().mz.front(), record.scans.front().mz.back()));
    }
    if (record.start) id.facts.emplace_back("started", text_of(*record.start));
    return id;
  }
  if (!is_balance_record(file)) return std::nullopt;
  // Units do not matter to say what it is.
  const BalanceRecord record = read_balance_record(file, {"s", "mg"});
  probe::Identity id{.format = record.format, .facts = {}, .remarks = record.remarks};
  id.facts.emplace_back("rows", std::to_string(record.time_s.size()));
  if (!record.temperature_K.empty()) {
    double low = record.temperature_K.front(), high = low;
    for (const double T : record.temperature_K) {
      low = std::fmin(low, T);
      high = std::fmax(high, T);
    }
    id.facts.emplace_back(
        "temperature", fmt::format("{:.0f} to {:.0f} degC", low - core::zero_celsius_K, high - core::zero_celsius_K));
  }
  if (record.start) id.facts.emplace_back("started", text_of(*record.start));
  id.remarks.emplace_back("It gives the temperature of a heating: litho ms CURRENTS --temperature FILE");
  return id;
}

std::string role_of(const io::InputFile& file) {
  if (is_ion_record(file)) return "files";
  return is_balance_record(file) ? "temperature" : "";
}

}  // namespace

std::vector<probe::Probe> probes() {
  return {{.name = "ms",
           .help = "Gas released on heating, from a mass spectrometer's ion currents",
           .version = "1",
           .roles = {{.name = "files", .help = "Ion currents of one heating, and scans beside them", .required = true},
                     {.name = "temperature", .help = "Thermobalance's record of the same heating", .many = false}},
           .settings = core::setting_infos<GasSettings>(gas_settings_table(), "Gas"),
           .sample = {"active_mass"},
           .cite = {"NIST Chemistry WebBook, mass spectra at 70 eV"},
           .instrument = core::setting_infos<InstrumentSettings>(instrument_table(), "The spectrometer"),
           .synthesizes_folder = true,
           .reduce = reduce,
           .predict = predict,
           .synthesize = synthesize,
           .identify = identify,
           .role_of = role_of,
           .title = "Gas"}};
}

}  // namespace lithoscope::massspec
