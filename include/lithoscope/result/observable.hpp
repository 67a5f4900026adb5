// What the sample is said to be, in the one form inference reads.
#pragma once

#include <string>
#include <vector>

#include "lithoscope/result/depth_kernel.hpp"

namespace lithoscope::result {

enum class NoiseLaw {
  gaussian,
  poisson,    ///< values are counts; `exposure` says of how much
  student_t,  ///< heavier tails, with `degrees` of freedom
  ar1,        ///< neighbours along the axis are correlated by `correlation`
};

struct Noise {
  NoiseLaw law = NoiseLaw::gaussian;
  std::vector<double> exposure = {};  ///< one a value, for Poisson; empty: 1
  double degrees = 0;
  double correlation = 0;
  bool operator==(const Noise&) const = default;
};

/// One cause that moves many values together. The same name in two observables is the same cause: it enters once.
struct CommonMode {
  std::string cause;          ///< "energy scale of SSRL 8-2", "reference NiO", "active mass", "monitor of charged"
  std::vector<double> shift;  ///< of each value, in its unit, for one standard deviation of the cause
  bool operator==(const CommonMode&) const = default;
};

/// Values along one axis, or a single one without an axis. Flags are one a value; "ok" where it may be used.
struct Observable {
  std::string name;          ///< "valence/Ni/electrons", "feature/O/531-523", "log10_D"
  std::string state = {};    ///< which state it was measured in; of a change the later one
  std::string against = {};  ///< of a change: the state before; empty: it is no change
  std::string unit = {};
  std::string help = {};
  std::string axis_name = {}, axis_unit = {};
  std::vector<double> axis = {};
  std::vector<double> values = {};
  std::vector<double> variance = {};  ///< what is each value's own: without the common modes
  std::vector<double> covariance =
      {};  ///< n by n in place of `variance`, where values of one observable are correlated
  std::vector<CommonMode> common = {};
  Noise noise = {};
  DepthKernel depth = {};
  std::vector<std::string> flags = {};
  std::string unusable = {};  ///< why it must not enter an inference, a sentence; empty: it may

  std::size_t size() const { return values.size(); }
  /// Variance of a value with everything in it: its own and all common modes.
  double total_variance(std::size_t i) const;
  bool operator==(const Observable&) const;  ///< NaN equals NaN
};

/// `after` less `before`: own variances add, modes of the same cause are subtracted, so that what both share cancels.
/// Flags are joined. Throws UsageError when names, units or axes differ.
Observable change_of(const Observable& before, const Observable& after);

/// "valence", "Ni", "electrons" of "valence/Ni/electrons".
std::vector<std::string> parts_of_name(const std::string& name);

const char* name_of(NoiseLaw law);

}  // namespace lithoscope::result
