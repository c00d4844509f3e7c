#!/usr/bin/env python3
"""Prints tests/data/loss_golden.txt: losses in 40-digit arithmetic.

    python3 tests/loss/golden.py > tests/data/loss_golden.txt

Needs mpmath (Debian: python3-mpmath). Derivatives come from the textbook
value by mpmath's numerical differentiation, so that no formula of the engine
is used. Each line is one row of one loss:

    binary gamma x y : value gradient hessian
    classes gamma k z_1 .. z_k y_1 .. y_k : value, k gradients, k Hessians

Inputs are exact in float32 (gamma in float64).
"""
import random
import struct

from mpmath import diff, exp, log, log1p, mp, mpf, nstr

mp.dps = 60
GAMMAS = [0, 0.1, 0.5, 1, 1.5, 2, 2.7, 5]


def single(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def softplus(x):
    return log1p(exp(x)) if x < 0 else x + log1p(exp(-x))


def focal(gamma, x, y):
    """(1 - p_t)^gamma times cross-entropy, p_t linear in a soft y."""
    p, q = 1 / (1 + exp(-x)), 1 / (1 + exp(x))
    u = y * q + (1 - y) * p
    return u ** gamma * (y * softplus(-x) + (1 - y) * softplus(x))


def derivative(f, x, n):
    # Far from 0 these functions are a power of e, so a step of 1 is small.
    mp.dps = 60 + 40 * n
    try:
        return diff(f, x, n, h=mpf(10) ** -30)
    finally:
        mp.dps = 60


def binary():
    xs = [0, 1e-30, 1e-8, 1e-3, 0.1, 0.5, 1, 2, 3.1, 4.5, 8, 12, 16.65, 20,
          36.77, 50, 87, 88.5, 95, 103, 150, 300, 700]
    for gamma in GAMMAS:
        for x in xs + [-x for x in xs if x > 0]:
            x = single(x)
            for y in (1, 0.75, 1e-3):
                if y != 1 and (abs(x) > 88 or (abs(x) < 0.1 and x != 0)):
                    continue
                y = single(y)
                f = lambda t: focal(mpf(gamma), t, mpf(y))
                out = [f(mpf(x)), derivative(f, mpf(x), 1), derivative(f, mpf(x), 2)]
                print("binary", repr(float(gamma)), repr(x), repr(y), ":", *[nstr(v, 25) for v in out])


def softmax_focal(gamma, z, y):
    total = mpf(0)
    for k, yk in enumerate(y):
        if yk:
            margin = z[k] - log(sum(exp(v) for j, v in enumerate(z) if j != k))
            total += yk * (1 / (1 + exp(margin))) ** gamma * softplus(-margin)
    return total


def classes():
    draw = random.Random(1)
    for k in (2, 3, 7):
        for scale in (0.1, 1, 5, 20):
            for gamma in (0, 0.5, 2):
                for soft in (False, True):
                    z = [single(draw.gauss(0, scale)) for _ in range(k)]
                    y = [0.0] * k
                    y[draw.randrange(k)] = 1.0
                    if soft:
                        y = [single(0.7 * v + 0.3 / k) for v in y]
                    out = [softmax_focal(mpf(gamma), [mpf(v) for v in z], y)]
                    for n in (1, 2):
                        for j in range(k):
                            f = lambda t: softmax_focal(
                                mpf(gamma), [t if i == j else mpf(v) for i, v in enumerate(z)], y)
                            out.append(derivative(f, mpf(z[j]), n))
                    print("classes", repr(float(gamma)), k, *map(repr, z), *map(repr, y), ":",
                          *[nstr(v, 25) for v in out])


binary()
classes()
