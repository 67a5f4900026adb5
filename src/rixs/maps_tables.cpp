// Tables and grids of a map: its counts, what was cut from it, what changed.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "maps_parts.hpp"

namespace lithoscope::rixs {

using result::Column;
using result::Grid;
using result::number_column;
using result::Table;
using result::value_column;

bool over_emission(const NamedCurve& named) { return named.kind == "XES" || named.kind == "XRF"; }

std::string axis_name(const NamedCurve& named, bool is_loss) {
  if (!over_emission(named)) return "incident_energy";
  return is_loss ? "energy_loss" : "emission_energy";
}

std::string outline_name(std::size_t region) { return fmt::format("outline_{}", region + 1); }

std::vector<std::string> curve_tables(const MapOutcome& one) {
  std::vector<std::string> out;
  std::set<std::string> seen;
  for (const NamedCurve& named : one.curves) {
    std::string name = named.kind;
    const bool has_name = named.kind != "TFY" && named.kind != "XRF";
    if (has_name) name += "_" + named.curve.name;
    for (char& c : name) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (!plain) c = '_';
    }
    const std::string base = name;
    for (int number = 2; !seen.insert(name).second; ++number) name = fmt::format("{}_{}", base, number);
    out.push_back(std::move(name));
  }
  return out;
}

namespace {

constexpr double not_known = result::not_a_number;

Column with_gaps(Column column, std::string why) {
  column.gaps = std::move(why);
  return column;
}

Column hidden(Column column) {
  column.shown.hidden = true;
  return column;
}

// What was not measured has no variance either.
Column measured(Column column, std::string why) {
  for (double& v : column.variance) {
    if (!std::isfinite(v) || v < 0) v = not_known;
  }
  return with_gaps(std::move(column), std::move(why));
}

// ---- grids ----------------------------------------------------------------------------------------------------------

Grid empty_grid(const RixsMap& map, std::string name, std::string title) {
  std::vector<double> rows;
  for (std::int64_t r = 0; r < map.emission.count; ++r) rows.push_back(map.emission.centre(r));
  return {.name = std::move(name),
          .title = std::move(title),
          .x = number_column("incident_energy", "eV", "Incident energy of the column", map.incident_eV),
          .y = map.is_loss ? number_column("energy_loss", "eV", "Energy loss, centre of the row", rows)
                           : number_column("emission_energy", "eV", "Emission energy, centre of the row", rows),
          .z = {}};
}

Grid count_grid(const RixsMap& map, std::string name, std::string title) {
  Grid g = empty_grid(map, std::move(name), std::move(title));
  std::vector<double> variance;
  for (std::int64_t r = 0; r < map.emission.count; ++r) {
    for (std::size_t c = 0; c < map.columns(); ++c) variance.push_back(map.variance_at(r, c));
  }
  g.z = number_column("counts", "", "Photons in the bin", map.counts, std::move(variance));
  return g;
}

// What figures show: columns of unequal exposure would look unequal.
Grid rate_grid(const RixsMap& map, std::string name, std::string title) {
  Grid g = empty_grid(map, std::move(name), std::move(title));
  const double mean = mean_exposure(map);
  std::vector<double> rate(map.counts.size()), variance(map.counts.size());
  for (std::size_t i = 0; i < rate.size(); ++i) {
    const std::size_t c = i % map.columns();
    const double exposure = map.live_pixel_s[c] * map.i0[c].value;
    rate[i] = exposure > 0 ? map.counts[i] * mean / exposure : not_known;
    variance[i] = exposure > 0 ? rate[i] * mean / exposure : not_known;
  }
  g.z = with_gaps(number_column("counts_at_equal_exposure", "", "Photons in the bin at the columns' mean exposure",
                                std::move(rate), std::move(variance)),
                  "No pixel was live at this energy.");
  g.z.shown.name = "the counts";
  return g;
}

void add_change_grids(const MapsOutcome& outcome, result::Result& out) {
  const MapsChange& change = *outcome.change;
  const RixsMap& map = outcome.found.measured;
  out.grids.push_back(rate_grid(change.before.map, "map_before", "The map before, at equal exposure"));
  Grid g = empty_grid(map, "map_change", "Change of the map, after less scaled before");
  g.z = with_gaps(
      number_column("significance", "", "Standard deviations of after less scaled before, over boxes of the resolution",
                    change.map.significance, std::vector<double>(change.map.significance.size(), 1.0)),
      "There are no counts before and after.");
  g.z.shown.name = "standard deviations";
  out.grids.push_back(std::move(g));
  Grid d = empty_grid(map, "map_difference", "After less scaled before, counts per exposure");
  d.z = with_gaps(number_column("difference", "1/s", "Photons a second in a live pixel, after less scaled before",
                                change.map.difference),
                  "No pixel was live at this energy.");
  out.grids.push_back(std::move(d));
  const std::vector<std::string> names = curve_tables(outcome.found);
  for (std::size_t i = 0; i < change.curves.size(); ++i) {
    const CurveChange& c = change.curves[i];
    if (c.covariance.empty()) continue;
    std::vector<double> covariance = c.covariance;
    for (double& v : covariance) {
      if (!std::isfinite(v)) v = not_known;
    }
    out.grids.push_back(
        {.name = "covariance_" + names[i],
         .title = fmt::format("Covariance of the change of {} {}", outcome.found.curves[i].kind, c.before.name),
         .x = number_column("energy", "eV", "Energy of one point", c.before.energy_eV),
         .y = number_column("other_energy", "eV", "Energy of the other point", c.before.energy_eV),
         .z = with_gaps(number_column("covariance", "", "Covariance of the two differences", std::move(covariance)),
                        "The point was not measured before and after."),
         .bulk = true});
  }
}

// ---- the map --------------------------------------------------------------------------------------------------------

Table column_table(const RixsMap& map) {
  return {
      .name = "columns",
      .title = "Exposure of the incident energies",
      .columns = {number_column("incident_energy", "eV", "Incident energy", map.incident_eV),
                  number_column("dwell", "s", "Time the scan's windows were open", map.dwell_s),
                  number_column("live_pixel_time", "s",
                                "Dwell times pixels, less their dead time and the share of rejected records",
                                map.live_pixel_s),
                  value_column("i0", "", "Monitor relative to its mean; exactly 1 without a monitor", map.i0),
                  number_column("pile_up", "", "Expected share of records with a second photon unseen", map.pile_up)},
      .axis = "incident_energy",
      .signal = "live_pixel_time"};
}

Table pass_table(const MapOutcome& one) {
  const std::vector<result::Field<PassFacts>> fields{
      {"pass", "", &PassFacts::name, "Name of the log and of the pass"},
      {"counts", "", &PassFacts::counts, "Photons in the map", {.digits = 8}},
      {"outside", "", &PassFacts::outside, "Photons in its windows beyond the rows of the map"}};
  return result::table_of<PassFacts>("passes", "Passes that were added up", one.passes, fields);
}

struct Exposure {
  std::string when;
  std::int64_t passes = 0, points = 0, outside = 0, pixels = 0;
  double photons = 0, dwell_s = 0, dead_percent = 0, pile_up_percent = 0;
};
Exposure exposure_of(const MapOutcome& one, std::string when) {
  const RixsMap& m = one.map;
  Exposure out{.when = std::move(when),
               .passes = static_cast<std::int64_t>(one.passes.size()),
               .points = static_cast<std::int64_t>(m.columns()),
               .outside = m.outside,
               .pixels = m.pixels,
               .photons = m.total()};
  double live = 0;
  for (std::size_t c = 0; c < m.columns(); ++c) {
    out.dwell_s += m.dwell_s[c];
    live += m.live_pixel_s[c];
    out.pile_up_percent += 100 * m.pile_up[c] / static_cast<double>(m.columns());
  }
  const double full = out.dwell_s * static_cast<double>(m.pixels);
  out.dead_percent = full > 0 ? 100 * (1 - live / full) : 0;
  return out;
}

Table exposure_table(const MapsOutcome& outcome) {
  std::vector<Exposure> rows;
  if (outcome.change) rows.push_back(exposure_of(outcome.change->before, "before"));
  rows.push_back(exposure_of(outcome.found, outcome.change ? "after" : "map"));
  const std::vector<result::Field<Exposure>> fields{
      {"when", "", &Exposure::when, "Which map"},
      {"passes", "", &Exposure::passes, "Passes that were added up"},
      {"points", "", &Exposure::points, "Incident energies"},
      {"photons", "", &Exposure::photons, "Photons in the map", {.digits = 8}},
      {"outside", "", &Exposure::outside, "Photons beyond the rows"},
      {"dwell", "s", &Exposure::dwell_s, "Time the scan's windows were open, all energies", {.digits = 4}},
      {"live_pixels", "", &Exposure::pixels, "Pixels that looked at the sample"},
      {"dead", "%", &Exposure::dead_percent, "Share of the pixels' time that was lost", {.digits = 3}},
      {"pile_up", "%", &Exposure::pile_up_percent, "Share of records with a second photon unseen", {.digits = 2}}};
  return result::table_of<Exposure>("exposure", "Exposure", rows, fields);
}

struct FeatureRow {
  std::string when;
  Feature f;
};
Table feature_table(const MapsOutcome& outcome) {
  std::vector<FeatureRow> rows;
  if (outcome.change && outcome.change->before.feature) rows.push_back({"before", *outcome.change->before.feature});
  if (outcome.found.feature) rows.push_back({outcome.change ? "after" : "found", *outcome.found.feature});
  const auto value = [](core::Value Feature::* member) {
    return std::function<core::Value(const FeatureRow&)>{[member](const FeatureRow& r) { return r.f.*member; }};
  };
  const auto number = [](double Feature::* member) {
    return std::function<double(const FeatureRow&)>{[member](const FeatureRow& r) { return r.f.*member; }};
  };
  const std::vector<result::Field<FeatureRow>> fields{
      {"when", "", &FeatureRow::when, "Which map"},
      {"incident_energy", "eV", value(&Feature::incident_eV), "Incident energy of the feature"},
      {"emission_energy", "eV", value(&Feature::emission_eV), "Emission energy of the feature"},
      {"sigma_incident", "eV", value(&Feature::sigma_incident_eV), "Standard deviation over incident energy"},
      {"sigma_emission", "eV", value(&Feature::sigma_emission_eV), "Standard deviation over emission energy"},
      {"counts", "", value(&Feature::counts), "Photons above the background, 95 % by the profile likelihood"},
      {"share", "", value(&Feature::share), "Share of all photons of the map", {.name = "share of all"}},
      {"significance", "", number(&Feature::significance), "Its being there, in standard deviations", {.digits = 3}},
      {"chance",
       "",
       number(&Feature::chance),
       "Chance that bands and noise alone make one as significant where it was sought",
       {.digits = 2}},
      {"on_fit",
       "",
       number(&Feature::on_fit),
       "Its being there if the background that was fitted were right, in standard deviations",
       {.digits = 3}},
      {"other_counts", "", value(&Feature::other_counts), "Photons on a background that any smooth field may bend"},
      {"spread",
       "",
       number(&Feature::spread),
       "By which the photons on the two backgrounds differ beyond their noise",
       {.digits = 2}},
      {"at_edge", "",
       std::function<std::int64_t(const FeatureRow&)>{[](const FeatureRow& r) { return std::int64_t{r.f.at_edge}; }},
       "Whether place or width lie at an end of what was searched: 1 for yes"},
      {"chi_squared_per_bin",
       "",
       number(&Feature::chi_squared_per_bin),
       "Chi squared of the fit over its bins",
       {.digits = 3}}};
  Table out = result::table_of<FeatureRow>("feature", "The feature", rows, fields);
  for (Column& column : out.columns) {
    if (column.is_words()) continue;
    column.gaps = "The fit does not determine it.";
    if (column.name != "counts") continue;
    for (const FeatureRow& row : rows) {
      column.low.push_back(row.f.low);
      column.high.push_back(row.f.high);
    }
  }
  out.brief = {"when", "incident_energy", "emission_energy", "counts", "significance"};
  return out;
}

Table elastic_table(const MapOutcome& one) {
  return {.name = "elastic",
          .title = "Elastic line of the columns",
          .columns = {number_column("incident_energy", "eV", "Incident energy", one.map.incident_eV),
                      measured(value_column("counts", "", "Photons in the elastic line", one.elastic->counts),
                               "The column was not fitted.")},
          .axis = "incident_energy",
          .signal = "counts"};
}

// ---- curves ---------------------------------------------------------------------------------------------------------

Table table_of(const NamedCurve& named, bool is_loss, std::string name, const std::string& prefix) {
  const Curve& c = named.curve;
  const std::string axis = axis_name(named, is_loss);
  const char* none = named.kind == "iPFY" ? "There are no counts to divide by." : "No pixel was live at this energy.";
  return {.name = std::move(name),
          .title = fmt::format("{}{} of {}", prefix, named.kind, c.name),
          .columns = {number_column(axis, "eV", "Energy the spectrum lies over", c.energy_eV),
                      measured(number_column("intensity", "",
                                             named.kind == "iPFY" ? "One over the counts at the points' mean exposure"
                                                                  : "Counts at the points' mean exposure",
                                             c.value, c.variance),
                               none),
                      number_column("counts", "", "Photons, as counted", c.counts),
                      number_column("exposure", "", "Exposure of the point relative to the points' mean", c.exposure)},
          .axis = axis,
          .signal = "intensity"};
}

Table difference_table(const NamedCurve& named, const CurveChange& c, bool is_loss, std::string name) {
  const char* none = "The point was not measured before and after.";
  const std::string axis = axis_name(named, is_loss);
  const std::size_t n = c.difference.size();
  std::vector<double> zero(n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    if (!std::isfinite(c.difference[i])) zero[i] = not_known;
  }
  return {
      .name = std::move(name),
      .title = fmt::format("Change of {} of {}", named.kind, named.curve.name),
      .columns = {number_column(axis, "eV", "Energy the spectrum lies over", c.before.energy_eV),
                  measured(number_column("difference", "", "After less before, normalised", c.difference,
                                         c.difference_variance),
                           none),
                  measured(number_column("before", "", "Before, normalised", c.before.value, c.before.variance), none),
                  measured(number_column("after", "", "After, normalised", c.after.value, c.after.variance), none),
                  measured(number_column("ratio", "", "After over before", c.ratio, c.ratio_variance),
                           "There is nothing before to divide by."),
                  hidden(measured(
                      number_column("no_change", "", "Zero, with the interval that counting alone gives a difference",
                                    std::move(zero), c.difference_variance),
                      none))},
      .axis = axis,
      .signal = "difference"};
}

struct Spectrum {
  std::string kind, name, table;
  double counts = 0, highest_at_eV = not_known;
  double significance = not_known, chi_squared = not_known, degrees = not_known;
  core::Value height{not_known, not_known};
  double part_eV = not_known, part_at_eV = not_known;
};
Spectrum summary_of(const NamedCurve& named, std::string table) {
  Spectrum out{.kind = named.kind, .name = named.curve.name, .table = std::move(table)};
  double top = -1e300;
  for (std::size_t k = 0; k < named.curve.size(); ++k) {
    out.counts += named.curve.counts[k];
    if (!(named.curve.value[k] > top)) continue;
    top = named.curve.value[k];
    out.highest_at_eV = named.curve.energy_eV[k];
  }
  return out;
}

Table spectra_table(const MapsOutcome& outcome) {
  const std::vector<std::string> names = curve_tables(outcome.found);
  std::vector<Spectrum> rows;
  for (std::size_t i = 0; i < names.size(); ++i) {
    rows.push_back(summary_of(outcome.found.curves[i], names[i]));
    if (!outcome.change || i >= outcome.change->curves.size()) continue;
    const CurveChange& c = outcome.change->curves[i];
    rows.back().significance = c.significance;
    rows.back().chi_squared = c.chi_squared;
    rows.back().degrees = static_cast<double>(c.degrees);
    if (!std::isfinite(c.height.variance)) continue;
    rows.back().height = c.height;
    if (c.part_eV > 0) rows.back().part_eV = c.part_eV;
    if (c.part_eV > 0) rows.back().part_at_eV = c.part_at_eV;
  }
  const std::vector<result::Field<Spectrum>> fields{
      {"kind", "", &Spectrum::kind,
       "Yield of a band (PFY), of a polygon (sPFY), its inverse (iPFY), of all (TFY); emission at some incident "
       "energies (XES) or at all (XRF)"},
      {"spectrum", "", &Spectrum::name, "Name of the region, or incident energies"},
      {"table", "", &Spectrum::table, "Name of the table with the spectrum", {.hidden = true}},
      {"counts", "", &Spectrum::counts, "Photons in it", {.digits = 8}},
      {"highest_at", "eV", &Spectrum::highest_at_eV, "Energy of its highest point"},
      {"change",
       "",
       &Spectrum::significance,
       "Change from the state before, in standard deviations",
       {.name = "change (sigma)", .digits = 2}},
      {"height_change", "", std::function<core::Value(const Spectrum&)>{[](const Spectrum& s) { return s.height; }},
       "Relative change of the height, after over before less one: of all the spectrum, or of a part"},
      {"part", "eV", &Spectrum::part_eV, "Width of the part whose height it is, where only the shape is compared"},
      {"part_at", "eV", &Spectrum::part_at_eV, "Middle of that part"},
      {"chi_squared", "", &Spectrum::chi_squared, "Chi squared of no change", {.digits = 4}},
      {"degrees", "", &Spectrum::degrees, "Degrees of freedom of that chi squared"}};
  Table out = result::table_of<Spectrum>("spectra", "Spectra cut from the map", rows, fields);
  for (Column& column : out.columns) {
    if (!column.is_words()) column.gaps = "There is nothing to compare with, or no point was measured.";
  }
  out.brief = {"kind", "spectrum", "counts", "highest_at"};
  if (outcome.change) {
    out.brief.emplace_back("change");
    out.brief.emplace_back("height_change");
  } else {
    constexpr std::array of_change{"change", "height_change", "part", "part_at", "chi_squared", "degrees"};
    for (Column& column : out.columns) {
      if (std::ranges::find(of_change, column.name) != of_change.end()) column.shown.hidden = true;
    }
  }
  return out;
}

// ---- what figures frame ---------------------------------------------------------------------------------------------

Table path_table(std::string name, std::string title, const std::vector<Corner>& corners) {
  std::vector<double> incident, emission;
  for (const Corner& c : corners) {
    incident.push_back(c.incident_eV);
    emission.push_back(c.emission_eV);
  }
  return {.name = std::move(name),
          .title = std::move(title),
          .columns = {number_column("incident_energy", "eV", "Incident energy of the corner", incident),
                      number_column("emission_energy", "eV", "Emission energy of the corner", emission)},
          .axis = "incident_energy",
          .signal = "emission_energy"};
}

void add_frames(const MapsOutcome& outcome, result::Result& out) {
  const RixsMap& map = outcome.found.map;
  const auto& regions = outcome.request.regions;
  for (std::size_t i = 0; i < regions.size(); ++i) {
    if (regions[i].polygon.empty()) continue;
    std::vector<Corner> closed = regions[i].polygon;
    closed.push_back(closed.front());
    out.tables.push_back(path_table(outline_name(i), "Corners of " + regions[i].name, closed));
  }
  if (map.is_loss) return;
  const double low = map.emission.edge(0), high = map.emission.edge(map.emission.count);
  const std::array ends{map.incident_eV.front(), map.incident_eV.back()};
  if (std::ranges::all_of(ends, [&](double e) { return e >= low && e <= high; }))
    out.tables.push_back(
        path_table("diagonal", "Emission energy = incident energy", {{ends[0], ends[0]}, {ends[1], ends[1]}}));
}

}  // namespace

void add_tables(const MapsOutcome& outcome, result::Result& out) {
  const MapOutcome& one = outcome.found;
  out.tables = {spectra_table(outcome), exposure_table(outcome), column_table(one.map), pass_table(one)};
  if (Table feature = feature_table(outcome); feature.rows() > 0) out.tables.push_back(std::move(feature));
  if (one.elastic) out.tables.push_back(elastic_table(one));
  const std::vector<std::string> names = curve_tables(one);
  for (std::size_t i = 0; i < names.size(); ++i)
    out.tables.push_back(table_of(one.curves[i], one.map.is_loss, names[i], ""));
  if (outcome.change) {
    const MapsChange& change = *outcome.change;
    const std::vector<std::string> before = curve_tables(change.before);
    for (std::size_t i = 0; i < before.size(); ++i)
      out.tables.push_back(
          table_of(change.before.curves[i], change.before.map.is_loss, "before_" + before[i], "Before: "));
    for (std::size_t i = 0; i < change.curves.size(); ++i)
      out.tables.push_back(
          difference_table(one.curves[i], change.curves[i], one.map.is_loss, "difference_" + names[i]));
  }
  add_frames(outcome, out);
}

void add_grids(const MapsOutcome& outcome, result::Result& out) {
  const MapOutcome& one = outcome.found;
  const bool cleaned = outcome.request.remove_elastic && one.elastic;
  out.grids.push_back(rate_grid(one.map, "map", "The map, at equal exposure"));
  out.grids.push_back(count_grid(one.measured, "counts", "Photons in the map, as counted"));
  if (cleaned)
    out.grids.push_back(count_grid(one.map, "counts_without_elastic", "Photons in the map less the elastic line"));
  if (outcome.change) add_change_grids(outcome, out);
}

}  // namespace lithoscope::rixs
