// What the columns of absorption files are, by their names: one table for readers and for the usual choice.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lithoscope/xas/scan.hpp"

namespace lithoscope::xas {

enum class ColumnKind {
  other,
  energy,
  i0,
  transmitted,   ///< the beam behind the sample
  electrons,     ///< raw yields, to be divided by I0
  fluorescence,  ///< the same
  element,       ///< one of a detector's several elements, numbered: they are added up
  absorption,    ///< a spectrum already
  plain,         ///< a spectrum already, of a name that says nothing more, such as "intensity"
  sigma,
};

/// Case, blanks and signs do not count: "I zero" is izero.
ColumnKind kind_of(std::string_view name);

/// The columns of one kind, the most usual name first.
std::vector<std::string> columns_of(const Scan& scan, ColumnKind kind);

/// All names, with commas between: for errors.
std::string names_in(const Scan& scan);

}  // namespace lithoscope::xas
