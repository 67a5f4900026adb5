#include <fmt/format.h>

#include "figure_style.hpp"
#include "lithoscope/report/render.hpp"
#include "page_assets.hpp"
#include "text_escape.hpp"

namespace lithoscope::report {
namespace {

void append_legend(std::string& out, const Figure& figure) {
  const auto append = [&](const std::string& sign, const std::string& name) {
    out += fmt::format(R"(<li><svg class="figure" viewBox="0 0 26 12" aria-hidden="true">{}</svg>{}</li>)", sign,
                       escaped(name));
  };
  out += "<ul class=\"legend\">";
  for (const Series& s : figure.series) append(legend_sign(s, 0, 6), s.name);
  for (const Band& band : figure.bands) append(R"(<rect class="band" width="26" height="12"/>)", band.label);
  out += "</ul>";
}

void append_figure(std::string& out, const Figure& figure, int number) {
  out += fmt::format("<figure id=\"{}\"><h3>Figure {}. {}</h3>", figure.id, number, escaped(figure.title));
  append_legend(out, figure);
  out +=
      fmt::format("<div class=\"plot\" data-figure=\"{}\">{}</div>", figure.id, render_svg(figure, SvgUse::embedded));
  out += fmt::format(
      "<figcaption>{} <a href=\"figures/{}.svg\">svg</a> <button type=\"button\" data-csv=\"{}\">data "
      "(csv)</button></figcaption>",
      escaped(figure.caption), figure.id, figure.id);
  out += fmt::format("<script type=\"text/csv\" id=\"csv-{}\">{}</script></figure>\n", figure.id,
                     script_safe(figure_csv(figure)));
}

void append_table(std::string& out, const Table& table) {
  out += fmt::format("<h3>{}</h3><div class=\"scroll\" tabindex=\"0\"><table><thead><tr>", escaped(table.title));
  for (const std::string& name : table.header) out += fmt::format("<th scope=\"col\">{}</th>", escaped(name));
  const bool notes = !table.row_notes.empty();
  if (notes) out += "<th scope=\"col\" style=\"text-align:left\">remarks</th>";
  out += "</tr></thead><tbody>\n";
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    const bool unused = notes && table.row_notes[r].starts_with("not used");
    out += unused ? "<tr class=\"unused\">" : "<tr>";
    for (const std::string& cell : table.rows[r]) out += fmt::format("<td>{}</td>", escaped(cell));
    if (notes) out += fmt::format("<td class=\"words\">{}</td>", escaped(table.row_notes[r]));
    out += "</tr>\n";
  }
  out += "</tbody></table></div>\n";
}

void append_warnings(std::string& out, const std::vector<std::string>& warnings) {
  if (warnings.empty()) return;
  out += "<div class=\"warnings\" role=\"note\"><h3>What to distrust</h3><ul>";
  for (const std::string& warning : warnings) out += fmt::format("<li>{}</li>", escaped(warning));
  out += "</ul></div>\n";
}

void append_part(std::string& out, const Part& part, int& figure_number) {
  if (!part.title.empty()) out += fmt::format("<h3 class=\"part\">{}</h3>\n", escaped(part.title));
  for (const std::string& paragraph : part.paragraphs) out += fmt::format("<p>{}</p>\n", escaped(paragraph));
  for (const Figure& figure : part.figures) append_figure(out, figure, ++figure_number);
  for (const Table& table : part.tables) append_table(out, table);
}

void append_section(std::string& out, const Section& section, int& figure_number) {
  out += fmt::format("<section id=\"{}\"><h2>{}</h2>\n", section.id, escaped(section.title));
  if (!section.failure.empty())
    out += fmt::format("<div class=\"warnings\" role=\"note\"><h3>There is no result</h3><pre>{}</pre></div>\n",
                       escaped(section.failure));
  append_warnings(out, section.warnings);
  for (const Part& part : section.parts) append_part(out, part, figure_number);
  out += "</section>\n";
}

}  // namespace

std::string render_html(const Page& page) {
  std::string out =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">";
  out += fmt::format("<title>{}</title><meta name=\"generator\" content=\"{}\">\n<style>\n{}</style></head><body>\n",
                     escaped(page.title), escaped(page.program), page_style);
  out += fmt::format("<header class=\"top\"><h1>{}</h1><p class=\"asked\">{}</p>", escaped(page.title),
                     escaped(page.asked));
  append_warnings(out, page.warnings);
  for (const std::string& answer : page.answers) out += fmt::format("<p class=\"answer\">{}</p>", escaped(answer));
  out += "</header>\n<nav aria-label=\"Contents\"><ol>";
  for (const Section& section : page.sections)
    out += fmt::format("<li><a href=\"#{}\">{}</a></li>", section.id, escaped(section.title));
  out += "<li><a href=\"#made\">How it was made</a></li></ol></nav>\n<main>\n";
  int figure_number = 0;
  out +=
      "<p class=\"hint\">Point at a figure to read values, drag across it to zoom, double-click to see all "
      "again.</p>\n";
  for (const Section& section : page.sections) append_section(out, section, figure_number);
  out += "<section id=\"made\"><h2>How it was made</h2><dl class=\"made\">";
  for (const auto& [name, value] : page.made) {
    const bool long_text = value.find('\n') != std::string::npos;
    out += fmt::format("<dt>{}</dt>", escaped(name));
    out += long_text ? fmt::format("<dd><details><summary>show</summary><pre>{}</pre></details></dd>", escaped(value))
                     : fmt::format("<dd>{}</dd>", escaped(value));
  }
  out += fmt::format(
      "</dl></section>\n</main>\n<footer><p>Made by {}. Figures use uPlot.</p><details><summary>Licence of "
      "uPlot</summary><pre>{}</pre></details></footer>\n",
      escaped(page.program), escaped(uplot_licence));
  out += fmt::format(
      "<script type=\"application/json\" id=\"report-data\">{}</script>\n<script>{}</script>\n</body></html>\n",
      script_safe(page_json(page)), page_script);
  return out;
}

}  // namespace lithoscope::report
