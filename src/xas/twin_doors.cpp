// The particle's doors of the room: what the spectra of a state would show, and the file a beamline would write.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/xas/predict.hpp"
#include "room_parts.hpp"

namespace lithoscope::xas {
namespace {

struct BeamSettings {
  std::string edge;
  double electron_counts = Beam{}.electron_counts;
  double i0_counts = Beam{}.i0_counts;
  double fluorescence_counts = Beam{}.partial_counts;
  double total_counts = Beam{}.total_counts;
  double seconds = Beam{}.seconds;
};
std::span<const core::Setting<BeamSettings>> beam_settings_table() {
  using S = BeamSettings;
  using T = core::Setting<S>;
  constexpr double most = 1e15;
  static const std::array table{
      T{"edge", "", &S::edge, "Element whose L2,3 edge is scanned: Mn, Co or Ni"},
      T{"counts", "1", &S::electron_counts, "Electron counts at the maximum, per point", 1e-6, most},
      T{"i0_counts", "1", &S::i0_counts, "Counts of the beam before the sample, per point", 1e-6, most},
      T{"fluorescence_counts", "1", &S::fluorescence_counts,
        "Counts of the partial fluorescence at its maximum, per point", 1e-6, most},
      T{"total_counts", "1", &S::total_counts, "Counts of the total fluorescence at its maximum, per point", 1e-6,
        most},
      T{"seconds", "s", &S::seconds, "Time a point", 1e-6, 1e6}};
  return table;
}

constexpr const char* not_said = "the particle does not say this";

void set(result::Observable& o, double value, const std::string& flag) {
  o.values.assign(o.size(), value);
  o.variance.assign(o.size(), 0.0);
  o.covariance.clear();
  o.common.clear();
  o.flags.assign(o.size(), flag);
}

// The noise-free scan of an element, read as the measurement is.
class PredictedSpectra {
 public:
  PredictedSpectra(const probe::Scene& scene, const probe::Measurement& m, core::Progress& progress)
      : scene_(scene), study_(xas_study_in(m)), progress_(progress) {
    for (Reading& reading : study_.readings) {
      reading.align.reset();
      reading.foil.reset();
    }
  }

  const XasSpectrum& of(const std::string& element, bool fluorescence) {
    const auto key = std::pair{element, fluorescence};
    const auto known = all_.find(key);
    if (known != all_.end()) return known->second;
    if (!scans_.contains(element))
      scans_[element] = expected_scan(particle_yields(scene_, element, study_.sight, progress_), {});
    Reading reading = study_.readings.front();
    reading.element = element;
    if (reading.edge_name.empty()) reading.edge_name = "L2,3";
    // The columns of the table that the twin writes.
    reading.channels->energy.clear();
    reading.channels->signal = {fluorescence ? "cmact" : "tey"};
    reading.channels->i0 = "i0";
    reading.channels->sigma.clear();
    reading.channels->transmission = false;
    return all_
        .emplace(key, measure_spectrum(spectrum_of(scans_[element], {.path = element + ".dat", .scan = {}}, reading),
                                       study_))
        .first->second;
  }

 private:
  const probe::Scene& scene_;
  XasStudy study_;
  core::Progress& progress_;
  std::map<std::string, Scan> scans_;
  std::map<std::pair<std::string, bool>, XasSpectrum> all_;
};

// NaN where the spectrum has no such feature.
double value_of(const XasSpectrum& spectrum, const std::string& name, const std::string& element) {
  for (const auto& [window, r] : spectrum.features) {
    if (observable_name(window, element, spectrum.read.yield) == name) return r.ratio.value;
  }
  const bool branching = name.starts_with("branching/") && spectrum.white_lines;
  return branching ? spectrum.white_lines->branching.value : result::not_a_number;
}

}  // namespace

std::vector<core::SettingInfo> beam_settings() {
  return probe::joined({core::setting_infos(beam_settings_table(), "The beamline's scan"),
                        core::setting_infos(sight_settings_table(), "How deep the yields see")});
}

std::vector<result::Observable> predict_features(const probe::Scene& scene, const probe::Measurement& m,
                                                 std::vector<result::Observable> wanted, probe::Context& context) {
  PredictedSpectra spectra{scene, m, context.progress};
  for (result::Observable& o : wanted) {
    const std::vector<std::string> parts = result::parts_of_name(o.name);
    if (parts.size() < 2 || (parts[0] != "feature" && parts[0] != "branching")) {
      set(o, result::not_a_number, not_said);
      continue;
    }
    try {
      const double value = value_of(spectra.of(parts[1], parts.back() == "fluorescence"), o.name, parts[1]);
      set(o, value, std::isnan(value) ? not_said : "ok");
    } catch (const core::UsageError& error) {
      set(o, result::not_a_number, error.facts().what);
    }
  }
  return wanted;
}

std::vector<result::Observable> predict_valences(const probe::Scene& scene, const probe::Measurement& m,
                                                 std::vector<result::Observable> wanted, probe::Context&) {
  const auto settings = probe::settings_in<SightSettings>(m, sight_settings_table());
  for (result::Observable& o : wanted) {
    const std::vector<std::string> parts = result::parts_of_name(o.name);
    std::optional<Yield> yield;
    for (const Yield y : {Yield::electrons, Yield::fluorescence, Yield::transmission}) {
      if (parts.size() == 3 && parts[0] == "valence" && parts[2] == yield_words(y)) yield = y;
    }
    const auto& cations = scene.model.ladder.cations;
    if (!yield || std::ranges::find(cations, parts[1], &particle::Cation::element) == cations.end()) {
      set(o, result::not_a_number, not_said);
      continue;
    }
    set(o, seen_valence(scene, parts[1], kernel_in(scene.model, parts[1], *yield, settings)), "ok");
  }
  return wanted;
}

void synthesize_file(const probe::Scene& scene, const probe::Measurement& m, const probe::Sink& sink,
                     probe::Context& context) {
  const auto settings = probe::instrument_in<BeamSettings>(m, beam_settings_table());
  const auto sight = probe::instrument_in<SightSettings>(m, sight_settings_table());
  const ElementAndEdge edge = parse_edge(settings.edge);
  if (edge.element.empty()) {
    throw core::UsageError({.what = "the edge that is scanned is not given",
                            .expected = "--edge with an element of the particle: Mn, Co or Ni",
                            .found = settings.edge.empty() ? "nothing" : settings.edge});
  }
  const Yields yields = particle_yields(scene, edge.element, sight, context.progress);
  context.log.add(core::LogLevel::info,
                  fmt::format("{} as the electrons see it {:.4f}, as the fluorescence does {:.4f}", edge.element,
                              yields.electron_valence.value, yields.partial_valence.value));
  const Beam beam{.i0_counts = settings.i0_counts,
                  .electron_counts = settings.electron_counts,
                  .partial_counts = settings.fluorescence_counts,
                  .total_counts = settings.total_counts,
                  .seconds = settings.seconds,
                  .seed = context.seed};
  sink(edge.element + ".dat", ssrl_raw_text(synthesize_scan(yields, beam)));
}

}  // namespace lithoscope::xas
