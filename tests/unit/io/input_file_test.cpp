#include <doctest/doctest.h>
#include <zlib.h>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/io/byte_reader.hpp"
#include "lithoscope/io/input_file.hpp"
#include "lithoscope/io/recognise.hpp"
#include "run_program.hpp"

using namespace lithoscope;

namespace {

std::string gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(compressBound(text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace

TEST_CASE("a file is mapped, a gzip file inflated, and both hashed as they lie on disk") {
  const test::Scratch scratch;
  test::write_text(scratch / "plain", "abc");
  const auto plain = io::InputFile::open(scratch / "plain");
  CHECK(plain.bytes() == "abc");
  CHECK(plain.sha256() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const std::string text(3'000'000, 'x');
  test::write_text(scratch / "packed", gzip(text));
  const auto packed = io::InputFile::open(scratch / "packed");
  CHECK(packed.was_compressed());
  CHECK(packed.bytes() == text);
  CHECK(packed.sha256() != plain.sha256());
}

TEST_CASE("gzip members that follow one another are one text") {
  CHECK(io::InputFile::from_bytes("x", gzip("one,") + gzip("two")).bytes() == "one,two");
}

TEST_CASE("a missing, empty, cut or corrupt file and a folder are refused") {
  const test::Scratch scratch;
  CHECK_THROWS_AS(io::InputFile::open(scratch / "none"), core::UnreadableFile);
  test::write_text(scratch / "empty", "");
  CHECK_THROWS_AS(io::InputFile::open(scratch / "empty"), core::UnreadableFile);
  CHECK_THROWS_AS(io::InputFile::open(scratch.path().string()), core::UnreadableFile);
  const std::string packed = gzip(std::string(10'000, 'y') + "tail");
  CHECK_THROWS_AS(io::InputFile::from_bytes("cut", packed.substr(0, packed.size() / 2)), core::UnreadableFile);
  CHECK_THROWS_AS(io::InputFile::from_bytes("bad", packed.substr(0, 12) + "garbage" + packed.substr(19)),
                  core::UnreadableFile);
}

TEST_CASE("a read past the end says where and how much was there") {
  const io::ByteReader reader{"f.mpr", "abcd", 100};
  CHECK(reader.little_endian<std::uint32_t>(0, "x") == 0x64636261u);
  try {
    reader.little_endian<std::uint32_t>(2, "the header");
    FAIL("read");
  } catch (const core::UnreadableFile& error) {
    CHECK(error.facts().where.byte_offset == 102);
    CHECK(error.facts().found == "2 bytes");
  }
  CHECK_THROWS_AS(reader.view(-1, 2, "x"), core::UnreadableFile);
  CHECK_THROWS_AS(reader.view(0, -2, "x"), core::UnreadableFile);
  CHECK_THROWS_AS(reader.view(INT64_MAX, INT64_MAX, "x"), core::UnreadableFile);
}

TEST_CASE("containers are told by their first bytes") {
  using namespace std::string_view_literals;
  CHECK(io::recognise_container("PK\x03\x04"sv) == io::Container::zip);
  CHECK(io::recognise_container("\x00\x01\x00\x00Standard Jet DB\x00"sv) == io::Container::access_database);
  CHECK(io::recognise_container("time,volt\n"sv) == io::Container::text);
  CHECK(io::recognise_container("a\x00b"sv) == io::Container::binary);
}
