// Multiplet spectra against stored results of a peer, exact results, quadrature and the clock.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <map>
#include <numbers>
#include <regex>
#include <set>

#include "check.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/parallel.hpp"
#include "lithoscope/core/rng.hpp"
#include "lithoscope/io/input_file.hpp"
#include "lithoscope/io/text_table.hpp"
#include "lithoscope/multiplet/broadening.hpp"
#include "lithoscope/multiplet/fit.hpp"
#include "lithoscope/multiplet/spectra.hpp"

namespace lithoscope::validation {
namespace {

namespace fs = std::filesystem;
using namespace multiplet;

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// ---- stored cases ---------------------------------------------------------------------------------------------------

struct Stored {
  std::string path, head;
  std::vector<std::vector<double>> columns;
};

Stored read_stored(const std::string& path) {
  const auto file = io::InputFile::open(path);
  Stored stored{.path = path};
  for (const auto line : io::lines_of(file.bytes())) {
    if (line.starts_with('#')) {
      stored.head += std::string{line} + "\n";
      continue;
    }
    const auto cells = io::split(line, ',');
    stored.columns.resize(cells.size());
    for (std::size_t i = 0; i < cells.size(); ++i) stored.columns[i].push_back(io::to_number(cells[i]).value());
  }
  return stored;
}

// All stored files of a kind, such as "edrixs_levels_".
std::vector<Stored> stored_files(const std::string& prefix) {
  std::vector<Stored> files;
  if (real_data().empty()) return files;
  std::set<std::string> paths;
  for (const auto& entry : fs::directory_iterator(fs::path(real_data()) / "multiplet")) {
    if (entry.path().filename().string().starts_with(prefix)) paths.insert(entry.path().string());
  }
  for (const std::string& path : paths) files.push_back(read_stored(path));
  return files;
}

// Every number after `name=` in a header, in order.
std::vector<double> numbers_after(const std::string& head, const std::string& name) {
  std::vector<double> found;
  const std::regex pattern{"(^|[ (])" + name + "=([-+0-9.eE]+)"};
  for (auto it = std::sregex_iterator{head.begin(), head.end(), pattern}; it != std::sregex_iterator{}; ++it)
    found.push_back(std::stod((*it)[2].str()));
  return found;
}

double number_after(const std::string& head, const std::string& name, double otherwise) {
  const auto found = numbers_after(head, name);
  return found.empty() ? otherwise : found.front();
}

std::array<double, 3> exchange_of(const std::string& head) {
  const std::regex pattern{R"(exchange[^=\n]*B=\(([-0-9.e]+), ([-0-9.e]+), ([-0-9.e]+)\))"};
  std::smatch m;
  if (!std::regex_search(head, m, pattern)) return {};
  return {std::stod(m[1].str()), std::stod(m[2].str()), std::stod(m[3].str())};
}

// The parameters of a stored case, as its header gives them: scaled already.
IonModel model_of(const std::string& head) {
  IonModel model;
  const bool anderson = head.find("siam") != std::string::npos;
  const auto F2 = numbers_after(head, "F2dd");
  const auto F4 = numbers_after(head, "F4dd");
  const auto zeta_d = numbers_after(head, "zeta_d");
  std::smatch m;
  if (anderson) {
    model.d_electrons = static_cast<int>(number_after(head, "nd", 0));
    model.ground = {.F2_dd_eV = number_after(head, "F2", 0), .F4_dd_eV = number_after(head, "F4", 0)};
  } else {
    std::regex_search(head, m, std::regex{"3d([0-9]+)->2p5"});
    model.d_electrons = std::stoi(m[1].str());
    model.ground = {.F2_dd_eV = F2.at(0), .F4_dd_eV = F4.at(0)};
  }
  model.ground.zeta_d_eV = zeta_d.at(0);
  model.core_hole = {.F2_dd_eV = F2.back(),
                     .F4_dd_eV = F4.back(),
                     .F2_pd_eV = number_after(head, "F2pd", 0),
                     .G1_pd_eV = number_after(head, anderson ? "G1" : "G1pd", 0),
                     .G3_pd_eV = number_after(head, anderson ? "G3" : "G3pd", 0),
                     .zeta_d_eV = zeta_d.back(),
                     .zeta_p_eV = number_after(head, "zeta_p", 0)};
  const double ten_Dq = number_after(head, anderson ? "10Dq_imp" : "10Dq", 0);
  model.field_ground = octahedral(ten_Dq) + axial(number_after(head, "Ds", 0), number_after(head, "Dt", 0));
  model.field_core_hole = model.field_ground;
  model.exchange_eV = exchange_of(head);
  if (anderson) {
    model.U_dd_eV = number_after(head, "Udd", 0);
    model.U_pd_eV = number_after(head, "Upd", 0);
    model.ligands.push_back({.delta_eV = number_after(head, "Delta", 0),
                             .hybridisation = cubic(number_after(head, "Veg", 0), number_after(head, "Vt2g", 0)),
                             .field = octahedral(number_after(head, "10Dq_bath", 0))});
  }
  return model;
}

SolverSettings solver_of(const std::string& head) {
  SolverSettings settings;
  std::smatch m;
  if (std::regex_search(head, m, std::regex{"T=([0-9.]+)"})) settings.temperature_K = std::stod(m[1].str());
  return settings;
}

// One ion model is solved once for all its files.
const Multiplet& solved(const std::string& head) {
  static std::map<std::string, Multiplet> cache;
  const IonModel model = model_of(head);
  std::string key = fmt::format("{} {} {} {} {}", model.d_electrons, solver_of(head).temperature_K,
                                model.exchange_eV[0], model.exchange_eV[1], model.exchange_eV[2]);
  for (const auto& atom : {model.ground, model.core_hole})
    key += fmt::format(" {} {} {} {} {} {}", atom.F2_dd_eV, atom.F4_dd_eV, atom.F2_pd_eV, atom.G1_pd_eV, atom.zeta_d_eV,
                       atom.zeta_p_eV);
  for (const auto& v : model.field_ground.at) key += fmt::format(" {}", v.real());
  for (const auto& ligand : model.ligands)
    key += fmt::format(" {} {}", ligand.delta_eV, ligand.hybridisation(0, 0).real());
  const auto known = cache.find(key);
  if (known != cache.end()) return known->second;
  return cache.emplace(key, Multiplet{model, solver_of(head)}).first->second;
}

double largest(std::span<const double> values) {
  double most = 0;
  for (const double v : values) most = std::abs(v) <= most ? most : std::abs(v);  // a NaN stays
  return most;
}

double worst_difference(std::span<const double> a, std::span<const double> b) {
  double worst = a.size() == b.size() ? 0 : INFINITY;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const double off = std::abs(a[i] - b[i]);
    worst = off <= worst ? worst : off;  // a NaN stays
  }
  return worst;
}

Outcome from_stored(const std::string& prefix, const std::function<double(const Stored&)>& deviation) {
  Outcome out;
  double worst = 0;
  const auto files = stored_files(prefix);
  if (files.empty()) return {.no_data = true};
  for (const Stored& file : files) {
    const double d = deviation(file);
    out.detail += fmt::format("{}: {:.2g}; ", fs::path(file.path).stem().string(), d);
    worst = std::max(worst, d);
  }
  out.figures = {{worst}};
  return out;
}

double stick_deviation(const Stored& file) {
  core::NoProgress quiet;
  const Absorption absorption = solved(file.head).absorption({}, quiet);
  const auto& energy = file.columns[0];
  const auto& strength = file.columns[1];
  // The stored sticks are merged within 1e-6 eV: ours go to the nearest one.
  std::vector<double> ours(energy.size()), centre(energy.size());
  double lost = 0;
  for (const Stick& stick : absorption.sticks) {
    const auto above = std::ranges::lower_bound(energy, stick.energy_eV);
    auto i = static_cast<std::size_t>(above - energy.begin());
    if (i == energy.size() || (i > 0 && stick.energy_eV - energy[i - 1] < energy[i] - stick.energy_eV)) --i;
    if (std::abs(energy[i] - stick.energy_eV) > 2e-6) {
      lost = std::max(lost, isotropic(stick));
      continue;
    }
    ours[i] += isotropic(stick);
    centre[i] += isotropic(stick) * stick.energy_eV;
  }
  double worst = std::max(lost, worst_difference(ours, strength));
  constexpr double visible = 1e-9;  // the weaker ones' energies are means over noise
  for (std::size_t i = 0; i < energy.size(); ++i) {
    if (ours[i] > visible) worst = std::max(worst, std::abs(centre[i] / ours[i] - energy[i]));
  }
  return worst;
}

Outcome check_sticks() {
  Outcome levels = from_stored("edrixs_levels_", [](const Stored& file) {
    return worst_difference(solved(file.head).energies_eV(), file.columns[1]);
  });
  const Outcome sticks = from_stored("edrixs_sticks_", stick_deviation);
  if (levels.no_data || sticks.no_data) return {.no_data = true};
  levels.figures[0].value = std::max(levels.figures[0].value, sticks.figures[0].value);
  levels.detail += sticks.detail;
  return levels;
}

Lifetimes lifetimes_of(const std::string& head) {
  const double g = number_after(head, "g", number_after(head, "gamma_c", 0.25));
  return {g, g};
}

double xas_deviation(const Stored& file) {
  core::NoProgress quiet;
  const Lifetimes g = lifetimes_of(file.head);
  const auto ours = isotropic_spectrum(solved(file.head).absorption(g, quiet), file.columns[0], g, 0);
  return worst_difference(ours, file.columns[1]) / largest(file.columns[1]);
}

Outcome check_xas_curves() { return from_stored("edrixs_xas_", xas_deviation); }

// Incident and loss axes of a map in long format.
std::vector<double> distinct(std::span<const double> values) {
  std::vector<double> out;
  for (const double v : values) {
    if (std::ranges::find(out, v) == out.end()) out.push_back(v);
  }
  return out;
}

double map_deviation(const Stored& file, const std::vector<Channel>& channels) {
  core::NoProgress quiet;
  const auto incident = distinct(file.columns[0]);
  const std::vector<double> loss{
      file.columns[1].begin(),
      file.columns[1].begin() + static_cast<std::ptrdiff_t>(file.columns[0].size() / incident.size())};
  const double gamma_f = number_after(file.head, "gamma_f", 0.05);
  const Scattering scattering = solved(file.head).scattering(
      {.incident_eV = incident, .lifetimes = lifetimes_of(file.head), .channels = channels}, quiet);
  const auto maps = scattering_maps(scattering, ScatterAxis::energy_loss, loss, gamma_f, 0);
  double worst = 0;
  double most = 0;
  for (std::size_t c = 0; c < channels.size(); ++c) {
    worst = std::max(worst, worst_difference(maps[c], file.columns[2 + c]));
    most = std::max(most, largest(file.columns[2 + c]));
  }
  return worst / most;
}

std::vector<Channel> linear_channels() {
  constexpr double angle = std::numbers::pi / 4;
  const Vector3 s = sigma(0);
  return {{"pi-pi", Polarised{pi_in(angle, 0), pi_out(angle, 0)}},
          {"pi-sigma", Polarised{pi_in(angle, 0), s}},
          {"sigma-pi", Polarised{s, pi_out(angle, 0)}},
          {"sigma-sigma", Polarised{s, s}}};
}

double polarised_deviation(const Stored& file) {
  auto channels = linear_channels();
  channels.resize(file.columns.size() - 2);
  return map_deviation(file, channels);
}

Outcome check_rixs_maps() {
  Outcome out = from_stored("edrixs_rixs_", [](const Stored& file) {
    if (file.path.find("powderAB") == std::string::npos) return polarised_deviation(file);
    // A + B cos2: A at right angles; B by itself has these weights.
    return map_deviation(file, {{"A", powder_linear(0)}, {"B", Powder{1, 0, 1}}});
  });
  return out;
}

// ---- charge transfer ------------------------------------------------------------------------------------------------

bool stored_converged(const Stored& file) { return file.head.find("one member") == std::string::npos; }

IonModel mn4_charge_transfer() {
  IonModel model = ion_model(material::parse_ion("Mn4+"), 0.8, 1, octahedral(1.0));
  model.U_dd_eV = 6.0;
  model.U_pd_eV = 7.5;
  model.ligands.push_back({.delta_eV = 2.0, .hybridisation = cubic(2.3, 1.2), .field = octahedral(1.0)});
  return model;
}

std::vector<double> mn4_energies() {
  std::vector<double> energy;
  for (int i = 0; i <= 1000; ++i) energy.push_back(-20 + 0.05 * i);
  return energy;
}

struct ChargeTransferRun {
  double seconds = 0;
  std::vector<double> spectrum;
  Absorption absorption;
  int states = 0;
};

ChargeTransferRun run_mn4(const SolverSettings& settings) {
  core::NoProgress quiet;
  ChargeTransferRun run;
  run.seconds = seconds_of([&] {
    const Multiplet ion{mn4_charge_transfer(), settings};
    run.states = ion.populated();
    run.absorption = ion.absorption({}, quiet);
    run.spectrum = isotropic_spectrum(run.absorption, mn4_energies(), {}, 0);
  });
  return run;
}

const ChargeTransferRun& mn4_run() {
  static const ChargeTransferRun run = run_mn4({});
  return run;
}

Outcome check_charge_transfer() {
  Outcome out{.figures = {{0}}};
  const auto keep = [&](const std::string& name, double deviation) {
    out.detail += fmt::format("{}: {:.2g}; ", name, deviation);
    out.figures[0].value = std::max(out.figures[0].value, deviation);
  };
  int converged = 0;
  for (const char* prefix : {"edrixs_siam_xas_", "edrixs_siam_rixs_"}) {
    for (const Stored& file : stored_files(prefix)) {
      if (!stored_converged(file)) continue;
      const bool map = std::string_view{prefix}.find("siam_rixs") != std::string_view::npos;
      keep(fs::path(file.path).stem().string(), map ? polarised_deviation(file) : xas_deviation(file));
      ++converged;
    }
  }
  if (converged == 0) return {.no_data = true};
  const ChargeTransferRun& once = mn4_run();
  const ChargeTransferRun twice = run_mn4({.krylov_tolerance = 0, .krylov_most = 2 * once.absorption.krylov_steps});
  keep(fmt::format("Mn4+, {} steps against {}", once.absorption.krylov_steps, twice.absorption.krylov_steps),
       worst_difference(once.spectrum, twice.spectrum) / largest(twice.spectrum));
  return out;
}

Outcome check_mn4ct_time() {
  const ChargeTransferRun& run = mn4_run();
  if (run.states != 4) return {.figures = {{INFINITY}}, .detail = fmt::format("{} ground states", run.states)};
  return {.figures = {{run.seconds}},
          .detail = fmt::format("{} Krylov steps, residual {:.1g}", run.absorption.krylov_steps,
                                run.absorption.krylov_residual)};
}

// ---- exact results --------------------------------------------------------------------------------------------------

Outcome check_sum_rule() {
  double worst = 0;
  core::NoProgress quiet;
  std::string detail;
  for (const material::Ion& ion : material::known_ions()) {
    const IonModel model = ion_model(ion, 0.8, 1, octahedral(1.3) + axial(0.05, 0.02));
    double sum = 0;
    for (const Stick& stick : Multiplet{model}.absorption({}, quiet).sticks) sum += isotropic(stick);
    const double off = std::abs(sum - (10 - ion.d_electrons) / 3.0);
    worst = std::max(worst, off);
    detail += fmt::format("{}: {:.1g}; ", ion.name(), off);
  }
  return {.figures = {{worst}}, .detail = detail};
}

// Distinct energies with their degeneracies.
std::vector<std::pair<double, int>> terms(std::vector<double> energies) {
  std::ranges::sort(energies);
  std::vector<std::pair<double, int>> out;
  for (const double e : energies) {
    if (!out.empty() && e - out.back().first < 1e-7) {
      ++out.back().second;
    } else {
      out.emplace_back(e, 1);
    }
  }
  return out;
}

double term_deviation(const std::vector<std::pair<double, int>>& found, std::vector<std::pair<double, int>> expected) {
  std::ranges::sort(expected);
  if (found.size() != expected.size()) return INFINITY;
  double worst = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i].second != expected[i].second) return INFINITY;
    worst = std::max(worst, std::abs((found[i].first - found[0].first) - (expected[i].first - expected[0].first)));
  }
  return worst;
}

// d8 in a sphere, without spin-orbit coupling (spec 4.3).
double d8_terms(double F2, double F4) {
  const double B = F2 / 49 - 5 * F4 / 441;
  const double C = 35 * F4 / 441;
  const IonModel model{.d_electrons = 8, .ground = {.F2_dd_eV = F2, .F4_dd_eV = F4}, .core_hole = {.zeta_p_eV = 10}};
  return term_deviation(terms(Multiplet{model}.energies_eV()),
                        {{-8 * B, 21}, {7 * B, 9}, {-3 * B + 2 * C, 5}, {4 * B + 2 * C, 9}, {14 * B + 7 * C, 1}});
}

// 3A2 -> 3T2 of d8 is 10Dq; its ninefold 3T2 lies next to the threefold ground state.
double d8_field(double ten_Dq) {
  const IonModel model{.d_electrons = 8,
                       .ground = {.F2_dd_eV = 10, .F4_dd_eV = 6.2},
                       .core_hole = {.zeta_p_eV = 10},
                       .field_ground = octahedral(ten_Dq),
                       .field_core_hole = octahedral(ten_Dq)};
  const auto levels = terms(Multiplet{model}.energies_eV());
  const auto found = std::ranges::find_if(
      levels, [&](const auto& t) { return t.second == 9 && std::abs(t.first - levels[0].first - ten_Dq) < 1e-6; });
  constexpr double missing = std::numeric_limits<double>::infinity();
  return found == levels.end() ? missing : std::abs(found->first - levels[0].first - ten_Dq);
}

Outcome check_racah() {
  double worst = 0;
  for (const double F2 : {8.0, 9.78704, 12.2338}) worst = std::max(worst, d8_terms(F2, 0.62 * F2));
  for (const double ten_Dq : {0.6, 1.1, 1.7}) worst = std::max(worst, d8_field(ten_Dq));
  return {.figures = {{worst}}};
}

// ---- powder against quadrature -------------------------------------------------------------------------------------

using Rotation = std::array<double, 9>;

Rotation rotation(double alpha, double beta, double gamma) {
  const double ca = std::cos(alpha), sa = std::sin(alpha), cb = std::cos(beta), sb = std::sin(beta),
               cg = std::cos(gamma), sg = std::sin(gamma);
  return {ca * cb * cg - sa * sg,
          -ca * cb * sg - sa * cg,
          ca * sb,
          sa * cb * cg + ca * sg,
          -sa * cb * sg + ca * cg,
          sa * sb,
          -sb * cg,
          sb * sg,
          cb};
}

// |conj(out) . R F R^T . in|^2 over all orientations. The integrand is of fourth degree in R: eight equal angles and
// eight Gauss-Legendre points in cos(beta) integrate it exactly.
double averaged(const Tensor3& F, const Vector3& in, const Vector3& out) {
  constexpr std::array nodes{0.1834346424956498, 0.5255324099163290, 0.7966664774136267, 0.9602898564975363};
  constexpr std::array weights{0.3626837833783620, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763};
  constexpr int turns = 8;
  double sum = 0;
  for (std::size_t k = 0; k < 8; ++k) {
    const double beta = std::acos(k < 4 ? nodes[k] : -nodes[k - 4]);
    for (int i = 0; i < turns; ++i) {
      for (int j = 0; j < turns; ++j) {
        const Rotation R = rotation(2 * std::numbers::pi * i / turns, beta, 2 * std::numbers::pi * j / turns);
        std::complex<double> amplitude = 0;
        for (std::size_t a = 0; a < 3; ++a) {
          for (std::size_t b = 0; b < 3; ++b) {
            std::complex<double> turned = 0;
            for (std::size_t c = 0; c < 3; ++c) {
              for (std::size_t d = 0; d < 3; ++d) turned += R[3 * a + c] * F[3 * c + d] * R[3 * b + d];
            }
            amplitude += std::conj(out[a]) * turned * in[b];
          }
        }
        sum += weights[k % 4] / 2 * std::norm(amplitude) / (turns * turns);
      }
    }
  }
  return sum;
}

Outcome check_powder() {
  core::RandomStream random{7, 0};
  const auto number = [&] { return std::complex<double>{random.normal(), random.normal()}; };
  double worst = 0;
  for (int trial = 0; trial < 60; ++trial) {
    Tensor3 F;
    for (auto& v : F) v = number();
    Vector3 in, out;
    // Linear at any angle, then elliptical.
    for (std::size_t a = 0; a < 3; ++a) {
      in[a] = trial < 30 ? std::complex<double>{random.normal()} : number();
      out[a] = trial < 30 ? std::complex<double>{random.normal()} : number();
    }
    for (Vector3* v : {&in, &out}) {
      const double norm = std::sqrt(std::norm((*v)[0]) + std::norm((*v)[1]) + std::norm((*v)[2]));
      for (auto& x : *v) x /= norm;
    }
    const double expected = averaged(F, in, out);
    worst = std::max(worst, std::abs(powder_average(F, powder_of(in, out)) / expected - 1));
  }
  // The outgoing polarisation not analysed: two of them, at right angles to the exit.
  for (int trial = 0; trial < 30; ++trial) {
    Tensor3 F;
    for (auto& v : F) v = number();
    const Vector3 in{1, 0, 0};
    const double angle = 0.1 * trial;
    const Vector3 exit{std::cos(angle), std::sin(angle), 0};
    const Vector3 first{-std::sin(angle), std::cos(angle), 0};
    const double expected = averaged(F, in, first) + averaged(F, in, Vector3{0, 0, 1});
    const double ours = powder_average(F, powder_any_out(std::norm(exit[0])));
    worst = std::max(worst, std::abs(ours / expected - 1));
  }
  return {.figures = {{worst}}};
}

// ---- speed ----------------------------------------------------------------------------------------------------------

double median_of(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// Median of some runs, each from the parameters to the result.
Outcome timed(int runs, const std::function<void()>& work) {
  std::vector<double> seconds;
  for (int i = 0; i < runs; ++i) seconds.push_back(seconds_of(work));
  return {.figures = {{median_of(seconds)}}};
}

std::vector<double> even(double from, double step, int count) {
  std::vector<double> out;
  for (int i = 0; i < count; ++i) out.push_back(from + step * i);
  return out;
}

Outcome check_mn3_time() {
  return timed(5, [] {
    core::NoProgress quiet;
    const Multiplet ion{ion_model(material::parse_ion("Mn3+"), 0.8, 1, octahedral(1.5))};
    isotropic_spectrum(ion.absorption({}, quiet), even(-13.2, 0.05, 801), {}, 0);
  });
}

Outcome map_time(const std::string& ion, double ten_Dq, double first_eV) {
  return timed(5, [&] {
    core::NoProgress quiet;
    const Multiplet solved{ion_model(material::parse_ion(ion), 0.8, 1, octahedral(ten_Dq))};
    const Scattering scattering =
        solved.scattering({.incident_eV = even(first_eV, 7.0 / 99, 100), .channels = linear_channels()}, quiet);
    scattering_maps(scattering, ScatterAxis::energy_loss, even(-0.5, 0.02, 500), 0.05, 0);
  });
}

// ---- fit ------------------------------------------------------------------------------------------------------------

// Ni2+ spectra with 1 % noise, the field and the scaling unlike what the fit starts from; whether 95 % intervals cover.
Outcome check_fit() {
  constexpr int seeds = 60;
  const material::Ion ion = material::parse_ion("Ni2+");
  core::NoProgress quiet;
  std::vector<double> seconds;
  int covered = 0;
  int asked = 0;
  for (int seed = 0; seed < seeds; ++seed) {
    core::RandomStream random{static_cast<std::uint64_t>(seed), 0};
    IonSettings truth;
    truth.ten_dq = 0.7 + 0.8 * random.uniform();
    truth.slater_scale = 0.7 + 0.2 * random.uniform();
    SpectrumSettings spectrum{.energy_offset = 857 + random.uniform()};
    const Multiplet solved{model_of(ion, truth)};
    const auto energy = even(848, 0.08, 400);
    MeasuredSpectrum measured{
        .energy_eV = energy,
        .intensity = spectrum_at(solved.absorption(lifetimes_of(spectrum), quiet), spectrum, energy)};
    const double sigma = 0.01 * largest(measured.intensity);
    for (double& v : measured.intensity) v += 0.1 + sigma * random.normal();
    measured.sigma.assign(energy.size(), sigma);
    spectrum.energy_offset = 0;
    const std::vector<std::string> free{"10dq", "slater_scale", "energy_offset"};
    SpectrumFit fit;
    seconds.push_back(seconds_of([&] { fit = fit_spectrum(ion, {}, {}, spectrum, free, measured, quiet); }));
    const std::array<double, 2> expected{truth.ten_dq, truth.slater_scale};
    for (std::size_t k = 0; k < expected.size(); ++k) {
      const core::Value& v = fit.parameters[k].value;
      covered += std::abs(v.value - expected[k]) < 1.959964 * v.sigma() ? 1 : 0;
      ++asked;
    }
  }
  return {.figures = {{median_of(seconds)}, {static_cast<double>(covered) / asked}}};
}

}  // namespace

std::vector<Check> multiplet_checks() {
  return {{"sticks", check_sticks},
          {"xas-curves", check_xas_curves},
          {"rixs-maps", check_rixs_maps},
          {"charge-transfer", check_charge_transfer},
          {"sum-rule", check_sum_rule},
          {"racah", check_racah},
          {"powder", check_powder},
          {"mn3-time", check_mn3_time},
          {"ni2-map-time", [] { return map_time("Ni2+", 1.1, -7.55); }},
          {"co3-map-time", [] { return map_time("Co3+", 2.3, -5.95); }},
          {"multiplet-fit", check_fit},
          {"mn4ct-time", check_mn4ct_time}};
}

}  // namespace lithoscope::validation
