#include <nlohmann/json.hpp>

#include "lithoscope/report/render.hpp"

namespace lithoscope::report {

using Json = nlohmann::ordered_json;

}  // namespace lithoscope::report

namespace lithoscope::result {
NLOHMANN_JSON_SERIALIZE_ENUM(
    Role, {{Role::primary, "primary"}, {Role::second, "second"}, {Role::third, "third"}, {Role::muted, "muted"}})
NLOHMANN_JSON_SERIALIZE_ENUM(Palette, {{Palette::sequential, "sequential"}, {Palette::diverging, "diverging"}})
NLOHMANN_JSON_SERIALIZE_ENUM(Mark, {{Mark::line, "line"},
                                    {Mark::dashed, "dashed"},
                                    {Mark::dots, "dots"},
                                    {Mark::open_dots, "open_dots"},
                                    {Mark::bars, "bars"},
                                    {Mark::sticks, "line"}})
}  // namespace lithoscope::result

namespace lithoscope::report {

namespace {

Json to_json(const Axis& a) { return {{"quantity", a.quantity}, {"unit", a.unit}}; }

Json to_json(const Series& s) {
  return {{"name", s.name}, {"role", s.role},   {"mark", s.mark},     {"x", s.x},
          {"y", s.y},       {"y_low", s.y_low}, {"y_high", s.y_high}, {"notes", s.notes}};
}

Json to_json(const std::optional<Map>& map) {
  if (!map) return nullptr;
  return {{"x", map->x}, {"y", map->y}, {"z", map->z}, {"z_axis", to_json(map->z_axis)}, {"palette", map->palette}};
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

Json to_json(const Section& s) {
  Json figures = Json::array();
  for (const Part& part : s.parts) {
    for (const Figure& f : part.figures) figures.push_back(to_json(f));
  }
  return {{"id", s.id}, {"figures", figures}};
}

}  // namespace

std::string page_json(const Page& page) {
  Json sections = Json::array();
  for (const Section& s : page.sections) sections.push_back(to_json(s));
  const Json all{{"title", page.title}, {"sections", sections}};
  return all.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace lithoscope::report
