// The page model drawn: one self-contained page, one SVG a figure.
#pragma once

#include <string>

#include "lithoscope/report/page_model.hpp"

namespace lithoscope::report {

/// A page that needs no network: styles, scripts, data and static figures are inside. Same page, same bytes.
std::string render_html(const Page& page);

/// A figure as SVG. Standalone files carry their own style; embedded ones take the page's.
enum class SvgUse { standalone, embedded };
std::string render_svg(const Figure& figure, SvgUse use);

/// The data behind a figure: one block of columns, names with units.
std::string figure_csv(const Figure& figure);

/// What the page's script reads: the figures, as JSON text.
std::string page_json(const Page& page);

}  // namespace lithoscope::report
