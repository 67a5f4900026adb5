#include <fmt/format.h>
#include <glob.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <numbers>

#include "check.hpp"
#include "lithoscope/core/constants.hpp"
#include "lithoscope/core/text.hpp"
#include "lithoscope/core/units.hpp"
#include "lithoscope/echem/cycler_files.hpp"
#include "lithoscope/io/text_table.hpp"
#include "lithoscope/result/files.hpp"
#include "mpr_writer.hpp"
#include "run_program.hpp"

namespace lithoscope::validation {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::json;

const std::string litho = LITHO_PROGRAM;

struct Column {
  std::string name, unit;  // unit empty: it is in the name
};
struct ListedFile {
  std::string path;
  Column time, potential, current;
  bool plain() const { return !time.name.empty(); }
};

Column column_of(std::string_view cell) {
  const auto parts = io::split(cell, '|');
  return {std::string{parts[0]}, parts.size() > 1 ? std::string{parts[1]} : std::string{}};
}

std::vector<std::string> matches(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> paths;
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  globfree(&found);
  return paths;
}

// Every file the manifest's patterns match; a pattern without a match counts as a file that is missing.
std::vector<ListedFile> listed_files() {
  const std::string manifest = test::read_text(fs::path(LITHOSCOPE_GOALS).parent_path() / "cycler_files.csv");
  std::vector<ListedFile> files;
  const auto lines = io::lines_of(manifest);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto cells = io::split(lines[i], ';');
    const bool optional = lines[i].ends_with("optional");
    const ListedFile kind{"", column_of(cells[1]), column_of(cells[2]), column_of(cells[3])};
    const auto paths = matches((fs::path(real_data()) / cells[0]).string());
    if (paths.empty() && !optional) files.push_back({std::string{cells[0]}, {}, {}, {}});
    for (const std::string& path : paths) {
      files.push_back(kind);
      files.back().path = path;
    }
  }
  return files;
}

std::string toml_column(const Column& c) {
  return c.unit.empty() ? fmt::format("\"{}\"", c.name)
                        : fmt::format("{{ column = \"{}\", unit = \"{}\" }}", c.name, c.unit);
}

std::string study_text(const ListedFile& file, const std::string& settings) {
  std::string text =
      fmt::format("[sample]\nactive_mass = \"1 g\"\n[[measurement]]\nprobe = \"gitt\"\nfiles = [\"{}\"]\n", file.path);
  if (file.plain()) {
    text += fmt::format("columns = {{ time = {}, potential = {}, current = {} }}\n", toml_column(file.time),
                        toml_column(file.potential), toml_column(file.current));
  }
  return text + "[measurement.settings]\n" + settings;
}

// One listed file through `litho run`: what it leaves, or nothing when the program refused it.
struct RunOfFile {
  bool done = false;
  std::vector<result::Result> results;
};
RunOfFile run_file(const ListedFile& file, const std::string& settings = "") {
  const test::Scratch scratch;
  test::write_text(scratch / "s.toml", study_text(file, settings));
  const auto said = test::run_shell(litho + " run s.toml --out r --json", scratch.path());
  if (said.code != 0 && said.code != 4) return {};
  return {true, result::read_json(said.out, "run.json")};
}

Outcome readers_open() {
  if (real_data().empty()) return {.figures = {}, .no_data = true};
  const auto files = listed_files();
  double read = 0;
  std::string refused;
  for (const ListedFile& file : files) {
    if (run_file(file).done) {
      ++read;
    } else {
      refused += " " + file.path;
    }
  }
  return {.figures = {{read, static_cast<double>(files.size())}},
          .no_data = false,
          .detail = refused.empty() ? "" : "refused:" + refused};
}

// A printed number and the value of its last digit.
struct Printed {
  double value = 0;
  double digit = 0;
};
std::optional<Printed> printed(std::string_view cell) {
  std::string text{core::trimmed(cell)};
  std::ranges::replace(text, ',', '.');
  const auto value = io::to_number(text);
  if (!value) return std::nullopt;
  const auto e = text.find_first_of("eE");
  const std::string mantissa = text.substr(0, e);
  const int exponent = e == std::string::npos ? 0 : std::stoi(text.substr(e + 1));
  const auto point = mantissa.find('.');
  const int decimals = point == std::string::npos ? 0 : static_cast<int>(mantissa.size() - point - 1);
  // A double holds no more than this of any number: digits printed beyond it are the printer's.
  const double resolution = 4 * std::numeric_limits<double>::epsilon() * std::abs(*value);
  return Printed{*value, std::max(std::pow(10.0, exponent - decimals), resolution)};
}

// A table as another program wrote it: cells as text, columns by name.
struct Reference {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> names;
  std::optional<std::size_t> find(std::initializer_list<std::string_view> wanted) const {
    for (const std::string_view name : wanted) {
      const auto it = std::ranges::find(names, name);
      if (it != names.end()) return static_cast<std::size_t>(it - names.begin());
    }
    return std::nullopt;
  }
};

Reference reference_of(const std::string& text) {
  const auto lines = io::lines_of(text);
  std::size_t header = 0;
  if (lines.size() > 1 && lines[1].starts_with("Nb header lines :"))
    header = std::stoul(std::string{lines[1].substr(17)}) - 1;
  Reference reference;
  const char delimiter = io::guess_delimiter(lines[header]);
  const auto cells = [&](std::string_view line) {
    std::vector<std::string> out;
    for (const std::string_view cell : io::split(line, delimiter)) out.emplace_back(core::trimmed(cell));
    return out;
  };
  std::string_view names = lines[header];
  if (names.starts_with("\xEF\xBB\xBF")) names.remove_prefix(3);
  reference.names = cells(names);
  for (std::size_t i = header + 1; i < lines.size(); ++i) {
    if (!core::trimmed(lines[i]).empty()) reference.rows.push_back(cells(lines[i]));
  }
  return reference;
}

// What the values of a file are held against: the paired text export for .mpr, mdb-export for .res, else the file's own
// text.
std::optional<Reference> reference_for(const std::string& path) {
  const auto name = fs::path(path).filename().string();
  if (name.ends_with(".mpr")) {
    const fs::path pair = fs::path(path).replace_extension(".mpt");
    if (!fs::exists(pair)) return std::nullopt;
    return reference_of(test::read_text(pair));
  }
  const std::string unpack = name.ends_with(".gz") ? "gzip -dc" : "cat";
  if (name.find(".res") != std::string::npos) {
    const test::Scratch scratch;
    const std::string command =
        unpack + " '" + path +
        "' > db && mdb-export db Channel_Normal_Table | (read -r head; echo \"$head\"; sort -t, -k2,2n)";
    return reference_of(test::run_shell(command, scratch.path()).out);
  }
  return reference_of(test::run_shell(unpack + " '" + path + "'", "/").out);
}

struct Compared {
  std::vector<double> ours;  // in the unit of the text
  std::size_t column;
  bool from_first_row = false;  // a counter: both start at zero
};

double worst_digits(const Reference& reference, const Compared& compared) {
  double worst = 0;
  const auto first = printed(reference.rows.front()[compared.column]);
  for (std::size_t i = 0; i < reference.rows.size() && i < compared.ours.size(); ++i) {
    const auto theirs = printed(reference.rows[i][compared.column]);
    if (!theirs || !first) continue;
    const double offset = compared.from_first_row ? first->value : 0;
    const double digit = compared.from_first_row ? theirs->digit + first->digit : theirs->digit;
    worst = std::max(worst, std::abs(compared.ours[i] - (theirs->value - offset)) / digit);
  }
  return worst;
}

std::vector<double> scaled(std::vector<double> values, double factor) {
  for (double& v : values) v *= factor;
  return values;
}

// The table a user gets, through `litho convert`, against the reference; NaN when the number of rows differs.
double file_deviation(const ListedFile& file) {
  const auto reference = reference_for(file.path);
  if (!reference || reference->rows.empty()) return 0;
  const auto input = io::InputFile::open(file.path);
  const auto layout = [&] {
    echem::PlainLayout l;
    l.time = {file.time.name, file.time.unit};
    l.potential = {file.potential.name, file.potential.unit};
    l.current = {file.current.name, file.current.unit};
    return l;
  };
  const echem::CyclerTable table =
      file.plain() ? echem::read_plain_table(input, layout()) : echem::read_cycler_file(input);
  if (static_cast<std::size_t>(table.rows()) != reference->rows.size()) return std::numeric_limits<double>::quiet_NaN();
  double worst = 0;
  const auto compare = [&](const std::vector<double>& ours, std::initializer_list<std::string_view> names,
                           double factor, bool counter = false) {
    const auto column = reference->find(names);
    if (column) worst = std::max(worst, worst_digits(*reference, {scaled(ours, factor), *column, counter}));
  };
  if (file.plain()) {
    compare(table.time_s, {file.time.name}, 1);
    compare(table.potential_V, {file.potential.name}, 1);
    compare(table.current_A, {file.current.name}, 1);
    return worst;
  }
  compare(table.time_s, {"time/s", "Test_Time", "Test Time (s)", "test_time_second"}, 1);
  compare(table.potential_V, {"Ewe/V", "<Ewe>/V", "<Ewe/V>", "Ecell/V", "Voltage", "Voltage (V)", "voltage_volt"}, 1);
  compare(table.current_A, {"I/mA", "<I>/mA"}, 1e3);
  compare(table.current_A, {"Current", "Current (A)", "current_ampere"}, 1);
  // Where the counter restarts with every loop, the table runs on and the file does not.
  const bool restarts = std::ranges::any_of(
      table.remarks, [](const std::string& r) { return r.find("counter restarts") != std::string::npos; });
  if (restarts || table.capacity_origin != echem::CapacityOrigin::file_net_counter) return worst;
  compare(table.capacity_Ah, {"(Q-Qo)/mA.h"}, 1e3, true);
  compare(table.capacity_Ah, {"(Q-Qo)/C"}, core::seconds_per_hour, true);
  return worst;
}

Outcome readers_values() {
  if (real_data().empty()) return {.figures = {}, .no_data = true};
  double worst = 0;
  int compared = 0;
  std::string where;
  for (const ListedFile& file : listed_files()) {
    if (!fs::exists(file.path)) continue;
    const double deviation = file_deviation(file);
    ++compared;
    if (!(deviation <= worst)) {
      worst = deviation;
      where = file.path;
    }
    if (std::isnan(deviation)) break;
  }
  return {.figures = {{worst, {}}},
          .no_data = false,
          .detail = fmt::format("{} files compared; worst in {}", compared, where)};
}

// A GCPL record as EC-Lab 11.6 writes it: 53 bytes a row.
std::string large_mpr(std::int64_t bytes) {
  test::MprSpec spec;
  spec.version = 11;
  spec.column_ids = {1, 2, 3, 21, 31, 65, 131, 4, 7, 13, 5, 6, 39, 211, 468};
  constexpr std::int64_t row_bytes = 1 + 2 + 8 + 8 + 8 + 4 + 4 + 2 + 8 + 4;
  const std::int64_t rows = bytes / row_bytes;
  spec.row_count = static_cast<std::uint32_t>(rows);
  spec.rows.reserve(static_cast<std::size_t>(rows * row_bytes));
  for (std::int64_t i = 0; i < rows; ++i) {
    const bool on = i / 1000 % 2 == 1;
    const auto x = static_cast<double>(i);
    test::append<std::uint8_t>(spec.rows, on ? 1 : 3);
    test::append<std::uint16_t>(spec.rows, static_cast<std::uint16_t>(i / 1000 % 60000));
    test::append<double>(spec.rows, x);
    test::append<double>(spec.rows, on ? 2.8e-4 : 0.0);
    test::append<double>(spec.rows, x * 1.4e-4);
    test::append<float>(spec.rows, 1.0f);
    test::append<float>(spec.rows, static_cast<float>(3.5 + 1e-4 * static_cast<double>(i % 1000)));
    test::append<std::uint16_t>(spec.rows, 39);
    test::append<double>(spec.rows, x * 1e-4);
    test::append<std::uint32_t>(spec.rows, 1u);
  }
  return test::mpr_file(spec);
}

Outcome mpr_rate() {
  const test::Scratch scratch;
  const std::string path = scratch / "large.mpr";
  test::write_text(path, large_mpr(300'000'000));
  const double megabytes = static_cast<double>(fs::file_size(path)) / 1e6;
  std::vector<double> rates;
  for (int i = 0; i < 7; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const auto table = echem::read_cycler_file(io::InputFile::open(path));
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (table.rows() > 0) rates.push_back(megabytes / seconds);
  }
  std::ranges::sort(rates);
  return {.figures = {{rates[rates.size() / 2], {}}},
          .no_data = false,
          .detail = fmt::format("one thread, file cached, {:.0f} MB, 7 runs, {:.0f} to {:.0f}", megabytes,
                                rates.front(), rates.back())};
}

Outcome reader_memory() {
  const test::Scratch scratch;
  const std::string path = scratch / "large.mpr";
  test::write_text(path, large_mpr(1'000'000'000));
  const auto size = static_cast<double>(fs::file_size(path));
  const pid_t child = fork();
  if (child == 0) {
    std::freopen("/dev/null", "w", stdout);
    execl(litho.c_str(), litho.c_str(), "identify", path.c_str(), nullptr);
    _exit(127);
  }
  rusage usage{};
  int status = 0;
  wait4(child, &status, 0, &usage);
  const double peak = static_cast<double>(usage.ru_maxrss) * 1024;
  const double ratio =
      WIFEXITED(status) && WEXITSTATUS(status) == 0 ? peak / size : std::numeric_limits<double>::quiet_NaN();
  return {.figures = {{ratio, {}}},
          .no_data = false,
          .detail = fmt::format("litho identify on {:.2f} GB: peak resident {:.2f} GB, the mapped file included",
                                size / 1e9, peak / 1e9)};
}

double relative(double ours, double theirs) { return std::abs(ours - theirs) / std::abs(theirs); }

// Rests are matched by the time of the last row under current. Where the reference prints no value, there is none to
// meet.
double ici_deviation(const Json& golden, const result::Table& ours, int& compared) {
  double worst = 0;
  for (const Json& theirs : golden.at("analysis")) {
    std::optional<std::size_t> match;
    for (std::size_t i = 0; i < ours.rows(); ++i) {
      if (std::abs(ours.at("time").number(i) - theirs.at("t").get<double>()) < 1e-9) match = i;
    }
    for (const auto& [their_name, our_name] : {std::pair{"R", "resistance"}, std::pair{"k", "k"}}) {
      if (theirs.at(their_name).is_null()) continue;
      if (!match) return std::numeric_limits<double>::quiet_NaN();
      worst = std::max(worst, relative(ours.at(our_name).number(*match), theirs.at(their_name)));
      ++compared;
    }
  }
  return worst;
}

Outcome ici_parity() {
  const fs::path folder = fs::path(real_data()) / "echem/ici_studio";
  if (real_data().empty()) return {.figures = {}, .no_data = true};
  struct Case {
    int number;
    ListedFile file;
  };
  const ListedFile reference_a{folder / "ici_reference_a.txt", {}, {}, {}};
  const ListedFile synthetic_b{folder / "ici_synthetic_b.csv", {"t", "s"}, {"E", "V"}, {"I", "A"}};
  double worst = 0;
  int compared = 0;
  for (const auto& [number, file] :
       {Case{1, reference_a}, Case{2, reference_a}, Case{3, synthetic_b}, Case{4, synthetic_b}}) {
    const fs::path golden_path = folder / fmt::format("golden_case_{}.json", number);
    if (!fs::exists(golden_path)) continue;
    const Json golden = Json::parse(test::read_text(golden_path));
    const Json& config = golden.at("config");
    const Json& window = config.at("regression_window");
    const auto settings =
        fmt::format("ici_from = \"{} s\"\nici_to = \"{} s\"\n", window.at(0).get<double>(), window.at(1).get<double>());
    const RunOfFile run = run_file(file, settings);
    if (!run.done)
      return {.figures = {{std::numeric_limits<double>::quiet_NaN(), {}}},
              .no_data = false,
              .detail = "refused " + file.path};
    const double deviation = ici_deviation(golden, run.results.front().table("interruptions"), compared);
    worst = std::isnan(deviation) ? deviation : std::max(worst, deviation);
  }
  return {.figures = {{compared > 0 ? worst : std::numeric_limits<double>::quiet_NaN(), {}}},
          .no_data = false,
          .detail = fmt::format("{} values compared", compared)};
}

// The peer's formula (linearised single-particle model): slope of E against sqrt(t) over the whole pulse,
// D = [2 U' i / (sqrt(pi) a F L c_max slope)]^2 with the cell's constants (SOURCES.md of the data).
double peer_diffusion(double slope, double current_A, double dUdx) {
  constexpr double radius = 5.22e-6, active_fraction = 0.665, thickness = 75.6e-6, c_max = 63104, disc_radius = 9e-3;
  const double area = std::numbers::pi * disc_radius * disc_radius;
  const double specific_area = 3 * active_fraction / radius;
  return std::pow(2 / std::sqrt(std::numbers::pi) * dUdx * (current_A / area) /
                      (specific_area * core::faraday_C_per_mol * thickness * c_max * slope),
                  2);
}

Outcome lgm50_parity() {
  const fs::path folder = fs::path(real_data()) / "echem/lgm50_gitt_pbparam";
  if (real_data().empty()) return {.figures = {}, .no_data = true};
  const ListedFile pulses{
      folder / "pulse_*.csv", {"Time [s]", ""}, {"Positive electrode potential [V]", ""}, {"Current [A]", ""}};
  const RunOfFile run = run_file(pulses, "skip = \"0 s\"\n");
  const Reference stored = reference_of(test::read_text(folder / "DERIVED_wh_results.csv"));
  if (!run.done)
    return {.figures = {{std::numeric_limits<double>::quiet_NaN(), {}}}, .no_data = false, .detail = "refused"};
  const result::Table& ours = run.results.front().table("pulses");
  double worst = ours.rows() == stored.rows.size() ? 0 : std::numeric_limits<double>::quiet_NaN();
  for (std::size_t i = 0; i < std::min(ours.rows(), stored.rows.size()); ++i) {
    const double dUdx = printed(stored.rows[i][*stored.find({"dUdx"})])->value;
    const double theirs = printed(stored.rows[i][*stored.find({"D_pbparam_m2s"})])->value;
    const double D = peer_diffusion(ours.at("straight_slope").number(i), ours.at("current").number(i), dUdx);
    worst = std::max(worst, relative(D, theirs));
  }
  return {.figures = {{worst, {}}},
          .no_data = false,
          .detail = fmt::format("{} pulses; dU/dx is the stored one, an input of the formula", ours.rows())};
}

}  // namespace

std::vector<Check> echem_checks() {
  return {{"readers-open", readers_open},   {"readers-values", readers_values}, {"mpr-rate", mpr_rate},
          {"reader-memory", reader_memory}, {"ici-parity", ici_parity},         {"lgm50-parity", lgm50_parity}};
}

}  // namespace lithoscope::validation
