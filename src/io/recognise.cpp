#include "lithoscope/io/recognise.hpp"

#include <algorithm>

namespace lithoscope::io {

Container recognise_container(std::string_view bytes) {
  using namespace std::string_view_literals;
  if (bytes.starts_with("\x1f\x8b"sv)) return Container::gzip;
  if (bytes.starts_with("PK\x03\x04"sv)) return Container::zip;
  if (bytes.starts_with("\x89HDF\r\n\x1a\n"sv)) return Container::hdf5;
  if (bytes.starts_with("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv)) return Container::ole;
  if (bytes.starts_with("\x00\x01\x00\x00Standard Jet DB"sv) ||
      bytes.starts_with("\x00\x01\x00\x00Standard ACE DB"sv)) {
    return Container::access_database;
  }
  const std::string_view head = bytes.substr(0, 4096);
  const bool has_control = std::ranges::any_of(head, [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return u < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f';
  });
  return has_control || head.empty() ? Container::binary : Container::text;
}

std::string_view container_name(Container container) {
  switch (container) {
    case Container::access_database:
      return "Microsoft Access database";
    case Container::gzip:
      return "gzip stream";
    case Container::hdf5:
      return "HDF5 file";
    case Container::ole:
      return "OLE compound file";
    case Container::zip:
      return "zip archive";
    case Container::text:
      return "text";
    case Container::binary:
      return "binary data";
  }
  return "binary data";
}

}  // namespace lithoscope::io
