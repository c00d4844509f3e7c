#!/usr/bin/env python3
"""Prints src/kernel/polynomial.h: minimax polynomials by Remez's exchange.

    python3 tests/kernel/minimax.py > src/kernel/polynomial.h

Needs mpmath (Debian: python3-mpmath). Every coefficient is computed in 60
digits for the smallest largest relative error, then rounded to its type.
Source: Remez 1934; Muller, Elementary Functions, 3rd ed., section 3.3.
"""
import struct

from mpmath import cos, erfc, exp, expm1, log, log1p, lu_solve, matrix, mp, mpf, nstr
from mpmath import pi, sin, sqrt

mp.dps = 60
LN2 = log(mpf(2))
TINY = mpf(10) ** -15


def remez(f, low, high, degree, weight):
    """Coefficients of the polynomial with the least max |weight (f - P)|."""
    count = degree + 2
    nodes = [(low + high) / 2 - (high - low) / 2 * cos(pi * i / (count - 1))
             for i in range(count)]
    for _ in range(30):
        a, b = matrix(count, count), matrix(count, 1)
        for i, x in enumerate(nodes):
            for j in range(degree + 1):
                a[i, j] = x ** j
            a[i, degree + 1] = (-1) ** i / weight(x)
            b[i] = f(x)
        solution = lu_solve(a, b)
        c = [solution[j] for j in range(degree + 1)]
        steps = 40 * count
        grid = [low + (high - low) * (1 - cos(pi * i / steps)) / 2
                for i in range(steps + 1)]
        error = [weight(x) * (f(x) - sum(cj * x ** j for j, cj in enumerate(c)))
                 for x in grid]
        extrema = []
        for i in range(steps + 1):
            left = i == 0 or abs(error[i]) >= abs(error[i - 1]) or error[i] * error[i - 1] < 0
            right = i == steps or abs(error[i]) >= abs(error[i + 1]) or error[i] * error[i + 1] < 0
            if not (left and right):
                continue
            if extrema and error[extrema[-1]] * error[i] > 0:
                if abs(error[i]) > abs(error[extrema[-1]]):
                    extrema[-1] = i
            else:
                extrema.append(i)
        while len(extrema) > count:
            extrema.pop(0 if abs(error[extrema[0]]) < abs(error[extrema[-1]]) else -1)
        worst = max(abs(v) for v in error)
        if len(extrema) < count or worst / abs(solution[degree + 1]) < mpf("1.0005"):
            break
        nodes = [grid[i] for i in extrema]
    return c, worst


def exp_tail(r):
    return mpf(1) / 2 + r / 6 + r * r / 24 if abs(r) < TINY else (expm1(r) - r) / r ** 2


def log_tail(f):
    return mpf(1) / 3 - f / 4 + f * f / 5 if abs(f) < TINY else (log1p(f) - f + f * f / 2) / f ** 3


def unit(e):
    return 1 - e / 2 + e * e / 3 if abs(e) < TINY else log1p(e) / e


def sine(s):
    return pi / 2 if s < TINY else sin(pi / 2 * sqrt(s)) / sqrt(s)


def cosine(s):
    return cos(pi / 2 * sqrt(s))


def erfc_tail(t):
    x = 2 / t - 2
    return log(erfc(x) / t) + x * x


# name, variable, comment, f, low, high, weight, degrees for float and double
SMALL = mpf("1e-5")  # keeps a weight that vanishes at 0 away from 0
POLYNOMIALS = [
    ("exp_tail", "r", "(e^r - 1 - r) / r^2", exp_tail, -LN2 / 2 * mpf("1.001"), LN2 / 2 * mpf("1.001"),
     lambda r: (r * r + SMALL) / exp(r), (4, 9), "|r| <= 1.001 ln(2) / 2"),
    ("excess_tail", "r", "(e^r - 1 - r) / r^2, by itself", exp_tail, -LN2 / 2 * mpf("1.001"), LN2 / 2 * mpf("1.001"),
     lambda r: 1 / exp_tail(r), (5, 10), "|r| <= 1.001 ln(2) / 2"),
    ("log_tail", "f", "(log(1 + f) - f + f^2 / 2) / f^3", log_tail, sqrt(mpf(1) / 2) - 1, sqrt(mpf(2)) - 1,
     lambda f: SMALL + (f * f if abs(f) < TINY else abs(f ** 3 / log1p(f))), (7, 18),
     "sqrt(1/2) <= 1 + f <= sqrt(2)"),
    ("log1p_unit_tail", "e", "log(1 + e) / e", unit, mpf(0), mpf(1),
     lambda e: 1 / unit(e), (9, 21), "0 <= e <= 1"),
    ("sine_tail", "s", "sin(pi/2 sqrt(s)) / sqrt(s)", sine, mpf(0), mpf(1) / 4,
     lambda s: 1 / sine(s), (3, 7), "0 <= s <= 1/4"),
    ("cosine_tail", "s", "cos(pi/2 sqrt(s))", cosine, mpf(0), mpf(1) / 4,
     lambda s: 1 / cosine(s), (4, 7), "0 <= s <= 1/4"),
    ("erfc_tail", "t", "log(erfc(x) / t) + x^2, t = 2 / (2 + x)", erfc_tail, mpf(1) / 50, mpf(1),
     lambda t: mpf(1), (9, 24), "0 <= x <= 98"),
]


def literal(value, bits):
    if bits == 64:
        return float(value).hex()
    rounded = struct.unpack("f", struct.pack("f", float(value)))[0]
    mantissa, exponent = rounded.hex().split("p")
    return mantissa.rstrip("0").rstrip(".") + "p" + exponent + "f"


def main():
    print("""// kernel/polynomial.h -- minimax polynomials for exp and log.
// Made by tests/kernel/minimax.py (Remez's exchange in 60 digits); the bounds
// are of the relative error of the function that the polynomial is a part of.
#ifndef NEAP_KERNEL_POLYNOMIAL_H
#define NEAP_KERNEL_POLYNOMIAL_H

#include "kernel/isa.h"

#if NEAP_REAL_BITS == 32""")
    for bits in (32, 64):
        if bits == 64:
            print("\n#else")
        for name, x, formula, f, low, high, weight, degrees, where in POLYNOMIALS:
            c, worst = remez(f, low, high, degrees[bits == 64], weight)
            print(f"\n// {formula}\n// for {where}, error 2^{nstr(log(worst) / LN2, 4)}.")
            print(f"NEAP_INLINE real {name}(real {x}) {{")
            print(f"  real p = {literal(c[-1], bits)};")
            for value in reversed(c[:-1]):
                print(f"  p = NEAP_FMA(p, {x}, {literal(value, bits)});")
            print("  return p;\n}")
    print("\n#endif\n\n#endif")


main()
