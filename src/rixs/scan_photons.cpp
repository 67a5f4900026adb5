#include <algorithm>
#include <cmath>

#include "lithoscope/core/poisson.hpp"
#include "lithoscope/core/rng.hpp"
#include "lithoscope/rixs/synthesize.hpp"

namespace lithoscope::rixs {
namespace {

// Strengths of the lines and the elastic light at one incident energy; the background has none, as it has no end.
std::vector<double> strengths_at(const EmissionModel& model, double incident_eV) {
  std::vector<double> out;
  for (const EmissionModel::Line& line : model.lines) {
    const double x = line.sigma_incident_eV > 0 ? (incident_eV - line.incident_eV) / line.sigma_incident_eV : 0;
    out.push_back(line.strength * std::exp(-0.5 * x * x));
  }
  out.push_back(model.elastic);
  return out;
}

double total(const std::vector<double>& strengths) {
  double sum = 0;
  for (const double s : strengths) sum += s;
  return sum;
}

double emitted_eV(const EmissionModel& model, std::size_t which, double incident_eV, core::RandomStream& random) {
  if (which == model.lines.size()) return incident_eV + model.elastic_sigma_eV * random.normal();
  const EmissionModel::Line& line = model.lines[which];
  return line.emission_eV + (line.raman ? incident_eV - line.incident_eV : 0) +
         line.sigma_emission_eV * random.normal();
}

}  // namespace

std::vector<tes::Photon> draw_scan_photons(const EmissionModel& model, const tes::ScanLog& scan, double rate_per_s,
                                           std::uint64_t seed, std::uint64_t stream) {
  double most = 0;
  for (const tes::ScanPass& pass : scan.passes) {
    for (const tes::ScanPoint& point : pass.points) most = std::max(most, total(strengths_at(model, point.position)));
  }
  std::vector<tes::Photon> out;
  if (!(most > 0)) return out;
  core::RandomStream random{seed, stream};
  for (const tes::ScanPass& pass : scan.passes) {
    for (const tes::ScanPoint& point : pass.points) {
      const std::vector<double> strengths = strengths_at(model, point.position);
      const double sum = total(strengths), dwell_s = 1e-9 * static_cast<double>(point.stop_ns - point.start_ns);
      const std::int64_t photons = core::poisson(rate_per_s * dwell_s * sum / most, random);
      for (std::int64_t i = 0; i < photons; ++i) {
        double pick = sum * random.uniform();
        std::size_t which = 0;
        while (which + 1 < strengths.size() && pick > strengths[which]) pick -= strengths[which++];
        const auto after =
            static_cast<std::int64_t>(random.uniform() * static_cast<double>(point.stop_ns - point.start_ns));
        out.push_back({point.start_ns + after, emitted_eV(model, which, point.position, random)});
      }
    }
  }
  std::ranges::sort(out, {}, &tes::Photon::time_ns);
  return out;
}

}  // namespace lithoscope::rixs
