// dataset/zip.c -- the directory of ZIP files, as .npz files are.
//
// Source: PKWARE APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3.
#include <string.h>

#include "dataset/dataset.h"

enum {
  LOCAL_BYTES = 30,
  CENTRAL_BYTES = 46,
  END_BYTES = 22,
  LOCATOR_BYTES = 20,
  END64_BYTES = 56,
};

static uint64_t number_at(const unsigned char *at, size_t size) {
  uint64_t number = 0;
  for (size_t i = size; i > 0; i--)
    number = number << 8 | at[i - 1];
  return number;
}

static neap_status refuse_bounds(const char *what, neap_error *error) {
  return neap_fail(error, NEAP_EDATA,
                   "the ZIP file is damaged or truncated: %s", what);
}

// The end record: the last one whose comment ends where the file does.
static bool find_end(const neap_zip *zip, size_t *at) {
  if (zip->size_bytes < END_BYTES)
    return false;
  const size_t last = zip->size_bytes - END_BYTES;
  const size_t first = last > 65535 ? last - 65535 : 0;
  for (size_t i = last + 1; i-- > first;) {
    const unsigned char *b = zip->bytes + i;
    if (number_at(b, 4) == 0x06054B50 && number_at(b + 20, 2) == last - i) {
      *at = i;
      return true;
    }
  }
  return false;
}

// The end record of ZIP64, which stands before the locator before the end.
static neap_status read_end64(neap_zip *zip, size_t end, uint64_t *start,
                              uint64_t *entries, neap_error *error) {
  if (end < LOCATOR_BYTES)
    return NEAP_OK;
  const unsigned char *locator = zip->bytes + end - LOCATOR_BYTES;
  if (number_at(locator, 4) != 0x07064B50)
    return NEAP_OK;
  const uint64_t at = number_at(locator + 8, 8);
  if (zip->size_bytes < END64_BYTES || at > zip->size_bytes - END64_BYTES ||
      number_at(zip->bytes + at, 4) != 0x06064B50)
    return refuse_bounds("no ZIP64 end record", error);
  const unsigned char *b = zip->bytes + at;
  *entries = number_at(b + 32, 8);
  *start = number_at(b + 48, 8);
  return NEAP_OK;
}

neap_status neap_zip_scan(const void *bytes, size_t size_bytes, neap_zip *zip,
                          neap_error *error) {
  neap_zip found = {.bytes = bytes, .size_bytes = size_bytes};
  size_t end;
  if (!find_end(&found, &end))
    return refuse_bounds("no end record", error);
  const unsigned char *b = found.bytes + end;
  if (number_at(b + 4, 2) != 0 || number_at(b + 6, 2) != 0)
    return neap_fail(error, NEAP_EDATA,
                     "the ZIP file has several parts; wanted one");
  uint64_t entries = number_at(b + 10, 2), start = number_at(b + 16, 4);
  NEAP_TRY(read_end64(&found, end, &start, &entries, error));
  if (start > end || entries > (end - start) / CENTRAL_BYTES)
    return refuse_bounds("its directory lies outside of it", error);
  found.directory = (size_t)start;
  found.entries = (size_t)entries;
  *zip = found;
  return NEAP_OK;
}

// The sizes and the offset of an entry that don't fit 32 bits are in its
// ZIP64 field, in this order, each only where 32 bits are all 1.
static bool read_extra64(const unsigned char *extra, size_t size,
                         uint64_t *numbers[3]) {
  while (size >= 4) {
    const uint64_t id = number_at(extra, 2), length = number_at(extra + 2, 2);
    if (length > size - 4)
      return false;
    if (id == 1) {
      size_t used = 0;
      for (int i = 0; i < 3; i++) {
        if (*numbers[i] != UINT32_MAX)
          continue;
        if (used + 8 > length)
          return false;
        *numbers[i] = number_at(extra + 4 + used, 8);
        used += 8;
      }
      return true;
    }
    extra += 4 + length;
    size -= 4 + (size_t)length;
  }
  return true;
}

// Finds the packed bytes behind an entry's local header.
static neap_status find_packed(const neap_zip *zip, uint64_t offset,
                               uint64_t packed, neap_zip_entry *entry,
                               neap_error *error) {
  if (zip->size_bytes < LOCAL_BYTES || offset > zip->size_bytes - LOCAL_BYTES)
    return refuse_bounds("an entry lies outside of it", error);
  const unsigned char *b = zip->bytes + offset;
  if (number_at(b, 4) != 0x04034B50)
    return refuse_bounds("no header where an entry should be", error);
  const uint64_t header =
      LOCAL_BYTES + number_at(b + 26, 2) + number_at(b + 28, 2);
  const uint64_t left = zip->size_bytes - offset;
  if (header > left || packed > left - header)
    return refuse_bounds("an entry lies outside of it", error);
  entry->packed = b + header;
  entry->packed_bytes = (size_t)packed;
  return NEAP_OK;
}

static neap_status check_entry(const neap_zip_entry *entry, unsigned flags,
                               neap_error *error) {
  const int shown = (int)(entry->name_bytes < 60 ? entry->name_bytes : 60);
  if ((flags & 1) != 0)
    return neap_fail(error, NEAP_EDATA, "'%.*s' is encrypted", shown,
                     entry->name);
  if (entry->method != 0 && entry->method != 8) {
    return neap_fail(error, NEAP_EDATA,
                     "'%.*s' is packed by method %u; wanted 0 (stored) or 8 "
                     "(deflate)",
                     shown, entry->name, entry->method);
  }
  // A byte of deflate gives no more than 1032.
  const size_t most = entry->method == 0 ? 1 : 1032;
  if (entry->size_bytes / most > entry->packed_bytes ||
      (entry->method == 0 && entry->size_bytes != entry->packed_bytes)) {
    return neap_fail(error, NEAP_EDATA,
                     "'%.*s' can't have the %zu bytes that the directory "
                     "says: %zu packed ones are there",
                     shown, entry->name, entry->size_bytes,
                     entry->packed_bytes);
  }
  return NEAP_OK;
}

neap_status neap_zip_next(neap_zip *zip, neap_zip_entry *entry,
                          neap_error *error) {
  const size_t left = zip->size_bytes - zip->directory;
  const unsigned char *b = zip->bytes + zip->directory;
  if (left < CENTRAL_BYTES || number_at(b, 4) != 0x02014B50)
    return refuse_bounds("its directory is not where it should be", error);
  const size_t name = (size_t)number_at(b + 28, 2);
  const size_t extra = (size_t)number_at(b + 30, 2);
  const size_t comment = (size_t)number_at(b + 32, 2);
  if (name + extra + comment > left - CENTRAL_BYTES)
    return refuse_bounds("its directory ends too early", error);
  uint64_t size = number_at(b + 24, 4), packed = number_at(b + 20, 4);
  uint64_t offset = number_at(b + 42, 4);
  uint64_t *numbers[3] = {&size, &packed, &offset};
  if (!read_extra64(b + CENTRAL_BYTES + name, extra, numbers))
    return refuse_bounds("a ZIP64 field is too short", error);
  neap_zip_entry found = {.name = (const char *)b + CENTRAL_BYTES,
                          .name_bytes = name,
                          .method = (unsigned)number_at(b + 10, 2),
                          .crc = (uint32_t)number_at(b + 16, 4),
                          .size_bytes = (size_t)size};
  NEAP_TRY(find_packed(zip, offset, packed, &found, error));
  NEAP_TRY(check_entry(&found, (unsigned)number_at(b + 8, 2), error));
  zip->directory += CENTRAL_BYTES + name + extra + comment;
  *entry = found;
  return NEAP_OK;
}

neap_status neap_zip_unpack(const neap_zip_entry *entry, void *out,
                            neap_error *error) {
  const unsigned char *bytes = out;
  if (entry->method == 8) {
    NEAP_TRY(neap_inflate(entry->packed, entry->packed_bytes, out,
                          entry->size_bytes, error));
  } else if (out != NULL) {
    memcpy(out, entry->packed, entry->size_bytes);
  }
  if (bytes != NULL && neap_crc32(0, bytes, entry->size_bytes) != entry->crc) {
    const int shown = (int)(entry->name_bytes < 60 ? entry->name_bytes : 60);
    return neap_fail(error, NEAP_EDATA,
                     "'%.*s' is damaged: its CRC is not what the directory "
                     "says",
                     shown, entry->name);
  }
  return NEAP_OK;
}
