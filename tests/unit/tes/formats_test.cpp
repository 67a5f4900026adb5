#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/tes/off_file.hpp"
#include "lithoscope/tes/pulse_file.hpp"
#include "lithoscope/tes/recognise.hpp"
#include "lithoscope/tes/scan_log.hpp"
#include "lithoscope/tes/side_files.hpp"
#include "tes_cases.hpp"

using namespace lithoscope;
using test::with;

namespace {

io::InputFile file_of(const std::string& bytes, const std::string& name = "20200219_run0001_chan7.dat") {
  return io::InputFile::from_bytes(name, bytes);
}

tes::PulseFile pulses(const std::string& bytes, const std::string& name = "20200219_run0001_chan7.ljh") {
  return tes::PulseFile{file_of(bytes, name)};
}

std::vector<std::uint16_t> samples_of(const tes::PulseFile& file, std::int64_t record) {
  std::vector<std::uint16_t> out(static_cast<std::size_t>(file.length(record)));
  file.samples(record, out);
  return out;
}

tes::ScanLog log_of(const std::string& bytes) { return tes::read_scan_log(file_of(bytes)); }

/// Why bytes are refused; an empty `what` when they are not.
core::ErrorFacts refusal(const std::string& bytes) {
  try {
    tes::summarise_file(file_of(bytes));
  } catch (const core::UnreadableFile& error) {
    return error.facts();
  }
  return {};
}

bool says(const std::vector<std::string>& remarks, const std::string& part) {
  for (const std::string& remark : remarks) {
    if (remark.find(part) != std::string::npos) return true;
  }
  return false;
}

const std::vector<std::uint16_t> four{1, 2, 65535, 4};

}  // namespace

TEST_CASE("records of LJH 2.2 carry their own clocks") {
  const auto file = pulses(test::ljh_header("2.2.1") + test::ljh_record(3001, 1432744717000001, four) +
                           test::ljh_record(6001, 1432744718000002, {5, 6, 7, 8}));
  CHECK(file.facts().format == "LJH 2.2.1");
  CHECK(file.facts().channel == 7);
  CHECK(file.facts().sample_s == 9.6e-6);
  CHECK(file.facts().subframe_divisions == 30);
  CHECK(file.facts().subframe_offset == 12);
  REQUIRE(file.records() == 2);
  CHECK(file.facts().left_over_bytes == 0);
  CHECK(samples_of(file, 0) == four);
  CHECK(samples_of(file, 1) == std::vector<std::uint16_t>{5, 6, 7, 8});
  CHECK(file.stamp(1).subframe == 6001);
  CHECK(file.stamp(1).posix_ns == 1432744718000002000);
}

TEST_CASE("records of LJH 2.1 count from the server's start, to the frame") {
  // 3 ms and 50 steps of 4 us: 3,200,000 ns are 333 samples of 9600 ns and a third
  const auto file = pulses(test::ljh_header("2.1.0") + test::old_ljh_record(50, 3, four));
  REQUIRE(file.records() == 1);
  CHECK(file.facts().record_bytes == 14);
  CHECK(file.stamp(0).posix_ns == 1432744716359757000 + 3200000);
  CHECK(file.stamp(0).subframe == (4 + 333) * 30 + 12);
  CHECK(samples_of(file, 0) == four);
}

TEST_CASE("LJH 2.0 has no steps of 4 us") {
  const auto file =
      pulses(test::ljh_header("2.0.0") + test::old_ljh_record(50, 3, four) + test::old_ljh_record(9, 0, four));
  REQUIRE(file.records() == 2);
  CHECK(file.stamp(0).posix_ns == 1432744716359757000 + 3000000);
  CHECK(file.stamp(1).posix_ns == 1432744716359757000);
}

TEST_CASE("presamples of servers older than DASTARD are three more than the header says") {
  CHECK(pulses(test::ljh_header("2.2.0")).facts().presamples == 2);
  const std::string matter =
      with(with(test::ljh_header("2.2.0"), "DASTARD version 0.3.2", "MATTER Client 1.1.3"), "Samples: 4", "Samples: 9");
  const auto file = pulses(matter);
  CHECK(file.facts().presamples == 5);
  CHECK(says(file.facts().remarks, "DASTARD"));
}

TEST_CASE("lines of an LJH header end in LF, CRLF or CR, and keys come in any case") {
  const std::string record = test::ljh_record(1, 2, four);
  const std::string header = test::ljh_header("2.2.0");
  for (const char* end : {"\n", "\r\n", "\r"}) {
    const auto file = pulses(with(header, "\n", end) + record);
    REQUIRE(file.records() == 1);
    CHECK(samples_of(file, 0) == four);
  }
  const auto odd = pulses(with(with(header, "Total Samples", "TOTAL samples"), "Size In Bytes", "Size in bytes"));
  CHECK(odd.facts().samples == 4);
}

TEST_CASE("a key that comes again in an LJH header counts the first time") {
  const auto file = pulses(test::ljh_header("2.0.0", "Channel: 1.0\nPresamples: 3\n"), "a.ljh");
  CHECK(file.facts().channel == 85);
  CHECK(file.facts().presamples == 2);
  CHECK(says(file.facts().remarks, "more than once"));
}

TEST_CASE("an Abaco source divides its samples by 64 unless the header knows better") {
  const std::string abaco = with(test::ljh_header("2.2.1"), "Lancero", "Abaco");
  CHECK(pulses(abaco).facts().subframe_divisions == 64);
  CHECK(pulses(abaco).facts().subframe_offset == 0);
  const auto told =
      pulses(with(test::ljh_header("2.2.1", "Subframe divisions: 7\nSubframe offset: 3\n"), "Lancero", "Abaco"));
  CHECK(told.facts().subframe_divisions == 7);
  CHECK(told.facts().subframe_offset == 3);
}

TEST_CASE("a last record cut short is left out and counted") {
  const std::string record = test::ljh_record(1, 2, four);
  const auto file = pulses(test::ljh_header("2.2.0") + record + record.substr(0, 23));
  CHECK(file.records() == 1);
  CHECK(file.facts().left_over_bytes == 23);
  CHECK(pulses(test::ljh_header("2.2.0")).records() == 0);
}

TEST_CASE("records of LJH3 differ in length") {
  const std::string last = test::ljh3_record(1, 900, 1432744717000001, {7, 8});
  const auto file = pulses(test::ljh3_header() + test::ljh3_record(3, 500, 1432744716000000, {1, 2, 3, 4, 5}) + last +
                           last.substr(0, 27));
  CHECK(file.facts().format == "LJH 3.0.0");
  REQUIRE(file.records() == 2);
  CHECK(file.length(0) == 5);
  CHECK(file.presamples(0) == 3);
  CHECK(file.length(1) == 2);
  CHECK(samples_of(file, 1) == std::vector<std::uint16_t>{7, 8});
  CHECK(file.stamp(1).subframe == 900);
  CHECK(file.stamp(1).posix_ns == 1432744717000001000);
  CHECK(file.facts().samples == 5);
  CHECK(file.facts().record_bytes == 0);
  CHECK(file.facts().left_over_bytes == 27);
}

TEST_CASE("an LJH header that makes no sense is refused where it does not") {
  const std::string good = test::ljh_header("2.2.0");
  CHECK(refusal(good).what.empty());
  CHECK(refusal(with(good, "Version: 2.2.0", "Version: 4.0")).where.line == 2);
  CHECK(refusal(with(good, "Total Samples: 4", "Total Samples: 1e9")).what.find("total samples") != std::string::npos);
  CHECK_FALSE(refusal(with(good, "Total Samples: 4", "Total Samples: many")).what.empty());
  CHECK_FALSE(refusal(with(good, "Presamples: 2", "Presamples: 5")).what.empty());
  CHECK_FALSE(refusal(with(good, "Presamples: 2", "Presamples: -1")).what.empty());
  CHECK_FALSE(refusal(with(good, "9.600000e-06", "0")).what.empty());
  CHECK_FALSE(refusal(with(good, "9.600000e-06", "inf")).what.empty());
  CHECK_FALSE(refusal(with(good, "In Bytes: 2", "In Bytes: 4")).what.empty());
  CHECK(refusal(with(good, "Timebase: 9.600000e-06\n", "")).what == "the header has no \"Timebase\"");
  CHECK_FALSE(refusal(with(test::ljh_header("2.1.0"), "Timestamp", "Timestomp")).what.empty());
  CHECK_FALSE(refusal(with(good, "#End of Header", "")).what.empty());
  std::string endless;
  for (int i = 0; i < 300; ++i) endless += "Dummy: 0\n";
  CHECK_FALSE(refusal(test::ljh_header("2.2.0", endless)).what.empty());
  CHECK_FALSE(refusal("{\"File Format\":\"LJH3\"").what.empty());
  CHECK_FALSE(refusal("{\"File Format\":\"LJH3\"}\n").what.empty());
  CHECK_FALSE(refusal("{\"File Format\":\"LJH3\",\"frameperiod\":-1}\n").what.empty());
  std::string damaged = test::ljh3_header();
  for (int i = 0; i < 30; ++i) damaged += '\xff';
  CHECK(refusal(damaged).where.byte_offset == static_cast<std::int64_t>(test::ljh3_header().size()));
}

TEST_CASE("stamps of damaged records stay in range") {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  const auto file =
      pulses(test::ljh_header("2.2.0") + test::ljh_record(most, most, four) + test::ljh_record(-most, -most, four));
  CHECK(file.stamp(0).posix_ns == most);
  CHECK(file.stamp(1).posix_ns < 0);
  CHECK_THROWS(file.stamp(2));
  CHECK_THROWS(file.stamp(-1));
}

TEST_CASE("the channel of a file is in its name") {
  CHECK(tes::channel_of_name("a/b_chan3/20200219_run0001_chan17.off") == 17);
  CHECK(tes::channel_of_name("demo_chan11.ljh") == 11);
  CHECK(tes::channel_of_name("chan4219.ljh") == 4219);
  CHECK(tes::channel_of_name("a_chan3/v020.off") == -1);
  CHECK(tes::channel_of_name("a_channel3.off") == -1);
  CHECK(tes::channel_of_name("exchan3.off") == -1);
}

TEST_CASE("all versions of OFF give the same columns") {
  for (const char* version : {"0.1.0", "0.2.0", "0.3.0"}) {
    CAPTURE(version);
    const bool delta = std::string{version} == "0.3.0";
    test::OffRecord second{.samples = 1000, .presamples = 500, .frame = 2000, .coefficients = {1, NAN, NAN}};
    const std::string bytes = test::off_header(version) + test::off_record({}, delta) + test::off_record(second, delta);
    const tes::OffFile off = tes::read_off_file(file_of(bytes));
    CHECK(off.format == std::string{"OFF "} + version);
    CHECK(off.channel == 7);
    CHECK(off.frame_s == 4.8e-6);
    CHECK(off.source == "ljh2off.py");
    CHECK(off.pulse_file == "run/a_chan1.ljh");
    CHECK(off.bases == 3);
    CHECK(off.samples == 4);
    CHECK(off.projectors == std::vector<double>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
    CHECK(off.basis == off.projectors);
    CHECK(off.subframe_divisions == 30);
    CHECK(off.subframe_offset == 5);
    REQUIRE(off.records() == 2);
    CHECK(off.record_samples == std::vector<std::int32_t>{4, 1000});
    CHECK(off.record_presamples == std::vector<std::int32_t>{2, 500});
    CHECK(off.frame == std::vector<std::int64_t>{1000, 2000});
    CHECK(off.posix_ns[1] == 1582151025932277000);
    CHECK(off.pretrigger_mean[0] == 10);
    CHECK(off.pretrigger_delta == (delta ? std::vector<float>{0.5F, 0.5F} : std::vector<float>{}));
    CHECK(off.residual_sigma[0] == 2);
    CHECK(off.height(0) == 6);
    CHECK(off.phase(0) == 0.5);
    CHECK(std::isnan(off.height(1)));
    CHECK(off.left_over_bytes == 0);
    CHECK(tes::read_off_file(file_of(bytes + "abcde")).left_over_bytes == 5);
  }
}

TEST_CASE("the channel of an OFF file whose name does not say is in its header") {
  const std::string bytes =
      with(test::off_header("0.3.0"), "\"NumberOfBases\"", "\"ChannelNumberMatchingName\": 3,\n    \"NumberOfBases\"");
  CHECK(tes::read_off_file(file_of(bytes, "v.off")).channel == 3);
  CHECK(tes::read_off_file(file_of(test::off_header("0.3.0"), "v.off")).channel == -1);
}

TEST_CASE("fields of an OFF header may be null") {
  const std::string bytes =
      with(with(test::off_header("0.3.0"), "\"RowNum\": 5", "\"RowNum\": null"), "\"run/a_chan1.ljh\"", "null");
  const tes::OffFile off = tes::read_off_file(file_of(bytes));
  CHECK(off.subframe_offset == 0);
  CHECK(off.pulse_file.empty());
}

TEST_CASE("numbers of an OFF header may be quoted, as ljh2off writes them") {
  const std::string header = with(with(test::off_header("0.1.0"), "\"NumberOfRows\": 30", "\"NumberOfRows\": \"30\""),
                                  "\"RowNum\": 5", "\"RowNum\": \"5\"");
  const tes::OffFile off = tes::read_off_file(file_of(header + test::off_record({}, false)));
  CHECK(off.subframe_divisions == 30);
  CHECK(off.subframe_offset == 5);
  CHECK_THROWS_AS(tes::read_off_file(file_of(with(test::off_header("0.1.0"), "\"RowNum\": 5", "\"RowNum\": \"five\""))),
                  core::UnreadableFile);
}

TEST_CASE("an OFF header that makes no sense is refused") {
  const std::string good = test::off_header("0.3.0");
  CHECK(refusal(good).what.empty());
  CHECK_FALSE(refusal(with(good, "\"0.3.0\"", "\"0.4.0\"")).what.empty());
  CHECK_FALSE(refusal(with(good, "\"NumberOfBases\": 3", "\"NumberOfBases\": null")).what.empty());
  CHECK_FALSE(refusal(with(good, "\"NumberOfBases\": 3", "\"NumberOfBases\": 2")).what.empty());
  CHECK_FALSE(refusal(with(good, "\"NumberOfBases\": 3", "\"NumberOfBases\": 3.5")).what.empty());
  CHECK_FALSE(refusal(with(good, "\"NumberOfBases\": 3", "\"NumberOfBases\": 1e300")).what.empty());
  CHECK_FALSE(refusal(with(good, "\"NumberOfBases\": 3", "\"NumberOfBases\": 4")).what.empty());
  CHECK_FALSE(refusal(with(good, "\"Cols\": 4", "\"Cols\": 5")).what.empty());
  CHECK_FALSE(refusal(with(good, "4.8e-06", "0")).what.empty());
  CHECK_FALSE(refusal(with(good, "4.8e-06", "\"x\"")).what.empty());
  CHECK_FALSE(refusal(with(good, "4.8e-06", "1e999")).what.empty());
  CHECK(refusal(with(good, "\"NumberOfBases\": 3", "\"NumberOfBases\" 3")).where.line == 4);
  CHECK(refusal(with(good, "\n}\n", "\n} \n")).what == "the header does not end");
  // sizes are held against the file before anything is made of them
  const std::string huge = with(with(good, "\"Cols\": 4", "\"Cols\": 9999999"), "\"Rows\": 4", "\"Rows\": 9999999");
  CHECK(refusal(huge).what == "the file ends inside its model");
  CHECK(refusal(good.substr(0, good.size() - 1)).what == "the file ends inside its model");
  const std::string embedded = test::off_header("0.1.0");
  CHECK_FALSE(refusal(with(embedded, "AAAAAAAA", "AAA")).what.empty());
  CHECK_FALSE(refusal(with(embedded, "AAAAAAAA", "AAAA!AAA")).what.empty());
  CHECK_FALSE(refusal(with(embedded, "RowMajor", "ColumnMajor")).what.empty());
}

TEST_CASE("an experiment state holds until the next one") {
  const auto states = tes::read_experiment_states(file_of(
      "# unix time in nanoseconds, state label\n10476000000000, START\n10490000000000, PAUSE\r\n10500000000000, SCAN1\n"
      "10510000000000, PAUSE\n10580000000000, STOP\n"));
  REQUIRE(states.intervals.size() == 5);
  CHECK(states.intervals[1].label == "PAUSE");
  CHECK(states.intervals[3].label == "PAUSE");
  CHECK(states.intervals[2].stop_ns == 10510000000000);
  CHECK(states.intervals[4].stop_ns == std::numeric_limits<std::int64_t>::max());
  CHECK(states.at(10475999999999) == -1);
  CHECK(states.at(10476000000000) == 0);
  CHECK(states.at(10505000000000) == 2);
  CHECK(states.at(10510000000000) == 3);
  CHECK(states.at(99580000000000) == 4);
  CHECK(states.remarks.empty());
}

TEST_CASE("experiment states that run backwards or are no states are refused with their line") {
  const std::string head = "# unix time in nanoseconds, state label\n";
  CHECK(refusal(head + "200, START\n100, A\n").where.line == 3);
  CHECK(refusal(head + "200 START\n").where.line == 2);
  CHECK(refusal(head + "2e3, START\n").where.line == 2);
  CHECK(refusal(head + "99999999999999999999, START\n").where.line == 2);
  CHECK(refusal(head + "200,\n").where.line == 2);
  CHECK(says(tes::read_experiment_states(file_of(head + "200, START\n200, A\n")).remarks, "not STOP"));
  CHECK(says(tes::read_experiment_states(file_of(head)).remarks, "No state"));
}

TEST_CASE("external triggers of both dialects read") {
  for (const char* divisions : {"nrow=  64", "subframeDivisions=  64"}) {
    const std::string bytes = test::trigger_file(divisions, {100, 250, 900});
    const auto triggers = tes::read_external_triggers(file_of(bytes + "abc"));
    CHECK(triggers.subframe_divisions == 64);
    CHECK(triggers.subframes == std::vector<std::int64_t>{100, 250, 900});
    CHECK(triggers.left_over_bytes == 3);
  }
  CHECK_FALSE(refusal(test::trigger_file("nrow= 0", {1})).what.empty());
  CHECK_FALSE(refusal(test::trigger_file("columns= 8", {1})).what.empty());
  CHECK_FALSE(refusal("# external trigger without an end").what.empty());
}

TEST_CASE("a pulse knows the triggers around it") {
  tes::ExternalTriggers triggers{.subframes = {900, 100, 250}};
  const auto distance = tes::distance_to_triggers(triggers, {50, 100, 300, 900});
  CHECK(distance.since_last == std::vector<std::int64_t>{-1, 0, 50, 0});
  CHECK(distance.until_next == std::vector<std::int64_t>{50, 150, 600, -1});
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  triggers.subframes = {-most, most};
  CHECK(tes::distance_to_triggers(triggers, {most - 1}).since_last == std::vector<std::int64_t>{most});
  CHECK(tes::distance_to_triggers({}, {5}).until_next == std::vector<std::int64_t>{-1});
}

TEST_CASE("dropped frames read as pairs") {
  const std::string head = "# first framenum after drop, number of dropped frames\n";
  const auto drops = tes::read_dropped_frames(file_of(head + "1000,20\n3000 5\n"));
  REQUIRE(drops.gaps.size() == 2);
  CHECK(drops.gaps[1].first_frame_after == 3000);
  CHECK(drops.gaps[0].frames == 20);
  CHECK(refusal(head + "1000\n").where.line == 2);
  CHECK(refusal(head + "1000, -2\n").where.line == 2);
}

TEST_CASE("an SSRL scan has a pass a document, with its points in the order of the file") {
  const tes::ScanLog log = log_of(test::ssrl_scan_log);
  CHECK(log.format == "SSRL YAML");
  CHECK(log.kind == tes::LogKind::scan);
  CHECK(log.name == "20200219_017");
  CHECK(log.calibration == "20200219_016");
  CHECK(log.sample == "ad1");
  REQUIRE(log.passes.size() == 2);
  CHECK(log.passes[1].name == "pass 1");
  CHECK(log.passes[0].start_ns == 1582152304889971000);
  CHECK(log.passes[0].stop_ns == 1582152696440137000);
  REQUIRE(log.passes[0].points.size() == 2);
  CHECK(log.passes[0].points[1].position == 768.401);
  CHECK(log.passes[0].points[0].start_ns == 1582152317990670000);
  CHECK(log.passes[0].points[0].stop_ns == 1582152319190477000);
  CHECK(log.remarks.empty());
}

TEST_CASE("the interval of an SSRL calibration is that of its header") {
  const tes::ScanLog log = log_of(test::ssrl_calibration_log);
  CHECK(log.kind == tes::LogKind::calibration);
  CHECK(log.name == "20200219_016");
  CHECK(log.calibration.empty());
  REQUIRE(log.passes.size() == 1);
  CHECK(log.passes[0].start_ns == 1582151025932277000);
  CHECK(log.passes[0].stop_ns == 1582152196789819000);
  CHECK(log.passes[0].incident_eV == 1000);
  CHECK(log.passes[0].points.empty());
}

TEST_CASE("points of a log that make no sense are left out and told") {
  const std::string head = "--- {dtype: data, motor: mono, pfolder: 'a'}\n--- {header: {pass: 0}, mono: {";
  SUBCASE("an energy named twice stays as two points") {
    const tes::ScanLog log = log_of(head + "770: [1000, 1001], 771: [1002, 1003], 770: [1004, 1005]}}\n");
    REQUIRE(log.passes[0].points.size() == 3);
    CHECK(log.passes[0].points[2].position == 770);
    CHECK(says(log.remarks, "One energy is named twice and stays as two points: pass 0 at 770 eV."));
    CHECK(log.passes[0].start_ns == 1000000000000);
    CHECK(log.passes[0].stop_ns == 1005000000000);
  }
  SUBCASE("an energy come to again may also stand in one list") {
    const tes::ScanLog log = log_of(head + "770: [1000, 1001, 1004, 1005]}}\n");
    CHECK(log.passes[0].points.size() == 2);
    CHECK(says(log.remarks, "named twice"));
  }
  SUBCASE("windows that overlap others go, as few as possible") {
    const tes::ScanLog log = log_of(
        head + "770: [1000, 1002], 771: [1001, 1003], 772: [1003, 1004], 773: [1000, 9000], 774: [1004, 1005]}}\n");
    REQUIRE(log.passes[0].points.size() == 3);
    CHECK(log.passes[0].points[0].position == 770);
    CHECK(log.passes[0].points[1].position == 772);
    CHECK(log.passes[0].points[2].position == 774);
    CHECK(says(log.remarks, "2 windows overlap others and were left out; the first is pass 0 at 771 eV."));
  }
  SUBCASE("windows of two passes overlap, too") {
    const tes::ScanLog log = log_of(head + "770: [1000, 1002]}}\n--- {header: {pass: 1}, mono: {770: [1001, 1003]}}\n");
    CHECK(log.passes[0].points.size() == 1);
    CHECK(log.passes[1].points.empty());
    CHECK(says(log.remarks, "pass 1 at 770 eV"));
  }
  SUBCASE("points without an end and points that end before they begin go") {
    const tes::ScanLog log =
        log_of(head + "770: [1000, 1001], 771: [1002], 772: [1003, null], 773: [1005, 1004], 774: [1006, 1006]}}\n");
    CHECK(log.passes[0].points.size() == 1);
    CHECK(says(log.remarks, "2 points have no end and were left out; the first is pass 0 at 771 eV."));
    CHECK(says(log.remarks, "2 points end before they begin and were left out; the first is pass 0 at 773 eV."));
  }
  SUBCASE("a log that is left without a point is refused") {
    CHECK_FALSE(refusal(head + "770: [1000]}}\n").what.empty());
    CHECK_FALSE(refusal(head + "}}\n").what.empty());
  }
}

TEST_CASE("broken YAML is refused with its line") {
  const std::string good = test::ssrl_scan_log;
  CHECK(refusal(good).what.empty());
  CHECK(refusal(good + "--- {header: [\n").where.line.value_or(0) >= 8);
  CHECK(refusal(with(good, "dtype: data", "dtype: both")).where.line == 1);
  CHECK(refusal(with(good, "1582152320.790062", "soon")).where.line == 5);
  CHECK(refusal(with(good, "1582152320.790062", "-5")).where.line == 5);
  CHECK(refusal(with(good, "768.401", "high")).where.line == 4);
  CHECK(refusal(good + "}, a: b\n").where.line == 8);
  CHECK(refusal(good + "---\n" + good).what == "a document without a header");
  CHECK_FALSE(refusal(with(good, "header:", "footer:")).what.empty());
  CHECK_FALSE(
      refusal(with(good, "768.401: [1582152319.590172,\n      1582152320.790062]", "768.401: {}")).what.empty());
  CHECK_FALSE(refusal("--- {dtype: cal, pfolder: a}\n--- {header: {start: 5}}\n").what.empty());
}

TEST_CASE("a scan server's log is a scan although it names its calibration") {
  const tes::ScanLog log = log_of(test::server_scan_log);
  CHECK(log.format == "scan server JSON");
  CHECK(log.kind == tes::LogKind::scan);
  CHECK(log.name == "SCAN3");
  CHECK(log.calibration == "CAL2");
  CHECK(log.sample == "NiO");
  REQUIRE(log.passes.size() == 1);
  REQUIRE(log.passes[0].points.size() == 2);
  CHECK(log.passes[0].points[1].position == 770.5);
  CHECK(log.passes[0].points[1].start_ns == 1582152319000000000);
  CHECK(log.passes[0].points[0].i0 == 0);
  CHECK(log.passes[0].points[1].i0 == 2.5);
  CHECK(log.passes[0].start_ns == 1582152317500000000);
}

TEST_CASE("calibrations of a scan server come in two dialects") {
  const std::string base =
      with(with(test::server_scan_log, "\"cal_number\": 2, \"calibration\": false", "\"routine\": \"mix\""), "770.5",
           "770.0");
  const tes::ScanLog log = log_of(base);
  CHECK(log.kind == tes::LogKind::calibration);
  CHECK(log.name == "CAL3");
  REQUIRE(log.passes.size() == 1);
  CHECK(log.passes[0].start_ns == 1582152317500000000);
  CHECK(log.passes[0].stop_ns == 1582152320000000000);
  CHECK(log.passes[0].incident_eV == 770);
  CHECK(log.passes[0].points.empty());
  const tes::ScanLog older = log_of(
      R"({"start_unixnano": 1582152317500000001, "end_unixnano": 1582152320000000001, "sample_desc": "mix", "routine": "r", "cal_number": 4})");
  CHECK(older.kind == tes::LogKind::calibration);
  CHECK(older.name == "CAL4");
  CHECK(older.passes.at(0).start_ns == 1582152317500000001);
}

TEST_CASE("a scan cut short lacks the end of its last point") {
  const tes::ScanLog log =
      log_of(with(with(test::server_scan_log, "[1582152318.5, 1582152320.0]", "[1582152318.5]"), "true", "false"));
  CHECK(log.passes[0].points.size() == 1);
  CHECK(says(log.remarks, "no end"));
  CHECK(says(log.remarks, "before the scan had ended"));
}

TEST_CASE("a broken log of a scan server is refused") {
  const std::string good = test::server_scan_log;
  CHECK(refusal(good).what.empty());
  CHECK(refusal(with(good, "\"var_values\": [770.0,", "\"var_values\": [770.0,,")).where.line == 3);
  CHECK_FALSE(refusal(good.substr(0, 200)).what.empty());
  CHECK_FALSE(refusal(with(good, "[770.0, 770.5]", "[770.0]")).what.empty());
  CHECK_FALSE(refusal(with(good, "[770.0, 770.5]", "\"770\"")).what.empty());
  CHECK_FALSE(refusal(with(good, "[770.0, 770.5]", "[770.0, \"a\"]")).what.empty());
  CHECK_FALSE(refusal(with(good, "1582152318.5", "1e300")).what.empty());
  CHECK_FALSE(refusal(with(good, "\"scan_num\": 3", "\"scan_num\": 1e30")).what.empty());
  CHECK_FALSE(refusal(with(good, "{\"1\": {\"I0\": 2.5}}", "[]")).what.empty());
}

TEST_CASE("documents of bluesky give the points of the primary stream") {
  const tes::ScanLog log = log_of(test::bluesky_log);
  CHECK(log.format == "bluesky documents");
  CHECK(log.kind == tes::LogKind::scan);
  CHECK(log.name == "SCAN3");
  CHECK(log.sample == "LNO");
  CHECK(log.variable == "en_energy");
  CHECK(log.unit == "eV");
  CHECK(log.calibration == "c");
  REQUIRE(log.passes.size() == 1);
  REQUIRE(log.passes[0].points.size() == 2);
  const tes::ScanPoint& first = log.passes[0].points[0];
  CHECK(first.position == 850);
  CHECK(first.start_ns == 1600000000250000000);
  CHECK(first.stop_ns == 1600000002250000000);
  CHECK(first.i0 == 1.5);
  CHECK(log.passes[0].points[1].i0 == 0);
}

TEST_CASE("many events of bluesky may stand on one page") {
  std::string bytes = test::bluesky_log.substr(0, test::bluesky_log.find("[\"event\""));
  bytes +=
      R"(["event_page", {"descriptor": "d", "time": [1600000003.0, 1600000006.0], "data": {"en_energy": [850.0, 851.0],)"
      R"( "tes_scan_point_start": [1600000000.25, 1600000003.25]}}])"
      "\n";
  const tes::ScanLog log = log_of(bytes);
  REQUIRE(log.passes[0].points.size() == 2);
  CHECK(log.passes[0].points[1].position == 851);
  CHECK(says(log.remarks, "no stop document"));
}

TEST_CASE("a calibration of bluesky is one interval") {
  const tes::ScanLog log =
      log_of(with(with(test::bluesky_log, "\"tes_cal_flag\": false", "\"tes_cal_flag\": true"), "SCAN3", "CAL1"));
  CHECK(log.kind == tes::LogKind::calibration);
  CHECK(log.name == "CAL1");
  REQUIRE(log.passes.size() == 1);
  CHECK(log.passes[0].start_ns == 1600000000250000000);
  CHECK(log.passes[0].stop_ns == 1600000005250000000);
  CHECK(log.passes[0].incident_eV == 850);
}

TEST_CASE("broken documents of bluesky are refused with their line") {
  const std::string good = test::bluesky_log;
  CHECK(refusal(good).what.empty());
  CHECK(refusal(with(good, "[\"event\", {\"descriptor\": \"other\"", "[\"event\", [")).where.line == 4);
  CHECK(refusal(good + "17\n").where.line == 7);
  CHECK(refusal(good + good).what == "a second run begins here");
  CHECK_FALSE(refusal(with(good, "\"name\": \"primary\"", "\"name\": \"baseline\"")).what.empty());
  CHECK_FALSE(refusal(with(good, "1600000000.25", "\"now\"")).what.empty());
  CHECK_FALSE(refusal(with(good, "1600000000.25", "1e30")).what.empty());
}

TEST_CASE("seconds become nanoseconds without losing their microseconds") {
  CHECK(tes::nanoseconds(1582152317.99067) == 1582152317990670000);
  CHECK(tes::nanoseconds(1582152319.190477) == 1582152319190477000);
  CHECK(tes::nanoseconds(0) == 0);
  CHECK(tes::nanoseconds(1e300) == std::numeric_limits<std::int64_t>::max());
  CHECK(tes::nanoseconds(NAN) == 0);
}

TEST_CASE("files of a run are known by their content") {
  using enum tes::FileKind;
  CHECK(tes::recognise(test::ljh_header("2.2.0")) == pulses);
  CHECK(tes::recognise(test::ljh3_header()) == pulses);
  CHECK(tes::recognise(test::off_header("0.1.0")) == off);
  CHECK(tes::recognise(test::off_header("0.3.0")) == off);
  CHECK(tes::recognise("# unix time in nanoseconds, state label\n") == states);
  CHECK(tes::recognise("# unixnano, state label\n") == states);
  CHECK(tes::recognise(test::trigger_file("nrow= 4", {})) == triggers);
  CHECK(tes::recognise("# first framenum after drop, number of dropped frames\n") == drops);
  CHECK(tes::recognise(test::ssrl_scan_log) == scan_log);
  CHECK(tes::recognise(test::server_scan_log) == scan_log);
  CHECK(tes::recognise(test::bluesky_log) == scan_log);
  for (const char* other : {"", "{", "---\na: 1\n", "# XDI/1.0\n", "{\"a\": 1}", "energy mu\n1 2\n", "[1, 2]"})
    CHECK(tes::recognise(other) == none);
  CHECK(refusal("energy mu\n1 2\n").what == "is no file of a microcalorimeter run that we recognise");
}

TEST_CASE("a summary counts what a file holds") {
  const auto summary = tes::summarise_file(file_of(test::ssrl_scan_log));
  CHECK(summary.kind == tes::FileKind::scan_log);
  CHECK(summary.counted == "points");
  CHECK(summary.count == 3);
  const auto triggers = tes::summarise_file(file_of(test::trigger_file("nrow= 64", {1, 2})));
  CHECK(triggers.count == 2);
  const auto cut = tes::summarise_file(file_of(test::ljh_header("2.2.0") + "abc"));
  CHECK(cut.counted == "records");
  CHECK(cut.count == 0);
  CHECK(says(cut.remarks, "cut short"));
}
