// Everything a reduction leaves: page, csv, JSON, NeXus, terminal, cache, inference and other languages are made of it.
#pragma once

#include <string>
#include <vector>

#include "lithoscope/core/settings.hpp"
#include "lithoscope/result/figure.hpp"
#include "lithoscope/result/observable.hpp"
#include "lithoscope/result/table.hpp"

namespace lithoscope::result {

/// A file that was read.
struct Source {
  std::string role;  ///< "files", "noise", "log"
  std::string path;
  std::string format;          ///< as the reader calls it
  std::string sha256;          ///< in hex; never empty
  std::string hashed = "all";  ///< "all", or what of it: "first and last MiB"
  bool operator==(const Source&) const = default;
};

/// A setting as it was used.
struct UsedSetting {
  std::string name, unit;
  core::SettingValue value;
  bool operator==(const UsedSetting&) const;
};

/// A part of the page: words, then figures and tables by name.
struct Section {
  std::string title;
  std::vector<std::string> paragraphs = {};
  std::vector<std::string> figures = {};
  std::vector<std::string> tables = {};
  bool operator==(const Section&) const = default;
};

struct Result {
  std::string probe;    ///< "gitt"
  std::string version;  ///< of the probe's reduction: a new one makes cached steps anew
  std::string name;     ///< for a person: "GITT, charged"
  std::string state = {};
  std::string asked = {};  ///< the question it answers, a sentence
  std::vector<std::string> answers = {};
  std::vector<std::string> confidence = {};  ///< how sure that is, sentences
  std::vector<std::string> warnings = {};    ///< what to distrust, with the number that triggered it
  std::vector<std::string> remarks = {};     ///< what was assumed and where it came from
  std::string failure = {};                  ///< why there is nothing else, a sentence; empty: the reduction ended well
  std::string key = {};                      ///< of the step that made it: what it was made of, as a hash
  std::string gate = {};                     ///< why the quality gate failed, a sentence; empty: it passed
  std::vector<Number> numbers = {};
  std::vector<Table> tables = {};
  std::vector<Grid> grids = {};
  std::vector<Observable> observables = {};
  std::vector<Figure> figures = {};    ///< the first carries the answer
  std::vector<Section> sections = {};  ///< of the page, in order; what they do not name is in the files only
  std::vector<UsedSetting> settings = {};
  std::vector<Source> sources = {};

  const Table* find_table(std::string_view table) const;
  const Grid* find_grid(std::string_view grid) const;
  const Number* find_number(std::string_view number) const;
  /// Throw std::out_of_range that names what is missing.
  const Table& table(std::string_view table) const;
  const Grid& grid(std::string_view grid) const;
  const Number& number(std::string_view number) const;
  bool operator==(const Result&) const = default;
};

/// Sentences about what is wrong; empty when the result is sound: columns of a table of one length, units that parse,
/// every NaN explained, variances not below 0, covariances positive semidefinite, names plain and unique, figures and
/// sections naming what exists, every source with a hash. Runs after every reduction; a fault is a bug of the room.
std::vector<std::string> faults_of(const Result& result);
/// Throws ComputationError with the faults, when there are any.
void check(const Result& result);

/// Rounds variances to what the square of a stored sigma gives back (1e-16 of them), and lets the table of the first
/// figure open on what it shows: afterwards files give back the result to the bit. Runs after every reduction.
void make_canonical(Result& result);

/// The value of a number or a cell as text for a person, rounded to its uncertainty, in its shown unit.
std::string shown_text(const Column& column, std::size_t row);
std::string shown_text(const Number& number);
/// "rest (h)": the heading of a column with its shown unit.
std::string shown_heading(const Column& column);
/// Values converted to the shown unit; 95 % bounds as drawn (from low and high, or the variance; empty without either).
std::vector<double> shown_values(const Column& column);
struct Bounds {
  std::vector<double> low, high;
};
Bounds shown_bounds(const Column& column);

}  // namespace lithoscope::result
