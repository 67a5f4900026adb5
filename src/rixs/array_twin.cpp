#include "lithoscope/rixs/array_twin.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>

#include "gauss.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/statistics.hpp"
#include "lithoscope/io/text_table.hpp"

namespace lithoscope::rixs {

std::vector<std::string> usual_emission() {
  return {"534 526 2.5 1.3 1", "529 525.5 1.2 1.1 0.4", "531 523.4 0.45 0.7 0.08"};
}

namespace {

constexpr std::array<std::string_view, 3> kind_words{"off", "ljh", "both"};  // in the order of TwinKind

}  // namespace

std::span<const core::Setting<TwinSettings>> twin_settings_table() {
  using T = TwinSettings;
  static constexpr std::array table{
      core::Setting<T>{
          "emission", "", &T::emission,
          "A line of the sample, \"INCIDENT EMISSION SIGMA_IN SIGMA_OUT STRENGTH\" with energies in eV; may "
          "be repeated",
          0, 1e15, "oxygen of a charged cathode"},
      core::Setting<T>{"elastic", "1", &T::elastic, "Strength of the elastic light at every energy"},
      core::Setting<T>{"incident", "", &T::incident, "Incident energies of the scan, FROM..TO:STEP in eV"},
      core::Setting<T>{"dwell", "s", &T::dwell, "Time at each incident energy", 1e-6, 1e7},
      core::Setting<T>{"rate", "1/s", &T::rate, "Photons in a pixel where most are emitted, and in the calibrations",
                       1e-6, 1e6},
      core::Setting<T>{"calibration", "s", &T::calibration,
                       "Length of each of the two calibrations, before and after the scan", 1e-6, 1e7},
      core::Setting<T>{"pixels", "", &T::pixels, "Pixels of the array", 1, 10000},
      core::Setting<T>{"passes", "", &T::passes, "Passes of the scan", 1, 1000},
      core::Setting<T>{"kind", "", core::choice_of<&T::kind, T>(kind_words),
                       "Files to write: off (projected pulses), ljh (raw ones, with noise files) or both"}};
  return table;
}

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

// "526..538:0.2"
std::vector<double> energies_of(const std::string& text) {
  const std::size_t dots = text.find(".."), colon = text.find(':');
  const auto number = [&](std::size_t begin, std::size_t end) {
    return begin >= text.size() ? -1.0 : io::to_number(text.substr(begin, end - begin)).value_or(-1);
  };
  const bool whole = dots != std::string::npos && colon != std::string::npos && dots < colon;
  const double from = whole ? number(0, dots) : -1, to = whole ? number(dots + 2, colon) : -1;
  const double step = whole ? number(colon + 1, text.size()) : -1;
  constexpr double most_points = 100000;
  if (!(from > 0) || !(step > 0) || !(to >= from) || (to - from) / step > most_points)
    throw core::UsageError(
        {.what = "incident is no range of energies", .expected = "FROM..TO:STEP such as 526..538:0.2", .found = text});
  std::vector<double> out;
  const auto points = static_cast<std::int64_t>((to - from) / step + 1e-9);
  for (std::int64_t i = 0; i <= points; ++i) out.push_back(from + step * static_cast<double>(i));
  return out;
}

EmissionModel::Line line_of(const std::string& text) {
  std::vector<double> numbers;
  for (const std::string_view word : io::words_of(text, " ,\t")) {
    const auto value = io::to_number(word);
    numbers.push_back(value ? *value : -1);
  }
  if (numbers.size() != 5 || std::ranges::any_of(numbers, [](double v) { return v < 0; }))
    throw core::UsageError(
        {.what = "emission is not five numbers, none below 0",
         .expected = "\"INCIDENT EMISSION SIGMA_IN SIGMA_OUT STRENGTH\", eV; SIGMA_IN 0: at all energies",
         .found = text});
  return {.incident_eV = numbers[0],
          .emission_eV = numbers[1],
          .sigma_incident_eV = numbers[2],
          .sigma_emission_eV = numbers[3],
          .strength = numbers[4]};
}

TwinPlan plan_of(const TwinSettings& settings, const tes::SyntheticArray& array) {
  const auto ns = [](double seconds) { return std::llround(1e6 * seconds) * 1000; };
  TwinPlan plan;
  std::int64_t now = array.start_ns + 2 * second_ns;
  const auto calibrate = [&](const char* name) {
    tes::ScanLog log{.kind = tes::LogKind::calibration, .name = name, .sample = "calibration"};
    log.passes.push_back({.name = "pass 0",
                          .start_ns = now,
                          .stop_ns = now + ns(settings.calibration),
                          .incident_eV = 1000,
                          .points = {}});
    now = log.passes.back().stop_ns + 5 * second_ns;
    return log;
  };
  plan.before = calibrate("CAL0");
  plan.scan = {.kind = tes::LogKind::scan, .name = "SCAN1", .sample = "twin", .calibration = "CAL0"};
  for (int p = 0; p < settings.passes; ++p) {
    tes::ScanPass pass{.name = fmt::format("pass {}", p), .start_ns = now};
    for (const double e : energies_of(settings.incident)) {
      pass.points.push_back({.position = e, .start_ns = now, .stop_ns = now + ns(settings.dwell)});
      now += ns(settings.dwell) + second_ns / 3;
    }
    pass.stop_ns = now;
    now += 5 * second_ns;
    plan.scan.passes.push_back(std::move(pass));
  }
  plan.after = calibrate("CAL1");
  return plan;
}

std::vector<tes::Photon> photons_of(const ArrayTwin& twin, std::uint64_t channel) {
  static const std::vector<std::pair<double, double>> lines{{277.0, 1}, {392.4, 1.4},  {524.9, 1.2},
                                                            {704.8, 1}, {851.47, 1.2}, {929.68, 0.8}};
  constexpr double line_sigma_eV = 0.3;
  std::vector<tes::Photon> out;
  std::uint64_t part = 0;
  for (const tes::ScanLog* log : {&twin.plan.before, &twin.plan.after}) {
    const auto some = tes::draw_photons(lines, line_sigma_eV, twin.rate_per_s, log->passes[0].start_ns,
                                        log->passes[0].stop_ns, twin.array.seed, 4 * channel + part++);
    out.insert(out.end(), some.begin(), some.end());
  }
  const auto scan = draw_scan_photons(twin.model, twin.plan.scan, twin.rate_per_s, twin.array.seed, 4 * channel + part);
  out.insert(out.end(), scan.begin(), scan.end());
  std::ranges::sort(out, {}, &tes::Photon::time_ns);
  return out;
}

}  // namespace

ArrayTwin twin_of(const TwinSettings& settings, std::uint64_t seed) {
  ArrayTwin out{.array = {.pixels = settings.pixels, .seed = seed},
                .plan = {},
                .model = {.elastic = settings.elastic},
                .rate_per_s = settings.rate,
                .kind = settings.kind};
  out.plan = plan_of(settings, out.array);
  for (const std::string& text : settings.emission.empty() ? usual_emission() : settings.emission)
    out.model.lines.push_back(line_of(text));
  return out;
}

void write_files(const ArrayTwin& twin, core::Progress& progress,
                 const std::function<void(const std::string& name, std::string_view bytes)>& sink) {
  const bool off = twin.kind != TwinKind::ljh, ljh = twin.kind != TwinKind::off;
  for (const tes::ScanLog* log : {&twin.plan.before, &twin.plan.scan, &twin.plan.after})
    sink(log->name + "_log", tes::ssrl_log_text(*log));
  const auto pixels = tes::make_pixels(twin.array);
  progress.start("pixels", twin.array.pixels);
  std::atomic<std::int64_t> done = 0;
  core::parallel_for(twin.array.pixels, [&](std::int64_t i) {
    const tes::SyntheticPixel& pixel = pixels[static_cast<std::size_t>(i)];
    const auto photons = photons_of(twin, static_cast<std::uint64_t>(pixel.channel));
    const tes::SyntheticRecords records = tes::make_records(twin.array, pixel, photons);
    if (off) sink(fmt::format("twin_chan{}.off", pixel.channel), tes::off_file(twin.array, pixel, records));
    if (ljh) {
      constexpr std::int64_t noise_records = 120;
      sink(fmt::format("twin_chan{}.ljh", pixel.channel), tes::ljh_file(twin.array, pixel, records));
      sink(fmt::format("noise_chan{}.ljh", pixel.channel),
           tes::ljh_file(twin.array, pixel, tes::make_noise_records(twin.array, pixel, noise_records)));
    }
    progress.advance(++done);
  });
  progress.finish();
}

namespace {

double strength_at(const EmissionModel::Line& line, double incident_eV) {
  const double u = line.sigma_incident_eV > 0 ? (incident_eV - line.incident_eV) / line.sigma_incident_eV : 0;
  return line.strength * std::exp(-0.5 * u * u);
}

double total_at(const EmissionModel& model, double incident_eV) {
  double sum = model.elastic;
  for (const EmissionModel::Line& line : model.lines) sum += strength_at(line, incident_eV);
  return sum;
}

// Photons a second and strength: the rate is reached where the model emits most within the scan.
double rate_per_strength(const ArrayTwin& twin) {
  double most = 0;
  for (const tes::ScanPass& pass : twin.plan.scan.passes) {
    for (const tes::ScanPoint& point : pass.points) most = std::max(most, total_at(twin.model, point.position));
  }
  return most > 0 ? twin.rate_per_s / most : 0;
}

}  // namespace

std::vector<double> expected_yield(const ArrayTwin& twin, const Region& band, std::span<const double> incident_eV,
                                   double resolution_fwhm_eV) {
  const double resolution = resolution_fwhm_eV / core::fwhm_per_sigma, scale = rate_per_strength(twin);
  const auto share = [&](double centre, double sigma) {
    return gauss_share(band.from_eV, band.to_eV, centre, std::max(std::hypot(sigma, resolution), 1e-9));
  };
  std::vector<double> out;
  for (const double e : incident_eV) {
    double sum = twin.model.elastic * share(e, twin.model.elastic_sigma_eV);
    for (const EmissionModel::Line& line : twin.model.lines) {
      const double moved = line.raman ? e - line.incident_eV : 0;
      sum += strength_at(line, e) * share(line.emission_eV + moved, line.sigma_emission_eV);
    }
    out.push_back(scale * sum);
  }
  return out;
}

std::optional<double> expected_feature(const ArrayTwin& twin, const FeatureSettings& sought) {
  const EmissionModel::Line* nearest = nullptr;
  double least = 1;  // of the ellipse that is searched
  for (const EmissionModel::Line& line : twin.model.lines) {
    const double distance = std::hypot((line.incident_eV - sought.incident_eV) / sought.search_incident_eV,
                                       (line.emission_eV - sought.emission_eV) / sought.search_emission_eV);
    if (distance > least) continue;
    least = distance;
    nearest = &line;
  }
  if (nearest == nullptr) return std::nullopt;
  double sum = 0;
  for (const tes::ScanPoint& point : twin.plan.scan.passes.front().points) sum += strength_at(*nearest, point.position);
  return rate_per_strength(twin) * sum;
}

}  // namespace lithoscope::rixs
