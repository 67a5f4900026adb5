// What a page says, with the numbers its figures draw: made from results (page.hpp), drawn as HTML and SVG.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lithoscope/result/figure.hpp"

namespace lithoscope::report {

using result::Band;
using result::Mark;
using result::Palette;
using result::Role;
using result::Segment;
using result::Tick;

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

/// Colours over x and y, on evenly spaced centres.
struct Map {
  std::vector<double> x, y;
  std::vector<double> z;  ///< row by row of y, from the first; NaN where there is no value
  Axis z_axis;
  Palette palette = Palette::sequential;
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

struct Part {
  std::string title;  ///< empty: none is shown
  std::vector<std::string> paragraphs;
  std::vector<Figure> figures;
  std::vector<Table> tables;
};

struct Section {
  std::string id;
  std::string title;
  std::string failure;  ///< why there is nothing in it
  std::vector<std::string> warnings;
  std::vector<Part> parts;
};

struct Page {
  std::string title;
  std::string asked;                       ///< what was asked, a sentence
  std::vector<std::string> warnings = {};  ///< of all measurements; stand before the answers they are about
  std::vector<std::string> answers;        ///< what came out, a sentence a measurement
  std::vector<Section> sections;
  std::vector<std::pair<std::string, std::string>> made;  ///< how it was made: name, value
  std::string program;                                    ///< name and version
};

}  // namespace lithoscope::report
