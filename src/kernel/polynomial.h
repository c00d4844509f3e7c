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
  real p = 0x1.6a238ap-10f;
  p = NEAP_FMA(p, r, 0x1.123a6ap-7f);
  p = NEAP_FMA(p, r, 0x1.5558f4p-5f);
  p = NEAP_FMA(p, r, 0x1.55549p-3f);
  p = NEAP_FMA(p, r, 0x1.fffffcp-2f);
  return p;
}

// (e^r - 1 - r) / r^2, by itself
// for |r| <= 1.001 ln(2) / 2, error 2^-28.46.
NEAP_INLINE real excess_tail(real r) {
  real p = 0x1.a072dep-13f;
  p = NEAP_FMA(p, r, 0x1.6d4366p-10f);
  p = NEAP_FMA(p, r, 0x1.11114cp-7f);
  p = NEAP_FMA(p, r, 0x1.5554e8p-5f);
  p = NEAP_FMA(p, r, 0x1.555556p-3f);
  p = NEAP_FMA(p, r, 0x1p-1f);
  return p;
}

// (log(1 + f) - f + f^2 / 2) / f^3
// for sqrt(1/2) <= 1 + f <= sqrt(2), error 2^-27.35.
NEAP_INLINE real log_tail(real f) {
  real p = -0x1.38ba2cp-4f;
  p = NEAP_FMA(p, f, 0x1.055c74p-3f);
  p = NEAP_FMA(p, f, -0x1.0d84cep-3f);
  p = NEAP_FMA(p, f, 0x1.22d9ecp-3f);
  p = NEAP_FMA(p, f, -0x1.54724cp-3f);
  p = NEAP_FMA(p, f, 0x1.99a00cp-3f);
  p = NEAP_FMA(p, f, -0x1.000226p-2f);
  p = NEAP_FMA(p, f, 0x1.555554p-2f);
  return p;
}

// log(1 + e) / e
// for 0 <= e <= 1, error 2^-27.66.
NEAP_INLINE real log1p_unit_tail(real e) {
  real p = -0x1.a93448p-9f;
  p = NEAP_FMA(p, e, 0x1.453f86p-6f);
  p = NEAP_FMA(p, e, -0x1.d29d34p-5f);
  p = NEAP_FMA(p, e, 0x1.b25392p-4f);
  p = NEAP_FMA(p, e, -0x1.39757p-3f);
  p = NEAP_FMA(p, e, 0x1.92f69ap-3f);
  p = NEAP_FMA(p, e, -0x1.ff0f88p-3f);
  p = NEAP_FMA(p, e, 0x1.554c8p-2f);
  p = NEAP_FMA(p, e, -0x1.ffffbep-2f);
  p = NEAP_FMA(p, e, 0x1p+0f);
  return p;
}

// sin(pi/2 sqrt(s)) / sqrt(s)
// for 0 <= s <= 1/4, error 2^-28.2.
NEAP_INLINE real sine_tail(real s) {
  real p = -0x1.2d9302p-8f;
  p = NEAP_FMA(p, s, 0x1.465e92p-4f);
  p = NEAP_FMA(p, s, -0x1.4abbbap-1f);
  p = NEAP_FMA(p, s, 0x1.921fb6p+0f);
  return p;
}

// cos(pi/2 sqrt(s))
// for 0 <= s <= 1/4, error 2^-34.05.
NEAP_INLINE real cosine_tail(real s) {
  real p = 0x1.d99f54p-11f;
  p = NEAP_FMA(p, s, -0x1.55c4eap-6f);
  p = NEAP_FMA(p, s, 0x1.03c1dap-2f);
  p = NEAP_FMA(p, s, -0x1.3bd3ccp+0f);
  p = NEAP_FMA(p, s, 0x1p+0f);
  return p;
}

// log(erfc(x) / t) + x^2, t = 2 / (2 + x)
// for 0 <= x <= 98, error 2^-23.67.
NEAP_INLINE real erfc_tail(real t) {
  real p = 0x1.65c6c4p-3f;
  p = NEAP_FMA(p, t, -0x1.ae3566p-1f);
  p = NEAP_FMA(p, t, 0x1.864c1ep+0f);
  p = NEAP_FMA(p, t, -0x1.2cafdp+0f);
  p = NEAP_FMA(p, t, 0x1.37b38ap-2f);
  p = NEAP_FMA(p, t, -0x1.920cf6p-3f);
  p = NEAP_FMA(p, t, 0x1.95efe8p-4f);
  p = NEAP_FMA(p, t, 0x1.7ec4fep-2f);
  p = NEAP_FMA(p, t, 0x1.0002aep+0f);
  p = NEAP_FMA(p, t, -0x1.43f8a2p+0f);
  return p;
}

#else

// (e^r - 1 - r) / r^2
// for |r| <= 1.001 ln(2) / 2, error 2^-57.92.
NEAP_INLINE real exp_tail(real r) {
  real p = 0x1.ad7f11a4908c5p-26;
  p = NEAP_FMA(p, r, 0x1.28adcc20e2b8ap-22);
  p = NEAP_FMA(p, r, 0x1.71df261d41e01p-19);
  p = NEAP_FMA(p, r, 0x1.a01999b0b4b08p-16);
  p = NEAP_FMA(p, r, 0x1.a01a0129be84ap-13);
  p = NEAP_FMA(p, r, 0x1.6c16c18449bb0p-10);
  p = NEAP_FMA(p, r, 0x1.1111111127e57p-7);
  p = NEAP_FMA(p, r, 0x1.55555555507f8p-5);
  p = NEAP_FMA(p, r, 0x1.55555555554f9p-3);
  p = NEAP_FMA(p, r, 0x1.000000000000ap-1);
  return p;
}

// (e^r - 1 - r) / r^2, by itself
// for |r| <= 1.001 ln(2) / 2, error 2^-58.34.
NEAP_INLINE real excess_tail(real r) {
  real p = 0x1.1f1a248089a09p-29;
  p = NEAP_FMA(p, r, 0x1.af4e30e0390f2p-26);
  p = NEAP_FMA(p, r, 0x1.27e510e1815bfp-22);
  p = NEAP_FMA(p, r, 0x1.71de0211713edp-19);
  p = NEAP_FMA(p, r, 0x1.a01a01904ff31p-16);
  p = NEAP_FMA(p, r, 0x1.a01a01abf1403p-13);
  p = NEAP_FMA(p, r, 0x1.6c16c16c1a0d1p-10);
  p = NEAP_FMA(p, r, 0x1.11111111100cdp-7);
  p = NEAP_FMA(p, r, 0x1.555555555554ep-5);
  p = NEAP_FMA(p, r, 0x1.5555555555557p-3);
  p = NEAP_FMA(p, r, 0x1.0000000000000p-1);
  return p;
}

// (log(1 + f) - f + f^2 / 2) / f^3
// for sqrt(1/2) <= 1 + f <= sqrt(2), error 2^-56.61.
NEAP_INLINE real log_tail(real f) {
  real p = 0x1.ac76fd1b650b5p-6;
  p = NEAP_FMA(p, f, -0x1.ea0519fa529d1p-5);
  p = NEAP_FMA(p, f, 0x1.0a612aaf6c6ddp-4);
  p = NEAP_FMA(p, f, -0x1.d11f359128d73p-5);
  p = NEAP_FMA(p, f, 0x1.d05aff698b404p-5);
  p = NEAP_FMA(p, f, -0x1.fba2012cb973dp-5);
  p = NEAP_FMA(p, f, 0x1.11ccf7f192e9ep-4);
  p = NEAP_FMA(p, f, -0x1.24d74987fa914p-4);
  p = NEAP_FMA(p, f, 0x1.3b0b897ae08aap-4);
  p = NEAP_FMA(p, f, -0x1.5550eee44ffffp-4);
  p = NEAP_FMA(p, f, 0x1.745d3f1cebfb8p-4);
  p = NEAP_FMA(p, f, -0x1.9999c265e8e21p-4);
  p = NEAP_FMA(p, f, 0x1.c71c71dfe5749p-4);
  p = NEAP_FMA(p, f, -0x1.ffffff2c1b641p-4);
  p = NEAP_FMA(p, f, 0x1.24924922a4c5ap-3);
  p = NEAP_FMA(p, f, -0x1.555555566af5fp-3);
  p = NEAP_FMA(p, f, 0x1.999999999f724p-3);
  p = NEAP_FMA(p, f, -0x1.fffffffffef1ap-3);
  p = NEAP_FMA(p, f, 0x1.5555555555533p-2);
  return p;
}

// log(1 + e) / e
// for 0 <= e <= 1, error 2^-59.22.
NEAP_INLINE real log1p_unit_tail(real e) {
  real p = -0x1.13734cf163e0bp-16;
  p = NEAP_FMA(p, e, 0x1.9e326854b756dp-13);
  p = NEAP_FMA(p, e, -0x1.2834a2b250eeep-10);
  p = NEAP_FMA(p, e, 0x1.0d58143f10f20p-8);
  p = NEAP_FMA(p, e, -0x1.600ef0b9de545p-7);
  p = NEAP_FMA(p, e, 0x1.63aa6e8d99d46p-6);
  p = NEAP_FMA(p, e, -0x1.24ee46779a8c7p-5);
  p = NEAP_FMA(p, e, 0x1.9be668c7b4e07p-5);
  p = NEAP_FMA(p, e, -0x1.022b850aed9a5p-4);
  p = NEAP_FMA(p, e, 0x1.2c847b9a38d35p-4);
  p = NEAP_FMA(p, e, -0x1.504e104d2b04ap-4);
  p = NEAP_FMA(p, e, 0x1.72f6b44774076p-4);
  p = NEAP_FMA(p, e, -0x1.994a4d21fcffcp-4);
  p = NEAP_FMA(p, e, 0x1.c70ebded2dcd6p-4);
  p = NEAP_FMA(p, e, -0x1.fffe312a06e5cp-4);
  p = NEAP_FMA(p, e, 0x1.24923282ffb9bp-3);
  p = NEAP_FMA(p, e, -0x1.555553c2223a5p-3);
  p = NEAP_FMA(p, e, 0x1.99999986c12d2p-3);
  p = NEAP_FMA(p, e, -0x1.ffffffff75442p-3);
  p = NEAP_FMA(p, e, 0x1.555555555445dp-2);
  p = NEAP_FMA(p, e, -0x1.fffffffffffe6p-2);
  p = NEAP_FMA(p, e, 0x1.0000000000000p+0);
  return p;
}

// sin(pi/2 sqrt(s)) / sqrt(s)
// for 0 <= s <= 1/4, error 2^-68.85.
NEAP_INLINE real sine_tail(real s) {
  real p = -0x1.6c58cc33d59e2p-31;
  p = NEAP_FMA(p, s, 0x1.e8eec79c5f321p-25);
  p = NEAP_FMA(p, s, -0x1.e3074b42c3fdbp-19);
  p = NEAP_FMA(p, s, 0x1.50783485c2d68p-13);
  p = NEAP_FMA(p, s, -0x1.32d2cce62abbdp-8);
  p = NEAP_FMA(p, s, 0x1.466bc6775aad9p-4);
  p = NEAP_FMA(p, s, -0x1.4abbce625be53p-1);
  p = NEAP_FMA(p, s, 0x1.921fb54442d18p+0);
  return p;
}

// cos(pi/2 sqrt(s))
// for 0 <= s <= 1/4, error 2^-64.6.
NEAP_INLINE real cosine_tail(real s) {
  real p = -0x1.b2586b69e2c0bp-28;
  p = NEAP_FMA(p, s, 0x1.f9cc15d54fc27p-22);
  p = NEAP_FMA(p, s, -0x1.a6d1ec3d49c6ep-16);
  p = NEAP_FMA(p, s, 0x1.e1f5068303f71p-11);
  p = NEAP_FMA(p, s, -0x1.55d3c7e3c8d5cp-6);
  p = NEAP_FMA(p, s, 0x1.03c1f081b5aaap-2);
  p = NEAP_FMA(p, s, -0x1.3bd3cc9be45dep+0);
  p = NEAP_FMA(p, s, 0x1.0000000000000p+0);
  return p;
}

// log(erfc(x) / t) + x^2, t = 2 / (2 + x)
// for 0 <= x <= 98, error 2^-53.74.
NEAP_INLINE real erfc_tail(real t) {
  real p = -0x1.e3844045645bbp-3;
  p = NEAP_FMA(p, t, 0x1.8b9083e794ec1p+1);
  p = NEAP_FMA(p, t, -0x1.2e4bd3437b1c4p+4);
  p = NEAP_FMA(p, t, 0x1.1dea09b9b8900p+6);
  p = NEAP_FMA(p, t, -0x1.75a28741aa813p+7);
  p = NEAP_FMA(p, t, 0x1.64813e29d8579p+8);
  p = NEAP_FMA(p, t, -0x1.ffd7f27219c4bp+8);
  p = NEAP_FMA(p, t, 0x1.18e8f0d20fe76p+9);
  p = NEAP_FMA(p, t, -0x1.db95c35eb0b32p+8);
  p = NEAP_FMA(p, t, 0x1.38f7d254ba8f9p+8);
  p = NEAP_FMA(p, t, -0x1.4527b2a6e84ccp+7);
  p = NEAP_FMA(p, t, 0x1.110619a1402fdp+6);
  p = NEAP_FMA(p, t, -0x1.7300a1274a36cp+4);
  p = NEAP_FMA(p, t, 0x1.83ea77d6aee02p+2);
  p = NEAP_FMA(p, t, -0x1.67ff3b8e0585dp+0);
  p = NEAP_FMA(p, t, 0x1.75cd0f384935dp-2);
  p = NEAP_FMA(p, t, 0x1.94d0881c7a6b2p-4);
  p = NEAP_FMA(p, t, 0x1.10e3a28fa0221p-5);
  p = NEAP_FMA(p, t, -0x1.794a8bf14bc8ap-4);
  p = NEAP_FMA(p, t, -0x1.265bf0f47750bp-3);
  p = NEAP_FMA(p, t, -0x1.6000f5b18100fp-4);
  p = NEAP_FMA(p, t, 0x1.55555d213bf8cp-4);
  p = NEAP_FMA(p, t, 0x1.7ffffff5ccb42p-2);
  p = NEAP_FMA(p, t, 0x1.00000000079a0p+0);
  p = NEAP_FMA(p, t, -0x1.43f89a3f0ee71p+0);
  return p;
}

#endif

#endif
