// Ions and comparisons the multiplet tests share.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "lithoscope/core/progress.hpp"
#include "lithoscope/multiplet/broadening.hpp"
#include "lithoscope/multiplet/spectra.hpp"

namespace lithoscope::test {

inline std::vector<double> even(double from, double to, double step) {
  std::vector<double> out;
  for (int i = 0; from + i * step <= to; ++i) out.push_back(from + i * step);
  return out;
}

inline multiplet::IonModel ion(const char* name, const multiplet::ShellMatrix& field) {
  return multiplet::ion_model(material::parse_ion(name), 0.8, 1, field);
}

/// Ni2+ in NiO (Haverkort, PRB 85, 165113).
inline multiplet::IonModel nickel_oxide() {
  multiplet::IonModel model = ion("Ni2+", multiplet::octahedral(0.56));
  model.U_dd_eV = 7.3;
  model.U_pd_eV = 8.5;
  model.ligands.push_back({4.7, multiplet::cubic(2.06, 1.21), multiplet::octahedral(1.44)});
  return model;
}

inline std::vector<double> isotropic_of(const multiplet::IonModel& model,
                                        const multiplet::SolverSettings& settings = {}) {
  core::NoProgress quiet;
  const auto absorption = multiplet::Multiplet{model, settings}.absorption({}, quiet);
  return multiplet::isotropic_spectrum(absorption, even(-15, 30, 0.05), {}, 0);
}

inline double largest(const std::vector<double>& v) { return *std::ranges::max_element(v); }

/// Share of the maximum.
inline double difference(const std::vector<double>& a, const std::vector<double>& b) {
  double worst = a.size() == b.size() ? 0 : INFINITY;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    const double off = std::abs(a[i] - b[i]) / largest(a);
    worst = off <= worst ? worst : off;  // a NaN stays
  }
  return worst;
}

}  // namespace lithoscope::test
