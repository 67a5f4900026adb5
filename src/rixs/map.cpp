#include "lithoscope/rixs/map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/parallel.hpp"

namespace lithoscope::rixs {
namespace {

constexpr std::int64_t ns_per_s = 1'000'000'000;

void require_bins(const EnergyBins& bins) {
  const double high = bins.edge(bins.count);
  // Narrower bins have edges that differ by rounding alone.
  const double least = 1e-12 * std::max(std::abs(bins.low_eV), std::abs(high));
  if (bins.count > 0 && std::isfinite(high) && bins.width_eV > least) return;
  throw core::UsageError(
      {.what = "these are no energy bins",
       .expected = "at least one bin of a positive width",
       .found = fmt::format("{} bins of {:g} eV from {:g} eV", bins.count, bins.width_eV, bins.low_eV)});
}

// One window's energies into its row. The division finds the bin but for rounding; comparing with its edges decides,
// so that an edge is where edge(i) says it is.
std::int64_t count_energies(std::span<const double> energy, const EnergyBins& bins, std::span<std::uint32_t> row) {
  const double low = bins.low_eV, width = bins.width_eV, per_eV = 1 / bins.width_eV;
  const auto last = bins.count - 1;
  const double below = -0.5, above = static_cast<double>(bins.count) + 0.5;
  std::int64_t outside = 0;
  for (const double e : energy) {
    const double place = (e - low) * per_eV;
    if (!(place > below && place < above)) {  // NaN too
      ++outside;
      continue;
    }
    auto bin = static_cast<std::int64_t>(place);
    const auto at = static_cast<double>(bin);
    bin += static_cast<std::int64_t>(e >= low + width * (at + 1)) - static_cast<std::int64_t>(e < low + width * at);
    if (static_cast<std::uint64_t>(bin) > static_cast<std::uint64_t>(last)) {
      if (!(bins.closed && e == bins.edge(bins.count))) {
        ++outside;
        continue;
      }
      bin = last;
    }
    ++row[static_cast<std::size_t>(bin)];
  }
  return outside;
}

// Where the events of each window lie. Windows that follow one another are searched for from the last place on; one
// that reaches back (whole seconds overlap) from the beginning.
class WindowSearch {
 public:
  explicit WindowSearch(std::span<const std::int64_t> time_ns) : time_{time_ns} {}
  struct Range {
    std::size_t from = 0, to = 0;
  };
  Range find(const Window& window) {
    if (window.start_ns < last_stop_ns_) place_ = 0;
    const std::size_t from = at(window.start_ns, place_);
    const std::size_t to = window.stop_ns > window.start_ns ? at(window.stop_ns, from) : from;
    place_ = to;
    last_stop_ns_ = std::max(window.start_ns, window.stop_ns);
    return {from, to};
  }

 private:
  std::size_t at(std::int64_t time, std::size_t from) const {
    const auto begin = time_.begin() + static_cast<std::ptrdiff_t>(from);
    return static_cast<std::size_t>(std::lower_bound(begin, time_.end(), time) - time_.begin());
  }
  std::span<const std::int64_t> time_;
  std::size_t place_ = 0;
  std::int64_t last_stop_ns_ = INT64_MIN;
};

// Columns in ascending order of incident energy, and which of them each point of the pass belongs to.
struct Columns {
  std::vector<double> incident_eV;
  std::vector<std::size_t> of_point;
};
Columns columns_of(const tes::ScanPass& pass) {
  Columns out;
  for (const tes::ScanPoint& p : pass.points) out.incident_eV.push_back(p.position);
  std::ranges::sort(out.incident_eV);
  const auto same = std::ranges::unique(out.incident_eV);
  out.incident_eV.erase(same.begin(), same.end());
  for (const tes::ScanPoint& p : pass.points) {
    const auto found = std::ranges::lower_bound(out.incident_eV, p.position);
    out.of_point.push_back(static_cast<std::size_t>(found - out.incident_eV.begin()));
  }
  return out;
}

std::vector<Window> windows_of(const tes::ScanPass& pass, Windows how) {
  std::vector<Window> out;
  for (const tes::ScanPoint& p : pass.points) {
    Window w{p.start_ns, p.stop_ns};
    if (how == Windows::whole_seconds) {
      w.start_ns = w.start_ns / ns_per_s * ns_per_s;
      w.stop_ns = w.stop_ns / ns_per_s * ns_per_s;
    }
    w.stop_ns = std::max(w.start_ns, w.stop_ns);
    out.push_back(w);
  }
  return out;
}

// What one group of pixels saw, window by window. Integers, so that no order of adding matters; pile-up is added pixel
// by pixel in a group, and the groups are fixed by the number of pixels.
struct Seen {
  std::vector<std::uint32_t> counts;  // windows x bins
  std::vector<std::int64_t> live_ns;  // a window, summed over pixels
  std::vector<std::int64_t> records;  // a window
  std::vector<std::int64_t> events;   // a window: records that became photons
  std::vector<double> piled_up;       // a window: records expected to hide a second photon
  std::int64_t outside = 0;
};

// Time of the window a pixel was busy: each record keeps it for record_ns; spans that overlap are united.
std::int64_t busy_ns(std::span<const std::int64_t> record_ns, std::int64_t length_ns, const Window& w) {
  auto at = std::ranges::upper_bound(record_ns, w.start_ns - length_ns);
  std::int64_t busy = 0, until = w.start_ns;
  for (; at != record_ns.end() && *at < w.stop_ns; ++at) {
    const std::int64_t from = std::max(*at, until), to = std::min(*at + length_ns, w.stop_ns);
    if (to <= from) continue;
    busy += to - from;
    until = to;
  }
  return busy;
}

// Time of the window in which a pixel saw nothing while the others did.
std::int64_t silent_ns(std::span<const tes::Span> silent, const Window& w) {
  std::int64_t sum = 0;
  for (const tes::Span& s : silent)
    sum += std::max<std::int64_t>(0, std::min(s.to_ns, w.stop_ns) - std::max(s.from_ns, w.start_ns));
  return sum;
}

void require_in_time(std::span<const std::int64_t> time, int pixel, const char* what) {
  if (std::ranges::is_sorted(time)) return;
  throw core::UsageError({.what = fmt::format("the {} of pixel {} are not in time", what, pixel),
                          .expected = "times that never go back",
                          .advice = "sort them before a map is filled"});
}

void add_times(const tes::PixelEvents& pixel, std::span<const Window> windows, double pile_up_window_s, Seen& seen) {
  // Without a list of all records those that became events are all that is known.
  const std::span<const std::int64_t> records{pixel.record_time_ns.empty() ? pixel.time_ns : pixel.record_time_ns};
  require_in_time(records, pixel.pixel, "records");
  const auto length_ns = static_cast<std::int64_t>(std::llround(pixel.record_s * 1e9));
  WindowSearch search{records}, events{pixel.time_ns};
  for (std::size_t k = 0; k < windows.size(); ++k) {
    const auto [from, to] = search.find(windows[k]);
    const auto n = static_cast<std::int64_t>(to - from);
    const std::int64_t live_ns =
        std::max<std::int64_t>(0, windows[k].stop_ns - windows[k].start_ns - busy_ns(records, length_ns, windows[k]) -
                                      silent_ns(pixel.silent, windows[k]));
    seen.live_ns[k] += live_ns;
    seen.records[k] += n;
    const auto [first_event, last_event] = events.find(windows[k]);
    seen.events[k] += static_cast<std::int64_t>(last_event - first_event);
    if (n == 0 || live_ns <= 0) continue;
    const double rate = static_cast<double>(n) / (static_cast<double>(live_ns) * 1e-9);
    seen.piled_up[k] += static_cast<double>(n) * -std::expm1(-rate * pile_up_window_s);
  }
}

void add_losses(const tes::PixelEvents& pixel, std::span<const Window> windows, const tes::ScanPass& pass,
                const EnergyBins& bins, Seen& seen) {
  WindowSearch search{pixel.time_ns};
  std::vector<double> loss;
  const auto row = static_cast<std::size_t>(bins.count);
  for (std::size_t k = 0; k < windows.size(); ++k) {
    const auto [from, to] = search.find(windows[k]);
    loss.clear();
    for (std::size_t i = from; i < to; ++i) loss.push_back(pass.points[k].position - pixel.energy_eV[i]);
    seen.outside += count_energies(loss, bins, std::span{seen.counts}.subspan(k * row, row));
  }
}

Seen see(std::span<const tes::PixelEvents> pixels, const tes::ScanPass& pass, std::span<const Window> windows,
         const MapSettings& settings) {
  const std::size_t n = windows.size();
  Seen seen{.counts = std::vector<std::uint32_t>(n * static_cast<std::size_t>(settings.emission.count)),
            .live_ns = std::vector<std::int64_t>(n),
            .records = std::vector<std::int64_t>(n),
            .events = std::vector<std::int64_t>(n),
            .piled_up = std::vector<double>(n)};
  for (const tes::PixelEvents& pixel : pixels) {
    require_in_time(pixel.time_ns, pixel.pixel, "events");
    if (settings.loss) {
      add_losses(pixel, windows, pass, settings.emission, seen);
    } else {
      seen.outside += fill_counts(pixel.time_ns, pixel.energy_eV, windows, settings.emission, seen.counts);
    }
    add_times(pixel, windows, settings.pile_up_window_s, seen);
  }
  return seen;
}

// Monitor of the log, a column's windows weighted by their time; exact 1 where any point lacks it.
void take_i0(RixsMap& map, const tes::ScanPass& pass, const Columns& columns, std::span<const Window> windows) {
  map.i0.assign(map.columns(), core::Value::exact(1));
  const auto has = std::ranges::count_if(pass.points, [](const tes::ScanPoint& p) { return p.i0 > 0; });
  if (has == 0) return;
  if (static_cast<std::size_t>(has) < pass.points.size()) {
    map.remarks.push_back(fmt::format("{} of {} points have no beam monitor: the monitor is not used",
                                      pass.points.size() - static_cast<std::size_t>(has), pass.points.size()));
    return;
  }
  std::vector<double> sum(map.columns(), 0.0), weight(map.columns(), 0.0);
  for (std::size_t k = 0; k < windows.size(); ++k) {
    // Empty windows (whole seconds) still name a monitor.
    const double w = std::max(1e-9, static_cast<double>(windows[k].stop_ns - windows[k].start_ns) * 1e-9);
    sum[columns.of_point[k]] += w * pass.points[k].i0;
    weight[columns.of_point[k]] += w;
  }
  std::vector<core::Value> i0;
  for (std::size_t c = 0; c < map.columns(); ++c) i0.push_back(core::Value::exact(sum[c] / weight[c]));
  set_i0(map, i0);
}

// The mean over the photons about the map: what their energies have in common cannot be more.
double shared_sigma(std::span<const tes::PixelEvents> pixels, const RixsMap& map) {
  double low = map.emission.edge(0), high = map.emission.edge(map.emission.count);
  if (map.is_loss) {
    const double least = low;
    low = map.incident_eV.front() - high;
    high = map.incident_eV.back() - least;
  }
  double sum = 0, photons = 0;
  for (const tes::PixelEvents& pixel : pixels) {
    for (std::size_t i = 0; i < pixel.energy_sigma_eV.size(); ++i) {
      if (!(pixel.energy_eV[i] >= low && pixel.energy_eV[i] < high)) continue;
      sum += static_cast<double>(pixel.energy_sigma_eV[i]);
      photons += 1;
    }
  }
  return photons > 0 ? sum / photons : 0;
}

void remark_on_windows(RixsMap& map, std::span<const Window> windows) {
  std::size_t overlapping = 0, empty = 0;
  for (std::size_t k = 0; k < windows.size(); ++k) {
    if (windows[k].stop_ns <= windows[k].start_ns) ++empty;
    if (k > 0 && windows[k].start_ns < windows[k - 1].stop_ns) ++overlapping;
  }
  if (empty > 0) map.remarks.push_back(fmt::format("{} windows are empty", empty));
  if (overlapping > 0)
    map.remarks.push_back(
        fmt::format("{} windows begin before the one before ends: events may count twice", overlapping));
}

// Records that became no photon, such as a pile-up, were photons all the same, and there are more of them where more
// light is: the exposure shrinks by the share that was kept. A column of few records is drawn towards the share of all.
void give_back_rejected(RixsMap& map, const std::vector<std::int64_t>& records,
                        const std::vector<std::int64_t>& events) {
  double all = 0, kept = 0;
  for (std::size_t c = 0; c < map.columns(); ++c) {
    all += static_cast<double>(records[c]);
    kept += static_cast<double>(events[c]);
  }
  if (!(all > 0) || !(kept > 0)) return;
  constexpr double weight_of_all = 20;  // records
  for (std::size_t c = 0; c < map.columns(); ++c) {
    map.live_pixel_s[c] *= (static_cast<double>(events[c]) + weight_of_all * kept / all) /
                           (static_cast<double>(records[c]) + weight_of_all);
  }
}

// Groups of neighbouring pixels are added up apart, in parallel; few, for each holds a whole map.
constexpr std::int64_t most_groups = 8;

}  // namespace

double& RixsMap::at(std::int64_t row, std::size_t column) {
  return counts[static_cast<std::size_t>(row) * columns() + column];
}
double RixsMap::at(std::int64_t row, std::size_t column) const {
  return counts[static_cast<std::size_t>(row) * columns() + column];
}
double RixsMap::variance_at(std::int64_t row, std::size_t column) const {
  if (variance.empty()) return std::max(0.0, at(row, column));
  return variance[static_cast<std::size_t>(row) * columns() + column];
}
double RixsMap::slope_at(std::int64_t row, std::size_t column) const {
  const std::int64_t down = std::max<std::int64_t>(0, row - 1), up = std::min(emission.count - 1, row + 1);
  if (up == down) return 0;
  return (at(up, column) - at(down, column)) / (emission.width_eV * static_cast<double>(up - down));
}
double RixsMap::total() const { return std::accumulate(counts.begin(), counts.end(), 0.0); }

std::int64_t fill_counts(std::span<const std::int64_t> time_ns, std::span<const double> energy_eV,
                         std::span<const Window> windows, const EnergyBins& bins, std::span<std::uint32_t> counts) {
  const auto row = static_cast<std::size_t>(bins.count);
  std::int64_t outside = 0;
  WindowSearch search{time_ns};
  for (std::size_t k = 0; k < windows.size(); ++k) {
    const auto [from, to] = search.find(windows[k]);
    outside += count_energies(energy_eV.subspan(from, to - from), bins, counts.subspan(k * row, row));
  }
  return outside;
}

RixsMap fill_map(std::span<const tes::PixelEvents> pixels, const tes::ScanPass& pass, const MapSettings& settings) {
  require_bins(settings.emission);
  if (pass.points.empty()) {
    throw core::UsageError(
        {.what = fmt::format("{} has no points to make a map of", pass.name.empty() ? "the pass" : pass.name),
         .expected = "a scan of the incident energy",
         .found = "no windows"});
  }
  const Columns columns = columns_of(pass);
  const std::vector<Window> windows = windows_of(pass, settings.windows);
  const auto n_pixels = static_cast<std::int64_t>(pixels.size());
  const std::int64_t groups = std::min(most_groups, n_pixels);
  std::vector<Seen> seen(static_cast<std::size_t>(groups));
  core::parallel_for(groups, [&](std::int64_t g) {
    const auto from = static_cast<std::size_t>(g * n_pixels / groups);
    const auto to = static_cast<std::size_t>((g + 1) * n_pixels / groups);
    seen[static_cast<std::size_t>(g)] = see(pixels.subspan(from, to - from), pass, windows, settings);
  });
  RixsMap map{
      .name = pass.name, .incident_eV = columns.incident_eV, .emission = settings.emission, .is_loss = settings.loss};
  const std::size_t n = map.columns();
  const auto rows = static_cast<std::size_t>(settings.emission.count);
  map.counts.assign(rows * n, 0.0);
  map.dwell_s.assign(n, 0.0);
  map.live_pixel_s.assign(n, 0.0);
  map.pile_up.assign(n, 0.0);
  map.pixels = n_pixels;
  std::vector<std::int64_t> dwell_ns(n, 0), live_ns(n, 0), records(n, 0), events(n);
  for (std::size_t k = 0; k < windows.size(); ++k)
    dwell_ns[columns.of_point[k]] += windows[k].stop_ns - windows[k].start_ns;
  for (const Seen& group : seen) {
    map.outside += group.outside;
    for (std::size_t k = 0; k < windows.size(); ++k) {
      const std::size_t c = columns.of_point[k];
      live_ns[c] += group.live_ns[k];
      records[c] += group.records[k];
      events[c] += group.events[k];
      map.pile_up[c] += group.piled_up[k];
      for (std::size_t r = 0; r < rows; ++r) map.counts[r * n + c] += group.counts[k * rows + r];
    }
  }
  for (std::size_t c = 0; c < n; ++c) {
    map.dwell_s[c] = static_cast<double>(dwell_ns[c]) * 1e-9;
    map.live_pixel_s[c] = static_cast<double>(live_ns[c]) * 1e-9;
    if (records[c] > 0) map.pile_up[c] /= static_cast<double>(records[c]);
  }
  give_back_rejected(map, records, events);
  remark_on_windows(map, windows);
  take_i0(map, pass, columns, windows);
  map.energy_sigma_eV = shared_sigma(pixels, map);
  return map;
}

void require_same_axes(const RixsMap& a, const RixsMap& b, const char* what) {
  const auto same = [](double x, double y) { return std::abs(x - y) <= 1e-6 * std::max(1.0, std::abs(x)); };
  if (a.is_loss == b.is_loss && a.emission.count == b.emission.count && same(a.emission.low_eV, b.emission.low_eV) &&
      same(a.emission.width_eV, b.emission.width_eV) && std::ranges::equal(a.incident_eV, b.incident_eV, same))
    return;
  const auto axes = [](const RixsMap& m) {
    return fmt::format("{} incident energies by {} bins of {:g} eV from {:g} eV", m.columns(), m.emission.count,
                       m.emission.width_eV, m.emission.low_eV);
  };
  throw core::UsageError({.what = what,
                          .expected = axes(a),
                          .found = axes(b),
                          .advice = "choose the same bins, and passes over the same incident energies"});
}

RixsMap sum_maps(std::span<const RixsMap> maps) {
  if (maps.empty()) throw core::UsageError({.what = "no maps to add up", .expected = "at least one"});
  RixsMap out = maps.front();
  const std::size_t n = out.columns();
  std::vector<double> piled(n, 0.0), all(n, 0.0);
  const bool monitored = std::ranges::all_of(maps, [](const RixsMap& m) { return m.monitor_mean > 0; });
  double of_scale = 0, counted = 0;
  std::vector<core::Value> monitor(n);
  std::vector<double> weights(n, 0.0);
  for (std::size_t m = 0; m < maps.size(); ++m) {
    const RixsMap& map = maps[m];
    require_same_axes(out, map, "maps of different axes cannot be added up");
    for (std::size_t c = 0; c < n; ++c) {
      double column = 0;
      for (std::int64_t r = 0; r < map.emission.count; ++r) column += map.at(r, c);
      piled[c] += column * map.pile_up[c];
      all[c] += column;
      monitor[c] = monitor[c] + (map.dwell_s[c] * (monitored ? map.monitor_mean : 1)) * map.i0[c];
      weights[c] += map.dwell_s[c];
    }
    of_scale += map.total() * map.energy_sigma_eV;
    counted += map.total();
    if (m == 0) continue;
    for (std::size_t i = 0; i < out.counts.size(); ++i) out.counts[i] += map.counts[i];
    for (std::size_t c = 0; c < n; ++c) {
      out.dwell_s[c] += map.dwell_s[c];
      out.live_pixel_s[c] += map.live_pixel_s[c];
    }
    out.pixels = std::max(out.pixels, map.pixels);
    out.outside += map.outside;
    out.remarks.insert(out.remarks.end(), map.remarks.begin(), map.remarks.end());
  }
  for (std::size_t c = 0; c < n; ++c) {
    if (weights[c] > 0) out.i0[c] = monitor[c] / weights[c];
    if (all[c] > 0) out.pile_up[c] = piled[c] / all[c];
  }
  out.monitor_mean = 0;
  if (monitored) set_i0(out, std::vector<core::Value>{out.i0});
  if (counted > 0) out.energy_sigma_eV = of_scale / counted;
  if (maps.size() > 1) out.name = fmt::format("{} maps", maps.size());
  return out;
}

void set_i0(RixsMap& map, std::span<const core::Value> i0) {
  if (i0.size() != map.columns()) {
    throw core::UsageError({.what = "the monitor does not fit the map",
                            .expected = fmt::format("{} values, one an incident energy", map.columns()),
                            .found = fmt::format("{}", i0.size())});
  }
  double mean = 0;
  for (const core::Value& v : i0) {
    if (!(v.value > 0) || !std::isfinite(v.value) || !(v.variance >= 0)) {
      throw core::UsageError({.what = "the monitor holds a value that is not positive",
                              .expected = "a beam at every incident energy",
                              .found = fmt::format("{:g}", v.value)});
    }
    mean += v.value / static_cast<double>(i0.size());
  }
  map.i0.clear();
  for (const core::Value& v : i0) map.i0.push_back(v / mean);
  map.monitor_mean = mean;
}

}  // namespace lithoscope::rixs
