// Chemical formulas: element amounts and molar mass.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lithoscope::material {

struct ElementAmount {
  std::string symbol;
  double per_formula_unit = 0;
};

struct Composition {
  std::string formula;
  std::vector<ElementAmount> elements;  ///< by atomic number
  double molar_mass_g_per_mol = 0;      ///< atomic weights of xraylib

  double amount(std::string_view symbol) const;  ///< per formula unit; 0 when absent
};

/// "Li1.2Ni0.15Co0.1Mn0.55O2", with decimals and brackets. Throws UsageError when it is not a formula.
Composition parse_formula(const std::string& formula);

}  // namespace lithoscope::material
