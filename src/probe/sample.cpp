#include "lithoscope/probe/sample.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/core/units.hpp"
#include "lithoscope/material/composition.hpp"

namespace lithoscope::probe {
namespace {

constexpr std::array<std::string_view, 3> geometry_words{"slab", "cylinder", "sphere"};

}  // namespace

std::span<const core::Setting<Sample>> sample_settings_table() {
  using S = Sample;
  using T = core::Setting<S>;
  constexpr double most = 1e30;
  static const std::array table{
      T{"formula", "", &S::formula, "Formula of the active material, such as Li1.2Ni0.15Co0.1Mn0.55O2"},
      T{"molar_mass", "g/mol", &S::molar_mass_g_per_mol, "Molar mass of the active material", 0, most,
        "that of the formula"},
      T{"active_mass", "kg", &S::active_mass_kg, "Mass of active material in the electrode, such as \"4.1 mg\"", 0,
        most},
      T{"density", "kg/m3", &S::density_kg_per_m3, "Density of the active material, such as \"4.2 g/cm3\"", 0, most},
      T{"bet_area", "m2/kg", &S::bet_area_m2_per_kg, "Specific surface by BET, such as \"3.7 +- 0.3 m2/g\"", 0, most},
      T{"particle_radius", "m", &S::particle_radius_m,
        "Median radius of the particles by volume, used in place of the BET area, such as \"150 nm\"", 0, most},
      T{"size_spread", "1", &S::size_spread,
        "Standard deviation of ln R by volume where sizes are log-normal, such as 0.3; the radius is then the median",
        0, 1.5},
      T{"geometry", "", core::choice_of<&S::geometry, S>(geometry_words), "Shape of the particles for diffusion"},
      T{"one_c", "A/kg", &S::one_c_A_per_kg, "The current called 1C, such as \"280 mA/g\"", 0, most},
      T{"electrode.active", "1", &S::electrode_active, "Share of active material in the electrode's mass", 0, 1},
      T{"electrode.carbon", "1", &S::electrode_carbon, "Share of carbon in the electrode's mass", 0, 1},
      T{"electrode.binder", "1", &S::electrode_binder, "Share of binder in the electrode's mass", 0, 1},
      T{"electrode.thickness", "m", &S::electrode_thickness_m, "Thickness of the electrode, such as \"40 um\"", 0,
        most},
  };
  return table;
}

void complete(Sample& sample) {
  if (!sample.formula.empty()) {
    const double mass = material::parse_formula(sample.formula).molar_mass_g_per_mol;
    if (!sample.molar_mass_g_per_mol) sample.molar_mass_g_per_mol = core::Value::exact(mass);
  }
  const auto positive = [](const char* key, const std::optional<core::Value>& v) {
    if (!v || v->value > 0) return;
    throw core::UsageError({.what = fmt::format("[sample] {}: must be positive", key),
                            .expected = "more than zero",
                            .found = fmt::format("{}", v->value)});
  };
  positive("molar_mass", sample.molar_mass_g_per_mol);
  positive("active_mass", sample.active_mass_kg);
  positive("density", sample.density_kg_per_m3);
  positive("bet_area", sample.bet_area_m2_per_kg);
  positive("particle_radius", sample.particle_radius_m);
  positive("one_c", sample.one_c_A_per_kg);
}

Quantity parse_range(std::string_view text, std::string_view unit) {
  const auto to = text.find(" to ");
  if (to == std::string_view::npos) return {.value = core::parse_quantity(text, unit), .low = {}, .high = {}};
  const std::string last{core::trimmed(text.substr(to + 4))};
  std::string first{core::trimmed(text.substr(0, to))};
  // "1 to 30 day": the unit of the second holds for both.
  if (first.find_first_not_of("0123456789.eE+-") == std::string::npos) {
    const auto blank = last.find(' ');
    if (blank != std::string::npos) first += last.substr(blank);
  }
  const double low = core::parse_quantity(first, unit).value;
  const double high = core::parse_quantity(last, unit).value;
  if (!(high > low)) {
    throw core::UsageError({.what = "a range that does not rise",
                            .expected = "the lower value first, such as \"1 day to 30 day\"",
                            .found = std::string{text}});
  }
  const double middle = low > 0 ? std::sqrt(low * high) : 0.5 * (low + high);
  return {.value = core::Value::exact(middle), .low = low, .high = high};
}

}  // namespace lithoscope::probe
