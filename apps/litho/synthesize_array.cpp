#include "synthesize_array.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>

#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/progress.hpp"
#include "lithoscope/io/atomic_file.hpp"
#include "lithoscope/io/text_table.hpp"
#include "lithoscope/rixs/synthesize.hpp"
#include "xas_options.hpp"

namespace litho {
namespace core = lithoscope::core;
namespace io = lithoscope::io;
namespace rixs = lithoscope::rixs;
namespace tes = lithoscope::tes;
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
        {.what = "--incident is a range of energies", .expected = "FROM..TO:STEP such as 526..538:0.2", .found = text});
  std::vector<double> out;
  const auto points = static_cast<std::int64_t>((to - from) / step + 1e-9);
  for (std::int64_t i = 0; i <= points; ++i) out.push_back(from + step * static_cast<double>(i));
  return out;
}

rixs::EmissionModel::Line line_of(const std::string& text) {
  std::vector<double> numbers;
  for (const std::string_view word : io::words_of(text, " ,\t")) {
    const auto value = io::to_number(word);
    numbers.push_back(value ? *value : -1);
  }
  if (numbers.size() != 5 || std::ranges::any_of(numbers, [](double v) { return v < 0; }))
    throw core::UsageError(
        {.what = "--emission is five numbers, none below 0",
         .expected = "\"INCIDENT EMISSION SIGMA_IN SIGMA_OUT STRENGTH\", eV; SIGMA_IN 0: at all energies",
         .found = text});
  return {.incident_eV = numbers[0],
          .emission_eV = numbers[1],
          .sigma_incident_eV = numbers[2],
          .sigma_emission_eV = numbers[3],
          .strength = numbers[4]};
}

// Oxygen of a charged cathode: the band, its resonance, and the feature of oxidised oxygen (JACS 2019, Figure 4).
std::vector<std::string> usual_emission() {
  return {"534 526 2.5 1.3 1", "529 525.5 1.2 1.1 0.4", "531 523.4 0.45 0.7 0.08"};
}

struct Plan {
  tes::ScanLog before, scan, after;
};

Plan plan_of(const ArrayOptions& options, const tes::SyntheticArray& array, double dwell_s, double calibration_s) {
  const auto ns = [](double seconds) { return std::llround(1e6 * seconds) * 1000; };
  Plan plan;
  std::int64_t now = array.start_ns + 2 * second_ns;
  const auto calibrate = [&](const char* name) {
    tes::ScanLog log{.kind = tes::LogKind::calibration, .name = name, .sample = "calibration"};
    log.passes.push_back(
        {.name = "pass 0", .start_ns = now, .stop_ns = now + ns(calibration_s), .incident_eV = 1000, .points = {}});
    now = log.passes.back().stop_ns + 5 * second_ns;
    return log;
  };
  plan.before = calibrate("CAL0");
  plan.scan = {.kind = tes::LogKind::scan, .name = "SCAN1", .sample = "twin", .calibration = "CAL0"};
  for (int p = 0; p < options.passes; ++p) {
    tes::ScanPass pass{.name = fmt::format("pass {}", p), .start_ns = now};
    for (const double e : energies_of(options.incident)) {
      pass.points.push_back({.position = e, .start_ns = now, .stop_ns = now + ns(dwell_s)});
      now += ns(dwell_s) + second_ns / 3;
    }
    pass.stop_ns = now;
    now += 5 * second_ns;
    plan.scan.passes.push_back(std::move(pass));
  }
  plan.after = calibrate("CAL1");
  return plan;
}

std::vector<tes::Photon> photons_of(const Plan& plan, const rixs::EmissionModel& model, double rate, std::uint64_t seed,
                                    std::uint64_t channel) {
  static const std::vector<std::pair<double, double>> lines{{277.0, 1}, {392.4, 1.4},  {524.9, 1.2},
                                                            {704.8, 1}, {851.47, 1.2}, {929.68, 0.8}};
  constexpr double line_sigma_eV = 0.3;
  std::vector<tes::Photon> out;
  std::uint64_t part = 0;
  for (const tes::ScanLog* log : {&plan.before, &plan.after}) {
    const auto some = tes::draw_photons(lines, line_sigma_eV, rate, log->passes[0].start_ns, log->passes[0].stop_ns,
                                        seed, 4 * channel + part++);
    out.insert(out.end(), some.begin(), some.end());
  }
  const auto scan = rixs::draw_scan_photons(model, plan.scan, rate, seed, 4 * channel + part);
  out.insert(out.end(), scan.begin(), scan.end());
  std::ranges::sort(out, {}, &tes::Photon::time_ns);
  return out;
}

}  // namespace

void add_array_options(Command& command, ArrayOptions& options) {
  command.heading("A microcalorimeter run in place of a cycler's record");
  command.path("--run", options.run, "folder for pulse files and scan logs of a known emission");
  command.texts("--emission", options.emission,
                "\"INCIDENT EMISSION SIGMA_IN SIGMA_OUT STRENGTH\" (eV) of a line; may be repeated [oxygen of a "
                "charged cathode]");
  command.text("--elastic", options.elastic, "strength of the elastic light at every energy [0.02]");
  command.text("--incident", options.incident, "FROM..TO:STEP of the scan (eV) [526..538:0.2]");
  command.text("--dwell", options.dwell, "at each energy [1.2 s]");
  command.text("--rate", options.rate, "photons a second in a pixel, where most are emitted and in calibrations [20]");
  command.text("--calibration", options.calibration, "length of each of the two, before and after [120 s]");
  command.number("--pixels", options.pixels, "of the array [240]");
  command.number("--passes", options.passes, "of the scan [1]");
  command.text("--kind", options.kind, "off (projected pulses), ljh (raw ones, with noise files) or both [off]");
}

core::ExitCode write_array_run(const ArrayOptions& options, int seed, bool force) {
  const bool off = options.kind == "off" || options.kind == "both",
             ljh = options.kind == "ljh" || options.kind == "both";
  constexpr int most_pixels = 10000, most_passes = 1000;
  if ((!off && !ljh) || options.pixels < 1 || options.pixels > most_pixels || options.passes < 1 ||
      options.passes > most_passes)
    throw core::UsageError({.what = "no such run",
                            .expected = "--kind off, ljh or both; --pixels 1 to 10000; --passes 1 to 1000",
                            .found = fmt::format("{}, {}, {}", options.kind, options.pixels, options.passes)});
  const double dwell_s = number_in("--dwell", options.dwell, "s", 0), rate = number_in("--rate", options.rate, "1", 0),
               calibration_s = number_in("--calibration", options.calibration, "s", 0);
  if (!(dwell_s > 0) || !(rate > 0) || !(calibration_s > 0))
    throw core::UsageError({.what = "dwell, rate and calibration are more than nothing",
                            .expected = "1.2 s, 20 and 120 s",
                            .found = options.dwell + ", " + options.rate + ", " + options.calibration});
  rixs::EmissionModel model{.elastic = number_in("--elastic", options.elastic, "1", 0)};
  for (const std::string& text : options.emission.empty() ? usual_emission() : options.emission)
    model.lines.push_back(line_of(text));
  const tes::SyntheticArray array{.pixels = options.pixels, .seed = static_cast<std::uint64_t>(seed)};
  const Plan plan = plan_of(options, array, dwell_s, calibration_s);
  io::StagedDirectory folder{options.run, force ? io::Existing::replace : io::Existing::refuse, "SCAN1_log"};
  const auto path = [&](const std::string& name) { return (std::filesystem::path(folder.path()) / name).string(); };
  const auto write = [&](const std::string& name, const std::string& bytes) {
    io::write_file(path(name), bytes, io::Existing::replace);
  };
  for (const tes::ScanLog* log : {&plan.before, &plan.scan, &plan.after})
    write(log->name + "_log", tes::ssrl_log_text(*log));
  const auto pixels = tes::make_pixels(array);
  const auto progress = core::terminal_progress();
  progress->start("pixels", options.pixels);
  std::atomic<std::int64_t> done = 0;
  core::parallel_for(options.pixels, [&](std::int64_t i) {
    const tes::SyntheticPixel& pixel = pixels[static_cast<std::size_t>(i)];
    const auto photons = photons_of(plan, model, rate, array.seed, static_cast<std::uint64_t>(pixel.channel));
    const tes::SyntheticRecords records = tes::make_records(array, pixel, photons);
    if (off) write(fmt::format("twin_chan{}.off", pixel.channel), tes::off_file(array, pixel, records));
    if (ljh) {
      constexpr std::int64_t noise_records = 120;
      write(fmt::format("twin_chan{}.ljh", pixel.channel), tes::ljh_file(array, pixel, records));
      write(fmt::format("noise_chan{}.ljh", pixel.channel),
            tes::ljh_file(array, pixel, tes::make_noise_records(array, pixel, noise_records)));
    }
    progress->advance(++done);
  });
  progress->finish();
  folder.commit();
  fmt::print("{} pixels, {} energies, {} pass{} in {}\nlitho rixs {}/twin_chan*.{}{} --log {}/*_log\n", options.pixels,
             plan.scan.passes.front().points.size(), options.passes, options.passes == 1 ? "" : "es", options.run,
             options.run, off ? "off" : "ljh", off ? "" : fmt::format(" --noise '{}/noise_chan*.ljh'", options.run),
             options.run);
  return core::ExitCode::done;
}

}  // namespace litho
