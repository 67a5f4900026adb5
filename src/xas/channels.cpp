// Which columns of a file make its spectrum, where nobody says.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "column_names.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/xas/spectrum.hpp"

namespace lithoscope::xas {
namespace {

std::string first_of(const Scan& scan, std::initializer_list<ColumnKind> kinds) {
  for (const ColumnKind kind : kinds) {
    if (const auto names = columns_of(scan, kind); !names.empty()) return names.front();
  }
  return {};
}

// SSRL 8-2's reduced tables hold yields divided by I0 beside the counts they came from.
bool is_reduced(const Scan& scan) { return scan.find("aey") != nullptr; }

// A file of two or three columns needs no names: energy, spectrum and perhaps its standard deviation.
std::optional<Channels> by_place(const Scan& scan) {
  const std::size_t energy = scan.energy.value_or(0);
  if (scan.columns.size() == 2) return Channels{.signal = {scan.columns[1 - std::min<std::size_t>(energy, 1)].name}};
  const bool unnamed = !scan.columns.empty() && scan.columns.front().name == "col1";
  if (scan.columns.size() == 3 && energy == 0 && unnamed && scan.columns[1].name == "col2")
    return Channels{.signal = {"col2"}, .sigma = "col3"};
  return std::nullopt;
}

// Raw signals over I0 that such a file may mean, the usual one first.
std::vector<Channels> raw_choices(const Scan& scan, bool fluorescence) {
  const std::string i0 = first_of(scan, {ColumnKind::i0});
  std::vector<Channels> out;
  if (i0.empty()) return out;
  if (const auto electrons = first_of(scan, {ColumnKind::electrons}); !electrons.empty() && !fluorescence)
    return {Channels{.signal = {electrons}, .i0 = i0}};
  if (const auto yield = first_of(scan, {ColumnKind::fluorescence}); !yield.empty()) {
    out.push_back({.signal = {yield}, .i0 = i0});
  } else if (auto elements = columns_of(scan, ColumnKind::element); !elements.empty()) {
    out.push_back({.signal = std::move(elements), .i0 = i0});
  }
  if (fluorescence && !out.empty()) return out;
  if (const auto beam = first_of(scan, {ColumnKind::transmitted}); !beam.empty())
    out.push_back({.signal = {beam}, .i0 = i0, .transmission = true});
  return out;
}

std::vector<Channels> usual_choices(const Scan& scan, bool fluorescence) {
  if (is_reduced(scan)) {
    const std::string yield = fluorescence ? first_of(scan, {ColumnKind::fluorescence}) : std::string{};
    if (!yield.empty()) return {Channels{.signal = {yield}}};
    if (scan.find("tey") != nullptr) return {Channels{.signal = {"tey"}}};
  }
  if (const auto mu = first_of(scan, {ColumnKind::absorption, ColumnKind::plain}); !mu.empty() && !fluorescence)
    return {Channels{.signal = {mu}, .sigma = first_of(scan, {ColumnKind::sigma})}};
  if (auto raw = raw_choices(scan, fluorescence); !raw.empty()) return raw;
  if (fluorescence) return usual_choices(scan, false);
  if (auto placed = by_place(scan)) return {*placed};
  throw core::UsageError({.what = "which column is the signal cannot be told from their names",
                          .expected = "one of " + names_in(scan),
                          .found = "no usual name",
                          .advice = "say which with --signal and --i0"});
}

// Of what a choice makes near the edge; 0 where a beam is zero or there are too few points.
double contrast(const Scan& scan, const Channels& choice, double edge_eV) {
  constexpr double below_eV = 15, above_eV = 25;
  constexpr std::int64_t least = 12;
  Channels merged = choice;
  merged.repeats = Repeats::merge;
  try {
    return contrast_of(cut(make_spectrum(scan, merged, scan.name), edge_eV - below_eV, edge_eV + above_eV, least));
  } catch (const core::Error&) {
    return 0;
  }
}

// The one that shows the edge best, where there are several; it says so.
Channels chosen(const Scan& scan, std::vector<Channels> choices, std::optional<double> edge_eV) {
  Channels out = choices.front();
  if (choices.size() < 2) return out;
  std::vector<double> by(choices.size(), 1.0);
  if (edge_eV) std::ranges::transform(choices, by.begin(), [&](const auto& c) { return contrast(scan, c, *edge_eV); });
  const auto best = static_cast<std::size_t>(std::ranges::max_element(by) - by.begin());
  const std::size_t other = best == 0 ? 1 : 0;
  constexpr double least = 8;  // pure noise reaches 5
  if (edge_eV && by[best] < least) {
    throw core::UsageError({.what = fmt::format("no signal of this file shows an edge near {:.0f} eV", *edge_eV),
                            .expected = fmt::format("one of {}, {}", formula_of(choices[0]), formula_of(choices[1])),
                            .found = "noise in each",
                            .advice = "say which with --signal and --i0, and check --element and --edge"});
  }
  out = choices[best];
  out.remark =
      fmt::format("Read as {}; the file also holds {} (--signal).", formula_of(out), formula_of(choices[other]));
  return out;
}

bool divides_by(const Channels& c) { return !c.i0.empty() && c.i0 != "none"; }

bool all_of_kinds(const Channels& c, std::initializer_list<ColumnKind> kinds) {
  return std::ranges::all_of(
      c.signal, [&](const std::string& name) { return std::ranges::find(kinds, kind_of(name)) != kinds.end(); });
}

}  // namespace

std::string formula_of(const Channels& c) {
  std::string signal;
  for (const std::string& name : c.signal) signal += (signal.empty() ? "" : " + ") + name;
  if (!divides_by(c)) return signal;
  if (c.transmission) return fmt::format("ln({}/{})", c.i0, signal);
  return c.signal.size() > 1 ? fmt::format("({})/{}", signal, c.i0) : fmt::format("{}/{}", signal, c.i0);
}

Channels usual_channels(const Scan& scan) { return usual_choices(scan, false).front(); }
Channels usual_fluorescence(const Scan& scan) { return usual_choices(scan, true).front(); }

Channels completed(const Scan& scan, Channels typed, bool fluorescence, std::optional<double> edge_eV) {
  if (typed.signal.empty()) {
    const Channels usual = chosen(scan, usual_choices(scan, fluorescence), edge_eV);
    typed.signal = usual.signal;
    typed.remark = usual.remark;
    if (typed.i0.empty()) {
      typed.i0 = usual.i0;
      typed.transmission = typed.transmission || usual.transmission;
    }
    if (typed.sigma.empty() && !typed.counts) typed.sigma = usual.sigma;
  }
  const bool raw = all_of_kinds(typed, {ColumnKind::electrons, ColumnKind::fluorescence, ColumnKind::element});
  if (raw && !is_reduced(scan) && typed.i0.empty()) typed.i0 = first_of(scan, {ColumnKind::i0});
  const bool ratio = all_of_kinds(typed, {ColumnKind::absorption});
  const bool counted = divides_by(typed) || typed.counts || typed.transmission || typed.dark_signal.value != 0 ||
                       typed.dark_i0.value != 0;
  if (ratio && counted) {
    throw core::UsageError(
        {.what = fmt::format("\"{}\" is an absorption already", typed.signal.front()),
         .expected = "no --i0, --counts, --transmission or dark counts beside it, or another --signal",
         .found = divides_by(typed) ? "--i0 " + typed.i0 : "counts, transmission or dark counts",
         .advice = "name the column of the raw signal"});
  }
  if (typed.i0 == "none") typed.i0.clear();
  return typed;
}

}  // namespace lithoscope::xas
