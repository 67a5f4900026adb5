#include "infer_worlds.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>

#include "lithoscope/core/progress.hpp"
#include "lithoscope/core/statistics.hpp"

namespace lithoscope::validation {
namespace {

using namespace infer;
using result::DepthLaw;
using result::Observable;

constexpr int first_of_others = 1'000'003;

double even(core::RandomStream& r, double low, double high) { return low + (high - low) * r.uniform(); }
double log_normal(core::RandomStream& r, double median, double width) { return median * std::exp(width * r.normal()); }

// What a world shows: changes of TEY Ni, Co, Mn; pre-edge %; PFY Ni, Co, Mn; feature %; TEY less PFY of Ni before.
struct Shown {
  std::array<double, 3> tey{}, pfy{};
  double pre_edge = 0, feature = 0, offset = 0;
};

constexpr std::array<double, 3> amounts{0.15, 0.10, 0.55};

std::vector<Observable> measured(const Shown& s, core::RandomStream& r, double noise) {
  std::vector<Observable> out = paper_set({}, noise);
  const double level = 3.5;
  const std::array<double, 9> values{s.tey[0], s.tey[1], s.tey[2],  s.pre_edge, s.pfy[0],
                                     s.pfy[1], s.pfy[2], s.feature, 0};
  for (std::size_t i = 0; i < 8; ++i) out[i].values[0] = values[i] + std::sqrt(out[i].variance[0]) * r.normal();
  out[8].values[0] = level + s.offset + std::sqrt(out[8].variance[0]) * r.normal();
  out[9].values[0] = level + std::sqrt(out[9].variance[0]) * r.normal();
  return out;
}

// Every world has the artefacts of two pieces and an energy scale, drawn by its own rule.
void add_artefacts(Shown& s, core::RandomStream& r) {
  constexpr std::array<double, 3> per_eV{0.65, 1.2, 0.45};
  const double tey = 0.025 * r.normal(), pfy = 0.015 * r.normal();
  for (std::size_t k = 0; k < 3; ++k) {
    s.tey[k] += tey * per_eV[k] + 0.015 * r.normal();
    s.pfy[k] += pfy * per_eV[k];
  }
  s.feature += 3 * r.normal();
  s.pre_edge += 1.5 * r.normal();
}

double usual_offset(core::RandomStream& r) { return -0.25 + 0.2 * r.normal(); }

struct Seen1 {
  double lambda, radius, holes;
};
Seen1 particle_of(core::RandomStream& r) {
  return {std::clamp(5 + r.normal(), 2.5, 9.0), log_normal(r, 100, 0.35), even(r, 0.3, 0.55)};
}

Shown h1(core::RandomStream& r) {
  Shown s;
  const Seen1 p = particle_of(r);
  const double a = even(r, 0.03, 0.5);
  const std::array<double, 3> of{a, std::min(0.9, a * log_normal(r, 1, 0.4)), std::abs(0.01 * r.normal())};
  const double depth = log_normal(r, 15, 0.6);
  const double tey = 1 - std::exp(-depth / p.lambda);
  const double volume = 0.6 * (1 - std::pow(1 - std::min(1.0, depth / p.radius), 3));
  double electrons = 0;
  for (std::size_t k = 0; k < 3; ++k) {
    s.tey[k] = -of[k] * tey;
    s.pfy[k] = -of[k] * volume;
    electrons += amounts[k] * of[k];
  }
  s.feature = 100 * electrons * volume / p.holes;
  s.pre_edge = -100 * (0.15 * of[0] + 0.10 * of[1]) / 5.3;
  s.offset = a + std::abs(0.1 * r.normal());
  return s;
}

Shown h2(core::RandomStream& r) {
  Shown s;
  const Seen1 p = particle_of(r);
  const double shell = std::exp(even(r, std::log(0.3), std::log(5.0)));
  const double tey = 1 - std::exp(-shell / p.lambda), volume = std::min(1.0, 3 * shell / p.radius);
  const std::array<double, 3> of{even(r, -2, -1), even(r, -1.2, -0.5), even(r, -1.5, -0.3)};
  for (std::size_t k = 0; k < 3; ++k) {
    s.tey[k] = of[k] * tey;
    s.pfy[k] = of[k] * volume;
  }
  s.pre_edge = -100 * even(r, 0.3, 0.7) * tey;
  s.feature = -100 * volume;
  s.offset = usual_offset(r);
  return s;
}

Shown h3(core::RandomStream& r) {
  Shown s;
  const Seen1 p = particle_of(r);
  const double a = even(r, 0.03, 0.4), depth = log_normal(r, 3, 0.4);
  const std::array<double, 3> of{a, a * log_normal(r, 0.82, 0.5), a * log_normal(r, 0.74, 0.5)};
  const double tey = 1 - std::exp(-depth / p.lambda), volume = 1 - std::pow(1 - depth / p.radius, 3);
  for (std::size_t k = 0; k < 3; ++k) {
    s.tey[k] = -of[k] * tey;
    s.pfy[k] = -of[k] * volume;
  }
  s.pre_edge = -100 * 0.48 * a / 5.3 * tey;
  s.offset = usual_offset(r);
  return s;
}

World world(std::string name, Shown (*change)(core::RandomStream&)) {
  return {std::move(name), [change](core::RandomStream& r, double noise) {
            Shown s = change(r);
            add_artefacts(s, r);
            return measured(s, r, noise);
          }};
}

// Lithium of the particle's own runs, of draws that no fit has.
std::vector<Observable> from_particle(core::RandomStream& r, double noise) {
  const LithiumLibrary& library = other_library();
  const std::vector<Observable> wanted = paper_set({}, noise);
  const Evidence shape = evidence_of(wanted, "charged", "heated", library.cations, true, {});
  const Viewer viewer{library, shape.seen};
  StateDraw truth = random_state(library, {bit_of(Process::lithium)}, r);
  do truth.run = static_cast<std::int32_t>(r.uniform() * static_cast<double>(library.runs.size()));
  while (library.runs[static_cast<std::size_t>(truth.run)].capacity_mAh_per_g < 250);
  const StateDraw one[1] = {truth};
  const auto seen = viewer.look(library.runs[static_cast<std::size_t>(truth.run)], one).front().seen;
  std::vector<double> v;  // in the order of the set
  for (const Observable& o : wanted) {
    for (std::size_t i = 0; i < seen.size(); ++i) {
      if (shape.likelihood.observables()[shape.likelihood.places()[i].observable].name == o.name) v.push_back(seen[i]);
    }
  }
  Shown s{
      .tey = {v[0], v[1], v[2]}, .pfy = {v[4], v[5], v[6]}, .pre_edge = v[3], .feature = v[7], .offset = v[8] - v[9]};
  add_artefacts(s, r);
  return measured(s, r, noise);
}

}  // namespace

LithiumLibrary library_at(std::int64_t first, std::int64_t runs) {
  core::NoProgress silent;
  const probe::State before{.name = "charged"}, after{.name = "heated", .after = "charged"};
  LithiumLibrary out = draw_library(programme_between("lmr-paper", before, after, {}, {}), first, runs, 1, silent);
  out.particle = "lmr-paper";
  out.before = "charged";
  out.after = "heated";
  return out;
}

const LithiumLibrary& shared_library() {
  static const LithiumLibrary all = library_at(0, 4000);
  return all;
}
const LithiumLibrary& other_library() {
  static const LithiumLibrary all = library_at(first_of_others, 2000);
  return all;
}

Observable observable(const std::string& name, const std::string& state, double value, double sigma, DepthLaw law) {
  Observable o{.name = name, .state = state, .values = {value}, .variance = {sigma * sigma}, .flags = {"ok"}};
  o.depth.law = law;
  if (name.starts_with("change/")) o.against = "charged";
  return o;
}

std::vector<Observable> paper_set(const std::vector<double>& values, double noise) {
  std::vector<Observable> out;
  const auto add = [&](const std::string& name, const char* state, double sigma, DepthLaw law, const char* unit) {
    out.push_back(observable(name, state, out.size() < values.size() ? values[out.size()] : 0, sigma * noise, law));
    out.back().unit = unit;
  };
  add("change/valence/Ni/electrons", "heated", 0.02, DepthLaw::surface, "");
  add("change/valence/Co/electrons", "heated", 0.04, DepthLaw::surface, "");
  add("change/valence/Mn/electrons", "heated", 0.02, DepthLaw::surface, "");
  add("change/feature/O/K-pre-edge-peak", "heated", 3, DepthLaw::surface, "%");
  add("change/valence/Ni/fluorescence", "heated", 0.02, DepthLaw::fluorescence, "");
  add("change/valence/Co/fluorescence", "heated", 0.05, DepthLaw::fluorescence, "");
  add("change/valence/Mn/fluorescence", "heated", 0.02, DepthLaw::fluorescence, "");
  add("change/feature/O/531-523", "heated", 5, DepthLaw::fluorescence, "%");
  add("valence/Ni/electrons", "charged", 0.05 / std::sqrt(2), DepthLaw::surface, "");
  add("valence/Ni/fluorescence", "charged", 0.05 / std::sqrt(2), DepthLaw::fluorescence, "");
  return out;
}

StateDraw random_state(const LithiumLibrary& library, const std::vector<unsigned>& combinations,
                       core::RandomStream& random) {
  StateDraw out;
  out.on = combinations[static_cast<std::size_t>(random.uniform() * static_cast<double>(combinations.size()))];
  out.run = static_cast<std::int32_t>(random.uniform() * static_cast<double>(library.runs.size()));
  for (std::size_t k = 0; k < coordinates; ++k) {
    const double p = random.normal();
    if (depends_on(static_cast<Coordinate>(k), out.on)) out.place[k] = p;
  }
  return out;
}

std::int32_t run_with_holes(const LithiumLibrary& library, double holes, double width, core::RandomStream& random) {
  for (;;) {
    const auto run = static_cast<std::int32_t>(random.uniform() * static_cast<double>(library.runs.size()));
    const std::vector<double>& h = library.runs[static_cast<std::size_t>(run)].before.holes;
    double mean = 0;
    for (std::size_t i = 0; i < h.size(); ++i) mean += h[i] * library.volume[i];
    const double z = (mean - holes) / width;
    if (random.uniform() < std::exp(-0.5 * z * z)) return run;
  }
}

std::vector<Observable> noisy(const Evidence& shape, const std::vector<Observable>& wanted,
                              const std::vector<double>& seen, core::RandomStream& random) {
  const auto n = static_cast<Eigen::Index>(shape.likelihood.size());
  const std::vector<double> covariance = shape.likelihood.covariance();
  const Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>> c(covariance.data(), n,
                                                                                                   n);
  Eigen::VectorXd z(n);
  for (Eigen::Index i = 0; i < n; ++i) z(i) = random.normal();
  const Eigen::VectorXd noise = Eigen::MatrixXd(c).llt().matrixL() * z;
  std::vector<Observable> out = wanted;
  for (std::size_t i = 0; i < shape.likelihood.size(); ++i) {
    const Observable& o = shape.likelihood.observables()[shape.likelihood.places()[i].observable];
    const auto found =
        std::ranges::find_if(out, [&](const Observable& w) { return w.name == o.name && w.state == o.state; });
    found->values[0] = seen[i] + noise(static_cast<Eigen::Index>(i));
  }
  return out;
}

const std::vector<World>& worlds() {
  static const std::vector<World> all{world("H0",
                                            [](core::RandomStream& r) {
                                              Shown s;
                                              s.offset = usual_offset(r);
                                              return s;
                                            }),
                                      world("H1", h1),
                                      world("H2", h2),
                                      world("H3", h3),
                                      world("H4",
                                            [](core::RandomStream& r) {
                                              Shown s;
                                              constexpr std::array<double, 3> per_eV{0.65, 1.2, 0.45};
                                              const double tey = 0.04 * r.normal(), pfy = 0.02 * r.normal();
                                              for (std::size_t k = 0; k < 3; ++k) {
                                                s.tey[k] = tey * per_eV[k] + 0.02 * r.normal();
                                                s.pfy[k] = pfy * per_eV[k];
                                              }
                                              s.feature = 6 * r.normal();
                                              s.pre_edge = 2 * r.normal();
                                              s.offset = usual_offset(r);
                                              return s;
                                            }),
                                      world("H5",
                                            [](core::RandomStream& r) {
                                              Shown s;
                                              s.feature = even(r, 2, 30);
                                              s.offset = usual_offset(r);
                                              return s;
                                            }),
                                      world("H3+H5",
                                            [](core::RandomStream& r) {
                                              Shown s = h3(r);
                                              s.feature += even(r, 2, 30);
                                              return s;
                                            }),
                                      {"H1 of the particle", from_particle}};
  return all;
}

const std::vector<ForeignWorld>& foreign_worlds() {
  static const auto nothing = [](core::RandomStream& r) {
    Shown s;
    s.offset = usual_offset(r);
    return s;
  };
  static const std::vector<ForeignWorld> all{
      {{"1 two pieces",
        [](core::RandomStream& r, double noise) {
          Shown s = nothing(r);
          for (std::size_t k = 0; k < 3; ++k) {
            s.tey[k] += 0.04 * r.normal();
            s.pfy[k] += 0.02 * r.normal();
          }
          s.feature += 5 * r.normal();
          s.pre_edge += 3 * r.normal();
          return measured(s, r, noise);
        }},
       0},
      {{"3 one value off",
        [](core::RandomStream& r, double noise) {
          Shown s = nothing(r);
          add_artefacts(s, r);
          std::vector<Observable> out = measured(s, r, noise);
          const auto which = std::min<std::size_t>(7, static_cast<std::size_t>(8 * r.uniform()));
          out[which].values[0] += (r.uniform() < 0.5 ? -5 : 5) * std::sqrt(out[which].variance[0]);
          return out;
        }},
       0},
      {world("5 reduction spares manganese",
             [](core::RandomStream& r) {
               Shown s = h3(r);
               s.tey[2] = s.pfy[2] = 0;
               return s;
             }),
       bit_of(Process::surface_reduction)},
      {world("7 reduction and brighter, offset before",
             [](core::RandomStream& r) {
               Shown s = h3(r);
               s.feature += even(r, 2, 30);
               s.offset = 0.15 + 0.1 * r.normal();
               return s;
             }),
       bit_of(Process::surface_reduction) | bit_of(Process::brightness)},
      {world("8 stabilised without lithium",
             [](core::RandomStream& r) {
               Shown s;
               const double a = even(r, 0.05, 0.14);
               s.tey = {-a, -a * even(r, 0.5, 1.2), 0};
               s.pfy = {-0.05 * a, 0, 0};
               s.feature = even(r, -1, 2);
               s.offset = 0.03 * r.normal();
               return s;
             }),
       bit_of(Process::stabilised)},
      {world("10 lithium and reduction",
             [](core::RandomStream& r) {
               Shown s = h1(r);
               const Shown t = h3(r);
               for (std::size_t k = 0; k < 3; ++k) {
                 s.tey[k] += t.tey[k];
                 s.pfy[k] += t.pfy[k];
               }
               s.pre_edge += t.pre_edge;
               return s;
             }),
       bit_of(Process::lithium) | bit_of(Process::surface_reduction)},
      {world("11 lithium and brighter",
             [](core::RandomStream& r) {
               Shown s = h1(r);
               s.feature += even(r, 2, 30);
               return s;
             }),
       bit_of(Process::lithium) | bit_of(Process::brightness)},
      {world("13 feature falls",
             [](core::RandomStream& r) {
               Shown s = nothing(r);
               s.feature = -even(r, 5, 25);
               return s;
             }),
       bit_of(Process::brightness)}};
  return all;
}

RixsPrecision rixs_precision(double counts) {
  // Components of the emission at 531 eV and their shares, convolved with the detector's 1.4 eV.
  struct Component {
    double centre, sigma, share;
  };
  constexpr std::array components{Component{525.6, 1.15, 0.70}, Component{523.7, 0.55, 0.10},
                                  Component{531.0, 0.15, 0.06}, Component{521.0, 1.6, 0.12}};
  constexpr int bins = 100;
  constexpr double from = 515, width = 0.2, constant = 0.04, shift_prior = 0.05;
  const double response = 1.4 / core::fwhm_per_sigma;
  Eigen::MatrixXd slope = Eigen::MatrixXd::Zero(bins, 6);
  Eigen::VectorXd mean = Eigen::VectorXd::Zero(bins);
  for (int b = 0; b < bins; ++b) {
    const double e = from + (b + 0.5) * width;
    for (std::size_t k = 0; k < components.size(); ++k) {
      const double s = std::hypot(components[k].sigma, response), z = (e - components[k].centre) / s;
      const double shape = std::exp(-0.5 * z * z) / (s * std::sqrt(2 * 3.14159265358979323846)) * width * counts;
      slope(b, static_cast<Eigen::Index>(k)) = shape;
      slope(b, 5) += components[k].share * shape * z / s;
      mean(b) += components[k].share * shape;
    }
    slope(b, 4) = counts / bins;
    mean(b) += constant * counts / bins;
  }
  Eigen::MatrixXd information = slope.transpose() * mean.cwiseInverse().asDiagonal() * slope;
  information(5, 5) += 1 / (shift_prior * shift_prior);
  const Eigen::MatrixXd c = information.inverse();
  const double share = components[1].share;
  RixsPrecision out;
  out.change_percent = 100 * std::sqrt(2 * c(1, 1)) / share;
  // relative to everything else that is emitted: its amplitudes move together with the exposure
  Eigen::VectorXd relative = Eigen::VectorXd::Zero(6);
  relative(1) = 1 / share;
  double rest = constant;
  for (std::size_t k = 0; k < components.size(); ++k) rest += k == 1 ? 0 : components[k].share;
  for (const Eigen::Index k : {0, 2, 3, 4}) relative(k) = -1 / rest;
  out.change_from_map_percent = 100 * std::sqrt(2 * relative.dot(c * relative));
  return out;
}

std::vector<Observable> ledger_set(const std::vector<double>& values, const RixsPrecision& rixs, bool map_scale) {
  // three standard deviations on 0.02 e take 9e3, 1.8e5 and 4e3 counts in the peak bin (the specification's table)
  constexpr double counts = 5e4, three_sigma = 0.02 / 3;
  std::vector<Observable> out;
  const auto add = [&](const std::string& name, double sigma, const char* unit) {
    out.push_back(
        observable(name, "heated", out.size() < values.size() ? values[out.size()] : 0, sigma, DepthLaw::fluorescence));
    out.back().unit = unit;
    // no artefact beyond what is stated
    out.back().common = {{"energy scale, known", {0}}};
  };
  add("change/valence/Ni/fluorescence", three_sigma * std::sqrt(9e3 / counts), "");
  add("change/valence/Co/fluorescence", three_sigma * std::sqrt(1.8e5 / counts), "");
  add("change/valence/Mn/fluorescence", three_sigma * std::sqrt(4e3 / counts), "");
  add("change/feature/O/531-523", map_scale ? rixs.change_from_map_percent : rixs.change_percent, "%");
  if (!map_scale) out.back().common.push_back({"monitor", {1.0}});
  return out;
}

}  // namespace lithoscope::validation
