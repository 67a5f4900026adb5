// The particle before and after, with any set of processes on: drawn states, and what every probe would see of them.
//
// Charge is conserved by construction. Lithium redistribution is a run of the particle, where potentials are solved for
// neutrality; the other processes act on its profile, and what leaves or enters is counted: electrons of a reservoir
// with a cation each, oxygen gas, nothing for holes that only answer light otherwise.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lithoscope/infer/lithium_library.hpp"
#include "lithoscope/result/depth_kernel.hpp"
#include "lithoscope/result/observable.hpp"

namespace lithoscope::infer {

enum class Process { lithium, stabilised, surface_reduction, reconstruction, brightness };
inline constexpr std::size_t processes = 5;
inline constexpr std::size_t combinations = std::size_t{1} << processes;

const char* name_of(Process process);   ///< "surface reduction", as the study file writes it
const char* words_of(Process process);  ///< a phrase for a table
inline unsigned bit_of(Process process) { return 1U << static_cast<unsigned>(process); }
/// Nothing enters or leaves the grain, and oxygen answers light as before.
inline bool is_closed(unsigned on) {
  return (on & (bit_of(Process::surface_reduction) | bit_of(Process::reconstruction) | bit_of(Process::brightness))) ==
         0;
}

/// Numbers of a drawn state beside its run of the particle, each a standard normal number; the tables of
/// state_draws.cpp turn them into amounts (worlds.md: wide on purpose).
enum class Coordinate {
  reduction,            ///< electrons a nickel of the reduced layer takes: 0.02 to 0.5, even in the logarithm
  reduction_depth,      ///< of that layer: log-normal about 3 nm, 0.5
  reduction_cobalt,     ///< what cobalt takes over what nickel does: 0 to 2
  reduction_manganese,  ///< the same of manganese: half of the draws 0 to 0.1, half 0 to 1.5
  reduction_pre_edge,   ///< share of its electrons that the pre-edge sees: 0.2 to 0.8
  shell,                ///< of reconstruction: 0.3 to 5 nm, even in the logarithm
  shell_nickel,         ///< change of valence in it: -2 to -1
  shell_cobalt,         ///< -1.2 to -0.5
  shell_manganese,      ///< -1.5 to -0.3
  shell_pre_edge,       ///< how much of the pre-edge it takes: 0.3 to 0.7
  brightness,           ///< 2 to 30 %, even in the logarithm, three of four up
  stabilised,           ///< sites per formula unit: 0.02 to 0.5, even in the logarithm
  stabilised_depth,     ///< log-normal about 5 nm, 0.5
  saturation,           ///< of the feature's response 1 - exp(-k h): in half of the draws 0, else k from 0 to 1 / 0.3
  escape_depth,         ///< of electrons, even over its prior (here: the place in it)
  holes_in_pre_edge,    ///< how much of a change of oxygen's holes the pre-edge shows: 0 to 1
};
inline constexpr std::size_t coordinates = 16;

struct StateDraw {
  std::int32_t run = 0;
  unsigned on = 0;  ///< bits of the processes
  std::array<double, coordinates> place{};
};

/// What a value of an observable means in the particle.
enum class Meaning {
  valence,          ///< kernel average of an element's valence
  feature_change,   ///< of the oxygen feature, %
  pre_edge_change,  ///< of oxygen's pre-edge by electrons, %
  oxygen_gas        ///< O2 released on the way, umol/g
};
struct Seen {
  Meaning meaning = Meaning::valence;
  std::string element;
  bool after = false;      ///< in the state after; of changes true
  bool is_change = false;  ///< after less before
  result::DepthKernel kernel;
};

/// Numbers every state has, whether measured or not.
struct Quantity {
  std::string name, unit, help;
};

/// Looks at the states of one library, which must outlive it, through given kernels.
class Viewer {
 public:
  /// `seen`: one a value that is measured. Kernels of probes that are not among them are the particle's.
  Viewer(const LithiumLibrary& library, std::vector<Seen> seen);

  const std::vector<Quantity>& quantities() const { return quantities_; }
  std::size_t quantity(const std::string& name) const;  ///< throws std::out_of_range
  const std::vector<Seen>& seen() const { return seen_; }

  struct View {
    std::vector<double> seen;        ///< one a value that is measured
    std::vector<double> quantities;  ///< one a quantity
  };
  /// Views of states of one run: what the run alone decides is made once.
  std::vector<View> look(const LithiumRun& run, std::span<const StateDraw> draws) const;

 private:
  struct OfRun;
  class Scene;

  std::vector<std::vector<double>> fixed_weights(const result::GrainNodes& nodes) const;

  const LithiumLibrary& library_;
  std::vector<std::vector<std::vector<double>>> weights_;  // of the library's runs: a run, a kernel, a node
  std::vector<Seen> seen_;
  std::vector<result::DepthKernel> kernels_;  // all that are used, each once
  std::vector<std::size_t> kernel_of_seen_;
  std::vector<std::size_t> surface_, bulk_;  // kernels of the standard probes, a cation
  std::size_t feature_ = 0, pre_edge_ = 0;
  std::vector<Quantity> quantities_;
};

/// The element's escape kernel and the bulk probe's, as the particle's file gives them.
result::DepthKernel surface_kernel(const LithiumLibrary& library, const std::string& element);
result::DepthKernel bulk_kernel(const LithiumLibrary& library, const std::string& element);

/// `count` draws of the states with these processes, over the library's runs in turn, at random numbers of the
/// combination's own.
std::vector<StateDraw> draw_states(const LithiumLibrary& library, unsigned on, std::int64_t count, std::uint64_t seed);

/// Whether a state with these processes depends on the coordinate; the others stay at their middle, 0.
bool depends_on(Coordinate coordinate, unsigned on);

/// The amount a coordinate stands for: "shell" in nm and so on; of the escape depth the place in its prior.
double amount_of(Coordinate coordinate, double place);

}  // namespace lithoscope::infer
