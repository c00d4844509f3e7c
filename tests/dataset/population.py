"""The figures of population_test.c, by mpmath 1.3.0 and numpy: run by hand.

In one dimension by mpmath's quadrature, tails too; three Gaussians by the
trapezoid rule in the plane: log loss and Brier score to all digits, the ranking
by sorting 36 million nodes.
"""
from mpmath import (besseli, exp, findroot, linspace, log, mp, mpf, npdf,
                    quad)
import numpy

mp.dps = 20


def sigmoid(z):
    return 1 / (1 + exp(-z))


def show(name, *values):
    print(name, *(mp.nstr(v, 14) for v in values), flush=True)


class Tail:
    """The integral of f from anywhere to the last of some ends."""

    def __init__(self, f, ends):
        self.f, self.ends = f, ends
        self.sums = [mpf(0)]
        for low, high in zip(ends[-2::-1], ends[::-1]):
            self.sums.append(self.sums[-1] + quad(f, [low, high]))
        self.sums.reverse()

    def __call__(self, x):
        k = next(i for i, end in enumerate(self.ends) if end > x)
        return quad(self.f, [x, self.ends[k]]) + self.sums[k]


def ranking(yes, no, ends):
    """AUC and AP of scores that rise along a line, by densities times prior."""
    tail_yes, tail_no = Tail(yes, ends), Tail(no, ends)
    prior, rest = tail_yes.sums[0], tail_no.sums[0]
    auc = quad(lambda s: yes(s) * (rest - tail_no(s)), ends, maxdegree=4)
    ap = quad(lambda s: yes(s) / (1 + tail_no(s) / tail_yes(s)), ends,
              maxdegree=4)
    return auc / prior / rest, ap / prior


def logistic(slope, prior):
    slope, prior = mpf(slope), mpf(prior)
    ends = linspace(-12, 14, 27)

    def mean(b):
        return quad(lambda u: npdf(u) * sigmoid(b + slope * u), ends) - prior

    b = findroot(mean, log(prior / (1 - prior)) * 1.4)
    auc, ap = ranking(lambda u: npdf(u) * sigmoid(b + slope * u),
                      lambda u: npdf(u) * sigmoid(-b - slope * u), ends)
    show(f"logistic {slope} {prior}", b, auc, ap)


def circles(factor, noise, prior):
    factor, noise, prior = mpf(factor), mpf(noise), mpf(prior)
    s2 = noise**2

    def ring(r, radius):
        return r / s2 * exp(-(r**2 + radius**2) / 2 / s2) * besseli(
            0, r * radius / s2)

    auc, ap = ranking(lambda s: prior * ring(-s, factor),
                      lambda s: (1 - prior) * ring(-s, 1),
                      linspace(mpf("-2.2"), mpf("-0.0001"), 23))
    show(f"circles {factor} {noise} {prior}", auc, ap)


def wedge(prior, hard, distance, overlap):
    side = numpy.linspace(-9, 11, 6001)
    x, y = side[:, None], side[None, :]

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
