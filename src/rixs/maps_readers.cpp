// A result of `rixs` back to what it was described from: the state before, for the one after it.
#include <cmath>
#include <limits>

#include "lithoscope/rixs/maps_run.hpp"

namespace lithoscope::rixs {
namespace {

using result::Column;
using result::Grid;
using result::Table;

double number_in(const result::Result& r, const char* name) { return r.number(name).value.value; }

std::vector<core::Value> values_in(const Column& column) {
  std::vector<core::Value> out;
  for (std::size_t i = 0; i < column.size(); ++i) out.push_back(column.value(i));
  return out;
}

// `own`: counts that are their own variance.
RixsMap map_in(const result::Result& r, const char* grid, bool own) {
  const Grid& g = r.grid(grid);
  const Table& columns = r.table("columns");
  return {.incident_eV = g.x.numbers(),
          .emission = {.low_eV = number_in(r, "row_low"),
                       .width_eV = number_in(r, "row_width"),
                       .count = static_cast<std::int64_t>(g.y.size()),
                       .closed = number_in(r, "row_closed") != 0},
          .is_loss = g.y.name == "energy_loss",
          .counts = g.z.numbers(),
          .variance = own ? std::vector<double>{} : g.z.variance,
          .dwell_s = columns.at("dwell").numbers(),
          .live_pixel_s = columns.at("live_pixel_time").numbers(),
          .i0 = values_in(columns.at("i0")),
          .monitor_mean = number_in(r, "monitor_mean"),
          .energy_sigma_eV = number_in(r, "energy_sigma"),
          .pile_up = columns.at("pile_up").numbers(),
          .pixels = static_cast<std::int64_t>(number_in(r, "pixels")),
          .outside = static_cast<std::int64_t>(number_in(r, "outside"))};
}

std::optional<ElasticFit> elastic_of(const result::Result& r) {
  if (r.find_table("elastic") == nullptr) return std::nullopt;
  return ElasticFit{.offset_eV = r.number("elastic_offset").value,
                    .fwhm_eV = r.number("elastic_fwhm").value,
                    .counts = values_in(r.table("elastic").at("counts")),
                    .significance = number_in(r, "elastic_significance")};
}

}  // namespace

RixsMap map_of(const result::Result& r) {
  const bool cleaned = r.find_grid("counts_without_elastic") != nullptr;
  return map_in(r, cleaned ? "counts_without_elastic" : "counts", !cleaned);
}

std::vector<NamedCurve> curves_of(const result::Result& r) {
  std::vector<NamedCurve> out;
  const Table& list = r.table("spectra");
  for (std::size_t i = 0; i < list.rows(); ++i) {
    const Table& t = r.table(list.at("table").words()[i]);
    const Column& intensity = t.at("intensity");
    out.push_back({.kind = list.at("kind").words()[i],
                   .curve = {.name = list.at("spectrum").words()[i],
                             .energy_eV = t.columns.front().numbers(),
                             .counts = t.at("counts").numbers(),
                             .value = intensity.numbers(),
                             .variance = intensity.variance,
                             .exposure = t.at("exposure").numbers()}});
    for (double& v : out.back().curve.variance) {
      if (std::isnan(v)) v = std::numeric_limits<double>::infinity();
    }
  }
  return out;
}

std::optional<Feature> feature_of(const result::Result& r) {
  const Table* t = r.find_table("feature");
  if (t == nullptr || t->at("when").words().back() == "before") return std::nullopt;
  const std::size_t row = t->rows() - 1;
  const auto value = [&](const char* column) { return t->at(column).value(row); };
  return Feature{.incident_eV = value("incident_energy"),
                 .emission_eV = value("emission_energy"),
                 .sigma_incident_eV = value("sigma_incident"),
                 .sigma_emission_eV = value("sigma_emission"),
                 .counts = value("counts"),
                 .low = t->at("counts").low.at(row),
                 .high = t->at("counts").high.at(row),
                 .share = value("share"),
                 .significance = value("significance").value,
                 .chance = value("chance").value,
                 .on_fit = value("on_fit").value,
                 .other_counts = value("other_counts"),
                 .spread = value("spread").value,
                 .at_edge = t->at("at_edge").integers().at(row) != 0,
                 .chi_squared_per_bin = value("chi_squared_per_bin").value};
}

MapOutcome map_outcome_of(const result::Result& r) {
  MapOutcome out{.map = map_of(r),
                 .measured = map_in(r, "counts", true),
                 .passes = {},
                 .elastic = elastic_of(r),
                 .curves = curves_of(r),
                 .feature = feature_of(r),
                 .passes_chi_squared = number_in(r, "passes_chi_squared"),
                 .passes_degrees = static_cast<std::int64_t>(number_in(r, "passes_degrees"))};
  const Table& passes = r.table("passes");
  for (std::size_t i = 0; i < passes.rows(); ++i)
    out.passes.push_back(
        {passes.at("pass").words()[i], passes.at("counts").number(i), passes.at("outside").integers()[i]});
  return out;
}

}  // namespace lithoscope::rixs
