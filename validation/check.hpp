// A named promise: how its figures are computed. The goals are in goals.csv, one line a name.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lithoscope::validation {

/// One number, or a count "n of all".
struct Figure {
  double value = 0;
  std::optional<double> all;  ///< set for counts
};

struct Outcome {
  std::vector<Figure> figures;
  bool no_data = false;
  std::string detail;  ///< what a reader should know beside the number; printed with --json
};

struct Check {
  std::string name;
  std::function<Outcome()> run;
};

/// Folder of the real files, empty when LITHOSCOPE_REAL_DATA is not set.
std::string real_data();

std::vector<Check> echem_checks();
std::vector<Check> gitt_checks();
std::vector<Check> infer_checks();
std::vector<Check> massspec_checks();
std::vector<Check> multiplet_checks();
std::vector<Check> particle_checks();
std::vector<Check> particle_meaning_checks();
std::vector<Check> rixs_checks();
std::vector<Check> rixs_feature_checks();
std::vector<Check> spine_checks();
std::vector<Check> tes_case_checks();
std::vector<Check> tes_checks();
std::vector<Check> tes_jump_checks();
std::vector<Check> tes_line_checks();
std::vector<Check> ttmult_checks();
std::vector<Check> xas_absorption_checks();
std::vector<Check> xas_change_checks();
std::vector<Check> xas_mixture_checks();
std::vector<Check> xas_oracle_checks();
std::vector<Check> xas_reading_checks();
std::vector<Check> xas_valence_checks();

}  // namespace lithoscope::validation
