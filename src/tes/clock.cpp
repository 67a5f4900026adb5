#include "lithoscope/tes/clock.hpp"

#include <algorithm>
#include <cmath>

namespace lithoscope::tes {
namespace {

// A damaged stamp can be anywhere: its difference from another may not fit into 64 bits. Exact to a nanosecond in a
// month.
double between(std::int64_t from, std::int64_t to) {
  constexpr std::int64_t far = INT64_MAX / 4;
  return from > -far && from < far && to > -far && to < far ? static_cast<double>(to - from)
                                                            : static_cast<double>(to) - static_cast<double>(from);
}

// Wall clock less counter, of [from, to): a line by least squares, written back.
void fit_stretch(std::span<const std::int64_t> frame, std::span<const std::int64_t> posix_ns, double frame_ns,
                 std::size_t from, std::size_t to, RegularTimes& out) {
  const auto offset = [&](std::size_t i) {
    return static_cast<double>(posix_ns[i] - posix_ns[from]) - frame_ns * between(frame[from], frame[i]);
  };
  const auto place = [&](std::size_t i) { return between(frame[from], frame[i]); };
  const auto n = static_cast<double>(to - from);
  double mx = 0, my = 0, sxx = 0, sxy = 0;
  for (std::size_t i = from; i < to; ++i) {
    mx += place(i) / n;
    my += offset(i) / n;
  }
  for (std::size_t i = from; i < to; ++i) {
    sxx += (place(i) - mx) * (place(i) - mx);
    sxy += (place(i) - mx) * (offset(i) - my);
  }
  constexpr double least_for_a_rate = 30;  // few records tell no rate from jitter
  const double rate = sxx > 0 && n >= least_for_a_rate ? sxy / sxx : 0;
  for (std::size_t i = from; i < to; ++i) {
    const double t = frame_ns * place(i) + my + rate * (place(i) - mx);
    out.time_ns[i] = posix_ns[from] + std::llround(t);
    out.largest_change_s = std::max(out.largest_change_s, 1e-9 * std::abs(between(posix_ns[i], out.time_ns[i])));
  }
}

}  // namespace

RegularTimes regularise(std::span<const std::int64_t> frame, std::span<const std::int64_t> posix_ns, double frame_s,
                        double step_s) {
  RegularTimes out{.time_ns = {posix_ns.begin(), posix_ns.end()}};
  const double frame_ns = 1e9 * frame_s;
  if (!(frame_ns > 0) || frame.empty()) return out;
  // A counter that never moves, or clocks of another pace altogether: nothing to gain from it.
  const double frames = between(frame.front(), frame.back()) * frame_ns;
  const double wall = between(posix_ns.front(), posix_ns.back());
  constexpr double pace = 0.01;
  if (frame.size() > 1 && (!(frames > 0) || std::abs(frames - wall) > pace * std::abs(wall) + 60e9)) return out;
  out.regular = true;
  std::size_t from = 0;
  for (std::size_t i = 1; i <= frame.size(); ++i) {
    const bool end = i == frame.size();
    const double jump = end ? 0 : between(posix_ns[i - 1], posix_ns[i]) - frame_ns * between(frame[i - 1], frame[i]);
    if (!end && frame[i] >= frame[i - 1] && std::abs(jump) < 1e9 * step_s) continue;
    fit_stretch(frame, posix_ns, frame_ns, from, i, out);
    if (!end) ++out.steps;
    from = i;
  }
  return out;
}

}  // namespace lithoscope::tes
