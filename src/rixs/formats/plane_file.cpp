#include "lithoscope/rixs/plane_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/text.hpp"
#include "lithoscope/result/files.hpp"
#include "lithoscope/rixs/maps_run.hpp"
#include "raw_plane.hpp"

namespace lithoscope::rixs {
namespace {

std::optional<RawPlane> raw_plane(const io::InputFile& file) {
  if (auto plane = hdf5_plane(file)) return plane;
  return text_plane(file);
}

enum class Quantity { unknown, incident, emission, loss };

Quantity quantity_of(const std::string& name) {
  const std::string lowered = core::lower(name);
  const auto has = [&](const char* part) { return lowered.find(part) != std::string::npos; };
  if (has("loss") || has("transfer")) return Quantity::loss;
  if (has("emi") || has("out") || has("bin_centers") || has("fluo")) return Quantity::emission;
  if (has("inc") || has("mono") || has("exc") || has("var_vals") || has("photon")) return Quantity::incident;
  return Quantity::unknown;
}

PlaneAxes axes_of(const RawPlane& plane, PlaneAxes asked) {
  if (asked != PlaneAxes::automatic) return asked;
  const Quantity first = quantity_of(plane.first_name), second = quantity_of(plane.second_name);
  if (first == Quantity::loss) return PlaneAxes::loss_incident;
  if (second == Quantity::loss) return PlaneAxes::incident_loss;
  if (first == Quantity::emission || second == Quantity::incident) return PlaneAxes::emission_incident;
  if (first == Quantity::incident || second == Quantity::emission) return PlaneAxes::incident_emission;
  // Losses begin about nothing, and no soft X-ray does.
  constexpr double least_photon_eV = 40;
  if (plane.second.front() < least_photon_eV) return PlaneAxes::incident_loss;
  if (plane.first.front() < least_photon_eV) return PlaneAxes::loss_incident;
  return PlaneAxes::incident_emission;
}

EnergyBins bins_of(const io::InputFile& file, const std::vector<double>& centres) {
  const auto n = static_cast<double>(centres.size());
  const double width = (centres.back() - centres.front()) / (n - 1);
  constexpr double tolerance = 0.05;
  for (std::size_t i = 0; i < centres.size(); ++i) {
    const double expected = centres.front() + width * static_cast<double>(i);
    if (std::abs(centres[i] - expected) > tolerance * width)
      refuse({.path = file.path()}, "the emission energies (or losses) are not in equal steps",
             fmt::format("steps of {:g} eV", width), fmt::format("{:g} where {:g} should stand", centres[i], expected));
  }
  return {.low_eV = centres.front() - 0.5 * width,
          .width_eV = width,
          .count = static_cast<std::int64_t>(centres.size()),
          .closed = false};
}

bool all_whole(const std::vector<double>& v) {
  return std::ranges::all_of(v, [](double x) { return x >= 0 && x == std::floor(x); });
}

// Counts and their variance. Intensities that are neither counts nor come with errors have no uncertainty to go by.
void take_counts(const io::InputFile& file, RawPlane& plane, const PlaneSettings& settings) {
  for (const double v : plane.intensity) {
    if (!std::isfinite(v)) refuse({.path = file.path()}, "an intensity is no number", "numbers", fmt::format("{}", v));
  }
  if (settings.photons_per_unit) {
    for (double& v : plane.intensity) v *= *settings.photons_per_unit;
    if (plane.variance) {
      for (double& v : *plane.variance) v *= *settings.photons_per_unit * *settings.photons_per_unit;
    }
    return;
  }
  if (plane.variance || all_whole(plane.intensity)) return;
  refuse({.path = file.path()}, "the plane has no uncertainties", "counts (whole numbers), or a column of errors",
         "intensities with fractions", "say how many photons one unit is with --photons-per-unit");
}

Plane from_run(const io::InputFile& file) {
  for (const result::Result& one : result::read_nexus(file)) {
    if (one.probe != "rixs") continue;
    Plane out{.map = map_outcome_of(one).measured, .format = "run of litho rixs"};
    return out;
  }
  refuse({.path = file.path()}, "the run holds no map", "a run of litho rixs", "other probes");
}

}  // namespace

bool is_plane(const io::InputFile& file) {
  if (result::is_result_file(file)) {
    const auto all = result::read_nexus(file);
    // A run of the detector alone, or with the maps made of it: the photons are given.
    return std::ranges::any_of(all, [](const result::Result& r) { return r.probe == "rixs"; }) &&
           std::ranges::none_of(all, [](const result::Result& r) { return r.probe == "tes"; });
  }
  try {
    return raw_plane(file).has_value();
  } catch (const core::UnreadableFile&) {
    return true;  // one, and damaged: said when it is read
  }
}

Plane read_plane(const io::InputFile& file, const PlaneSettings& settings) {
  if (result::is_result_file(file)) return from_run(file);
  std::optional<RawPlane> plane = raw_plane(file);
  if (!plane)
    refuse({.path = file.path()}, "not a map over incident and emission energy",
           "three columns, a matrix with its axes, NXdata with two axes, or a run of litho rixs", "something else");
  take_counts(file, *plane, settings);
  const PlaneAxes axes = axes_of(*plane, settings.axes);
  const bool incident_first = axes == PlaneAxes::incident_emission || axes == PlaneAxes::incident_loss;
  const std::vector<double>&incident = incident_first ? plane->first : plane->second,
        &rows = incident_first ? plane->second : plane->first;
  Plane out{.map = {.name = file.path(),
                    .incident_eV = incident,
                    .emission = bins_of(file, rows),
                    .is_loss = axes == PlaneAxes::incident_loss || axes == PlaneAxes::loss_incident},
            .format = plane->format};
  const std::size_t n = incident.size(), m = rows.size();
  const auto turned = [&](const std::vector<double>& v) {
    std::vector<double> to(v.size());
    for (std::size_t c = 0; c < n; ++c) {
      for (std::size_t r = 0; r < m; ++r) to[r * n + c] = incident_first ? v[c * m + r] : v[r * n + c];
    }
    return to;
  };
  out.map.counts = turned(plane->intensity);
  if (plane->variance) out.map.variance = turned(*plane->variance);
  out.map.dwell_s.assign(n, 1.0);
  out.map.live_pixel_s.assign(n, 1.0);
  out.map.i0.assign(n, core::Value::exact(1));
  out.map.pile_up.assign(n, 0.0);
  return out;
}

}  // namespace lithoscope::rixs
