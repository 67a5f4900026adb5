#include <array>

#include "lithoscope/massspec/gas_run.hpp"

namespace lithoscope::massspec {

namespace {
constexpr std::array<std::string_view, 5> background_words{"auto", "constant", "linear", "exponential", "spline"};
}

std::span<const core::Setting<GasSettings>> gas_settings_table() {
  using S = GasSettings;
  using T = core::Setting<S>;
  static const std::array table{
      T{"gases", "", &S::gases, "Gases that are looked for, such as O2, CO2, CO, N2, H2O", 0, 1e15,
        "those whose base mass was measured"},
      T{"background", "", core::choice_of<&S::background, S>(background_words),
        "Drift of a current without gas; auto weighs all kinds by how well each foretells the stretches without gas"},
      T{"gas_free", "", &S::gas_free,
        "Stretch without gas, such as \"0 s to 300 s\" or \"30 degC to 120 degC\" on heating; may be repeated", 0, 1e15,
        "before the heating"},
      T{"range", "", &S::range, "Stretch that is analysed, in s or in degC on heating", 0, 1e15,
        "from the start of heating to the end of what both instruments recorded"},
      T{"carrier", "", &S::carrier, "Carrier gas by whose ion all others are divided, such as Ar or He", 0, 1e15,
        "none"},
      T{"fragment_uncertainty", "1", &S::fragment_uncertainty,
        "One sigma of each fragment's share, relative: tabulated spectra differ from instrument to instrument", 0, 1},
      T{"sensitivity", "", &S::sensitivity,
        "Ion charge a mole of a gas at its base mass, such as \"O2 = 0.083 +- 0.004 C/mol\"", 0, 1e15, "none"},
      T{"gas_steps", "", &S::gas_steps,
        "Known flow of a gas for a time, such as \"O2: 100 s to 300 s, 1.2 nmol/s\"; two flows give its sensitivity", 0,
        1e15, "none"},
      T{"electrolysis", "", &S::electrolysis,
        "Gas made by the cell's current, such as \"O2: 4 e, above 1.55 V\"; its charge gives the sensitivity", 0, 1e15,
        "none"},
      T{"delay", "s", &S::delay_s, "Time gas takes from the sample to the ion source, with its uncertainty", 0, 1e5,
        "none"},
      T{"mixing", "s", &S::mixing_s, "Time constant of the volume in which gas mixes on its way", 0, 1e5, "none"},
      T{"clock_offset", "s", &S::clock_offset_s, "Added to the thermobalance's clock, with its uncertainty", -1e7, 1e7,
        "none"},
      T{"zone", "", &S::zone, "Time zone of clocks that name none, such as +01:00", 0, 1e15, "the same for both"},
      T{"align", "", &S::align, "Ion by which the clocks are aligned: it follows the loss of mass, such as 18 or 44", 0,
        1e15, "none"},
      T{"balance_units", "", &S::balance_units,
        "Units of time and mass of a thermobalance's table without names, such as \"h, mg\"", 0, 1e15, "none"}};
  return table;
}

}  // namespace lithoscope::massspec
