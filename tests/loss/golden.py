#!/usr/bin/env python3
"""Prints tests/data/loss_golden.txt: losses in high-precision arithmetic.

    python3 tests/loss/golden.py > tests/data/loss_golden.txt

Needs mpmath (Debian: python3-mpmath). Derivatives come from the textbook
value by mpmath's numerical differentiation, so that no formula of the engine
is used. Each line is one row of one loss:

    name count params.. k z.. y.. : value gradients.. hessians.. : scales..

k is 1 for a binary loss. The scales are sums of absolute terms: of the
Hessian for every row, and where "terms" stands before them also of value and
gradient, whose terms may cancel. Inputs are exact in float32 (parameters in
float64).
"""
import random
import struct

from mpmath import diff, exp, expm1, log, log1p, mp, mpf, nstr

mp.dps = 60
XS = [0, 1e-30, 1e-8, 1e-3, 0.1, 0.52, 1.3, 2, 3.1, 4.5, 8, 12, 16.65, 20,
      36.77, 50, 87, 88.5, 95, 103, 150, 300, 700, 1e4]


def single(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def softplus(x):
    return log1p(exp(x)) if x < 0 else x + log1p(exp(-x))


def sigmoid(x):
    return 1 / (1 + exp(-x))


# Losses of a margin x = x_t, and the absolute terms of their second derivative.
def focal(x, g):
    return sigmoid(-x) ** g * softplus(-x)


def focal_terms(x, g):
    p, q, l = sigmoid(x), sigmoid(-x), softplus(-x)
    return q ** g * p * ((1 + 2 * g) * q + g * l * (g * p + q))


def focal_star(x, g, b):
    return softplus(-(g * x + b)) / g


def poly1(x, e):
    return softplus(-x) + e * sigmoid(-x)


def generalized(x, order):
    if order == 0:
        return softplus(-x)
    return -expm1(-order * softplus(-x)) / order


def symmetric(x, a, b, cut):
    return a * softplus(-x) + b * cut * sigmoid(-x)


def brier(x):
    return sigmoid(-x) ** 2


def hinge(x, m):
    return max(mpf(0), m - x)


def squared_hinge(x, m):
    return hinge(x, m) ** 2


def modified_huber(x):
    return hinge(x, 1) ** 2 if x >= -1 else -4 * x


def exact(f):
    return lambda x, *p: abs(diff_at(lambda t: f(t, *p), x, 2))


def poly1_terms(x, e):
    p, q = sigmoid(x), sigmoid(-x)
    return p * q * (1 + abs(e))


def generalized_terms(x, order):
    p, q = sigmoid(x), sigmoid(-x)
    return p ** order * q * (p + order * q)


def symmetric_terms(x, a, b, cut):
    return sigmoid(x) * sigmoid(-x) * (a + b * cut)


def brier_terms(x):
    p, q = sigmoid(x), sigmoid(-x)
    return 2 * p * q * q * (2 * p + q)


def diff_at(f, x, n):
    # Far from 0 these functions are a power of e, beside 1 at the other end.
    mp.dps = 60 + 40 * n + int(abs(x))
    try:
        result = diff(f, x, n, h=mpf(10) ** -30)
    finally:
        mp.dps = 60
    return +result


MARGIN_LOSSES = [
    ("focal", focal, focal_terms, [[g] for g in (0, 0.1, 0.5, 1, 1.5, 2, 2.7, 5, 8, 10)]),
    ("focal_star", focal_star, exact(focal_star), [[2, 1], [4, 0], [1, 0], [0.3, -3]]),
    ("poly1", poly1, poly1_terms, [[2], [0.5], [-1], [-0.5]]),
    ("generalized_cross_entropy", generalized, generalized_terms, [[0.7], [0.1], [1], [0], [0.001]]),
    ("symmetric_cross_entropy", symmetric, symmetric_terms, [[0.1, 1, 4], [1, 0.5, 4]]),
    ("brier", brier, brier_terms, [[]]),
    ("hinge", hinge, exact(hinge), [[1], [0.4]]),
    ("squared_hinge", squared_hinge, exact(squared_hinge), [[1], [0.4]]),
    ("modified_huber", modified_huber, exact(modified_huber), [[]]),
]


def show(name, params, z, y, out, scales, terms=False):
    words = [name, len(params), *[repr(float(p)) for p in params], len(z),
             *map(repr, z), *map(repr, y), ":", *[nstr(v, 21) for v in out], ":"]
    if terms:
        words.append("terms")
    print(*words, *[nstr(v, 6) for v in scales])


def derivatives(f, x):
    return [f(x)] + [diff_at(f, x, n) for n in (1, 2)]


def engine_params(name, p):
    return [*p, float("nan"), 0] if name == "focal" else p


def hard_binary():
    for name, f, terms, sets in MARGIN_LOSSES:
        for p in sets:
            ps = [mpf(v) for v in p]
            for x in XS + [-x for x in XS if x > 0]:
                x = single(x)
                out = derivatives(lambda t: f(t, *ps), mpf(x))
                cancels = name == "poly1" and p[0] < 0
                scales = [terms(mpf(x), *ps)]
                if cancels:
                    scales = [softplus(-mpf(x)) + abs(ps[0]) * sigmoid(-mpf(x)),
                              sigmoid(-mpf(x)) * (1 + abs(ps[0]))] + scales
                show(name, engine_params(name, p), [x], [1.0], out, scales, cancels)


def asymmetric(x, y, g1, g0, margin):
    if y:
        return focal(x, g1)
    u = max(sigmoid(x) - margin, mpf(0))
    return u ** g0 * -log1p(-u) if u > 0 else mpf(0)


def hard_asymmetric():
    """The scales hold what one rounding of the probability does."""
    for p in ([0, 4, 0.05], [1, 4, 0.05], [1, 2, 0], [0.5, 0.5, 0.2]):
        ps = [mpf(single(v)) if i == 2 else mpf(v) for i, v in enumerate(p)]
        for x in [v for v in XS if v < 200] + [-v for v in XS if 0 < v < 200]:
            x = single(x)
            for y in (1.0, 0.0):
                f = lambda t: asymmetric(t, y, *ps)
                out = derivatives(f, mpf(x))
                third = diff_at(f, mpf(x), 3)
                p_t = sigmoid(mpf(x) if y else -mpf(x))
                d = [*out, third]
                scales = [abs(d[n]) + abs(d[n + 1]) / p_t for n in range(3)]
                show("asymmetric", [p[0], p[1], single(p[2])], [x], [y], out, scales, True)


def soft_linear(x, y, g):
    p, q = sigmoid(x), sigmoid(-x)
    return (y * q + (1 - y) * p) ** g * (y * softplus(-x) + (1 - y) * softplus(x))


def soft_binary():
    """Scales of soft targets: the two classes' terms, times 1 + gamma where a
    power amplifies the rounding of its base."""
    xs = [x for x in XS if x < 80]
    cases = [("focal", [g, float("nan"), 0], soft_linear, [g]) for g in (0, 0.1, 0.5, 1, 2, 5)]
    cases += [("brier", [], lambda x, y: (sigmoid(x) - y) ** 2, [])]
    for name, f, _, sets in MARGIN_LOSSES:
        if name == "brier":
            continue
        for p in sets[:2]:
            ps = [mpf(v) for v in p]
            g = lambda x, y, f=f, ps=ps: y * f(x, *ps) + (1 - y) * f(-x, *ps)
            cases.append((name, [*p, float("nan"), 1] if name == "focal" else p, g, []))
    for name, p, f, args in cases:
        for x in xs + [-x for x in xs if x > 0]:
            for y in (0.75, 1e-3):
                x, y = single(x), single(y)
                at = lambda t: f(t, mpf(y), *[mpf(a) for a in args])
                out = derivatives(at, mpf(x))
                grow = 1 + (args[0] if args else 0)
                size = [abs(v) for v in out]
                # f at either class bounds what cancels between them.
                bound = [grow * (size[0] + size[1]), grow * (size[0] + size[1] + size[2]),
                         grow * (size[0] + size[1] + size[2] + sigmoid(-abs(mpf(x))))]
                show(name, p, [x], [y], out, bound, True)


def lifted(f, p, z, y):
    total = mpf(0)
    for k, yk in enumerate(y):
        if yk:
            others = [v for j, v in enumerate(z) if j != k]
            most = max(others)
            margin = z[k] - most - log(sum(exp(v - most) for v in others))
            total += mpf(yk) * f(margin, *p)
    return total


def classes():
    draw = random.Random(1)
    names = {"focal": "softmax_focal"}
    for name, f, _, sets in MARGIN_LOSSES:
        if name == "brier":
            continue
        for p in sets[:3]:
            ps = [mpf(v) for v in p]
            for k, scales in ((2, (0.1, 5)), (3, (1, 20)), (7, (5,)), (60, (3,))):
                for scale in scales:
                    for soft in (False, True):
                        if k == 60 and (soft or name not in ("focal", "poly1")):
                            continue
                        z = [single(draw.gauss(0, scale)) for _ in range(k)]
                        y = [0.0] * k
                        y[draw.randrange(k)] = 1.0
                        if soft:
                            y = [single(0.7 * v + 0.3 / k) for v in y]
                        out = [lifted(f, ps, [mpf(v) for v in z], y)]
                        for n in (1, 2):
                            for j in range(k):
                                g = lambda t: lifted(
                                    f, ps, [t if i == j else mpf(v) for i, v in enumerate(z)], y)
                                out.append(diff_at(g, mpf(z[j]), n))
                        size = [abs(v) for v in out]
                        terms = [size[1 + j] + size[1 + k + j] for j in range(k)]
                        cancels = soft or (name == "poly1" and p[0] < 0)
                        if cancels:
                            grow = 1 + (p[0] if name == "focal" else 1)
                            most = max(size)
                            terms = [grow * most] + [grow * most] * k + [grow * most] * k
                        show(names.get(name, "softmax_" + name), p, z, y, out, terms, cancels)


def softmax(z):
    e = [exp(v - max(z)) for v in z]
    return [v / sum(e) for v in e]


def rel(a, b):
    return a * (log(a) - log(b)) if a else mpf(0)


def kl(p, q):
    return sum(rel(a, b) for a, b in zip(p, q))


def reverse_kl(p, q):
    return kl(q, p)


def jensen_shannon(p, q):
    m = [(a + b) / 2 for a, b in zip(p, q)]
    return (kl(p, m) + kl(q, m)) / 2


def softmax_brier(p, q):
    return sum((a - b) ** 2 for a, b in zip(p, q))


# q phi' and q^2 phi'' of one class.
DISTRIBUTIONS = [
    ("kl", kl, lambda p, q: (q - p, p)),
    ("reverse_kl", reverse_kl, lambda p, q: (rel(q, p), q)),
    ("jensen_shannon", jensen_shannon, lambda p, q: (rel(q, (p + q) / 2) / 2, p * q / (p + q) / 2)),
    ("softmax_brier", softmax_brier, lambda p, q: (2 * q * (q - p), 2 * q * q)),
]


def of_softmax(f, p, z):
    """Value, gradient and Hessian of f(p, softmax(z))."""
    out = [f(p, softmax(z))]
    for n in (1, 2):
        for j in range(len(z)):
            g = lambda t: f(p, softmax([t if i == j else v for i, v in enumerate(z)]))
            out.append(diff_at(g, z[j], n))
    return out


def distributions():
    """The scales are the sums of absolute terms, of which the rounding of
    log P and log q is one."""
    draw = random.Random(2)
    for name, f, slopes in DISTRIBUTIONS:
        for k, spread in ((2, 0.1), (2, 5), (3, 1), (3, 20), (7, 5), (7, 0.01)):
            for hard in (False, True):
                if hard and name == "reverse_kl":
                    continue
                z = [single(draw.gauss(0, spread)) for _ in range(k)]
                p = [0.0] * k
                p[z.index(max(z)) if draw.random() < 0.5 else 0] = 1.0
                if not hard:
                    # Sixteenths add up to 1 without rounding.
                    parts = [1] * k
                    for _ in range(16 - k):
                        parts[draw.randrange(k)] += 1
                    p = [v / 16 for v in parts]
                ps, zs = [mpf(v) for v in p], [mpf(v) for v in z]
                q = softmax(zs)
                out = of_softmax(f, ps, zs)
                terms = [slopes(a, b) for a, b in zip(ps, q)]
                e = sum(abs(c) for c, _ in terms)
                d = sum(b for _, b in terms)
                value = abs(out[0])
                if not hard and name != "softmax_brier":
                    value += sum(abs(a * log(a)) + abs(b * log(b)) for a, b in zip(ps, q))
                gradient = [abs(c) + b * e + a + b for (c, _), a, b in zip(terms, ps, q)]
                if hard:
                    gradient = [abs(c) + b * e for (c, _), b in zip(terms, q)]
                hessian = [(abs(c) + s + b * e) + b * b * d for (c, s), b in zip(terms, q)]
                show(name, [], z, p, out, [value] + gradient + hessian, True)


def distillation():
    """Logits that are as close as 1e-9 of each other; the value is exact to
    units in the last place, so its scale is itself."""
    draw = random.Random(3)
    for spread in (30, 8, 3, 1, 0.1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-7, 1e-9):
        size = 1 if spread > 1e-5 else 1e-3
        for k, heat in ((2, 1), (3, 2), (7, 4), (7, 1)):
            z = [single(draw.gauss(0, size)) for _ in range(k)]
            u = [single(v + draw.gauss(0, spread)) for v in z]
            teacher = softmax([mpf(v) / heat for v in u])
            f = lambda p, z: kl(p, softmax([v / heat for v in z])) * heat ** 2
            zs = [mpf(v) for v in z]
            mp.dps = 120
            out = [f(teacher, zs)]
            q = softmax([v / heat for v in zs])
            out += [heat * (b - a) for a, b in zip(teacher, q)]
            out += [b * (1 - b) for b in q]
            mp.dps = 60
            t = [log(b / a) for a, b in zip(teacher, q)]
            most = max(abs(v) for v in t)
            gradient = [heat * (abs(b - a) + max(a, b) * min(most, 1)) for a, b in zip(teacher, q)]
            show("distillation", [heat], z, u, out, [out[0]] + gradient + q, True)


hard_binary()
hard_asymmetric()
soft_binary()
classes()
distributions()
distillation()
