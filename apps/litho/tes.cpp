// litho tes FILE...: microcalorimeter pulses to photons with energies, and a page that says which pixels to trust.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "commands.hpp"
#include "lithoscope/core/log.hpp"
#include "lithoscope/core/parallel.hpp"
#include "lithoscope/io/atomic_file.hpp"
#include "lithoscope/report/tes_section.hpp"
#include "outcome_output.hpp"
#include "tes_options.hpp"

namespace litho {
namespace core = lithoscope::core;
namespace io = lithoscope::io;
namespace report = lithoscope::report;
namespace study = lithoscope::study;
namespace tes = lithoscope::tes;
namespace {

void print_pixels(const study::TesOutcome& outcome) {
  fmt::print("\n{:>6} {:<9} {:>9} {:>9} {:>9} {:>13} {:>15}\n", "pixel", "state", "photons", "left out", "FWHM (eV)",
             "drop-one (eV)", "drift left (eV)");
  std::size_t told = 0;
  for (const tes::PixelCalibration& pixel : outcome.calibration.pixels) {
    constexpr std::size_t most = 30;
    if (pixel.state == tes::PixelState::good && ++told > most) continue;
    const auto events = std::ranges::find(outcome.events, pixel.pixel, &tes::PixelEvents::pixel);
    const bool any = events != outcome.events.end();
    double sum = 0, n = 0;
    for (const tes::PixelLine& line : pixel.lines) {
      if (line.drop_one_eV == line.drop_one_eV) {
        sum += line.drop_one_eV * line.drop_one_eV;
        n += 1;
      }
    }
    fmt::print("{:>6} {:<9} {:>9} {:>9} {:>9.2f} {:>13.2f} {:>15.2f}\n", pixel.pixel, tes::state_words(pixel.state),
               any ? events->size() : 0, any ? events->record_time_ns.size() - events->size() : 0,
               pixel.resolution_fwhm_eV, n > 0 ? std::sqrt(sum / n) : 0.0, pixel.drift_sigma_eV);
  }
}

core::ExitCode run(const TesOptions& options) {
  core::set_threads(options.threads);
  const io::Existing existing = options.force ? io::Existing::replace : io::Existing::refuse;
  if (!options.out.empty()) io::refuse_existing_directory(options.out, existing);
  const core::Log log{options.verbose};
  const auto progress = core::terminal_progress();
  const study::TesOutcome outcome = study::run_tes(tes_study_of(options), *progress);
  const core::ExitCode code =
      write_outcome(options, outcome, report::tes_json(outcome), report::tes_answers(outcome), log);
  if (!options.json) print_pixels(outcome);
  return code;
}

}  // namespace

void add_tes(CommandLine& line) {
  auto options = std::make_shared<TesOptions>();
  Command command = line.command("tes", "Microcalorimeter pulses to photons with energies");
  command.required_paths("FILE", options->files, "pulses of any pixels: LJH or OFF");
  add_output_options(command, *options, "folder for events and report; without it the result is only printed");
  add_tes_options(command, *options);
  command.action([options] { return run(*options); });
}

}  // namespace litho
