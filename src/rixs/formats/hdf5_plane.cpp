// Planes of HDF5: the scan server's hist2d, and NXdata with two axes of energy.
#include <algorithm>

#include "lithoscope/core/text.hpp"
#include "lithoscope/io/hdf5_reader.hpp"
#include "lithoscope/io/recognise.hpp"
#include "raw_plane.hpp"

namespace lithoscope::rixs {
namespace {

std::string inside(const std::string& group, const std::string& name) {
  return group == "/" ? "/" + name : group + "/" + name;
}

// Energies in eV.
std::vector<double> axis(const io::Hdf5Reader& file, const std::string& path) {
  std::vector<double> out = file.numbers(path).values;
  if (core::lower(file.attribute(path, "units")) == "kev") {
    for (double& v : out) v *= 1000;
  }
  return out;
}

void turn(RawPlane& plane, bool first, bool second) {
  const std::size_t n = plane.first.size(), m = plane.second.size();
  const auto turned = [&](std::vector<double>& v) {
    std::vector<double> out(v.size());
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t k = 0; k < m; ++k) out[(first ? n - 1 - i : i) * m + (second ? m - 1 - k : k)] = v[i * m + k];
    }
    v = std::move(out);
  };
  turned(plane.intensity);
  if (plane.variance) turned(*plane.variance);
  if (first) std::ranges::reverse(plane.first);
  if (second) std::ranges::reverse(plane.second);
}

std::optional<RawPlane> plane_of(const io::Hdf5Reader& file, const std::string& group, const std::string& signal,
                                 const std::string& first, const std::string& second, std::string format) {
  for (const std::string& name : {signal, first, second}) {
    if (!file.has_dataset(inside(group, name)) || !file.is_numeric(inside(group, name))) return std::nullopt;
  }
  io::Hdf5Numbers values = file.numbers(inside(group, signal));
  RawPlane out{.format = std::move(format),
               .first = axis(file, inside(group, first)),
               .second = axis(file, inside(group, second)),
               .first_name = first,
               .second_name = second,
               .intensity = std::move(values.values),
               .variance = {}};
  if (values.shape.size() != 2 || out.first.size() < 2 || out.second.size() < 2) return std::nullopt;
  const auto rows = static_cast<std::size_t>(values.shape[0]), columns = static_cast<std::size_t>(values.shape[1]);
  const std::string errors = inside(group, signal + "_errors");
  if (file.has_dataset(errors) && file.is_numeric(errors)) {
    std::vector<double> variance = file.numbers(errors).values;
    for (double& v : variance) v *= v;
    if (variance.size() == out.intensity.size()) out.variance = std::move(variance);
  }
  // The axes may be named the other way round; equal lengths are taken as they are named.
  if (rows != out.first.size() && rows == out.second.size()) {
    std::swap(out.first, out.second);
    std::swap(out.first_name, out.second_name);
  }
  if (rows != out.first.size() || columns != out.second.size()) return std::nullopt;
  turn(out, out.first.front() > out.first.back(), out.second.front() > out.second.back());
  return out;
}

std::optional<RawPlane> nexus_plane(const io::Hdf5Reader& file, const std::string& group) {
  const std::string signal = file.attribute(group, "signal");
  if (signal.empty()) return std::nullopt;
  for (const auto& [name, values] : file.text_attributes(group)) {
    if (name == "axes" && values.size() == 2) return plane_of(file, group, signal, values[0], values[1], "NXdata");
  }
  return std::nullopt;
}

}  // namespace

std::optional<RawPlane> hdf5_plane(const io::InputFile& input) {
  if (io::recognise_container(input.bytes()) != io::Container::hdf5) return std::nullopt;
  const io::Hdf5Reader file{input};
  for (const std::string& group : file.groups()) {
    if (auto plane = plane_of(file, group, "hist2d", "var_vals", "bin_centers", "hist2d of tes_scan_server"))
      return plane;
  }
  for (const std::string& group : file.groups()) {
    if (auto plane = nexus_plane(file, group)) return plane;
  }
  return std::nullopt;
}

}  // namespace lithoscope::rixs
