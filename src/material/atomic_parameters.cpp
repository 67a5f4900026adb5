#include "lithoscope/material/atomic_parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>

#include "atomic_table_text.hpp"
#include "lithoscope/core/errors.hpp"

namespace lithoscope::material {
namespace {

struct Metal {
  const char* symbol;
  int electrons_beyond_argon;
};
constexpr std::array metals{Metal{"Mn", 7}, Metal{"Co", 9}, Metal{"Ni", 10}};

constexpr std::string_view header =
    "element,configuration,d_electrons,F2_dd_eV,F4_dd_eV,F2_pd_eV,G1_pd_eV,G3_pd_eV,zeta_d_eV,zeta_p_eV,origin";

std::vector<std::string_view> cells_of(std::string_view line) {
  std::vector<std::string_view> cells;
  for (std::size_t from = 0;;) {
    const std::size_t comma = line.find(',', from);
    cells.push_back(line.substr(from, comma - from));
    if (comma == std::string_view::npos) return cells;
    from = comma + 1;
  }
}

const AtomicRow* row_of(const std::string& element, bool core_hole, int d_electrons) {
  const auto table = atomic_table();
  const auto found = std::ranges::find_if(table, [&](const AtomicRow& r) {
    return r.element == element && r.core_hole == core_hole && r.d_electrons == d_electrons;
  });
  return found == table.end() ? nullptr : &*found;
}

struct Member {
  const char* name;
  double SlaterIntegrals::* value;
  double least_step, most_step;  // ratio to the next lower charge
};
// How much an integral grows when one more electron is taken away, from the table's own neighbours and a margin.
constexpr std::array members{
    Member{"F2_dd", &SlaterIntegrals::F2_dd_eV, 1.03, 1.13},  Member{"F4_dd", &SlaterIntegrals::F4_dd_eV, 1.03, 1.14},
    Member{"F2_pd", &SlaterIntegrals::F2_pd_eV, 1.03, 1.14},  Member{"G1_pd", &SlaterIntegrals::G1_pd_eV, 1.05, 1.17},
    Member{"G3_pd", &SlaterIntegrals::G3_pd_eV, 1.05, 1.17},  Member{"zeta_d", &SlaterIntegrals::zeta_d_eV, 1.05, 1.20},
    Member{"zeta_p", &SlaterIntegrals::zeta_p_eV, 0.99, 1.01}};

std::string title(const AtomicRow& row) {
  return fmt::format("{} {}{}", row.element, row.core_hole ? "2p5 3d" : "3d", row.d_electrons);
}

bool same_values(const SlaterIntegrals& a, const SlaterIntegrals& b) {
  return std::ranges::all_of(members, [&](const Member& m) { return a.*m.value == b.*m.value; });
}

}  // namespace

std::string Ion::name() const { return fmt::format("{}{}+", element, valence); }

std::vector<Ion> known_ions() {
  std::vector<Ion> ions;
  for (const Metal& metal : metals) {
    for (int valence = 1; valence <= metal.electrons_beyond_argon; ++valence) {
      const int d = metal.electrons_beyond_argon - valence;
      if (d <= 9 && row_of(metal.symbol, false, d) != nullptr && row_of(metal.symbol, true, d + 1) != nullptr)
        ions.push_back({metal.symbol, valence, d});
    }
  }
  return ions;
}

Ion parse_ion(const std::string& text) {
  std::string plain = text;
  if (plain.ends_with('+')) plain.pop_back();
  std::string known;
  for (const Ion& ion : known_ions()) {
    if (plain == fmt::format("{}{}", ion.element, ion.valence)) return ion;
    known += (known.empty() ? "" : ", ") + ion.name();
  }
  throw core::UsageError({.what = fmt::format("no atomic parameters of \"{}\"", text),
                          .expected = "one of " + known,
                          .found = text,
                          .advice = "an ion is written like Ni2+"});
}

SlaterIntegrals scaled(const SlaterIntegrals& free, double slater, double spin_orbit) {
  return {slater * free.F2_dd_eV, slater * free.F4_dd_eV,      slater * free.F2_pd_eV,     slater * free.G1_pd_eV,
          slater * free.G3_pd_eV, spin_orbit * free.zeta_d_eV, spin_orbit * free.zeta_p_eV};
}

AtomicParameters atomic_parameters(const Ion& ion) {
  const AtomicRow* ground = row_of(ion.element, false, ion.d_electrons);
  const AtomicRow* core_hole = row_of(ion.element, true, ion.d_electrons + 1);
  if (ground == nullptr || core_hole == nullptr) {
    throw core::UsageError(
        {.what = fmt::format("no atomic parameters of {} with {} d electrons", ion.element, ion.d_electrons),
         .expected = "an ion of Mn, Co or Ni in the table",
         .found = ion.name()});
  }
  return {ground->values, core_hole->values};
}

std::span<const AtomicRow> atomic_table() {
  static const std::vector<AtomicRow> table = parse_atomic_table(atomic_table_text, "atomic_parameters.csv");
  return table;
}

std::vector<AtomicRow> parse_atomic_table(std::string_view text, const std::string& path) {
  std::vector<AtomicRow> rows;
  bool headed = false;
  std::int64_t number = 0;
  const auto fail = [&](const std::string& what, const std::string& expected, std::string_view found) {
    throw core::UnreadableFile(
        {.what = what, .where = {.path = path, .line = number}, .expected = expected, .found = std::string{found}});
  };
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    if (!headed) {
      if (line != header) fail("not a table of atomic parameters", std::string{header}, line);
      headed = true;
      continue;
    }
    const auto cells = cells_of(line);
    if (cells.size() != 11) fail("a row of another length", "11 cells", line);
    AtomicRow row{
        .element = std::string{cells[0]}, .core_hole = cells[1] == "2p5 3d", .origin = std::string{cells[10]}};
    if (!row.core_hole && cells[1] != "3d") fail("an unknown configuration", "3d or 2p5 3d", cells[1]);
    std::array<double, 8> values{};
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::string_view cell = cells[2 + i];
      const auto read = std::from_chars(cell.data(), cell.data() + cell.size(), values[i]);
      if (read.ec != std::errc{} || read.ptr != cell.data() + cell.size() || !(values[i] >= 0 && values[i] < 1e3))
        fail("not a number of eV", "0 or more, in eV", cell);
    }
    row.d_electrons = static_cast<int>(values[0]);
    row.values = {values[1], values[2], values[3], values[4], values[5], values[6], values[7]};
    rows.push_back(std::move(row));
  }
  if (rows.empty()) fail("no atomic parameters", "rows below the header", "none");
  return rows;
}

std::vector<std::string> slips(std::span<const AtomicRow> rows) {
  // Of all 3d metals and charges in Cowan's tables F4/F2 lies between 0.61 and 0.64.
  constexpr double least_ratio = 0.60;
  constexpr double most_ratio = 0.65;
  std::vector<std::string> out;
  for (const AtomicRow& row : rows) {
    const SlaterIntegrals& v = row.values;
    if (v.F2_dd_eV > 0 && (v.F4_dd_eV < least_ratio * v.F2_dd_eV || v.F4_dd_eV > most_ratio * v.F2_dd_eV)) {
      out.push_back(fmt::format("{}: F4_dd/F2_dd is {:.3f}, but {:.2f} to {:.2f} in every 3d atom", title(row),
                                v.F4_dd_eV / v.F2_dd_eV, least_ratio, most_ratio));
    }
    for (const AtomicRow& other : rows) {
      if (other.element != row.element || other.core_hole != row.core_hole || other.d_electrons != row.d_electrons + 1)
        continue;
      if (same_values(v, other.values)) {
        out.push_back(fmt::format("{} and {} are equal, one is a copy", title(row), title(other)));
        continue;
      }
      for (const Member& m : members) {
        const double step = v.*m.value / (other.values.*m.value);
        if (v.*m.value == 0 || other.values.*m.value == 0) continue;
        if (step >= m.least_step && step <= m.most_step) continue;
        out.push_back(fmt::format("{} of {} is {:.3f} times that of {}, but {} to {} is usual", m.name, title(row),
                                  step, title(other), m.least_step, m.most_step));
      }
    }
  }
  return out;
}

}  // namespace lithoscope::material
