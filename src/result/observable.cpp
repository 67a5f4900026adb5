#include "lithoscope/result/observable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "lithoscope/core/errors.hpp"

namespace lithoscope::result {
namespace {

bool same(const std::vector<double>& a, const std::vector<double>& b) {
  return std::ranges::equal(a, b, [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

double own_variance(const Observable& o, std::size_t i) {
  if (!o.covariance.empty()) return o.covariance[i * o.size() + i];
  return o.variance.empty() ? 0 : o.variance[i];
}

// Own covariance of one as a matrix.
std::vector<double> matrix_of(const Observable& o) {
  if (!o.covariance.empty()) return o.covariance;
  std::vector<double> out(o.size() * o.size(), 0.0);
  for (std::size_t i = 0; i < o.size(); ++i) out[i * o.size() + i] = own_variance(o, i);
  return out;
}

bool same_axis(const Observable& a, const Observable& b) {
  constexpr double near = 1e-6;
  return a.size() == b.size() && a.axis_name == b.axis_name &&
         std::ranges::equal(a.axis, b.axis,
                            [](double x, double y) { return std::abs(x - y) <= near * std::max(1.0, std::abs(x)); });
}

}  // namespace

const char* name_of(NoiseLaw law) {
  static constexpr std::array names{"Gaussian", "Poisson", "Student t", "AR(1)"};
  return names[static_cast<std::size_t>(law)];
}

std::vector<std::string> parts_of_name(const std::string& name) {
  std::vector<std::string> out;
  for (std::size_t from = 0; from <= name.size();) {
    const auto slash = std::min(name.find('/', from), name.size());
    out.push_back(name.substr(from, slash - from));
    from = slash + 1;
  }
  return out;
}

double Observable::total_variance(std::size_t i) const {
  double sum = own_variance(*this, i);
  for (const CommonMode& mode : common) sum += mode.shift[i] * mode.shift[i];
  return sum;
}

bool Observable::operator==(const Observable& o) const {
  return name == o.name && state == o.state && against == o.against && unit == o.unit && help == o.help &&
         axis_name == o.axis_name && axis_unit == o.axis_unit && same(axis, o.axis) && same(values, o.values) &&
         same(variance, o.variance) && same(covariance, o.covariance) && common == o.common && noise == o.noise &&
         depth == o.depth && flags == o.flags && unusable == o.unusable;
}

Observable change_of(const Observable& before, const Observable& after) {
  if (before.name != after.name || before.unit != after.unit || !same_axis(before, after)) {
    throw core::UsageError({.what = "two observables cannot be compared",
                            .expected = fmt::format("{} in {} on the same axis", before.name, before.unit),
                            .found = fmt::format("{} in {}", after.name, after.unit)});
  }
  Observable out = after;
  out.name = "change/" + after.name;
  out.against = before.state;
  out.help = "Change of " + (after.help.empty() ? after.name : after.help);
  // A difference of counts is no count: its variance is stated, whatever the law of the two.
  if (out.noise.law == NoiseLaw::poisson) out.noise = {};
  for (std::size_t i = 0; i < out.size(); ++i) out.values[i] = after.values[i] - before.values[i];
  if (before.covariance.empty() && after.covariance.empty()) {
    out.variance.assign(out.size(), 0.0);
    for (std::size_t i = 0; i < out.size(); ++i) out.variance[i] = own_variance(before, i) + own_variance(after, i);
  } else {
    out.variance.clear();
    out.covariance = matrix_of(before);
    const std::vector<double> other = matrix_of(after);
    for (std::size_t k = 0; k < other.size(); ++k) out.covariance[k] += other[k];
  }
  for (const CommonMode& mode : before.common) {
    const auto shared = std::ranges::find(out.common, mode.cause, &CommonMode::cause);
    if (shared == out.common.end()) {
      out.common.push_back(mode);
      for (double& s : out.common.back().shift) s = -s;
    } else {
      for (std::size_t i = 0; i < out.size(); ++i) shared->shift[i] -= mode.shift[i];
    }
  }
  for (std::size_t i = 0; i < out.flags.size() && i < before.flags.size(); ++i) {
    if (before.flags[i] != "ok")
      out.flags[i] = out.flags[i] == "ok" ? before.flags[i] : out.flags[i] + "; " + before.flags[i];
  }
  if (out.flags.empty()) out.flags = before.flags;
  if (out.unusable.empty()) out.unusable = before.unusable;
  return out;
}

}  // namespace lithoscope::result
