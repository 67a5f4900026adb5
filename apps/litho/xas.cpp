// litho xas FILE...: absorption spectra normalised, measured by their features, compared.
#include <fmt/format.h>

#include <memory>

#include "commands.hpp"
#include "lithoscope/core/log.hpp"
#include "lithoscope/core/parallel.hpp"
#include "lithoscope/io/atomic_file.hpp"
#include "lithoscope/report/xas_section.hpp"
#include "lithoscope/xas/scan_files.hpp"
#include "setting_flags.hpp"
#include "xas_options.hpp"

namespace litho {
namespace core = lithoscope::core;
namespace io = lithoscope::io;
namespace report = lithoscope::report;
namespace study = lithoscope::study;
namespace xas = lithoscope::xas;
namespace {

struct Options : XasOptions {
  std::vector<std::string> files;
  std::vector<std::string> after;
  std::vector<std::string> features;
  std::string write;
  bool list = false;
  SettingTexts compare;
};

void print_contents(const std::vector<std::string>& files) {
  for (const std::string& path : files) {
    const xas::ScanFile file = xas::read_scan_file(io::InputFile::open(study::parse_scan_choice(path).path));
    fmt::print("{}: {}, {} scan{}\n", file.path, file.format, file.scans.size(), file.scans.size() == 1 ? "" : "s");
    for (std::size_t i = 0; i < file.scans.size(); ++i) {
      const xas::Scan& scan = file.scans[i];
      std::string columns;
      for (const xas::ScanColumn& c : scan.columns)
        columns +=
            fmt::format("{}{}{}", columns.empty() ? "" : ", ", c.name, c.unit.empty() ? "" : " [" + c.unit + "]");
      fmt::print("  {:>3} {:<24} {:<3} {:<4} {:>6} rows: {}\n", i + 1, scan.name, scan.element, scan.edge, scan.rows(),
                 columns);
    }
  }
}

// The spectrum as normalised, in the format its name's ending says.
void write_spectrum(const Options& options, const xas::Spectrum& spectrum) {
  const bool nexus = options.write.ends_with(".nxs") || options.write.ends_with(".h5");
  io::write_file(options.write, nexus ? xas::nxdata_file(spectrum) : xas::xdi_text(spectrum),
                 options.force ? io::Existing::replace : io::Existing::refuse);
}

core::ExitCode run(const Options& options) {
  core::set_threads(options.threads);
  if (options.list) {
    print_contents(options.files);
    return core::ExitCode::done;
  }
  const io::Existing existing = options.force ? io::Existing::replace : io::Existing::refuse;
  if (!options.out.empty()) io::refuse_existing_directory(options.out, existing);
  study::XasStudy definition{
      .files = {}, .after = {}, .reading = reading_of(options), .compare_settings = {}, .features = {}};
  for (const std::string& file : options.files) definition.files.push_back(study::parse_scan_choice(file));
  for (const std::string& file : options.after) definition.after.push_back(study::parse_scan_choice(file));
  for (const std::string& text : options.features) definition.features.push_back(xas::parse_feature(text));
  apply_setting_flags(options.compare, xas::compare_settings_table(), definition.compare_settings);
  if (!options.write.empty() && options.files.size() != 1) {
    throw core::UsageError(
        {.what = "--write takes one spectrum", .expected = "one FILE", .found = std::to_string(options.files.size())});
  }
  const core::Log log{options.verbose};
  const study::XasOutcome outcome = study::run_xas(definition);
  if (!options.write.empty()) write_spectrum(options, outcome.spectra.front().normalised.spectrum);
  return write_outcome(options, outcome, report::xas_json(outcome), report::xas_answers(outcome), log);
}

}  // namespace

void add_xas(CommandLine& line) {
  auto options = std::make_shared<Options>();
  Command command =
      line.command("xas", "Absorption spectra: normalise, compare before and after, features, components");
  command.required_paths("FILE", options->files, "FILE or FILE:SCAN; three or more are a series");
  command.texts("--after", options->after,
                "compare FILE with this one; with several files one for each, such as Ni, Co, Mn and O");
  command.texts("--feature", options->features,
                "\"name: from..to / from..to\" (eV): one window over another [the usual ones of Ni, Co, Mn and O]");
  command.flag("--list", options->list, "say which scans and columns the files hold");
  command.text("--write", options->write, "the normalised spectrum as XDI, or as NeXus where the name ends in .nxs");
  add_output_options(command, *options, "folder for a report; without it the result is only printed");
  add_xas_options(command, *options);
  command.heading("What may differ between before and after for other reasons than chemistry");
  add_setting_flags(command, options->compare, xas::compare_settings_table());
  command.action([options] { return run(*options); });
}

}  // namespace litho
