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
#include "lithoscope/core/progress.hpp"
#include "lithoscope/io/atomic_file.hpp"
#include "lithoscope/rixs/array_twin.hpp"
#include "lithoscope/rixs/maps_run.hpp"
#include "lithoscope/rixs/plane_file.hpp"
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

}  // namespace

std::vector<Check> tes_case_checks() { return {{"tes-cases", tes_cases}}; }

}  // namespace lithoscope::validation
