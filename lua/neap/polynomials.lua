--- Coefficients of src/kernel/polynomial.h, highest power first, for files
-- that neap writes. A test compares them.
return {
  float32 = {
    exp_tail = {
      "0x1.6a238ap-10f", "0x1.123a6ap-7f", "0x1.5558f4p-5f", "0x1.55549p-3f",
      "0x1.fffffcp-2f",
    },
    erfc_tail = {
      "0x1.65c6c4p-3f", "-0x1.ae3566p-1f", "0x1.864c1ep+0f", "-0x1.2cafdp+0f",
      "0x1.37b38ap-2f", "-0x1.920cf6p-3f", "0x1.95efe8p-4f", "0x1.7ec4fep-2f",
      "0x1.0002aep+0f", "-0x1.43f8a2p+0f",
    },
  },
  float64 = {
    exp_tail = {
      "0x1.ad7f11a4908c5p-26", "0x1.28adcc20e2b8ap-22",
      "0x1.71df261d41e01p-19", "0x1.a01999b0b4b08p-16",
      "0x1.a01a0129be84ap-13", "0x1.6c16c18449bb0p-10", "0x1.1111111127e57p-7",
      "0x1.55555555507f8p-5", "0x1.55555555554f9p-3", "0x1.000000000000ap-1",
    },
    erfc_tail = {
      "-0x1.e3844045645bbp-3", "0x1.8b9083e794ec1p+1", "-0x1.2e4bd3437b1c4p+4",
      "0x1.1dea09b9b8900p+6", "-0x1.75a28741aa813p+7", "0x1.64813e29d8579p+8",
      "-0x1.ffd7f27219c4bp+8", "0x1.18e8f0d20fe76p+9", "-0x1.db95c35eb0b32p+8",
      "0x1.38f7d254ba8f9p+8", "-0x1.4527b2a6e84ccp+7", "0x1.110619a1402fdp+6",
      "-0x1.7300a1274a36cp+4", "0x1.83ea77d6aee02p+2", "-0x1.67ff3b8e0585dp+0",
      "0x1.75cd0f384935dp-2", "0x1.94d0881c7a6b2p-4", "0x1.10e3a28fa0221p-5",
      "-0x1.794a8bf14bc8ap-4", "-0x1.265bf0f47750bp-3",
      "-0x1.6000f5b18100fp-4", "0x1.55555d213bf8cp-4", "0x1.7ffffff5ccb42p-2",
      "0x1.00000000079a0p+0", "-0x1.43f89a3f0ee71p+0",
    },
  },
}
