#include "angular.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace lithoscope::multiplet {
namespace {

double factorial(int n) {
  double product = 1;
  for (int i = 2; i <= n; ++i) product *= i;
  return product;
}

double sign(int power) { return power % 2 == 0 ? 1 : -1; }

}  // namespace

double wigner_3j(int j1, int j2, int j3, int m1, int m2, int m3) {
  const bool triangle = j3 >= std::abs(j1 - j2) && j3 <= j1 + j2;
  const bool projections = std::abs(m1) <= j1 && std::abs(m2) <= j2 && std::abs(m3) <= j3 && m1 + m2 + m3 == 0;
  if (!triangle || !projections) return 0;
  const double size = factorial(j1 + j2 - j3) * factorial(j1 - j2 + j3) * factorial(-j1 + j2 + j3) /
                      factorial(j1 + j2 + j3 + 1) * factorial(j1 + m1) * factorial(j1 - m1) * factorial(j2 + m2) *
                      factorial(j2 - m2) * factorial(j3 + m3) * factorial(j3 - m3);
  double sum = 0;
  for (int k = std::max({0, j2 - j3 - m1, j1 - j3 + m2}); k <= std::min({j1 + j2 - j3, j1 - m1, j2 + m2}); ++k) {
    sum += sign(k) / (factorial(k) * factorial(j1 + j2 - j3 - k) * factorial(j1 - m1 - k) * factorial(j2 + m2 - k) *
                      factorial(j3 - j2 + m1 + k) * factorial(j3 - j1 - m2 + k));
  }
  return sign(j1 - j2 - m3) * std::sqrt(size) * sum;
}

double clebsch_gordan(int j1, int m1, int j2, int m2, int j, int m) {
  return sign(j1 - j2 + m) * std::sqrt(2.0 * j + 1) * wigner_3j(j1, j2, j, m1, m2, -m);
}

double gaunt(int k, int l, int m, int l2, int m2) {
  return sign(m) * std::sqrt((2.0 * l + 1) * (2.0 * l2 + 1)) * wigner_3j(l, k, l2, 0, 0, 0) *
         wigner_3j(l, k, l2, -m, m - m2, m2);
}

}  // namespace lithoscope::multiplet
