// Files of real microcalorimeter runs, where the machine has them.
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/tes/off_file.hpp"
#include "lithoscope/tes/pulse_file.hpp"
#include "lithoscope/tes/recognise.hpp"
#include "lithoscope/tes/scan_log.hpp"
#include "lithoscope/tes/side_files.hpp"

using namespace lithoscope;
namespace fs = std::filesystem;

namespace {

fs::path folder() {
  const char* root = std::getenv("LITHOSCOPE_REAL_DATA");
  return root == nullptr ? fs::path{} : fs::path(root) / "tes";
}

io::InputFile open(const char* path) { return io::InputFile::open((folder() / path).string()); }

struct Known {
  const char* path;
  const char* format;
  std::int64_t count;
};
// As SOURCES.md and the sizes of the files give them.
constexpr Known known[] = {
    {"ljh_headers/2011_09_12_A_chan1.ljh", "LJH 2.0.0", 0},
    {"ljh_headers/20150527_104651_chan85.ljh", "LJH 2.1.0", 0},
    {"ljh_headers/20180425_B_chan99.ljh", "LJH 2.2.0", 0},
    {"ljh_headers/demo_chan11.ljh", "LJH 2.2.0", 2},
    {"mass_regress/partial_header_chan3.ljh", "LJH 2.2.0", 1},
    {"mass_regress/regress_chan1.ljh", "LJH 2.1.0", 300},
    {"mass_regress/regress_noise_chan1.ljh", "LJH 2.1.0", 300},
    {"mass_regress/regress_chan3.ljh", "LJH 2.2.0", 1230},
    {"mass_regress/regress_dastard_chan1.ljh", "LJH 2.1.0", 10},
    {"mass_regress/regress_external_trigger.bin", "external triggers", 29},
    {"mass_regress/regress_experiment_state.txt", "experiment states", 2},
    {"mass_regress/regress_experiment_state_repeats.txt", "experiment states", 5},
    {"mass_regress/regress_experiment_state_v2.txt", "experiment states", 3},
    {"scan_server_model/20210113_run0014_experiment_state.txt", "experiment states", 2},
    {"off_versions/v020.off", "OFF 0.2.0", 1},
    {"ssrl_10_1_scan/20200219_016_log", "SSRL YAML", 1},
    {"ssrl_10_1_scan/20200219_017_log", "SSRL YAML", 3 * 243},
    {"ssrl_10_1_scan/20200219_018_log", "SSRL YAML", 3 * 243},
    {"ssrl_10_1_scan/20200219_030_log", "SSRL YAML", 1},
};

}  // namespace

TEST_CASE("files of microcalorimeter runs read with their counts") {
  if (folder().empty()) {
    std::puts("NODATA: LITHOSCOPE_REAL_DATA is not set; no file of a microcalorimeter run was read");
    return;
  }
  for (const Known& k : known) {
    CAPTURE(k.path);
    const tes::FileSummary summary = tes::summarise_file(open(k.path));
    CHECK(summary.format == k.format);
    CHECK(summary.count == k.count);
  }
  std::printf("%zu files of microcalorimeter runs read\n", std::size(known));
}

TEST_CASE("every file of the folder that belongs to a run is recognised") {
  if (folder().empty()) return;
  for (const auto& entry : fs::recursive_directory_iterator(folder())) {
    const std::string suffix = entry.path().extension().string();
    const bool of_a_run = suffix == ".ljh" || suffix == ".off" || suffix == ".bin" || suffix == ".txt" ||
                          entry.path().filename().string().ends_with("_log");
    if (!entry.is_regular_file() || !of_a_run) continue;
    CAPTURE(entry.path());
    CHECK_NOTHROW(tes::summarise_file(io::InputFile::open(entry.path().string())));
  }
}

TEST_CASE("the eight pixels of SSRL 10-1 hold 84,954 records") {
  if (folder().empty()) return;
  std::int64_t total = 0;
  for (const int channel : {1, 3, 7, 9, 13, 15, 17, 19}) {
    const std::string name = "ssrl_10_1_scan/20200219_chan" + std::to_string(channel) + ".off";
    const tes::OffFile off = tes::read_off_file(open(name.c_str()));
    CHECK(off.channel == channel);
    CHECK(off.bases == 5);
    CHECK(off.samples == 1024);
    CHECK(off.left_over_bytes == 0);
    CHECK(off.frame_s == 4.8e-6);
    total += off.records();
  }
  CHECK(total == 84954);
}

TEST_CASE("presamples of real files are those their peers use") {
  if (folder().empty()) return;
  CHECK(tes::PulseFile{open("mass_regress/regress_chan1.ljh")}.facts().presamples == 515);
  CHECK(tes::PulseFile{open("mass_regress/regress_chan3.ljh")}.facts().presamples == 128);
  CHECK(tes::PulseFile{open("mass_regress/partial_header_chan3.ljh")}.facts().left_over_bytes == 1);
}

TEST_CASE("a file written again by DASTARD holds the pulses of the first one") {
  if (folder().empty()) return;
  const tes::PulseFile first{open("mass_regress/regress_chan1.ljh")};
  const tes::PulseFile again{open("mass_regress/regress_dastard_chan1.ljh")};
  CHECK(first.facts().presamples == again.facts().presamples);
  std::vector<std::uint16_t> a(1024), b(1024);
  for (std::int64_t i = 0; i < again.records(); ++i) {
    first.samples(i, a);
    again.samples(i, b);
    CHECK(a == b);
  }
}

TEST_CASE("the points of a real scan dwell 1.2 s, a few of them longer") {
  if (folder().empty()) return;
  const tes::ScanLog log = tes::read_scan_log(open("ssrl_10_1_scan/20200219_017_log"));
  CHECK(log.remarks.empty());
  for (const tes::ScanPass& pass : log.passes) {
    CHECK(pass.points.front().position == 768.001);
    CHECK(pass.points.back().position == 804.802);
    std::int64_t usual = 0;
    for (const tes::ScanPoint& point : pass.points) {
      const std::int64_t dwell = point.stop_ns - point.start_ns;
      CHECK(dwell > 1'150'000'000);
      CHECK(dwell < 1'400'000'000);
      usual += dwell > 1'195'000'000 && dwell < 1'205'000'000 ? 1 : 0;
    }
    CHECK(usual >= 240);
  }
}
