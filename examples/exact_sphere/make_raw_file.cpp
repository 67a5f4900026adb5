// Writes the raw file of this example: the titration of one sphere with a known, constant D, from the exact solution of
// the diffusion equation, as a BioLogic text export.
#include <fmt/format.h>

#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/echem/cycler_files.hpp"
#include "lithoscope/echem/synthesize.hpp"
#include "lithoscope/io/atomic_file.hpp"

namespace echem = lithoscope::echem;

namespace {

// A sloping cation region, then the flat oxygen plateau of a lithium-rich layered oxide.
double open_circuit_V(double x) { return 3.70 + 1.45 * x - 1.05 * 0.05 * std::log1p(std::exp((x - 0.45) / 0.05)); }

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: make_exact_sphere OUT.mpt\n");
    return 2;
  }
  echem::SphereGitt cell;
  cell.radius_m = 150e-9;
  cell.D_m2_s = 4e-19;
  cell.pulse_s = 900;
  cell.rest_s = 3600;
  cell.pulses = 48;
  cell.x_start = 0.02;
  cell.noise_V = 5e-5;
  cell.resolution_V = 1e-6;
  cell.ocv_V = open_circuit_V;
  echem::CyclerTable table = echem::synthesize_gitt(cell);
  table.sample.comment = "Lithoscope example: one sphere of 150 nm, D = 4e-19 m2/s, exact solution";
  try {
    lithoscope::io::write_file(argv[1], echem::biologic_text(table), lithoscope::io::Existing::replace);
  } catch (const lithoscope::core::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return static_cast<int>(error.exit_code());
  }
  return 0;
}
