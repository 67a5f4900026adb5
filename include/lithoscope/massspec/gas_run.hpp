// Ion currents to gas released: the analysis of one record, with its settings.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lithoscope/core/progress.hpp"
#include "lithoscope/core/settings.hpp"
#include "lithoscope/massspec/background.hpp"
#include "lithoscope/massspec/clocks.hpp"
#include "lithoscope/massspec/overlap.hpp"
#include "lithoscope/massspec/sensitivity.hpp"
#include "lithoscope/massspec/transport.hpp"
#include "lithoscope/probe/probe.hpp"

namespace lithoscope::massspec {

struct GasSettings {
  std::vector<std::string> gases;  ///< empty: those whose base mass was measured
  BackgroundKind background = BackgroundKind::automatic;
  std::vector<std::string> gas_free;  ///< "0 s to 300 s", "30 degC to 120 degC"
  std::string range;                  ///< analysed; empty: what both instruments saw after heating began
  std::string carrier;                ///< gas whose ion all others are divided by
  double fragment_uncertainty = 0.1;
  std::vector<std::string> sensitivity, gas_steps, electrolysis;
  std::optional<core::Value> delay_s, mixing_s;
  std::optional<core::Value> clock_offset_s;
  std::string zone, align, balance_units;
};
std::span<const core::Setting<GasSettings>> gas_settings_table();

/// An ion's readings with what belongs to it.
struct IonAnalysis {
  Series readings;  ///< as analysed: divided by the carrier where there is one
  ReadingNoise noise;
  Background background;  ///< at the cells of the analysed stretch
  Cells cells;            ///< of the analysed stretch
  Cells free;             ///< of the stretches without gas
  bool saturated = false;
};

/// A gas, or the sum of some, through the analysed stretch.
struct GasAnalysis {
  std::vector<std::string> gases;
  std::string unit;          ///< of a reading at the base mass
  std::vector<double> rate;  ///< readings at the base mass that this gas makes, a cell, as they arrived
  std::vector<double> rate_variance;
  std::vector<double> released, released_variance;  ///< at the sample: delay and mixing undone; empty without
  std::vector<double> cumulative, cumulative_variance;
  GasSum total;                     ///< reading times s
  double detection_limit = 0;       ///< total that is found with a chance of 95 %, reading times s
  Stretch highest;                  ///< where it lies above its background by most
  core::Value highest_sum;          ///< there, reading times s
  double score = 0, threshold = 0;  ///< largest excess over any stretch, in sigma, and what chance reaches in 1 %
  double deficit = 0;               ///< largest excess below the background, in sigma
  double unforeseen = 0;            ///< what that deficit amounts to over its stretch, reading times s
  bool found = false;
  bool still_coming = false;           ///< the last tenth of the stretch is not back at the background
  std::optional<core::Value> first_s;  ///< first deviation, at the sample
  std::optional<core::Value> first_K;
  std::optional<Sensitivity> sensitivity;
  std::optional<core::Value> amount_mol;  ///< of the total
  double amount_low_mol = 0, amount_high_mol = 0, limit_mol = 0;
  double background_level = 0;  ///< mean reading of the background at the base mass
};

struct CalibrationRuns {
  Electrolysis rule;
  std::vector<ElectrolysisRun> runs;
  std::optional<core::Value> efficiency;  ///< faradaic, where the sensitivity was given
};

struct GasOutcome {
  GasSettings settings;
  IonRecord record;
  std::optional<BalanceRecord> balance;
  std::optional<Clocks> clocks;
  Temperature temperature;
  Stretch analysed;
  std::vector<Stretch> free;
  bool free_assumed = false;
  std::vector<IonAnalysis> ions;              ///< by m/z
  std::vector<double> time_s, temperature_K;  ///< of the cells; temperature NaN where unknown
  Overlap overlap;
  std::vector<GasAnalysis> gases;
  std::vector<CalibrationRuns> calibrations;
  std::optional<core::Value> active_mass_kg;
  std::vector<std::string> warnings, remarks;
};

/// Throws UsageError for settings that contradict each other or name what is not there, UnusableData where the records
/// bear nothing (no common time, no stretch without gas).
GasOutcome analyse_gas(IonRecord record, std::optional<BalanceRecord> balance, const GasSettings& settings,
                       core::Progress& progress);

/// Scans alone: the highest value near each whole mass, over the scans.
std::vector<Series> peaks_of_scans(const std::vector<MassScan>& scans);

}  // namespace lithoscope::massspec
