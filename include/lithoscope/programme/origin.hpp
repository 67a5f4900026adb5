// Where a number of a programme file is from: the paper, an assumption with its range, a derivation, the command line.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lithoscope/io/toml.hpp"
#include "lithoscope/particle/model.hpp"
#include "lithoscope/particle/programme.hpp"

namespace lithoscope::programme {

enum class OriginKind {
  untold,   ///< the file gives the number and not its origin
  paper,    ///< a statement of the paper, quoted
  derived,  ///< follows from other numbers, by the argument given
  assumed,  ///< nobody measured it
  given,    ///< set on the command line
  numeric,  ///< of the computation, not of the particle
};
const char* name_of(OriginKind kind);

struct Origin {
  std::string parameter;  ///< as particle::parameters names it, or the dotted key of what is no number
  OriginKind kind = OriginKind::untold;
  std::string words;                ///< where in the paper, or why
  std::optional<double> low, high;  ///< what the assumption allows
  std::string unit = "1";           ///< of the range, as the parameter's
  bool logarithmic = false;
};

/// An origin as the file writes it, before the parameter's unit is known.
struct WrittenOrigin {
  std::string key;  ///< dotted, elements of lists by their name, steps of branches as those of the trunk
  OriginKind kind = OriginKind::untold;
  std::string words;
  std::vector<std::string> range;  ///< two, or none
  bool logarithmic = false;
  std::int64_t line = 0, column = 0;
};

/// Takes the origins out of a file's tables: `{ value = "100 nm", assumed = "why", range = ["50 nm", "250 nm"] }`
/// becomes its value. `[[origin]]` with `parameter` says the same of a number that stands elsewhere. Throws UsageError
/// for a value with two origins or none, a range that is not two values.
std::vector<WrittenOrigin> take_origins(io::TomlTable& root, const std::string& path);

/// The origins of all numbers that the run depends on, those of defaults (assumed by the program) included, in the
/// order of particle::parameters; `overridden`: keys set on the command line; `otherwise`: why numbers that the file
/// gives without an origin are assumed, empty for those to stay untold. Throws UsageError for the origin of what is not
/// there, a range in the wrong unit or that does not hold the value.
std::vector<Origin> origins_of(particle::Model& model, particle::Programme& programme,
                               const std::vector<WrittenOrigin>& written, const std::vector<std::string>& in_file,
                               const std::vector<std::string>& overridden, const std::string& otherwise,
                               const std::string& path);

/// A dotted key without its branch: the names of steps are their own.
std::string plain_key(const std::string& key);

/// Dotted keys of all values in the tables, named as WrittenOrigin::key.
std::vector<std::string> keys_of(const io::TomlTable& root);

}  // namespace lithoscope::programme
