// Writes seed inputs for the fuzz targets into DIR/<target>/.
#include <filesystem>
#include <fstream>

#include "mpr_writer.hpp"
#include "tes_cases.hpp"

namespace {

void write(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream{path, std::ios::binary} << bytes;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path root{argv[1]};
  for (const std::uint32_t version : {0u, 2u, 3u, 10u, 11u}) {
    write(root / "mpr" / std::to_string(version),
          lithoscope::test::mpr_file(lithoscope::test::simple_charge(version, 4)));
  }
  write(root / "text/mpt",
        "EC-Lab ASCII FILE\r\nNb header lines : 5\r\n\r\nMass of active material : 1,390 "
        "mg\r\nmode\ttime/s\tEwe/V\tI/mA\t(Q-Qo)/mA.h\t\r\n"
        "1\t0,0\t3,5\t1,0\t0,0\t\r\n1\t1,0\t3,6\t1,0\t2,8E-004\t\r\n");
  write(root / "text/dates", "time/s\tEcell/V\tI/mA\n11/20/2024 11:38:41.707\t4.1\t0\n");
  write(root / "text/bdf",
        "Test Time / s,Voltage / V,Current / A,Step ID,Temperature T1 / degC\n0,3.5,0,1,25\n10,3.6,0.1,2,25.5\n");
  write(root / "text/arbin",
        "Data Point,Test Time (s),Step Index,Current (A),Voltage (V),Charge Capacity (Ah),Discharge Capacity "
        "(Ah)\n1,0,1,0,3.5,0,0\n");
  write(root / "study/full",
        "[sample]\nformula = \"LiCoO2\"\nactive_mass = \"4.1 mg\"\nbet_area = \"3.7 +- 0.3 m2/g\"\n[[state]]\nname = "
        "\"a\"\n"
        "[[measurement]]\nprobe = \"gitt\"\nfiles = [\"x\"]\ncolumns = { time = \"t [s]\", potential = \"E\", current "
        "= { column = \"I\", unit = \"mA\" } }\n"
        "[measurement.settings]\nskip = \"2 s\"\ntheta_max = 0.1\n");
  write(
      root / "report/small",
      R"({"schema":"lithoscope/run/2","program":"p","title":"t","results":[{"probe":"toy","version":"1","name":"n","answers":["a"],"numbers":{"mean":{"units":"V","long_name":"Mean","value":1.5},"mean_errors":{"of":"mean","value":0.1}},"tables":{"t":{"@title":"T","x":{"units":"s","long_name":"x","kind":"numbers","values":[0.0,1.0]},"y":{"units":"V","long_name":"y","kind":"numbers","gaps":"none","values":[1.0,null]},"y_errors":{"of":"y","values":[0.1,0.2]}}},"figures":{"001":{"name":"f","title":"t","x_axis":{"quantity":"x"},"y_axis":{"quantity":"y"},"plots":{"001":{"name":"y","mark":"dots","table":"t","x":"x","y":"y","interval":1}}}},"sections":{"001":{"title":"s","figures":["f"],"tables":["t"]}}}]})");
  const std::string zeros = "0 0 0 0 0 0 0 0 0 0\n";
  std::string field;
  for (int i = 0; i < 10; ++i) field += zeros;
  write(root / "ion/field", "f(1,0)" + field.substr(1));
  write(root / "ion/spectrum", "senergy,intensity,sigma\n850,1,0.1\n851.5,2e-3,0.1\n");
  write(root / "ion/atoms",
        "aelement,configuration,d_electrons,F2_dd_eV,F4_dd_eV,F2_pd_eV,G1_pd_eV,G3_pd_eV,zeta_d_eV,zeta_p_eV,origin\n"
        "Ni,3d,8,12.2,7.6,0,0,0,0.083,0,me\nNi,3d,9,11.1,6.8,0,0,0,0.074,0,me\n");
  std::string rows;
  for (int i = 0; i < 20; ++i) rows += std::to_string(500 + i) + " " + std::to_string(i < 10 ? 0.1 : 1.1) + " 2\n";
  write(root / "xas/xdi",
        "# XDI/1.0 a\n# Column.1: energy eV\n# Column.2: mu\n# Column.3: i0\n# Element.symbol: O\n# ///\n# c\n#---\n# "
        "energy mu i0\n" +
            rows);
  write(root / "xas/perl",
        "# Athena project file -- Demeter version 0.9.26\n$old_group = 'a';\n@args = ('label','x','bkg_e0',510);\n"
        "@x = ('500','501','502','503','504','505','506','507','508','509','510','511','512');\n"
        "@y = ('0','0','0','0','0','0','1','1','1','1','1','1','1');\n[record]\n");
  write(
      root / "xas/json",
      R"({"_header1": "# Athena project file -- Demeter", "k": {"args": {"label": "l"}, "x": ["1","2"], "y": [1, 2]}})");
  write(root / "xas/spec", "#F f\n#S 1  scan\n#L energy  i0\n" + rows.substr(0, 60) + "#S 2  b\n");
  write(root / "xas/sigscan",
        "Date: 1/1/2016\r\n\r\nTime of Day\tTime (s)\tEnergy\tIzero\tTEY_up\r\n00:00:01\t1\t500\t4\t2\r\n");
  write(root / "xas/mda",
        "## mda2ascii 1\n# Scan number = 1\n#  2  [1-D Positioner 1]  A, e, L, eV\n#  3  [1-D Detector   1]  B, tey, "
        "A\n1 500 2\n2 501 3\n");
  write(root / "xas/columns", "energy mu sigma\n" + rows);
  write(root / "xas/ssrl", "SSRL   EXAFS Data Collector 1.3\nd\n\nData:\nRequested Energy\nI0\nI1\n\n" + rows);
  using namespace lithoscope::test;
  const std::vector<std::uint16_t> four{1, 2, 3, 4};
  write(root / "tes/ljh20", ljh_header("2.0.0") + old_ljh_record(1, 2, four));
  write(root / "tes/ljh21", ljh_header("2.1.0") + old_ljh_record(1, 2, four));
  write(root / "tes/ljh22", with(ljh_header("2.2.1"), "\n", "\r\n") + ljh_record(1, 2, four));
  write(root / "tes/ljh3", ljh3_header() + ljh3_record(1, 2, 3, four) + ljh3_record(1, 2, 3, {5}));
  for (const char* version : {"0.1.0", "0.2.0", "0.3.0"})
    write(root / ("tes/off" + std::string{version}), off_header(version) + off_record({}, version[2] == '3'));
  write(root / "tes/states", "# unix time in nanoseconds, state label\n10476000000000, START\n10580000000000, STOP\n");
  write(root / "tes/triggers", trigger_file("nrow=  64", {1, 2, 3}));
  write(root / "tes/drops", "# first framenum after drop, number of dropped frames\n1000,20\n");
  write(root / "tes/ssrl_scan", ssrl_scan_log);
  write(root / "tes/ssrl_calibration", ssrl_calibration_log);
  write(root / "tes/server", server_scan_log);
  write(root / "tes/bluesky", bluesky_log);
  std::string columns = "# incident emission counts sigma\n", matrix = "emission/incident";
  for (int i = 0; i < 5; ++i) matrix += "\t" + std::to_string(530 + i);
  for (int k = 0; k < 4; ++k) {
    matrix += "\n" + std::to_string(520 + k);
    for (int i = 0; i < 5; ++i) {
      columns += std::to_string(530 + i) + " " + std::to_string(520 + k) + " 3 1.5\n";
      matrix += "\t" + std::to_string(i + k);
    }
  }
  write(root / "digitised/changes",
        "# by hand\nobservable,value,error,unit,depth,depth_nm\nvalence/Ni/electrons,3.62,0.02,e,electrons,5\n");
  write(root / "digitised/curve",
        "observable,along,along_error,value,error\nlog10_D,0.1,0.02,-14,0.3\nlog10_D,0.2,0.02,-14.1,0.3\n");
  write(root / "massspec/quadera",
        "Sourcefile\ta\nStart Time\t28/11/2022 13:51:12\n\n\t\tWater\t\t\t32\nTime\tTime Relative [s]\tIon Current "
        "[A]\tTime\tTime Relative [s]\tIon Current [A]\nx\t0,0\t1,08e-011\tx\t0,2\t-8,5e-012\nx\t4,1\t1,09e-011\n");
  write(root / "massspec/zilien",
        "num_header_lines\tn\t\tint\t3\npot_count\tN\tpot\tint\t5\nstart_time_unix\tN\t\tdouble\t1.7e9\n"
        "C0M32\t\tpot\t\t\nTime  [s]\tM32-O2  [A]\tTime [s]\tVoltage [V]\tCurrent [mA]\n0.1\t1e-10\t0\t1\t2\n");
  write(root / "massspec/zilien_scan",
        "num_header_lines\tn\t\tint\t2\nstart_mass\tStart\t\tint\t0.0\nMass  [AMU]\tCurrent [A]\n31.8\t1e-13\n");
  write(root / "massspec/pv",
        "PV MassSpec\n02/25/2020 11:10:13\nTime Relative (sec)\tTime Absolute (UTC)\t31.90\t32.00\n237.3\t1582625650.8"
        "\t1e-10\t9e-10\n");
  write(root / "massspec/ixdat",
        "ixdat version = 0.2.7\ntimecol 'time/s' for: 'Ewe/V' and '<I>/mA'\ntimecol 't32' for: 'M32'\nN_header_lines = "
        "5\n\n"
        "time/s,Ewe/V,<I>/mA,t32,M32\n0,1,1,0.1,1e-9\n1,1,1,,\n");
  write(root / "massspec/plain", "Time;Temp;m/z 32;CO2\nmin;degC;nA;nA\n0;25,0;1,5;0,1\n1;35,0;1,6;0,2\n");
  write(root / "massspec/stare",
        "Curve Name:\n Performed 28.11.2022 14:59:26\nCurve Values:\n Index t Ts Tr Value\n [s] [degC] [degC] [mg]\n"
        " 0 0 21 25 4.1\n 1 1 21 25 4.1\n");
  write(root / "massspec/ta",
        "[step]\nRamp\nTime\tTemperature\tWeight\tWeight\nmin\tdegC\t%\tmg\n0\t25\t100\t5\n1\t26\t100\t5\n");
  write(root / "massspec/unnamed", "-1;7.5\r0;7.4\r1;7.3");
  std::string sac(0x20b + 6 + 64 * 4, '\0');
  const auto put = [&](std::size_t at, std::string_view bytes) { sac.replace(at, bytes.size(), bytes); };
  put(0x64, std::string_view{"\x01\0\0\0\x01\0\x10\x01\0\0", 10});
  put(0xc8, std::string_view{"\x11\xe4\0\0\0\x0b\x02\0\0", 9});
  put(0xe4 + 0x7e, std::string_view{"\x01\0\x40", 3});
  write(root / "massspec/quadstar", sac);
  write(root / "plane/columns", columns);
  write(root / "plane/matrix", matrix + "\n");
  return 0;
}
