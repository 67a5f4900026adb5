#include "npz.hpp"

#include <zlib.h>

#include <cstring>
#include <stdexcept>
#include <string_view>

#include "lithoscope/io/byte_reader.hpp"
#include "lithoscope/io/input_file.hpp"

namespace lithoscope::validation {
namespace {

std::string inflated(std::string_view bytes, std::size_t size) {
  std::string out(size, '\0');
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::runtime_error("zlib does not start");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // NOLINT: zlib's interface
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  if (result != Z_STREAM_END) throw std::runtime_error("a damaged member");
  return out;
}

template <class T>
void append(std::string_view body, std::vector<double>& out) {
  for (std::size_t at = 0; at + sizeof(T) <= body.size(); at += sizeof(T)) {
    T value;
    std::memcpy(&value, body.data() + at, sizeof(T));
    out.push_back(static_cast<double>(value));
  }
}

NumpyArray array_of(const std::string& bytes) {
  if (!bytes.starts_with("\x93NUMPY")) throw std::runtime_error("no numpy array");
  const auto length = static_cast<std::size_t>(static_cast<unsigned char>(bytes[8])) +
                      256 * static_cast<std::size_t>(static_cast<unsigned char>(bytes[9]));
  const std::string header = bytes.substr(10, length);
  const std::string_view body = std::string_view{bytes}.substr(10 + length);
  NumpyArray out;
  const std::size_t open = header.find("'shape': (");
  for (std::size_t at = open + 10; at < header.size() && header[at] != ')';) {
    if (header[at] >= '0' && header[at] <= '9') {
      std::size_t used = 0;
      out.shape.push_back(std::stoll(header.substr(at), &used));
      at += used;
    } else {
      ++at;
    }
  }
  if (header.find("<i4") != std::string::npos)
    append<std::int32_t>(body, out.values);
  else if (header.find("<i8") != std::string::npos)
    append<std::int64_t>(body, out.values);
  else if (header.find("<f8") != std::string::npos)
    append<double>(body, out.values);
  else
    throw std::runtime_error("an array of another type: " + header);
  return out;
}

}  // namespace

std::map<std::string, NumpyArray> read_npz(const std::string& path) {
  const io::InputFile file = io::InputFile::open(path);
  const io::ByteReader reader{path, file.bytes()};
  std::map<std::string, NumpyArray> out;
  // The central directory at the end says where every member is and how long.
  const std::size_t end = file.bytes().rfind("PK\x05\x06");
  if (end == std::string_view::npos) throw std::runtime_error(path + " is no zip archive");
  const auto count = reader.little_endian<std::uint16_t>(static_cast<std::int64_t>(end) + 10, "members");
  std::int64_t at = reader.little_endian<std::uint32_t>(static_cast<std::int64_t>(end) + 16, "directory");
  for (int i = 0; i < count; ++i) {
    const auto method = reader.little_endian<std::uint16_t>(at + 10, "method");
    const auto packed = reader.little_endian<std::uint32_t>(at + 20, "packed size"),
               size = reader.little_endian<std::uint32_t>(at + 24, "size");
    const auto name = reader.little_endian<std::uint16_t>(at + 28, "name"),
               extra = reader.little_endian<std::uint16_t>(at + 30, "extra"),
               comment = reader.little_endian<std::uint16_t>(at + 32, "comment");
    const std::int64_t local = reader.little_endian<std::uint32_t>(at + 42, "offset");
    const std::string title{reader.view(at + 46, name, "name")};
    const std::int64_t body = local + 30 + reader.little_endian<std::uint16_t>(local + 26, "name") +
                              reader.little_endian<std::uint16_t>(local + 28, "extra");
    const std::string_view bytes = reader.view(body, packed, "member");
    out[title.substr(0, title.rfind(".npy"))] = array_of(method == 0 ? std::string{bytes} : inflated(bytes, size));
    at += 46 + name + extra + comment;
  }
  return out;
}

}  // namespace lithoscope::validation
