#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdio>

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
  CHECK(back.format == "NeXus");
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

// ---- dialects: what other programs make of the same table --------------------------------------------------------

namespace {

// An edge at 6548 eV seen in transmission: what every dialect below writes.
struct Beams {
  double energy = 0, i0 = 0, it = 0;
};
std::vector<Beams> beams() {
  std::vector<Beams> out;
  for (int i = 0; i < 200; ++i) {
    const double e = 6448 + i;
    out.push_back({e, 1e6, 1e6 * std::exp(-0.3 - test::edge_curve(e, 6548))});
  }
  return out;
}

struct Form {
  std::string separator = " ";
  bool decimal_comma = false;
  char exponent = 0;  // 'e', 'D': scientific
};

std::string table(const std::string& header, const Form& form = {}) {
  std::string out = header;
  const auto cell = [&](double value) {
    std::array<char, 60> text{};
    if (form.exponent != 0) {
      std::snprintf(text.data(), text.size(), "%.8e", value);
    } else {
      std::snprintf(text.data(), text.size(), "%.6f", value);
    }
    std::string word = text.data();
    if (form.decimal_comma) std::ranges::replace(word, '.', ',');
    if (form.exponent != 0) std::ranges::replace(word, 'e', form.exponent);
    return word;
  };
  for (const Beams& b : beams())
    out += cell(b.energy) + form.separator + cell(b.i0) + form.separator + cell(b.it) + "\n";
  return out;
}

void check_transmission(const std::string& bytes, const char* formula) {
  const auto file = test::read_scans(bytes);
  const xas::Scan& scan = file.scans.front();
  const xas::Channels channels = xas::completed(scan, {});
  CHECK(xas::formula_of(channels) == formula);
  const xas::Spectrum s = xas::make_spectrum(scan, channels, "x");
  CHECK(s.size() == 200);
  CHECK(s.energy_eV.front() == doctest::Approx(6448));
  CHECK(s.intensity[100] == doctest::Approx(0.3 + test::edge_curve(6548, 6548)).epsilon(1e-6));
}

std::string utf16(const std::string& text, bool little) {
  std::string out = little ? "\xFF\xFE" : "\xFE\xFF";
  for (const char c : text) {
    if (!little) out += '\0';
    out += c;
    if (little) out += '\0';
  }
  return out;
}

}  // namespace

TEST_CASE("one table in many dialects is one spectrum") {
  const std::string usual = table("# energy i0 itrans\n");
  check_transmission(usual, "ln(i0/itrans)");
  check_transmission("\xEF\xBB\xBF" + usual, "ln(i0/itrans)");
  check_transmission(utf16(usual, true), "ln(i0/itrans)");
  check_transmission(utf16(usual, false), "ln(i0/itrans)");
  std::string returns = usual;
  std::ranges::replace(returns, '\n', '\r');
  check_transmission(returns, "ln(i0/itrans)");
  check_transmission(usual + "\nScan finished 12:00\n", "ln(i0/itrans)");
  check_transmission(usual + "6648.0 1000", "ln(i0/itrans)");  // the file is still being written
  check_transmission(usual + "6648.0 1e6 3.0e", "ln(i0/itrans)");
  check_transmission(table("Energie\tI0\tItrans\n", {"\t", true}), "ln(I0/Itrans)");
  check_transmission(table("Energy [eV];I0;Itrans\n", {";", true}), "ln(I0/Itrans)");
  check_transmission(table("# energy i0 itrans\n", {" ", true}), "ln(i0/itrans)");
  check_transmission(table("# mono energy   I zero   I trans\n"), "ln(I zero/I trans)");
  check_transmission(table("#CLS Data Acquisition\n#(1) $(Energy) \"$(I0)\" \"$(I1)\"\n#\n"), "ln(I0/I1)");
  check_transmission(table("# LabVIEW Control Panel\n# is a readable list of column headers\n"
                           "# 1) Mono Energy * 2) I0 * 3) It\n#--\n"),
                     "ln(I0/It)");
  check_transmission(table("#D exafs_region\n#C 1_Energy (eV) 2_I0 3_It\n"), "ln(I0/It)");
  check_transmission(table("!\n! Comments\n%c\nmine\n%p\nD = 3.1\n%d\n Col 1 ENERGY DOUBLE\n Col 2 I0 DOUBLE\n Col 3 "
                           "ITRANS DOUBLE\n"),
                     "ln(I0/ITRANS)");
  check_transmission(table("# energy i0 itrans\n", {.exponent = 'D'}), "ln(i0/itrans)");
  check_transmission(table("# energy, i0, itrans\n", {.separator = ", "}), "ln(i0/itrans)");
}

TEST_CASE("a word, a NaN or a short row inside a table is still a fault of its line") {
  const std::string usual = table("# energy i0 itrans\n");
  const std::string row = "6700 1 1\n";
  CHECK(facts_of(usual + "6648 nan 2\n" + row).where.line == 202);
  CHECK(facts_of(usual + "6648 1\n" + row).where.line == 202);
  CHECK(facts_of(usual + "6648 1 nan\n").where.line == 202);
  CHECK(facts_of(utf16(usual, true).substr(0, 4001)).what == "is damaged UTF-16 text");
}

TEST_CASE("the Photon Factory's angles become energies, its modes names") {
  std::string text =
      "  9809     KEK-PF   BL12C\n sample 98.10.01\n Ring : 2.5 GeV\n Mono : SI(111)  D= 3.13551 A  Initial angle= "
      "17.0 "
      "deg\n\n  Angle(c)  Angle(o)    time/s         2         3\n      Mode         0         0         1         2\n"
      "    Offset         0         0   100.0   200.0\n";
  for (const Beams& b : beams()) {
    const double angle = std::asin(12398.41984 / (2 * 3.13551 * b.energy)) * 180 / std::numbers::pi;
    std::array<char, 200> line{};
    std::snprintf(line.data(), line.size(), " 17.0 %.8f 1.0 %.6f %.6f\n", angle, b.i0, b.it);
    text += line.data();
  }
  check_transmission(text, "ln(i0/itrans)");
  std::string no_spacing = text;
  no_spacing.replace(no_spacing.find("D="), 2, "Q ");
  CHECK_THROWS_AS(test::read_scans(no_spacing), core::UnreadableFile);
}

TEST_CASE("of transmission and fluorescence the one is read that shows the edge, and that is said") {
  core::RandomStream random{3, 0};
  std::string dilute = "# energy i0 it ifch1 ifch2\n", thick = dilute, nothing = dilute;
  for (int i = 0; i < 400; ++i) {
    const double e = 6448 + 0.5 * i, mu = test::edge_curve(e, 6548);
    const auto row = [&](double in_beam, double in_light) {
      return std::to_string(e) + " 1e6 " + std::to_string(1e6 * std::exp(-0.5 - in_beam * mu) + 1e3 * random.normal()) +
             " " + std::to_string(50 + in_light * 1e3 * mu + 5 * random.normal()) + " " +
             std::to_string(60 + in_light * 1e3 * mu + 5 * random.normal()) + "\n";
    };
    dilute += row(0, 1);
    thick += row(1, 0);
    nothing += row(0, 0);
  }
  const auto read_as = [](const std::string& bytes) {
    const auto file = test::read_scans(bytes);
    const xas::Channels c = xas::completed(file.scans.front(), {}, false, 6548);
    CHECK(!c.remark.empty());
    return xas::formula_of(c);
  };
  CHECK(read_as(dilute) == "(ifch1 + ifch2)/i0");
  CHECK(read_as(thick) == "ln(i0/it)");
  CHECK_THROWS_AS(read_as(nothing), core::UsageError);
}

TEST_CASE("Athena's undefined arrays are left out, an undefined spectrum is refused") {
  const auto project = [](const std::string& y, const std::string& deviations) {
    return "# Athena project file -- Demeter version 0.9.26\n\n$old_group = 'a';\n@args = ('label','a');\n"
           "@x = ('100','200','300');\n@y = " +
           y + ";\n@stddev = " + deviations + ";\n[record]\n";
  };
  const auto file = test::read_scans(project("('1','2','3')", "(undef)"));
  CHECK(file.scans.front().find("stddev") == nullptr);
  CHECK(file.scans.front().remarks.empty());
  CHECK(test::read_scans(project("('1','2','3')", "('1',undef,'1')")).scans.front().remarks.size() == 1);
  CHECK(facts_of(project("('1',undef,'3')", "('1','1','1')")).found == "undef at number 2");
}

TEST_CASE("HDF5 is read by its structure: BLISS's scans, axes of any spelling, detectors in groups of their own") {
  const std::vector<double> energy{530, 531, 532}, keV{0.530, 0.531, 0.532}, signal{1, 2, 3}, other{4, 5, 6};
  io::NexusWriter bliss;
  for (const char* entry : {"/1.1", "/2.1"}) {
    bliss.group(entry, "NXentry");
    bliss.text(std::string{entry} + "/title", "fscan energy");
    bliss.group(std::string{entry} + "/measurement", "NXcollection");
    bliss.numbers(std::string{entry} + "/measurement/energy_enc", keV, "");
    bliss.numbers(std::string{entry} + "/measurement/mu_trans", signal, "");
  }
  const auto scans = test::read_scans(bliss.finish(), "b.h5").scans;
  REQUIRE(scans.size() == 2);
  CHECK(scans[1].name == "2.1");
  CHECK(scans[1].columns[*scans[1].energy].values == energy);
  CHECK(xas::formula_of(xas::usual_channels(scans[1])) == "mu_trans");

  io::NexusWriter apart;  // one group a detector, as at Diamond
  apart.group("/entry1", "NXentry");
  for (const char* detector : {"I0", "It"}) {
    const std::string group = std::string{"/entry1/"} + detector;
    apart.group(group, "NXdata");
    apart.numbers(group + "/qexafs_energy", energy, "eV");
    apart.numbers(group + "/" + detector, detector[1] == '0' ? signal : other, "");
  }
  const auto joined = test::read_scans(apart.finish(), "d.nxs").scans;
  REQUIRE(joined.size() == 1);
  CHECK(xas::formula_of(xas::usual_channels(joined[0])) == "ln(I0/It)");
}
