// How long the hot paths take, on files made here: median of repeats, one line each. bench/README.md says why and what
// the figures were.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>

#include "lithoscope/core/parallel.hpp"
#include "lithoscope/echem/cycler_files.hpp"
#include "lithoscope/echem/gitt.hpp"
#include "lithoscope/echem/synthesize.hpp"
#include "mpr_writer.hpp"

namespace {

using namespace lithoscope;

struct Median {
  double seconds = 0, fastest = 0, slowest = 0;
};

Median time_it(int repeats, const std::function<void()>& work) {
  std::vector<double> seconds;
  for (int i = 0; i <= repeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    if (i > 0) seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::ranges::sort(seconds);
  return {seconds[seconds.size() / 2], seconds.front(), seconds.back()};
}

void bench_reader(const char* name, const std::string& bytes, std::int64_t rows) {
  const io::InputFile file = io::InputFile::from_bytes("bench", bytes);
  const Median m = time_it(7, [&] { (void)echem::read_cycler_file(file); });
  fmt::print("{:<34} {:>9.1f} MB/s {:>8.2f} Mrow/s  ({:.1f} ms; {:.1f} to {:.1f})\n", name,
             static_cast<double>(bytes.size()) / 1e6 / m.seconds, static_cast<double>(rows) / 1e6 / m.seconds,
             1e3 * m.seconds, 1e3 * m.fastest, 1e3 * m.slowest);
}

echem::SphereGitt bench_cell() {
  echem::SphereGitt cell;
  cell.pulses = 88;
  cell.ocv_V = [](double x) { return 3.7 + 1.2 * x; };
  for (int i = 0; i < 446; ++i)
    cell.pulse_times_s.push_back(1e-3 * std::pow(6e5, i / 445.0));  // as dense as real GITT at its densest
  return cell;
}

void bench_gitt(const echem::CyclerTable& table) {
  echem::GittSample sample;
  sample.cell = echem::CellKind::half_cell;
  sample.diffusion_length = echem::DiffusionLength{core::Value::exact(50e-9), echem::Geometry::sphere, ""};
  sample.active_mass_kg = 4.1e-6;
  sample.molar_mass_g_per_mol = 85.24;
  for (const int threads : {1, 2}) {
    core::set_threads(threads);
    const Median m = time_it(9, [&] { (void)echem::analyse_gitt(table, sample, {}, {}, {}); });
    fmt::print("{:<34} {:>9.2f} ms  ({:.2f} to {:.2f})\n",
               fmt::format("GITT, 88 pulses, {} rows, {} thread{}", table.rows(), threads, threads > 1 ? "s" : ""),
               1e3 * m.seconds, 1e3 * m.fastest, 1e3 * m.slowest);
  }
}

}  // namespace

int main() {
  const auto spec = test::simple_charge(11, 4'000'000);
  bench_reader(".mpr, 27 bytes a row", test::mpr_file(spec), spec.row_count);
  const echem::CyclerTable table = echem::synthesize_gitt(bench_cell());
  bench_reader("BioLogic text", echem::biologic_text(table), table.rows());
  bench_reader("BDF csv", echem::bdf_csv(table), table.rows());
  bench_gitt(table);
  return 0;
}
