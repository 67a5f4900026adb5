// What describes a run of the particle, part by part. Private to the room.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lithoscope/programme/particle_run.hpp"

namespace lithoscope::programme {

/// Branches that have lost less oxygen (O per formula unit) are still layered: their changes fit on one scale.
inline constexpr double layered_still = 1e-3;

/// Plain names (letters, digits, '_', '-') that no two things share.
class PlainNames {
 public:
  std::string of(std::string_view text);

 private:
  std::set<std::string> taken_;
};

/// The trunk or a branch, with its plain name.
struct NamedLeg {
  const particle::Leg* leg;
  std::string name;
  bool trunk = false;

  std::string trace() const { return "trace_" + name; }
  bool has_trace() const { return !leg->trace.time_s.empty(); }
  bool layered() const;
  /// Whether it is hot enough, and recorded well enough, for its phases to be drawn.
  bool loses_oxygen() const;
};
/// The trunk first.
std::vector<NamedLeg> legs_of(const particle::Run& run);
/// Branches after which the oxide is still layered.
std::vector<NamedLeg> mild_branches(const particle::Run& run);
double hottest_K(const particle::Leg& leg);

/// "wait", "heat", "heat, warm": the end of a step, as a person calls it.
std::string state_name(const NamedLeg& leg, const particle::Mark& mark);

/// A unit of particle::Quantity as a unit of a column: per formula unit or per cation is a pure number.
std::string unit_of(std::string_view quantity_unit);

/// "3.5 h".
std::string duration_text(double seconds);

/// One step of the path that the maps over radius and time show.
struct Stretch {
  const particle::Leg* leg;
  double start_s, end_s;
  std::string name;
  bool current;
};
/// The trunk and the first branch that heats, or the first at all.
std::vector<Stretch> drawn_path(const particle::Run& run);

/// A map over radius and programme: which grid, what it shows, and its message.
struct RadiusMap {
  std::string name;      ///< "map-lithium", of the figure; the grid has '_' for '-'
  std::string quantity;  ///< "Lithium extracted", the subject of the title
  std::string title;
  result::Grid grid;
};
std::vector<RadiusMap> radius_maps(const ParticleOutcome& outcome);

/// Maps of a scan: the last two axes span each, every combination of the others is one.
struct ScanMap {
  std::string name;  ///< "scan-1"
  std::string title, caption;
  std::string x_quantity, y_quantity;
  std::string z_quantity;
  result::Grid grid;
  result::Table met;  ///< combinations with what the scan looks for; without rows: none
};
std::vector<ScanMap> scan_maps(const ParticleOutcome& outcome);

std::vector<result::Table> trace_tables(const ParticleOutcome& outcome);
std::vector<result::Table> profile_tables(const ParticleOutcome& outcome);
std::string profile_name(const NamedLeg& leg, std::size_t mark, std::size_t grain);
result::Table ends_table(const ParticleOutcome& outcome);
result::Table changes_table(const ParticleOutcome& outcome);
result::Table ledger_table(const ParticleOutcome& outcome);
result::Table scan_table(const particle::ScanResult& scan, const particle::Run& run);

/// "+0.138" with a true minus sign; "0.000" of what rounds to it.
std::string signed_text(double v, int decimals);
/// Observables of the answer: this run, the interval over the assumptions, what is resolved, what the paper reports.
result::Table answer_table(const ParticleOutcome& outcome);
/// The same as a sentence; empty where nothing says what is resolved.
std::string answer_sentence(const ParticleOutcome& outcome);
/// Every number with its origin.
result::Table parameters_table(const ProgrammeFile& file);
/// The numbers of the answer with one assumption moved at a time.
result::Table levers_table(const ParticleOutcome& outcome);
/// The strongest of them as figures, with their tables.
void add_tornado(const ParticleOutcome& outcome, result::Result& result);

/// Figures of what is in the result.
void add_figures(const ParticleOutcome& outcome, result::Result& result);
/// Words and sections.
void add_page(const ParticleOutcome& outcome, result::Result& result);

}  // namespace lithoscope::programme
