#include "lithoscope/multiplet/crystal_field.hpp"

#include <fmt/format.h>

#include <cmath>
#include <sstream>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/io/text_table.hpp"

namespace lithoscope::multiplet {
namespace {

constexpr double hermitian_within_eV = 1e-9;

// Orbital matrix element for both spins.
void set(ShellMatrix& matrix, int m_row, int m_column, double value) {
  for (int s = 0; s < 2; ++s) matrix(2 * (m_row + 2) + s, 2 * (m_column + 2) + s) = value;
}

double worst_asymmetry(const ShellMatrix& matrix) {
  double worst = 0;
  for (int r = 0; r < 10; ++r) {
    for (int c = 0; c <= r; ++c) worst = std::max(worst, std::abs(matrix(r, c) - std::conj(matrix(c, r))));
  }
  return worst;
}

}  // namespace

ShellMatrix operator+(const ShellMatrix& a, const ShellMatrix& b) {
  ShellMatrix sum = a;
  for (std::size_t i = 0; i < sum.at.size(); ++i) sum.at[i] += b.at[i];
  return sum;
}

ShellMatrix operator*(double factor, const ShellMatrix& a) {
  ShellMatrix product = a;
  for (auto& value : product.at) value *= factor;
  return product;
}

ShellMatrix tetragonal(double a_1g_eV, double b_1g_eV, double b_2g_eV, double e_g_eV) {
  ShellMatrix matrix;
  set(matrix, 0, 0, a_1g_eV);
  set(matrix, 1, 1, e_g_eV);
  set(matrix, -1, -1, e_g_eV);
  // x2-y2 and xy are the sum and difference of m = 2 and -2.
  set(matrix, 2, 2, 0.5 * (b_1g_eV + b_2g_eV));
  set(matrix, -2, -2, 0.5 * (b_1g_eV + b_2g_eV));
  set(matrix, 2, -2, 0.5 * (b_1g_eV - b_2g_eV));
  set(matrix, -2, 2, 0.5 * (b_1g_eV - b_2g_eV));
  return matrix;
}

ShellMatrix cubic(double e_g_eV, double t_2g_eV, CubicAxis along_z) {
  if (along_z == CubicAxis::fourfold) return tetragonal(e_g_eV, e_g_eV, t_2g_eV, t_2g_eV);
  // t2g: 0, and sqrt(2/3) |+-2> -+ sqrt(1/3) |-+1>; e_g: sqrt(1/3) |+-2> +- sqrt(2/3) |-+1>.
  ShellMatrix matrix;
  const double off = (e_g_eV - t_2g_eV) * std::sqrt(2.0) / 3;
  set(matrix, 0, 0, t_2g_eV);
  for (const int sign : {1, -1}) {
    set(matrix, 2 * sign, 2 * sign, (2 * t_2g_eV + e_g_eV) / 3);
    set(matrix, sign, sign, (t_2g_eV + 2 * e_g_eV) / 3);
    set(matrix, 2 * sign, -sign, sign * off);
    set(matrix, -sign, 2 * sign, sign * off);
  }
  return matrix;
}

ShellMatrix octahedral(double ten_Dq_eV, CubicAxis along_z) {
  return cubic(0.6 * ten_Dq_eV, -0.4 * ten_Dq_eV, along_z);
}

ShellMatrix axial(double Ds_eV, double Dt_eV) {
  return tetragonal(-2 * Ds_eV - 6 * Dt_eV, 2 * Ds_eV - Dt_eV, 2 * Ds_eV - Dt_eV, -Ds_eV + 4 * Dt_eV);
}

void require_hermitian(const ShellMatrix& matrix, const std::string& what) {
  const double worst = worst_asymmetry(matrix);
  if (worst <= hermitian_within_eV) return;
  throw core::ComputationError({.what = what + " is not Hermitian",
                                .expected = "H(i,j) the complex conjugate of H(j,i) within 1e-9 eV",
                                .found = fmt::format("a difference of {:.3g} eV", worst),
                                .advice = "give both triangles of the matrix"});
}

namespace {

std::complex<double> parse_element(const std::string& word, const std::string& path, std::int64_t line) {
  std::string_view text = word;
  const auto number = [&](std::string_view part) {
    const auto value = io::to_number(part);
    constexpr double most_eV = 1e3;
    if (value && std::abs(*value) <= most_eV) return *value;
    throw core::UnreadableFile({.what = "a matrix element is not a number",
                                .where = {.path = path, .line = line},
                                .expected = "a number in eV between -1000 and 1000, or (re,im) without blanks",
                                .found = word});
  };
  if (!text.starts_with('(')) return number(text);
  const auto comma = text.find(',');
  if (comma == std::string_view::npos || !text.ends_with(')')) return number("");
  return {number(text.substr(1, comma - 1)), number(text.substr(comma + 1, text.size() - comma - 2))};
}

}  // namespace

ShellMatrix parse_shell_matrix(const std::string& text, const std::string& path) {
  ShellMatrix matrix;
  std::istringstream lines{text};
  std::string line;
  int row = 0;
  for (std::int64_t number = 1; std::getline(lines, line); ++number) {
    std::istringstream words{line.substr(0, line.find('#'))};
    std::vector<std::string> cells;
    for (std::string word; words >> word;) cells.push_back(word);
    if (cells.empty()) continue;
    if (cells.size() != 10 || row == 10) {
      throw core::UnreadableFile({.what = "not a matrix of ten spin-orbitals",
                                  .where = {.path = path, .line = number},
                                  .expected = "ten rows of ten numbers: m = -2 ... 2, spin up then down of each",
                                  .found = row == 10 ? "an eleventh row" : fmt::format("{} numbers", cells.size())});
    }
    for (int c = 0; c < 10; ++c) matrix(row, c) = parse_element(cells[static_cast<std::size_t>(c)], path, number);
    ++row;
  }
  if (row != 10) {
    throw core::UnreadableFile({.what = "not a matrix of ten spin-orbitals",
                                .where = {.path = path},
                                .expected = "ten rows of ten numbers",
                                .found = fmt::format("{} rows", row)});
  }
  require_hermitian(matrix, "the field of " + path);
  return matrix;
}

}  // namespace lithoscope::multiplet
