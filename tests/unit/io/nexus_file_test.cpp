#include <doctest/doctest.h>
#include <hdf5.h>

#include <array>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/io/atomic_file.hpp"
#include "lithoscope/io/nexus_file.hpp"
#include "run_program.hpp"

using namespace lithoscope;

namespace {

void write_example(const std::string& path) {
  io::NexusWriter nexus;
  nexus.group("/", "NXroot");
  nexus.attribute("/", "default", "entry");
  nexus.group("/entry", "NXentry");
  const std::array<double, 3> values{1.5, 2.5, -3};
  nexus.numbers("/entry/potential", values, "V");
  nexus.text("/entry/title", "Li₁.₂ at 100 °C");
  nexus.texts("/entry/flags", std::array<std::string, 2>{"ok", "rest_incomplete"});
  nexus.number("/entry/temperature", 298.15, "K");
  io::write_file(path, nexus.finish(), io::Existing::replace);
}

}  // namespace

TEST_CASE("the same contents give the same bytes") {
  const test::Scratch scratch;
  write_example(scratch / "a.nxs");
  write_example(scratch / "b.nxs");
  CHECK(test::read_text(scratch / "a.nxs") == test::read_text(scratch / "b.nxs"));
}

TEST_CASE("what was written is read back by HDF5") {
  const test::Scratch scratch;
  write_example(scratch / "a.nxs");
  const hid_t file = H5Fopen((scratch / "a.nxs").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  const hid_t dataset = H5Dopen2(file, "/entry/potential", H5P_DEFAULT);
  std::array<double, 3> values{};
  CHECK(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0);
  CHECK(values == std::array<double, 3>{1.5, 2.5, -3});
  CHECK(H5Aexists_by_name(file, "/entry/potential", "units", H5P_DEFAULT) > 0);
  CHECK(H5Aexists_by_name(file, "/", "default", H5P_DEFAULT) > 0);
  H5Dclose(dataset);
  H5Fclose(file);
}

TEST_CASE("what HDF5 refuses is an output error, not a file without it") {
  io::NexusWriter nexus;
  nexus.group("/", "NXroot");
  CHECK_THROWS_AS(nexus.number("/no/such/group/x", 1, ""), core::OutputError);
  nexus.number("/x", 1, "");
  CHECK_THROWS_AS(nexus.number("/x", 1, ""), core::OutputError);
}
