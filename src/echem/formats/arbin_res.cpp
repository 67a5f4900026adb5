// Arbin .res: a Microsoft Access database with Channel_Normal_Table (the rows) and Global_Table (the test).
#include <fmt/format.h>

#include <algorithm>

#include "formats/format.hpp"
#include "formats/named_columns.hpp"
#include "lithoscope/io/access_database.hpp"
#include "lithoscope/io/recognise.hpp"

namespace lithoscope::echem {
namespace {

constexpr std::string_view format_name = "Arbin .res";

bool recognises(std::string_view bytes) { return io::recognise_container(bytes) == io::Container::access_database; }

std::string text_of(const io::TextTable& table, std::string_view name) {
  const io::TextColumn* column = table.find(name);
  return column != nullptr && column->is_text() ? io::to_utf8(column->text.front()) : std::string{};
}

void read_test(const io::TextTable& global, CyclerTable& table) {
  if (global.rows == 0) return;
  SourceFile& source = table.sources.emplace_back();
  source.instrument = "Arbin, software " + text_of(global, "Software_Version");
  source.technique = text_of(global, "Schedule_File_Name");
  table.sample.comment = text_of(global, "Comments");
  // MASS is in grams; Arbin's default of one gram means nobody filled it in.
  const io::TextColumn* mass = global.find("MASS");
  if (mass != nullptr && !mass->is_text() && mass->numbers.front() > 0 && mass->numbers.front() != 1.0) {
    table.sample.active_mass_kg = mass->numbers.front() * 1e-3;
  }
}

CyclerTable read(const io::InputFile& file) {
  const auto names = io::database_table_names(file);
  if (std::ranges::find(names, "Channel_Normal_Table") == names.end()) {
    unreadable(file.path(), "is a database, but not one an Arbin cycler wrote", "a table Channel_Normal_Table",
               fmt::format("{}", fmt::join(names, ", ")), "name the .res file of the test");
  }
  const auto rows = io::read_database_table(file, "Channel_Normal_Table");
  CyclerTable table = arbin_table(rows->table, file.path());
  const auto global = io::read_database_table(file, "Global_Table");
  read_test(global->table, table);
  complete_table(table, file, std::string{format_name}, !table.capacity_Ah.empty());
  return table;
}

}  // namespace

CyclerFormat arbin_res_format() { return {std::string{format_name}, recognises, read}; }

}  // namespace lithoscope::echem
