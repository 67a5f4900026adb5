// What describe, figures and page of the inference share. Private to the room.
#pragma once

#include <string>

#include "lithoscope/infer/inference_run.hpp"

namespace lithoscope::infer {

/// "-0.081", with as many decimals as `sd` has two digits.
std::string rounded(double v, double sd);
/// "-0.081 (95 %: -0.114 to -0.048)".
std::string with_interval(const Interval& i, const std::string& unit);
/// "Ni", "Ni and Mn", "Ni, Co and Mn".
std::string listed(const std::vector<std::string>& words);
/// The quantity that says how much of a process there was.
std::string amount_quantity(Process process);

/// What was drawn of the particle, and between which values.
result::Table prior_table(const LithiumLibrary& library);

void add_figures(const InferenceOutcome& outcome, result::Result& result);
void add_page(const InferenceOutcome& outcome, result::Result& result);

}  // namespace lithoscope::infer
