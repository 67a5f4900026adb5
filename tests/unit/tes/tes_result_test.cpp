#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/result/files.hpp"
#include "lithoscope/tes/array_run.hpp"
#include "lithoscope/tes/probes.hpp"
#include "lithoscope/tes/synthesize.hpp"
#include "run_program.hpp"
#include "tes_twin.hpp"

using namespace lithoscope;

namespace {

// Two calibrations and a scan of three points, four pixels of OFF files.
class Run {
 public:
  Run() {
    const std::int64_t start = array_.start_ns;
    add_log(
        {.kind = tes::LogKind::calibration,
         .name = "CAL0",
         .passes = {
             {.name = "pass 0", .start_ns = start, .stop_ns = start + 40 * tes::test::second, .incident_eV = 1000}}});
    tes::ScanPass pass{
        .name = "pass 0", .start_ns = start + 50 * tes::test::second, .stop_ns = start + 53 * tes::test::second};
    for (int i = 0; i < 3; ++i)
      pass.points.push_back({.position = 530.0 + i,
                             .start_ns = pass.start_ns + i * tes::test::second,
                             .stop_ns = pass.start_ns + (i + 1) * tes::test::second});
    add_log({.kind = tes::LogKind::scan, .name = "SCAN1", .passes = {pass}});
    add_log({.kind = tes::LogKind::calibration,
             .name = "CAL1",
             .passes = {{.name = "pass 0",
                         .start_ns = start + 60 * tes::test::second,
                         .stop_ns = start + 100 * tes::test::second,
                         .incident_eV = 1000}}});
    for (const tes::SyntheticPixel& pixel : tes::make_pixels(array_)) {
      const auto photons = tes::draw_photons(tes::test::lines(), 0.3, 60, start, start + 100 * tes::test::second, 1,
                                             static_cast<std::uint64_t>(pixel.channel));
      const std::string path = scratch_ / ("twin_chan" + std::to_string(pixel.channel) + ".off");
      test::write_text(path, tes::off_file(array_, pixel, tes::make_records(array_, pixel, photons)));
      request_.files.push_back(path);
    }
  }
  const tes::ArrayRequest& request() const { return request_; }
  std::string file(const std::string& name) const { return scratch_ / name; }

 private:
  void add_log(const tes::ScanLog& log) {
    test::write_text(scratch_ / (log.name + "_log"), tes::ssrl_log_text(log));
    request_.logs.push_back(scratch_ / (log.name + "_log"));
  }
  test::Scratch scratch_;
  tes::SyntheticArray array_{.pixels = 4, .seed = 2};
  tes::ArrayRequest request_;
};

tes::ArrayOutcome reduced(const tes::ArrayRequest& request) {
  core::NoProgress progress;
  return tes::reduce_array(request, progress);
}

result::Result described(const tes::ArrayOutcome& outcome) {
  result::Result r = tes::describe(outcome);
  r.probe = "tes";
  for (result::Source& s : r.sources) s.sha256 = "0";
  result::make_canonical(r);
  for (const std::string& fault : result::faults_of(r)) FAIL_CHECK(fault);
  return r;
}

}  // namespace

TEST_CASE("a calibrated array's result is sound and files give it back") {
  const Run run;
  const result::Result r = described(reduced(run.request()));
  CHECK(r.number("pixels_good").value.value == 4);
  CHECK(r.table("pixels").rows() == 4);
  CHECK(r.table("photons").rows() > 1000);
  CHECK(r.table("calibrations").rows() == 2);
  CHECK(r.sources.size() == 7);
  const std::vector<result::Result> one{r};
  const auto back = result::read_nexus(io::InputFile::from_bytes("run.nxs", result::nexus_file(one, {})));
  REQUIRE(back.size() == 1);
  CHECK(back.front() == r);
}

TEST_CASE("photons and passes are read back from the result as they were") {
  const Run run;
  const tes::ArrayOutcome outcome = reduced(run.request());
  const result::Result r = described(outcome);
  const auto events = tes::events_of(r);
  REQUIRE(events.size() == outcome.events.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    const tes::PixelEvents &a = events[i], &b = outcome.events[i];
    CHECK(a.pixel == b.pixel);
    CHECK(a.time_ns == b.time_ns);
    CHECK(a.energy_eV == b.energy_eV);
    CHECK(a.energy_sigma_eV == b.energy_sigma_eV);
    CHECK(a.record_s == b.record_s);
    CHECK(a.record_time_ns == b.record_time_ns);
    CHECK(a.excluded == b.excluded);
  }
  const auto passes = tes::passes_of(r), expected = tes::scan_passes(outcome);
  REQUIRE(passes.size() == 1);
  CHECK(passes[0].name == expected[0].name);
  CHECK(passes[0].start_ns == expected[0].start_ns);
  CHECK(passes[0].stop_ns == expected[0].stop_ns);
  REQUIRE(passes[0].points.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(passes[0].points[i].position == expected[0].points[i].position);
    CHECK(passes[0].points[i].start_ns == expected[0].points[i].start_ns);
    CHECK(passes[0].points[i].stop_ns == expected[0].points[i].stop_ns);
    CHECK(passes[0].points[i].i0 == expected[0].points[i].i0);
  }
}

TEST_CASE("a result with one calibration, a lost file and a pixel without photons is sound") {
  const Run run;
  tes::ArrayRequest request = run.request();
  request.logs = {request.logs.front()};
  const std::string text = test::read_text(request.files[1]);
  test::write_text(request.files[1], text.substr(0, 400));
  const result::Result r = described(reduced(request));
  CHECK(r.find_table("lost") != nullptr);
  CHECK(r.table("pixels").rows() == 3);
  CHECK(std::isnan(r.number("worst_median_drift").value.value));
  CHECK(std::ranges::find(r.figures, "drift", &result::Figure::name) == r.figures.end());
  CHECK(tes::passes_of(r).empty());
}

TEST_CASE("a file of a run is identified and finds its role") {
  const Run run;
  const probe::Probe p = tes::probes().front();
  const auto off = p.identify(io::InputFile::open(run.request().files.front()));
  REQUIRE(off.has_value());
  CHECK(off->format == "OFF 0.3.0");
  CHECK(p.role_of(io::InputFile::open(run.request().files.front())) == "files");
  CHECK(p.role_of(io::InputFile::open(run.request().logs.front())) == "log");
  CHECK_FALSE(p.identify(io::InputFile::from_bytes("a.txt", "nothing of ours")).has_value());
}
