#include "lithoscope/material/composition.hpp"

#include <fmt/format.h>
#include <xraylib.h>

#include <memory>

#include "lithoscope/core/errors.hpp"

namespace lithoscope::material {
namespace {

struct CompoundDeleter {
  void operator()(compoundData* data) const { FreeCompoundData(data); }
};

}  // namespace

double Composition::amount(std::string_view symbol) const {
  for (const ElementAmount& element : elements) {
    if (element.symbol == symbol) return element.per_formula_unit;
  }
  return 0;
}

Composition parse_formula(const std::string& formula) {
  xrl_error* error = nullptr;
  const std::unique_ptr<compoundData, CompoundDeleter> parsed{CompoundParser(formula.c_str(), &error)};
  if (!parsed) {
    const std::string reason = error != nullptr ? error->message : "no element symbols";
    xrl_clear_error(&error);
    throw core::UsageError({.what = fmt::format("\"{}\" is not a chemical formula", formula),
                            .expected = "element symbols with amounts, such as Li1.2Ni0.15Co0.1Mn0.55O2",
                            .found = reason,
                            .advice = "write symbols with capital letters and amounts with a decimal point"});
  }
  Composition composition{.formula = formula, .molar_mass_g_per_mol = parsed->molarMass};
  for (int i = 0; i < parsed->nElements; ++i) {
    char* symbol = AtomicNumberToSymbol(parsed->Elements[i], nullptr);
    composition.elements.push_back({symbol, parsed->nAtoms[i]});
    xrlFree(symbol);
  }
  return composition;
}

}  // namespace lithoscope::material
