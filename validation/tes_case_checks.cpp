// Runs in which something goes wrong, through raw files: a gain that jumps, a pixel that dies, maps of other people.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <functional>
#include <mutex>
#include <numeric>

#include "check.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/progress.hpp"
#include "lithoscope/io/atomic_file.hpp"
#include "lithoscope/io/nexus_file.hpp"
#include "lithoscope/result/files.hpp"
#include "lithoscope/rixs/array_twin.hpp"
#include "lithoscope/rixs/maps_run.hpp"
#include "lithoscope/rixs/plane_file.hpp"
#include "lithoscope/rixs/synthesize.hpp"
#include "lithoscope/tes/array_run.hpp"
#include "scratch.hpp"

namespace lithoscope::validation {
namespace {

// One record of an OFF 0.3.0 file as it lies on disk: three coefficients, of which the last two go with the gain.
struct OffRecord {
  static constexpr std::size_t bytes = 36 + 4 * 3, time_at = 16, derivative_at = 40, height_at = 44;
};

// Bytes of an OFF file with every record shown to `change`, which says whether it stays.
std::string edited(std::string_view bytes,
                   const std::function<bool(std::int64_t time_ns, float& derivative, float& height)>& change,
                   std::int64_t samples) {
  const std::size_t header = bytes.find("\n}\n") + 3;
  const std::size_t records = header + 2 * 3 * static_cast<std::size_t>(samples) * sizeof(double);
  std::string out{bytes.substr(0, records)};
  for (std::size_t at = records; at + OffRecord::bytes <= bytes.size(); at += OffRecord::bytes) {
    std::string record{bytes.substr(at, OffRecord::bytes)};
    std::int64_t time = 0;
    float derivative = 0, height = 0;
    std::memcpy(&time, record.data() + OffRecord::time_at, sizeof time);
    std::memcpy(&derivative, record.data() + OffRecord::derivative_at, sizeof derivative);
    std::memcpy(&height, record.data() + OffRecord::height_at, sizeof height);
    if (!change(time, derivative, height)) continue;
    std::memcpy(record.data() + OffRecord::derivative_at, &derivative, sizeof derivative);
    std::memcpy(record.data() + OffRecord::height_at, &height, sizeof height);
    out += record;
  }
  return out;
}

using Edit = std::function<bool(const std::string& file, std::int64_t time_ns, float& derivative, float& height)>;

struct Night {
  rixs::MapsOutcome maps;
  std::vector<std::string> warnings;  // of the detector
  bool says(std::string_view words) const {
    return std::ranges::any_of(warnings, [&](const std::string& w) { return w.find(words) != std::string::npos; });
  }
};

Night night(const Edit& edit) {
  const Scratch scratch;
  rixs::TwinSettings settings;
  settings.pixels = 12;
  settings.dwell = 6;
  settings.calibration = 60;
  const rixs::ArrayTwin twin = rixs::twin_of(settings, 11);
  core::NoProgress progress;
  tes::ArrayRequest request;
  std::mutex adding;
  rixs::write_files(twin, progress, [&](const std::string& name, std::string_view bytes) {
    const bool log = name.ends_with("_log");
    const std::string kept =
        log ? std::string{bytes}
            : edited(
                  bytes, [&](std::int64_t t, float& d, float& h) { return edit(name, t, d, h); }, twin.array.samples);
    io::write_file(scratch.file(name), kept, io::Existing::replace);
    const std::scoped_lock lock{adding};
    (log ? request.logs : request.files).push_back(scratch.file(name));
  });
  std::ranges::sort(request.files);
  std::ranges::sort(request.logs);
  tes::ArrayOutcome array = tes::reduce_array(request, progress);
  std::erase_if(array.events, [](const tes::PixelEvents& e) { return e.size() == 0; });
  const rixs::Photons photons{
      .events = std::move(array.events), .passes = tes::scan_passes(array), .detector_fwhm_eV = 1.0};
  return {rixs::reduce_maps(photons, {}), array.warnings};
}

bool same_feature(const Night& a, const Night& b) {
  if (!a.maps.found.feature || !b.maps.found.feature) return false;
  const rixs::Feature &x = *a.maps.found.feature, &y = *b.maps.found.feature;
  const auto near = [](const core::Value& p, const core::Value& q) {
    return std::abs(p.value - q.value) < 2 * std::hypot(p.sigma(), q.sigma());
  };
  return near(x.incident_eV, y.incident_eV) && near(x.emission_eV, y.emission_eV) && near(x.counts, y.counts);
}

double live_of_last(const Night& n) {
  const auto& live = n.maps.found.measured.live_pixel_s;
  constexpr std::ptrdiff_t last = 15;
  return std::accumulate(live.end() - last, live.end(), 0.0);
}

Outcome tes_cases() {
  constexpr std::int64_t start_ns = 1'582'150'000'000'000'000, second_ns = 1'000'000'000;
  const auto jump = [&](const std::string& only, double second, double step) -> Edit {
    return [=](const std::string& file, std::int64_t t, float& d, float& h) {
      if (t > start_ns + std::llround(second * static_cast<double>(second_ns)) && (only.empty() || file == only)) {
        d *= static_cast<float>(1 + step);
        h *= static_cast<float>(1 + step);
      }
      return true;
    };
  };
  const auto dies = [&](std::int64_t second) -> Edit {
    return [=](const std::string& file, std::int64_t t, float&, float&) {
      return file != "twin_chan7.off" || t < start_ns + second * second_ns;
    };
  };
  const Night base = night([](const std::string&, std::int64_t, float&, float&) { return true; });
  double right = 0, all = 0;
  std::string missed;
  const auto judge = [&](const std::string& name, bool good) {
    all += 1;
    right += good ? 1 : 0;
    if (!good) missed += name + "; ";
  };
  judge("nothing is said of a sound run", !base.says("moved") && !base.says("Silent") && !base.says("elsewhere"));
  for (const double second : {140.0, 250.0, 390.0}) {
    const Night one = night(jump("twin_chan5.off", second, 0.0095)), every = night(jump("", second, -0.006));
    judge(fmt::format("one pixel jumps at {:g} s", second), one.says("Pixel 5 moved") && same_feature(one, base));
    judge(fmt::format("all pixels jump at {:g} s", second), every.says("moved") && same_feature(every, base));
  }
  for (const std::int64_t second : {200, 330}) {
    const Night dead = night(dies(second));
    constexpr double tolerance = 0.01;
    judge(fmt::format("a pixel dies at {} s", second),
          dead.says("pixel 7 from") && std::abs(live_of_last(dead) / live_of_last(base) - 11.0 / 12) < tolerance);
  }
  if (!real_data().empty()) {
    const std::string plane = real_data() + "/cases/tes/06_rixs_plane_three_columns/plane3.txt";
    const rixs::Plane read = rixs::read_plane(io::InputFile::open(plane));
    judge("a plane of three columns", read.map.columns() == 31 && read.map.emission.count == 30);
  }
  return {.figures = {{right, all}}, .detail = missed.empty() ? "" : "missed: " + missed};
}

// Counts of a known map as others write it, back to a map.
rixs::RixsMap some_map() {
  const rixs::EmissionModel model{.lines = {{531, 523.4, 0.45, 0.7, 0.3}, {534, 526, 2.5, 1.3, 1}}};
  rixs::MapExposure exposure{.emission = {.low_eV = 515, .width_eV = 0.5, .count = 30}, .counts = 20000};
  for (int i = 0; i < 21; ++i) exposure.incident_eV.push_back(528 + 0.25 * i);
  return rixs::synthesize_map(model, exposure, 3);
}

std::string columns_text(const rixs::RixsMap& map, std::string_view header, std::string_view separator, bool errors,
                         bool emission_first) {
  std::string out{header};
  for (std::size_t c = 0; c < map.columns(); ++c) {
    for (std::int64_t r = 0; r < map.emission.count; ++r) {
      const double in = map.incident_eV[c], emitted = map.emission.centre(r), n = map.at(r, c);
      out +=
          fmt::format("{1}{0}{2}{0}{3:g}", separator, emission_first ? emitted : in, emission_first ? in : emitted, n);
      out += errors ? fmt::format("{}{:.17g}\n", separator, std::sqrt(std::max(n, 1.0))) : "\n";
    }
  }
  return out;
}

std::string matrix_text(const rixs::RixsMap& map) {
  std::string out = "emission/incident";
  for (const double e : map.incident_eV) out += fmt::format("\t{}", e);
  for (std::int64_t r = 0; r < map.emission.count; ++r) {
    out += fmt::format("\n{}", map.emission.centre(r));
    for (std::size_t c = 0; c < map.columns(); ++c) out += fmt::format("\t{:g}", map.at(r, c));
  }
  return out + "\n";
}

struct Names {
  const char *group, *signal, *first, *second;
};

// Incident energies along the slow axis, or, turned, along the fast one and from high to low.
std::string hdf5_plane(const rixs::RixsMap& map, const Names& names, bool nexus, bool turned, double per_eV) {
  io::NexusWriter file;
  const std::string group = std::string{"/"} + names.group;
  file.group(group, nexus ? "NXdata" : "NXcollection");
  std::vector<double> incident = map.incident_eV, emission, values;
  for (std::int64_t r = 0; r < map.emission.count; ++r) emission.push_back(map.emission.centre(r));
  if (turned) std::ranges::reverse(incident);
  const std::size_t n = incident.size(), m = emission.size();
  for (std::size_t i = 0; i < n * m; ++i) {
    const std::size_t column = turned ? n - 1 - i % n : i / m, row = turned ? i / n : i % m;
    values.push_back(map.at(static_cast<std::int64_t>(row), column));
  }
  for (double& e : incident) e *= per_eV;
  for (double& e : emission) e *= per_eV;
  const std::string unit = per_eV == 1 ? "eV" : "keV";
  file.table(group + "/" + names.signal, values, turned ? m : n, "");
  file.numbers(group + "/" + names.first, turned ? emission : incident, unit);
  file.numbers(group + "/" + names.second, turned ? incident : emission, unit);
  if (nexus) {
    file.attribute(group, "signal", names.signal);
    const std::vector<std::string> axes{names.first, names.second};
    file.attribute(group, "axes", std::span<const std::string>{axes});
  }
  return file.finish();
}

double worst_deviation(const rixs::RixsMap& a, const rixs::RixsMap& b) {
  if (a.counts.size() != b.counts.size() || a.columns() != b.columns()) return 1e9;
  double worst =
      std::max(std::abs(a.emission.low_eV - b.emission.low_eV), std::abs(a.emission.width_eV - b.emission.width_eV));
  for (std::size_t i = 0; i < a.counts.size(); ++i) worst = std::max(worst, std::abs(a.counts[i] - b.counts[i]));
  for (std::size_t c = 0; c < a.columns(); ++c) worst = std::max(worst, std::abs(a.incident_eV[c] - b.incident_eV[c]));
  return worst;
}

Outcome maps_in() {
  const rixs::RixsMap map = some_map();
  result::Result described = rixs::describe(rixs::reduce_maps(std::vector{map}, {}));
  described.probe = "rixs";
  const std::vector<result::Result> run{described};
  const std::vector<std::pair<std::string, std::string>> files{
      {"three columns, blanks", columns_text(map, "", " ", false, false)},
      {"three columns, commas, emission first", columns_text(map, "emission,incident,counts\n", ",", false, true)},
      {"four columns with errors", columns_text(map, "# incident emission counts sigma\n", "\t", true, false)},
      {"matrix", matrix_text(map)},
      {"run of litho rixs", result::nexus_file(run, {})},
      {"NXdata", hdf5_plane(map, {"entry", "data", "incident_energy", "emission_energy"}, true, false, 1)},
      {"NXdata, turned, keV", hdf5_plane(map, {"entry", "data", "emission", "mono"}, true, true, 1e-3)},
      {"hist2d", hdf5_plane(map, {"scan", "hist2d", "var_vals", "bin_centers"}, false, false, 1)}};
  double read = 0, worst = 0;
  std::string missed;
  for (const auto& [name, bytes] : files) {
    try {
      const rixs::Plane plane = rixs::read_plane(io::InputFile::from_bytes("plane", bytes));
      worst = std::max(worst, worst_deviation(plane.map, map));
      read += 1;
    } catch (const core::Error& error) {
      missed += name + ": " + error.what() + "; ";
    }
  }
  return {.figures = {{read, static_cast<double>(files.size())}, {worst}}, .detail = missed};
}

}  // namespace

std::vector<Check> tes_case_checks() { return {{"maps-in", maps_in}, {"tes-cases", tes_cases}}; }

}  // namespace lithoscope::validation
