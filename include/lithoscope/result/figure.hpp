// Figures by reference: they name tables and columns, so there is one copy of every number.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace lithoscope::result {

/// A colour with a meaning; the renderers know the Okabe-Ito value for light and dark.
enum class Role { primary, second, third, muted };
enum class Mark { line, dashed, dots, open_dots, bars, sticks };
/// The sequential palette is viridis; the diverging one goes from blue through white at zero to vermilion.
enum class Palette { sequential, diverging };
/// What is done to a grid's values before they are coloured: `root` is the signed square root, for weak beside strong.
enum class Stretch { linear, root };

/// Only rows in which a column has this value: of integers the number, of words the text.
struct Where {
  std::string column;
  std::string is;
  bool operator==(const Where&) const = default;
};

struct Plot {
  std::string name;  ///< in the legend and on hover
  Role role = Role::primary;
  Mark mark = Mark::line;
  std::string table;
  std::string x, y;       ///< columns; values are drawn in their shown units
  bool interval = false;  ///< the 95 % interval of y, as its column has it
  std::optional<Where> where = std::nullopt;
  std::string notes = {};   ///< column of words shown on hover; empty: none
  bool log10_of_y = false;  ///< the decimal logarithm is drawn
  double offset = 0;        ///< added to y: curves above each other
  bool operator==(const Plot&) const = default;
};

struct Axis {
  std::string quantity;   ///< "potential vs Li/Li+"
  std::string unit = {};  ///< empty: the shown unit of the first plot's column
  bool operator==(const Axis&) const = default;
};

struct Band {  ///< a shaded range of x
  double from = 0, to = 0;
  std::string label;
  bool operator==(const Band&) const = default;
};
struct Segment {  ///< a measure drawn between two points, with its name
  double x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  std::string label;
  bool operator==(const Segment&) const = default;
};
struct Tick {
  double at = 0;
  std::string label;
  bool operator==(const Tick&) const = default;
};

struct Figure {
  std::string name;   ///< file name without extension: small letters, digits, '-' and '_'
  std::string title;  ///< the message, a sentence
  std::string caption = {};
  Axis x_axis = {}, y_axis = {};
  std::vector<Plot> plots = {};
  std::vector<Band> bands = {};
  std::vector<Segment> segments = {};
  std::vector<Tick> x_ticks = {};  ///< in place of numbers; empty: numbers
  std::string grid = {};           ///< drawn below the plots; empty: none
  Palette palette = Palette::sequential;
  Stretch stretch = Stretch::linear;
  bool operator==(const Figure&) const = default;
};

}  // namespace lithoscope::result
