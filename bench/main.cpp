// How long the hot paths take, on files made here: median of repeats, one line each. bench/README.md says why and what
// the figures were.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <string_view>

#include "lithoscope/core/parallel.hpp"
#include "lithoscope/echem/cycler_files.hpp"
#include "lithoscope/echem/gitt.hpp"
#include "lithoscope/echem/synthesize.hpp"
#include "lithoscope/io/atomic_file.hpp"
#include "lithoscope/report/render.hpp"
#include "mpr_writer.hpp"
#include "particle_cases.hpp"

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

void print_ms(const std::string& name, const Median& m, double share = 1) {
  fmt::print("{:<44} {:>8.3f} ms  ({:.3f} to {:.3f})\n", name, 1e3 * m.seconds * share, 1e3 * m.fastest * share,
             1e3 * m.slowest * share);
}

void bench_particle() {
  using namespace particle;
  const NamedCase titration = titration_case();
  const double a_pulse = 1.0 / titration.programme.trunk.front().pulses;
  print_ms("particle: pulse and rest, 60 cells",
           time_it(9, [&] { (void)simulate(titration.model, titration.programme); }), a_pulse);
  const NamedCase whole = whole_programme_case();
  print_ms("particle: charge, 7 d, 100 C, 600 C, 80 cells",
           time_it(9, [&] { (void)simulate(whole.model, whole.programme); }));
  const std::vector<std::string> names{"transport.log10_D_cm2_s.1",
                                       "transport.log10_D_cm2_s.3",
                                       "transport.log10_D_cm2_s.5",
                                       "transport.rest_slowdown",
                                       "couple.Ni3/4.level",
                                       "transport.activation_energy",
                                       "grain.radius",
                                       "oxygen.width"};
  print_ms("  with 8 derivatives of everything",
           time_it(5, [&] { (void)simulate_with_sensitivities(whole.model, whole.programme, names); }));
  const NamedCase square{"", square_scheme_model(), charge_wait_heat()};
  NamedCase reachable = square;
  reachable.programme.trunk[0] = charge_to(0.95);
  print_ms("particle: square scheme, flux by potential",
           time_it(5, [&] { (void)simulate(reachable.model, reachable.programme); }));
  print_ms("particle: one-state memory", time_it(5, [&] { (void)simulate(one_state_model(), charge_wait_heat()); }));
  const NamedCase many = conserved_cases()[3];
  print_ms("particle: five sizes, one potential", time_it(5, [&] { (void)simulate(many.model, many.programme); }));
}

// Error against cells, as a figure: `lithoscope_bench convergence FILE.svg`.
void draw_convergence(const char* path) {
  using namespace particle;
  const auto charged = [](int cells) {
    Model m = lmr_model();
    m.grain.cells = cells;
    m.grain.surface_spacing = 0.16 / cells;
    m.numerics.tolerance = 1e-10;
    return simulate(m, charge_wait_heat(), Record::marks).branches[0].marks.back().seen;
  };
  const Observables exact = charged(2560);
  report::Figure figure{.id = "convergence",
                        .title = "Errors fall with the square of the cells, D over three decades",
                        .x_axis = {"log10 of the cells", ""},
                        .y_axis = {"log10 of the error after charge, 7 d and 5 h at 100 \u00b0C", ""}};
  report::Series core{.name = "lithium at the centre", .role = report::Role::primary, .mark = report::Mark::dots};
  report::Series yield{
      .name = "surface nickel valence (electron yield)", .role = report::Role::second, .mark = report::Mark::dots};
  report::Series holes{.name = "mean oxygen holes", .role = report::Role::third, .mark = report::Mark::dots};
  report::Series slope{.name = "second order", .role = report::Role::muted, .mark = report::Mark::dashed};
  for (const int cells : {20, 40, 80, 160, 320, 640}) {
    const Observables o = charged(cells);
    const double x = std::log10(cells);
    const auto put = [&](report::Series& s, double error) {
      s.x.push_back(x);
      s.y.push_back(std::log10(std::abs(error)));
    };
    put(core, o.core_lithium - exact.core_lithium);
    put(yield, o.tey_valence[0] - exact.tey_valence[0]);
    put(holes, o.mean_holes - exact.mean_holes);
    put(slope, 2.0 / (cells * cells));
  }
  figure.series = {core, yield, holes, slope};
  io::write_file(path, report::render_svg(figure, report::SvgUse::standalone), io::Existing::replace);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view{argv[1]} == "convergence") {
    draw_convergence(argv[2]);
    return 0;
  }
  const auto spec = test::simple_charge(11, 4'000'000);
  bench_reader(".mpr, 27 bytes a row", test::mpr_file(spec), spec.row_count);
  const echem::CyclerTable table = echem::synthesize_gitt(bench_cell());
  bench_reader("BioLogic text", echem::biologic_text(table), table.rows());
  bench_reader("BDF csv", echem::bdf_csv(table), table.rows());
  bench_gitt(table);
  bench_particle();
  return 0;
}
