// Absorption files, recognised by content, and the two formats that are written.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lithoscope/io/input_file.hpp"
#include "lithoscope/xas/scan.hpp"
#include "lithoscope/xas/spectrum.hpp"

namespace lithoscope::xas {

/// Throws UnreadableFile for a file that is none of them, or damaged.
ScanFile read_scan_file(const io::InputFile& file);
std::vector<std::string> scan_format_names();
/// Whether it is one of them.
bool is_scan_file(const io::InputFile& file);

/// The scan of that name (any case) or number from 1; the only one when `which` is empty. Throws UsageError that names
/// those there are.
const Scan& scan_of(const ScanFile& file, const std::string& which);

/// XDI/1.0 text with energy, mu and, where there is one, its standard deviation.
std::string xdi_text(const Spectrum& spectrum);
/// An SSRL beamline 8-2 raw table (comma separated counts), as the instrument writes it.
std::string ssrl_raw_text(const Scan& scan);
/// NeXus with one NXdata.
std::string nxdata_file(const Spectrum& spectrum);

}  // namespace lithoscope::xas
