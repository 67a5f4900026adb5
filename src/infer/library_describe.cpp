// The library as tables and grids, and back.
#include <fmt/format.h>

#include <algorithm>

#include "inference_parts.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/particle/parameter.hpp"
#include "lithoscope/programme/programme_file.hpp"

namespace lithoscope::infer {
namespace {

using result::Grid;
using result::number_column;
using result::Table;
using result::word_column;

Table run_table(const LithiumLibrary& library) {
  std::vector<double> radius, capacity;
  for (const LithiumRun& r : library.runs) {
    radius.push_back(r.radius_nm);
    capacity.push_back(r.capacity_mAh_per_g);
  }
  Table out{.name = "runs",
            .title = "Runs of the particle",
            .columns = {number_column("radius", "nm", "Radius of the grain", radius),
                        number_column("capacity", "mAh/g", "Capacity when the wait begins", capacity)},
            .bulk = true};
  for (std::size_t k = 0; k < library.priors.size(); ++k) {
    std::vector<double> values;
    for (const LithiumRun& r : library.runs) values.push_back(r.values[k]);
    const Prior& p = library.priors[k];
    out.columns.push_back(number_column(fmt::format("prior_{}", k + 1), p.unit == "1" ? "" : p.unit,
                                        "Drawn value of " + p.parameter, std::move(values)));
  }
  return out;
}

Table mesh_table(const LithiumLibrary& library) {
  return {.name = "mesh",
          .title = "Nodes of the grain",
          .columns = {number_column("radius", "", "Radius over the grain's", library.radius),
                      number_column("volume", "", "Share of the grain's volume", library.volume)},
          .axis = "radius",
          .bulk = true};
}

Table cation_table(const LithiumLibrary& library) {
  std::vector<std::string> element;
  std::vector<double> amount, base;
  for (const particle::Cation& c : library.cations) {
    element.push_back(c.element);
    amount.push_back(c.amount);
    base.push_back(c.base_valence);
  }
  return {
      .name = "cations",
      .title = "Cations",
      .columns = {word_column("element", "Element", element), number_column("amount", "", "Per formula unit", amount),
                  number_column("base_valence", "", "Valence when all its couples are reduced", base)}};
}

Table resolved_table(const LithiumLibrary& library) {
  std::vector<std::string> quantity, because;
  std::vector<double> smallest;
  for (const Resolved& r : library.resolved) {
    quantity.push_back(r.quantity);
    smallest.push_back(r.smallest);
    because.push_back(r.because);
  }
  return {
      .name = "resolved",
      .title = "What instruments of the kind resolve",
      .columns = {word_column("quantity", "Which change", quantity),
                  number_column("smallest", "", "Smallest change that is resolved, in the quantity's unit", smallest),
                  word_column("because", "With which data", because)}};
}

using Pick = const std::vector<double>& (*)(const Moment&, std::size_t);

Grid grid_of(const LithiumLibrary& library, const std::string& name, const std::string& title, bool after, Pick pick,
             std::size_t k) {
  std::vector<double> run, z;
  for (std::size_t i = 0; i < library.runs.size(); ++i) {
    run.push_back(static_cast<double>(i));
    const std::vector<double>& values = pick(after ? library.runs[i].after : library.runs[i].before, k);
    z.insert(z.end(), values.begin(), values.end());
  }
  return {.name = name,
          .title = title,
          .x = number_column("radius", "", "Radius over the grain's", library.radius),
          .y = number_column("run", "", "Number of the run", run),
          .z = number_column("value", "", title, std::move(z)),
          .bulk = true};
}

const std::vector<double>& lithium(const Moment& m, std::size_t) { return m.lithium; }
const std::vector<double>& holes(const Moment& m, std::size_t) { return m.holes; }
const std::vector<double>& valence(const Moment& m, std::size_t k) { return m.valence[k]; }

struct Profiled {
  std::string name, title;
  Pick pick;
  std::size_t cation;
};

std::vector<Profiled> profiled(const LithiumLibrary& library) {
  std::vector<Profiled> out{{"lithium", "Lithium extracted per formula unit", lithium, 0},
                            {"holes", "Oxygen holes per formula unit", holes, 0}};
  for (std::size_t k = 0; k < library.cations.size(); ++k)
    out.push_back({"valence_" + library.cations[k].element, "Valence of " + library.cations[k].element, valence, k});
  return out;
}

void read_profile(const Grid& grid, std::size_t nodes, bool after, const Profiled& what, LithiumLibrary& library) {
  const std::vector<double>& z = grid.z.numbers();
  if (z.size() != nodes * library.runs.size())
    throw core::UnreadableFile({.what = "the library of runs is damaged: " + grid.name});
  for (std::size_t i = 0; i < library.runs.size(); ++i) {
    Moment& m = after ? library.runs[i].after : library.runs[i].before;
    const auto from = z.begin() + static_cast<std::ptrdiff_t>(i * nodes);
    std::vector<double> values{from, from + static_cast<std::ptrdiff_t>(nodes)};
    if (what.pick == lithium) {
      m.lithium = std::move(values);
    } else if (what.pick == holes) {
      m.holes = std::move(values);
    } else {
      m.valence.resize(library.cations.size());
      m.valence[what.cation] = std::move(values);
    }
  }
}

// Levels at each run's parameters: made again of the particle's file, which the library names.
void read_ladders(LithiumLibrary& library) {
  const programme::ProgrammeFile file = programme::read_programme_file(library.particle, {});
  for (LithiumRun& r : library.runs) {
    particle::Model model = file.model;
    std::vector<particle::Parameter> there = particle::parameters(model);
    for (std::size_t k = 0; k < library.priors.size(); ++k) {
      const auto known = std::ranges::find(there, library.priors[k].parameter, &particle::Parameter::name);
      if (known != there.end()) *known->number = r.values[k];
    }
    r.ladder = model.ladder;
  }
  library.probes = file.model.probes;
  library.molar_mass_g_per_mol = file.model.composition.molar_mass_g_per_mol;
}

}  // namespace

Table prior_table(const LithiumLibrary& library) {
  std::vector<std::string> name, unit, scale;
  std::vector<double> low, high;
  for (const Prior& p : library.priors) {
    name.push_back(p.parameter);
    unit.push_back(p.unit.empty() ? "1" : p.unit);
    low.push_back(p.low);
    high.push_back(p.high);
    scale.emplace_back(p.logarithmic ? "logarithmic" : "linear");
  }
  Table out{.name = "priors",
            .title = "What is not known of the particle",
            .columns = {word_column("parameter", "Number of the particle or its programme", name),
                        number_column("low", "", "Lowest value, in the unit beside it", low),
                        number_column("high", "", "Highest value, in the unit beside it", high),
                        word_column("unit", "Unit of the two", unit),
                        word_column("scale", "Even on this scale between the two", scale)}};
  out.columns[1].shown.digits = out.columns[2].shown.digits = 3;
  return out;
}

result::Result describe(const LithiumLibrary& library) {
  result::Result out;
  out.asked = "Asked: how may lithium lie in this particle before and after, within the priors?";
  std::vector<double> moved, capacity;
  for (const LithiumRun& r : library.runs) {
    moved.push_back(r.after.lithium.back() - r.before.lithium.back());
    capacity.push_back(r.capacity_mAh_per_g);
  }
  const auto still = std::ranges::count_if(moved, [](double v) { return std::abs(v) < 0.01; });
  const auto [least, most] = std::ranges::minmax(capacity);
  out.confidence = {fmt::format(
      "{} runs of {} from \"{}\" to \"{}\" over {} priors: capacities from {:.0f} to {:.0f} mAh/g; in {} the outermost "
      "lithium moves by less than 0.01.",
      library.runs.size(), library.particle, library.before, library.after, library.priors.size(), least, most, still)};
  if (library.failed > 0)
    out.warnings.push_back(
        fmt::format("{} draws could not run and are excluded; the first: {}.", library.failed, library.first_failure));
  const auto number = [&](const char* name, const char* unit, const char* help, double value) {
    out.numbers.push_back({.name = name, .unit = unit, .help = help, .value = core::Value::exact(value)});
  };
  number("runs", "", "Runs that succeeded", static_cast<double>(library.runs.size()));
  number("failed", "", "Draws that could not run", library.failed);
  number("temperature", "K", "Of the step between the two states", library.temperature_K);
  number("tey_depth", "nm", "Escape depth of electrons that the particle's file gives", library.tey_depth_nm);
  number("tey_depth_least", "nm", "Smallest escape depth of electrons that is allowed", library.tey_depth.low);
  number("tey_depth_most", "nm", "Largest escape depth of electrons that is allowed", library.tey_depth.high);
  number("dimensions", "", "3 for spheres, 2 for cylinders, 1 for plates", library.dimensions);
  number("height", "", "Height over radius, 0 without end", library.height);
  out.tables = {prior_table(library), cation_table(library), run_table(library), mesh_table(library)};
  out.tables.push_back({.name = "study",
                        .title = "What was run",
                        .columns = {word_column("particle", "Preset or file of the particle", {library.particle}),
                                    word_column("before", "State before", {library.before}),
                                    word_column("after", "State after", {library.after})}});
  out.tables.push_back(resolved_table(library));
  out.remarks = library.remarks;
  for (const Profiled& p : profiled(library)) {
    out.grids.push_back(grid_of(library, "before_" + p.name, p.title + ", before", false, p.pick, p.cation));
    out.grids.push_back(grid_of(library, "after_" + p.name, p.title + ", after", true, p.pick, p.cation));
  }
  out.sections = {{.title = "What was drawn", .tables = {"priors"}}};
  return out;
}

LithiumLibrary library_of(const result::Result& r) {
  LithiumLibrary out;
  const Table& study = r.table("study");
  // where the particle's file lies today, which a kept step learns anew
  out.particle = r.sources.empty() ? study.at("particle").words().front() : r.sources.front().path;
  out.before = study.at("before").words().front();
  out.after = study.at("after").words().front();
  const Table& priors = r.table("priors");
  for (std::size_t i = 0; i < priors.rows(); ++i) {
    const std::string unit = priors.at("unit").words()[i];
    out.priors.push_back({.parameter = priors.at("parameter").words()[i],
                          .unit = unit == "1" ? "" : unit,
                          .low = priors.at("low").number(i),
                          .high = priors.at("high").number(i),
                          .logarithmic = priors.at("scale").words()[i] == "logarithmic"});
  }
  const Table& cations = r.table("cations");
  for (std::size_t i = 0; i < cations.rows(); ++i) {
    out.cations.push_back({.element = cations.at("element").words()[i],
                           .amount = cations.at("amount").number(i),
                           .base_valence = cations.at("base_valence").number(i)});
  }
  out.temperature_K = r.number("temperature").value.value;
  out.tey_depth_nm = r.number("tey_depth").value.value;
  out.tey_depth = {.parameter = "probes.tey_depth",
                   .unit = "nm",
                   .low = r.number("tey_depth_least").value.value,
                   .high = r.number("tey_depth_most").value.value};
  out.dimensions = static_cast<int>(r.number("dimensions").value.value);
  out.height = r.number("height").value.value;
  out.failed = static_cast<int>(r.number("failed").value.value);
  out.radius = r.table("mesh").at("radius").numbers();
  out.volume = r.table("mesh").at("volume").numbers();
  const Table& resolved = r.table("resolved");
  for (std::size_t i = 0; i < resolved.rows(); ++i) {
    out.resolved.push_back({.quantity = resolved.at("quantity").words()[i],
                            .smallest = resolved.at("smallest").number(i),
                            .because = resolved.at("because").words()[i]});
  }
  out.remarks = r.remarks;
  const Table& runs = r.table("runs");
  for (std::size_t i = 0; i < runs.rows(); ++i) {
    LithiumRun one{.radius_nm = runs.at("radius").number(i), .capacity_mAh_per_g = runs.at("capacity").number(i)};
    for (std::size_t k = 0; k < out.priors.size(); ++k) one.values.push_back(runs.columns[2 + k].number(i));
    out.runs.push_back(std::move(one));
  }
  for (const Profiled& p : profiled(out)) {
    read_profile(r.grid("before_" + p.name), out.radius.size(), false, p, out);
    read_profile(r.grid("after_" + p.name), out.radius.size(), true, p, out);
  }
  read_ladders(out);
  return out;
}

}  // namespace lithoscope::infer
