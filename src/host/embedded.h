// host/embedded.h -- the Lua files of lua/neap, inside the program.
#ifndef NEAP_HOST_EMBEDDED_H
#define NEAP_HOST_EMBEDDED_H

#include <stddef.h>

typedef struct neap_embedded_file {
  const char *module;  // "neap.study"
  const char *path;    // "neap/study.lua"
  const unsigned char *bytes;
  size_t size_bytes;
} neap_embedded_file;

// Ends in a row of zeros. Written by host/embed.cmake.
extern const neap_embedded_file neap_embedded_files[];

#endif
