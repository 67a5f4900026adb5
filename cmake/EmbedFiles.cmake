# C++ text for a string_view of a file's bytes: sets `out` to `"\x..", size`. The build runs again when the file changes.
function(lithoscope_bytes_of file out)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "(..)" "\\\\x\\1" escaped "${hex}")
  string(LENGTH "${hex}" digits)
  math(EXPR bytes "${digits} / 2")
  set(${out} "\"${escaped}\", ${bytes}" PARENT_SCOPE)
endfunction()
