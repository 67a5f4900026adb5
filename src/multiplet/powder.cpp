// Polarisations and orientation averages of scattering amplitudes.
#include <cmath>

#include "lithoscope/multiplet/spectra.hpp"

namespace lithoscope::multiplet {
namespace {

std::complex<double> scalar(const Vector3& a, const Vector3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

Vector3 conjugated(const Vector3& v) { return {std::conj(v[0]), std::conj(v[1]), std::conj(v[2])}; }

}  // namespace

double intensity(const Stick& stick, const Vector3& polarisation) {
  std::complex<double> sum = 0;
  for (std::size_t a = 0; a < 3; ++a) {
    for (std::size_t b = 0; b < 3; ++b) sum += std::conj(polarisation[a]) * stick.strength[3 * a + b] * polarisation[b];
  }
  return sum.real();
}

double isotropic(const Stick& stick) {
  return (stick.strength[0].real() + stick.strength[4].real() + stick.strength[8].real()) / 3;
}

Vector3 pi_in(double incidence, double azimuth) {
  return {-std::sin(incidence) * std::cos(azimuth), -std::sin(incidence) * std::sin(azimuth), std::cos(incidence)};
}

Vector3 sigma(double azimuth) { return {-std::sin(azimuth), std::cos(azimuth), 0.0}; }

Vector3 pi_out(double exit, double azimuth) {
  return {std::sin(exit) * std::cos(azimuth), std::sin(exit) * std::sin(azimuth), std::cos(exit)};
}

Powder powder_linear(double cos2_between) { return {cos2_between, 1, cos2_between}; }

Powder powder_any_out(double cos2_in_and_exit) { return {1 - cos2_in_and_exit, 2, 1 - cos2_in_and_exit}; }

Powder powder_of(const Vector3& in, const Vector3& out) {
  return {std::norm(scalar(conjugated(out), in)), 1, std::norm(scalar(out, in))};
}

// Isotropic fourth-rank averages (Andrews and Thirunamachandran 1977) of the nine amplitudes.
double powder_average(const Tensor3& F, const Powder& w) {
  const double m1 = std::norm(F[0] + F[4] + F[8]);
  double m2 = 0;
  double m3 = 0;
  for (std::size_t a = 0; a < 3; ++a) {
    for (std::size_t b = 0; b < 3; ++b) {
      m2 += std::norm(F[3 * a + b]);
      m3 += std::real(F[3 * a + b] * std::conj(F[3 * b + a]));
    }
  }
  return (w.L1 * (4 * m1 - m2 - m3) + w.L2 * (-m1 + 4 * m2 - m3) + w.L3 * (-m1 - m2 + 4 * m3)) / 30;
}

}  // namespace lithoscope::multiplet
