// What kind of container a file is, from its first bytes alone. Which instrument wrote it is each probe's business.
#pragma once

#include <string_view>

namespace lithoscope::io {

enum class Container { access_database, gzip, hdf5, ole, zip, text, binary };

Container recognise_container(std::string_view bytes);
std::string_view container_name(Container container);

}  // namespace lithoscope::io
