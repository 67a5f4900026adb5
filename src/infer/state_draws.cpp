#include "lithoscope/infer/state_draws.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/rng.hpp"

namespace lithoscope::infer {
namespace {

using result::DepthKernel;
using result::DepthLaw;

constexpr double pre_edge_states = 5.3;  // unoccupied states per formula unit that the O K pre-edge counts

double chance(double place) { return 0.5 * std::erfc(-place / std::numbers::sqrt2); }
double even(double place, double low, double high) { return low + (high - low) * chance(place); }
double log_even(double place, double low, double high) { return low * std::pow(high / low, chance(place)); }
double log_normal(double place, double median, double width) { return median * std::exp(width * place); }

// Half of the draws spare manganese almost, half do not.
double manganese_share(double place) {
  const double u = chance(place);
  return u < 0.5 ? 0.2 * u : 3 * (u - 0.5);
}

// Three of four up.
double brighter_percent(double place) {
  const double u = chance(place);
  constexpr double down = 0.25, low = 2, high = 30;
  if (u < down) return -low * std::pow(high / low, 1 - u / down);
  return low * std::pow(high / low, (u - down) / (1 - down));
}

double take(const StateDraw& d, Coordinate c) { return amount_of(c, d.place[static_cast<std::size_t>(c)]); }

bool on(const StateDraw& d, Process p) { return (d.on & bit_of(p)) != 0; }

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// Share of each node's shell that lies in the outermost `depth_nm`: faces half-way between nodes.
std::vector<double> within(const std::vector<double>& radius_nm, double depth_nm) {
  std::vector<double> out(radius_nm.size(), 0.0);
  const double border = radius_nm.back() - depth_nm;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double inner = i == 0 ? 0 : 0.5 * (radius_nm[i - 1] + radius_nm[i]);
    const double outer = i + 1 == out.size() ? radius_nm[i] : 0.5 * (radius_nm[i] + radius_nm[i + 1]);
    out[i] = std::clamp((outer - border) / (outer - inner), 0.0, 1.0);
  }
  return out;
}

double mean_share(double depth_nm, double radius_nm, int dimensions) {
  return 1 - std::pow(std::max(0.0, 1 - depth_nm / radius_nm), dimensions);
}

// Light answers the share of holes that its saturation leaves.
double answer(double holes, double saturation) {
  constexpr double linear = 1e-3;
  return saturation < linear ? holes : -std::expm1(-saturation * holes) / saturation;
}

}  // namespace

const char* name_of(Process process) {
  static constexpr std::array names{"lithium redistribution", "oxygen stabilisation", "surface reduction",
                                    "reconstruction", "oxygen brightening"};
  return names[static_cast<std::size_t>(process)];
}

const char* words_of(Process process) {
  static constexpr std::array words{
      "lithium moves between bulk and surface", "oxygen near the surface is stabilised, lithium stays",
      "metals near the surface are reduced from outside the grain", "the surface is reconstructed and loses oxygen",
      "oxygen answers light differently at constant charge"};
  return words[static_cast<std::size_t>(process)];
}

double amount_of(Coordinate coordinate, double place) {
  using C = Coordinate;
  switch (coordinate) {
    case C::reduction:
    case C::stabilised:
      return log_even(place, 0.02, 0.5);
    case C::reduction_depth:
      return log_normal(place, 3, 0.5);
    case C::reduction_cobalt:
      return even(place, 0, 2);
    case C::reduction_manganese:
      return manganese_share(place);
    case C::reduction_pre_edge:
      return even(place, 0.2, 0.8);
    case C::shell:
      return log_even(place, 0.3, 5);
    case C::shell_nickel:
      return even(place, -2, -1);
    case C::shell_cobalt:
      return even(place, -1.2, -0.5);
    case C::shell_manganese:
      return even(place, -1.5, -0.3);
    case C::shell_pre_edge:
      return even(place, 0.3, 0.7);
    case C::brightness:
      return brighter_percent(place);
    case C::stabilised_depth:
      return log_normal(place, 5, 0.5);
    case C::saturation:
      return std::max(0.0, even(place, -1 / 0.3, 1 / 0.3));
    case C::escape_depth:
    case C::holes_in_pre_edge:
      return chance(place);
  }
  return 0;
}

result::DepthKernel surface_kernel(const LithiumLibrary& library, const std::string& element) {
  DepthKernel out{.law = DepthLaw::surface, .length_nm = library.probes.tey_depth_nm, .element = element};
  for (const particle::EdgeDepth& e : library.probes.edges) {
    if (e.element == element && e.tey_depth_nm > 0) out.length_nm = e.tey_depth_nm;
  }
  return out;
}

result::DepthKernel bulk_kernel(const LithiumLibrary& library, const std::string& element) {
  DepthKernel out{.law = DepthLaw::fluorescence,
                  .length_nm = element == "O" ? library.probes.rixs_length_nm : library.probes.pfy_length_nm,
                  .element = element};
  for (const particle::EdgeDepth& e : library.probes.edges) {
    if (e.element == element && e.fluorescence_length_nm >= 0) out.length_nm = e.fluorescence_length_nm;
  }
  if (!(out.length_nm > 0)) out.law = DepthLaw::volume;
  return out;
}

// ---- one run through all kernels ------------------------------------------------------------------------------------

struct Viewer::OfRun {
  const LithiumRun& run;
  std::vector<double> radius_nm;
  result::GrainNodes nodes;
  std::vector<std::vector<double>> weights;  // a kernel

  double share(std::size_t kernel, double depth_nm) const { return dot(weights[kernel], within(radius_nm, depth_nm)); }
};

Viewer::Viewer(const LithiumLibrary& library, std::vector<Seen> seen) : library_(library), seen_(std::move(seen)) {
  const auto add = [&](DepthKernel kernel) {
    kernel.element.clear();  // edges that see alike share their weights
    const auto known = std::ranges::find(kernels_, kernel);
    if (known != kernels_.end()) return static_cast<std::size_t>(known - kernels_.begin());
    kernels_.push_back(kernel);
    return kernels_.size() - 1;
  };
  // A standard probe looks as the measured one does, where there is one.
  const auto standard = [&](Meaning meaning, const std::string& element, DepthLaw law, const DepthKernel& otherwise) {
    for (const Seen& s : seen_) {
      const bool same = s.meaning == meaning && (meaning != Meaning::valence || s.element == element);
      if (same && s.kernel.law == law) return add(s.kernel);
    }
    return add(otherwise);
  };
  for (Seen& s : seen_) {
    // A probe that does not say how deep it sees is the particle's.
    if (s.kernel.law == DepthLaw::surface && !(s.kernel.length_nm > 0)) s.kernel = surface_kernel(library, s.element);
    if (s.kernel.law == DepthLaw::fluorescence && !(s.kernel.length_nm > 0)) s.kernel = bulk_kernel(library, s.element);
    kernel_of_seen_.push_back(add(s.kernel));
  }
  const auto put = [&](std::string name, std::string unit, std::string help) {
    quantities_.push_back({std::move(name), std::move(unit), std::move(help)});
  };
  for (const particle::Cation& c : library.cations) {
    surface_.push_back(standard(Meaning::valence, c.element, DepthLaw::surface, surface_kernel(library, c.element)));
    bulk_.push_back(standard(Meaning::valence, c.element, DepthLaw::fluorescence, bulk_kernel(library, c.element)));
    put("surface_" + c.element, "", "Change of the valence of " + c.element + " that electrons see");
    put("bulk_" + c.element, "", "Change of the valence of " + c.element + " that fluorescence sees");
    put("before_" + c.element, "",
        "Valence of " + c.element + " near the surface above that in the bulk, before, by lithium alone");
  }
  feature_ = standard(Meaning::feature_change, "O", DepthLaw::fluorescence, bulk_kernel(library, "O"));
  pre_edge_ = standard(Meaning::pre_edge_change, "O", DepthLaw::surface, surface_kernel(library, "O"));
  put("feature", "%", "Change of the oxygen feature");
  put("pre_edge", "%", "Change of oxygen's pre-edge that electrons see");
  put("metals", "1", "Electrons lost by the metals that fluorescence sees, per formula unit");
  put("oxygen", "1", "Holes gained by the oxygen that the feature sees, per formula unit");
  put("depth_term", "1",
      "What lithium's electrons between metals and oxygen differ by because their probes see different depths");
  put("holes", "1", "Oxygen holes per formula unit that the feature sees, before");
  put("surface_lithium", "1", "Lithium per formula unit that enters what electrons see");
  put("reservoir", "1", "Electrons from outside the grain, per formula unit, volume mean");
  put("oxygen_gas", "umol/g", "Oxygen released, O2");
  put("shell", "nm", "Reconstructed shell");
  put("stabilised", "1", "Oxygen sites per formula unit that are stabilised near the surface");
  put("brightness", "%", "Change of oxygen's answer to light at constant charge");
  put("capacity", "mAh/g", "Capacity when the wait begins");
  put("residual", "1",
      "Volume mean of electrons lost by metals and oxygen less what entered or left: neutrality says 0");
  weights_.resize(library.runs.size());
  core::parallel_for(static_cast<std::int64_t>(library.runs.size()), [&](std::int64_t r) {
    const auto i = static_cast<std::size_t>(r);
    const std::vector<double> radii_nm = library.radii_nm(library.runs[i]);
    weights_[i] = fixed_weights(library.nodes(radii_nm));
  });
}

// What no draw changes: kernels of fluorescence and of the volume.
std::vector<std::vector<double>> Viewer::fixed_weights(const result::GrainNodes& nodes) const {
  std::vector<std::vector<double>> out(kernels_.size());
  for (std::size_t k = 0; k < kernels_.size(); ++k) {
    if (kernels_[k].law != DepthLaw::surface) out[k] = kernels_[k].weights(nodes);
  }
  return out;
}

std::size_t Viewer::quantity(const std::string& name) const {
  const auto found = std::ranges::find(quantities_, name, &Quantity::name);
  if (found == quantities_.end()) throw std::out_of_range("no quantity " + name);
  return static_cast<std::size_t>(found - quantities_.begin());
}

namespace {

// The grain after lithium moved and oxygen was stabilised: both change what neutrality says at every node.
Moment moved(const LithiumLibrary& library, const LithiumRun& run, const std::vector<double>& radius_nm,
             const StateDraw& d) {
  Moment out = on(d, Process::lithium) ? run.after : run.before;
  if (!on(d, Process::stabilised)) return out;
  const double depth = std::min(take(d, Coordinate::stabilised_depth), radius_nm.back());
  const double sites = std::min(take(d, Coordinate::stabilised), run.ladder.oxygen.sites);
  const std::vector<double> share = within(radius_nm, depth);
  // Neutrality at a few lithium contents of the layer, linear between them.
  double low = 1e9, high = -1e9;
  for (std::size_t i = 0; i < share.size(); ++i) {
    if (share[i] <= 0) continue;
    low = std::min(low, out.lithium[i]);
    high = std::max(high, out.lithium[i]);
  }
  constexpr int points = 6;
  std::vector<particle::LocalRedox> fresh, stable;
  const double width = std::max(high - low, 1e-9);
  for (int k = 0; k < points; ++k) {
    const double x = low + width * k / (points - 1);
    fresh.push_back(particle::local_redox(run.ladder, x, 0, 0, library.temperature_K));
    stable.push_back(particle::local_redox(run.ladder, x, sites, 0, library.temperature_K));
  }
  for (std::size_t i = 0; i < share.size(); ++i) {
    if (share[i] <= 0) continue;
    const double place = (out.lithium[i] - low) / width * (points - 1);
    const auto k = static_cast<std::size_t>(std::clamp(place, 0.0, points - 1.001));
    const double rest = place - static_cast<double>(k);
    const auto change = [&](const auto& of) {
      const double a = of(stable[k]) - of(fresh[k]), b = of(stable[k + 1]) - of(fresh[k + 1]);
      return share[i] * (a + rest * (b - a));
    };
    double electrons = 0;
    for (std::size_t c = 0; c < library.cations.size(); ++c) {
      const double dv = change([c](const particle::LocalRedox& r) { return r.valence[c]; });
      out.valence[c][i] += dv;
      electrons += library.cations[c].amount * dv;
    }
    out.holes[i] -= electrons;  // at constant lithium what the metals gain oxygen gives
  }
  return out;
}

// What each metal of a layer gains in electrons, by element: nickel's own, cobalt's and others' alike, manganese's.
double by_element(const std::string& element, double nickel, double cobalt, double manganese) {
  return element == "Ni" ? nickel : element == "Mn" ? manganese : cobalt;
}

}  // namespace

// One drawn state of one run, before and after.
class Viewer::Scene {
 public:
  Scene(const Viewer& viewer, const OfRun& at, const StateDraw& d)
      : v_(viewer), library_(viewer.library_), at_(at), d_(d), after_(moved(library_, at.run, at.radius_nm, d)) {
    const std::size_t cations = library_.cations.size(), kernels = v_.kernels_.size();
    in_reduced_.assign(cations, 0.0);
    in_shell_.assign(cations, 0.0);
    share_reduced_.assign(kernels, 0.0);
    share_shell_.assign(kernels, 0.0);
    if (on(d, Process::surface_reduction)) add_reduced_layer();
    if (on(d, Process::reconstruction)) add_shell();
  }

  View view() const {
    const double feature = feature_change(), pre_edge = pre_edge_change();
    View out;
    for (std::size_t s = 0; s < v_.seen_.size(); ++s) {
      const Seen& what = v_.seen_[s];
      out.seen.push_back(what.meaning == Meaning::feature_change    ? feature
                         : what.meaning == Meaning::pre_edge_change ? pre_edge
                         : what.meaning == Meaning::oxygen_gas      ? oxygen_gas()
                                                                    : valence(what, v_.kernel_of_seen_[s]));
    }
    add_quantities(feature, pre_edge, out.quantities);
    return out;
  }

 private:
  void add_reduced_layer() {
    const double a = take(d_, Coordinate::reduction);
    reduced_nm_ = std::min(take(d_, Coordinate::reduction_depth), at_.run.radius_nm);
    for (std::size_t c = 0; c < in_reduced_.size(); ++c) {
      in_reduced_[c] = -by_element(library_.cations[c].element, a, a * take(d_, Coordinate::reduction_cobalt),
                                   a * take(d_, Coordinate::reduction_manganese));
    }
    for (std::size_t k = 0; k < share_reduced_.size(); ++k) share_reduced_[k] = at_.share(k, reduced_nm_);
  }
  void add_shell() {
    shell_nm_ = std::min(take(d_, Coordinate::shell), at_.run.radius_nm);
    for (std::size_t c = 0; c < in_shell_.size(); ++c) {
      in_shell_[c] = by_element(library_.cations[c].element, take(d_, Coordinate::shell_nickel),
                                take(d_, Coordinate::shell_cobalt), take(d_, Coordinate::shell_manganese));
    }
    for (std::size_t k = 0; k < share_shell_.size(); ++k) share_shell_[k] = at_.share(k, shell_nm_);
  }

  double mean(std::size_t kernel, const std::vector<double>& values) const { return dot(at_.weights[kernel], values); }

  double valence_before(std::size_t c, std::size_t kernel) const { return mean(kernel, at_.run.before.valence[c]); }
  /// By lithium and stabilised oxygen, without the layers.
  double inner_change(std::size_t c, std::size_t kernel) const {
    return mean(kernel, after_.valence[c]) - valence_before(c, kernel);
  }
  double valence_change(std::size_t c, std::size_t kernel) const {
    return inner_change(c, kernel) + in_reduced_[c] * share_reduced_[kernel] + in_shell_[c] * share_shell_[kernel];
  }
  double valence(const Seen& what, std::size_t kernel) const {
    const auto c = static_cast<std::size_t>(
        std::ranges::find(library_.cations, what.element, &particle::Cation::element) - library_.cations.begin());
    return (what.is_change ? 0 : valence_before(c, kernel)) + (what.after ? valence_change(c, kernel) : 0);
  }

  // Holes through the feature's kernel, none where the shell is.
  double feature_change() const {
    const double saturation = take(d_, Coordinate::saturation);
    const double brighter = on(d_, Process::brightness) ? take(d_, Coordinate::brightness) : 0;
    double before = 0, after = 0;
    const std::vector<double>& weights = at_.weights[v_.feature_];
    for (std::size_t i = 0; i < weights.size(); ++i) {
      before += weights[i] * answer(at_.run.before.holes[i], saturation);
      after += weights[i] * answer(after_.holes[i], saturation);
    }
    const double ratio = before > 0 ? after / before : 1;
    return 100 * (ratio * (1 + brighter / 100) * (1 - share_shell_[v_.feature_]) - 1);
  }

  // Unoccupied states that metals and oxygen lose near the surface.
  double pre_edge_change() const {
    const std::size_t kernel = v_.pre_edge_;
    double states = 0;
    for (std::size_t c = 0; c < library_.cations.size(); ++c) {
      const double reduced = in_reduced_[c] * share_reduced_[kernel] * take(d_, Coordinate::reduction_pre_edge);
      states += library_.cations[c].amount * (inner_change(c, kernel) + reduced);
    }
    states +=
        take(d_, Coordinate::holes_in_pre_edge) * (mean(kernel, after_.holes) - mean(kernel, at_.run.before.holes));
    return 100 * (states / pre_edge_states - take(d_, Coordinate::shell_pre_edge) * share_shell_[kernel]);
  }

  // O2 of the shell, umol/g: what its metals gain and its holes lose.
  double oxygen_gas() const {
    const double volume_shell = mean_share(shell_nm_, at_.run.radius_nm, library_.dimensions);
    double shell_electrons = 0;
    for (std::size_t c = 0; c < library_.cations.size(); ++c)
      shell_electrons += library_.cations[c].amount * in_shell_[c] * volume_shell;
    const double lost = 0.5 * (dot(library_.volume, after_.holes) * volume_shell - shell_electrons);
    constexpr double umol_per_mol = 1e6;
    return 0.5 * lost / library_.molar_mass_g_per_mol * umol_per_mol;
  }

  // In the order of Viewer's list.
  void add_quantities(double feature, double pre_edge, std::vector<double>& out) const {
    const LithiumRun& run = at_.run;
    const std::vector<double>& volume = library_.volume;
    const double volume_reduced = mean_share(reduced_nm_, run.radius_nm, library_.dimensions);
    double reservoir = 0, metals = 0, inner_metals = 0, mean_metals = 0;
    for (std::size_t c = 0; c < library_.cations.size(); ++c) {
      const double amount = library_.cations[c].amount, bulk = valence_change(c, v_.bulk_[c]);
      out.push_back(valence_change(c, v_.surface_[c]));
      out.push_back(bulk);
      out.push_back(valence_before(c, v_.surface_[c]) - valence_before(c, v_.bulk_[c]));
      reservoir -= amount * in_reduced_[c] * volume_reduced;
      metals += amount * bulk;
      inner_metals += amount * inner_change(c, v_.bulk_[c]);
      mean_metals += amount * (dot(volume, after_.valence[c]) - dot(volume, run.before.valence[c]));
    }
    const double holes_before = mean(v_.feature_, run.before.holes), holes_after = mean(v_.feature_, after_.holes);
    const double mean_holes = dot(volume, after_.holes);
    out.push_back(feature);
    out.push_back(pre_edge);
    out.push_back(metals);
    out.push_back(holes_after * (1 - share_shell_[v_.feature_]) - holes_before);
    out.push_back(holes_before - holes_after - inner_metals);
    out.push_back(holes_before);
    out.push_back(mean(v_.surface_.front(), run.before.lithium) - mean(v_.surface_.front(), after_.lithium));
    out.push_back(reservoir);
    out.push_back(oxygen_gas());
    out.push_back(shell_nm_);
    out.push_back(on(d_, Process::stabilised) ? std::min(take(d_, Coordinate::stabilised), run.ladder.oxygen.sites)
                                              : 0);
    out.push_back(on(d_, Process::brightness) ? take(d_, Coordinate::brightness) : 0);
    out.push_back(run.capacity_mAh_per_g);
    out.push_back(mean_metals + mean_holes - dot(volume, run.before.holes));
  }

  const Viewer& v_;
  const LithiumLibrary& library_;
  const OfRun& at_;
  const StateDraw& d_;
  Moment after_;
  double reduced_nm_ = 0, shell_nm_ = 0;
  std::vector<double> in_reduced_, in_shell_;        // change of valence in the layer, a cation
  std::vector<double> share_reduced_, share_shell_;  // of what a kernel sees
};

std::vector<Viewer::View> Viewer::look(const LithiumRun& run, std::span<const StateDraw> draws) const {
  OfRun at{.run = run, .radius_nm = library_.radii_nm(run), .nodes = {}, .weights = {}};
  at.nodes = library_.nodes(at.radius_nm);
  const auto known = static_cast<std::size_t>(&run - library_.runs.data());
  if (known < library_.runs.size()) {
    at.weights = weights_[known];
  } else {
    at.weights = fixed_weights(at.nodes);
  }
  std::vector<View> out;
  out.reserve(draws.size());
  for (const StateDraw& d : draws) {
    // how deep electrons see is one number for all edges, drawn with the state
    const double deep = library_.tey_depth.at(take(d, Coordinate::escape_depth)) / library_.tey_depth_nm;
    for (std::size_t k = 0; k < kernels_.size(); ++k) {
      if (kernels_[k].law != DepthLaw::surface) continue;
      DepthKernel kernel = kernels_[k];
      kernel.length_nm *= deep;
      at.weights[k] = kernel.weights(at.nodes);
    }
    out.push_back(Scene{*this, at, d}.view());
  }
  return out;
}

bool depends_on(Coordinate c, unsigned processes_on) {
  const auto has = [&](Process p) { return (processes_on & bit_of(p)) != 0; };
  if (c <= Coordinate::reduction_pre_edge) return has(Process::surface_reduction);
  if (c <= Coordinate::shell_pre_edge) return has(Process::reconstruction);
  if (c == Coordinate::brightness) return has(Process::brightness);
  if (c <= Coordinate::stabilised_depth) return has(Process::stabilised);
  return true;
}

std::vector<StateDraw> draw_states(const LithiumLibrary& library, unsigned on, std::int64_t count, std::uint64_t seed) {
  core::RandomStream random{seed, 1 + on};
  std::vector<StateDraw> out(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i].on = on;
    out[i].run = static_cast<std::int32_t>(i % library.runs.size());
    for (std::size_t k = 0; k < coordinates; ++k) {
      if (depends_on(static_cast<Coordinate>(k), on)) out[i].place[k] = random.normal();
    }
  }
  return out;
}

}  // namespace lithoscope::infer
