# Debian 12 packages; nothing is downloaded here or at run time. scripts/packages says which apt names these are.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
set(HDF5_PREFER_PARALLEL OFF) # an MPI HDF5 may be installed beside the serial one
find_package(HDF5 REQUIRED COMPONENTS C)
find_package(TBB CONFIG REQUIRED)
find_package(fmt CONFIG REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
find_package(tomlplusplus CONFIG REQUIRED)
find_package(nlohmann_json CONFIG REQUIRED)
find_package(ZLIB REQUIRED)
pkg_check_modules(UDUNITS REQUIRED IMPORTED_TARGET udunits)
pkg_check_modules(XRAYLIB REQUIRED IMPORTED_TARGET libxrl)
pkg_check_modules(GLIB REQUIRED IMPORTED_TARGET glib-2.0)
