// What a report says, free of how it is drawn: the HTML page, the figure files and run.json are made from this one
// model.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lithoscope::report {

/// A colour with a meaning; the renderers know the Okabe-Ito value for light and dark.
enum class Role { primary, second, third, muted };
enum class Mark { line, dashed, dots, open_dots, bars };

struct Series {
  std::string name;  ///< shown in the legend and on hover
  Role role = Role::primary;
  Mark mark = Mark::line;
  std::vector<double> x, y;
  std::vector<double> y_low, y_high;  ///< 95 % interval; empty when there is none
  std::vector<std::string> notes;     ///< one a point, shown on hover; empty when there are none
};

struct Axis {
  std::string quantity;  ///< "potential vs Li/Li+"
  std::string unit;      ///< empty for a pure number
};

struct Band {  ///< a shaded range of x
  double from = 0, to = 0;
  std::string label;
};
struct Segment {  ///< a measure drawn between two points, with its name
  double x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  std::string label;
};

/// Colours over x and y, on evenly spaced centres. The sequential palette is viridis; the diverging one goes from blue
/// through white at zero to vermilion.
enum class Palette { sequential, diverging };
struct Map {
  std::vector<double> x, y;
  std::vector<double> z;  ///< row by row of y, from the first; NaN where there is no value
  Axis z_axis;
  Palette palette = Palette::sequential;
};

struct Tick {
  double at = 0;
  std::string label;
};

struct Figure {
  std::string id;     ///< file name without extension
  std::string title;  ///< the message, a sentence
  std::string caption;
  Axis x_axis, y_axis;
  std::vector<Series> series;
  std::vector<Band> bands;
  std::vector<Segment> segments;
  std::vector<Tick> x_ticks;  ///< in place of numbers; empty: numbers
  std::optional<Map> map;     ///< drawn below the series
};

struct Table {
  std::string title;
  std::vector<std::string> header;  ///< with units
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> row_notes;  ///< one a row; a non-empty note greys the row
};

struct Section {
  std::string id;
  std::string title;
  std::vector<std::string> paragraphs;
  std::vector<std::string> warnings;
  std::vector<Figure> figures;
  std::vector<Table> tables;
};

struct Report {
  std::string title;
  std::string asked;                 ///< what was asked, a sentence
  std::vector<std::string> answers;  ///< what came out, a sentence a measurement
  std::vector<Section> sections;
  std::vector<std::pair<std::string, std::string>> made;  ///< how it was made: name, value
  std::string program;                                    ///< name and version
};

}  // namespace lithoscope::report
