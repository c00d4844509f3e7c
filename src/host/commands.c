// host/commands.c -- the commands of the program, which are embedded files.
#include <string.h>

#include "bind/bind.h"
#include "host/program.h"

bool neap_program_has_command(const char *word) {
  static const char folder[] = "neap.command.";
  for (const neap_embedded_file *file = neap_embedded_files;
       file->module != NULL; file++) {
    if (strncmp(file->module, folder, sizeof folder - 1) == 0 &&
        strcmp(file->module + sizeof folder - 1, word) == 0)
      return true;
  }
  return false;
}
