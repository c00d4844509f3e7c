// base/philox.h -- counter-based random numbers: Philox4x32-10.
//
// A number is a pure function of (seed, stream, part, index): nothing is
// drawn in order, so more rows extend a data set and never reshuffle it.
// Source: Salmon, Moraes, Dror, Shaw 2011, Parallel random numbers: as easy
// as 1, 2, 3, SC'11; constants from its section 3.3 and Random123.
#ifndef NEAP_PHILOX_H
#define NEAP_PHILOX_H

#include <stdint.h>

// One stream for each purpose: adding a use never shifts the others.
typedef enum neap_stream {
  NEAP_STREAM_LABEL = 1,        // the class of row i
  NEAP_STREAM_FEATURE = 2,      // the features of row i
  NEAP_STREAM_SPLIT = 3,        // which rows go to which side or fold
  NEAP_STREAM_SHUFFLE = 4,      // the order of rows in epoch `part`
  NEAP_STREAM_SEED = 5,         // a seed made from a seed
  NEAP_STREAM_INITIAL = 6,      // weights that training starts from
  NEAP_STREAM_DROPOUT = 7,      // which hidden units of row i stay, in a step
  NEAP_STREAM_SAMPLE = 8,       // which rows of a class an epoch has
  NEAP_STREAM_POSITION = 16,    // where on its curve row i lies
  NEAP_STREAM_POPULATION = 17,  // centers and covariances
  NEAP_STREAM_GROUP = 18,       // what the rows of group i share
  NEAP_STREAM_NOISE = 19,       // which labels are flipped, and to what
  NEAP_STREAM_KEEP = 20,        // which rows of a class are kept
  NEAP_STREAM_DRAWS = 21,       // how often row i is in a draw of the bootstrap
} neap_stream;

typedef struct neap_philox {
  uint32_t word[4];
} neap_philox;

// Returns 128 random bits for a counter and a key.
static inline neap_philox neap_philox_block(neap_philox counter, uint32_t key0,
                                            uint32_t key1) {
  for (int round = 0; round < 10; round++) {
    const uint64_t a = (uint64_t)counter.word[0] * 0xD2511F53u;
    const uint64_t b = (uint64_t)counter.word[2] * 0xCD9E8D57u;
    counter = (neap_philox){
        {(uint32_t)(b >> 32) ^ counter.word[1] ^ key0, (uint32_t)b,
         (uint32_t)(a >> 32) ^ counter.word[3] ^ key1, (uint32_t)a}};
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return counter;
}

// Returns the 128 bits of an index in a stream. `part` tells apart what
// shares a stream: training and test rows, epochs, blocks of a row.
static inline neap_philox neap_random(uint64_t seed, neap_stream stream,
                                      uint32_t part, uint64_t index) {
  const neap_philox counter = {
      {(uint32_t)index, (uint32_t)(index >> 32), part, (uint32_t)stream}};
  return neap_philox_block(counter, (uint32_t)seed, (uint32_t)(seed >> 32));
}

// Returns 64 random bits.
static inline uint64_t neap_random_bits(uint64_t seed, neap_stream stream,
                                        uint32_t part, uint64_t index) {
  const neap_philox r = neap_random(seed, stream, part, index);
  return (uint64_t)r.word[1] << 32 | r.word[0];
}

// Returns a number in [0, 1), a multiple of 2^-53.
static inline double neap_random_uniform(uint64_t seed, neap_stream stream,
                                         uint32_t part, uint64_t index) {
  return (double)(neap_random_bits(seed, stream, part, index) >> 11) * 0x1p-53;
}

// Returns a whole number in [0, bound): the high half of bits * bound, whose
// bias is below bound / 2^64.
static inline uint64_t neap_random_below(uint64_t bound, uint64_t bits) {
  const uint64_t high = (bits >> 32) * bound;
  const uint64_t low = (bits & 0xFFFFFFFFu) * bound;
  return (high + (low >> 32)) >> 32;  // exact while bound < 2^32
}

#endif
