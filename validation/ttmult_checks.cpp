// Two-configuration charge transfer against outputs of the ttmult programs: every level they list, and the transitions
// from the lowest one.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <sstream>

#include "check.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/io/input_file.hpp"
#include "lithoscope/io/text_table.hpp"
#include "lithoscope/multiplet/broadening.hpp"
#include "lithoscope/multiplet/spectra.hpp"

namespace lithoscope::validation {
namespace {

namespace fs = std::filesystem;
using namespace multiplet;

// What is printed: energies to 1e-5 eV, reduced matrix elements to 1e-6.
constexpr double energy_print_eV = 1e-5;
constexpr double spectrum_print = 1e-4;
// The programs pass matrix elements on as text of few digits; what is left over is taken for the price of that, not
// proven to be. It grows with the configurations: levels of d8 agree to 3e-6 eV rms, d7 to 6e-6, d6 to d3 to some 3e-5;
// fits of the parameters (tried for d7 and d6) leave them at these values and the rest as it is; and the sixfold ground
// level of d5 is split ten times further than here.
constexpr double chain_rms_eV = 5e-5;
constexpr double chain_spectrum = 5e-4;

struct Atoms {
  int d_electrons = 0;
  std::map<std::string, material::SlaterIntegrals> of;  // by configuration
};

std::map<std::string, Atoms> read_atoms() {
  std::map<std::string, Atoms> out;
  const auto file = io::InputFile::open((fs::path(LITHOSCOPE_GOALS).parent_path() / "ttmult_atoms.csv").string());
  for (const auto line : io::lines_of(file.bytes())) {
    const auto cells = io::split(line, ',');
    if (line.starts_with('#') || cells.size() != 10 || cells[0] == "fixture") continue;
    const auto at = [&](std::size_t i) { return io::to_number(cells[i]).value(); };
    Atoms& atoms = out[std::string{cells[0]}];
    atoms.d_electrons = static_cast<int>(at(1));
    atoms.of[std::string{cells[2]}] = {at(3), at(4), at(5), at(6), at(7), at(8), at(9)};
  }
  return out;
}

struct Listed {
  std::map<std::string, double> defined;  // EG2, EF2
  std::vector<double> mixing, field;      // XMIX and XHAM
  std::vector<double> levels;             // of all irreps
  struct Level {
    double energy = 0;
    int states = 0;
    std::vector<std::pair<double, double>> lines;  // final energy, strength
  };
  std::vector<Level> initial;  // the lowest of each irrep, ascending
};

std::vector<double> numbers_in(const std::string& text) {
  std::istringstream words{text};
  std::vector<double> out;
  for (std::string word; words >> word;) {
    if (const auto value = io::to_number(word)) out.push_back(*value);
  }
  return out;
}

// One line of a listing after the other, so that a list that goes on in the next line is followed.
Listed read_listing(const std::string& path) {
  const auto file = io::InputFile::open(path);
  Listed out;
  std::vector<std::string> lines;
  for (const auto line : io::lines_of(file.bytes())) lines.emplace_back(line);
  double ground = 0;
  auto level = out.initial.end();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string& line = lines[i];
    const auto after = [&](const char* words) {
      const auto at = line.find(words);
      return at == std::string::npos ? std::string{} : line.substr(at + std::string_view{words}.size());
    };
    if (const std::string text = after("DEF "); !text.empty()) {
      const auto equals = text.find('=');
      std::istringstream name{text.substr(0, equals)};
      std::string key;
      name >> key;
      out.defined[key] = numbers_in(text.substr(equals + 1)).at(0);
    } else if (const std::string mix = after("XMIX "); !mix.empty()) {
      out.mixing = numbers_in(mix);
      out.mixing.erase(out.mixing.begin());
    } else if (const std::string ham = after("XHAM "); !ham.empty()) {
      out.field = numbers_in(ham);
      out.field.erase(out.field.begin());
    } else if (const std::string energy = after("Ground state energy Eg0="); !energy.empty()) {
      ground = numbers_in(energy.substr(0, energy.find('('))).at(0);
    } else if (line.find("energies and purities") != std::string::npos) {
      // Pairs of energy and purity until a line of another kind.
      for (std::size_t k = i + 1; k < lines.size() && lines[k].find("TRANSFORMED") == std::string::npos; ++k) {
        const auto pairs = numbers_in(lines[k]);
        for (std::size_t p = 0; p + 1 < pairs.size(); p += 2) out.levels.push_back(pairs[p]);
      }
    } else if (const std::string dimension = after("DIM :"); !dimension.empty()) {
      level = std::ranges::find(out.initial, ground, &Listed::Level::energy);
      if (level == out.initial.end()) {
        out.initial.push_back({.energy = ground, .states = static_cast<int>(numbers_in(dimension).at(0))});
        level = out.initial.end() - 1;
      }
    } else if (const std::string finals = after("BRA/KET :"); !finals.empty()) {
      const auto energies = numbers_in(finals);
      // Rows of initial levels; only that of the lowest of the irrep is of use.
      for (std::size_t r = i + 1; r < lines.size() && lines[r].find("KET") == std::string::npos; ++r) {
        const auto colon = lines[r].find(':');
        if (colon == std::string::npos) break;
        const auto label = numbers_in(lines[r].substr(0, colon));
        if (label.size() != 1 || std::abs(label[0] - ground) > energy_print_eV) continue;
        const auto elements = numbers_in(lines[r].substr(colon + 1));
        for (std::size_t k = 0; k < std::min(energies.size(), elements.size()); ++k)
          level->lines.emplace_back(energies[k], elements[k]);
      }
    }
  }
  std::ranges::sort(out.initial, {}, &Listed::Level::energy);
  // Some versions print reduced elements, some their squares: only elements have signs.
  bool squares = true;
  for (const Listed::Level& l : out.initial)
    squares = squares && std::ranges::all_of(l.lines, [](const auto& line) { return line.second >= 0; });
  for (Listed::Level& l : out.initial) {
    for (auto& line : l.lines) line.second *= squares ? 1 : line.second;
  }
  return out;
}

IonModel model_of(const Listed& listed, const Atoms& atoms) {
  IonModel model;
  model.d_electrons = atoms.d_electrons;
  model.ground = atoms.of.at("ground");
  model.core_hole = atoms.of.at("core_hole");
  model.ground_transferred = atoms.of.at("ground_transferred");
  model.core_hole_transferred = atoms.of.at("core_hole_transferred");
  model.field_ground = octahedral(listed.field.at(1));
  if (listed.field.size() == 4) model.field_ground = model.field_ground + axial(listed.field[3], listed.field[2]);
  model.field_core_hole = model.field_ground;
  LigandShell ligand{.delta_eV = listed.defined.at("EG2")};
  ligand.hybridisation = listed.mixing.size() == 2
                             ? cubic(listed.mixing[0], listed.mixing[1])
                             : tetragonal(listed.mixing[0], listed.mixing[1], listed.mixing[2], listed.mixing[3]);
  model.ligands.push_back(ligand);
  // After the absorption the transferred configuration lies at EF2: delta + U_dd - U_pd.
  model.U_pd_eV = ligand.delta_eV - listed.defined.at("EF2");
  model.most_transferred = 1;
  return model;
}

double nearest(const std::vector<double>& sorted, double value) {
  const auto above = std::ranges::lower_bound(sorted, value);
  double best = std::numeric_limits<double>::infinity();
  if (above != sorted.end()) best = std::min(best, *above - value);
  if (above != sorted.begin()) best = std::min(best, value - *(above - 1));
  return best;
}

struct Deviation {
  double level_eV = 0;  // the worst
  double level_rms_eV = 0;
  double spectrum = 0;  // share of the maximum
};

// Mean energy and sum of strengths.
std::pair<double, double> centre(const Absorption& absorption) {
  double sum = 0;
  double mean = 0;
  for (const Stick& s : absorption.sticks) {
    sum += isotropic(s);
    mean += isotropic(s) * s.energy_eV;
  }
  return {mean / sum, sum};
}

Deviation compare(const Listed& listed, const Atoms& atoms) {
  const Multiplet ion{model_of(listed, atoms), {.temperature_K = 0, .dense_most = 700, .krylov_tolerance = 1e-6}};
  core::NoProgress quiet;
  constexpr Lifetimes lifetimes{0.2, 0.2};
  Deviation worst;
  const auto energies = ion.energies_eV();
  for (const double level : listed.levels) {
    const double off = nearest(energies, level);
    worst.level_eV = std::max(worst.level_eV, off);
    worst.level_rms_eV += off * off / static_cast<double>(listed.levels.size());
  }
  worst.level_rms_eV = std::sqrt(worst.level_rms_eV);
  // Spectra from the lowest level as Lorentzians: large cases' lines lie too dense to be told apart one by one.
  const Absorption ours = ion.absorption(lifetimes, quiet);
  Absorption theirs;
  // As many of their initial states as ours has degenerate ones.
  int states = 0;
  for (std::size_t i = 0; i < listed.initial.size() && states < ion.populated(); ++i) {
    states += listed.initial[i].states;
    for (const auto& [energy, strength] : listed.initial[i].lines) {
      Stick stick{.energy_eV = energy - listed.initial[i].energy};
      stick.strength[0] = stick.strength[4] = stick.strength[8] = strength;
      theirs.sticks.push_back(stick);
    }
  }
  const auto [mean, all] = centre(ours);
  const auto [their_mean, their_all] = centre(theirs);
  // The atoms' mean energies are in theirs, and reduced elements have a scale of their own.
  for (Stick& stick : theirs.sticks) {
    stick.energy_eV -= their_mean - mean;
    for (auto& v : stick.strength) v *= all / their_all;
  }
  std::vector<double> energy;
  for (int i = -300; i <= 300; ++i) energy.push_back(mean + 0.1 * i);
  const auto a = isotropic_spectrum(ours, energy, lifetimes, 0);
  const auto b = isotropic_spectrum(theirs, energy, lifetimes, 0);
  const double top = *std::ranges::max_element(a);
  for (std::size_t i = 0; i < a.size(); ++i) worst.spectrum = std::max(worst.spectrum, std::abs(a[i] - b[i]) / top);
  return worst;
}

Outcome check_ttmult() {
  const fs::path folder = fs::path(real_data()) / "multiplet/ttmult_fixtures";
  if (real_data().empty()) return {.no_data = true};
  Outcome out;
  int matched = 0;
  int all = 0;
  const auto atoms = read_atoms();
  for (const auto& [fixture, of_fixture] : atoms) {
    ++all;
    const Deviation d = compare(read_listing((folder / (fixture + ".ban_out")).string()), of_fixture);
    const bool printed = d.level_eV <= energy_print_eV && d.spectrum <= spectrum_print;
    const bool explained = d.level_rms_eV <= chain_rms_eV && d.spectrum <= chain_spectrum;
    matched += printed || explained ? 1 : 0;
    out.detail += fmt::format("{} {}: worst level {:.1g} eV, rms {:.1g} eV, spectrum {:.1g}; ", fixture,
                              printed     ? "to its print"
                              : explained ? "to the chain's noise"
                                          : "DIFFERS",
                              d.level_eV, d.level_rms_eV, d.spectrum);
  }
  out.figures = {{static_cast<double>(matched), static_cast<double>(all)}};
  return out;
}

}  // namespace

std::vector<Check> ttmult_checks() { return {{"ttmult", check_ttmult}}; }

}  // namespace lithoscope::validation
