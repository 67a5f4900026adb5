#include "lithoscope/rixs/synthesize.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "gauss.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/poisson.hpp"
#include "lithoscope/core/statistics.hpp"

namespace lithoscope::rixs {
namespace {

void require_axes(const MapExposure& exposure) {
  if (exposure.emission.count > 0 && exposure.emission.width_eV > 0 && !exposure.incident_eV.empty() &&
      std::ranges::is_sorted(exposure.incident_eV))
    return;
  throw core::UsageError(
      {.what = "the map to make has no axes",
       .expected = "ascending incident energies and emission bins",
       .found = fmt::format("{} incident energies, {} bins", exposure.incident_eV.size(), exposure.emission.count)});
}

// Height of a line at an incident energy: 1 at its resonance, so that its strength is the rate there.
double resonance(const EmissionModel::Line& line, double incident_eV) {
  if (!(line.sigma_incident_eV > 0)) return 1;
  const double u = (incident_eV - line.incident_eV) / line.sigma_incident_eV;
  return std::exp(-0.5 * u * u);
}

// A column of rates. The monochromator stands still at an incident energy, so the model is taken there; in emission a
// bin collects all between its edges.
void add_column(const EmissionModel& model, const MapExposure& exposure, std::size_t c, RixsMap& map) {
  const double incident = exposure.incident_eV[c];
  const double resolution = exposure.resolution_fwhm_eV / core::fwhm_per_sigma;
  const auto add = [&](double strength, double centre, double sigma) {
    const double width = std::max(std::hypot(sigma, resolution), 1e-9);
    for (std::int64_t r = 0; r < exposure.emission.count; ++r)
      map.at(r, c) += strength * gauss_share(exposure.emission.edge(r), exposure.emission.edge(r + 1), centre, width);
  };
  for (const EmissionModel::Line& line : model.lines) {
    const double moved = line.raman ? incident - line.incident_eV : 0;
    add(line.strength * resonance(line, incident), line.emission_eV + moved, line.sigma_emission_eV);
  }
  if (model.elastic != 0) add(model.elastic, incident, model.elastic_sigma_eV);
  for (std::int64_t r = 0; r < exposure.emission.count; ++r)
    map.at(r, c) += model.background * exposure.emission.width_eV;
}

}  // namespace

RixsMap expected_map(const EmissionModel& model, const MapExposure& exposure) {
  require_axes(exposure);
  const std::size_t n = exposure.incident_eV.size();
  RixsMap map{
      .name = "synthetic", .incident_eV = exposure.incident_eV, .emission = exposure.emission, .is_loss = false};
  map.counts.assign(n * static_cast<std::size_t>(exposure.emission.count), 0.0);
  map.dwell_s.assign(n, 1.0);
  map.live_pixel_s.assign(n, 1.0);
  map.i0.assign(n, core::Value::exact(1));
  map.pile_up.assign(n, 0.0);
  map.pixels = 1;
  for (std::size_t c = 0; c < n; ++c) add_column(model, exposure, c, map);
  const double all = map.total();
  if (!(all > 0)) return map;
  for (double& v : map.counts) v *= exposure.counts / all;
  return map;
}

RixsMap synthesize_map(const EmissionModel& model, const MapExposure& exposure, std::uint64_t seed,
                       std::uint64_t stream) {
  RixsMap map = expected_map(model, exposure);
  core::RandomStream random{seed, stream};
  for (double& v : map.counts) v = static_cast<double>(core::poisson(v, random));
  return map;
}

}  // namespace lithoscope::rixs
