// Arbin csv exports ("Test Time (s)" and its spellings).
#include "formats/format.hpp"
#include "formats/named_columns.hpp"

namespace lithoscope::echem {
namespace {

constexpr std::string_view format_name = "Arbin csv";

bool recognises(std::string_view bytes) {
  const std::string line = plain_spelling(first_line(bytes));
  return line.find("testtime(s)") != std::string::npos && line.find("voltage(v)") != std::string::npos &&
         line.find("current(a)") != std::string::npos;
}

CyclerTable read(const io::InputFile& file) {
  const io::TextTable text = parse_named_csv(file);
  CyclerTable table = arbin_table(text, file.path());
  complete_table(table, file, std::string{format_name}, !table.capacity_Ah.empty());
  return table;
}

}  // namespace

CyclerFormat arbin_csv_format() { return {std::string{format_name}, recognises, read}; }

}  // namespace lithoscope::echem
