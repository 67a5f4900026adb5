#include "lithoscope/digitised/digitised_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/io/text_table.hpp"
#include "lithoscope/result/table.hpp"

namespace lithoscope::digitised {
namespace {

using result::Observable;

constexpr std::array column_names{"observable",  "value",      "error", "unit",    "along",
                                  "along_error", "along_unit", "depth", "depth_nm"};

[[noreturn]] void refuse(const std::string& path, std::int64_t row, std::string what, std::string expected,
                         std::string found) {
  core::Place where{.path = path};
  if (row >= 0) where.line = row + 2;
  throw core::UnreadableFile(
      {.what = std::move(what), .where = where, .expected = std::move(expected), .found = std::move(found)});
}

void check_columns(const std::string& path, const io::TextTable& table) {
  std::vector<std::string> known(column_names.begin(), column_names.end());
  for (const io::TextColumn& c : table.columns) {
    if (std::ranges::find(known, c.name) != known.end()) continue;
    const std::string near = core::nearest_name(c.name, known);
    refuse(path, -1, fmt::format("the column \"{}\" is not known", c.name),
           near.empty() ? "columns observable, value, error and, where they are known, unit, along, along_error, "
                          "along_unit, depth, depth_nm"
                        : "\"" + near + "\"",
           c.name);
  }
  for (const char* needed : {"observable", "value", "error"}) {
    if (table.find(needed) == nullptr)
      refuse(path, -1, fmt::format("the column \"{}\" is missing", needed), needed, "none");
  }
}

class Rows {
 public:
  Rows(const std::string& path, const io::TextTable& table) : path_(path), table_(table) {}

  std::string word(const char* column, std::size_t row) const {
    const io::TextColumn* c = table_.find(column);
    return c == nullptr || !c->is_text() ? std::string{} : std::string{c->text[row]};
  }
  double number(const char* column, std::size_t row, double otherwise) const {
    const io::TextColumn* c = table_.find(column);
    if (c == nullptr) return otherwise;
    const double v = io::numbers_of(path_, *c)[row];
    return std::isnan(v) ? otherwise : v;
  }

 private:
  const std::string& path_;
  const io::TextTable& table_;
};

result::DepthLaw law_of(const std::string& path, std::size_t row, const std::string& word) {
  if (word.empty() || word == "volume") return result::DepthLaw::volume;
  if (word == "electrons") return result::DepthLaw::surface;
  if (word == "fluorescence") return result::DepthLaw::fluorescence;
  refuse(path, static_cast<std::int64_t>(row), "the depth is of no known kind", "electrons, fluorescence or volume",
         word);
}

// The yield that the observable's own name ends with.
std::string depth_in_name(const std::string& name) {
  for (const char* word : {"electrons", "fluorescence"}) {
    if (name.ends_with(std::string{"/"} + word)) return word;
  }
  if (name.find("feature/O/") != std::string::npos)
    return name.find("pre-edge") != std::string::npos ? "electrons" : "fluorescence";
  return {};
}

// What an error of the place along the axis does to the value: through the slope between the neighbours.
void add_place_errors(Observable& o, const std::vector<double>& along_error) {
  for (std::size_t i = 0; i < o.size() && o.size() > 1; ++i) {
    const std::size_t a = i > 0 ? i - 1 : i, b = i + 1 < o.size() ? i + 1 : i;
    const double run = o.axis[b] - o.axis[a];
    const double slope = run != 0 ? (o.values[b] - o.values[a]) / run : 0;
    o.variance[i] += slope * slope * along_error[i] * along_error[i];
  }
}

struct Figure {
  const char* name;
  const char* rows;
};
// What each figure of the paper says in numbers that a state of the particle has. Spectra themselves (Fig. 2) are given
// to `litho valence` as tables of energy, intensity and error.
constexpr std::array figures{
    Figure{"2",
           "valence/Ni/electrons,,,e,electrons,5\nvalence/Co/electrons,,,e,electrons,5\n"
           "valence/Mn/electrons,,,e,electrons,5\nfeature/O/K-pre-edge-peak,,,,electrons,5\n"},
    Figure{"3",
           "valence/Ni/fluorescence,,,e,fluorescence,\nvalence/Co/fluorescence,,,e,fluorescence,\n"
           "valence/Mn/fluorescence,,,e,fluorescence,\n"},
    Figure{"4", "feature/O/531-523,,,,fluorescence,\n"}};
constexpr const char* figure_5 = "observable,along,along_error,along_unit,value,error,unit\nlog10_D,0.1,0.02,1,,,1\n";

}  // namespace

std::vector<Observable> read_digitised(const io::InputFile& file, const std::string& before) {
  std::string text{file.bytes()};
  // comments stand before the header
  while (text.starts_with('#')) text.erase(0, std::min(text.find('\n'), text.size() - 1) + 1);
  const io::TextTable table = io::parse_text_table(file.path(), text, {});
  check_columns(file.path(), table);
  const Rows rows{file.path(), table};
  std::vector<Observable> out;
  std::vector<std::vector<double>> along_error;
  for (std::size_t r = 0; r < static_cast<std::size_t>(table.rows); ++r) {
    const std::string name = rows.word("observable", r);
    const auto row = static_cast<std::int64_t>(r);
    if (name.empty())
      refuse(file.path(), row, "a row names no observable", "a name such as valence/Ni/electrons", "nothing");
    const double value = rows.number("value", r, result::not_a_number),
                 error = rows.number("error", r, result::not_a_number);
    if (std::isnan(value)) refuse(file.path(), row, name + " has no value", "a number", "nothing");
    if (!(error > 0))
      refuse(file.path(), row, name + " has no error", "one standard deviation, above 0", fmt::format("{}", error));
    auto found = std::ranges::find(out, name, &Observable::name);
    if (found == out.end()) {
      Observable o{.name = name,
                   .unit = rows.word("unit", r),
                   .help = "As read off or given",
                   .axis_unit = rows.word("along_unit", r)};
      if (o.unit == "e" || o.unit == "1") o.unit.clear();
      if (o.axis_unit == "1") o.axis_unit.clear();
      if (table.find("along") != nullptr) o.axis_name = "along";
      const std::string depth = rows.word("depth", r);
      o.depth.law = law_of(file.path(), r, depth.empty() ? depth_in_name(name) : depth);
      o.depth.length_nm = rows.number("depth_nm", r, 0);
      if (name.starts_with("change/")) o.against = before;
      out.push_back(std::move(o));
      along_error.emplace_back();
      found = out.end() - 1;
    }
    found->values.push_back(value);
    found->variance.push_back(error * error);
    found->flags.emplace_back("ok");
    if (!found->axis_name.empty()) found->axis.push_back(rows.number("along", r, 0));
    along_error[static_cast<std::size_t>(found - out.begin())].push_back(rows.number("along_error", r, 0));
  }
  for (std::size_t k = 0; k < out.size(); ++k) add_place_errors(out[k], along_error[k]);
  return out;
}

std::string template_of(const std::string& figure) {
  const std::string intro =
      fmt::format("# Figure {} read off by hand, one state a file; error: one standard deviation\n", figure);
  if (figure == "5") return intro + figure_5;
  for (const Figure& f : figures) {
    if (figure == f.name) return intro + "observable,value,error,unit,depth,depth_nm\n" + f.rows;
  }
  throw core::UsageError(
      {.what = "there is no template for figure " + figure, .expected = "2, 3, 4 or 5", .found = figure});
}

}  // namespace lithoscope::digitised
