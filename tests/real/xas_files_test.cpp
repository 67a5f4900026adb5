// Absorption files of real instruments, where the machine has them.
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/xas/normalise.hpp"
#include "lithoscope/xas/scan_files.hpp"
#include "lithoscope/xas/self_absorption.hpp"

using namespace lithoscope;
namespace fs = std::filesystem;

namespace {

struct Known {
  const char* path;
  const char* format;
  std::int64_t scans, rows;  // rows of the first scan
};
// As SOURCES.md and the files' own headers give them.
constexpr Known known[] = {
    {"soft/SigScan.25702", "ALS SigScan", 1, 258},
    {"soft/Blank_C_tape.886", "columns of numbers", 1, 288},
    {"soft/htxs_scan.881", "columns of numbers", 1, 0},
    {"soft/sxr129598.asc", "mda2ascii", 1, 701},
    {"soft/JLApr16.0001", "mda2ascii", 1, 401},
    {"soft/flexpes_library.h5", "FlexPES library", 4, 501},
    {"athena/Mn.prj", "Athena project", 14, 0},
    {"athena/json_unzipped.prj", "Athena project (JSON)", 4, 442},
    {"larch/ESRF_SNBL_2013.dat", "SPEC", 2, 456},
    {"larch/SSRL1_2006.dat", "SSRL XAS Data Collector", 1, 455},
    {"larch/fe_xanes_8ch.xdi", "XDI", 1, 0},
    {"xdi/MEX1_40747_processed.xdi", "XDI", 1, 131},
};

}  // namespace

TEST_CASE("absorption files of many beamlines read with their rows") {
  const char* root = std::getenv("LITHOSCOPE_REAL_DATA");
  if (root == nullptr) {
    std::puts("NODATA: LITHOSCOPE_REAL_DATA is not set; no absorption file was read");
    return;
  }
  for (const Known& k : known) {
    CAPTURE(k.path);
    const auto file = xas::read_scan_file(io::InputFile::open((fs::path(root) / "xas" / k.path).string()));
    CHECK(file.format == k.format);
    CHECK(static_cast<std::int64_t>(file.scans.size()) == k.scans);
    if (k.rows > 0) CHECK(file.scans.front().rows() == k.rows);
  }
  std::printf("%zu absorption files read\n", std::size(known));
}

TEST_CASE("the strength edge of transmission standards lies where the rule says") {
  const char* root = std::getenv("LITHOSCOPE_REAL_DATA");
  if (root == nullptr) return;
  struct Standard {
    const char* path;
    const char* label;
    const char* element;
    double valence;
  };
  for (const Standard& s :
       {Standard{"xdi/feo_rt1.xdi", "", "Fe", 2}, Standard{"larch/fe2o3_rt1.xmu", "", "Fe", 3},
        Standard{"athena/MnO.prj", "", "Mn", 2}, Standard{"athena/Mn.prj", "Pyrolusite", "Mn", 4}}) {
    CAPTURE(s.path);
    const auto file = xas::read_scan_file(io::InputFile::open((fs::path(root) / "xas" / s.path).string()));
    const xas::Scan& scan = xas::scan_of(file, s.label);
    xas::Channels channels = xas::usual_channels(scan);
    channels.repeats = xas::Repeats::merge;
    const xas::Spectrum measured = xas::make_spectrum(scan, channels, s.path);
    const auto edge = xas::normalise(measured, xas::Normalisation::edge,
                                     {.pre_from = -150, .pre_to = -30, .post_from = 40, .post_to = 250, .order = 1});
    const double e0 = edge.edge->e0_eV;
    const core::Value usual = *xas::usual_strength_edge_eV(s.element, s.valence);
    CHECK(std::abs(xas::strength_edge_eV(edge.spectrum, e0 - 25, e0 + 40, e0 + 250) - usual.value) <
          2.5 * usual.sigma());
  }
}
