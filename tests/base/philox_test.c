// tests/base/philox_test.c -- the random numbers are those of Random123
// (known-answer tests kat_vectors, philox4x32-10, version 1.09).
#include "check.h"

static void check_block(neap_philox counter, uint32_t key0, uint32_t key1,
                        neap_philox truth) {
  const neap_philox got = neap_philox_block(counter, key0, key1);
  CHECK(memcmp(&got, &truth, sizeof got) == 0);
}

static void test_known_answers(void) {
  check_block((neap_philox){{0, 0, 0, 0}}, 0, 0,
              (neap_philox){{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}});
  check_block((neap_philox){{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}},
              0xffffffff, 0xffffffff,
              (neap_philox){{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}});
  check_block((neap_philox){{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}},
              0xa4093822, 0x299f31d0,
              (neap_philox){{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}});
}

static void test_bounds(void) {
  for (uint64_t i = 0; i < 100000; i++) {
    const double u = neap_random_uniform(3, NEAP_STREAM_LABEL, 0, i);
    CHECK(u >= 0 && u < 1);
    const uint64_t bits = neap_random_bits(3, NEAP_STREAM_SPLIT, 0, i);
    CHECK(neap_random_below(7, bits) < 7);
  }
  CHECK(neap_random_below(10, UINT64_MAX) == 9);
  CHECK(neap_random_below(10, 0) == 0);
}

// 700,000 draws below 7: each count lies within five standard deviations.
static void test_evenness(void) {
  int counts[7] = {0};
  for (uint64_t i = 0; i < 700000; i++) {
    counts[neap_random_below(7,
                             neap_random_bits(5, NEAP_STREAM_SPLIT, 0, i))]++;
  }
  for (int i = 0; i < 7; i++)
    CHECK(abs(counts[i] - 100000) < 5 * 293);
}

int main(void) {
  test_known_answers();
  test_bounds();
  test_evenness();
  return check_result();
}
