#include "feature_discrepancy.hpp"

#include "lithoscope/core/statistics.hpp"

namespace lithoscope::rixs::feature_model {
namespace {

// Bins put together, so that the field's covariance stays small: no wider than half a feature.
struct Cells {
  VectorXd residual, variance, background, u_eV, v_eV;
  MatrixXd tangent;  // of the background's parameters
};

std::vector<std::size_t> groups_of(const std::vector<double>& at, double width) {
  std::vector<std::size_t> out{0};
  double from = at.front();
  for (std::size_t i = 1; i < at.size(); ++i) {
    const bool next = at[i] - from >= width * (1 - 1e-9);
    if (next) from = at[i];
    out.push_back(out.back() + (next ? 1 : 0));
  }
  return out;
}

// Which cell each bin of the patch belongs to; below zero: none.
struct Grid {
  std::vector<Index> cell;
  Index cells = 0;
};
Grid grid_of(const Patch& w) {
  constexpr double incident_eV = 0.4, emission_eV = 1;
  const std::vector<double> lower{w.edge_eV.begin(), w.edge_eV.end() - 1};
  const auto across = groups_of(w.incident_eV, incident_eV), along = groups_of(lower, emission_eV);
  const std::size_t columns = across.back() + 1;
  std::vector<Index> number(columns * (along.back() + 1), -1);
  Grid out;
  for (std::size_t r = 0; r < w.rows(); ++r) {
    for (std::size_t c = 0; c < w.columns(); ++c) {
      Index& n = number[along[r] * columns + across[c]];
      const bool fitted = w.counts[r * w.columns() + c] >= 0;
      if (fitted && n < 0) n = out.cells++;
      out.cell.push_back(fitted ? n : -1);
    }
  }
  return out;
}

Cells cells_of(const Model& model) {
  const Patch& w = model.patch();
  const Grid grid = grid_of(w);
  const Index parameters = model.parameters(), free = parameters - at_background, n = grid.cells;
  Cells out{VectorXd::Zero(n), VectorXd::Zero(n), VectorXd::Zero(n),
            VectorXd::Zero(n), VectorXd::Zero(n), MatrixXd::Zero(n, free)};
  std::vector<double> d(static_cast<std::size_t>(parameters));
  for (std::size_t r = 0; r < w.rows(); ++r) {
    for (std::size_t c = 0; c < w.columns(); ++c) {
      const Index k = grid.cell[r * w.columns() + c];
      if (k < 0) continue;
      const double mu = std::max(1e-12, model.background(r, c));
      out.residual[k] += w.counts[r * w.columns() + c] - mu;
      out.variance[k] += mu;
      out.u_eV[k] += mu * w.incident_eV[c];
      out.v_eV[k] += mu * 0.5 * (w.edge_eV[r] + w.edge_eV[r + 1]);
      model.gradient(r, c, d.data());
      for (Index p = 0; p < free; ++p) out.tangent(k, p) += d[static_cast<std::size_t>(at_background + p)];
    }
  }
  out.background = out.variance;
  out.u_eV = out.u_eV.cwiseQuotient(out.variance);
  out.v_eV = out.v_eV.cwiseQuotient(out.variance);
  // Counts about a base that is too low somewhere scatter by what is there, not by what is expected.
  for (Index k = 0; k < n; ++k) out.variance[k] = std::max(out.variance[k], out.variance[k] + out.residual[k]);
  for (Index p = 0; p < free; ++p) {
    const double size = std::sqrt(out.tangent.col(p).cwiseAbs2().cwiseQuotient(out.variance).sum());
    if (size > 0) out.tangent.col(p) /= size;
  }
  return out;
}

// One photon of a line of this shape.
VectorXd line_in_cells(const Model& like, const VectorXd& shape) {
  const Patch& w = like.patch();
  const Grid grid = grid_of(w);
  Model model = like;
  model.set(shape);
  VectorXd out = VectorXd::Zero(grid.cells);
  for (std::size_t r = 0; r < w.rows(); ++r) {
    for (std::size_t c = 0; c < w.columns(); ++c) {
      const Index k = grid.cell[r * w.columns() + c];
      if (k >= 0) out[k] += model.shape(r, c);
    }
  }
  return out;
}

// A random field: its size relative to the background, and over which energies it hardly changes.
struct Field {
  double size = 0, length_u_eV = 1, length_v_eV = 1;
};

// What the map says with a field of one size and two lengths: of the field itself, and of each line beside it.
struct UnderField {
  double log_likelihood = 0;  // restricted, without a line
  VectorXd counts, variance;  // of each line
};

MatrixXd covariance_of(const Cells& cells, const Field& field) {
  const Index n = cells.residual.size();
  MatrixXd out = cells.variance.asDiagonal();
  for (Index i = 0; i < n; ++i) {
    for (Index j = 0; j <= i; ++j) {
      const double u = (cells.u_eV[i] - cells.u_eV[j]) / field.length_u_eV;
      const double v = (cells.v_eV[i] - cells.v_eV[j]) / field.length_v_eV;
      out(i, j) +=
          field.size * field.size * cells.background[i] * cells.background[j] * std::exp(-0.5 * (u * u + v * v));
      out(j, i) = out(i, j);
    }
  }
  return out;
}

UnderField look_under(const Cells& cells, const MatrixXd& lines, const Field& field) {
  const Eigen::LLT<MatrixXd> root{covariance_of(cells, field)};
  const MatrixXd x = root.matrixL().solve(cells.tangent), g = root.matrixL().solve(lines);
  const VectorXd y = root.matrixL().solve(cells.residual);
  // A weak ridge on the background's parameters, which are in units of their own noise.
  MatrixXd information = x.transpose() * x;
  information.diagonal().array() += 1e-6;
  const Eigen::LDLT<MatrixXd> solver{information};
  const VectorXd pull = x.transpose() * y;
  const MatrixXd mixed = x.transpose() * g;
  UnderField out;
  const MatrixXd l = root.matrixL();
  out.log_likelihood = -l.diagonal().array().log().sum() - 0.5 * solver.vectorD().array().log().sum() -
                       0.5 * (y.squaredNorm() - pull.dot(solver.solve(pull)));
  const MatrixXd carried = solver.solve(mixed);
  const VectorXd size = (g.colwise().squaredNorm() - mixed.cwiseProduct(carried).colwise().sum()).transpose();
  out.variance = size.cwiseMax(1e-12).cwiseInverse();
  out.counts = (g.transpose() * y - carried.transpose() * pull).cwiseProduct(out.variance);
  return out;
}

std::vector<Field> fields() {
  constexpr std::array sizes{0.01, 0.03, 0.1, 0.3, 1.0};
  constexpr std::array lengths_u{0.5, 0.8, 1.3, 2.0}, lengths_v{0.9, 1.5, 2.5, 4.0};
  std::vector<Field> out{{0, 1, 1}};
  for (const double size : sizes) {
    for (const double u : lengths_u) {
      for (const double v : lengths_v) out.push_back({size, u, v});
    }
  }
  return out;
}

double log_sum(const std::vector<double>& logs) {
  const double highest = *std::ranges::max_element(logs);
  double sum = 0;
  for (const double l : logs) sum += std::exp(l - highest);
  return highest + std::log(sum);
}

}  // namespace

Doubted doubt_background(const Model& model, std::vector<VectorXd> sought, const VectorXd& line) {
  const Cells cells = cells_of(model);
  sought.push_back(line);
  MatrixXd lines(cells.residual.size(), static_cast<Index>(sought.size()));
  for (std::size_t k = 0; k < sought.size(); ++k) lines.col(static_cast<Index>(k)) = line_in_cells(model, sought[k]);
  std::vector<double> alone;
  std::vector<UnderField> seen;
  for (const Field& field : fields()) {
    seen.push_back(look_under(cells, lines, field));
    alone.push_back(seen.back().log_likelihood);
  }
  const auto with = [&](Index k) {
    std::vector<double> logs;
    for (const UnderField& s : seen) {
      const double z = std::max(0.0, s.counts[k]) / std::sqrt(s.variance[k]);
      logs.push_back(s.log_likelihood + 0.5 * z * z);
    }
    return logs;
  };
  const double without = log_sum(alone);
  Doubted out;
  double gain = 0;
  const Index last = lines.cols() - 1;
  for (Index k = 0; k < last; ++k) gain = std::max(gain, log_sum(with(k)) - without);
  out.significance = std::sqrt(2 * gain);
  const std::vector<double> logs = with(last);
  const double all = log_sum(logs);
  double mean = 0, square = 0;
  for (std::size_t h = 0; h < seen.size(); ++h) mean += std::exp(logs[h] - all) * seen[h].counts[last];
  for (std::size_t h = 0; h < seen.size(); ++h)
    square += std::exp(logs[h] - all) * (seen[h].variance[last] + std::pow(seen[h].counts[last] - mean, 2));
  out.counts = {mean, square};
  return out;
}

}  // namespace lithoscope::rixs::feature_model
