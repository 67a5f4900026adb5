#include "lithoscope/xas/synthesize.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "lithoscope/core/cubic_spline.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/rng.hpp"
#include "lithoscope/material/fluorescence.hpp"
#include "lithoscope/multiplet/references.hpp"

namespace lithoscope::xas {
namespace {

constexpr double cm_per_nm = 1e-7;

// Shares of the references for a valence between two of them.
std::vector<double> shares_of(double valence, std::span<const ReferenceCurve> references) {
  std::vector<double> shares(references.size(), 0.0);
  for (std::size_t k = 0; k < references.size(); ++k) {
    if (references[k].valence && std::abs(*references[k].valence - valence) < 1e-9) {
      shares[k] = 1;
      return shares;
    }
  }
  const ReferenceCurve* below = nullptr;
  const ReferenceCurve* above = nullptr;
  for (const ReferenceCurve& r : references) {
    if (!r.valence) continue;
    if (*r.valence < valence && (below == nullptr || *r.valence > *below->valence)) below = &r;
    if (*r.valence > valence && (above == nullptr || *r.valence < *above->valence)) above = &r;
  }
  if (below == nullptr || above == nullptr) {
    throw core::UsageError({.what = fmt::format("no references about a valence of {:.3f}", valence),
                            .expected = "one below and one above",
                            .found = below == nullptr ? "none below" : "none above"});
  }
  const double t = (valence - *below->valence) / (*above->valence - *below->valence);
  shares[static_cast<std::size_t>(below - references.data())] = 1 - t;
  shares[static_cast<std::size_t>(above - references.data())] = t;
  return shares;
}

double poisson(double mean, core::RandomStream& random) {
  if (!(mean > 0)) return 0;
  constexpr double many = 50;
  if (mean > many) return std::max(0.0, std::round(mean + std::sqrt(mean) * random.normal()));
  double product = random.uniform();
  const double floor = std::exp(-mean);
  double count = 0;
  for (; product > floor; ++count) product *= random.uniform();
  return count;
}

// Layers from the surface down; the last has no end.
struct Layers {
  std::vector<double> top_nm, bottom_nm;
  std::vector<std::vector<double>> shape;  // of each layer, an edge of one
};

Layers layers_of(const ValenceProfile& profile, std::span<const ReferenceCurve> references) {
  if (profile.valence.size() != profile.depth_nm.size() + 1 || !std::ranges::is_sorted(profile.depth_nm) ||
      references.empty()) {
    throw core::UsageError(
        {.what = "not a profile of layers",
         .expected = "ascending depths and one valence more than depths",
         .found = fmt::format("{} depths, {} valences", profile.depth_nm.size(), profile.valence.size())});
  }
  Layers out;
  const std::size_t points = references.front().spectrum.energy_eV.size();
  for (std::size_t l = 0; l < profile.valence.size(); ++l) {
    out.top_nm.push_back(l == 0 ? 0 : profile.depth_nm[l - 1]);
    out.bottom_nm.push_back(l < profile.depth_nm.size() ? profile.depth_nm[l]
                                                        : std::numeric_limits<double>::infinity());
    const std::vector<double> shares = shares_of(profile.valence[l], references);
    std::vector<double> shape(points, 0.0);
    for (std::size_t k = 0; k < references.size(); ++k) {
      for (std::size_t i = 0; i < points; ++i) shape[i] += shares[k] * references[k].spectrum.intensity[i];
    }
    out.shape.push_back(std::move(shape));
  }
  return out;
}

}  // namespace

ReferenceCurve computed_reference(const material::Ion& ion, std::span<const double> energy_eV, double strength_eV,
                                  core::Progress& progress) {
  const multiplet::ReferenceSpectrum& computed = multiplet::reference_spectrum(ion, progress);
  const multiplet::Edges edges = multiplet::edges_of(computed.absorption, computed.spectrum);
  ReferenceCurve out{.name = ion.name(), .valence = ion.valence, .spectrum = {}};
  out.spectrum.name = ion.name();
  out.spectrum.element = ion.element;
  out.spectrum.edge = "L2,3";
  out.spectrum.energy_eV.assign(energy_eV.begin(), energy_eV.end());
  // The white line's area over the edge's height is fixed by the holes; the strengths add up to a third of them.
  const double scale = 3 * strength_eV;
  out.spectrum.intensity = multiplet::spectrum_at(computed.absorption, computed.spectrum, energy_eV);
  const double split = material::edge_eV(ion.element, "L2") - material::edge_eV(ion.element, "L3");
  for (std::size_t i = 0; i < energy_eV.size(); ++i) {
    const auto step = [&](double at, double width) {
      return 0.5 + std::atan((energy_eV[i] - at) / width) / std::numbers::pi;
    };
    out.spectrum.intensity[i] = scale * out.spectrum.intensity[i] +
                                2.0 / 3 * step(edges.L3_maximum_eV, computed.spectrum.width_l3) +
                                1.0 / 3 * step(edges.L3_maximum_eV + split, computed.spectrum.width_l2);
  }
  out.spectrum.variance.assign(energy_eV.size(), 0.0);
  return out;
}

Yields predict_yields(const Sample& sample, std::span<const ReferenceCurve> references) {
  const Layers layers = layers_of(sample.profile, references);
  const std::vector<double>& energy = references.front().spectrum.energy_eV;
  const std::vector<std::string> shells = shells_of(sample.edge);
  const double line_eV = strongest_line_eV(sample.composition, sample.element, shells);
  const EdgeAbsorption edge = edge_absorption(sample.composition, sample.element, shells, line_eV, energy);
  const double per_nm = sample.density_g_per_cm3 * cm_per_nm;
  const double in = std::sin(sample.escape.incidence_deg * std::numbers::pi / 180);
  const Geometry geometry{sample.escape.incidence_deg, sample.exit_deg};
  Yields out;
  out.energy_eV = energy;
  // Layer by layer: what reaches it, what it absorbs, what of that comes out again.
  const auto through = [&](std::size_t i, double out_per_nm, const auto& absorbed) {
    double light = 0, sum = 0;  // optical depth above the layer
    for (std::size_t l = 0; l < layers.shape.size(); ++l) {
      const double resonant = layers.shape[l][i] * edge.resonant[i];
      const double attenuation = (resonant + edge.other[i]) * per_nm / in + out_per_nm;
      const double thickness = layers.bottom_nm[l] - layers.top_nm[l];
      const double inside = std::isinf(thickness) ? 1 : -std::expm1(-attenuation * thickness);
      sum += std::exp(-light) * absorbed(resonant) * per_nm / in / attenuation * inside;
      light += std::isinf(thickness) ? 0 : attenuation * thickness;
    }
    return sum;
  };
  const double line_out = edge.at_line * per_nm * geometry.ratio() / in;
  for (std::size_t i = 0; i < energy.size(); ++i) {
    out.electrons.push_back(through(i, 1 / sample.escape.escape_nm, [&](double x) { return x + edge.other[i]; }));
    out.partial.push_back(through(i, line_out, [](double x) { return x; }));
  }
  Spectrum bulk = references.front().spectrum;
  bulk.intensity = layers.shape.back();
  out.total.assign(energy.size(), 0.0);
  const Slab thick{.incidence_deg = sample.escape.incidence_deg, .exit_ratio = geometry.ratio()};
  for (const LineYield& line : total_fluorescence(sample.composition, sample.element, shells, bulk, thick)) {
    for (std::size_t i = 0; i < energy.size(); ++i) out.total[i] += line.yield[i];
  }
  const std::size_t last = energy.size() - 1;
  const double light_per_nm = (layers.shape.back()[last] * edge.resonant[last] + edge.other[last]) * per_nm;
  out.electron_valence =
      core::Value::exact(seen_mean(sample.profile.depth_nm, sample.profile.valence, light_per_nm, sample.escape));
  const ElectronEscape fluorescence{.escape_nm = 1 / line_out, .incidence_deg = sample.escape.incidence_deg};
  out.partial_valence =
      core::Value::exact(seen_mean(sample.profile.depth_nm, sample.profile.valence, light_per_nm, fluorescence));
  return out;
}

Scan expected_scan(const Yields& yields, const Beam& beam) {
  Scan out;
  out.name = "synthetic";
  for (const char* name : {"mono", "Seconds", "i0", "tey", "cmact", "spare", "fy", "ref", "i1"})
    out.columns.push_back({.name = name, .unit = {}, .values = {}});
  out.energy = 0;
  out.columns[0].unit = "eV";
  const auto top = [](const std::vector<double>& v) { return *std::ranges::max_element(v); };
  const auto n = static_cast<double>(yields.energy_eV.size());
  for (std::size_t i = 0; i < yields.energy_eV.size(); ++i) {
    constexpr double fall = 0.01;
    const double current = 1 - fall * static_cast<double>(i) / n;
    // Electrons multiply as the photon's energy.
    const double electrons =
        yields.electrons[i] / top(yields.electrons) * yields.energy_eV[i] / yields.energy_eV.back();
    const std::array row{yields.energy_eV[i],
                         beam.seconds,
                         beam.i0_counts * current,
                         beam.electron_counts * current * electrons,
                         beam.partial_counts * current * yields.partial[i] / top(yields.partial),
                         0.0,
                         beam.total_counts * current * yields.total[i] / top(yields.total),
                         0.5 * beam.i0_counts * current,
                         0.1 * beam.i0_counts * current};
    for (std::size_t c = 0; c < row.size(); ++c) out.columns[c].values.push_back(row[c]);
  }
  return out;
}

Scan synthesize_scan(const Yields& yields, const Beam& beam) {
  Scan out = expected_scan(yields, beam);
  core::RandomStream random{beam.seed, 0};
  for (std::size_t i = 0; i < yields.energy_eV.size(); ++i) {
    for (const std::size_t counted : {2U, 3U, 4U, 6U, 7U, 8U}) {
      double& count = out.columns[counted].values[i];
      count = poisson(count, random);
    }
  }
  return out;
}

}  // namespace lithoscope::xas
