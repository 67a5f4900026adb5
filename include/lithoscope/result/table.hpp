// Columns of numbers or words under one name: every list a reduction leaves, described once. Page, csv, JSON, NeXus and
// the terminal are made from it.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lithoscope/core/value.hpp"

namespace lithoscope::result {

inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// How a value is shown to a person; files keep it as it is.
struct Shown {
  std::string unit;        ///< converted to this one; empty: as stored
  std::string name;        ///< heading on page and terminal; empty: the column's name with blanks for '_'
  int digits = 5;          ///< significant ones of a value without an uncertainty
  bool as_factor = false;  ///< an uncertainty above a quarter of a decade is shown as a factor: 1e-14 (x/ 4)
  bool hidden = false;     ///< in files only
};

struct Column {
  std::string name;  ///< plain: letters, digits, '_' and '-'
  std::string unit;  ///< empty for a pure number and for words
  std::string help;  ///< a phrase: what it is, and of what
  std::variant<std::vector<double>, std::vector<std::int64_t>, std::vector<std::string>> values;
  std::vector<double> variance;   ///< of numbers, one a value; empty: none is stated
  std::vector<double> low, high;  ///< 95 % intervals where they are not symmetric; empty: from the variance
  std::string gaps;               ///< why some numbers are NaN, a sentence; empty: none is, or the row's flag says why
  Shown shown = {};

  std::size_t size() const;
  bool is_words() const { return std::holds_alternative<std::vector<std::string>>(values); }
  const std::vector<std::string>& words() const { return std::get<std::vector<std::string>>(values); }
  const std::vector<std::int64_t>& integers() const { return std::get<std::vector<std::int64_t>>(values); }
  /// Throws std::bad_variant_access for words or integers.
  const std::vector<double>& numbers() const { return std::get<std::vector<double>>(values); }
  /// Of numbers or integers; NaN for words.
  double number(std::size_t row) const;
  core::Value value(std::size_t row) const;  ///< with its variance, 0 where none is stated
  bool operator==(const Column&) const;      ///< NaN equals NaN
};

struct Table {
  std::string name;   ///< plain, as a column's
  std::string title;  ///< a phrase for a person
  std::vector<Column> columns = {};
  std::string axis = {};    ///< the column the others run along; empty: none does
  std::string signal = {};  ///< the column a viewer opens on
  std::string valid = {};   ///< column of 0 and 1: rows with 0 are shown grey; empty: all are good
  std::string flags = {};   ///< column of words that explains rows: "ok", or why a number is missing or not used
  std::vector<std::string> brief = {};  ///< columns of the terminal's table; empty: not printed there
  bool bulk = false;                    ///< in run.nxs and the cache only: photons, long records

  std::size_t rows() const { return columns.empty() ? 0 : columns.front().size(); }
  const Column* find(std::string_view column) const;
  /// Throws std::out_of_range that names table and column.
  const Column& at(std::string_view column) const;
  bool operator==(const Table&) const = default;
};

/// Values over two axes.
struct Grid {
  std::string name;
  std::string title;
  Column x, y;  ///< centres, each in its order
  Column z;     ///< row by row of y: z[row * x.size() + column]
  bool bulk = false;
  bool operator==(const Grid&) const = default;
};

/// One number with its interval: sigma, and 95 % bounds where they are not symmetric about it.
struct Number {
  std::string name;
  std::string unit;
  std::string help;
  core::Value value;  ///< variance NaN: no uncertainty is stated; 0: exact
  double low = not_a_number, high = not_a_number;
  std::string flag = {};  ///< why the value is NaN, or must be read with care; empty: neither
  Shown shown = {};
  bool operator==(const Number&) const;  ///< NaN equals NaN
};

/// A member of a struct as a column: the struct is described once. Numbers, Values (which bring their variance),
/// integers, switches and words.
template <class Row>
struct Field {
  using Get =
      std::variant<double Row::*, core::Value Row::*, std::int64_t Row::*, int Row::*, bool Row::*, std::string Row::*,
                   std::function<double(const Row&)>, std::function<core::Value(const Row&)>,
                   std::function<std::string(const Row&)>, std::function<std::int64_t(const Row&)>>;
  std::string_view name;
  std::string_view unit;
  Get get;
  std::string_view help;
  Shown shown = {};
};

/// One row of the table a struct. Fields named "flags" and "valid" become the table's `flags` and `valid`.
template <class Row>
Table table_of(std::string name, std::string title, std::span<const Row> rows, std::span<const Field<Row>> fields);

/// Columns made one by one.
Column number_column(std::string name, std::string unit, std::string help, std::vector<double> values,
                     std::vector<double> variance = {});
Column value_column(std::string name, std::string unit, std::string help, std::span<const core::Value> values);
Column integer_column(std::string name, std::string help, std::vector<std::int64_t> values);
Column word_column(std::string name, std::string help, std::vector<std::string> values);

// ---- templates ------------------------------------------------------------------------------------------------------

template <class Row>
Column column_of(std::span<const Row> rows, const Field<Row>& field) {
  Column out{.name = std::string{field.name}, .unit = std::string{field.unit}, .help = std::string{field.help}};
  out.shown = field.shown;
  const auto numbers = [&](const auto& get) {
    std::vector<double> v;
    v.reserve(rows.size());
    for (const Row& r : rows) v.push_back(get(r));
    out.values = std::move(v);
  };
  const auto values = [&](const auto& get) {
    std::vector<double> v;
    for (const Row& r : rows) {
      const core::Value one = get(r);
      v.push_back(one.value);
      out.variance.push_back(one.variance);
    }
    out.values = std::move(v);
  };
  const auto integers = [&](const auto& get) {
    std::vector<std::int64_t> v;
    for (const Row& r : rows) v.push_back(static_cast<std::int64_t>(get(r)));
    out.values = std::move(v);
  };
  const auto words = [&](const auto& get) {
    std::vector<std::string> v;
    for (const Row& r : rows) v.push_back(get(r));
    out.values = std::move(v);
  };
  struct Make {
    decltype(numbers)& as_numbers;
    decltype(values)& as_values;
    decltype(integers)& as_integers;
    decltype(words)& as_words;
    void operator()(double Row::* m) const {
      as_numbers([m](const Row& r) { return r.*m; });
    }
    void operator()(core::Value Row::* m) const {
      as_values([m](const Row& r) { return r.*m; });
    }
    void operator()(std::int64_t Row::* m) const {
      as_integers([m](const Row& r) { return r.*m; });
    }
    void operator()(int Row::* m) const {
      as_integers([m](const Row& r) { return r.*m; });
    }
    void operator()(bool Row::* m) const {
      as_integers([m](const Row& r) { return r.*m ? 1 : 0; });
    }
    void operator()(std::string Row::* m) const {
      as_words([m](const Row& r) { return r.*m; });
    }
    void operator()(const std::function<double(const Row&)>& f) const { as_numbers(f); }
    void operator()(const std::function<core::Value(const Row&)>& f) const { as_values(f); }
    void operator()(const std::function<std::string(const Row&)>& f) const { as_words(f); }
    void operator()(const std::function<std::int64_t(const Row&)>& f) const { as_integers(f); }
  };
  std::visit(Make{numbers, values, integers, words}, field.get);
  return out;
}

template <class Row>
Table table_of(std::string name, std::string title, std::span<const Row> rows, std::span<const Field<Row>> fields) {
  Table out{.name = std::move(name), .title = std::move(title)};
  for (const Field<Row>& field : fields) {
    out.columns.push_back(column_of(rows, field));
    if (field.name == "flags") out.flags = "flags";
    if (field.name == "valid") out.valid = "valid";
  }
  return out;
}

}  // namespace lithoscope::result
