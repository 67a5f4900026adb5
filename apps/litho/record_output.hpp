// A cycler record to a file or standard output, in one of the formats we write.
#pragma once

#include <string>

#include "lithoscope/echem/cycler_table.hpp"

namespace litho {

/// Throws UsageError unless `format` is mpt or bdf.
void require_record_format(const std::string& format);

/// To `path`, or to standard output when it is empty. Throws OutputError.
void write_record(const lithoscope::echem::CyclerTable& table, const std::string& format, const std::string& path,
                  bool force);

}  // namespace litho
