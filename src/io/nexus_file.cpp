#include "lithoscope/io/nexus_file.hpp"

#include <hdf5.h>

#include <utility>

#include "lithoscope/core/errors.hpp"

namespace lithoscope::io {
namespace {

// One HDF5 identifier, closed by the function it was opened for.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);
  Handle(hid_t id, Close close, const std::string& path, const char* what) : id_(id), close_(close) {
    if (id < 0) {
      throw core::OutputError({.what = std::string{"HDF5 could not make "} + what,
                               .where = {.path = path},
                               .advice = "check the space left on the disk"});
    }
  }
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  Handle& operator=(Handle&&) = delete;
  hid_t get() const { return id_; }

 private:
  hid_t id_;
  Close close_;
};

Handle text_type(const std::string& path, std::size_t size) {
  Handle type{H5Tcopy(H5T_C_S1), H5Tclose, path, "a text type"};
  H5Tset_size(type.get(), size == 0 ? 1 : size);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  H5Tset_strpad(type.get(), H5T_STR_NULLPAD);
  return type;
}

Handle simple_space(const std::string& path, std::size_t count) {
  const hsize_t dimension = count;
  return {H5Screate_simple(1, &dimension, nullptr), H5Sclose, path, "a data space"};
}

Handle scalar_space(const std::string& path) { return {H5Screate(H5S_SCALAR), H5Sclose, path, "a data space"}; }

}  // namespace

struct NexusWriter::Handles {
  std::string path;
  hid_t file = -1;
  hid_t dataset_creation = -1;
  hid_t group_creation = -1;

  void write(const std::string& name, hid_t type, const Handle& space, const void* data) const {
    const Handle dataset{H5Dcreate2(file, name.c_str(), type, space.get(), H5P_DEFAULT, dataset_creation, H5P_DEFAULT),
                         H5Dclose, path, name.c_str()};
    if (H5Dwrite(dataset.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0) {
      const Handle failed{-1, H5Dclose, path, name.c_str()};
    }
  }
};

NexusWriter::NexusWriter(const std::string& path) : handles_(std::make_unique<Handles>()) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  handles_->path = path;
  // No object times: the same input must give the same bytes.
  handles_->dataset_creation = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_obj_track_times(handles_->dataset_creation, false);
  handles_->group_creation = H5Pcreate(H5P_GROUP_CREATE);
  H5Pset_obj_track_times(handles_->group_creation, false);
  Handle file{H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose, path, "the file"};
  handles_->file = H5Freopen(file.get());
}

NexusWriter::~NexusWriter() { close(); }

void NexusWriter::close() {
  if (handles_->file < 0) return;
  H5Fclose(std::exchange(handles_->file, -1));
  H5Pclose(handles_->dataset_creation);
  H5Pclose(handles_->group_creation);
}

void NexusWriter::group(const std::string& path, std::string_view nx_class) {
  if (path != "/") {
    const Handle made{H5Gcreate2(handles_->file, path.c_str(), H5P_DEFAULT, handles_->group_creation, H5P_DEFAULT),
                      H5Gclose, handles_->path, path.c_str()};
  }
  attribute(path, "NX_class", nx_class);
}

void NexusWriter::numbers(const std::string& path, std::span<const double> values, std::string_view units) {
  handles_->write(path, H5T_NATIVE_DOUBLE, simple_space(handles_->path, values.size()), values.data());
  if (!units.empty()) attribute(path, "units", units);
}

void NexusWriter::integers(const std::string& path, std::span<const std::int64_t> values) {
  handles_->write(path, H5T_NATIVE_INT64, simple_space(handles_->path, values.size()), values.data());
}

void NexusWriter::number(const std::string& path, double value, std::string_view units) {
  handles_->write(path, H5T_NATIVE_DOUBLE, scalar_space(handles_->path), &value);
  if (!units.empty()) attribute(path, "units", units);
}

void NexusWriter::text(const std::string& path, std::string_view value) {
  const std::string padded = value.empty() ? std::string(1, '\0') : std::string{value};
  handles_->write(path, text_type(handles_->path, padded.size()).get(), scalar_space(handles_->path), padded.data());
}

void NexusWriter::texts(const std::string& path, std::span<const std::string> values) {
  std::size_t width = 1;
  for (const std::string& value : values) width = std::max(width, value.size());
  std::string block(width * values.size(), '\0');
  for (std::size_t i = 0; i < values.size(); ++i) values[i].copy(block.data() + i * width, width);
  handles_->write(path, text_type(handles_->path, width).get(), simple_space(handles_->path, values.size()),
                  block.data());
}

void NexusWriter::attribute(const std::string& object_path, std::string_view name, std::string_view value) {
  const std::string padded = value.empty() ? std::string(1, '\0') : std::string{value};
  const Handle type = text_type(handles_->path, padded.size());
  const Handle space = scalar_space(handles_->path);
  const Handle made{H5Acreate_by_name(handles_->file, object_path.c_str(), std::string{name}.c_str(), type.get(),
                                      space.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                    H5Aclose, handles_->path, "an attribute"};
  H5Awrite(made.get(), type.get(), padded.data());
}

void NexusWriter::attribute(const std::string& object_path, std::string_view name,
                            std::span<const std::string> values) {
  std::size_t width = 1;
  for (const std::string& value : values) width = std::max(width, value.size());
  std::string block(width * values.size(), '\0');
  for (std::size_t i = 0; i < values.size(); ++i) values[i].copy(block.data() + i * width, width);
  const Handle type = text_type(handles_->path, width);
  const Handle space = simple_space(handles_->path, values.size());
  const Handle made{H5Acreate_by_name(handles_->file, object_path.c_str(), std::string{name}.c_str(), type.get(),
                                      space.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                    H5Aclose, handles_->path, "an attribute"};
  H5Awrite(made.get(), type.get(), block.data());
}

}  // namespace lithoscope::io
