// One-electron operators of a d shell: what ligands around an ion do to its orbitals, by symmetry.
#pragma once

#include <array>
#include <complex>
#include <string>

namespace lithoscope::multiplet {

/// Hermitian, over ten spin-orbitals: complex harmonics (Condon-Shortley) m = -2 ... 2, spin up then down of each; eV.
/// Row-major, <row|H|column>.
struct ShellMatrix {
  std::array<std::complex<double>, 100> at{};

  std::complex<double>& operator()(int row, int column) { return at[place(row, column)]; }
  std::complex<double> operator()(int row, int column) const { return at[place(row, column)]; }

  static std::size_t place(int row, int column) {
    return 10 * static_cast<std::size_t>(row) + static_cast<std::size_t>(column);
  }
};

ShellMatrix operator+(const ShellMatrix& a, const ShellMatrix& b);
ShellMatrix operator*(double factor, const ShellMatrix& a);

/// Which axis of the octahedron lies along z, the axis of quantisation.
enum class CubicAxis { fourfold, threefold };

/// The orbitals e_g and t2g of a cubic group at these energies (or couplings).
ShellMatrix cubic(double e_g_eV, double t_2g_eV, CubicAxis along_z = CubicAxis::fourfold);

/// Octahedral field: e_g at +0.6, t2g at -0.4 times 10Dq. Negative for a tetrahedron.
ShellMatrix octahedral(double ten_Dq_eV, CubicAxis along_z = CubicAxis::fourfold);

/// The part of a field that only knows an axis, z: Ds and Dt of D4h, D-sigma and D-tau of D3d and C3v, D-mu and D-nu of
/// D3h. m = 0: -2 Ds - 6 Dt; |m| = 1: -Ds + 4 Dt; |m| = 2: 2 Ds - Dt.
ShellMatrix axial(double Ds_eV, double Dt_eV);

/// D4h orbitals at these energies (or couplings): z2, x2-y2, xy, and xz with yz.
ShellMatrix tetragonal(double a_1g_eV, double b_1g_eV, double b_2g_eV, double e_g_eV);

/// A matrix from text: ten rows of ten numbers, each real or "(re,im)"; '#' starts a comment. Throws UnreadableFile,
/// also when it is not Hermitian within 1e-9 eV.
ShellMatrix parse_shell_matrix(const std::string& text, const std::string& path);

/// Throws ComputationError when it is not Hermitian within 1e-9 eV.
void require_hermitian(const ShellMatrix& matrix, const std::string& what);

}  // namespace lithoscope::multiplet
