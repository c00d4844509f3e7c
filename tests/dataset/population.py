"""The figures of population_test.c, by mpmath 1.3.0 and numpy: run by hand.

In one dimension by mpmath's Gauss-Legendre rule, with tails as closed forms or
as integrals; three Gaussians by the trapezoid rule in the plane (log loss and
Brier score to all digits, the ranking by sorting 36 million nodes).
"""
from mpmath import (besseli, erfc, exp, findroot, linspace, log, mp, mpf, npdf,
                    quad, sqrt)
import numpy

mp.dps = 25


def above(x):
    return erfc(x / sqrt(2)) / 2


def sigmoid(z):
    return 1 / (1 + exp(-z))


def show(name, *values):
    print(name, *(mp.nstr(v, 14) for v in values))


def logistic(slope, prior):
    slope, prior = mpf(slope), mpf(prior)
    ends = linspace(-14, 16, 61)

    def mean(b):
        return quad(lambda u: npdf(u) * sigmoid(b + slope * u), ends) - prior

    b = findroot(mean, log(prior / (1 - prior)) * 1.4)

    def positive(u):
        return npdf(u) * sigmoid(b + slope * u)

    def tail(u):
        last = [u] + [e for e in ends if e > u]
        return quad(positive, last)

    cuts = linspace(-10, 14, 25)
    auc = quad(lambda u: positive(u) * (1 - prior - above(u) + tail(u)), cuts)
    ap = quad(lambda u: positive(u) * tail(u) / above(u), cuts)
    show(f"logistic {slope} {prior}", b, auc / prior / (1 - prior), ap / prior)


def circles(factor, noise, prior):
    factor, noise, prior = mpf(factor), mpf(noise), mpf(prior)
    s2 = noise**2

    def ring(r, radius):
        return r / s2 * exp(-(r**2 + radius**2) / 2 / s2) * besseli(
            0, r * radius / s2)

    ends = linspace(0, 2.4, 49)

    def inside(r, radius):
        first = [e for e in ends if e < r] + [r]
        return quad(lambda t: ring(t, radius), first)

    def average(r):
        yes = prior * inside(r, factor)
        return ring(r, factor) * yes / (yes + (1 - prior) * inside(r, 1))

    cuts = linspace(mpf("0.05"), 2, 14)
    auc = quad(lambda r: ring(r, factor) * (1 - inside(r, 1)), cuts)
    ap = quad(average, cuts)
    show(f"circles {factor} {noise} {prior}", auc, ap)


def wedge(prior, hard, distance, overlap):
    side = numpy.linspace(-9, 11, 6001)
    x, y = side[:, None] - 0, side[None, :] - 0

    def normal(a, b):
        return numpy.exp(-((x - a)**2 + (y - b)**2) / 2) / 2 / numpy.pi

    area = (side[1] - side[0])**2
    yes = prior * normal(distance, 0) * area
    no = (1 - prior) * ((1 - hard) * normal(0, 0)
                        + hard * normal(distance, overlap)) * area
    p = yes / (yes + no)
    loss = -(yes * numpy.log(p) + no * numpy.log1p(-p)).sum()
    brier = (yes * (1 - p)**2 + no * p**2).sum()
    order = numpy.argsort(-p, axis=None)
    yes, no = yes.ravel()[order], no.ravel()[order]
    above_yes, above_no = numpy.cumsum(yes), numpy.cumsum(no)
    middle = above_yes - yes / 2
    ap = (yes * middle / (middle + above_no - no / 2)).sum() / prior
    auc = 1 - (yes * (above_no - no / 2)).sum() / prior / (1 - prior)
    f1 = (2 * above_yes / (prior + above_yes + above_no)).max()
    print(f"wedge {prior} {hard} {distance} {overlap}", loss, brier, auc, ap,
          f1)


logistic("2", "0.1")
logistic("2", "0.01")
circles("0.8", "0.1", "0.1")
wedge(0.01, 0.05, 4, 1.5)
