#include "lithoscope/io/nexus_file.hpp"

#include <hdf5.h>

#include <fmt/format.h>
#include <array>

#include <algorithm>
#include <utility>

#include "hdf5_handle.hpp"
#include "lithoscope/core/errors.hpp"

namespace lithoscope::io {
namespace {

[[noreturn]] void hdf5_failed(std::string_view what) {
  throw core::OutputError({.what = fmt::format("HDF5 could not write {}", what), .advice = "check the memory left"});
}

void require(herr_t status, std::string_view what) {
  if (status < 0) hdf5_failed(what);
}

struct Handle : Hdf5Handle {
  Handle(hid_t id, Close close, std::string_view what) : Hdf5Handle(id, close) {
    if (id < 0) hdf5_failed(what);
  }
};

Handle text_type(std::size_t size) {
  Handle type{H5Tcopy(H5T_C_S1), H5Tclose, "a text type"};
  require(H5Tset_size(type.get(), size == 0 ? 1 : size), "a text type");
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  H5Tset_strpad(type.get(), H5T_STR_NULLPAD);
  return type;
}

Handle simple_space(std::size_t count) {
  const hsize_t dimension = count;
  return {H5Screate_simple(1, &dimension, nullptr), H5Sclose, "a data space"};
}

Handle scalar_space() { return {H5Screate(H5S_SCALAR), H5Sclose, "a data space"}; }

// Texts of one width, one after another, as HDF5 wants fixed-length strings.
struct TextBlock {
  std::size_t width = 1;
  std::string bytes;
};
TextBlock block_of(std::span<const std::string> values) {
  TextBlock block;
  for (const std::string& value : values) block.width = std::max(block.width, value.size());
  block.bytes.assign(block.width * values.size(), '\0');
  for (std::size_t i = 0; i < values.size(); ++i) values[i].copy(block.bytes.data() + i * block.width, block.width);
  return block;
}

}  // namespace

struct NexusWriter::Handles {
  std::scoped_lock<std::recursive_mutex> lock{hdf5_mutex()};  // a file is written by one thread, at one go
  hid_t file = -1;
  hid_t dataset_creation = -1;
  hid_t group_creation = -1;

  ~Handles() {
    if (file >= 0) H5Fclose(file);
    H5Pclose(dataset_creation);
    H5Pclose(group_creation);
  }

  void write(const std::string& name, hid_t type, const Handle& space, const void* data) const {
    const Handle dataset{H5Dcreate2(file, name.c_str(), type, space.get(), H5P_DEFAULT, dataset_creation, H5P_DEFAULT),
                         H5Dclose, name};
    require(H5Dwrite(dataset.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data), name);
  }

  void write_attribute(const std::string& object, std::string_view name, const Handle& type, const Handle& space,
                       const void* data) const {
    const Handle made{H5Acreate_by_name(file, object.c_str(), std::string{name}.c_str(), type.get(), space.get(),
                                        H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                      H5Aclose, name};
    require(H5Awrite(made.get(), type.get(), data), name);
  }
};

NexusWriter::NexusWriter() : handles_(std::make_unique<Handles>()) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  // No object times: the same input must give the same bytes.
  handles_->dataset_creation = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_obj_track_times(handles_->dataset_creation, false);
  handles_->group_creation = H5Pcreate(H5P_GROUP_CREATE);
  H5Pset_obj_track_times(handles_->group_creation, false);
  constexpr unsigned in_order = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
  require(H5Pset_link_creation_order(handles_->group_creation, in_order), "the file");
  const Handle creation{H5Pcreate(H5P_FILE_CREATE), H5Pclose, "the file"};
  H5Pset_obj_track_times(creation.get(), false);
  require(H5Pset_link_creation_order(creation.get(), in_order), "the file");
  const Handle access{H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "the file"};
  constexpr std::size_t growth = 1 << 20;
  require(H5Pset_fapl_core(access.get(), growth, false), "the file");
  // Two writers at once must not be taken for the same file.
  const std::string name = fmt::format("lithoscope-in-memory-{}.nxs", static_cast<const void*>(handles_.get()));
  handles_->file = H5Fcreate(name.c_str(), H5F_ACC_TRUNC, creation.get(), access.get());
  if (handles_->file < 0) hdf5_failed("the file");
}

NexusWriter::~NexusWriter() = default;

std::string NexusWriter::finish() {
  require(H5Fflush(handles_->file, H5F_SCOPE_GLOBAL), "the file");
  const ssize_t size = H5Fget_file_image(handles_->file, nullptr, 0);
  if (size <= 0) hdf5_failed("the file");
  std::string bytes(static_cast<std::size_t>(size), '\0');
  if (H5Fget_file_image(handles_->file, bytes.data(), bytes.size()) != size) hdf5_failed("the file");
  return bytes;
}

void NexusWriter::group(const std::string& path, std::string_view nx_class) {
  if (path != "/") {
    const Handle made{H5Gcreate2(handles_->file, path.c_str(), H5P_DEFAULT, handles_->group_creation, H5P_DEFAULT),
                      H5Gclose, path};
  }
  attribute(path, "NX_class", nx_class);
}

void NexusWriter::numbers(const std::string& path, std::span<const double> values, std::string_view units) {
  handles_->write(path, H5T_NATIVE_DOUBLE, simple_space(values.size()), values.data());
  if (!units.empty()) attribute(path, "units", units);
}

void NexusWriter::table(const std::string& path, std::span<const double> values, std::size_t rows,
                        std::string_view units) {
  const std::array<hsize_t, 2> shape{rows, rows > 0 ? values.size() / rows : 0};
  const Handle space{H5Screate_simple(2, shape.data(), nullptr), H5Sclose, "a data space"};
  handles_->write(path, H5T_NATIVE_DOUBLE, space, values.data());
  if (!units.empty()) attribute(path, "units", units);
}

void NexusWriter::integers(const std::string& path, std::span<const std::int64_t> values) {
  handles_->write(path, H5T_NATIVE_INT64, simple_space(values.size()), values.data());
}

void NexusWriter::integer(const std::string& path, std::int64_t value) {
  handles_->write(path, H5T_NATIVE_INT64, scalar_space(), &value);
}

void NexusWriter::number(const std::string& path, double value, std::string_view units) {
  handles_->write(path, H5T_NATIVE_DOUBLE, scalar_space(), &value);
  if (!units.empty()) attribute(path, "units", units);
}

void NexusWriter::text(const std::string& path, std::string_view value) {
  const std::string padded = value.empty() ? std::string(1, '\0') : std::string{value};
  handles_->write(path, text_type(padded.size()).get(), scalar_space(), padded.data());
}

void NexusWriter::texts(const std::string& path, std::span<const std::string> values) {
  const TextBlock block = block_of(values);
  handles_->write(path, text_type(block.width).get(), simple_space(values.size()), block.bytes.data());
}

void NexusWriter::attribute(const std::string& object_path, std::string_view name, std::string_view value) {
  const std::string padded = value.empty() ? std::string(1, '\0') : std::string{value};
  handles_->write_attribute(object_path, name, text_type(padded.size()), scalar_space(), padded.data());
}

void NexusWriter::attribute(const std::string& object_path, std::string_view name,
                            std::span<const std::string> values) {
  const TextBlock block = block_of(values);
  handles_->write_attribute(object_path, name, text_type(block.width), simple_space(values.size()), block.bytes.data());
}

}  // namespace lithoscope::io
