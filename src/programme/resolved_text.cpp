// A programme with every default written out.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lithoscope/programme/programme_file.hpp"
#include "programme_words.hpp"

namespace lithoscope::programme {
namespace {

using particle::Branch;
using particle::Model;
using particle::Step;
using particle::StepKind;

template <class Group>
void append_settings(std::string& out, std::span<const core::Setting<Group>> table, const Group& group) {
  out += io::settings_toml(core::settings_of(table, group), core::setting_infos(table, ""));
}

template <class Group>
void append_group(std::string& out, const char* name, std::span<const core::Setting<Group>> table, const Group& group) {
  out += fmt::format("\n[{}]\n", name);
  append_settings(out, table, group);
}

void append_step(std::string& out, const Step& s, const std::string& heading) {
  out += fmt::format("\n[[{}]]\nkind = \"{}\"\nname = {}\n", heading, name_of(s.kind), io::quoted(s.name));
  const auto put = [&](const char* key, double value, const char* unit) {
    out += fmt::format("{} = \"{} {}\"\n", key, value, unit);
  };
  if (s.kind != StepKind::stabilise) put(s.kind == StepKind::ramp ? "from" : "temperature", s.temperature_K, "K");
  if (s.kind == StepKind::ramp) {
    put("to", s.to_temperature_K, "K");
    put("heating", s.rate_K_per_s, "K/s");
  }
  if (s.kind == StepKind::hold_voltage) put("voltage", s.voltage_V, "V");
  if (s.rate_per_s > 0) put("rate", s.rate_per_s, "1/s");
  if (s.kind == StepKind::gitt) {
    put("pulse", s.duration_s, "s");
    put("rest", s.rest_s, "s");
    out += fmt::format("pulses = {}\ndirection = \"{}\"\n", s.pulses, s.discharging ? "discharge" : "charge");
  } else if (s.duration_s > 0) {
    put("duration", s.duration_s, "s");
  }
  if (s.until_surface_lithium) out += fmt::format("until_surface = {}\n", *s.until_surface_lithium);
  if (s.until_lithium) out += fmt::format("until_lithium = {}\n", *s.until_lithium);
  if (s.until_voltage_V) put("until_voltage", *s.until_voltage_V, "V");
  if (s.kind == StepKind::stabilise) {
    out += fmt::format("sites = {}\n", s.stabilised_sites);
  }
  if (s.depth_nm > 0) put("depth", s.depth_nm, "nm");
  if (s.kind == StepKind::expose) put("dose", s.dose_MGy, "MGy");
}

void append_ladder(std::string& out, const particle::Ladder& ladder) {
  for (const particle::Couple& c : ladder.couples) {
    out += fmt::format(
        "\n[[couple]]\nname = {}\nelement = \"{}\"\nvalence = {}\nlevel = \"{} V\"\nwidth = \"{} V\"\n"
        "level_slope = \"{} V/K\"\nwidth_slope = \"{} V/K\"\nelectrons = {}\n",
        io::quoted(c.name), c.element, c.valence, c.level_V, c.width_V, c.level_slope_V_per_K, c.width_slope_V_per_K,
        c.electrons);
  }
  const particle::OxygenRedox& o = ladder.oxygen;
  out += fmt::format(
      "\n[oxygen]\nsites = {}\nlevel = \"{} V\"\nstabilised_level = \"{} V\"\nwidth = \"{} V\"\nlevel_slope = \"{} "
      "V/K\"\n"
      "stabilised_level_slope = \"{} V/K\"\nwidth_slope = \"{} V/K\"\n",
      o.sites, o.level_V, o.stabilised_level_V, o.width_V, o.level_slope_V_per_K, o.stabilised_level_slope_V_per_K,
      o.width_slope_V_per_K);
}

void append_reported(std::string& out, const Reported& r) {
  out += fmt::format("\n[[reported]]\nof = {}\nsays = {}\n", io::quoted(r.quantity), io::quoted(r.words));
  if (r.resolves) out += fmt::format("resolves = {}\n", *r.resolves);
  if (!r.why.empty()) out += fmt::format("because = {}\n", io::quoted(r.why));
}

void append_origin(std::string& out, const Origin& o) {
  const bool told = o.kind == OriginKind::paper || o.kind == OriginKind::derived || o.kind == OriginKind::assumed;
  if (!told) return;
  out += fmt::format("\n[[origin]]\nparameter = {}\n{} = {}\n", io::quoted(o.parameter), name_of(o.kind),
                     io::quoted(o.words));
  if (o.low && o.high)
    out += fmt::format("range = [\"{0} {2}\", \"{1} {2}\"]\nscale = \"{3}\"\n", *o.low, *o.high, o.unit,
                       o.logarithmic ? "log" : "linear");
}

void append_scan(std::string& out, const particle::Scan& scan) {
  out += fmt::format("\n[scan]\nsamples = {}\nseed = {}\n", scan.samples, scan.seed);
  for (const particle::ScanAxis& a : scan.axes) {
    const auto end = [&](double v) {
      return a.unit == "1" ? fmt::format("{}", v) : fmt::format("\"{} {}\"", v, a.unit);
    };
    out += fmt::format("\n[[scan.parameter]]\nname = {}\nfrom = {}\nto = {}\ncount = {}\nscale = \"{}\"\n",
                       io::quoted(a.parameter), end(a.from), end(a.to), a.count, a.logarithmic ? "log" : "linear");
  }
}

}  // namespace

std::string resolved_text(const ProgrammeFile& file) {
  const Model& m = file.model;
  std::string out = fmt::format("[programme]\ntitle = {}\n", io::quoted(file.programme.title));
  if (!file.face_value_radii_nm.empty()) {
    out += "face_value_radii = [";
    for (const double r : file.face_value_radii_nm) out += fmt::format("{}\"{} nm\"", out.back() == '[' ? "" : ", ", r);
    out += "]\n";
  }
  out += fmt::format("\n[material]\nformula = {}\n", io::quoted(m.composition.formula));
  out += fmt::format("\n[grain]\nshape = \"{}\"\n", particle::name_of(m.grain.shape));
  append_settings(out, particle::grain_settings(), m.grain);
  append_ladder(out, m.ladder);
  const particle::Diffusivity& d = m.transport.diffusivity;
  out += fmt::format(
      "\n[transport]\ndrive = \"{}\"\nx = [{}]\nlog10_D_cm2_s = [{}]\nlog10_multiplier = {}\nstress = \"{}\"\n",
      drive_names[static_cast<std::size_t>(m.transport.drive)], fmt::join(d.x, ", "), fmt::join(d.log10_cm2_s, ", "),
      d.log10_multiplier, stress_names[m.transport.elastic ? 1 : 0]);
  append_settings(out, particle::transport_settings(), m.transport);
  append_group(out, "transport.gap", particle::gap_settings(), m.transport.gap);
  append_group(out, "surface", particle::surface_settings(), m.surface);
  for (const particle::SurfaceShift& s : m.surface_shifts) {
    out += fmt::format("\n[[surface_shift]]\ncouple = {}\nshift = \"{} V\"\ndepth = \"{} nm\"\n", io::quoted(s.couple),
                       s.shift_V, s.depth_nm);
  }
  out += fmt::format("\n[hysteresis]\nmemory = \"{}\"\n", memory_names[static_cast<std::size_t>(m.hysteresis.memory)]);
  append_settings(out, particle::hysteresis_settings(), m.hysteresis);
  append_group(out, "reservoir", particle::reservoir_settings(), m.reservoir);
  for (const particle::Preference& p : m.reservoir.preferences) {
    out += fmt::format("\n[[reservoir.metal]]\nelement = {}\npreference = {}\n", io::quoted(p.element), p.factor);
  }
  append_group(out, "dimers", particle::dimer_settings(), m.dimers);
  append_group(out, "degradation", particle::degradation_settings(), m.degradation);
  append_group(out, "mechanics", particle::mechanics_settings(), m.mechanics);
  append_group(out, "probes", particle::probe_settings(), m.probes);
  for (const particle::EdgeDepth& e : m.probes.edges) {
    out += fmt::format("\n[[probes.edge]]\nelement = {}\n", io::quoted(e.element));
    if (e.tey_depth_nm > 0) out += fmt::format("tey_depth = \"{} nm\"\n", e.tey_depth_nm);
    if (e.fluorescence_length_nm >= 0) out += fmt::format("length = \"{} nm\"\n", e.fluorescence_length_nm);
  }
  append_group(out, "numerics", particle::numerics_settings(), m.numerics);
  for (const Step& step : file.programme.trunk) append_step(out, step, "step");
  for (const Branch& branch : file.programme.branches) {
    out += fmt::format("\n[[branch]]\nname = {}\n", io::quoted(branch.name));
    if (!branch.after.empty()) out += fmt::format("after = {}\n", io::quoted(branch.after));
    for (const Step& step : branch.steps) append_step(out, step, "branch.step");
  }
  if (file.scan) append_scan(out, *file.scan);
  for (const Reported& r : file.reported) append_reported(out, r);
  for (const Origin& o : file.origins) append_origin(out, o);
  return out;
}

}  // namespace lithoscope::programme
