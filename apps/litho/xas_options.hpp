// Options of all commands that read absorption spectra.
#pragma once

#include <string>
#include <vector>

#include "command_line.hpp"
#include "lithoscope/study/xas_run.hpp"
#include "outcome_output.hpp"
#include "study_options.hpp"

namespace litho {

struct XasOptions : RunOptions {
  std::string energy, i0, sigma, dark_signal, dark_i0;
  std::vector<std::string> signal;
  std::string energy_shift;
  bool transmission = false, counts = false, merge_repeats = false, deglitch = false;
  std::string normalise = "edge";
  std::string e0, pre_from, pre_to, post_from, post_to, order, pre_order;
  std::string element, edge;
  std::string foil_signal, foil_i0, foil_edge, align, align_prior;
  bool foil_transmission = false;
};

/// `normalise`: the normalisation when none is typed.
void add_xas_options(Command& command, XasOptions& options);
lithoscope::study::XasReading reading_of(const XasOptions& options);

/// A quantity typed with or without its unit; empty: `otherwise`. Throws UsageError.
double number_in(const std::string& flag, const std::string& text, const char* unit, double otherwise);

}  // namespace litho
