#include "lithoscope/io/hdf5_reader.hpp"

#include <fmt/format.h>
#include <hdf5.h>

#include <algorithm>
#include <set>

#include "hdf5_handle.hpp"
#include "lithoscope/core/errors.hpp"

namespace lithoscope::io {
namespace {

// HDF5 prints its own error stack on stderr unless told not to.
class Quiet {
 public:
  Quiet() {
    H5Eget_auto2(H5E_DEFAULT, &print_, &data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  ~Quiet() { H5Eset_auto2(H5E_DEFAULT, print_, data_); }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;

 private:
  std::scoped_lock<std::recursive_mutex> lock_{hdf5_mutex()};
  H5E_auto2_t print_ = nullptr;
  void* data_ = nullptr;
};

// More than any spectrum; a damaged header can ask for anything.
constexpr std::int64_t most_values = 200'000'000;
constexpr std::size_t most_text = 16'000'000;
constexpr std::size_t most_text_bytes = 400'000'000;

herr_t add_name(hid_t /*group*/, const char* name, const H5L_info_t* /*info*/, void* names) {
  static_cast<std::vector<std::string>*>(names)->emplace_back(name);
  return 0;
}

std::string joined(const std::string& group, const std::string& name) {
  return group.ends_with('/') ? group + name : group + "/" + name;
}

// Texts of fixed or variable length; `read` fills a buffer of the type it is given.
template <class Read>
std::vector<std::string> texts_of(hid_t type, std::int64_t count, const Read& read) {
  if (count < 1) return {};
  std::vector<std::string> out;
  if (H5Tis_variable_str(type) > 0) {
    std::vector<char*> texts(static_cast<std::size_t>(count), nullptr);
    const Hdf5Handle memory{H5Tcopy(H5T_C_S1), H5Tclose};
    H5Tset_size(memory.get(), H5T_VARIABLE);
    H5Tset_cset(memory.get(), H5Tget_cset(type));
    if (read(memory.get(), static_cast<void*>(texts.data())) < 0) return {};
    for (char* text : texts) {
      out.emplace_back(text == nullptr ? "" : text);
      H5free_memory(text);
    }
    return out;
  }
  const std::size_t width = H5Tget_size(type);
  if (width == 0 || width > most_text || static_cast<std::size_t>(count) > most_text_bytes / width) return {};
  std::string all(width * static_cast<std::size_t>(count), '\0');
  if (read(type, all.data()) < 0) return {};
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    const std::string one = all.substr(i * width, width);
    out.push_back(one.substr(0, std::min(one.size(), one.find('\0'))));
  }
  return out;
}

template <class Read>
std::string text_of(hid_t type, std::int64_t count, const Read& read) {
  const std::vector<std::string> all = texts_of(type, count, read);
  return all.empty() ? std::string{} : all.front();
}

}  // namespace

struct Hdf5Reader::State {
  State(std::string its_path, Hdf5Handle its_file) : path(std::move(its_path)), file(std::move(its_file)) {}
  std::string path;
  Hdf5Handle file;

  [[noreturn]] void failed(const std::string& what, const std::string& object, const std::string& expected) const {
    throw core::UnreadableFile({.what = fmt::format("{}: {}", object, what),
                                .where = {.path = path},
                                .expected = expected,
                                .found = "none that HDF5 can read",
                                .advice = "the file is damaged or of another kind: h5dump shows what is in it"});
  }
  Hdf5Handle open_group(const std::string& group) const {
    Hdf5Handle id{H5Gopen2(file.get(), group.c_str(), H5P_DEFAULT), H5Gclose};
    if (!id.valid()) failed("no such group", group, "a group");
    return id;
  }
  Hdf5Handle open_dataset(const std::string& dataset) const {
    Hdf5Handle id{H5Dopen2(file.get(), dataset.c_str(), H5P_DEFAULT), H5Dclose};
    if (!id.valid()) failed("no such dataset", dataset, "a dataset");
    return id;
  }
  std::size_t count_of(const Hdf5Handle& space, const std::string& dataset) const {
    const std::int64_t count = H5Sget_simple_extent_npoints(space.get());
    if (count < 0 || count > most_values) failed(fmt::format("{} values", count), dataset, "fewer");
    return static_cast<std::size_t>(count);
  }
  std::vector<std::string> names(const std::string& group) const {
    const Hdf5Handle id = open_group(group);
    std::vector<std::string> out;
    hsize_t index = 0;
    if (H5Literate(id.get(), H5_INDEX_NAME, H5_ITER_INC, &index, add_name, &out) < 0)
      failed("its members cannot be listed", group, "a group");
    return out;
  }
  std::vector<std::string> in_order(const std::string& group) const {
    const Hdf5Handle id = open_group(group);
    const Hdf5Handle creation{H5Gget_create_plist(id.get()), H5Pclose};
    unsigned flags = 0;
    const bool kept = H5Pget_link_creation_order(creation.get(), &flags) >= 0 && (flags & H5P_CRT_ORDER_INDEXED) != 0;
    if (!kept) return names(group);
    std::vector<std::string> out;
    hsize_t index = 0;
    if (H5Literate(id.get(), H5_INDEX_CRT_ORDER, H5_ITER_INC, &index, add_name, &out) < 0)
      failed("its members cannot be listed", group, "a group");
    return out;
  }
  H5O_type_t kind(const std::string& object) const {
    H5O_info_t info;
    return H5Oget_info_by_name(file.get(), object.c_str(), &info, H5P_DEFAULT) < 0 ? H5O_TYPE_UNKNOWN : info.type;
  }
  void walk(const std::string& group, std::set<haddr_t>& seen, std::vector<std::string>& out) const {
    H5O_info_t info;
    if (H5Oget_info_by_name(file.get(), group.c_str(), &info, H5P_DEFAULT) < 0) return;
    if (info.type != H5O_TYPE_GROUP || !seen.insert(info.addr).second) return;
    out.push_back(group);
    for (const std::string& name : names(group)) walk(joined(group, name), seen, out);
  }
};

namespace {

Hdf5Handle open_image(const InputFile& file) {
  const Quiet quiet;
  const Hdf5Handle access{H5Pcreate(H5P_FILE_ACCESS), H5Pclose};
  constexpr std::size_t grow = 65536;
  H5Pset_fapl_core(access.get(), grow, 0);
  std::string bytes{file.bytes()};  // HDF5 wants memory it may write to
  if (H5Pset_file_image(access.get(), bytes.data(), bytes.size()) < 0) return {-1, H5Fclose};
  // HDF5 refuses the name of a file that exists, and takes two of one name for the same.
  const std::string name = fmt::format("lithoscope-image-{}", static_cast<const void*>(file.bytes().data()));
  return {H5Fopen(name.c_str(), H5F_ACC_RDONLY, access.get()), H5Fclose};
}

}  // namespace

Hdf5Reader::Hdf5Reader(const InputFile& file) : state_(std::make_unique<State>(file.path(), open_image(file))) {
  if (!state_->file.valid()) state_->failed("not an HDF5 file, or cut short", "/", "an HDF5 file");
}
Hdf5Reader::~Hdf5Reader() {
  const std::scoped_lock lock{hdf5_mutex()};
  state_.reset();
}

std::vector<std::string> Hdf5Reader::groups(const std::string& group) const {
  const Quiet quiet;
  std::vector<std::string> out;
  std::set<haddr_t> seen;
  state_->walk(group, seen, out);
  return out;
}

std::vector<std::string> Hdf5Reader::datasets(const std::string& group) const {
  const Quiet quiet;
  std::vector<std::string> out;
  for (const std::string& name : state_->names(group)) {
    if (state_->kind(joined(group, name)) == H5O_TYPE_DATASET) out.push_back(name);
  }
  return out;
}

std::vector<std::string> Hdf5Reader::members(const std::string& group) const {
  const Quiet quiet;
  return state_->in_order(group);
}

bool Hdf5Reader::is_group(const std::string& path) const {
  const Quiet quiet;
  return state_->kind(path) == H5O_TYPE_GROUP;
}

bool Hdf5Reader::is_scalar(const std::string& path) const {
  const Quiet quiet;
  const Hdf5Handle dataset = state_->open_dataset(path);
  const Hdf5Handle space{H5Dget_space(dataset.get()), H5Sclose};
  return H5Sget_simple_extent_type(space.get()) == H5S_SCALAR;
}

bool Hdf5Reader::is_whole(const std::string& path) const {
  const Quiet quiet;
  const Hdf5Handle dataset = state_->open_dataset(path);
  const Hdf5Handle type{H5Dget_type(dataset.get()), H5Tclose};
  return H5Tget_class(type.get()) == H5T_INTEGER;
}

bool Hdf5Reader::has_dataset(const std::string& path) const {
  const Quiet quiet;
  return state_->kind(path) == H5O_TYPE_DATASET;
}

bool Hdf5Reader::is_text(const std::string& path) const {
  const Quiet quiet;
  const Hdf5Handle dataset = state_->open_dataset(path);
  const Hdf5Handle type{H5Dget_type(dataset.get()), H5Tclose};
  return H5Tget_class(type.get()) == H5T_STRING;
}

bool Hdf5Reader::is_numeric(const std::string& path) const {
  const Quiet quiet;
  const Hdf5Handle dataset = state_->open_dataset(path);
  const Hdf5Handle type{H5Dget_type(dataset.get()), H5Tclose};
  const H5T_class_t kind = H5Tget_class(type.get());
  return kind == H5T_INTEGER || kind == H5T_FLOAT;
}

Hdf5Numbers Hdf5Reader::numbers(const std::string& path) const {
  const Quiet quiet;
  const Hdf5Handle dataset = state_->open_dataset(path);
  const Hdf5Handle type{H5Dget_type(dataset.get()), H5Tclose};
  const H5T_class_t kind = H5Tget_class(type.get());
  if (kind != H5T_INTEGER && kind != H5T_FLOAT) state_->failed("holds no numbers", path, "numbers");
  const Hdf5Handle space{H5Dget_space(dataset.get()), H5Sclose};
  Hdf5Numbers out;
  out.values.resize(state_->count_of(space, path));
  const int rank = H5Sget_simple_extent_ndims(space.get());
  std::vector<hsize_t> shape(static_cast<std::size_t>(std::max(rank, 0)));
  H5Sget_simple_extent_dims(space.get(), shape.data(), nullptr);
  out.shape.assign(shape.begin(), shape.end());
  if (H5Dread(dataset.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, out.values.data()) < 0)
    state_->failed("cannot be read", path, "numbers");
  return out;
}

std::vector<std::int64_t> Hdf5Reader::integers(const std::string& path) const {
  const Quiet quiet;
  const Hdf5Handle dataset = state_->open_dataset(path);
  const Hdf5Handle type{H5Dget_type(dataset.get()), H5Tclose};
  if (H5Tget_class(type.get()) != H5T_INTEGER) state_->failed("holds no whole numbers", path, "whole numbers");
  const Hdf5Handle space{H5Dget_space(dataset.get()), H5Sclose};
  std::vector<std::int64_t> out(state_->count_of(space, path));
  if (H5Dread(dataset.get(), H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, out.data()) < 0)
    state_->failed("cannot be read", path, "whole numbers");
  return out;
}

std::string Hdf5Reader::text(const std::string& path) const {
  const Quiet quiet;
  const Hdf5Handle dataset = state_->open_dataset(path);
  const Hdf5Handle type{H5Dget_type(dataset.get()), H5Tclose};
  if (H5Tget_class(type.get()) != H5T_STRING) state_->failed("is no text", path, "a text");
  const Hdf5Handle space{H5Dget_space(dataset.get()), H5Sclose};
  return text_of(type.get(), H5Sget_simple_extent_npoints(space.get()), [&](hid_t memory, void* to) {
    return H5Dread(dataset.get(), memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, to);
  });
}

std::vector<std::string> Hdf5Reader::texts(const std::string& path) const {
  const Quiet quiet;
  const Hdf5Handle dataset = state_->open_dataset(path);
  const Hdf5Handle type{H5Dget_type(dataset.get()), H5Tclose};
  if (H5Tget_class(type.get()) != H5T_STRING) state_->failed("is no text", path, "texts");
  const Hdf5Handle space{H5Dget_space(dataset.get()), H5Sclose};
  const std::size_t count = state_->count_of(space, path);
  std::vector<std::string> out = texts_of(type.get(), static_cast<std::int64_t>(count), [&](hid_t memory, void* to) {
    return H5Dread(dataset.get(), memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, to);
  });
  if (out.size() != count) state_->failed("cannot be read", path, "texts");
  return out;
}

std::vector<std::pair<std::string, std::vector<std::string>>> Hdf5Reader::text_attributes(
    const std::string& object_path) const {
  const Quiet quiet;
  const Hdf5Handle object{H5Oopen(state_->file.get(), object_path.c_str(), H5P_DEFAULT), H5Oclose};
  std::vector<std::pair<std::string, std::vector<std::string>>> out;
  const int count = H5Aget_num_attrs(object.get());
  for (int i = 0; i < count; ++i) {
    const Hdf5Handle attribute{H5Aopen_by_idx(object.get(), ".", H5_INDEX_NAME, H5_ITER_INC, static_cast<hsize_t>(i),
                                              H5P_DEFAULT, H5P_DEFAULT),
                               H5Aclose};
    const Hdf5Handle type{H5Aget_type(attribute.get()), H5Tclose};
    if (!attribute.valid() || H5Tget_class(type.get()) != H5T_STRING) continue;
    const Hdf5Handle space{H5Aget_space(attribute.get()), H5Sclose};
    std::string name(static_cast<std::size_t>(std::max<ssize_t>(0, H5Aget_name(attribute.get(), 0, nullptr))), '\0');
    H5Aget_name(attribute.get(), name.size() + 1, name.data());
    out.emplace_back(std::move(name),
                     texts_of(type.get(), H5Sget_simple_extent_npoints(space.get()),
                              [&](hid_t memory, void* to) { return H5Aread(attribute.get(), memory, to); }));
  }
  return out;
}

std::string Hdf5Reader::attribute(const std::string& object_path, const std::string& name) const {
  const Quiet quiet;
  const Hdf5Handle attribute{
      H5Aopen_by_name(state_->file.get(), object_path.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose};
  if (!attribute.valid()) return {};
  const Hdf5Handle type{H5Aget_type(attribute.get()), H5Tclose};
  const Hdf5Handle space{H5Aget_space(attribute.get()), H5Sclose};
  const std::int64_t count = H5Sget_simple_extent_npoints(space.get());
  if (H5Tget_class(type.get()) == H5T_STRING) {
    return text_of(type.get(), count, [&](hid_t memory, void* to) { return H5Aread(attribute.get(), memory, to); });
  }
  double value = 0;
  if (count != 1 || H5Aread(attribute.get(), H5T_NATIVE_DOUBLE, &value) < 0) return {};
  return fmt::format("{}", value);
}

}  // namespace lithoscope::io
