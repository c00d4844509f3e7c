// host/sha256.c -- the hash SHA-256, FIPS 180-4.
#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "bind/bind.h"
#include "host/host.h"

enum { BLOCK_BYTES = 64, ROUNDS = 64, HASH_WORDS = 8 };

// The first 32 bits of the fractions of the cube roots of the first 64
// primes: FIPS 180-4, 4.2.2.
static const uint32_t round_constants[ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// The same of the square roots of the first 8 primes: 5.3.3.
static const uint32_t initial_hash[HASH_WORDS] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

static uint32_t rotate(uint32_t x, unsigned bits) {
  return x >> bits | x << (32 - bits);
}

static uint32_t read_word(const unsigned char *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
         (uint32_t)bytes[2] << 8 | (uint32_t)bytes[3];
}

// The message schedule W of 6.2.2, step 1: small sigma 0 of the word 15 back
// and small sigma 1 of the word 2 back.
static void expand_block(const unsigned char *block, uint32_t w[ROUNDS]) {
  for (int t = 0; t < 16; t++)
    w[t] = read_word(block + 4 * t);
  for (int t = 16; t < ROUNDS; t++) {
    const uint32_t x = w[t - 15], y = w[t - 2];
    const uint32_t sigma0 = rotate(x, 7) ^ rotate(x, 18) ^ x >> 3;
    const uint32_t sigma1 = rotate(y, 17) ^ rotate(y, 19) ^ y >> 10;
    w[t] = sigma1 + w[t - 7] + sigma0 + w[t - 16];
  }
}

// Steps 2 to 4 of 6.2.2; v holds a to h, in this order:
//   T1 = h + Sigma1(e) + Ch(e, f, g) + K_t + W_t,  T2 = Sigma0(a) + Maj(a, b,
//   c)
static void hash_block(const unsigned char *block, uint32_t hash[HASH_WORDS]) {
  uint32_t w[ROUNDS], v[HASH_WORDS];
  expand_block(block, w);
  memcpy(v, hash, sizeof v);
  for (int t = 0; t < ROUNDS; t++) {
    const uint32_t a = v[0], e = v[4];
    const uint32_t choose = (e & v[5]) ^ (~e & v[6]);
    const uint32_t majority = (a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]);
    const uint32_t t1 = v[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
                        choose + round_constants[t] + w[t];
    const uint32_t t2 =
        (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + majority;
    memmove(v + 1, v, 7 * sizeof *v);
    v[4] += t1;
    v[0] = t1 + t2;
  }
  for (int i = 0; i < HASH_WORDS; i++)
    hash[i] += v[i];
}

// The padding of 5.1.1: a one bit, zeros, and the length in bits as 64 bits
// at the end of the last block.
static void hash_tail(const unsigned char *rest, size_t rest_bytes,
                      uint64_t total_bytes, uint32_t hash[HASH_WORDS]) {
  unsigned char tail[2 * BLOCK_BYTES] = {0};
  memcpy(tail, rest, rest_bytes);
  tail[rest_bytes] = 0x80;
  const size_t blocks = rest_bytes + 9 <= BLOCK_BYTES ? 1 : 2;
  const uint64_t bits = total_bytes * CHAR_BIT;
  for (size_t i = 0; i < 8; i++)
    tail[blocks * BLOCK_BYTES - 1 - i] = (unsigned char)(bits >> 8 * i);
  for (size_t i = 0; i < blocks; i++)
    hash_block(tail + i * BLOCK_BYTES, hash);
}

//- host.sha256(text) -> string
// The hash of the bytes of a string, as 64 hexadecimal digits.
static int sha256(lua_State *L) {
  size_t size_bytes;
  const char *text = luaL_checklstring(L, 1, &size_bytes);
  const unsigned char *bytes = (const unsigned char *)text;
  uint32_t hash[HASH_WORDS];
  memcpy(hash, initial_hash, sizeof hash);
  const size_t whole = size_bytes / BLOCK_BYTES * BLOCK_BYTES;
  for (size_t i = 0; i < whole; i += BLOCK_BYTES)
    hash_block(bytes + i, hash);
  hash_tail(bytes + whole, size_bytes - whole, size_bytes, hash);
  char digits[8 * HASH_WORDS];
  for (size_t i = 0; i < sizeof digits; i++)
    digits[i] = "0123456789abcdef"[hash[i / 8] >> (28 - i % 8 * 4) & 15];
  lua_pushlstring(L, digits, sizeof digits);
  return 1;
}

void neap_add_sha256(lua_State *L) {
  static const neap_function functions[] = {{"sha256", sha256, 1}, {0}};
  neap_set_functions(L, functions);
}
