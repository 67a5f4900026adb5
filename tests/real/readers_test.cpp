// Real files, where the machine has them: LITHOSCOPE_REAL_DATA names the folder. With it set, a missing file fails.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/core/rng.hpp"
#include "lithoscope/echem/cycler_files.hpp"

using namespace lithoscope;
namespace fs = std::filesystem;

namespace {

struct Known {
  const char* path;
  std::int64_t rows;
  double low_V, high_V;
};

// Rows and potentials as the files' own text or another program gives them.
constexpr Known known[] = {
    {"echem/biologic_yadg/gcpl.issue_175.mpr", 11399, 2.0, 4.2},
    {"echem/biologic_yadg/cp.issue_61.mpr", 312, 1.66, 2.20},
    {"echem/cellpy/20210210_FC_01_cc_01.res", 7218, 3.0, 4.2},
    {"echem/cellpy/20210210_FC_01_cc_02.res", 26989, 3.0, 4.2},
    {"echem/ici_studio/ici_reference_a.txt", 3132, 0.1, 1.2},
    {"echem/bdf/DLR__LiLNMOHydra0b__20221125__POCV__25degC__Basytec.bdf.csv", 17860, 2.99, 4.90},
    {"echem/pyprobe/sample_data_arbin.csv", 13, 3.5, 3.6},
};

}  // namespace

TEST_CASE("damaged Access databases are read or refused, and nothing crashes or hangs") {
  const char* root = std::getenv("LITHOSCOPE_REAL_DATA");
  if (root == nullptr) {
    std::puts("NODATA: LITHOSCOPE_REAL_DATA is not set; no database was damaged");
    return;
  }
  const auto whole = io::InputFile::open((fs::path(root) / "echem/cellpy/20210210_FC_01_cc_01.res").string());
  int read = 0, refused = 0;
  for (std::uint64_t mutant = 0; mutant < 12; ++mutant) {
    std::string bytes{whole.bytes()};
    core::RandomStream random{1, mutant};
    for (int i = 0; i < 200; ++i) {
      // Mostly the first pages: catalogue and table definitions, where one byte changes everything.
      const double share = random.uniform() < 0.8 ? 0.05 : 1.0;
      bytes[static_cast<std::size_t>(share * random.uniform() * static_cast<double>(bytes.size()))] =
          static_cast<char>(random.next_u32());
    }
    try {
      echem::read_cycler_file(io::InputFile::from_bytes("mutant.res", bytes));
      ++read;
    } catch (const core::UnreadableFile&) {
      ++refused;
    }
  }
  CHECK(read + refused == 12);
  CHECK(refused > 0);
}

TEST_CASE("a database cut at a page is not read as a shorter measurement") {
  const char* root = std::getenv("LITHOSCOPE_REAL_DATA");
  if (root == nullptr) return;
  const auto whole = io::InputFile::open((fs::path(root) / "echem/cellpy/20210210_FC_01_cc_02.res").string());
  const std::size_t half = whole.bytes().size() / 2 / 4096 * 4096;
  CHECK_THROWS_AS(
      echem::read_cycler_file(io::InputFile::from_bytes("half.res", std::string{whole.bytes().substr(0, half)})),
      core::UnreadableFile);
}

TEST_CASE("real files have the rows and potentials they are known to have") {
  const char* root = std::getenv("LITHOSCOPE_REAL_DATA");
  if (root == nullptr) {
    std::puts("NODATA: LITHOSCOPE_REAL_DATA is not set; 0 real files were read");
    return;
  }
  int read = 0;
  for (const Known& k : known) {
    CAPTURE(k.path);
    const auto table = echem::read_cycler_file(io::InputFile::open((fs::path(root) / k.path).string()));
    CHECK(table.rows() == k.rows);
    const auto [low, high] = std::minmax_element(table.potential_V.begin(), table.potential_V.end());
    CHECK(*low >= k.low_V - 0.02);
    CHECK(*high <= k.high_V + 0.02);
    ++read;
  }
  std::printf("%d real files were read\n", read);
}
