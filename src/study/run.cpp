#include "lithoscope/study/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/material/composition.hpp"
#include "version.hpp"

namespace lithoscope::study {
namespace {

std::optional<echem::DiffusionLength> diffusion_length(const Sample& sample) {
  if (sample.particle_radius_m) {
    const double n = echem::radius_per_length(sample.geometry);
    std::string origin = fmt::format("{} radius over {}", echem::name_of(sample.geometry), n);
    // The mean of 1/R over a log-normal volume is exp(s2/2) over the median.
    const double spread_factor = std::exp(-0.5 * sample.size_spread * sample.size_spread);
    if (sample.size_spread > 0) origin += fmt::format(" and a spread of {} in ln R", sample.size_spread);
    return echem::DiffusionLength{(spread_factor / n) * *sample.particle_radius_m, sample.geometry, origin,
                                  sample.size_spread};
  }
  if (sample.bet_area_m2_per_kg && sample.density_kg_per_m3) {
    return echem::DiffusionLength{core::Value::exact(1) / (*sample.density_kg_per_m3 * *sample.bet_area_m2_per_kg),
                                  sample.geometry, "1/(density x BET area)", sample.size_spread};
  }
  return std::nullopt;
}

std::optional<double> extracted_at_start(const Study& study, const Measurement& measurement) {
  const auto it = std::ranges::find(study.states, measurement.state, &State::name);
  return it == study.states.end() ? std::nullopt : it->lithium_extracted;
}

// A record per gram becomes that of the electrode, or of one gram where nobody says how much there is.
void make_absolute(echem::CyclerTable& table, echem::GittSample& sample, std::vector<std::string>& remarks) {
  if (!table.current_per_mass) return;
  if (!sample.active_mass_kg) {
    sample.active_mass_kg = 1e-3;
    remarks.emplace_back(
        "The current is per mass and no active mass is given: currents, capacities and resistances are those of 1 g.");
  }
  echem::scale_to_mass(table, *sample.active_mass_kg);
}

// The study goes before the file; what comes from the file is said, because instruments carry defaults along.
echem::GittSample assemble_sample(const Study& study, const Measurement& measurement, const echem::CyclerTable& table,
                                  std::vector<std::string>& remarks) {
  echem::GittSample sample;
  sample.cell = measurement.cell;
  sample.diffusion_length = diffusion_length(study.sample);
  sample.extracted_at_start = extracted_at_start(study, measurement);
  if (study.sample.active_mass_kg) {
    sample.active_mass_kg = study.sample.active_mass_kg->value;
  } else if (table.sample.active_mass_kg) {
    sample.active_mass_kg = table.sample.active_mass_kg;
    remarks.push_back(
        fmt::format("The active mass of {:.4g} mg is what the cycler file says.", *sample.active_mass_kg * 1e6));
  }
  if (study.sample.molar_mass_g_per_mol) {
    sample.molar_mass_g_per_mol = study.sample.molar_mass_g_per_mol->value;
  } else if (table.sample.molar_mass_g_per_mol) {
    sample.molar_mass_g_per_mol = table.sample.molar_mass_g_per_mol;
    remarks.push_back(
        fmt::format("The molar mass of {:.5g} g/mol is what the cycler file says.", *sample.molar_mass_g_per_mol));
  }
  if (!study.sample.formula.empty()) {
    const double lithium = material::parse_formula(study.sample.formula).amount("Li");
    if (lithium > 0) sample.lithium_per_formula_unit = lithium;
  }
  if (sample.diffusion_length) {
    const core::Value L = sample.diffusion_length->length_m;
    remarks.push_back(fmt::format("The diffusion length L = V/S is {} nm, from {}; the particles count as {}s.",
                                  core::format_value(1e9 * L), sample.diffusion_length->origin,
                                  echem::name_of(sample.diffusion_length->geometry)));
    if (L.variance == 0) {
      remarks.emplace_back(
          "The diffusion length has no uncertainty in the study; the intervals of D do not contain one. "
          "Write it like bet_area = \"3.7 +- 0.3 m2/g\".");
    }
  }
  return sample;
}

echem::CyclerTable read_files(const Measurement& measurement, const std::vector<std::string>& paths,
                              core::Progress& progress) {
  std::vector<echem::CyclerTable> tables;
  progress.start("reading " + measurement.name, static_cast<std::int64_t>(paths.size()));
  for (const std::string& path : paths) {
    core::throw_if_interrupted();
    const io::InputFile file = io::InputFile::open(path);
    const auto& columns = measurement.columns;
    tables.push_back(columns ? echem::read_plain_table(file, *columns) : echem::read_cycler_file(file));
    tables.back().sources.front().sha256 = file.sha256();
    progress.advance(static_cast<std::int64_t>(tables.size()));
  }
  progress.finish();
  return echem::join_tables(std::move(tables), measurement.join);
}

// A charge at constant current, on the titration's scale: by mass, and by the lithium both start from.
void hold_against_constant_current(const PlannedMeasurement& planned, core::Progress& progress, GittOutcome& outcome) {
  const ConstantCurrentFiles& about = *planned.measurement.constant_current;
  echem::CyclerTable table = read_files(planned.measurement, planned.constant_current_paths, progress);
  outcome.constant_current_sources = table.sources;
  std::optional<double> mass_kg = about.active_mass_kg;
  if (!mass_kg) mass_kg = table.sample.active_mass_kg ? table.sample.active_mass_kg : outcome.sample.active_mass_kg;
  if (table.current_per_mass) echem::scale_to_mass(table, mass_kg.value_or(1e-3));
  echem::CapacityScale scale;
  if (mass_kg && outcome.sample.active_mass_kg) {
    scale.ratio = *outcome.sample.active_mass_kg / *mass_kg;
  } else {
    outcome.remarks.emplace_back(
        "The constant current is taken to be that of the same electrode: no masses are known.");
  }
  scale.start_Ah = outcome.table.capacity_Ah.front();
  const echem::GittResult& result = outcome.result;
  if (about.lithium_extracted && std::isfinite(result.extracted_per_Ah)) {
    scale.start_Ah += (*about.lithium_extracted - result.extracted_at_start) / result.extracted_per_Ah;
  }
  const auto steps = echem::find_steps(table, planned.measurement.steps);
  echem::ConstantCurrent none;
  none.why_not = "no titration was fitted as a whole";
  const auto fits = [](const echem::WholeTrace& t) { return t.fitted != nullptr; };
  const auto trace = std::ranges::find_if(result.traces, fits);
  outcome.constant_current =
      trace == result.traces.end() ? none : echem::compare_constant_current(table, steps, *trace, scale);
}

GittOutcome run_gitt(const Study& study, const PlannedMeasurement& planned, core::Progress& progress) {
  GittOutcome outcome;
  outcome.measurement = planned.measurement;
  outcome.table = read_measurement(planned, progress);
  outcome.sample = assemble_sample(study, planned.measurement, outcome.table, outcome.remarks);
  make_absolute(outcome.table, outcome.sample, outcome.remarks);
  outcome.remarks.insert(outcome.remarks.end(), outcome.table.remarks.begin(), outcome.table.remarks.end());
  outcome.result = echem::analyse_gitt(outcome.table, outcome.sample, planned.measurement.gitt,
                                       planned.measurement.steps, planned.measurement.ici);
  if (planned.measurement.constant_current) hold_against_constant_current(planned, progress, outcome);
  return outcome;
}

}  // namespace

std::string program_version() { return "lithoscope " LITHOSCOPE_VERSION; }

echem::CyclerTable read_measurement(const PlannedMeasurement& planned, core::Progress& progress) {
  return read_files(planned.measurement, planned.paths, progress);
}

RunResult run(const Plan& plan, core::Progress& progress, core::Log& log) {
  RunResult result{.plan = plan};
  for (const PlannedMeasurement& planned : plan.measurements) {
    log.add(core::LogLevel::info, "start " + planned.measurement.name);
    GittOutcome outcome = run_gitt(plan.study, planned, progress);
    std::vector<echem::SourceFile> sources = outcome.table.sources;
    sources.insert(sources.end(), outcome.constant_current_sources.begin(), outcome.constant_current_sources.end());
    for (const echem::SourceFile& source : sources) {
      log.add(core::LogLevel::info, "read",
              {{"path", source.path}, {"format", source.format}, {"sha256", source.sha256}});
    }
    for (const std::string& warning : outcome.result.warnings) log.add(core::LogLevel::warning, warning);
    log.add(core::LogLevel::info, "done " + planned.measurement.name,
            {{"pulses", std::to_string(outcome.result.pulses.size())},
             {"valid", std::to_string(outcome.result.valid_pulses())}});
    result.gitt.push_back(std::move(outcome));
  }
  return result;
}

}  // namespace lithoscope::study
