#include <doctest/doctest.h>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/io/nexus_file.hpp"
#include "xas_cases.hpp"

using namespace lithoscope;

namespace {

std::string rows_of(int count, const std::string& separator = " ") {
  std::string out;
  for (int i = 0; i < count; ++i)
    out += std::to_string(100 + i) + separator + std::to_string(i * 0.1) + separator + "5\n";
  return out;
}

const core::ErrorFacts& facts_of(const std::string& bytes) {
  static core::ErrorFacts facts;
  facts = {};
  try {
    test::read_scans(bytes);
  } catch (const core::UnreadableFile& error) {
    facts = error.facts();
  }
  return facts;
}

const std::string xdi_head =
    "# XDI/1.0 me\n# Column.1: energy eV\n# Column.2: mu\n# Column.3: i0\n# Element.symbol: Ni\n"
    "# Element.edge: L3\n# Mono.d_spacing: 3.1\n# Facility.name: F\n# Beamline.name: B\n";

}  // namespace

TEST_CASE("XDI gives columns, units, element and edge, and no remark when all is there") {
  const auto file =
      test::read_scans(xdi_head + "# Sample.name: mine\n# ///\n# a comment\n#-----\n# energy mu i0\n" + rows_of(4));
  const xas::Scan& scan = file.scans.front();
  CHECK(file.format == "XDI");
  CHECK(scan.name == "mine");
  CHECK(scan.element == "Ni");
  CHECK(scan.rows() == 4);
  CHECK(scan.columns[*scan.energy].unit == "eV");
  CHECK(scan.remarks.empty());
  CHECK(scan.fact("comment") == "a comment");
}

TEST_CASE("a broken field, row or number of XDI is refused with its line") {
  CHECK(facts_of(xdi_head + "# Family.key:\n#----\n" + rows_of(3)).where.line == 10);
  CHECK(facts_of(xdi_head + "# Family key: x\n#----\n" + rows_of(3)).where.line == 10);
  CHECK(facts_of(xdi_head + "#----\n100 1 2\n101 nan 2\n102 1 2\n").where.line == 12);
  CHECK(facts_of(xdi_head + "#----\n100 1 2\n101 1\n").where.line == 12);
  CHECK(facts_of(xdi_head + "#----\n").what == "no table of numbers");
}

TEST_CASE("angles of a monochromator become energies") {
  const auto file = test::read_scans(
      "# XDI/1.0\n# Column.1: angle degrees\n# Column.2: mu\n# Mono.d_spacing: 3.13553\n#----\n14.30 1\n14.20 2\n14.10 "
      "3\n");
  const xas::Scan& scan = file.scans.front();
  REQUIRE(scan.energy);
  CHECK(scan.columns[*scan.energy].values[0] == doctest::Approx(8004.4).epsilon(1e-3));
}

TEST_CASE("an Athena project of Perl gives its records, nested values and escapes passed over") {
  const std::string project =
      "# Athena project file -- Demeter version 0.9.26\n\n$old_group = 'abc';\n"
      "@args = ('titles',['a','b, c'],'label','it\\'s NiO','bkg_z','Ni','fft_edge','l3','xdi',{'x' => "
      "'1'},'bkg_e0','8333','bkg_nnorm',3);\n"
      "@x = ('1','2.5','3e0');\n@y = (\n'0.1','0.2',\n'0.3');\n[record] # create\n\n@journal = ();\n\n1;\n";
  const auto file = test::read_scans(project);
  REQUIRE(file.scans.size() == 1);
  const xas::Scan& scan = file.scans.front();
  CHECK(scan.name == "it's NiO");
  CHECK(scan.element == "Ni");
  CHECK(scan.edge == "L3");
  CHECK(scan.fact("bkg_e0") == "8333");
  CHECK(scan.find("mu")->values == std::vector<double>{0.1, 0.2, 0.3});
  CHECK_THROWS_AS(test::read_scans(project.substr(0, project.find("[record]"))), core::UnreadableFile);
}

TEST_CASE("an Athena project of JSON gives the same") {
  const auto file = test::read_scans(
      R"({"_header1": "# Athena project file -- Demeter version 0.9.26", "k": {"args": {"label": "one", "bkg_z": "Fe"}, "x": ["1","2","3"], "y": [0.1, 0.2, 0.3]}})");
  CHECK(file.scans.front().name == "one");
  CHECK(file.scans.front().find("mu")->values[2] == 0.3);
}

TEST_CASE("SPEC files give every scan; one that was stopped before its first point is counted") {
  const auto file = test::read_scans(
      "#F file\n#E 1\n\n#S 1  ascan energy\n#N 2\n#L mono energy  Ion 1\n0.53 7\n0.54 8\n\n#S 2  aborted\n#L a  b\n\n"
      "#S 3  ascan\n#L Energy  det\n530 1\n531 2\n532 3\n");
  REQUIRE(file.scans.size() == 2);
  CHECK(file.scans[0].columns[1].name == "Ion 1");
  CHECK(file.scans[0].columns[*file.scans[0].energy].values[0] == 530);  // written in keV
  CHECK(file.scans[1].rows() == 3);
  CHECK(!file.scans[0].remarks.empty());
}

TEST_CASE("SSRL 8-2's tables: counts over I0, and yields already divided") {
  const auto raw = test::read_scans(
      "    #,      mono,  Seconds,       i0,      tey\n    0, 520, 0.4, 6210, 9433\n    1, 520.2, 0.4, 6221, 9436\n"
      "    2, 520.4, 0.4, 6244, 9445\n");
  const xas::Channels of_raw = xas::usual_channels(raw.scans.front());
  CHECK(of_raw.signal == std::vector<std::string>{"tey"});
  CHECK(of_raw.i0 == "i0");
  const auto reduced =
      test::read_scans("#mono tey aey i0\n520 0.3 0.2 6000\n520.2 0.31 0.2 6000\n520.4 0.32 0.2 6000\n");
  CHECK(xas::usual_channels(reduced.scans.front()).i0.empty());
}

TEST_CASE("ALS SigScan: the energy asked for, not the one read back") {
  const auto file = test::read_scans(
      "Date: 7/15/2016\r\n\r\nScan Number: 3\r\n\r\nTime of Day\tTime (s)\tEnergy\tIzero\tTEY_up\tEnergy\t\r\n"
      "00:09:02\t1\t515\t4\t1\t514.9\t\r\n00:09:08\t2\t516\t4\t2\t515.9\t\r\n");
  const xas::Scan& scan = file.scans.front();
  CHECK(file.format == "ALS SigScan");
  CHECK(scan.columns[*scan.energy].values[1] == 516);
  CHECK(scan.find("Energy readback") != nullptr);
}

TEST_CASE("mda2ascii names columns by their description and number") {
  const auto file = test::read_scans(
      "## mda2ascii 1.2 generated output\n\n# Scan number = 7\n# Overall scan dimension = 1-D\n"
      "#    2  [1-D Positioner 1]  P:SP, Mono setpoint, TABLE, eV, R, Mono, eV\n#    3  [1-D Detector   1]  D:1, "
      "Sample Drain, A\n"
      "1\t510\t3e-10\n2\t511\t3.1e-10\n");
  const xas::Scan& scan = file.scans.front();
  CHECK(scan.name == "7");
  CHECK(scan.find("Sample Drain")->unit == "A");
  CHECK(scan.columns[*scan.energy].values[0] == 510);
}

TEST_CASE("a header without a table is refused") {
  CHECK_THROWS_AS(test::read_scans("## mda2ascii 1\n# Scan number = 1\n#  2  [1-D Positioner 1]  A, e, L, eV\n"),
                  core::UnreadableFile);
  CHECK_THROWS_AS(test::read_scans("Date: 1/1/2016\r\n\r\nTime of Day\tTime (s)\tEnergy\r\n"), core::UnreadableFile);
}

TEST_CASE("plain columns: names, units in brackets, rows in a header, comments between rows") {
  const auto file = test::read_scans(
      "My beamline\n 1 2 3\n 4 5 6\nEnergy [eV]\tI0\tTEY (A)\n100\t1\t2\n101\t1\t3\n# pause\n102\t1\t4\n103\t1\t5\n");
  const xas::Scan& scan = file.scans.front();
  CHECK(scan.rows() == 4);
  CHECK(scan.columns[0].unit == "eV");
  CHECK(scan.columns[2].name == "TEY");
  CHECK(facts_of("a b\n1 2\n2 3\n3 4\n4 x\n5 6\n").where.line == 5);
  CHECK_THROWS_AS(test::read_scans("only words\nand more\n"), core::UnreadableFile);
}

TEST_CASE("NXdata goes out and comes back, several spectra of one array apart") {
  xas::Spectrum s = test::edge_spectrum(100, 0.5, 0.01);
  s.element = "Fe";
  s.edge = "K";
  const auto back = test::read_scans(xas::nxdata_file(s), "a.nxs");
  CHECK(back.format == "NeXus NXxas");
  CHECK(back.scans.front().element == "Fe");
  CHECK(back.scans.front().edge == "K");
  CHECK(back.scans.front().find("intensity")->values == s.intensity);
  CHECK(back.scans.front().find("intensity_errors")->values[3] == doctest::Approx(0.01));

  io::NexusWriter classic;  // the classic definition, data without an NXdata
  classic.group("/entry", "NXentry");
  classic.text("/entry/definition", "NXxas");
  classic.group("/entry/data", "NXdata");
  classic.numbers("/entry/data/energy", std::vector<double>{1, 2, 3}, "keV");
  classic.numbers("/entry/data/absorbed_beam", std::vector<double>{4, 5, 6}, "");
  const auto old = test::read_scans(classic.finish(), "b.nxs");
  CHECK(old.scans.front().columns[*old.scans.front().energy].values[0] == 1000);
  CHECK(xas::usual_channels(old.scans.front()).signal.front() == "absorbed_beam");
  CHECK_THROWS_AS(test::read_scans(xas::nxdata_file(s).substr(0, 900), "c.nxs"), core::UnreadableFile);
}

TEST_CASE("XDI goes out and comes back with its uncertainties") {
  xas::Spectrum s = test::edge_spectrum(100, 0.5, 0.01);
  s.name = "sample 1";
  const auto back = test::read_scans(xas::xdi_text(s));
  const xas::Spectrum again = xas::make_spectrum(back.scans.front(), xas::usual_channels(back.scans.front()), "x");
  CHECK(again.size() == s.size());
  CHECK(again.noise == xas::Noise::column);
  CHECK(again.variance[7] == doctest::Approx(1e-4));
  CHECK(again.intensity[300] == doctest::Approx(s.intensity[300]).epsilon(1e-9));
}

TEST_CASE("a scan is chosen by name or number, and names mean one scan") {
  const auto file = test::read_scans("#S 1  a\n#L x  y\n1 1\n2 2\n#S 1  a\n#L x  y\n3 1\n4 2\n", "s.spec");
  CHECK(file.scans[1].name == "1  a (2)");
  CHECK(xas::scan_of(file, "1  a (2)").rows() == 2);
  CHECK(&xas::scan_of(file, "1  A") == &file.scans[0]);
  CHECK_THROWS_AS(xas::scan_of(file, ""), core::UsageError);
  CHECK_THROWS_AS(xas::scan_of(file, "5"), core::UsageError);
}
