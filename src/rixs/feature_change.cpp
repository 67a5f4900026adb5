#include "lithoscope/rixs/feature_change.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "gauss.hpp"
#include "lithoscope/core/statistics.hpp"
#include "map_difference.hpp"

namespace lithoscope::rixs {
namespace {

using Eigen::Index;
using Eigen::Matrix3d;
using Eigen::MatrixXd;
using Eigen::Vector3d;
using Eigen::VectorXd;

// Gaussian in both directions, or, along the incident energies, partly a Lorentzian of the same width at half maximum.
struct Shape {
  double incident_eV = 0, emission_eV = 0, sigma_incident_eV = 0, sigma_emission_eV = 0, lorentzian = 0;
};

// The line's rate a bin for one photon in all columns at the exposure of the state before.
VectorXd line_of(const MapDifference& bins, const MapPair& maps, const Shape& shape) {
  std::vector<double> across, along;
  double all = 0;
  for (std::size_t c = 0; c < maps.before.columns(); ++c) {
    const double z = (maps.before.incident_eV[c] - shape.incident_eV) / shape.sigma_incident_eV;
    const double half_widths = 2 * z / core::fwhm_per_sigma;
    const double gaussian = std::exp(-0.5 * z * z) / std::sqrt(std::numbers::pi * std::numbers::ln2);
    const double tails = 1 / (1 + half_widths * half_widths) / std::numbers::pi;
    // Each with the same area, so that the share is one of photons.
    across.push_back(gaussian * std::numbers::ln2 * (1 - shape.lorentzian) + shape.lorentzian * tails);
    all += across.back() * maps.exposure[c];
  }
  for (std::int64_t r = 0; r < maps.before.emission.count; ++r)
    along.push_back(gauss_share(maps.before.emission.edge(r), maps.before.emission.edge(r + 1), shape.emission_eV,
                                shape.sigma_emission_eV));
  VectorXd out(static_cast<Index>(bins.size()));
  for (std::size_t i = 0; i < bins.size(); ++i)
    out[static_cast<Index>(i)] = across[bins.column[i]] * along[bins.row[i]] / std::max(all, 1e-300);
  return out;
}

// What is known of the scale and of the shift before the maps are looked at, as precisions.
struct Known {
  double scale = 0, shift = 0;
};

struct Estimate {
  core::Value counts;
  double z = 0;  // with the expected variance
  Vector3d all = Vector3d::Zero();
  Matrix3d covariance = Matrix3d::Zero();
};

class Fit {
 public:
  Fit(const MapPair& maps, Known known) : maps_{maps}, bins_{difference_of(maps)}, known_{known} {
    weight_ = bins_.expected_variance.cwiseInverse();
    nuisance_.resize(bins_.level.size(), 2);
    nuisance_ << bins_.level, -bins_.slope;  // light that moves up by one eV is that from one eV below
    of_nuisance_ = nuisance_.transpose() * weight_.asDiagonal() * nuisance_;
    of_nuisance_(0, 0) += known.scale;
    of_nuisance_(1, 1) += known.shift;
    pull_ = nuisance_.transpose() * weight_.cwiseProduct(bins_.difference);
  }
  Estimate at(const Shape& shape) const {
    const VectorXd line = line_of(bins_, maps_, shape);
    const VectorXd weighted = weight_.cwiseProduct(line);
    Matrix3d a;
    a(0, 0) = weighted.dot(line);
    a.block<1, 2>(0, 1) = weighted.transpose() * nuisance_;
    a.block<2, 1>(1, 0) = a.block<1, 2>(0, 1).transpose();
    a.block<2, 2>(1, 1) = of_nuisance_;
    Vector3d b;
    b << weighted.dot(bins_.difference), pull_;
    // Units differ by many orders of magnitude.
    const Vector3d scale = a.diagonal().cwiseMax(1e-300).cwiseSqrt().cwiseInverse();
    const Matrix3d inverse =
        scale.asDiagonal() *
        (scale.asDiagonal() * a * scale.asDiagonal()).completeOrthogonalDecomposition().pseudoInverse() *
        scale.asDiagonal();
    Estimate out;
    out.all = inverse * b;
    out.covariance = inverse;
    // How each bin moves the counts, and with that what the counts' own noise makes of them.
    const VectorXd lever =
        weighted * inverse(0, 0) + weight_.cwiseProduct(nuisance_ * inverse.block<1, 2>(0, 1).transpose());
    double variance = lever.cwiseAbs2().dot(bins_.counted_variance);
    variance += inverse(0, 1) * inverse(0, 1) * known_.scale + inverse(0, 2) * inverse(0, 2) * known_.shift;
    out.counts = {out.all[0], variance};
    out.z = out.all[0] / std::sqrt(inverse(0, 0));
    return out;
  }
  // Chi squared of what is left, as standard deviations of a normal; bins put together until they hold enough counts.
  double misfit(const Shape& shape, const Estimate& e) const {
    MatrixXd model(nuisance_.rows(), 3);
    model << line_of(bins_, maps_, shape), nuisance_;
    const VectorXd rest = bins_.difference - model * e.all;
    constexpr double enough = 12;  // counts of both
    double chi_squared = 0, degrees = -3, sum = 0, variance = 0, counts = 0;
    for (std::size_t i = 0; i < bins_.size(); ++i) {
      const auto k = static_cast<Index>(i);
      const std::size_t c = bins_.column[i];
      // Where next to nothing is expected the variance was raised.
      if (bins_.level[k] * (1 / maps_.exposure[c] + 1 / maps_.exposure_after[c]) < bins_.expected_variance[k]) continue;
      sum += rest[k];
      variance += bins_.expected_variance[k];
      counts += bins_.level[k] * (maps_.exposure[c] + maps_.exposure_after[c]);
      if (counts < enough) continue;
      chi_squared += sum * sum / variance;
      degrees += 1;
      sum = variance = counts = 0;
    }
    return degrees > 0 ? core::normal_score(chi_squared, degrees) : 0;
  }

 private:
  const MapPair& maps_;
  MapDifference bins_;
  Known known_;
  VectorXd weight_;
  MatrixXd nuisance_;
  Eigen::Matrix2d of_nuisance_;
  Eigen::Vector2d pull_;
};

// What is known of place and widths before the difference is looked at: what both maps together tell, or that a line is
// about where it is sought.
struct KnownShape {
  core::Value incident_eV, emission_eV, sigma_incident_eV, sigma_emission_eV;
};
KnownShape known_shape(const FeatureChange& change, const FeatureSettings& s) {
  if (change.known_shape) {
    const Feature& f = *change.both;
    return {f.incident_eV, f.emission_eV, f.sigma_incident_eV, f.sigma_emission_eV};
  }
  constexpr double third = 1.0 / 3, of_width = 0.3;
  return {core::Value::with_sigma(s.incident_eV, third * s.search_incident_eV),
          core::Value::with_sigma(s.emission_eV, third * s.search_emission_eV),
          core::Value::with_sigma(s.sigma_incident_eV, of_width * s.sigma_incident_eV),
          core::Value::with_sigma(s.sigma_emission_eV, of_width * s.sigma_emission_eV)};
}

Shape middle_of(const KnownShape& k) {
  return {k.incident_eV.value, k.emission_eV.value, k.sigma_incident_eV.value, k.sigma_emission_eV.value};
}

// Shapes with the weights of a normal distribution; widths in their logarithms.
std::vector<std::pair<Shape, double>> shapes_of(const KnownShape& known) {
  constexpr std::array<std::pair<double, double>, 7> places{
      {{-2.1, 0.0439}, {-1.4, 0.1049}, {-0.7, 0.2191}, {0, 0.2642}, {0.7, 0.2191}, {1.4, 0.1049}, {2.1, 0.0439}}};
  constexpr std::array<std::pair<double, double>, 3> widths{
      {{-std::numbers::sqrt3, 1.0 / 6}, {0, 2.0 / 3}, {std::numbers::sqrt3, 1.0 / 6}}};
  // Resonances have some of both shapes; a map seldom tells.
  constexpr std::array<std::pair<double, double>, 2> profiles{{{0, 0.8}, {0.7, 0.2}}};
  const auto wide = [](const core::Value& v, double k) {
    return v.value * std::exp(k * std::min(0.5, v.sigma() / v.value));
  };
  std::vector<std::pair<Shape, double>> out;
  for (const auto& [kx, wx] : places) {
    for (const auto& [ky, wy] : places) {
      for (const auto& [ka, wa] : widths) {
        for (const auto& [kb, wb] : widths) {
          for (const auto& [lorentzian, wl] : profiles)
            out.push_back({{known.incident_eV.value + kx * known.incident_eV.sigma(),
                            known.emission_eV.value + ky * known.emission_eV.sigma(), wide(known.sigma_incident_eV, ka),
                            wide(known.sigma_emission_eV, kb), lorentzian},
                           wx * wy * wa * wb * wl});
        }
      }
    }
  }
  return out;
}

// The change with the shape left open within what is known of it: each shape counts by its weight and by how well it
// describes the difference. Before the difference is looked at, a change in units of its own noise is as likely for one
// shape as for another: as likely in photons would favour wide ones.
struct Mixture {
  std::vector<core::Value> parts;
  std::vector<Shape> shapes;
  std::vector<double> weights;

  double share_below(double value) const {
    double sum = 0;
    for (std::size_t i = 0; i < parts.size(); ++i)
      sum += weights[i] * core::upper_tail((parts[i].value - value) / parts[i].sigma());
    return sum;
  }
  core::Value moments() const {
    double mean = 0, square = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) mean += weights[i] * parts[i].value;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const double off = parts[i].value - mean;
      square += weights[i] * (parts[i].variance + off * off);
    }
    return {mean, square};
  }
  double quantile(double share) const {
    const core::Value all = moments();
    double low = all.value - 12 * all.sigma(), high = all.value + 12 * all.sigma();
    for (int i = 0; i < 60; ++i) {
      const double middle = 0.5 * (low + high);
      (share_below(middle) < share ? low : high) = middle;
    }
    return 0.5 * (low + high);
  }
};

Mixture mixture_of(const Fit& fit, const std::vector<std::pair<Shape, double>>& shapes) {
  Mixture out;
  double highest = -1e300, sum = 0;
  std::vector<double> logs;
  for (const auto& [shape, weight] : shapes) {
    const Estimate e = fit.at(shape);
    if (!(e.counts.variance > 0)) continue;
    out.parts.push_back(e.counts);
    out.shapes.push_back(shape);
    logs.push_back(std::log(weight) + 0.5 * e.z * e.z);
    highest = std::max(highest, logs.back());
  }
  for (const double l : logs) sum += out.weights.emplace_back(std::exp(l - highest));
  for (double& w : out.weights) w /= sum;
  return out;
}

void search(const Fit& fit, const FeatureSettings& s, FeatureChange& out) {
  constexpr std::array incident_widths{0.3, 0.5, 0.8}, emission_widths{0.6, 0.9, 1.4};
  constexpr double step = 0.5;  // of a width
  const auto places = [](double centre, double range, double width) {
    std::vector<double> at;
    const int n = std::max(1, static_cast<int>(std::ceil(range / (step * width))));
    for (int i = -n; i <= n; ++i) at.push_back(centre + range * i / n);
    return at;
  };
  for (const double a : incident_widths) {
    for (const double b : emission_widths) {
      for (const double x : places(s.incident_eV, s.search_incident_eV, a)) {
        for (const double y : places(s.emission_eV, s.search_emission_eV, b)) {
          const double z = fit.at({x, y, a, b}).z;
          if (std::abs(z) <= std::abs(out.largest)) continue;
          out.largest = z;
          out.largest_incident_eV = x;
          out.largest_emission_eV = y;
        }
      }
    }
  }
  const double per = std::numbers::sqrt2;
  const std::array lengths{2 * s.search_incident_eV / (per * 0.5), 2 * s.search_emission_eV / (per * 0.9),
                           std::log(0.8 / 0.3) / per, std::log(1.4 / 0.6) / per};
  out.chance = std::min(1.0, 2 * chance_elsewhere(std::abs(out.largest), lengths));
}

// The box about the place where none is given.
Region usual_box(const Shape& shape) {
  constexpr double incident_eV = 1, emission_eV = 1.75;
  const double x = shape.incident_eV, y = shape.emission_eV;
  return {.name = "the box",
          .polygon = {{x - incident_eV, y - emission_eV},
                      {x + incident_eV, y - emission_eV},
                      {x + incident_eV, y + emission_eV},
                      {x - incident_eV, y + emission_eV}}};
}

// Sums at equal exposure, column by column.
void compare_box(const MapPair& maps, const StateScale& scale, FeatureChange& out) {
  const std::vector<double> inside = region_weights(maps.before, out.box);
  double before = 0, after = 0, of_before = 0, of_after = 0, mean = 0;
  for (std::size_t i = 0; i < inside.size(); ++i) {
    const std::size_t c = i % maps.before.columns();
    const auto r = static_cast<std::int64_t>(i / maps.before.columns());
    const double a = maps.exposure[c], b = maps.exposure_after[c], w = inside[i];
    if (!(a > 0 && b > 0) || w == 0) continue;
    const double to = a / b;  // photons after, at the exposure before
    before += w * maps.before.at(r, c);
    after += w * to * maps.after.at(r, c);
    of_before += w * w * maps.before.variance_at(r, c);
    of_after += w * w * to * to * maps.after.variance_at(r, c);
    mean += w;
  }
  out.box_before = before;
  const double ratio = before > 0 ? after / before : 0;
  const double of_scale = scale.ratio.variance / (scale.ratio.value * scale.ratio.value);
  out.box_ratio = {ratio, before > 0
                              ? (of_after + ratio * ratio * of_before) / (before * before) + ratio * ratio * of_scale
                              : std::numeric_limits<double>::infinity()};
}

// Photons of the feature in both maps if it had this shape, from the covariance of its fit.
core::Value counts_given(const Feature& f, const Shape& shape) {
  const Eigen::Map<const Eigen::Matrix<double, 5, 5, Eigen::RowMajor>> all{f.covariance.data()};
  const Eigen::Vector4d off{shape.incident_eV - f.incident_eV.value, shape.emission_eV - f.emission_eV.value,
                            std::log(shape.sigma_incident_eV / f.sigma_incident_eV.value),
                            std::log(shape.sigma_emission_eV / f.sigma_emission_eV.value)};
  const Eigen::Matrix4d of_shape = all.topLeftCorner<4, 4>();
  const Eigen::Vector4d with = all.topRightCorner<4, 1>();
  const Eigen::Vector4d pull = of_shape.ldlt().solve(with);
  return {f.counts.value + pull.dot(off), std::max(0.0, all(4, 4) - pull.dot(with)) + f.spread * f.spread};
}

// Change over what was there before, shape by shape: a wider one has more photons in both. Difference and sum of two
// counts do not depend on each other on the scale of their noise.
void relate(const MapPair& maps, const Mixture& mixture, FeatureChange& out) {
  if (!out.known_shape) {
    out.why_no_relative = out.both ? why_unusable(*out.both) : "The maps do not show it.";
    return;
  }
  const Feature& f = *out.both;
  double a = 0, b = 0;
  for (std::size_t c = 0; c < maps.before.columns(); ++c) {
    const double w = gauss_density(maps.before.incident_eV[c], f.incident_eV.value, f.sigma_incident_eV.value);
    a += w * maps.exposure[c];
    b += w * maps.exposure_after[c];
  }
  const double k = b / a;
  Mixture ratios{.parts = {}, .shapes = {}, .weights = mixture.weights};
  for (std::size_t i = 0; i < mixture.parts.size(); ++i) {
    const core::Value sum = counts_given(f, mixture.shapes[i]), change = mixture.parts[i];
    const double before = (sum.value - k * change.value) / (1 + k);
    if (!(before > 3 * sum.sigma() / (1 + k))) {
      out.why_no_relative = "The state before hardly shows it.";
      return;
    }
    const double by_change = sum.value / ((1 + k) * before * before);
    const double by_sum = -change.value / ((1 + k) * before * before);
    ratios.parts.push_back(
        {change.value / before, by_change * by_change * change.variance + by_sum * by_sum * sum.variance});
  }
  out.relative = ratios.moments();
}

RixsMap both_maps(const RixsMap& before, const RixsMap& after) {
  RixsMap second = after;
  second.incident_eV = before.incident_eV;
  second.emission = before.emission;
  const std::array maps{before, second};
  return sum_maps(maps);
}

}  // namespace

bool changed(const FeatureChange& change) {
  constexpr double sigmas = 3, by_chance = 0.0027;
  return std::abs(change.significance) > sigmas || change.chance < by_chance;
}

std::optional<FeatureChange> compare_feature(const RixsMap& before, const RixsMap& after, const StateScale& scale,
                                             const FeatureSettings& settings, const Region* box) {
  const auto holds = [&](const RixsMap& map) {
    return !map.is_loss && map.columns() > 2 && map.incident_eV.front() < settings.incident_eV &&
           map.incident_eV.back() > settings.incident_eV && map.emission.edge(0) < settings.emission_eV &&
           map.emission.edge(map.emission.count) > settings.emission_eV;
  };
  if (!holds(before) || !holds(after)) return std::nullopt;
  FeatureChange out;
  out.both = find_feature(both_maps(before, after), settings);
  out.known_shape = out.both && why_unusable(*out.both).empty();
  MapPair maps{before, after, exposures(before, scale.source), exposures(after, scale.source)};
  for (double& e : maps.exposure_after) e *= scale.ratio.value;
  constexpr double least_shift_eV = 0.05;  // of two runs of one detector, where nothing is said of it
  const double shift = std::max(least_shift_eV, std::hypot(before.energy_sigma_eV, after.energy_sigma_eV));
  Known known{.scale = 0, .shift = 1 / (shift * shift)};
  constexpr double exact = 1e12;
  // The scale of the rest of the map is what the maps themselves say: fitted along.
  if (scale.source != ScaleSource::rest_of_map) known.scale = std::min(exact, 1 / scale.ratio.variance);
  const Fit fit{maps, known};
  const KnownShape known_of_line = known_shape(out, settings);
  const Mixture mixture = mixture_of(fit, shapes_of(known_of_line));
  out.counts = mixture.moments();
  out.low = mixture.quantile(0.025);
  out.high = mixture.quantile(0.975);
  out.significance = out.counts.value / out.counts.sigma();
  const Shape best = middle_of(known_of_line);
  const Estimate at_best = fit.at(best);
  out.misfit = fit.misfit(best, at_best);
  out.shift_eV = {at_best.all[2], at_best.covariance(2, 2)};
  search(fit, settings, out);
  out.box = box != nullptr ? *box : usual_box(best);
  compare_box(maps, scale, out);
  relate(maps, mixture, out);
  return out;
}

}  // namespace lithoscope::rixs
