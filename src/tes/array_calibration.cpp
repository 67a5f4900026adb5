#include "lithoscope/tes/array_calibration.hpp"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>
#include <utility>

#include "change_point.hpp"
#include "gain_jump.hpp"
#include "line_assignment.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/median.hpp"
#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/statistics.hpp"

namespace lithoscope::tes {
namespace {

constexpr double shift_unit_eV = 500;
constexpr double shape_sigma_eV = 2, shape_tail_share = 0.4, shape_tail_eV = 4;  // where the fit of a shape begins
constexpr int shape_rounds = 2, drift_rounds = 3;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// Clean records of one pixel in one calibration.
struct Selected {
  std::vector<double> height, pretrigger;
  Span used;        // all of the calibration, or the longer part before or after a jump
  double step = 0;  // of the jump, relative
};

// Of a pixel that jumped meanwhile the longer part, which alone is one scale.
Selected select(const PulseHeights& pixel, const CalibrationWindow& window) {
  Selected all{.used = {window.start_ns, window.stop_ns}};
  std::vector<std::int64_t> time;
  for (std::size_t i = 0; i < pixel.height.size(); ++i) {
    if (pixel.flags[i] != 0 || pixel.time_ns[i] < window.start_ns || pixel.time_ns[i] >= window.stop_ns) continue;
    time.push_back(pixel.time_ns[i]);
    all.height.push_back(pixel.height[i]);
    all.pretrigger.push_back(pixel.pretrigger_mean[i]);
  }
  if (!std::ranges::is_sorted(time)) return all;
  const auto jump = find_gain_jump(time, all.height);
  if (!jump) return all;
  const auto at = std::ranges::lower_bound(time, jump->time_ns) - time.begin();
  const bool later = at < static_cast<std::ptrdiff_t>(time.size()) - at;
  const auto part = [&](const std::vector<double>& of) {
    return later ? std::vector<double>(of.begin() + at, of.end()) : std::vector<double>(of.begin(), of.begin() + at);
  };
  return {.height = part(all.height),
          .pretrigger = part(all.pretrigger),
          .used = later ? Span{jump->time_ns, window.stop_ns} : Span{window.start_ns, jump->time_ns},
          .step = jump->step};
}

std::vector<double> energies(const CalibrationCurve& curve, const std::vector<double>& heights) {
  std::vector<double> out;
  out.reserve(heights.size());
  for (const double h : heights) out.push_back(curve.energy_eV(h));
  return out;
}

struct Work {
  std::span<const PulseHeights> pixels;
  std::span<const CalibrationWindow> windows;
  std::vector<EmissionLine> lines;
  std::vector<double> lines_eV;
  CalibrationSettings settings;
  std::vector<std::vector<Selected>> selected;  // [pixel][window]
  ArrayCalibration out;
};

// Window of a line's fit: as far down as its tail is worth, up to half way to the next line.
LineFitSettings window_of(std::size_t k, const Work& work) {
  const std::vector<double>& lines_eV = work.lines_eV;
  LineFitSettings out;
  constexpr double below = 14, above = 10, upper_shoulder = 9;
  out.from_eV = -below;
  for (const LineComponent& c : work.lines[k].doublet) out.from_eV = std::min(out.from_eV, c.centre_eV - below);
  out.to_eV = lines_eV[k] > 600 ? upper_shoulder : above;  // L lines have a second, weaker line 13 to 20 eV above
  if (k > 0) out.from_eV = std::max(out.from_eV, -0.6 * (lines_eV[k] - lines_eV[k - 1]));
  if (k + 1 < lines_eV.size()) out.to_eV = std::min(out.to_eV, 0.6 * (lines_eV[k + 1] - lines_eV[k]));
  return out;
}

// --- lines of all pixels together ------------------------------------------------------------------------------------

// Of a line whose components are known the table gives the first one, not the maximum, which the resolution moves: by
// as much as it does without a tail.
std::optional<LineFit> fit_at(std::span<const double> energy, double at_eV, const LineShape& shape,
                              const LineFitSettings& window) {
  if (shape.natural.empty()) return fit_line(energy, at_eV, shape, window);
  const auto moved = [&](LineShape plain) {
    plain.tail_share = 0;
    return LineProfile{plain, window.to_eV - window.from_eV}.mode_eV();
  };
  auto fit = fit_line(energy, at_eV + moved(shape), shape, window);
  if (fit) fit->peak_eV.value -= moved(fit->shape);
  return fit;
}

// Shapes from the pooled, aligned events of all pixels; then each pixel's own position with that shape.
// `energy` is [pixel][event]; returns [pixel][line].
std::vector<std::vector<std::optional<LineFit>>> fit_with_common_shapes(
    Work& work, const std::vector<std::vector<double>>& energy) {
  const std::size_t n = energy.size(), m = work.lines.size();
  std::vector<std::vector<std::optional<LineFit>>> fits(n, std::vector<std::optional<LineFit>>(m));
  std::vector<std::vector<double>> moved(n, std::vector<double>(m, 0.0));
  for (int round = 0; round < shape_rounds; ++round) {
    core::parallel_for(static_cast<std::int64_t>(m), [&](std::int64_t line) {
      const auto k = static_cast<std::size_t>(line);
      const LineFitSettings window = window_of(k, work);
      std::vector<double> pooled;
      for (std::size_t i = 0; i < n; ++i) {
        for (const double e : energy[i]) {
          const double at = e - moved[i][k];
          if (at > work.lines_eV[k] + window.from_eV && at < work.lines_eV[k] + window.to_eV) pooled.push_back(at);
        }
      }
      LineFitSettings free = window;
      free.sigma_prior = 0;
      const LineShape start{.natural = work.lines[k].doublet,
                            .sigma_eV = shape_sigma_eV,
                            .tail_share = shape_tail_share,
                            .tail_eV = shape_tail_eV};
      if (const auto fit = fit_at(pooled, work.lines_eV[k], start, free)) work.out.shapes[k] = fit->shape;
    });
    core::parallel_for(static_cast<std::int64_t>(n), [&](std::int64_t pixel) {
      const auto i = static_cast<std::size_t>(pixel);
      for (std::size_t k = 0; k < m; ++k) {
        LineFitSettings window = window_of(k, work);
        window.free_tail = false;
        fits[i][k] = fit_at(energy[i], work.lines_eV[k] + moved[i][k], work.out.shapes[k], window);
        if (fits[i][k]) moved[i][k] = fits[i][k]->peak_eV.value - work.lines_eV[k];
      }
    });
  }
  return fits;
}

// The same with shapes as they are: of one calibration of one pixel.
std::vector<std::optional<LineFit>> fit_peaks(const Work& work, const std::vector<double>& energy) {
  std::vector<std::optional<LineFit>> out;
  for (std::size_t k = 0; k < work.lines.size(); ++k) {
    LineFitSettings window = window_of(k, work);
    window.free_tail = false;
    out.push_back(fit_at(energy, work.lines_eV[k], work.out.shapes[k], window));
  }
  return out;
}

// --- drift
// -------------------------------------------------------------------------------------------------------------

// Gain and offset that bring one spectrum onto another, by the likelihood of its counts on a grid: far enough for a
// pixel that jumped.
std::pair<double, double> coarse_alignment(const std::vector<double>& reference, const std::vector<double>& other,
                                           double low, double high) {
  constexpr double bin_eV = 2;
  const auto n = static_cast<std::size_t>((high - low) / bin_eV);
  const auto histogram = [&](const std::vector<double>& e, double gain, double offset) {
    std::vector<double> h(n, 0.0);
    for (const double v : e) {
      const double at = ((v - offset) * (1 - gain) - low) / bin_eV;
      if (at >= 0 && at < static_cast<double>(n)) h[static_cast<std::size_t>(at)] += 1;
    }
    return h;
  };
  const std::vector<double> plain = histogram(reference, 0, 0);
  std::vector<double> log_density(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double left = i > 0 ? plain[i - 1] : 0, right = i + 1 < n ? plain[i + 1] : 0;
    log_density[i] = std::log(0.25 * left + 0.5 * plain[i] + 0.25 * right + 0.5);
  }
  double best = -1e300;
  std::pair<double, double> out{0, 0};
  constexpr int gains = 20, offsets = 10;
  constexpr double gain_step = 0.002, offset_step = 2;
  const double outside = std::log(0.5);  // what an event beyond both ends of the histogram is worth
  for (int g = -gains; g <= gains; ++g) {
    for (int o = -offsets; o <= offsets; ++o) {
      double score = 0, scale = 1 - g * gain_step, offset = o * offset_step;
      for (const double v : other) {
        const double at = ((v - offset) * scale - low) / bin_eV;
        score += at >= 0 && at < static_cast<double>(n) ? log_density[static_cast<std::size_t>(at)] : outside;
      }
      // Of two that are alike the smaller change.
      score -= 0.01 * (std::abs(g) + std::abs(o));
      if (score > best) {
        best = score;
        out = {g * gain_step, offset};
      }
    }
  }
  return out;
}

std::array<double, 3> powers(double energy_eV) {
  const double e = energy_eV / shift_unit_eV;
  return {1, e, e * e};
}

// A single term is a gain: an offset is none that a pixel has.
std::size_t power_of(Eigen::Index term, Eigen::Index terms) { return terms == 1 ? 1 : static_cast<std::size_t>(term); }

struct DriftFit {
  bool found = false;
  std::int64_t terms = 0;
  std::array<double, 3> shift{};
  std::vector<core::Value> left;  // a line
};

// Shift of a calibration against the reference as a parabola of energy, from the lines of both.
DriftFit fit_drift(const Work& work, const std::vector<double>& reference, const std::vector<double>& other,
                   const std::vector<std::optional<LineFit>>& reference_fits,
                   const std::optional<std::array<double, 3>>& start) {
  DriftFit out;
  if (start) {
    out.shift = *start;
  } else {
    const double low = 0.85 * work.lines_eV.front(), high = 1.1 * work.lines_eV.back();
    const auto [gain, offset] = coarse_alignment(reference, other, low, high);
    out.shift = {offset, gain / (1 - gain) * shift_unit_eV, 0};  // other = offset + reference / (1 - gain)
  }
  const auto corrected = [&] {
    std::vector<double> e = other;
    for (double& v : e) {
      double r = v;  // energy in the reference: two steps of a contraction
      for (int step = 0; step < 3; ++step) {
        const auto p = powers(r);
        r = v - (out.shift[0] * p[0] + out.shift[1] * p[1] + out.shift[2] * p[2]);
      }
      v = r;
    }
    return e;
  };
  for (int round = 0; round <= drift_rounds; ++round) {
    const auto fits = fit_peaks(work, corrected());
    out.left.assign(work.lines.size(), {nan, 0});
    std::vector<std::size_t> both;
    for (std::size_t k = 0; k < work.lines.size(); ++k) {
      if (!fits[k] || !reference_fits[k] || fits[k]->counts.value < work.settings.least_counts ||
          reference_fits[k]->counts.value < work.settings.least_counts)
        continue;
      out.left[k] = fits[k]->peak_eV - reference_fits[k]->peak_eV;
      both.push_back(k);
    }
    const std::size_t least = std::min<std::size_t>(2, work.lines.size());
    if (both.size() < least) return out;
    out.found = true;
    if (round == drift_rounds) return out;
    // As many powers as there are lines to spare one for a check.
    const auto terms = static_cast<Eigen::Index>(std::clamp<std::size_t>(both.size() - 1, 1, both.size() > 4 ? 3 : 2));
    out.terms = terms;
    Eigen::MatrixXd a(static_cast<Eigen::Index>(both.size()), terms);
    Eigen::VectorXd y(static_cast<Eigen::Index>(both.size()));
    for (std::size_t j = 0; j < both.size(); ++j) {
      const core::Value& d = out.left[both[j]];
      const double sigma = std::max(std::sqrt(d.variance), 0.05);
      const auto p = powers(work.lines_eV[both[j]]);
      for (Eigen::Index t = 0; t < terms; ++t) a(static_cast<Eigen::Index>(j), t) = p[power_of(t, terms)] / sigma;
      y(static_cast<Eigen::Index>(j)) = d.value / sigma;
    }
    const Eigen::VectorXd c = a.colPivHouseholderQr().solve(y);
    for (Eigen::Index t = 0; t < terms; ++t) out.shift[power_of(t, terms)] += c(t);
  }
  return out;
}

// ---- from one calibration to the next -------------------------------------------------------------------------------

// When the pulses changed their shape, which a drift does not do.
std::optional<std::int64_t> shape_change(const PulseHeights& heights, const Epoch& from, const Epoch& to) {
  std::vector<std::int64_t> times;
  std::vector<double> shape;
  for (std::size_t i = 0; i < heights.height.size(); ++i) {
    const auto t = static_cast<double>(heights.time_ns[i]);
    if (heights.flags[i] != 0 || t < from.time_ns || t > to.time_ns) continue;
    times.push_back(heights.time_ns[i]);
    shape.push_back(heights.shape[i]);
  }
  return change_point(times, shape);
}

// A jump inside a calibration is known to the record; photons on the side that no calibration holds have no scale.
void set_jumps(const Work& work, std::size_t i, PixelCalibration& pixel) {
  for (std::size_t w = 0; w < work.windows.size(); ++w) {
    const Selected& at = work.selected[i][w];
    if (at.step == 0 || !pixel.epochs[w].usable) continue;
    const bool later = at.used.from_ns > work.windows[w].start_ns;  // the part that was used
    const std::int64_t when = later ? at.used.from_ns : at.used.to_ns;
    const auto passage = std::ranges::find(pixel.passages, w, later ? &Passage::to : &Passage::from);
    if (passage != pixel.passages.end())
      *passage = passage_at(passage->from, passage->to, when);
    else
      pixel.unknown.push_back(later ? Span{INT64_MIN, when} : Span{when, INT64_MAX});
    pixel.changed_ns.push_back(when);
    pixel.reasons.push_back(fmt::format("It jumped by {:+.2f} % during {}; the longer part is its calibration.",
                                        100 * at.step, work.windows[w].name));
    if (pixel.state == PixelState::good) pixel.state = PixelState::repaired;
  }
}

void set_passages(Work& work, std::size_t i) {
  PixelCalibration& pixel = work.out.pixels[i];
  std::vector<std::size_t> usable;
  for (std::size_t w = 0; w < pixel.epochs.size(); ++w) {
    if (pixel.epochs[w].usable) usable.push_back(w);
  }
  std::ranges::stable_sort(usable, {}, [&](std::size_t w) { return pixel.epochs[w].time_ns; });
  for (std::size_t k = 1; k < usable.size(); ++k) {
    const Epoch &from = pixel.epochs[usable[k - 1]], &to = pixel.epochs[usable[k]];
    Passage passage = passage_between(usable[k - 1], usable[k], from.used.to_ns, to.used.from_ns);
    double moved = 0;
    for (const double e : work.lines_eV) moved = std::max(moved, std::abs(to.at(e) - from.at(e)));
    if (moved > work.settings.jump) {
      const auto when = shape_change(work.pixels[i], from, to);
      if (when) {
        passage = passage_at(passage.from, passage.to, *when);
        pixel.changed_ns.push_back(*when);
      }
      passage.gradual = 0;
      if (pixel.state != PixelState::vetoed) pixel.state = PixelState::repaired;
      if (when)
        pixel.reasons.push_back(
            fmt::format("Its energies moved by up to {:.1f} eV between calibrations, when its pulses "
                        "changed their shape; before and after it are calibrated apart.",
                        moved));
    }
    pixel.passages.push_back(std::move(passage));
  }
  set_jumps(work, i, pixel);
}

// --- one pixel
// -----------------------------------------------------------------------------------------------------------

void veto(PixelCalibration& pixel, std::string reason) {
  pixel.state = PixelState::vetoed;
  pixel.reasons.push_back(std::move(reason));
}

// Peaks of heights are coarse: they take the components of a line together.
CalibrationCurve curve_of(const Work& work, const std::vector<double>& heights) {
  std::vector<Anchor> anchors;
  for (std::size_t k = 0; k < heights.size(); ++k) {
    double middle = work.lines[k].peak_eV;
    for (const LineComponent& c : work.lines[k].doublet) middle += c.weight * c.centre_eV;
    anchors.push_back({work.lines[k].name, heights[k], 0, middle, work.lines[k].peak_sigma_eV});
  }
  return {std::move(anchors), CurveKind::log_log};
}

// Anchors at the fitted peaks; lines without enough counts are left out.
CalibrationCurve refined_curve(const Work& work, const CalibrationCurve& rough,
                               const std::vector<std::optional<LineFit>>& fits) {
  std::vector<Anchor> anchors;
  for (std::size_t k = 0; k < fits.size(); ++k) {
    if (!fits[k] || fits[k]->counts.value < work.settings.least_counts) continue;
    const double peak = fits[k]->peak_eV.value;
    const double height = rough.height(peak),
                 slope = (rough.energy_eV(1.001 * height) - rough.energy_eV(0.999 * height)) / (0.002 * height);
    anchors.push_back({work.lines[k].name, height, fits[k]->peak_eV.sigma() / slope, work.lines[k].peak_eV,
                       work.lines[k].peak_sigma_eV});
  }
  return {std::move(anchors), CurveKind::log_log};
}

void set_epochs(Work& work, std::size_t i, const std::vector<std::optional<LineFit>>& reference_fits) {
  PixelCalibration& pixel = work.out.pixels[i];
  const std::size_t ref = work.out.reference;
  const std::vector<Epoch> known = std::exchange(pixel.epochs, std::vector<Epoch>(work.windows.size()));
  for (std::size_t k = 0; k < pixel.lines.size(); ++k) pixel.lines[k].drift_eV.assign(work.windows.size(), {nan, 0});
  const std::vector<double> reference = energies(pixel.curve, work.selected[i][ref].height);
  const auto prepare = [&](std::size_t w) {
    Epoch& epoch = pixel.epochs[w];
    epoch.used = work.selected[i][w].used;
    epoch.time_ns = 0.5 * static_cast<double>(epoch.used.from_ns) + 0.5 * static_cast<double>(epoch.used.to_ns);
    epoch.pretrigger_mean = core::median(work.selected[i][w].pretrigger);
  };
  prepare(ref);
  pixel.epochs[ref].usable = true;
  double squares = 0, freedom = 0;
  for (std::size_t w = 0; w < work.windows.size(); ++w) {
    if (w == ref) continue;
    prepare(w);
    // The curve hardly moves between rounds: what was found before is a good start.
    const auto start = w < known.size() && known[w].usable ? std::optional{known[w].shift} : std::nullopt;
    const DriftFit drift =
        fit_drift(work, reference, energies(pixel.curve, work.selected[i][w].height), reference_fits, start);
    if (!drift.found) continue;
    pixel.epochs[w].usable = true;
    pixel.epochs[w].shift = drift.shift;
    freedom -= static_cast<double>(drift.terms);  // what the parabola takes of the scatter
    for (std::size_t k = 0; k < work.lines.size(); ++k) {
      pixel.lines[k].drift_eV[w] = drift.left[k];
      if (!std::isfinite(drift.left[k].value)) continue;
      squares += drift.left[k].value * drift.left[k].value;
      freedom += 1;
      const double size = std::abs(drift.left[k].value);
      if (size > work.settings.worst_residual && size > 4 * drift.left[k].sigma())
        veto(pixel, fmt::format("{} is still {:.1f} eV off in {} after the drift is taken out.", work.lines[k].name,
                                drift.left[k].value, work.windows[w].name));
    }
  }
  if (squares > 0) pixel.drift_sigma_eV = std::sqrt(squares / std::max(1.0, freedom));
  // Where the baseline moved much more than it scatters, it says how far along a drift is; else time does.
  const Selected& at_reference = work.selected[i][ref];
  std::vector<double> distance;
  for (const double p : at_reference.pretrigger) distance.push_back(std::abs(p - pixel.epochs[ref].pretrigger_mean));
  const double scatter = core::median(std::move(distance));
  pixel.interpolate_by_baseline = true;
  for (const Epoch& epoch : pixel.epochs) {
    if (&epoch != &pixel.epochs[ref] && epoch.usable &&
        std::abs(epoch.pretrigger_mean - pixel.epochs[ref].pretrigger_mean) < 4 * scatter)
      pixel.interpolate_by_baseline = false;
  }
}

// Events of all usable calibrations of a pixel in the reference's scale.
std::vector<double> pooled_energies(const Work& work, std::size_t i) {
  const PixelCalibration& pixel = work.out.pixels[i];
  std::vector<double> out;
  for (std::size_t w = 0; w < work.windows.size(); ++w) {
    if (!pixel.epochs[w].usable) continue;
    for (const double e : energies(pixel.curve, work.selected[i][w].height))
      out.push_back(e - pixel.epochs[w].at(e - pixel.epochs[w].at(e)));
  }
  return out;
}

std::size_t busiest_window(const Work& work) {
  std::size_t best = 0, most = 0;
  for (std::size_t w = 0; w < work.windows.size(); ++w) {
    std::size_t events = 0;
    for (const auto& of_pixel : work.selected) events += of_pixel[w].height.size();
    if (events > most) {
      most = events;
      best = w;
    }
  }
  if (most == 0) {
    throw core::UnusableData({.what = "no photon falls into a calibration",
                              .expected = fmt::format("records between the times of {}", work.windows.front().name),
                              .found = "none",
                              .advice = "are log and pulse files of the same run?"});
  }
  return best;
}

void summarise(Work& work) {
  ArrayCalibration& out = work.out;
  double squares = 0, count = 0;
  std::vector<std::vector<double>> left(work.lines.size());
  std::int64_t vetoed = 0;
  std::size_t last = out.windows.size() - 1;
  if (last == out.reference && last > 0) --last;
  for (PixelCalibration& pixel : out.pixels) {
    if (!pixel.usable()) {
      ++vetoed;
      continue;
    }
    for (std::size_t k = 0; k < pixel.lines.size(); ++k) {
      const double d = pixel.lines[k].drop_one_eV;
      if (std::isfinite(d)) {
        squares += d * d;
        count += 1;
      }
      if (last != out.reference && std::isfinite(pixel.lines[k].drift_eV[last].value))
        left[k].push_back(pixel.lines[k].drift_eV[last].value);
    }
  }
  out.drop_one_rms_eV = count > 0 ? std::sqrt(squares / count) : nan;
  for (std::vector<double>& of_line : left) {
    if (of_line.empty()) {
      out.median_drift_eV.push_back(nan);
      continue;
    }
    std::ranges::sort(of_line);
    const std::size_t n = of_line.size();
    out.median_drift_eV.push_back(0.5 * (of_line[n / 2] + of_line[(n - 1) / 2]));
  }
  const auto assigned = std::ranges::count_if(out.pixels, [](const PixelCalibration& p) { return !p.curve.empty(); });
  constexpr std::ptrdiff_t enough_pixels = 3;
  constexpr std::size_t enough_lines = 4;
  if (out.lines.size() == 1) {
    out.warnings.push_back(fmt::format("The tallest peak of each pixel was taken for {}.", out.lines.front()));
  } else if (assigned < enough_pixels || out.lines.size() < enough_lines) {
    out.warnings.push_back(
        fmt::format("Which peak is which line was not checked against other pixels: that takes three of them and four "
                    "lines; there are {} and {}.",
                    assigned, out.lines.size()));
  }
  constexpr std::size_t a_curve = 3;
  if (out.lines.size() < a_curve)
    out.warnings.push_back(fmt::format(
        "{}: energies away from {} are as uncertain as a pixel's saturation, which is not measured. The error of every "
        "photon holds it.",
        out.lines.size() == 1 ? "One line gives a gain alone" : "Two lines give a gain and a power",
        out.lines.size() == 1 ? "it" : "them"));
  if (out.windows.size() < 2)
    out.warnings.emplace_back("One calibration: what drifted since is not known and not in the energies' uncertainty.");
  constexpr double suspicious_eV = 2;
  if (out.drop_one_rms_eV > suspicious_eV) {
    out.warnings.push_back(
        fmt::format("Lines lie {:.1f} eV (rms) from where the others put them: are these the lines of "
                    "the sample?",
                    out.drop_one_rms_eV));
  }
  if (vetoed > 0)
    out.warnings.push_back(
        fmt::format("{} of {} pixels are left out; the table of pixels says why.", vetoed, out.pixels.size()));
}

void require_a_pixel(const Work& work) {
  if (std::ranges::any_of(work.out.pixels, &PixelCalibration::usable)) return;
  const PixelCalibration& first = work.out.pixels.front();
  throw core::UnusableData(
      {.what = "no pixel can be calibrated",
       .expected =
           fmt::format("the lines {} in {}", fmt::join(work.out.lines, ", "), work.windows[work.out.reference].name),
       .found = fmt::format("pixel {}: {}", first.pixel, first.reasons.empty() ? "" : first.reasons.back()),
       .advice = "name the lines of the calibration sample with --lines"});
}

}  // namespace

std::span<const core::Setting<CalibrationSettings>> calibration_settings_table() {
  using S = CalibrationSettings;
  static constexpr std::array<core::Setting<S>, 4> table{{
      {"jump", "eV", &S::jump,
       "Energy by which a pixel must be off between calibrations to count as changed; it is then calibrated in two "
       "parts",
       0.5, 1000},
      {"worst_residual", "eV", &S::worst_residual,
       "A line still so far off its place, and significantly so, excludes the pixel", 0.1, 1000},
      {"pattern", "1", &S::pattern,
       "Relative pulse height by which a line may stray from where the other pixels put it", 1e-4, 0.2},
      {"least_counts", "1", &S::least_counts, "Least counts of a line in a pixel to be an anchor of its curve", 5, 1e6},
  }};
  return table;
}

std::string_view state_words(PixelState state) {
  switch (state) {
    case PixelState::good:
      return "good";
    case PixelState::repaired:
      return "repaired";
    case PixelState::vetoed:
      return "left out";
  }
  return "";
}

const EmissionLine& ArrayCalibration::line(std::string_view name) const {
  const auto found = std::ranges::find(known, name, &EmissionLine::name);
  if (found == known.end()) throw std::out_of_range("no line " + std::string{name} + " in the calibration");
  return *found;
}

double Epoch::at(double energy_eV) const {
  const auto p = powers(energy_eV);
  return shift[0] * p[0] + shift[1] * p[1] + shift[2] * p[2];
}

ArrayCalibration calibrate_array(std::span<const PulseHeights> pixels, std::span<const CalibrationWindow> windows,
                                 std::span<const std::string> lines, const CalibrationSettings& settings) {
  if (lines.empty() || windows.empty() || pixels.empty()) {
    throw core::UsageError({.what = "a calibration needs pixels, a window of time and a line",
                            .expected = "at least one of each",
                            .found = fmt::format("{}, {} and {}", pixels.size(), windows.size(), lines.size())});
  }
  Work work{.pixels = pixels,
            .windows = windows,
            .lines = {},
            .lines_eV = {},
            .settings = settings,
            .selected = {},
            .out = {}};
  work.out.windows.assign(windows.begin(), windows.end());
  work.out.lines.assign(lines.begin(), lines.end());
  for (const std::string& text : lines) work.lines.push_back(emission_line(text));
  std::ranges::sort(work.lines, {}, &EmissionLine::peak_eV);
  const auto same = [](const EmissionLine& a, const EmissionLine& b) {
    return a.name == b.name || a.peak_eV == b.peak_eV;
  };
  if (const auto twice = std::ranges::adjacent_find(work.lines, same); twice != work.lines.end())
    throw core::UsageError({.what = "a line is named twice", .expected = "each once", .found = twice->name});
  work.out.known = work.lines;
  for (std::size_t k = 0; k < lines.size(); ++k) {
    work.lines_eV.push_back(work.lines[k].peak_eV);
    work.out.lines[k] = work.lines[k].name;
  }
  work.out.shapes.assign(
      lines.size(),
      LineShape{.natural = {}, .sigma_eV = shape_sigma_eV, .tail_share = shape_tail_share, .tail_eV = shape_tail_eV});
  const std::size_t n = pixels.size();
  work.selected.resize(n);
  std::vector<std::vector<HeightPeak>> peaks(n);
  for (std::size_t i = 0; i < n; ++i) {
    for (const CalibrationWindow& window : windows) work.selected[i].push_back(select(pixels[i], window));
  }
  const std::size_t ref = work.out.reference = busiest_window(work);
  core::parallel_for(static_cast<std::int64_t>(n), [&](std::int64_t i) {
    const auto p = static_cast<std::size_t>(i);
    peaks[p] = find_peaks(work.selected[p][ref].height);
  });

  const auto assigned = assign_array(peaks, work.lines_eV, work.out.lines, settings.pattern);
  std::vector<std::vector<double>> energy(n);
  for (std::size_t i = 0; i < n; ++i) {
    PixelCalibration pixel{.pixel = pixels[i].pixel, .reasons = assigned[i].repaired};
    if (!assigned[i].repaired.empty()) pixel.state = PixelState::repaired;
    if (assigned[i].heights) {
      pixel.curve = curve_of(work, *assigned[i].heights);
      energy[i] = energies(pixel.curve, work.selected[i][ref].height);
    } else {
      veto(pixel, "No energy scale: " + assigned[i].refused + ".");
    }
    for (const EmissionLine& line : work.lines)
      pixel.lines.push_back({.line = line.name, .fit = {}, .drop_one_eV = nan, .drift_eV = {}});
    work.out.pixels.push_back(std::move(pixel));
  }
  require_a_pixel(work);

  // Twice: with the rough scale the reference alone; then all calibrations, drift taken out.
  const std::size_t least_anchors = std::min<std::size_t>(3, lines.size());
  for (int round = 0; round < 2; ++round) {
    const auto fits = fit_with_common_shapes(work, energy);
    core::parallel_for(static_cast<std::int64_t>(n), [&](std::int64_t index) {
      const auto i = static_cast<std::size_t>(index);
      PixelCalibration& pixel = work.out.pixels[i];
      if (!pixel.usable()) return;
      const auto good =
          std::ranges::count_if(fits[i], [&](const auto& f) { return f && f->counts.value >= settings.least_counts; });
      if (static_cast<std::size_t>(good) < least_anchors)
        return veto(pixel, fmt::format("Only {} of its lines can be fitted.", good));
      try {
        pixel.curve = refined_curve(work, pixel.curve, fits[i]);
      } catch (const core::ComputationError& error) {
        return veto(pixel, fmt::format("Its lines are not in order: {}.", error.facts().what));
      }
      const auto drops = pixel.curve.drop_one_eV();
      double worst = 0;
      for (std::size_t k = 0; k < fits[i].size(); ++k) {
        if (fits[i][k]) pixel.lines[k].fit = *fits[i][k];
        pixel.lines[k].drop_one_eV = nan;
        for (std::size_t at = 0; at < drops.size(); ++at) {
          if (pixel.curve.anchors()[at].line == pixel.lines[k].line) pixel.lines[k].drop_one_eV = drops[at];
        }
        if (std::isfinite(pixel.lines[k].drop_one_eV)) worst = std::max(worst, std::abs(pixel.lines[k].drop_one_eV));
      }
      // A curve misses a line by its own bend, too: a wrong line shows as several times what is left of a drift.
      constexpr double several = 4;
      if (worst > several * settings.worst_residual)
        return veto(pixel, fmt::format("A line is {:.1f} eV from where its other lines put it: one of them is another.",
                                       worst));

      if (fits[i][fits[i].size() / 2])
        pixel.resolution_fwhm_eV = core::fwhm_per_sigma * fits[i][fits[i].size() / 2]->sigma_eV.value;
      const std::vector<std::string> reasons = pixel.reasons;
      const PixelState state = pixel.state;
      set_epochs(work, i, fit_peaks(work, energies(pixel.curve, work.selected[i][ref].height)));
      if (round == 0) {  // judged by the scale that stays
        pixel.reasons = reasons;
        pixel.state = state;
      }
      if (pixel.usable()) energy[i] = pooled_energies(work, i);
    });
    for (std::size_t i = 0; i < n; ++i) {
      if (!work.out.pixels[i].usable()) energy[i].clear();
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    if (work.out.pixels[i].usable()) set_passages(work, i);
  }
  require_a_pixel(work);
  summarise(work);
  return std::move(work.out);
}

}  // namespace lithoscope::tes
