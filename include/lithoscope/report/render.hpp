// The report model drawn: one self-contained page, one SVG and one csv a figure, and JSON to draw it again.
#pragma once

#include <string>
#include <string_view>

#include "lithoscope/report/report_model.hpp"

namespace lithoscope::report {

/// A page that needs no network: styles, scripts, data and static figures are inside. Same report, same bytes.
std::string render_html(const Report& report);

/// A figure as SVG. Standalone files carry their own style; embedded ones take the page's.
enum class SvgUse { standalone, embedded };
std::string render_svg(const Figure& figure, SvgUse use);

/// The data behind a figure: one block of columns, names with units.
std::string figure_csv(const Figure& figure);

/// A record of a run (a JSON object) with the report's model in it, from which `litho report` draws the page again.
std::string record_with_report(const std::string& record, const Report& report);

/// The model as JSON text, and back. Throws UnreadableFile when `json` is not a report of ours.
std::string report_json(const Report& report);
Report report_from_json(std::string_view json, const std::string& path);

}  // namespace lithoscope::report
