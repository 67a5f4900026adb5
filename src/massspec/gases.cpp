// The gases and their fragments: shares of the NIST Chemistry WebBook's spectra at 70 eV.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/massspec/overlap.hpp"

namespace lithoscope::massspec {

namespace {
constexpr std::array<std::string_view, 4> only_if_asked{"He", "Ar", "CH4", "C2H4"};
}  // namespace

bool same_mass(double a, double b) {
  constexpr double apart = 0.3;
  return std::abs(a - b) < apart;
}

double Gas::share_at(double mz) const {
  for (const Fragment& f : fragments) {
    if (same_mass(f.mz, mz)) return f.share;
  }
  return 0;
}

const std::vector<Gas>& known_gases() {
  static const std::vector<Gas> gases{
      {"H2", "hydrogen", 2.016, {{2, 1}, {1, 0.021}}},
      {"He", "helium", 4.003, {{4, 1}}},
      {"CH4", "methane", 16.043, {{16, 1}, {15, 0.888}, {14, 0.204}, {13, 0.106}, {12, 0.038}, {17, 0.016}}},
      {"H2O", "water", 18.015, {{18, 1}, {17, 0.212}, {16, 0.009}, {20, 0.003}, {19, 0.005}}},
      {"N2", "nitrogen", 28.014, {{28, 1}, {14, 0.1379}, {29, 0.0074}}},
      {"CO", "carbon monoxide", 28.010, {{28, 1}, {12, 0.047}, {16, 0.017}, {29, 0.012}}},
      {"C2H4", "ethylene", 28.054, {{28, 1}, {27, 0.623}, {26, 0.529}, {25, 0.078}, {29, 0.022}, {14, 0.021}}},
      {"O2", "oxygen", 31.998, {{32, 1}, {16, 0.218}}},
      {"Ar", "argon", 39.948, {{40, 1}, {20, 0.146}, {36, 0.003}}},
      {"CO2",
       "carbon dioxide",
       44.009,
       {{44, 1}, {28, 0.0981}, {16, 0.0961}, {12, 0.0871}, {22, 0.019}, {45, 0.012}, {46, 0.004}}}};
  return gases;
}

const Gas& gas_named(const std::string& name) {
  std::vector<std::string> names;
  for (const Gas& gas : known_gases()) {
    if (core::lower(gas.name) == core::lower(name) || gas.title == core::lower(name)) return gas;
    names.push_back(gas.name);
  }
  std::string all;
  for (const std::string& n : names) all += (all.empty() ? "" : ", ") + n;
  const std::string near = core::nearest_name(name, names);
  throw core::UsageError({.what = fmt::format("the gas \"{}\" is not known", name),
                          .expected = near.empty() ? all : fmt::format("\"{}\"; there are {}", near, all),
                          .found = name});
}

std::vector<std::string> visible_gases(std::span<const double> mz) {
  std::vector<std::string> out;
  for (const Gas& gas : known_gases()) {
    const bool seen = std::ranges::any_of(mz, [&](double m) { return same_mass(m, gas.base_mz()); });
    if (seen && std::ranges::find(only_if_asked, gas.name) == only_if_asked.end()) out.push_back(gas.name);
  }
  return out;
}

}  // namespace lithoscope::massspec
