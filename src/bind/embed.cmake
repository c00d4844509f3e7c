# bind/embed.cmake -- turns Lua files into C arrays, for bind/embedded.c.
#
#   cmake -D "FILES=neap/init.lua;neap/study.lua" -D FOLDER=lua
#         -D OUTPUT=embedded.c -P embed.cmake
set(arrays "")
set(rows "")
set(number 0)
foreach(file IN LISTS FILES)
  file(READ "${FOLDER}/${file}" bytes HEX)
  string(LENGTH "${bytes}" size)
  math(EXPR size "${size} / 2")
  # Eight bytes at a time are twice as fast as one. The zeros that fill
  # the last eight, at least one, also keep the array of an empty file legal.
  math(EXPR fill "16 - ${size} % 8 * 2")
  string(REPEAT "0" ${fill} zeros)
  string(REGEX REPLACE "(..)(..)(..)(..)(..)(..)(..)(..)"
         "0x\\1,0x\\2,0x\\3,0x\\4,0x\\5,0x\\6,0x\\7,0x\\8,\n" bytes
         "${bytes}${zeros}")
  string(REGEX REPLACE "(/init)?\\.lua$" "" module "${file}")
  string(REPLACE "/" "." module "${module}")
  string(APPEND arrays
         "static const unsigned char file_${number}[] = {\n${bytes}};\n")
  string(APPEND rows
         "    {\"${module}\", \"${file}\", file_${number}, ${size}},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE "${OUTPUT}" "// Written by src/bind/embed.cmake.
#include \"bind/bind.h\"

${arrays}
const neap_embedded_file neap_embedded_files[] = {
${rows}    {0},
};
")
