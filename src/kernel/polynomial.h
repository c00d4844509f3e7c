// kernel/polynomial.h -- minimax polynomials for exp and log.
// Made by tests/kernel/minimax.py (Remez's exchange in 60 digits); the bounds
// are of the relative error of the function that the polynomial is a part of.
#ifndef NEAP_KERNEL_POLYNOMIAL_H
#define NEAP_KERNEL_POLYNOMIAL_H

#include "kernel/isa.h"

#if NEAP_REAL_BITS == 32

// (e^r - 1 - r) / r^2
// for |r| <= 1.001 ln(2) / 2, error 2^-28.27.
NEAP_INLINE real exp_tail(real r) {
  real s = 0x1.6a238ap-10f;
  s = NEAP_FMA(s, r, 0x1.123a6ap-7f);
  s = NEAP_FMA(s, r, 0x1.5558f4p-5f);
  s = NEAP_FMA(s, r, 0x1.55549p-3f);
  s = NEAP_FMA(s, r, 0x1.fffffcp-2f);
  return s;
}

// (log(1 + f) - f + f^2 / 2) / f^3
// for sqrt(1/2) <= 1 + f <= sqrt(2), error 2^-27.35.
NEAP_INLINE real log_tail(real f) {
  real s = -0x1.38ba2cp-4f;
  s = NEAP_FMA(s, f, 0x1.055c74p-3f);
  s = NEAP_FMA(s, f, -0x1.0d84cep-3f);
  s = NEAP_FMA(s, f, 0x1.22d9ecp-3f);
  s = NEAP_FMA(s, f, -0x1.54724cp-3f);
  s = NEAP_FMA(s, f, 0x1.99a00cp-3f);
  s = NEAP_FMA(s, f, -0x1.000226p-2f);
  s = NEAP_FMA(s, f, 0x1.555554p-2f);
  return s;
}

// log(1 + e) / e
// for 0 <= e <= 1, error 2^-27.66.
NEAP_INLINE real log1p_unit_tail(real e) {
  real s = -0x1.a93448p-9f;
  s = NEAP_FMA(s, e, 0x1.453f86p-6f);
  s = NEAP_FMA(s, e, -0x1.d29d34p-5f);
  s = NEAP_FMA(s, e, 0x1.b25392p-4f);
  s = NEAP_FMA(s, e, -0x1.39757p-3f);
  s = NEAP_FMA(s, e, 0x1.92f69ap-3f);
  s = NEAP_FMA(s, e, -0x1.ff0f88p-3f);
  s = NEAP_FMA(s, e, 0x1.554c8p-2f);
  s = NEAP_FMA(s, e, -0x1.ffffbep-2f);
  s = NEAP_FMA(s, e, 0x1p+0f);
  return s;
}

#else

// (e^r - 1 - r) / r^2
// for |r| <= 1.001 ln(2) / 2, error 2^-57.92.
NEAP_INLINE real exp_tail(real r) {
  real s = 0x1.ad7f11a4908c5p-26;
  s = NEAP_FMA(s, r, 0x1.28adcc20e2b8ap-22);
  s = NEAP_FMA(s, r, 0x1.71df261d41e01p-19);
  s = NEAP_FMA(s, r, 0x1.a01999b0b4b08p-16);
  s = NEAP_FMA(s, r, 0x1.a01a0129be84ap-13);
  s = NEAP_FMA(s, r, 0x1.6c16c18449bb0p-10);
  s = NEAP_FMA(s, r, 0x1.1111111127e57p-7);
  s = NEAP_FMA(s, r, 0x1.55555555507f8p-5);
  s = NEAP_FMA(s, r, 0x1.55555555554f9p-3);
  s = NEAP_FMA(s, r, 0x1.000000000000ap-1);
  return s;
}

// (log(1 + f) - f + f^2 / 2) / f^3
// for sqrt(1/2) <= 1 + f <= sqrt(2), error 2^-56.61.
NEAP_INLINE real log_tail(real f) {
  real s = 0x1.ac76fd1b650b5p-6;
  s = NEAP_FMA(s, f, -0x1.ea0519fa529d1p-5);
  s = NEAP_FMA(s, f, 0x1.0a612aaf6c6ddp-4);
  s = NEAP_FMA(s, f, -0x1.d11f359128d73p-5);
  s = NEAP_FMA(s, f, 0x1.d05aff698b404p-5);
  s = NEAP_FMA(s, f, -0x1.fba2012cb973dp-5);
  s = NEAP_FMA(s, f, 0x1.11ccf7f192e9ep-4);
  s = NEAP_FMA(s, f, -0x1.24d74987fa914p-4);
  s = NEAP_FMA(s, f, 0x1.3b0b897ae08aap-4);
  s = NEAP_FMA(s, f, -0x1.5550eee44ffffp-4);
  s = NEAP_FMA(s, f, 0x1.745d3f1cebfb8p-4);
  s = NEAP_FMA(s, f, -0x1.9999c265e8e21p-4);
  s = NEAP_FMA(s, f, 0x1.c71c71dfe5749p-4);
  s = NEAP_FMA(s, f, -0x1.ffffff2c1b641p-4);
  s = NEAP_FMA(s, f, 0x1.24924922a4c5ap-3);
  s = NEAP_FMA(s, f, -0x1.555555566af5fp-3);
  s = NEAP_FMA(s, f, 0x1.999999999f724p-3);
  s = NEAP_FMA(s, f, -0x1.fffffffffef1ap-3);
  s = NEAP_FMA(s, f, 0x1.5555555555533p-2);
  return s;
}

// log(1 + e) / e
// for 0 <= e <= 1, error 2^-59.22.
NEAP_INLINE real log1p_unit_tail(real e) {
  real s = -0x1.13734cf163e0bp-16;
  s = NEAP_FMA(s, e, 0x1.9e326854b756dp-13);
  s = NEAP_FMA(s, e, -0x1.2834a2b250eeep-10);
  s = NEAP_FMA(s, e, 0x1.0d58143f10f20p-8);
  s = NEAP_FMA(s, e, -0x1.600ef0b9de545p-7);
  s = NEAP_FMA(s, e, 0x1.63aa6e8d99d46p-6);
  s = NEAP_FMA(s, e, -0x1.24ee46779a8c7p-5);
  s = NEAP_FMA(s, e, 0x1.9be668c7b4e07p-5);
  s = NEAP_FMA(s, e, -0x1.022b850aed9a5p-4);
  s = NEAP_FMA(s, e, 0x1.2c847b9a38d35p-4);
  s = NEAP_FMA(s, e, -0x1.504e104d2b04ap-4);
  s = NEAP_FMA(s, e, 0x1.72f6b44774076p-4);
  s = NEAP_FMA(s, e, -0x1.994a4d21fcffcp-4);
  s = NEAP_FMA(s, e, 0x1.c70ebded2dcd6p-4);
  s = NEAP_FMA(s, e, -0x1.fffe312a06e5cp-4);
  s = NEAP_FMA(s, e, 0x1.24923282ffb9bp-3);
  s = NEAP_FMA(s, e, -0x1.555553c2223a5p-3);
  s = NEAP_FMA(s, e, 0x1.99999986c12d2p-3);
  s = NEAP_FMA(s, e, -0x1.ffffffff75442p-3);
  s = NEAP_FMA(s, e, 0x1.555555555445dp-2);
  s = NEAP_FMA(s, e, -0x1.fffffffffffe6p-2);
  s = NEAP_FMA(s, e, 0x1.0000000000000p+0);
  return s;
}

#endif

#endif
