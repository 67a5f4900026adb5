// What is said of the oxygen feature, of its change and of the spectra about it, on maps that no fit has made.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>
#include <numeric>

#include "check.hpp"
#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/progress.hpp"
#include "lithoscope/core/rng.hpp"
#include "lithoscope/core/statistics.hpp"
#include "lithoscope/io/atomic_file.hpp"
#include "lithoscope/rixs/array_twin.hpp"
#include "lithoscope/rixs/change.hpp"
#include "lithoscope/rixs/elastic.hpp"
#include "lithoscope/rixs/feature.hpp"
#include "lithoscope/rixs/feature_change.hpp"
#include "lithoscope/rixs/maps_run.hpp"
#include "lithoscope/rixs/scale.hpp"
#include "lithoscope/rixs/synthesize.hpp"
#include "oxygen_worlds.hpp"
#include "scratch.hpp"
#include "tes_reference.hpp"

namespace lithoscope::validation {
namespace {

constexpr double nominal_photons = 180e3;  // a night's map of one state

double mean(const std::vector<double>& v) {
  return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
}
double spread(const std::vector<double>& v) {
  const double m = mean(v);
  double sum = 0;
  for (const double x : v) sum += (x - m) * (x - m);
  return std::sqrt(sum / static_cast<double>(v.size() - 1));
}

// Maps without a feature: how often one is said to be there, and to be good for inference. The worst world; at ten
// times the photons beside it, and how often a feature that is there is seen.
Outcome feature_null() {
  constexpr std::int64_t seeds = 300, some = 20;
  double worst = 0, worst_usable = 0, worst_bright = 0;
  std::string detail;
  for (const OxygenWorld& world : oxygen_worlds()) {
    const WorldMap dim = expected_in(world, nominal_photons), bright = expected_in(world, 10 * nominal_photons);
    struct Said {
      double there = 0, usable = 0;
    };
    const auto share = [&](const WorldMap& map, double feature, std::int64_t maps) {
      std::vector<double> there(static_cast<std::size_t>(maps)), usable(there);
      core::parallel_for(maps, [&](std::int64_t seed) {
        const auto i = static_cast<std::size_t>(seed);
        const auto f = rixs::find_feature(counted(map, feature, 1, 700 + i, 1));
        there[i] = f && f->chance < 0.05 ? 1 : 0;
        usable[i] = f && rixs::why_unusable(*f).empty() ? 1 : 0;
      });
      return Said{mean(there), mean(usable)};
    };
    const Said null = share(dim, 0, seeds), bright_null = share(bright, 0, some), real = share(dim, 1, some),
               bright_real = share(bright, 1, some);
    worst = std::max(worst, null.there);
    worst_usable = std::max(worst_usable, std::max(null.usable, bright_null.usable));
    worst_bright = std::max(worst_bright, bright_null.there);
    detail += fmt::format("{}: {:.3f}, bright {:.3f}; of real ones seen {:.2f}, bright {:.2f}; ", world.name,
                          null.there, bright_null.there, real.there, bright_real.there);
  }
  return {.figures = {{worst}, {worst_bright}, {worst_usable}}, .detail = detail};
}

// After at 0.8 of the exposure, no monitor: the rest of the map is the scale.
Outcome feature_change() {
  constexpr std::int64_t seeds = 60;
  double covered = 0, of_ratio = 0, ratios = 0, all = 0, worst = 1, wrong = 0;
  std::vector<double> pulls, ratio_pulls;
  std::string detail;
  for (const OxygenWorld& world : oxygen_worlds()) {
    const WorldMap map = expected_in(world, nominal_photons);
    const double photons = map.feature.total();
    double in_world = 0, found = 0;
    for (const double rise : {0.0, 0.05, 0.3}) {
      struct Seen {
        double pull = 0, ratio_pull = 0;
        bool covers = false, has_ratio = false, ratio_covers = false, found = false, wrong = false;
      };
      std::vector<Seen> seen(seeds);
      core::parallel_for(seeds, [&](std::int64_t seed) {
        const auto i = static_cast<std::size_t>(seed);
        const rixs::FeatureSettings sought;
        const auto own = static_cast<std::uint64_t>(std::lround(1e5 * rise)) + 100 + i;  // other maps for each rise
        const rixs::RixsMap before = counted(map, 1, 1, own, 1), after = counted(map, 1 + rise, 0.8, own, 2);
        const auto f =
            rixs::compare_feature(before, after, rixs::common_scale(before, after, {.feature = sought}), sought);
        Seen& one = seen[i];
        one.pull = (f->counts.value - rise * photons) / f->counts.sigma();
        one.covers = f->low <= rise * photons && rise * photons <= f->high;
        one.found = rixs::changed(*f);
        one.wrong = one.found && (rise == 0 || f->counts.value < 0);
        one.has_ratio = f->relative.has_value();
        if (!f->relative) return;
        one.ratio_pull = (f->relative->value - rise) / f->relative->sigma();
        one.ratio_covers = std::abs(one.ratio_pull) <= core::two_sided_95;
      });
      for (const Seen& s : seen) {
        pulls.push_back(s.pull);
        in_world += s.covers ? 1 : 0;
        wrong += s.wrong ? 1 : 0;
        found += s.found && rise > 0.1 ? 1.0 / seeds : 0;
        if (!s.has_ratio) continue;
        ratios += 1;
        of_ratio += s.ratio_covers ? 1 : 0;
        ratio_pulls.push_back(s.ratio_pull);
      }
    }
    covered += in_world;
    all += 3 * seeds;
    worst = std::min(worst, in_world / (3 * seeds));
    detail += fmt::format("{}: {:.3f}, a rise of 30 % found in {:.2f}; ", world.name, in_world / (3 * seeds), found);
  }
  return {.figures = {{covered / all}, {spread(pulls)}, {worst}, {wrong / all}},
          .detail = detail + fmt::format("mean pull {:.2f}; ratio told in {:.0f} of {:.0f} pairs, covered {:.3f}, pull "
                                         "{:.2f} +- {:.2f}",
                                         mean(pulls), ratios, all, ratios > 0 ? of_ratio / ratios : 0,
                                         mean(ratio_pulls), spread(ratio_pulls))};
}

// The twin's oxygen, a line of the strength it has by default.
rixs::EmissionModel twin_oxygen(double feature) {
  return {
      .lines =
          {{.incident_eV = 531,
            .emission_eV = 523.4,
            .sigma_incident_eV = 0.45,
            .sigma_emission_eV = 0.7,
            .strength = 0.08 * feature},
           {.incident_eV = 529,
            .emission_eV = 525.5,
            .sigma_incident_eV = 1.2,
            .sigma_emission_eV = 1.1,
            .strength = 0.4},
           {.incident_eV = 534, .emission_eV = 526, .sigma_incident_eV = 2.5, .sigma_emission_eV = 1.3, .strength = 1}},
      .elastic = 0.02};
}

// Counts of a model, all at the exposure at which the model without a change has so many photons.
struct TwinMaps {
  rixs::RixsMap bands, feature;
  explicit TwinMaps(double photons) {
    rixs::MapExposure exposure{.emission = {.low_eV = 506, .width_eV = 0.5, .count = 84}, .counts = photons};
    for (int i = 0; i <= 60; ++i) exposure.incident_eV.push_back(526 + 0.2 * i);
    const rixs::RixsMap all = rixs::expected_map(twin_oxygen(1), exposure);
    bands = rixs::expected_map(twin_oxygen(0), exposure);
    // Where the feature does not reach both have the same bands, which tells their scale.
    const double scale = all.at(40, 60) / bands.at(40, 60);
    feature = all;
    for (std::size_t i = 0; i < all.counts.size(); ++i) {
      bands.counts[i] *= scale;
      feature.counts[i] -= bands.counts[i];
    }
  }
};

// The bound on the change of a line of known place and shape: background free in every bin, one scale for all.
double cramer_rao(const TwinMaps& maps) {
  const double photons = maps.feature.total();
  double of_line = 0, mixed = 0, of_scale = 0;
  for (std::int64_t r = 0; r < maps.bands.emission.count; ++r) {
    for (std::size_t c = 0; c < maps.bands.columns(); ++c) {
      constexpr double elastic_eV = 2;
      if (std::abs(maps.bands.emission.centre(r) - maps.bands.incident_eV[c]) < elastic_eV) continue;
      const double rate = maps.bands.at(r, c) + maps.feature.at(r, c), line = maps.feature.at(r, c) / photons;
      if (!(rate > 0)) continue;
      of_line += line * line / (2 * rate);
      mixed += line * rate / (2 * rate);
      of_scale += rate / 2;
    }
  }
  return 1 / std::sqrt(of_line - mixed * mixed / of_scale);
}

Outcome feature_change_bound() {
  constexpr std::int64_t seeds = 150;
  const TwinMaps maps{nominal_photons};
  const double bound = cramer_rao(maps), photons = maps.feature.total();
  const WorldMap world{maps.bands, maps.feature};
  std::vector<double> found(seeds), stated(seeds), seen(seeds);
  core::parallel_for(seeds, [&](std::int64_t seed) {
    const auto i = static_cast<std::size_t>(seed);
    const rixs::FeatureSettings sought;
    const auto change = [&](double feature) {
      const rixs::RixsMap before = counted(world, 1, 1, 300 + i, 1), after = counted(world, feature, 1, 300 + i, 2);
      return *rixs::compare_feature(before, after, rixs::common_scale(before, after, {.feature = sought}), sought);
    };
    const rixs::FeatureChange none = change(1), third = change(1.3);
    found[i] = none.counts.value;
    stated[i] = none.counts.sigma();
    seen[i] = rixs::changed(third) && third.counts.value > 0 ? 1 : 0;
  });
  return {.figures = {{mean(stated) / bound}, {mean(seen)}},
          .detail = fmt::format("bound {:.4f} of the feature's {:.0f} photons, stated {:.4f}, scatter {:.4f}",
                                bound / photons, photons, mean(stated) / photons, spread(found) / photons)};
}

const rixs::Region& feature_box() {
  static const rixs::Region box = rixs::parse_region("f: 530.2,522 531.8,522 531.8,524.8 530.2,524.8");
  return box;
}

rixs::CurveChange box_change(const rixs::RixsMap& before, const rixs::RixsMap& after, rixs::Normalise how,
                             double monitor_error) {
  const rixs::ScaleRequest request{
      .how = how, .monitor_error = monitor_error, .asked = {feature_box()}, .feature = rixs::FeatureSettings{}};
  const rixs::StateScale scale = rixs::common_scale(before, after, request);
  const rixs::Cut cut{.kind = "sPFY", .region = feature_box()};
  const rixs::Curve first = rixs::partial_yield(before, feature_box());
  const rixs::Curve second =
      rixs::at_exposure_of(rixs::partial_yield(after, feature_box()), after, before, scale.source);
  return rixs::compare_curves(first, second, rixs::divisors_of(before, after, cut, first, second, scale));
}

// sPFY of the feature, half as strong again, on the scale of the rest of the map; and of nothing.
Outcome spfy_power() {
  constexpr std::int64_t seeds = 400;
  const TwinMaps maps{nominal_photons};
  const WorldMap world{maps.bands, maps.feature};
  std::vector<double> found(seeds), wrong(seeds), covered(seeds);
  core::parallel_for(seeds, [&](std::int64_t seed) {
    const auto i = static_cast<std::size_t>(seed);
    const rixs::RixsMap before = counted(world, 1, 1, 40 + i, 1);
    found[i] =
        rixs::changed(box_change(before, counted(world, 1.5, 0.7, 40 + i, 2), rixs::Normalise::automatic, 0)) ? 1 : 0;
    const rixs::CurveChange none = box_change(before, counted(world, 1, 0.7, 40 + i, 3), rixs::Normalise::automatic, 0);
    wrong[i] = rixs::changed(none) ? 1 : 0;
    covered[i] = std::abs(none.height.value) <= core::two_sided_95 * none.height.sigma() ? 1 : 0;
  });
  return {.figures = {{mean(found)}, {mean(wrong)}, {mean(covered)}},
          .detail = "found of a feature half as strong again; changed of nothing; bounds that hold no change"};
}

// Flux 0.8 with monitors that see it, each with an error of its scale; and without the monitors' help.
Outcome monitor_null() {
  constexpr std::int64_t seeds = 400;
  constexpr double error = 0.01;
  const TwinMaps maps{nominal_photons};
  const WorldMap world{maps.bands, maps.feature};
  std::vector<double> unchanged(seeds), by_time(seeds);
  core::parallel_for(seeds, [&](std::int64_t seed) {
    const auto i = static_cast<std::size_t>(seed);
    core::RandomStream random{91, i};
    const auto with_monitor = [&](rixs::RixsMap map, double flux) {
      const double reading = 3.2e-9 * flux * (1 + error * random.normal());
      rixs::set_i0(map, std::vector<core::Value>(map.columns(), core::Value::exact(reading)));
      return map;
    };
    const rixs::RixsMap before = with_monitor(counted(world, 1, 1, 600 + i, 1), 1),
                        after = with_monitor(counted(world, 1, 0.8, 600 + i, 2), 0.8);
    unchanged[i] = rixs::changed(box_change(before, after, rixs::Normalise::automatic, error)) ? 0 : 1;
    by_time[i] = rixs::changed(box_change(before, after, rixs::Normalise::none, error)) ? 1 : 0;
  });
  return {.figures = {{mean(unchanged)}, {mean(by_time)}},
          .detail = "unchanged with monitors; changed by live time alone, which is told to look like that"};
}

// The emission scale moved between the states by less than its stated error: no change of any spectrum, of the map or
// of the feature.
Outcome shift_null() {
  constexpr std::int64_t seeds = 100;
  constexpr double moved_eV = 0.08, stated_eV = 0.1;
  std::vector<double> curves(seeds), maps(seeds), features(seeds);
  core::parallel_for(seeds, [&](std::int64_t seed) {
    const auto i = static_cast<std::size_t>(seed);
    rixs::EmissionModel model = twin_oxygen(1);
    rixs::MapExposure exposure{.emission = {.low_eV = 506, .width_eV = 0.5, .count = 84}, .counts = 4e5};
    for (int k = 0; k <= 60; ++k) exposure.incident_eV.push_back(526 + 0.2 * k);
    rixs::RixsMap before = rixs::synthesize_map(model, exposure, 800 + i, 1);
    for (auto& line : model.lines) line.emission_eV += moved_eV;
    rixs::RixsMap after = rixs::synthesize_map(model, exposure, 800 + i, 2);
    before.energy_sigma_eV = after.energy_sigma_eV = stated_eV;
    rixs::MapsRequest request;
    request.regions = {rixs::parse_region("O K: 520..525"), feature_box()};
    request.seek_feature = false;
    const rixs::MapsOutcome first = rixs::reduce_maps(std::vector{before}, request);
    const rixs::MapsOutcome both = rixs::reduce_maps(std::vector{after}, request, &first.found);
    for (const rixs::CurveChange& c : both.change->curves)
      curves[i] += rixs::changed(c) ? 1.0 / static_cast<double>(both.change->curves.size()) : 0;
    maps[i] = both.change->map.chance < 0.01 ? 1 : 0;
    const rixs::FeatureSettings sought;
    const auto f = rixs::compare_feature(before, after, rixs::common_scale(before, after, {.feature = sought}), sought);
    features[i] = rixs::changed(*f) ? 1 : 0;
  });
  return {.figures = {{mean(curves)}, {mean(maps)}, {mean(features)}},
          .detail = "of spectra called changed; of maps with a chance below 0.01; of features called changed"};
}

// Every way a user may choose to compare, in worlds that no fit has made: spectra and maps of nothing called changed,
// and of a pre-edge a fifth stronger found; the warning that more than the feature changed, of nothing and of that.
Outcome rixs_world_words() {
  constexpr std::int64_t seeds = 24, some = 8;
  struct Said {
    double spectra = 0, wrong_spectra = 0, maps = 0, wrong_maps = 0, found = 0;
  };
  Said all;
  std::vector<double> misfit_null, misfit_real;
  std::string detail;
  std::mutex adding;
  for (const OxygenWorld& world : oxygen_worlds()) {
    const WorldMap map = expected_in(world, nominal_photons);
    WorldMap grown = map;
    for (std::size_t i = 0; i < grown.bands.counts.size(); ++i) {
      const double e = grown.bands.incident_eV[i % grown.bands.columns()];
      if (e > 528 && e < 530) grown.bands.counts[i] *= 1.2;
    }
    for (const auto how : {rixs::Normalise::automatic, rixs::Normalise::monitor, rixs::Normalise::none,
                           rixs::Normalise::area, rixs::Normalise::maximum}) {
      const Said before_this = all;
      core::parallel_for(seeds, [&](std::int64_t seed) {
        const auto i = static_cast<std::uint64_t>(seed) + 1000 * static_cast<std::uint64_t>(how);
        // Live time alone knows nothing of a flux.
        const double flux = how == rixs::Normalise::none ? 1 : 0.8;
        const auto measured = [&](const WorldMap& of, double exposure, std::uint64_t stream) {
          rixs::RixsMap out = counted(of, 1, exposure, 4000 + i, stream);
          if (how == rixs::Normalise::monitor)
            rixs::set_i0(out, std::vector<core::Value>(out.columns(), core::Value::exact(2e-9 * exposure)));
          return out;
        };
        rixs::MapsRequest request;
        request.normalise = how;
        request.seek_feature = false;
        request.regions = {rixs::parse_region("O K: 518..529"), feature_box()};
        const rixs::MapsOutcome first = rixs::reduce_maps(std::vector{measured(map, 1, 1)}, request);
        const auto against = [&](const WorldMap& of, std::uint64_t stream) {
          return rixs::reduce_maps(std::vector{measured(of, flux, stream)}, request, &first.found);
        };
        const rixs::MapsOutcome same = against(map, 2), other = against(grown, 3);
        const auto any = [](const rixs::MapsOutcome& o) {
          return std::ranges::any_of(o.change->curves, [](const auto& c) { return rixs::changed(c); }) ||
                 o.change->map.chance < 0.01;
        };
        const std::scoped_lock lock{adding};
        for (const rixs::CurveChange& c : same.change->curves) {
          all.spectra += 1;
          all.wrong_spectra += rixs::changed(c) ? 1 : 0;
        }
        all.maps += 1;
        all.wrong_maps += same.change->map.chance < 0.01 ? 1 : 0;
        all.found += any(other) ? 1 : 0;
      });
      detail += fmt::format("{:.0f}/{:.0f} ", all.wrong_spectra - before_this.wrong_spectra,
                            all.spectra - before_this.spectra);
    }
    detail += world.name + "; ";
    for (const bool real : {false, true}) {
      std::vector<double> said(some);
      core::parallel_for(some, [&](std::int64_t seed) {
        const auto i = static_cast<std::size_t>(seed);
        const rixs::FeatureSettings sought;
        const rixs::RixsMap a = counted(map, 1, 1, 9000 + i, 1), b = counted(real ? grown : map, 1, 1, 9000 + i, 2);
        said[i] =
            rixs::compare_feature(a, b, rixs::common_scale(a, b, {.feature = sought}), sought)->misfit > 4 ? 1 : 0;
      });
      (real ? misfit_real : misfit_null).push_back(mean(said));
    }
  }
  return {.figures = {{all.wrong_spectra / all.spectra},
                      {all.wrong_maps / all.maps},
                      {all.found / all.maps},
                      {mean(misfit_null)}},
          .detail =
              detail + fmt::format("more than the feature: said of a stronger pre-edge in {:.2f}", mean(misfit_real))};
}

// "Elastic light lies off the diagonal": of scales that agree, and of scales 0.6 eV apart.
Outcome elastic_words() {
  constexpr std::int64_t seeds = 60;
  std::vector<double> wrong(seeds), found(seeds);
  core::parallel_for(seeds, [&](std::int64_t seed) {
    const auto i = static_cast<std::size_t>(seed);
    rixs::MapExposure exposure{.emission = {.low_eV = 506, .width_eV = 0.5, .count = 84}, .counts = nominal_photons};
    for (int k = 0; k <= 60; ++k) exposure.incident_eV.push_back(526 + 0.2 * k);
    const auto warned = [&](double moved_eV) {
      rixs::RixsMap map = rixs::synthesize_map(twin_oxygen(1), exposure, 60 + i, 1);
      map.emission.low_eV += moved_eV;
      const auto fit = rixs::fit_elastic(map, {.detector_fwhm_eV = 1.4});
      return fit && fit->significance > 3 && std::abs(fit->offset_eV.value) > 5 * fit->offset_eV.sigma() ? 1.0 : 0.0;
    };
    wrong[i] = warned(0);
    found[i] = warned(0.6);
  });
  return {.figures = {{mean(wrong)}, {mean(found)}}, .detail = "of scales that agree; of scales 0.6 eV apart"};
}

// A night of the twin through its raw files: calibrations, scan, OFF records, events, map.
struct Night {
  rixs::RixsMap map;
  double feature = 0;  // photons expected of it
};
Night night_of(double rise, std::uint64_t seed) {
  const Scratch scratch;
  rixs::TwinSettings settings;
  settings.pixels = 12;
  settings.dwell = 6;
  settings.calibration = 60;
  settings.emission = rixs::usual_emission();
  settings.emission.back() = fmt::format("531 523.4 0.45 0.7 {}", 0.08 * (1 + rise));
  const rixs::ArrayTwin twin = rixs::twin_of(settings, seed);
  core::NoProgress progress;
  tes::ArrayRequest request;
  std::mutex adding;
  rixs::write_files(twin, progress, [&](const std::string& name, std::string_view bytes) {
    io::write_file(scratch.file(name), bytes, io::Existing::replace);
    const std::scoped_lock lock{adding};
    (name.ends_with("_log") ? request.logs : request.files).push_back(scratch.file(name));
  });
  std::ranges::sort(request.files);
  std::ranges::sort(request.logs);
  tes::ArrayOutcome array = tes::reduce_array(request, progress);
  std::erase_if(array.events, [](const tes::PixelEvents& e) { return e.size() == 0; });
  const rixs::MapSettings bins{.emission = {.low_eV = 506, .width_eV = 0.5, .count = 84}};
  Night out{.map = rixs::fill_map(array.events, twin.plan.scan.passes.front(), bins)};
  const double live = std::accumulate(out.map.live_pixel_s.begin(), out.map.live_pixel_s.end(), 0.0);
  out.feature = *rixs::expected_feature(twin, {}) * live / static_cast<double>(out.map.columns());
  return out;
}

Outcome change_end_to_end() {
  constexpr std::uint64_t seeds = 40;
  double covered = 0, all = 0, wrong = 0, worst = 1;
  std::string detail;
  std::vector<Night> before;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) before.push_back(night_of(0, 2000 + seed));
  for (const double rise : {0.0, 0.05, 0.3}) {
    std::vector<Night> after;
    for (std::uint64_t seed = 0; seed < seeds; ++seed)
      after.push_back(night_of(rise, 3000 + seed + static_cast<std::uint64_t>(std::lround(1e4 * rise))));
    std::vector<double> covers(seeds), pulls(seeds), contradicts(seeds);
    core::parallel_for(static_cast<std::int64_t>(seeds), [&](std::int64_t seed) {
      const auto i = static_cast<std::size_t>(seed);
      const rixs::FeatureSettings sought;
      const auto f = rixs::compare_feature(
          before[i].map, after[i].map, rixs::common_scale(before[i].map, after[i].map, {.feature = sought}), sought);
      const double truth = rise * before[i].feature;
      covers[i] = f->low <= truth && truth <= f->high ? 1 : 0;
      pulls[i] = (f->counts.value - truth) / f->counts.sigma();
      contradicts[i] = rixs::changed(*f) && (rise == 0 || f->counts.value < 0) ? 1 : 0;
    });
    covered += mean(covers) * seeds;
    wrong += mean(contradicts) * seeds;
    worst = std::min(worst, mean(covers));
    all += seeds;
    detail +=
        fmt::format("+{:g} %: {:.3f}, pull {:.2f} +- {:.2f}; ", 100 * rise, mean(covers), mean(pulls), spread(pulls));
  }
  return {
      .figures = {{covered / all}, {wrong / all}},
      .detail = detail + fmt::format("{:.0f} photons a night, worst level {:.3f}", before.front().map.total(), worst)};
}

// The elastic line of six real passes, each alone, and of all together.
Outcome elastic_real() {
  if (real_data().empty()) return {.figures = {}, .no_data = true};
  constexpr double detector_fwhm_eV = 4.3;  // of the calibration lines in these files
  const tes::ArrayOutcome outcome = ssrl_default();
  const rixs::MapSettings settings{.emission = {.low_eV = 745, .width_eV = 0.5, .count = 140}};
  std::vector<rixs::RixsMap> maps;
  std::vector<core::Value> offsets;
  std::string detail;
  for (const tes::ScanPass& pass : ssrl_passes()) {
    maps.push_back(rixs::fill_map(outcome.events, pass, settings));
    maps.back().incident_eV = maps.front().incident_eV;  // readings of one setting
    const auto fit = rixs::fit_elastic(maps.back(), {.detector_fwhm_eV = detector_fwhm_eV});
    if (!fit) continue;
    offsets.push_back(fit->offset_eV);
    detail += core::format_value(fit->offset_eV) + " ";
  }
  double weights = 0, sum = 0, chi_squared = 0;
  for (const core::Value& v : offsets) {
    weights += 1 / v.variance;
    sum += v.value / v.variance;
  }
  const double together = sum / weights;
  for (const core::Value& v : offsets) chi_squared += (v.value - together) * (v.value - together) / v.variance;
  const auto all = rixs::fit_elastic(rixs::sum_maps(maps), {.detector_fwhm_eV = detector_fwhm_eV});
  const double sigma = all ? all->offset_eV.sigma() : 1e9;
  if (all) detail += "; together " + core::format_value(all->offset_eV);
  return {.figures = {{chi_squared / static_cast<double>(offsets.size() - 1)}, {sigma}}, .detail = detail};
}

}  // namespace

std::vector<Check> rixs_feature_checks() {
  return {{"change-end-to-end", change_end_to_end},
          {"elastic-real", elastic_real},
          {"elastic-words", elastic_words},
          {"rixs-world-words", rixs_world_words},
          {"shift-null", shift_null},
          {"feature-null", feature_null},
          {"feature-change", feature_change},
          {"feature-change-bound", feature_change_bound},
          {"spfy-power", spfy_power},
          {"monitor-null", monitor_null}};
}

}  // namespace lithoscope::validation
