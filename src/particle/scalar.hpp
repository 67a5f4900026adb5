// The solver is written once for plain numbers and for numbers that carry derivatives. Private to the room.
#pragma once

#include <cmath>

namespace lithoscope::particle {

inline double value_of(double x) { return x; }
template <class T>
double value_of(const T& x) {
  return x.a;  // ceres::Jet
}

/// A model's numbers as the solver's scalar. For derivatives, the specialisation for jets knows which numbers are asked
/// for, by address.
struct PlainNumbers {
  double operator()(const double& number) const { return number; }
};

}  // namespace lithoscope::particle
