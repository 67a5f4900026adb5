#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/report/render.hpp"

namespace lithoscope::report {

using Json = nlohmann::ordered_json;

NLOHMANN_JSON_SERIALIZE_ENUM(
    Role, {{Role::primary, "primary"}, {Role::second, "second"}, {Role::third, "third"}, {Role::muted, "muted"}})
NLOHMANN_JSON_SERIALIZE_ENUM(Palette, {{Palette::sequential, "sequential"}, {Palette::diverging, "diverging"}})
NLOHMANN_JSON_SERIALIZE_ENUM(Mark, {{Mark::line, "line"},
                                    {Mark::dashed, "dashed"},
                                    {Mark::dots, "dots"},
                                    {Mark::open_dots, "open_dots"},
                                    {Mark::bars, "bars"}})

namespace {

constexpr std::string_view schema = "lithoscope/report/1";

std::vector<double> numbers(const Json& list) {
  std::vector<double> values;
  for (const Json& v : list) values.push_back(v.is_null() ? std::numeric_limits<double>::quiet_NaN() : v.get<double>());
  return values;
}

Json to_json(const Axis& a) { return {{"quantity", a.quantity}, {"unit", a.unit}}; }
Axis axis_from(const Json& j) { return {j.at("quantity"), j.at("unit")}; }

Json to_json(const Series& s) {
  return {{"name", s.name}, {"role", s.role},   {"mark", s.mark},     {"x", s.x},
          {"y", s.y},       {"y_low", s.y_low}, {"y_high", s.y_high}, {"notes", s.notes}};
}
Series series_from(const Json& j) {
  Series s{.name = j.at("name"),
           .role = j.at("role"),
           .mark = j.at("mark"),
           .x = numbers(j.at("x")),
           .y = numbers(j.at("y")),
           .y_low = numbers(j.at("y_low")),
           .y_high = numbers(j.at("y_high")),
           .notes = j.at("notes")};
  const auto fits = [&](std::size_t n) { return n == 0 || n == s.x.size(); };
  if (s.y.size() != s.x.size() || !fits(s.y_low.size()) || s.y_low.size() != s.y_high.size() || !fits(s.notes.size())) {
    throw std::invalid_argument("columns of the series \"" + s.name + "\" differ in length");
  }
  return s;
}

Json to_json(const std::optional<Map>& map) {
  if (!map) return nullptr;
  return {{"x", map->x}, {"y", map->y}, {"z", map->z}, {"z_axis", to_json(map->z_axis)}, {"palette", map->palette}};
}
std::optional<Map> map_from(const Json& j) {
  if (j.is_null()) return std::nullopt;
  Map map{.x = numbers(j.at("x")),
          .y = numbers(j.at("y")),
          .z = numbers(j.at("z")),
          .z_axis = axis_from(j.at("z_axis")),
          .palette = j.at("palette")};
  constexpr std::size_t most_cells = 4'000'000;
  const bool fits =
      map.x.size() <= most_cells && map.y.size() <= most_cells && map.x.size() * map.y.size() == map.z.size();
  if (!fits || map.z.empty() || map.z.size() > most_cells) {
    throw std::invalid_argument("a map's values do not fit its axes");
  }
  return map;
}

Json to_json(const Figure& f) {
  Json series = Json::array(), bands = Json::array(), segments = Json::array(), ticks = Json::array();
  for (const Tick& t : f.x_ticks) ticks.push_back({{"at", t.at}, {"label", t.label}});
  for (const Series& s : f.series) series.push_back(to_json(s));
  for (const Band& b : f.bands) bands.push_back({{"from", b.from}, {"to", b.to}, {"label", b.label}});
  for (const Segment& s : f.segments) {
    segments.push_back({{"x0", s.x0}, {"y0", s.y0}, {"x1", s.x1}, {"y1", s.y1}, {"label", s.label}});
  }
  return {{"id", f.id},
          {"title", f.title},
          {"caption", f.caption},
          {"x_axis", to_json(f.x_axis)},
          {"y_axis", to_json(f.y_axis)},
          {"series", series},
          {"bands", bands},
          {"segments", segments},
          {"x_ticks", ticks},
          {"map", to_json(f.map)}};
}
Figure figure_from(const Json& j) {
  Figure f{.id = j.at("id"),
           .title = j.at("title"),
           .caption = j.at("caption"),
           .x_axis = axis_from(j.at("x_axis")),
           .y_axis = axis_from(j.at("y_axis"))};
  // The id becomes a file name: nothing in it may leave the folder.
  if (f.id.empty() || f.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") != std::string::npos) {
    throw std::invalid_argument("\"" + f.id + "\" is not the name of a figure");
  }
  for (const Json& s : j.at("series")) f.series.push_back(series_from(s));
  for (const Json& b : j.at("bands")) f.bands.push_back({b.at("from"), b.at("to"), b.at("label")});
  for (const Json& s : j.at("segments"))
    f.segments.push_back({s.at("x0"), s.at("y0"), s.at("x1"), s.at("y1"), s.at("label")});
  if (j.contains("x_ticks")) {
    for (const Json& t : j.at("x_ticks")) f.x_ticks.push_back({t.at("at"), t.at("label")});
  }
  if (j.contains("map")) f.map = map_from(j.at("map"));
  return f;
}

Json to_json(const Table& t) {
  return {{"title", t.title}, {"header", t.header}, {"rows", t.rows}, {"row_notes", t.row_notes}};
}
Table table_from(const Json& j) {
  Table t{j.at("title"), j.at("header"), j.at("rows"), j.at("row_notes")};
  if (!t.row_notes.empty() && t.row_notes.size() != t.rows.size())
    throw std::invalid_argument("a table's notes differ in number from its rows");
  return t;
}

Json to_json(const Section& s) {
  Json figures = Json::array(), tables = Json::array();
  for (const Figure& f : s.figures) figures.push_back(to_json(f));
  for (const Table& t : s.tables) tables.push_back(to_json(t));
  return {{"id", s.id},         {"title", s.title}, {"paragraphs", s.paragraphs}, {"warnings", s.warnings},
          {"figures", figures}, {"tables", tables}};
}
Section section_from(const Json& j) {
  Section s{.id = j.at("id"), .title = j.at("title"), .paragraphs = j.at("paragraphs"), .warnings = j.at("warnings")};
  for (const Json& f : j.at("figures")) s.figures.push_back(figure_from(f));
  for (const Json& t : j.at("tables")) s.tables.push_back(table_from(t));
  return s;
}

}  // namespace

std::string report_json(const Report& report) {
  Json sections = Json::array(), made = Json::array();
  for (const Section& s : report.sections) sections.push_back(to_json(s));
  for (const auto& [name, value] : report.made) made.push_back({name, value});
  const Json all{{"schema", schema},      {"program", report.program}, {"title", report.title},
                 {"asked", report.asked}, {"answers", report.answers}, {"sections", sections},
                 {"made", made}};
  return all.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string record_with_report(const std::string& record, const Report& report) {
  Json all = Json::parse(record);
  all["report"] = Json::parse(report_json(report));
  return all.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Report report_from_json(std::string_view text, const std::string& path) {
  try {
    Json all = Json::parse(text);
    if (all.contains("report")) all = Json(all.at("report"));
    if (all.at("schema") != schema) throw std::invalid_argument("schema " + all.at("schema").dump());
    Report report{
        .title = all.at("title"), .asked = all.at("asked"), .answers = all.at("answers"), .program = all.at("program")};
    for (const Json& s : all.at("sections")) report.sections.push_back(section_from(s));
    for (const Json& m : all.at("made")) report.made.emplace_back(m.at(0), m.at(1));
    return report;
  } catch (const std::exception& error) {
    throw core::UnreadableFile({.what = "is not the record of a run",
                                .where = {.path = path},
                                .expected = std::string{schema},
                                .found = error.what(),
                                .advice = "name the folder of a finished run"});
  }
}

}  // namespace lithoscope::report
