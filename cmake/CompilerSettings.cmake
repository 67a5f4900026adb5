# Flags every target of the project gets. Linking this interface is the only way they travel.
add_library(lithoscope_settings INTERFACE)
target_compile_options(lithoscope_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wdouble-promotion
  -Wnon-virtual-dtor -Wold-style-cast -Wcast-align -Wformat=2 -Wimplicit-fallthrough
  -Wno-missing-field-initializers # designated initialisers name what matters; the rest has defaults
  # The same digits on every machine: no fused multiply-add behind our back (docs/decisions/2026-11-22-same-bytes.md).
  -ffp-contract=off
  $<$<BOOL:${LITHOSCOPE_WERROR}>:-Werror>)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # The same objects from any clone: paths count from the checkout, and the folder of the build does not count at all.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=true ${CCACHE_PROGRAM})
endif()
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_link_options(-fuse-ld=mold)
endif()

# One room = one static library with the room's public headers.
function(lithoscope_room name)
  cmake_parse_arguments(room "" "" "SOURCES;USES;PRIVATE_USES" ${ARGN})
  add_library(lithoscope_${name} STATIC ${room_SOURCES})
  # So that a shared object, such as a module of another language, can link the rooms.
  set_target_properties(lithoscope_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  add_library(lithoscope::${name} ALIAS lithoscope_${name})
  target_include_directories(lithoscope_${name}
    PUBLIC ${PROJECT_SOURCE_DIR}/include PRIVATE ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_BINARY_DIR})
  target_link_libraries(lithoscope_${name} PUBLIC ${room_USES} PRIVATE lithoscope_settings ${room_PRIVATE_USES})
endfunction()
