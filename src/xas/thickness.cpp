// Areal density and geometry from how a fluorescence spectrum bends against tables or another yield.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>

#include "line_algebra.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/material/fluorescence.hpp"
#include "lithoscope/xas/self_absorption.hpp"
#include "slab_kernel.hpp"

namespace lithoscope::xas {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Points of the range, and the model there for any slab: the constant that fits best and what is left.
struct Window {
  const Spectrum& signal;
  const EdgeAbsorption& absorption;
  std::vector<double> resonant;  // assumed true, over all energies
  std::vector<std::size_t> rows;

  struct Misfit {
    double constant = 0, squares = 0;
    std::vector<double> residual;
  };
  Misfit at(const Slab& slab) const {
    const SlabKernel kernel{absorption, slab};
    double up = 0, down = 0;
    std::vector<double> model;
    for (const std::size_t i : rows) {
      model.push_back(kernel.value(i, resonant[i]));
      up += model.back() * signal.intensity[i];
      down += model.back() * model.back();
    }
    Misfit out{.constant = up / down, .squares = 0, .residual = {}};
    for (std::size_t k = 0; k < rows.size(); ++k) {
      out.residual.push_back(signal.intensity[rows[k]] - out.constant * model[k]);
      out.squares += out.residual.back() * out.residual.back();
    }
    return out;
  }
  double mean() const {
    double sum = 0;
    for (const std::size_t i : rows) sum += signal.intensity[i];
    return sum / static_cast<double>(rows.size());
  }
};

Window window(const Spectrum& signal, const EdgeAbsorption& absorption, std::vector<double> resonant, double from_eV,
              double to_eV) {
  Window out{.signal = signal, .absorption = absorption, .resonant = std::move(resonant), .rows = {}};
  for (std::size_t i = 0; i < signal.energy_eV.size(); ++i) {
    if (signal.energy_eV[i] >= from_eV && signal.energy_eV[i] <= to_eV) out.rows.push_back(i);
  }
  constexpr std::size_t least = 5;
  if (out.rows.size() < least || signal.energy_eV.size() != absorption.energy_eV.size()) {
    throw core::UsageError({.what = "too few points above the edge to hold against the tables",
                            .expected = fmt::format("{} or more from {:g} to {:g} eV", least, from_eV, to_eV),
                            .found = std::to_string(out.rows.size())});
  }
  return out;
}

// Least of a function of one variable with one valley (golden section).
double least_at(const std::function<double(double)>& f, double low, double high) {
  constexpr double golden = 0.6180339887498949;
  double a = high - golden * (high - low), b = low + golden * (high - low);
  double fa = f(a), fb = f(b);
  for (int step = 0; step < 80; ++step) {
    if (fa < fb) {
      high = b;
      b = a;
      fb = fa;
      a = high - golden * (high - low);
      fa = f(a);
    } else {
      low = a;
      a = b;
      fa = fb;
      b = low + golden * (high - low);
      fb = f(b);
    }
  }
  return 0.5 * (low + high);
}

// Of neighbours in a row of residuals: how many points count as one.
double points_per_independent(const std::vector<double>& residual) {
  double same = 0, next = 0;
  for (std::size_t i = 0; i < residual.size(); ++i) {
    same += residual[i] * residual[i];
    if (i > 0) next += residual[i] * residual[i - 1];
  }
  const double r = same > 0 ? std::clamp(next / same, 0.0, 0.999) : 0.0;
  return (1 + r) / (1 - r);
}

// Areal densities from a thousandth of an attenuation length to fifty.
struct Reach {
  double low, high;
};
Reach reach_of(const EdgeAbsorption& absorption) {
  const double typical = absorption.resonant.back() + absorption.other.back();
  return {std::log(1e-3 / typical), std::log(50 / typical)};
}

// Chi squared of all the evidence there is for one slab.
class Evidence {
 public:
  Evidence(const Spectrum& signal, const EdgeAbsorption& absorption, const Window& range, const Geometry& geometry,
           double from_eV, double to_eV, const ThicknessEvidence& given)
      : signal_(signal),
        absorption_(absorption),
        range_(range),
        geometry_(geometry),
        ratio_(geometry.ratio()),
        from_(from_eV),
        to_(to_eV),
        given_(given),
        reach_(reach_of(absorption)) {
    if (!given.flat_response && !given.strength_edge_eV) {
      throw core::UsageError({.what = "nothing says how thick the sample is",
                              .expected = "its areal density, that it is thick, a flat response of the instrument, or "
                                          "where its strength edge lies",
                              .found = "none of them"});
    }
    if (!given.flat_response) return;
    const double best = least_at([&](double d) { return range_.at(slab(d)).squares; }, reach_.low, reach_.high);
    const Window::Misfit fitted = range_.at(slab(best));
    const double freedom = static_cast<double>(fitted.residual.size()) - 2;
    slope_variance_ = fitted.squares / freedom * points_per_independent(fitted.residual);
    slope_least_ = fitted.squares;
  }
  Reach reach() const { return reach_; }
  Slab slab(double log_density) const {
    return {.areal_density_g_per_cm2 = std::exp(log_density),
            .incidence_deg = geometry_.incidence_deg,
            .exit_ratio = ratio_};
  }
  double operator()(double log_density) const { return of(slab(log_density)); }
  double of(const Slab& slab) const {
    const Window::Misfit fitted = range_.at(slab);
    double sum = 0;
    if (given_.flat_response) sum += (fitted.squares - slope_least_) / slope_variance_;
    if (given_.strength_edge_eV) {
      const Corrected corrected = correct(signal_, absorption_, slab, fitted.constant);
      const double off =
          strength_edge_eV(corrected.spectrum, signal_.energy_eV.front(), from_, to_) - given_.strength_edge_eV->value;
      sum += off * off / given_.strength_edge_eV->variance;
    }
    return sum;
  }

 private:
  const Spectrum& signal_;
  const EdgeAbsorption& absorption_;
  const Window& range_;
  Geometry geometry_;
  double ratio_, from_, to_;
  const ThicknessEvidence& given_;
  Reach reach_;
  double slope_variance_ = 1, slope_least_ = 0;
};

}  // namespace

double strength_edge_eV(const Spectrum& spectrum, double below_eV, double from_eV, double to_eV) {
  const Spectrum above = cut(spectrum, from_eV, to_eV, 3);
  const Polynomial line{above.energy_eV, above.intensity, 1};
  const Spectrum all = cut(spectrum, below_eV, to_eV, 3);
  double area = 0;
  for (std::size_t i = 1; i < all.energy_eV.size(); ++i) {
    const auto level = [&](std::size_t k) { return all.intensity[k] / line(all.energy_eV[k]); };
    area += 0.5 * (level(i) + level(i - 1)) * (all.energy_eV[i] - all.energy_eV[i - 1]);
  }
  return all.energy_eV.back() - area;
}

std::optional<core::Value> usual_strength_edge_eV(const std::string& element, double valence) {
  constexpr std::array metals{"Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu"};
  constexpr double manganese = 3;
  const auto found = std::ranges::find(metals, element);
  if (found == metals.end()) return std::nullopt;
  const double beyond_manganese = static_cast<double>(found - metals.begin()) - manganese;
  return core::Value::with_sigma(material::edge_eV(element, "K") + 5.5 + 1.1 * beyond_manganese + 1.7 * (valence - 2),
                                 1.2);
}

ThicknessFit fit_thickness(const Spectrum& signal, const EdgeAbsorption& absorption, const Geometry& geometry,
                           double from_eV, double to_eV, const ThicknessEvidence& given) {
  const Window range = window(signal, absorption, absorption.resonant, from_eV, to_eV);
  const Evidence evidence{signal, absorption, range, geometry, from_eV, to_eV, given};
  const Reach reach = evidence.reach();
  const double best = least_at([&](double d) { return evidence(d); }, reach.low, reach.high);
  ThicknessFit out{.slab = evidence.slab(best), .constant = range.at(evidence.slab(best)).constant};
  out.misfit = evidence(best);
  out.misfit_thin = evidence(reach.low);
  out.misfit_thick = evidence.of({.incidence_deg = geometry.incidence_deg, .exit_ratio = geometry.ratio()});
  constexpr double one_parameter_95 = 3.841;
  const double allowed = out.misfit + one_parameter_95;
  out.thick_rejected = out.misfit_thick > allowed;
  out.thin_rejected = out.misfit_thin > allowed;
  const auto crossing = [&](double inside, double outside) {
    for (int step = 0; step < 60; ++step) {
      const double middle = 0.5 * (inside + outside);
      (evidence(middle) > allowed ? outside : inside) = middle;
    }
    return std::exp(inside);
  };
  out.low = out.thin_rejected ? crossing(best, reach.low) : 0;
  out.high = out.thick_rejected ? crossing(best, reach.high) : infinity;
  return out;
}

double fit_constant(const Spectrum& signal, const EdgeAbsorption& absorption, const Slab& slab, double from_eV,
                    double to_eV) {
  return window(signal, absorption, absorption.resonant, from_eV, to_eV).at(slab).constant;
}

PartnerFit fit_slab_to_partner(const Spectrum& signal, const Spectrum& partner, const EdgeAbsorption& absorption,
                               double incidence_deg, double from_eV, double to_eV) {
  std::vector<double> resonant;
  for (std::size_t i = 0; i < partner.intensity.size() && i < absorption.resonant.size(); ++i)
    resonant.push_back(partner.intensity[i] * absorption.resonant.back());
  if (resonant.size() != signal.intensity.size()) {
    throw core::UsageError({.what = "the partner has other energies than the fluorescence",
                            .expected = std::to_string(signal.intensity.size()),
                            .found = std::to_string(resonant.size())});
  }
  const Window range = window(signal, absorption, std::move(resonant), from_eV, to_eV);
  const Reach reach = reach_of(absorption);
  // The exit ratio stands for the geometry and the roughness together: from glancing in to glancing out.
  constexpr double least_ratio = 1e-3, most_ratio = 1e3;
  const auto slab_of = [&](double log_density, double log_ratio) {
    return Slab{.areal_density_g_per_cm2 = std::exp(log_density),
                .incidence_deg = incidence_deg,
                .exit_ratio = std::exp(log_ratio)};
  };
  const auto best_density = [&](double log_ratio) {
    return least_at([&](double d) { return range.at(slab_of(d, log_ratio)).squares; }, reach.low, reach.high);
  };
  const double log_ratio = least_at([&](double r) { return range.at(slab_of(best_density(r), r)).squares; },
                                    std::log(least_ratio), std::log(most_ratio));
  PartnerFit out{.slab = slab_of(best_density(log_ratio), log_ratio)};
  const Window::Misfit fitted = range.at(out.slab);
  out.constant = fitted.constant;
  out.rms = std::sqrt(fitted.squares / static_cast<double>(range.rows.size())) / range.mean();
  return out;
}

}  // namespace lithoscope::xas
