#include "lithoscope/massspec/synthesize.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "lithoscope/core/constants.hpp"
#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/rng.hpp"
#include "lithoscope/massspec/overlap.hpp"
#include "straight_lines.hpp"

namespace lithoscope::massspec {
namespace {

// What arrives of a gas on a fine even grid that begins before the heating.
struct Arrival {
  const Gas* gas;
  std::vector<double> rate;
};

std::vector<double> grid_of(const GasSource& source, const Spectrometer& s) {
  std::vector<double> out;
  const double step = std::min(0.5, 0.25 * s.cycle_s), from = source.time_s.front() - s.before_s;
  const auto count = static_cast<std::size_t>((source.time_s.back() - from) / step) + 1;
  for (std::size_t i = 0; i < count; ++i) out.push_back(from + step * static_cast<double>(i));
  return out;
}

// Nothing is released before the source begins, nor after its end.
double rate_at(const GasSource& source, const std::vector<double>& rate, double t) {
  return t < source.time_s.front() || t > source.time_s.back() ? 0 : on_lines(source.time_s, rate, t);
}

std::string time_of_day(const Moment& start, double after_s, const char* format) {
  using namespace std::chrono;
  const auto total = static_cast<std::int64_t>(std::floor(start.seconds + after_s));
  const year_month_day day{sys_days{days{static_cast<int>(total / 86400)}}};
  const auto s = static_cast<int>(total % 86400);
  return fmt::format(fmt::runtime(format), static_cast<unsigned>(day.day()), static_cast<unsigned>(day.month()),
                     static_cast<int>(day.year()), s / 3600, s / 60 % 60, s % 60);
}
constexpr const char* slashed = "{:02}/{:02}/{:04} {:02}:{:02}:{:02}";
constexpr const char* dotted = "{:02}.{:02}.{:04} {:02}:{:02}:{:02}";

Moment start_of(const std::optional<Moment>& start) {
  if (!start)
    throw core::UsageError({.what = "a record to be written has no start", .expected = "a time", .found = "none"});
  return *start;
}

}  // namespace

IonRecord synthesize_ions(const GasSource& source, const Spectrometer& s) {
  const std::vector<double> grid = grid_of(source, s);
  std::vector<Arrival> arrivals;
  for (const auto& [name, rate] : source.rate_mol_per_s) {
    std::vector<double> at_sample;
    for (const double t : grid) at_sample.push_back(rate_at(source, rate, t));
    arrivals.push_back({&gas_named(name), arrived(grid, at_sample, s.transport)});
  }
  IonRecord out{.path = "twin", .format = "twin"};
  const double span = grid.back() - grid.front();
  for (std::size_t m = 0; m < s.mz.size(); ++m) {
    core::RandomStream random{s.seed, m};
    Series series{.name = fmt::format("C{}M{:g}", m, s.mz[m]), .unit = "A", .mz = s.mz[m]};
    // Ions are read one after the other within a cycle.
    const double first = s.cycle_s * static_cast<double>(m) / static_cast<double>(s.mz.size());
    const auto readings = static_cast<std::size_t>((span - first) / s.cycle_s) + 1;
    for (std::size_t i = 0; i < readings; ++i) {
      const double t = grid.front() + first + s.cycle_s * static_cast<double>(i);
      // Outgassing fades as the root of time.
      const double faded = 1 - 1 / std::sqrt(1 + 8 * (t - grid.front()) / span);
      double current = s.background_A * (1 + 1.5 * s.drift * faded);
      for (const Arrival& a : arrivals) {
        const double share = a.gas->share_at(s.mz[m]);
        if (share > 0) current += share * s.sensitivity_C_per_mol * on_lines(grid, a.rate, t);
      }
      const double sigma = std::sqrt(s.floor_A * s.floor_A + s.counted_A * std::max(current, 0.0));
      series.time_s.push_back(t - grid.front());
      series.value.push_back(current + sigma * random.normal());
    }
    out.ions.push_back(std::move(series));
  }
  return out;
}

BalanceRecord synthesize_balance(const GasSource& source, double noise_kg, std::uint64_t seed) {
  BalanceRecord out{.path = "twin", .format = "twin"};
  core::RandomStream random{seed, 1000};
  const auto rows = static_cast<std::size_t>(source.time_s.back() - source.time_s.front()) + 1;
  for (std::size_t i = 0; i < rows; ++i) {
    const double t = source.time_s.front() + static_cast<double>(i);
    out.time_s.push_back(t - source.time_s.front());
    out.temperature_K.push_back(on_lines(source.time_s, source.temperature_K, t));
    out.mass_kg.push_back(on_lines(source.time_s, source.mass_kg, t) + noise_kg * random.normal());
  }
  return out;
}

std::string zilien_text(const IonRecord& record) {
  const Moment start = start_of(record.start);
  std::string header;
  const auto entry = [&](const char* key, const char* comment, const std::string& attribute, const char* type,
                         const std::string& value) {
    header += fmt::format("{}\t{}\t{}\t{}\t{}\n", key, comment, attribute, type, value);
  };
  const std::size_t lines = 6 + record.ions.size();
  entry("num_header_lines", "Number of header lines", "", "int", std::to_string(lines));
  entry("num_data_header_lines", "Number of data header lines (column description)", "", "int", "2");
  entry("data_start", "Line number of data start (0-based)", "", "int", std::to_string(lines + 2));
  entry("file_format_version", "Version of the file format", "", "int", "2");
  entry("start_time_unix", "Start time as UNIX time stamp", "", "double", fmt::format("{:.6f}", start.seconds));
  entry("title", "Title", "", "string", "Lithoscope twin");
  std::size_t rows = 0;
  for (const Series& s : record.ions) {
    header +=
        fmt::format("{0}_count\tNumber of points in the \"{0}\" data series\t{0}\tint\t{1}\n", s.name, s.value.size());
    rows = std::max(rows, s.value.size());
  }
  std::string names, units, body;
  for (const Series& s : record.ions) {
    const bool last = &s == &record.ions.back();
    names += s.name + (last ? "\t" : "\t\t");
    units += fmt::format("Time [s]\tM{:g} [A]{}", s.mz, last ? "" : "\t");
  }
  for (std::size_t i = 0; i < rows; ++i) {
    for (const Series& s : record.ions) {
      const bool last = &s == &record.ions.back();
      if (i < s.value.size())
        body += fmt::format("{:.6e}\t{:.6e}{}", s.time_s[i], s.value[i], last ? "" : "\t");
      else
        body += last ? "NaN\tNaN" : "NaN\tNaN\t";
    }
    body += '\n';
  }
  return header + names + "\n" + units + "\n" + body;
}

std::string quadera_text(const IonRecord& record) {
  const Moment start = start_of(record.start);
  double end = 0;
  std::size_t rows = 0;
  for (const Series& s : record.ions) {
    end = std::max(end, s.time_s.back());
    rows = std::max(rows, s.value.size());
  }
  std::string out =
      fmt::format("Sourcefile\tLithoscope twin\r\nExporttime\t{}\r\n\r\nStart Time\t{}\r\nEnd Time\t{}\r\n\r\n",
                  time_of_day(start, end, slashed), time_of_day(start, 0, slashed), time_of_day(start, end, slashed));
  for (const Series& s : record.ions) out += fmt::format("\t\t{:g}{}", s.mz, &s == &record.ions.back() ? "" : "\t");
  out += "\r\n";
  for (const Series& s : record.ions)
    out += fmt::format("Time\tTime Relative [s]\tIon Current [A]{}", &s == &record.ions.back() ? "" : "\t");
  out += "\r\n";
  for (std::size_t i = 0; i < rows; ++i) {
    for (const Series& s : record.ions) {
      const char* after = &s == &record.ions.back() ? "" : "\t";
      if (i < s.value.size())
        out += fmt::format("{}\t{:.3f}\t{:.6e}{}", time_of_day(start, s.time_s[i], slashed), s.time_s[i], s.value[i],
                           after);
      else
        out += fmt::format("\t\t{}", after);
    }
    out += "\r\n";
  }
  return out;
}

std::string mettler_text(const BalanceRecord& record, const std::string& sample) {
  const Moment start = start_of(record.start);
  constexpr double mg_per_kg = 1e6;
  std::string out =
      fmt::format("Title\r\n\r\nCurve Name:\r\n  {0}, {1}\r\n  Performed {1}\r\n  Sample Weight\r\nCurve Values:\r\n",
                  sample, time_of_day(start, 0, dotted));
  out += fmt::format("{:>15}{:>15}{:>15}{:>15}{:>15}\r\n", "Index", "t", "Ts", "Tr", "Value");
  out += fmt::format("{:>30}{:>15}{:>15}{:>15}\r\n", "[s]",
                     "[\xB0"
                     "C]",
                     "[\xB0"
                     "C]",
                     "[mg]");
  for (std::size_t i = 0; i < record.time_s.size(); ++i) {
    const double degC = record.temperature_K[i] - core::zero_celsius_K;
    out += fmt::format("{:>15}{:>15.6g}{:>15.6g}{:>15.6g}{:>15.6g}\r\n", i, record.time_s[i], degC, degC,
                       record.mass_kg[i] * mg_per_kg);
  }
  return out +
         fmt::format("\r\n\r\nResults:\r\nSample:\r\n  {}, {:.4f} mg\r\n", sample, record.mass_kg.front() * mg_per_kg);
}

}  // namespace lithoscope::massspec
