#include "lithoscope/report/run_directory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/io/input_file.hpp"
#include "lithoscope/report/gitt_section.hpp"
#include "lithoscope/report/multiplet_section.hpp"
#include "lithoscope/report/particle_section.hpp"
#include "lithoscope/report/render.hpp"
#include "lithoscope/report/rixs_section.hpp"
#include "lithoscope/report/tes_section.hpp"
#include "lithoscope/report/xas_section.hpp"

namespace lithoscope::report {
namespace fs = std::filesystem;
namespace {

constexpr const char* record_name = "run.json";

void write_page_and_figures(const Report& report, const std::string& directory) {
  const fs::path figures = fs::path(directory) / "figures";
  std::error_code error;
  fs::create_directories(figures, error);
  if (error) {
    throw core::OutputError({.what = "cannot be made",
                             .where = {.path = figures.string()},
                             .found = error.message(),
                             .advice = "give another folder with --out"});
  }
  for (const Section& section : report.sections) {
    for (const Figure& figure : section.figures) {
      io::write_file((figures / (figure.id + ".svg")).string(), render_svg(figure, SvgUse::standalone),
                     io::Existing::replace);
      io::write_file((figures / (figure.id + ".csv")).string(), figure_csv(figure), io::Existing::replace);
    }
  }
  io::write_file((fs::path(directory) / "report.html").string(), render_html(report), io::Existing::replace);
}

}  // namespace

Report make_report(const study::RunResult& run) {
  Report report;
  report.program = study::program_version();
  report.title = run.plan.study.title;
  report.asked =
      "Asked: how fast does lithium move in this electrode, what is its open-circuit potential, and which pulses can "
      "be trusted?";
  Section brief{.id = "brief", .title = "In brief"};
  std::vector<Section> pages;
  std::size_t number = 0;
  for (const study::GittOutcome& outcome : run.gitt) {
    const std::string prefix = fmt::format("gitt{}-", ++number);
    report.answers.push_back(gitt_answer(outcome));
    brief.figures.push_back(gitt_headline(outcome));
    brief.figures.back().id.insert(0, prefix);
    if (const std::string words = gitt_confidence(outcome);
        brief.paragraphs.empty() || brief.paragraphs.back() != words) {
      brief.paragraphs.push_back(words);
    }
    const std::string speaker = run.gitt.size() > 1 ? outcome.measurement.name + ": " : "";
    for (const std::string& warning : gitt_warnings(outcome)) brief.warnings.push_back(speaker + warning);
    Section page = gitt_section(outcome);
    page.id = fmt::format("gitt-{}", number);
    for (Figure& figure : page.figures) figure.id.insert(0, prefix);
    pages.push_back(std::move(page));
  }
  report.sections.push_back(std::move(brief));
  std::ranges::move(pages, std::back_inserter(report.sections));
  report.made.emplace_back("Program", report.program);
  if (!run.plan.study.path.empty()) report.made.emplace_back("Study file", run.plan.study.path);
  std::string inputs;
  for (const study::GittOutcome& outcome : run.gitt) {
    for (const echem::SourceFile& source : outcome.table.sources) {
      inputs +=
          fmt::format("{}  {}  sha256 {}\n", fs::path(source.path).filename().string(), source.format, source.sha256);
    }
  }
  report.made.emplace_back("Input files", inputs);
  report.made.emplace_back("Study, every default written out", study::resolved_study(run.plan.study));
  return report;
}

RunFiles run_files(const study::RunResult& run) {
  return {.nexus = study::nexus_file(run), .report = make_report(run), .record = run_json(run)};
}

RunFiles run_files(const study::ParticleOutcome& outcome) {
  return {.nexus = study::nexus_file(outcome), .report = make_report(outcome), .record = particle_json(outcome)};
}

RunFiles run_files(const study::MultipletOutcome& outcome) {
  return {.nexus = study::nexus_file(outcome), .report = make_report(outcome), .record = multiplet_json(outcome)};
}

RunFiles run_files(const study::XasOutcome& outcome) {
  return {.nexus = study::nexus_file(outcome), .report = make_report(outcome), .record = xas_json(outcome)};
}

RunFiles run_files(const study::ValenceOutcome& outcome) {
  return {.nexus = study::nexus_file(outcome), .report = make_report(outcome), .record = valence_json(outcome)};
}

RunFiles run_files(const study::TesOutcome& outcome) {
  return {.nexus = study::nexus_file(outcome), .report = make_report(outcome), .record = tes_json(outcome)};
}

RunFiles run_files(const study::RixsOutcome& outcome) {
  return {.nexus = study::nexus_file(outcome), .report = make_report(outcome), .record = rixs_json(outcome)};
}

RunFiles run_files(const study::SelfAbsorptionOutcome& outcome) {
  return {.nexus = study::nexus_file(outcome), .report = make_report(outcome), .record = self_absorption_json(outcome)};
}

void write_run(const RunFiles& files, const std::string& directory, io::Existing existing, const core::Log& log) {
  io::StagedDirectory staged{directory, existing, record_name};
  const fs::path at{staged.path()};
  io::write_file((at / "run.nxs").string(), files.nexus, io::Existing::replace);
  write_page_and_figures(files.report, staged.path());
  io::write_file((at / "log.jsonl").string(), log.as_json_lines(), io::Existing::replace);
  io::write_file((at / record_name).string(), record_with_report(files.record, files.report), io::Existing::replace);
  staged.commit();
}

std::string redraw_report(const std::string& directory) {
  const std::string record = (fs::path(directory) / record_name).string();
  const Report report = report_from_json(io::InputFile::open(record).bytes(), record);
  write_page_and_figures(report, directory);
  return (fs::path(directory) / "report.html").string();
}

}  // namespace lithoscope::report
