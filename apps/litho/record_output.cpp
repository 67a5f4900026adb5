#include "record_output.hpp"

#include <fmt/format.h>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/echem/cycler_files.hpp"
#include "lithoscope/io/atomic_file.hpp"

namespace litho {
namespace echem = lithoscope::echem;
namespace io = lithoscope::io;

void require_record_format(const std::string& format) {
  if (format == "bdf" || format == "mpt") return;
  throw lithoscope::core::UsageError({.what = "--to knows two formats", .expected = "bdf or mpt", .found = format});
}

void write_record(const echem::CyclerTable& table, const std::string& format, const std::string& path, bool force) {
  const std::string text = format == "bdf" ? echem::bdf_csv(table) : echem::biologic_text(table);
  if (path.empty()) {
    fmt::print("{}", text);
  } else {
    io::write_file(path, text, force ? io::Existing::replace : io::Existing::refuse);
  }
}

}  // namespace litho
