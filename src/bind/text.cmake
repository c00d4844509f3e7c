# bind/text.cmake -- turns sources into one C array, for bind/listing.c: each of
# them begins with a line "#file NAME".
#
#   cmake -D "FILES=src/kernel/isa.h;src/kernel/math.h" -D OUTPUT=text.c
#         -P text.cmake
set(all "")
foreach(file IN LISTS FILES)
  file(READ "${file}" bytes HEX)
  get_filename_component(name "${file}" NAME)
  string(HEX "#file ${name}\n" head)
  string(APPEND all "${head}${bytes}0a")
endforeach()
string(REGEX REPLACE "(..)" "0x\\1," all "${all}")
file(WRITE "${OUTPUT}" "// Written by src/bind/text.cmake.
extern const unsigned char neap_kernel_text[];
const unsigned char neap_kernel_text[] = {${all}0};
")
