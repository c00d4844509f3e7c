// base/error.c -- statuses with a message, and the names of number types.
#include <stdarg.h>
#include <stdio.h>

#include "base/base.h"

neap_status neap_fail(neap_error *error, neap_status code, const char *format,
                      ...) {
  if (error != NULL) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    error->code = code;
  }
  return code;
}

size_t neap_dtype_size(neap_dtype dtype) {
  return dtype == NEAP_FLOAT64 ? 8 : 4;
}

const char *neap_dtype_name(neap_dtype dtype) {
  switch (dtype) {
    case NEAP_FLOAT64:
      return "float64";
    case NEAP_FLOAT32:
      return "float32";
    default:
      return "int32";
  }
}
