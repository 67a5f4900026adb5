#include "between_calibrations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lithoscope/core/median.hpp"
#include "lithoscope/core/parallel.hpp"
#include "utc.hpp"

namespace lithoscope::tes {
namespace {

constexpr double worth_following_eV = 0.3;

const Passage* passage_after(const PixelCalibration& pixel, const Epoch& epoch) {
  for (const Passage& passage : pixel.passages) {
    if (&pixel.epochs[passage.from] == &epoch) return &passage;
  }
  return nullptr;
}

// Where most photons between calibrations lie: what is said of a passage is said there.
double energy_between(std::span<const PixelTrack> tracks, const ArrayCalibration& c) {
  std::vector<double> energy;
  for (const PixelTrack& track : tracks) {
    const std::size_t step = 1 + track.size() / 500;
    for (std::size_t i = 0; i < track.size(); i += step) {
      if (std::ranges::none_of(c.windows, [&](const CalibrationWindow& w) {
            return track.time_ns[i] >= w.start_ns && track.time_ns[i] < w.stop_ns;
          }))
        energy.push_back(track.reference_eV[i]);
    }
  }
  if (!energy.empty()) return core::median(std::move(energy));
  return c.known[c.known.size() / 2].peak_eV;
}

// Pixels of a passage between the same calibrations, of which nothing tells yet when it was.
std::vector<std::size_t> open_pixels(const ArrayCalibration& c, std::size_t from, std::size_t to) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < c.pixels.size(); ++i) {
    const PixelCalibration& pixel = c.pixels[i];
    if (!pixel.usable()) continue;
    for (const Passage& p : pixel.passages) {
      if (p.from == from && p.to == to && !p.known_when()) out.push_back(i);
    }
  }
  return out;
}

Passage& passage_of(PixelCalibration& pixel, std::size_t from, std::size_t to) {
  return *std::ranges::find_if(pixel.passages, [&](const Passage& p) { return p.from == from && p.to == to; });
}

// The pixels that moved as the median one did: they can tell nothing of one another, only of a common moment.
std::vector<std::size_t> moved_alike(ArrayCalibration& c, const std::vector<std::size_t>& open, std::size_t from,
                                     std::size_t to) {
  std::vector<double> moves;
  for (const std::size_t i : open) moves.push_back(passage_of(c.pixels[i], from, to).moved_eV);
  const double middle = core::median(moves);
  std::vector<std::size_t> out;
  if (std::abs(middle) < worth_following_eV) return out;
  constexpr double alike = 0.35;
  for (std::size_t k = 0; k < open.size(); ++k) {
    const double noise = 2 * c.pixels[open[k]].drift_sigma_eV;
    if (std::abs(moves[k] - middle) < alike * std::abs(middle) + noise) out.push_back(open[k]);
  }
  return out;
}

void follow_together(std::span<const PixelTrack> tracks, std::span<const ScanPass> passes, ArrayCalibration& c,
                     const std::vector<std::size_t>& together, std::size_t from, std::size_t to) {
  std::vector<const PixelTrack*> of;
  std::vector<const PixelCalibration*> pixels;
  std::vector<Passage> prior;
  for (const std::size_t i : together) {
    of.push_back(&tracks[i]);
    pixels.push_back(&c.pixels[i]);
    prior.push_back(passage_of(c.pixels[i], from, to));
  }
  const Evidence evidence = evidence_of_array(of, pixels, prior, passes);
  for (std::size_t k = 0; k < together.size(); ++k) {
    Passage& passage = passage_of(c.pixels[together[k]], from, to);
    passage = weighed(prior[k], evidence);
    passage.moved_eV = prior[k].moved_eV;
  }
}

struct Alone {
  std::size_t pixel = 0, which = 0;  // of its passages
  Passage prior;
};

void follow_alone(std::span<const PixelTrack> tracks, std::span<const ScanPass> passes, ArrayCalibration& c,
                  const std::vector<Alone>& alone) {
  constexpr int rounds = 2;  // the second with the others where the first has put them
  for (int round = 0; round < rounds && !alone.empty(); ++round) {
    const SharedLight light{tracks, c.pixels, c.windows, passes};
    if (!light.tells()) return;
    std::vector<Passage> found(alone.size());
    core::parallel_for(static_cast<std::int64_t>(alone.size()), [&](std::int64_t index) {
      const auto k = static_cast<std::size_t>(index);
      const auto& [pixel, which, prior] = alone[k];
      found[k] = weighed(prior, evidence_of_pixel(tracks[pixel], c.pixels[pixel], prior, pixel, light));
      found[k].moved_eV = prior.moved_eV;
    });
    for (std::size_t k = 0; k < alone.size(); ++k)
      c.pixels[alone[k].pixel].passages[alone[k].which] = std::move(found[k]);
  }
}

// Largest and typical error of energies over the passage.
struct Errors {
  double largest = 0, typical = 0;
};
Errors errors_of(const PixelCalibration& pixel, const Passage& passage) {
  const double from = pixel.epochs[passage.from].time_ns, to = pixel.epochs[passage.to].time_ns;
  constexpr int places = 400;
  Errors out;
  for (int k = 0; k <= places; ++k) {
    const double part = static_cast<double>(k) / places;
    const double sigma = share_of(passage, part, from + part * (to - from)).sigma * std::abs(passage.moved_eV);
    out.largest = std::max(out.largest, sigma);
    out.typical += sigma * sigma / (places + 1);
  }
  out.typical = std::sqrt(out.typical);
  return out;
}

// ---- words ----------------------------------------------------------------------------------------------------------

std::string pixels_words(const std::vector<int>& pixels) {
  constexpr std::size_t most = 6;
  std::string out = pixels.size() == 1 ? "Pixel " : "Pixels ";
  for (std::size_t k = 0; k < std::min(most, pixels.size()); ++k)
    out += fmt::format("{}{}", k > 0 ? ", " : "", pixels[k]);
  if (pixels.size() > most) out += fmt::format(" and {} more", pixels.size() - most);
  return out;
}

struct Told {
  std::size_t from = 0, to = 0;  // calibrations
  std::vector<int> pixels;
  double moved = 0, sigma = 0, time_ns = 0, within_ns = 0;
  void add(int pixel, const Passage& p) {
    from = p.from;
    to = p.to;
    pixels.push_back(pixel);
    if (std::abs(p.moved_eV) > std::abs(moved)) moved = p.moved_eV;
    sigma = std::max(sigma, p.sigma_eV);
    time_ns = p.time_of(0.5);
    within_ns = std::max(within_ns, p.time_of(0.975) - p.time_of(0.025));
  }
};

bool happened_at_once(const Passage& p) {
  constexpr double surely_not_gradual = 0.05, short_of_all = 0.1;
  return p.gradual < surely_not_gradual &&
         p.time_of(0.975) - p.time_of(0.025) <= short_of_all * (p.time_ns.back() - p.time_ns.front());
}

constexpr double second_ns = 1e9, minute_ns = 60e9;

// Pixels that moved between the same two calibrations without a sign of when.
void note_open(ArrayCalibration& c, PixelCalibration& pixel, const Passage& p, std::vector<Told>& open) {
  const auto same = std::ranges::find_if(open, [&](const Told& t) { return t.from == p.from && t.to == p.to; });
  (same != open.end() ? *same : open.emplace_back()).add(pixel.pixel, p);
  if (pixel.state == PixelState::repaired && p.gradual == 0)
    pixel.reasons.push_back(
        fmt::format("Its energies moved by {:.1f} eV between {} and {}, too far for a drift; when is not known.",
                    p.moved_eV, c.windows[p.from].name, c.windows[p.to].name));
}

// Pixels that moved at the same moment.
void note_sudden(ArrayCalibration& c, PixelCalibration& pixel, const Passage& p, std::vector<Told>& sudden) {
  const auto same =
      std::ranges::find_if(sudden, [&](const Told& t) { return std::abs(t.time_ns - p.time_of(0.5)) < 2 * second_ns; });
  (same != sudden.end() ? *same : sudden.emplace_back()).add(pixel.pixel, p);
  if (pixel.state == PixelState::good) pixel.state = PixelState::repaired;
  if (p.known_when()) return;  // its reason says so already
  pixel.changed_ns.push_back(static_cast<std::int64_t>(p.time_of(0.5)));
  pixel.reasons.push_back(
      fmt::format("Its energies moved by {:.1f} eV at once between {} and {}, as its photons show; before and after it "
                  "are calibrated apart.",
                  p.moved_eV, c.windows[p.from].name, c.windows[p.to].name));
}

// What a reader of energies between calibrations has to know.
void tell(ArrayCalibration& c) {
  constexpr double worth_saying_eV = 0.5, open_eV = 0.3;
  std::vector<Told> open, sudden;
  for (PixelCalibration& pixel : c.pixels) {
    if (!pixel.usable()) continue;
    for (const Passage& p : pixel.passages) {
      if (std::abs(p.moved_eV) < worth_saying_eV) continue;
      if (errors_of(pixel, p).typical > open_eV)
        note_open(c, pixel, p, open);
      else if (happened_at_once(p))
        note_sudden(c, pixel, p, sudden);
    }
  }
  for (const Told& t : sudden) {
    c.warnings.push_back(
        fmt::format("{} moved by {:.1f} eV at once at {} (known to {:.0f} s): on either side of it the energies are "
                    "those of the calibration there.",
                    pixels_words(t.pixels), t.moved, utc_words(std::llround(t.time_ns)),
                    std::max(1.0, t.within_ns / second_ns / 4)));
  }
  for (const Told& t : open) {
    const CalibrationWindow &from = c.windows[t.from], &to = c.windows[t.to];
    c.warnings.push_back(
        fmt::format("{} moved by up to {:.1f} eV between {} and {}, {:.0f} min apart, and the photons do not tell "
                    "when: energies in "
                    "between are uncertain by up to {:.1f} eV.",
                    pixels_words(t.pixels), std::abs(t.moved), from.name, to.name,
                    static_cast<double>(to.start_ns - from.stop_ns) / minute_ns, t.sigma));
  }
}

void reject_strays(std::span<const PixelTrack> tracks, std::span<const ScanPass> passes, ArrayCalibration& c) {
  const SharedLight light{tracks, c.pixels, c.windows, passes};
  if (!light.tells()) return;
  std::vector<std::vector<Span>> found(c.pixels.size());
  core::parallel_for(static_cast<std::int64_t>(c.pixels.size()), [&](std::int64_t k) {
    const auto i = static_cast<std::size_t>(k);
    if (c.pixels[i].usable()) found[i] = strays_of(tracks[i], c.pixels[i], i, light);
  });
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i].empty()) continue;
    double lost_ns = 0;
    for (const Span& span : found[i]) lost_ns += static_cast<double>(span.to_ns - span.from_ns);
    c.pixels[i].unknown.insert(c.pixels[i].unknown.end(), found[i].begin(), found[i].end());
    c.warnings.push_back(
        fmt::format("Pixel {}: for {:.0f} s its photons lie elsewhere than those of the other pixels, and no "
                    "calibration says by how "
                    "much: they are left out.",
                    c.pixels[i].pixel, lost_ns * 1e-9));
  }
}

}  // namespace

double moved_eV(const PixelCalibration& pixel, const Passage& passage, double energy_eV) {
  return pixel.epochs[passage.to].at(energy_eV) - pixel.epochs[passage.from].at(energy_eV);
}

Neighbours neighbours_at(const PixelCalibration& pixel, double time_ns) {
  Neighbours out;
  for (const Epoch& epoch : pixel.epochs) {
    if (!epoch.usable) continue;
    if (epoch.time_ns <= time_ns && (out.before == nullptr || epoch.time_ns > out.before->time_ns)) out.before = &epoch;
    if (epoch.time_ns > time_ns && (out.after == nullptr || epoch.time_ns < out.after->time_ns)) out.after = &epoch;
  }
  if (out.before != nullptr && out.after != nullptr) out.passage = passage_after(pixel, *out.before);
  if (out.before == nullptr) out.before = out.after;
  if (out.after == nullptr) out.after = out.before;
  return out;
}

double along(const PixelCalibration& pixel, const Neighbours& near, double pretrigger_mean, double time_ns) {
  if (near.before == near.after) return 0;
  constexpr double beyond = 0.5;  // a baseline may wander past either calibration, but not without bound
  const double rise = near.after->pretrigger_mean - near.before->pretrigger_mean;
  if (pixel.interpolate_by_baseline && rise != 0)
    return std::clamp((pretrigger_mean - near.before->pretrigger_mean) / rise, -beyond, 1 + beyond);
  return std::clamp((time_ns - near.before->time_ns) / (near.after->time_ns - near.before->time_ns), 0.0, 1.0);
}

double corrected_eV(double reference_eV, const Neighbours& near, double share) {
  const auto shift = [&](double at) { return (1 - share) * near.before->at(at) + share * near.after->at(at); };
  return reference_eV - shift(reference_eV - shift(reference_eV));
}

Stretch stretch_of(const PixelTrack& track, const PixelCalibration& pixel, const Passage& passage) {
  const auto at = [&](std::int64_t t) {
    return static_cast<std::size_t>(std::ranges::lower_bound(track.time_ns, t) - track.time_ns.begin());
  };
  const std::size_t from = at(pixel.epochs[passage.from].used.to_ns);
  return {from, std::max(from, at(pixel.epochs[passage.to].used.from_ns))};
}

Passage weighed(const Passage& prior, const Evidence& evidence) {
  if (evidence.time_ns.empty()) return prior;
  // Pieces between moments of evidence; the first and the last reach to the ends of the prior.
  std::vector<double> edges{prior.time_ns.front()};
  for (const double t : evidence.time_ns) {
    if (t > edges.back() && t < prior.time_ns.back()) edges.push_back(t);
  }
  edges.push_back(prior.time_ns.back());
  double most = evidence.gradual;
  for (const double l : evidence.log_likelihood) most = std::max(most, l);
  const double gradual = prior.gradual * std::exp(evidence.gradual - most);
  Passage out{.from = prior.from, .to = prior.to, .time_ns = {edges.front()}, .changed = {0}};
  double sum = 0;
  for (std::size_t k = 1; k < edges.size(); ++k) {
    const auto at = std::ranges::lower_bound(evidence.time_ns, edges[k]);
    const double l = at == evidence.time_ns.end()
                         ? evidence.log_likelihood.back()
                         : evidence.log_likelihood[static_cast<std::size_t>(at - evidence.time_ns.begin())];
    const double share = (edges[k] - edges[k - 1]) / (edges.back() - edges.front());
    sum += (1 - prior.gradual) * share * std::exp(l - most);
    out.time_ns.push_back(edges[k]);
    out.changed.push_back(sum);
  }
  out.gradual = gradual / (gradual + sum);
  for (double& v : out.changed) v = sum > 0 ? v / sum : 0;
  out.changed.back() = 1;
  return out;
}

void follow_passages(std::span<const PixelTrack> tracks, std::span<const ScanPass> passes, ArrayCalibration& c) {
  const double at_eV = energy_between(tracks, c);
  for (PixelCalibration& pixel : c.pixels) {
    for (Passage& passage : pixel.passages) passage.moved_eV = moved_eV(pixel, passage, at_eV);
  }
  std::vector<Alone> alone;
  for (std::size_t from = 0; from < c.windows.size(); ++from) {
    for (std::size_t to = 0; to < c.windows.size(); ++to) {
      const std::vector<std::size_t> open = open_pixels(c, from, to);
      std::vector<std::size_t> together = moved_alike(c, open, from, to);
      if (2 * together.size() < open.size()) together.clear();
      if (!together.empty()) follow_together(tracks, passes, c, together, from, to);
      for (const std::size_t i : open) {
        const Passage& p = passage_of(c.pixels[i], from, to);
        if (std::abs(p.moved_eV) < worth_following_eV || std::ranges::find(together, i) != together.end()) continue;
        alone.push_back({i, static_cast<std::size_t>(&p - c.pixels[i].passages.data()), p});
      }
    }
  }
  follow_alone(tracks, passes, c, alone);
  reject_strays(tracks, passes, c);
  for (PixelCalibration& pixel : c.pixels) {
    for (Passage& passage : pixel.passages) passage.sigma_eV = errors_of(pixel, passage).largest;
  }
  tell(c);
}

}  // namespace lithoscope::tes
