#include "lithoscope/io/input_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <glib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/io/recognise.hpp"

namespace lithoscope::io {

struct InputFile::Storage {
  std::string owned;  // inflated, or given
  void* mapped = nullptr;
  std::size_t mapped_size = 0;

  Storage() = default;
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;
  ~Storage() {
    if (mapped != nullptr) munmap(mapped, mapped_size);
  }
  std::string_view on_disk() const {
    return mapped != nullptr ? std::string_view{static_cast<const char*>(mapped), mapped_size} : owned;
  }
};

namespace {

[[noreturn]] void unreadable(const std::string& path, std::string what, std::string found, std::string advice) {
  throw core::UnreadableFile(
      {.what = std::move(what), .where = {.path = path}, .found = std::move(found), .advice = std::move(advice)});
}

std::string inflate_gzip(const std::string& path, std::string_view compressed) {
  // A gzip bomb must not take the machine (deflate shrinks by up to 1032 times).
  constexpr std::size_t most = 8'000'000'000;
  std::string out;
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) unreadable(path, "zlib could not start", "", "");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  std::size_t fed = 0;
  int status = Z_OK;
  while (status == Z_OK && out.size() < most) {
    const std::size_t chunk = std::clamp<std::size_t>(compressed.size() * 4, 1u << 16, 1u << 30);
    const std::size_t have = out.size();
    out.resize(have + chunk);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + have);
    stream.avail_out = static_cast<uInt>(std::min<std::size_t>(chunk, std::numeric_limits<uInt>::max()));
    if (stream.avail_in == 0) {
      const std::size_t feed = std::min<std::size_t>(compressed.size() - fed, 1u << 30);
      stream.avail_in = static_cast<uInt>(feed);
      fed += feed;
    }
    const uInt offered = stream.avail_out;
    status = inflate(&stream, Z_NO_FLUSH);
    out.resize(have + (offered - stream.avail_out));
    if (status == Z_STREAM_END && stream.avail_in + (compressed.size() - fed) > 0) {
      // gzip members may follow one another
      status = inflateReset2(&stream, 15 + 16);
    }
  }
  inflateEnd(&stream);
  if (status != Z_STREAM_END) {
    unreadable(path, out.size() >= most ? "the gzip stream holds more than 8 GB" : "the gzip stream is damaged",
               fmt::format("{} of {} compressed bytes used, {} bytes out", fed, compressed.size(), out.size()),
               "copy the file again from the instrument");
  }
  return out;
}

}  // namespace

InputFile::InputFile(std::string path, std::shared_ptr<const Storage> storage, bool compressed)
    : path_(std::move(path)), storage_(std::move(storage)), compressed_(compressed) {}

InputFile InputFile::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) unreadable(path, "cannot be opened", std::strerror(errno), "check the path and the permissions");
  struct stat info{};
  const bool known = fstat(fd, &info) == 0;
  if (!known || !S_ISREG(info.st_mode)) {
    ::close(fd);
    unreadable(path, "is not a regular file", "", "name the file itself, not its folder");
  }
  if (info.st_size == 0) {
    ::close(fd);
    unreadable(path, "is empty", "0 bytes", "copy the file again from the instrument");
  }
  auto storage = std::make_shared<Storage>();
  storage->mapped_size = static_cast<std::size_t>(info.st_size);
  storage->mapped = mmap(nullptr, storage->mapped_size, PROT_READ, MAP_PRIVATE, fd, 0);
  ::close(fd);
  if (storage->mapped == MAP_FAILED) {
    storage->mapped = nullptr;
    unreadable(path, "cannot be mapped into memory", std::strerror(errno), "");
  }
  const bool compressed = recognise_container(storage->on_disk()) == Container::gzip;
  if (compressed) storage->owned = inflate_gzip(path, storage->on_disk());
  return {path, std::move(storage), compressed};
}

InputFile InputFile::from_bytes(std::string name, std::string bytes) {
  auto storage = std::make_shared<Storage>();
  storage->owned = std::move(bytes);
  const bool compressed = recognise_container(storage->owned) == Container::gzip;
  if (compressed) storage->owned = inflate_gzip(name, std::string{storage->owned});
  return {std::move(name), std::move(storage), compressed};
}

std::string_view InputFile::bytes() const {
  return compressed_ ? std::string_view{storage_->owned} : storage_->on_disk();
}

namespace {

std::string hash_of(std::initializer_list<std::string_view> parts) {
  GChecksum* sum = g_checksum_new(G_CHECKSUM_SHA256);
  for (const std::string_view part : parts)
    g_checksum_update(sum, reinterpret_cast<const guchar*>(part.data()), static_cast<gssize>(part.size()));
  std::string text{g_checksum_get_string(sum)};
  g_checksum_free(sum);
  return text;
}

}  // namespace

std::string InputFile::sha256() const { return hash_of({storage_->on_disk()}); }

std::string InputFile::sha256_of_ends() const {
  constexpr std::size_t end = 1U << 20U;
  const std::string_view bytes = storage_->on_disk();
  if (bytes.size() <= 2 * end) return sha256();
  return hash_of({bytes.substr(0, end), bytes.substr(bytes.size() - end)});
}

}  // namespace lithoscope::io
