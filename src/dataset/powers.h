// dataset/powers.h -- powers of five and ten, for dataset/decimal.c alone.
#ifndef NEAP_DATASET_POWERS_H
#define NEAP_DATASET_POWERS_H

#include <stdint.h>

// 5^(28 i - 364) = high:low * 2^exponent, less than one unit of low too small.
static const struct {
  uint64_t high, low;
  int exponent;
} coarse[] = {
    {0xe1afa13afbd14d6dU, 0x82189c09a3a1ec21U, -973},  // 5^-364
    {0xe3e27a444d8d98b7U, 0xfd1b1b2308169b25U, -908},  // 5^-336
    {0xe61acf033d1a45dfU, 0x6fb92487298e33bdU, -843},  // 5^-308
    {0xe858ad248f5c22c9U, 0xd1b3400f8f9cff68U, -778},  // 5^-280
    {0xea9c227723ee8bcbU, 0x465e15a979c1cadcU, -713},  // 5^-252
    {0xece53cec4a314ebdU, 0xa4f8bf5635246428U, -648},  // 5^-224
    {0xef340a98172aace4U, 0x86fb897116c87c34U, -583},  // 5^-196
    {0xf18899b1bc3f8ca1U, 0xdc44e6c3cb279ac1U, -518},  // 5^-168
    {0xf3e2f893dec3f126U, 0x5a89dba3c3efccfaU, -453},  // 5^-140
    {0xf64335bcf065d37dU, 0x4d4617b5ff4a16d5U, -388},  // 5^-112
    {0xf8a95fcf88747d94U, 0x75a44c6397ce912aU, -323},  // 5^-84
    {0xfb158592be068d2eU, 0xeed6e2f0f0d56712U, -258},  // 5^-56
    {0xfd87b5f28300ca0dU, 0x8bca9d6e188853fcU, -193},  // 5^-28
    {0x8000000000000000U, 0x0000000000000000U, -127},  // 5^0
    {0x813f3978f8940984U, 0x4000000000000000U, -62},   // 5^28
    {0x82818f1281ed449fU, 0xbff8f10e7a8921a4U, 3},     // 5^56
    {0x83c7088e1aab65dbU, 0x792667c6da79e0faU, 68},    // 5^84
    {0x850fadc09923329eU, 0x03e2cf6bc604ddb0U, 133},   // 5^112
    {0x865b86925b9bc5c2U, 0x0b8a2392ba45a9b2U, 198},   // 5^140
    {0x87aa9aff79042286U, 0x90fb44d2f05d0842U, 263},   // 5^168
    {0x88fcf317f22241e2U, 0x441fece3bdf81f03U, 328},   // 5^196
    {0x8a5296ffe33cc92fU, 0x82bd6b70d99aaa6fU, 393},   // 5^224
    {0x8bab8eefb6409c1aU, 0x1ad089b6c2f7548eU, 458},   // 5^252
    {0x8d07e33455637eb2U, 0xdb0b487b6423e1e8U, 523},   // 5^280
    {0x8e679c2f5e44ff8fU, 0x570f09eaa7ea7648U, 588},   // 5^308
};

// 5^0 to 5^27, exact.
static const uint64_t fine[] = {UINT64_C(1),
                                UINT64_C(5),
                                UINT64_C(25),
                                UINT64_C(125),
                                UINT64_C(625),
                                UINT64_C(3125),
                                UINT64_C(15625),
                                UINT64_C(78125),
                                UINT64_C(390625),
                                UINT64_C(1953125),
                                UINT64_C(9765625),
                                UINT64_C(48828125),
                                UINT64_C(244140625),
                                UINT64_C(1220703125),
                                UINT64_C(6103515625),
                                UINT64_C(30517578125),
                                UINT64_C(152587890625),
                                UINT64_C(762939453125),
                                UINT64_C(3814697265625),
                                UINT64_C(19073486328125),
                                UINT64_C(95367431640625),
                                UINT64_C(476837158203125),
                                UINT64_C(2384185791015625),
                                UINT64_C(11920928955078125),
                                UINT64_C(59604644775390625),
                                UINT64_C(298023223876953125),
                                UINT64_C(1490116119384765625),
                                UINT64_C(7450580596923828125)};

#endif
