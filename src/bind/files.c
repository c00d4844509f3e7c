// bind/files.c -- .npy, .npz and LIBSVM for lua/neap/files, and what writing
// needs.
#include "bind/files.h"

#include <math.h>
#include <string.h>

#define NEAP_LIBSVM NEAP_TYPE("Libsvm")
#define NEAP_ZIP NEAP_TYPE("Zip")

// ------------------------------------------------------------------- .npy

// Pushes the array of .npy bytes, which what is at `owner` keeps: where they
// lie if they can be used there. Or nil and why; returns how many it pushed.
static int push_npy(lua_State *L, const void *bytes, size_t size, int owner) {
  neap_npy npy;
  neap_error error = {0};
  if (neap_npy_scan(bytes, size, &npy, &error) != NEAP_OK)
    return neap_push_failure(L, &error);
  if (npy.dimensions == 2 && npy.columns == 0) {
    lua_pushnil(L);
    lua_pushliteral(L, "the array has no columns; wanted one or more");
    return 2;
  }
  const size_t columns = npy.dimensions == 2 ? npy.columns : 0;
  const neap_dtype dtype = neap_npy_dtype(&npy);
  if (neap_npy_in_place(&npy, bytes)) {
    neap_new_view(L, dtype, npy.rows, columns, (const char *)bytes + npy.offset,
                  owner);
    return 1;
  }
  neap_array *array = neap_new_array(L, dtype, npy.rows, columns);
  if (neap_npy_read(&npy, bytes, array->data, &error) != NEAP_OK)
    return neap_push_failure(L, &error);
  array->frozen = true;
  return 1;
}

// (bytes) -> a frozen array, or nil and why
static int npy_read(lua_State *L) {
  const neap_bytes *bytes = neap_check_bytes(L, 1);
  return push_npy(L, bytes->start, bytes->size_bytes, 1);
}

// ------------------------------------------------------------------- .npz

typedef struct zip_list {
  size_t count;
  neap_zip_entry list[];
} zip_list;

// (bytes) -> zip and the list of its names, or nil and why
static int zip_open(lua_State *L) {
  const neap_bytes *bytes = neap_check_bytes(L, 1);
  neap_zip zip;
  neap_error error = {0};
  if (neap_zip_scan(bytes->start, bytes->size_bytes, &zip, &error) != NEAP_OK)
    return neap_push_failure(L, &error);
  // An entry of the directory takes 46 bytes, one of the list 56.
  zip_list *entries = lua_newuserdatauv(
      L, sizeof *entries + zip.entries * sizeof *entries->list, 1);
  entries->count = 0;
  luaL_setmetatable(L, NEAP_ZIP);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  lua_newtable(L);
  for (size_t count = zip.entries; count > 0; count--) {
    neap_zip_entry *entry = &entries->list[entries->count];
    if (neap_zip_next(&zip, entry, &error) != NEAP_OK)
      return neap_push_failure(L, &error);
    lua_pushlstring(L, entry->name, entry->name_bytes);
    lua_rawseti(L, -2, (lua_Integer)++entries->count);
  }
  return 2;
}

// zip:read(i) -> the array of an entry, or nil and why
static int zip_read(lua_State *L) {
  const zip_list *zip = luaL_checkudata(L, 1, NEAP_ZIP);
  const lua_Integer i = luaL_checkinteger(L, 2);
  luaL_argcheck(L, i >= 1 && (size_t)i <= zip->count, 2, "no such entry");
  lua_getiuservalue(L, 1, 1);
  const neap_bytes *file = neap_check_bytes(L, -1);
  const neap_zip_entry *entry = &zip->list[i - 1];
  neap_error error = {0};
  if (entry->method == 0) {
    // Used where it lies; the CRC still tells damage.
    if (neap_crc32(0, entry->packed, entry->size_bytes) != entry->crc) {
      lua_pushnil(L);
      lua_pushliteral(L,
                      "it is damaged: its CRC is not what the directory "
                      "says");
      return 2;
    }
    (void)file;
    return push_npy(L, entry->packed, entry->size_bytes, -1);
  }
  // The size is checked before anything is made of that size.
  if (neap_zip_unpack(entry, NULL, &error) != NEAP_OK)
    return neap_push_failure(L, &error);
  neap_array *room =
      neap_new_array(L, NEAP_FLOAT64, 1 + entry->size_bytes / 8, 0);
  if (neap_zip_unpack(entry, room->data, &error) != NEAP_OK)
    return neap_push_failure(L, &error);
  return push_npy(L, room->data, entry->size_bytes, -1);
}

// ----------------------------------------------------------------- LIBSVM

// (bytes) -> svm and { rows =, least =, most =, groups = }, or nil and why
static int libsvm_scan(lua_State *L) {
  const neap_bytes *bytes = neap_check_bytes(L, 1);
  neap_libsvm *svm = lua_newuserdatauv(L, sizeof *svm, 1);
  luaL_setmetatable(L, NEAP_LIBSVM);
  neap_error error = {0};
  if (neap_libsvm_scan(bytes->start, bytes->size_bytes, svm, &error) != NEAP_OK)
    return neap_push_failure(L, &error);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  lua_createtable(L, 0, 4);
  lua_pushinteger(L, (lua_Integer)svm->rows);
  lua_setfield(L, -2, "rows");
  if (svm->least <= svm->most) {
    lua_pushinteger(L, (lua_Integer)svm->least);
    lua_setfield(L, -2, "least");
    lua_pushinteger(L, (lua_Integer)svm->most);
    lua_setfield(L, -2, "most");
  }
  lua_pushboolean(L, svm->has_groups);
  lua_setfield(L, -2, "groups");
  return 2;
}

// svm:read(base, features) -> x, y, groups or nil
static int libsvm_read(lua_State *L) {
  const neap_libsvm *svm = luaL_checkudata(L, 1, NEAP_LIBSVM);
  const lua_Integer base = luaL_checkinteger(L, 2);
  const lua_Integer features = luaL_checkinteger(L, 3);
  lua_getiuservalue(L, 1, 1);
  neap_check_bytes(L, -1);
  const bool has_indices = svm->least <= svm->most;
  luaL_argcheck(L, base == 0 || base == 1, 2, "wanted 0 or 1");
  luaL_argcheck(L, !has_indices || (uint64_t)base <= svm->least, 2,
                "above an index");
  luaL_argcheck(L,
                features >= 1 && (!has_indices || svm->most - (uint64_t)base <
                                                      (uint64_t)features),
                3, "too few features");
  neap_array *x = neap_new_array(L, NEAP_FLOAT64, svm->rows, (size_t)features);
  neap_array *y = neap_new_array(L, NEAP_FLOAT64, svm->rows, 0);
  double *groups = NULL;
  if (svm->has_groups) {
    groups = neap_new_array(L, NEAP_FLOAT64, svm->rows, 0)->data;
  } else {
    lua_pushnil(L);
  }
  neap_libsvm_read(svm, (unsigned)base, (size_t)features, x->data, y->data,
                   groups);
  return 3;
}

// ---------------------------------------------------------------- writing

// (string or array, crc so far) -> crc
static int crc32(lua_State *L) {
  size_t size;
  const void *bytes;
  const neap_array *array = luaL_testudata(L, 1, NEAP_ARRAY);
  if (array != NULL) {
    bytes = array->data;
    size = neap_array_count(array) * neap_dtype_size(array->dtype);
  } else {
    bytes = luaL_checklstring(L, 1, &size);
  }
  const lua_Integer crc = luaL_optinteger(L, 2, 0);
  lua_pushinteger(L, (lua_Integer)neap_crc32((uint32_t)crc, bytes, size));
  return 1;
}

// (array, first byte from 0, most) -> a string of its bytes
static int array_bytes(lua_State *L) {
  const neap_array *array = luaL_checkudata(L, 1, NEAP_ARRAY);
  const size_t size = neap_array_count(array) * neap_dtype_size(array->dtype);
  const size_t first = (size_t)luaL_checkinteger(L, 2);
  const size_t most = (size_t)luaL_checkinteger(L, 3);
  luaL_argcheck(L, first <= size, 2, "beyond the array");
  const size_t left = size - first;
  lua_pushlstring(L, (const char *)array->data + first,
                  left < most ? left : most);
  return 1;
}

static void add_number(luaL_Buffer *b, double number) {
  char *text = luaL_prepbuffsize(b, NEAP_NUMBER_CHARS);
  luaL_addsize(b, neap_format_number(number, text));
}

// (first row from 1, last, x, list of columns: arrays [n], or an int32 array
// and a list of the texts of its codes) -> lines of CSV
static int csv_lines(lua_State *L) {
  const size_t first = (size_t)luaL_checkinteger(L, 1) - 1;
  const size_t last = (size_t)luaL_checkinteger(L, 2);
  const neap_array *x = luaL_checkudata(L, 3, NEAP_ARRAY);
  const neap_array *codes = neap_check_array_of(L, 4, NEAP_INT32, "codes");
  luaL_checktype(L, 5, LUA_TTABLE);  // texts of codes
  luaL_checktype(L, 6, LUA_TTABLE);  // more columns
  const size_t more = (size_t)luaL_len(L, 6);
  luaL_argcheck(L, last <= x->rows && codes->rows == x->rows, 2,
                "beyond the rows");
  const neap_array **others =
      lua_newuserdatauv(L, (more + 1) * sizeof *others, 0);
  for (size_t k = 0; k < more; k++) {
    lua_geti(L, 6, (lua_Integer)k + 1);
    others[k] = luaL_checkudata(L, -1, NEAP_ARRAY);
    luaL_argcheck(L, others[k]->rows == x->rows, 6, "wanted as many rows");
    lua_pop(L, 1);
  }
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  for (size_t i = first; i < last; i++) {
    for (size_t j = 0; j < x->columns; j++) {
      add_number(&b, neap_get(x->data, x->dtype, i * x->columns + j));
      luaL_addchar(&b, ',');
    }
    lua_rawgeti(L, 5, (lua_Integer)((const int32_t *)codes->data)[i] + 1);
    luaL_addvalue(&b);
    for (size_t k = 0; k < more; k++) {
      for (size_t j = 0; j < others[k]->columns; j++) {
        luaL_addchar(&b, ',');
        add_number(&b, neap_get(others[k]->data, others[k]->dtype,
                                i * others[k]->columns + j));
      }
    }
    luaL_addchar(&b, '\n');
  }
  luaL_pushresult(&b);
  return 1;
}

static const luaL_Reg no_meta[] = {{NULL, NULL}};
static const neap_function libsvm_methods[] = {{"read", libsvm_read, 2}, {0}};
static const neap_function zip_methods[] = {{"read", zip_read, 1}, {0}};
static const luaL_Reg functions[] = {{"npy", npy_read},
                                     {"zip", zip_open},
                                     {"libsvm", libsvm_scan},
                                     {"crc32", crc32},
                                     {"array_bytes", array_bytes},
                                     {"csv_lines", csv_lines},
                                     {NULL, NULL}};

void neap_open_files(lua_State *L) {
  neap_make_type(L, NEAP_LIBSVM, no_meta, libsvm_methods);
  neap_make_type(L, NEAP_ZIP, no_meta, zip_methods);
  luaL_newlib(L, functions);
  neap_add_bytes(L);
  neap_add_csv(L);
  neap_add_columns(L);
}
