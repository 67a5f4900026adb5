#include "lithoscope/report/run_directory.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/io/input_file.hpp"
#include "lithoscope/report/page.hpp"
#include "lithoscope/report/render.hpp"

namespace lithoscope::report {
namespace fs = std::filesystem;
namespace {

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) return;
  throw core::OutputError({.what = "cannot be made",
                           .where = {.path = folder.string()},
                           .found = error.message(),
                           .advice = "give another folder with --out"});
}

void write_page_and_figures(std::span<const result::Result> results, const result::FileFacts& facts,
                            const std::string& directory) {
  const fs::path figures = fs::path(directory) / "figures";
  make_folder(figures);
  const auto write = [](const fs::path& path, const std::string& bytes) {
    io::write_file(path.string(), bytes, io::Existing::replace);
  };
  for (std::size_t r = 0; r < results.size(); ++r) {
    for (const result::Figure& figure : results[r].figures) {
      const std::string id = figure_id(results, r, figure.name);
      Figure whole = drawn(results[r], figure, false);
      write(figures / (id + ".csv"), figure_csv(whole));
      write(figures / (id + ".svg"), render_svg(drawn(results[r], figure, true), SvgUse::standalone));
    }
  }
  write(fs::path(directory) / "report.html", render_html(page_of(results, facts)));
}

}  // namespace

void write_run(std::span<const result::Result> results, const result::FileFacts& facts, const std::string& directory,
               const core::Log& log) {
  const fs::path at{directory};
  const auto write = [&](const char* name, const std::string& bytes) {
    io::write_file((at / name).string(), bytes, io::Existing::replace);
  };
  write("run.nxs", result::nexus_file(results, facts));
  write_page_and_figures(results, facts, directory);
  write("log.jsonl", log.as_json_lines());
  write(run_marker, result::json_file(results, facts));
}

std::string redraw_report(const std::string& directory) {
  const std::string path = (fs::path(directory) / "run.nxs").string();
  const io::InputFile file = io::InputFile::open(path);
  const std::vector<result::Result> results = result::read_nexus(file);
  write_page_and_figures(results, result::read_nexus_facts(file), directory);
  return (fs::path(directory) / "report.html").string();
}

}  // namespace lithoscope::report
