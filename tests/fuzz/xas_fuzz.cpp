#include <cstddef>
#include <cstdint>
#include <string>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/io/recognise.hpp"
#include "lithoscope/xas/normalise.hpp"
#include "lithoscope/xas/scan_files.hpp"

// A reader of bytes returns scans or throws UnreadableFile; a spectrum made of them is normalised or refused.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lithoscope;
  const std::string bytes{reinterpret_cast<const char*>(data), size};
  // HDF5's own library reads those, and is not ours to fuzz.
  if (io::recognise_container(bytes) == io::Container::hdf5) return 0;
  try {
    const xas::ScanFile file = xas::read_scan_file(io::InputFile::from_bytes("fuzz.dat", bytes));
    for (const xas::Scan& scan : file.scans) {
      xas::Channels channels = xas::usual_channels(scan);
      channels.repeats = xas::Repeats::merge;
      channels.deglitch = true;
      xas::normalise(xas::make_spectrum(scan, channels, "fuzz.dat"), xas::Normalisation::flat,
                     xas::stored_edge_settings(scan));
    }
  } catch (const core::UnreadableFile&) {
  } catch (const core::UsageError&) {
  }
  return 0;
}
