#include <fmt/format.h>

#include <cmath>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/io/nexus_file.hpp"
#include "lithoscope/xas/scan_files.hpp"

namespace lithoscope::xas {

std::string xdi_text(const Spectrum& spectrum) {
  const bool noisy = spectrum.noise != Noise::none;
  std::string out = "# XDI/1.0 Lithoscope/1.0\n# Column.1: energy eV\n# Column.2: mu\n";
  if (noisy) out += "# Column.3: mu_sigma\n";
  if (!spectrum.element.empty()) out += fmt::format("# Element.symbol: {}\n", spectrum.element);
  if (!spectrum.edge.empty()) out += fmt::format("# Element.edge: {}\n", spectrum.edge);
  if (!spectrum.name.empty())
    out += fmt::format("# Sample.name: {}\n", spectrum.name.substr(0, spectrum.name.find('\n')));
  out += "# ///\n";
  for (const std::string& remark : spectrum.remarks) out += fmt::format("# {}\n", remark);
  out += noisy ? "#----\n# energy mu mu_sigma\n" : "#----\n# energy mu\n";
  for (std::size_t i = 0; i < spectrum.energy_eV.size(); ++i) {
    out += fmt::format("{:.10g} {:.10g}", spectrum.energy_eV[i], spectrum.intensity[i]);
    if (noisy) out += fmt::format(" {:.6g}", std::sqrt(spectrum.variance[i]));
    out += "\n";
  }
  return out;
}

std::string ssrl_raw_text(const Scan& scan) {
  std::string out = "    #";
  for (const ScanColumn& column : scan.columns) out += fmt::format(", {:>9}", column.name);
  out += "\n";
  for (std::size_t i = 0; i < static_cast<std::size_t>(scan.rows()); ++i) {
    out += fmt::format("{:5}", i);
    for (const ScanColumn& column : scan.columns) out += fmt::format(", {:>9.9g}", column.values[i]);
    out += "\n";
  }
  return out;
}

std::string nxdata_file(const Spectrum& spectrum) {
  io::NexusWriter nexus;
  nexus.group("/entry", "NXentry");
  nexus.attribute("/", "default", "entry");
  nexus.text("/entry/title", spectrum.name);
  nexus.text("/entry/definition", "NXxas");
  nexus.group("/entry/data", "NXdata");
  nexus.attribute("/entry", "default", "data");
  nexus.numbers("/entry/data/energy", spectrum.energy_eV, "eV");
  nexus.numbers("/entry/data/intensity", spectrum.intensity, "");
  if (spectrum.noise != Noise::none) {
    std::vector<double> sigma;
    for (const double v : spectrum.variance) sigma.push_back(std::sqrt(v));
    nexus.numbers("/entry/data/intensity_errors", sigma, "");
  }
  nexus.attribute("/entry/data", "signal", "intensity");
  nexus.attribute("/entry/data", "axes", "energy");
  if (!spectrum.element.empty()) {
    nexus.group("/entry/element", "NXelement");
    nexus.text("/entry/element/symbol", spectrum.element);
  }
  if (!spectrum.edge.empty()) {
    nexus.group("/entry/edge", "NXabsorption_edge");
    nexus.text("/entry/edge/name", spectrum.edge);
  }
  return nexus.finish();
}

}  // namespace lithoscope::xas
