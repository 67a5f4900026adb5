#include "lithoscope/xas/features.hpp"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "lithoscope/core/cubic_spline.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/rng.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/text_table.hpp"
#include "lithoscope/material/fluorescence.hpp"
#include "unit_spline.hpp"

namespace lithoscope::xas {
namespace {

// How much each point counts in the mean of the curve over a window: of the spline through the points, so that a window
// may begin anywhere between them.
std::vector<double> mean_weights(const Spectrum& s, double from, double to) {
  const std::vector<double>& energy = s.energy_eV;
  const auto inside = std::ranges::count_if(energy, [&](double e) { return e >= from && e <= to; });
  const double beyond = (energy.back() - energy.front()) / static_cast<double>(energy.size() - 1);
  const bool reaches = from >= energy.front() - beyond && to <= energy.back() + beyond;
  if (inside < 2 || !reaches) {
    throw core::UsageError(
        {.what = fmt::format("the spectrum does not fill {:g} to {:g} eV", from, to),
         .expected = "points all along it",
         .found = fmt::format("{} points; it reaches from {:g} to {:g} eV", inside, energy.front(), energy.back())});
  }
  constexpr std::int64_t mesh_per_point = 6;
  const auto mesh = static_cast<int>(mesh_per_point * inside);
  std::vector<double> weights(energy.size(), 0.0);
  // Points so far from the window that their splines have ended are not asked.
  const auto first = std::ranges::lower_bound(energy, from) - energy.begin();
  const auto last = std::ranges::upper_bound(energy, to) - energy.begin();
  const auto begin = static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, first - UnitSpline::reach));
  const auto end = std::min(energy.size(), static_cast<std::size_t>(last + UnitSpline::reach));
  for (std::size_t j = begin; j < end; ++j) {
    const UnitSpline unit{energy, j};
    for (int m = 0; m < mesh; ++m) {
      const double e = from + (to - from) * (m + 0.5) / mesh;
      if (e >= unit.from_eV && e <= unit.to_eV) weights[j] += unit.curve.value(e) / mesh;
    }
  }
  return weights;
}

double sum_of(const std::vector<double>& weights, const Spectrum& s) {
  double out = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) out += weights[i] * s.intensity[i];
  return out;
}

double step_at(double x) { return 0.5 + std::atan(x) / std::numbers::pi; }

struct Line {
  double centre = 0, half_width = 0;
};
// Place of the maximum and half width at half maximum above a level, the mean of both sides.
Line line_at(const Spectrum& s, double near, double level_below, double level_above) {
  constexpr double search_eV = 6;
  const core::CubicSpline curve{s.energy_eV, s.intensity};
  constexpr double mesh_eV = 0.01;
  const double low = std::max(near - search_eV, s.energy_eV.front());
  const double high = std::min(near + search_eV, s.energy_eV.back());
  if (!(low < high)) {
    throw core::UsageError({.what = fmt::format("the spectrum does not hold an edge at {:g} eV", near),
                            .expected = "energies about it",
                            .found = fmt::format("{:g} to {:g} eV", s.energy_eV.front(), s.energy_eV.back())});
  }
  double best = low;
  for (int i = 0; low + i * mesh_eV <= high; ++i) {
    if (curve.value(low + i * mesh_eV) > curve.value(best)) best = low + i * mesh_eV;
  }
  const double top = curve.value(best);
  double left = best, right = best;
  while (left > s.energy_eV.front() && curve.value(left) - level_below > 0.5 * (top - level_below)) left -= mesh_eV;
  while (right < s.energy_eV.back() && curve.value(right) - level_above > 0.5 * (top - level_above)) right += mesh_eV;
  return {best, std::clamp(0.5 * (right - left), 0.1, 3.0)};
}

}  // namespace

std::optional<EdgeName> edge_between(double from_eV, double to_eV) {
  constexpr std::array light{"C", "N", "O", "F"};
  constexpr std::array metals{"Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu"};
  constexpr double below_eV = 4, above_eV = 4;
  std::vector<EdgeName> found;
  const auto consider = [&](const std::string& element, const std::string& edge, double first, double last) {
    if (first > from_eV + below_eV && last < to_eV - above_eV) found.push_back({element, edge});
  };
  const auto K = [&](const char* element) {
    const double edge = material::edge_eV(element, "K");
    consider(element, "K", edge, edge);
  };
  for (const char* element : light) K(element);
  for (const char* element : metals) {
    K(element);
    consider(element, "L2,3", material::edge_eV(element, "L3"), material::edge_eV(element, "L2"));
  }
  if (found.size() != 1) return std::nullopt;
  return found.front();
}

std::vector<FeatureWindow> usual_features(const std::string& element) {
  if (element == "Ni") return {{"Ni L3 high-energy shoulder", 855.5, 857.0, 853.0, 855.0}};
  if (element == "Co") return {{"Co L3 low-energy shoulder", 778.5, 780.5, 781.0, 783.0}};
  if (element == "Mn") return {{"Mn L3 low-energy shoulder", 639.2, 641.2, 642.0, 644.0}};
  if (element == "O") return {{"O K pre-edge peak", 528.7, 530.7, 538.0, 544.0}};
  return {};
}

FeatureWindow parse_feature(const std::string& text) {
  const auto fail = [&] {
    throw core::UsageError({.what = "not a feature",
                            .expected = "name: from..to / from..to, such as \"shoulder: 854..856 / 852..853.5\"",
                            .found = text});
  };
  FeatureWindow out;
  std::string_view rest = text;
  if (const auto colon = rest.find(':'); colon != std::string_view::npos) {
    out.name = core::trimmed(rest.substr(0, colon));
    rest = rest.substr(colon + 1);
  }
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos) fail();
  const auto window = [&](std::string_view part, double& from, double& to) {
    const auto dots = part.find("..");
    if (dots == std::string_view::npos) fail();
    const auto a = io::to_number(core::trimmed(part.substr(0, dots)));
    const auto b = io::to_number(core::trimmed(part.substr(dots + 2)));
    if (!a || !b || !(*a < *b)) fail();
    from = *a;
    to = *b;
  };
  window(rest.substr(0, slash), out.from_eV, out.to_eV);
  window(rest.substr(slash + 1), out.other_from_eV, out.other_to_eV);
  if (out.name.empty()) out.name = std::string{core::trimmed(text)};
  return out;
}

namespace {

struct Ratio {
  double value = 0;
  std::vector<double> gradient;  // by the points
};
Ratio ratio_at(const Spectrum& spectrum, const FeatureWindow& window, double shift) {
  Ratio out{.value = 0, .gradient = mean_weights(spectrum, window.from_eV + shift, window.to_eV + shift)};
  const std::vector<double> below = mean_weights(spectrum, window.other_from_eV + shift, window.other_to_eV + shift);
  const double other = sum_of(below, spectrum);
  out.value = sum_of(out.gradient, spectrum) / other;
  for (std::size_t i = 0; i < below.size(); ++i) out.gradient[i] = (out.gradient[i] - out.value * below[i]) / other;
  return out;
}

double slope_of_ratio(const Spectrum& spectrum, const FeatureWindow& window, double shift) {
  constexpr double apart = 0.02;
  return (ratio_at(spectrum, window, shift + 0.5 * apart).value -
          ratio_at(spectrum, window, shift - 0.5 * apart).value) /
         apart;
}

}  // namespace

FeatureRatio measure_feature(const Spectrum& spectrum, const FeatureWindow& window, double shift_sigma_eV,
                             std::span<const SharedTerm> shared) {
  const Ratio ratio = ratio_at(spectrum, window, 0);
  FeatureRatio out{.ratio = {ratio.value, 0}, .by_noise = 0, .by_shift = 0};
  out.by_noise = variance_of_sum(spectrum, shared, ratio.gradient);
  // Energies read too high put the window too low.
  if (shift_sigma_eV > 0) out.by_shift = -slope_of_ratio(spectrum, window, 0) * shift_sigma_eV;
  out.ratio.variance = out.by_noise + out.by_shift * out.by_shift;
  return out;
}

core::Value feature_ratio(const Spectrum& spectrum, const FeatureWindow& window, double shift_sigma_eV) {
  return measure_feature(spectrum, window, shift_sigma_eV).ratio;
}

std::vector<double> feature_gradient(const Spectrum& spectrum, const FeatureWindow& window) {
  return ratio_at(spectrum, window, 0).gradient;
}

FeatureChange feature_change(const FeatureSide& before, const FeatureSide& after, const FeatureWindow& window,
                             const core::Value& shift_eV) {
  const double slope = slope_of_ratio(after.spectrum, window, shift_eV.value);
  const Ratio first = ratio_at(before.spectrum, window, 0), second = ratio_at(after.spectrum, window, shift_eV.value);
  // Noise that moves the line in a window moves the shift as well, and the window follows.
  double together = 0;
  for (std::size_t i = 0; i < second.gradient.size(); ++i) together += second.gradient[i] * after.with_shift[i];
  for (std::size_t i = 0; i < first.gradient.size(); ++i) together -= first.gradient[i] * before.with_shift[i];
  FeatureChange out{.window = window,
                    .before = {first.value, before.measured.by_noise},
                    .after = {second.value, after.measured.by_noise},
                    .change = {}};
  const double variance =
      out.before.variance + out.after.variance + slope * slope * shift_eV.variance + 2 * slope * together;
  out.change = {second.value - first.value, variance};
  return out;
}

namespace {

// What lies under the lines: a straight line, the height of both steps and the lines' own Lorentzian tails, by least
// squares of the points below and above the edges. Without the tails a strong line would bend the background.
struct Baseline {
  Eigen::Vector4d value;    // level, slope, step, tails
  Eigen::MatrixXd weights;  // how much each point counts in each of them
};
template <class Steps, class Tails>
Baseline fit_baseline(const Spectrum& s, double pre_end, double post_begin, double centre, const Steps& steps,
                      const Tails& tails) {
  const auto n = static_cast<Eigen::Index>(s.energy_eV.size());
  Eigen::MatrixXd design = Eigen::MatrixXd::Zero(n, 4);
  for (Eigen::Index i = 0; i < n; ++i) {
    const double e = s.energy_eV[static_cast<std::size_t>(i)];
    if (e <= pre_end || e >= post_begin) design.row(i) << 1, e - centre, steps(e), tails(e);
  }
  const Eigen::Map<const Eigen::VectorXd> y{s.intensity.data(), n};
  const Eigen::VectorXd scale = design.colwise().norm().transpose().cwiseMax(1e-300).cwiseInverse();
  const Eigen::MatrixXd scaled = design * scale.asDiagonal();
  Baseline out;
  out.weights = scale.asDiagonal() * scaled.completeOrthogonalDecomposition().pseudoInverse();
  out.value = out.weights * y;
  return out;
}

double variance_of(const Eigen::VectorXd& weights, const Spectrum& s) {
  const Eigen::Map<const Eigen::VectorXd> variance{s.variance.data(), weights.size()};
  return weights.cwiseAbs2().dot(variance);
}

WhiteLines lines_of(const Spectrum& spectrum, const std::string& element, const DoubleStepSettings& settings) {
  const double L3_tabulated = settings.L3_eV.value_or(material::edge_eV(element, "L3"));
  const double L2_tabulated = settings.L2_eV.value_or(material::edge_eV(element, "L2"));
  const double pre_end = L3_tabulated - settings.pre_below_L3_eV;
  const double post_begin = L2_tabulated + settings.post_above_L2_eV;
  const Spectrum below = cut(spectrum, spectrum.energy_eV.front(), pre_end, 4);
  const Spectrum above = cut(spectrum, post_begin, spectrum.energy_eV.back(), 4);
  const auto mean = [](const Spectrum& s) {
    double sum = 0;
    for (const double v : s.intensity) sum += v / static_cast<double>(s.size());
    return sum;
  };
  const double pre_level = mean(below), post_level = mean(above);
  WhiteLines out;
  const double middle_level = pre_level + settings.L3_share * (post_level - pre_level);
  const Line L3 = line_at(spectrum, L3_tabulated, pre_level, middle_level);
  const Line L2 = line_at(spectrum, L2_tabulated, middle_level, post_level);
  out.L3_eV = settings.L3_eV.value_or(L3.centre);
  out.L2_eV = settings.L2_eV.value_or(L2.centre);
  out.L3_half_width_eV = L3.half_width;
  out.L2_half_width_eV = L2.half_width;
  const auto steps = [&](double e) {
    return settings.L3_share * step_at((e - out.L3_eV) / L3.half_width) +
           (1 - settings.L3_share) * step_at((e - out.L2_eV) / L2.half_width);
  };
  const core::CubicSpline curve{spectrum.energy_eV, spectrum.intensity};
  const auto lorentzian = [](double e, const Line& line) {
    const double x = (e - line.centre) / line.half_width;
    return 1 / (1 + x * x);
  };
  const double L3_height = curve.value(L3.centre) - middle_level, L2_height = curve.value(L2.centre) - post_level;
  const auto tails = [&](double e) { return L3_height * lorentzian(e, L3) + L2_height * lorentzian(e, L2); };
  const double centre = 0.5 * (out.L3_eV + out.L2_eV);
  const Baseline base = fit_baseline(spectrum, pre_end, post_begin, centre, steps, tails);
  const Eigen::VectorXd of_step = base.weights.row(2).transpose();
  out.step = {base.value[2], variance_of(of_step, spectrum)};
  if (!(out.step.value > 0)) {
    throw core::UsageError({.what = "no step across the L edges",
                            .expected = "more absorption above L2 than below L3",
                            .found = fmt::format("{:g}", out.step.value),
                            .advice = "give a spectrum that reaches at least 10 eV above L2"});
  }
  for (const double e : spectrum.energy_eV)
    out.baseline.push_back(base.value[0] + base.value[1] * (e - centre) + base.value[2] * steps(e));
  // The valley parts the lines: the lowest point between them.
  const Spectrum between = cut(spectrum, out.L3_eV, out.L2_eV, 3);
  const auto valley = std::ranges::min_element(between.intensity) - between.intensity.begin();
  const double border = between.energy_eV[static_cast<std::size_t>(valley)];
  // Areas are linear in the points, through the trapezoids and through the baseline: their weights carry all errors and
  // what the two areas and the step share.
  const auto of_area = [&](double from, double to) {
    const auto n = static_cast<Eigen::Index>(spectrum.energy_eV.size());
    Eigen::VectorXd weights = Eigen::VectorXd::Zero(n);
    for (std::size_t i = 1; i < spectrum.energy_eV.size(); ++i) {
      const double left = spectrum.energy_eV[i - 1], right = spectrum.energy_eV[i];
      if (left < from || right > to) continue;
      for (const std::size_t k : {i - 1, i}) {
        const double half = 0.5 * (right - left), e = spectrum.energy_eV[k];
        weights[static_cast<Eigen::Index>(k)] += half;
        weights -= half * (base.weights.transpose() * Eigen::Vector4d{1, e - centre, steps(e), 0});
      }
    }
    return weights;
  };
  const Eigen::Map<const Eigen::VectorXd> y{spectrum.intensity.data(),
                                            static_cast<Eigen::Index>(spectrum.energy_eV.size())};
  const Eigen::VectorXd of_L3 = of_area(pre_end, border), of_L2 = of_area(border, post_begin);
  const auto over_step = [&](const Eigen::VectorXd& weights) {
    const double ratio = weights.dot(y) / out.step.value;
    return core::Value{ratio, variance_of((weights - ratio * of_step) / out.step.value, spectrum)};
  };
  out.L3_area = over_step(of_L3);
  out.L2_area = over_step(of_L2);
  const double sum = of_L3.dot(y) + of_L2.dot(y);
  out.branching.value = of_L3.dot(y) / sum;
  out.branching.variance =
      variance_of(((1 - out.branching.value) * of_L3 - out.branching.value * of_L2) / sum, spectrum);
  return out;
}

// Maxima, half widths and the valley between the lines are found in noisy points, and move with them: what linear
// weights leave out. So the errors are the scatter of the numbers when the points are drawn again about themselves.
void add_scatter(const Spectrum& spectrum, const std::string& element, const DoubleStepSettings& settings,
                 WhiteLines& out) {
  if (std::ranges::none_of(spectrum.variance, [](double v) { return v > 0; })) return;
  constexpr int draws = 64;
  constexpr std::array fields{&WhiteLines::step, &WhiteLines::L3_area, &WhiteLines::L2_area, &WhiteLines::branching};
  std::array<double, fields.size()> squares{};
  int good = 0;
  for (int i = 0; i < draws; ++i) {
    core::RandomStream random{1, static_cast<std::uint64_t>(i)};
    Spectrum drawn = spectrum;
    for (std::size_t k = 0; k < drawn.intensity.size(); ++k)
      drawn.intensity[k] += std::sqrt(drawn.variance[k]) * random.normal();
    try {
      const WhiteLines other = lines_of(drawn, element, settings);
      for (std::size_t f = 0; f < fields.size(); ++f)
        squares[f] += std::pow((other.*fields[f]).value - (out.*fields[f]).value, 2);
      ++good;
    } catch (const core::UsageError&) {
      continue;  // this draw has no step
    }
  }
  if (good < draws / 2) return;
  for (std::size_t f = 0; f < fields.size(); ++f)
    (out.*fields[f]).variance = std::max((out.*fields[f]).variance, squares[f] / good);
}

}  // namespace

WhiteLines white_lines(const Spectrum& spectrum, const std::string& element, const DoubleStepSettings& settings) {
  WhiteLines out = lines_of(spectrum, element, settings);
  add_scatter(spectrum, element, settings, out);
  return out;
}

}  // namespace lithoscope::xas
