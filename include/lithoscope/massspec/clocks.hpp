// Two records of one heating on two clocks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lithoscope/core/value.hpp"
#include "lithoscope/massspec/ion_record.hpp"

namespace lithoscope::massspec {

struct ClockSettings {
  std::optional<core::Value> offset_s;  ///< added to the thermobalance's clock
  std::string zone;                     ///< of clocks that name none: "+01:00"; empty: the same for both
  std::string align;                    ///< an ion by which the offset is fitted: "18" or its name
};

struct Clocks {
  core::Value balance_start_s;  ///< on the spectrometer's clock; its variance is that of the offset
  std::string how;              ///< a sentence: by which clocks, and what was assumed
  std::vector<std::string> warnings;
};

/// Where the balance's zero lies on the spectrometer's clock. Throws UsageError when one start is in UTC and the other
/// in local time without a zone, when `align` names no ion, UnusableData when the records have no common time.
Clocks joined_clocks(const IonRecord& ions, const BalanceRecord& balance, const ClockSettings& settings);

/// The sample's temperature over the spectrometer's time, NaN where it was not recorded.
class Temperature {
 public:
  Temperature() = default;
  Temperature(const BalanceRecord& balance, double start_s);
  explicit Temperature(const Series& own);

  bool known() const { return time_s_.size() > 1; }
  double from_s() const { return time_s_.front(); }
  double to_s() const { return time_s_.back(); }
  double at_K(double time_s) const;
  /// When the sample first is as warm on heating; nothing: it never is.
  std::optional<double> first_time_s(double temperature_K) const;
  /// When heating begins: the sample is 5 K above its first temperature for good.
  double heating_from_s() const;
  double last_warming_s() const;  ///< when it is warmest

 private:
  std::vector<double> time_s_, temperature_K_;
};

}  // namespace lithoscope::massspec
