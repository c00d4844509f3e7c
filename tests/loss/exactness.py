#!/usr/bin/env python3
"""Prints a table of docs/losses.md: how exact neap is, and how exact others.

    build/peers/bin/python tests/loss/exactness.py build/neap

Needs torch, torchvision and mpmath (scripts/bench --peers installs them). Both
sides get the same logits; the truth is that of 40 digits at those very
logits. Per loss: the worst relative error of value and of gradient over all
whose truth is a normal number of the type, beside how many are 0, and how many
are NaN or infinite, where the truth is such a number.
"""
import random
import struct
import subprocess
import sys

import torch
from mpmath import exp, log, log1p, mp, mpf
from torch.nn import functional as F
from torchvision.ops import sigmoid_focal_loss

mp.dps = 40
DTYPES = {"float32": torch.float32, "float64": torch.float64}
LEAST = {"float32": mpf(2) ** -126, "float64": mpf(2) ** -1022}
MOST = {"float32": mpf(2) ** 128, "float64": mpf(2) ** 1024}


def rounded(dtype, x):
    return struct.unpack("f", struct.pack("f", x))[0] if dtype == "float32" else x


def margins(dtype):
    """Far (to 100; float64: 700), near, and next to 0; even and random."""
    draw = random.Random(1)
    far = 100 if dtype == "float32" else 700
    xs = [far * (i / 500 - 1) for i in range(1001)]
    xs += [draw.uniform(-20, 20) for _ in range(1000)]
    xs += [s * 10.0 ** -e for e in range(1, 31) for s in (1, -1)]
    return [rounded(dtype, x) for x in xs]


# ------------------------------------------------------------------ the rows

def binary_rows(dtype):
    return [([x], [y]) for x in margins(dtype) for y in (0, 1)]


def class_rows(dtype):
    return [([x, 0.0, -0.5], [t]) for x in margins(dtype) for t in (0, 1)]


def close_rows(dtype):
    """Two rows of logits that differ by 1e-1 to 1e-6."""
    draw, rows = random.Random(2), []
    for e in range(1, 7):
        for _ in range(100):
            z = [rounded(dtype, draw.gauss(0, 2)) for _ in range(4)]
            u = [rounded(dtype, x + draw.gauss(0, 10.0 ** -e)) for x in z]
            rows.append((z, u))
    return rows


# ----------------------------------------------------------------- the truth

def focal_of_margin(gamma, p, q, l):
    """Value and derivative of q^gamma l by the margin."""
    return q ** gamma * l, -q ** gamma * (q + gamma * p * l)


def binary_truth(gamma):
    def truth(x, y):
        s = 2 * y[0] - 1
        m = s * mpf(x[0])
        value, slope = focal_of_margin(gamma, 1 / (1 + exp(-m)),
                                       1 / (1 + exp(m)), log1p(exp(-m)))
        return [value, s * slope]
    return truth


def class_truth(gamma):
    def truth(x, t):
        e = [exp(mpf(v)) for v in x]
        rest = sum(v for j, v in enumerate(e) if j != t[0])
        value, slope = focal_of_margin(gamma, e[t[0]] / sum(e), rest / sum(e),
                                       log1p(rest / e[t[0]]))
        return [value] + [slope if j == t[0] else -slope * e[j] / rest
                          for j in range(len(x))]
    return truth


def kl_truth(z, u):
    with mp.workdps(60):
        q, p = [[exp(mpf(v)) for v in row] for row in (z, u)]
        q, p = [v / sum(q) for v in q], [v / sum(p) for v in p]
        value = sum(a * log(a / b) for a, b in zip(p, q))
        return [value] + [b - a for a, b in zip(p, q)]


# ----------------------------------------------------------------- the peers

def torch_focal(gamma):
    return lambda x, y: sigmoid_focal_loss(x[:, 0], y[:, 0].to(x), alpha=-1,
                                           gamma=gamma)


def torch_cross_entropy(x, y):
    return F.binary_cross_entropy_with_logits(x[:, 0], y[:, 0].to(x),
                                              reduction="none")


def torch_of_sigmoid(x, y):
    return F.binary_cross_entropy(torch.sigmoid(x[:, 0]), y[:, 0].to(x),
                                  reduction="none")


def torch_classes(x, y):
    return F.cross_entropy(x, y[:, 0].long(), reduction="none")


def torch_softmax_focal(gamma):
    def loss(x, y):
        log_p = F.log_softmax(x, 1).gather(1, y.long())[:, 0]
        return -(1 - log_p.exp()) ** gamma * log_p
    return loss


def torch_kl(x, y):
    return F.kl_div(F.log_softmax(x, 1), F.log_softmax(y, 1),
                    reduction="none", log_target=True).sum(1)


CASES = [("binary_cross_entropy", None, binary_rows, binary_truth(0),
          [("binary_cross_entropy_with_logits", torch_cross_entropy),
           ("binary_cross_entropy of sigmoid", torch_of_sigmoid)])]
for number in (0.5, 2, 5):
    CASES.append(("focal", number, binary_rows, binary_truth(number),
                  [("torchvision", torch_focal(number))]))
CASES += [("cross_entropy", None, class_rows, class_truth(0),
           [("cross_entropy", torch_classes)]),
          ("softmax_focal", 2, class_rows, class_truth(2),
           [("of log_softmax", torch_softmax_focal(2))]),
          ("distillation", None, close_rows, kl_truth,
           [("kl_div of log_softmax", torch_kl)])]


# --------------------------------------------------------------- the results

def of_neap(name, gamma, dtype, rows):
    command = [sys.argv[1], "tests/loss/exactness.lua", name, dtype, str(gamma)]
    lines = "\n".join(" ".join(map(repr, x + y)) for x, y in rows)
    done = subprocess.run(command, input=lines, text=True, check=True,
                          stdout=subprocess.PIPE)
    return [[float(w) if "n" in w else float.fromhex(w) for w in line.split()]
            for line in done.stdout.splitlines()]


def of_torch(function, dtype, rows):
    x = torch.tensor([r[0] for r in rows], dtype=DTYPES[dtype],
                     requires_grad=True)
    y = torch.tensor([r[1] for r in rows], dtype=torch.float64)
    value = function(x, y.to(x) if len(rows[0][1]) > 1 else y)
    value.sum().backward()
    return [[v] + g for v, g in zip(value.tolist(), x.grad.tolist())]


def judge(results, truths, dtype):
    """Worst relative error, false zeros and lost numbers, of value and of
    gradient."""
    marks = [[mpf(0), 0, 0], [mpf(0), 0, 0]]
    for result, truth in zip(results, truths):
        for j, (got, wanted) in enumerate(zip(result, truth)):
            mark = marks[min(j, 1)]
            if not LEAST[dtype] <= abs(wanted) < MOST[dtype]:
                continue
            if got != got or abs(got) == float("inf"):
                mark[2] += 1
            elif got == 0:
                mark[1] += 1
            else:
                mark[0] = max(mark[0], abs(mpf(got) / wanted - 1))
    return " | ".join(f"{float(error):.1e} | {zeros} | {lost}"
                      for error, zeros, lost in marks)


def main():
    print("| loss | | by | value: error | zeros | lost "
          "| gradient: error | zeros | lost |")
    print("|---" * 9 + "|")
    for name, gamma, make_rows, truth, peers in CASES:
        title = f"{name} {gamma:g}" if gamma else name
        for dtype in DTYPES:
            rows = make_rows(dtype)
            truths = [truth(x, y) for x, y in rows]
            sides = [("neap", of_neap(name, gamma, dtype, rows))]
            sides += [(who, of_torch(f, dtype, rows)) for who, f in peers]
            for who, results in sides:
                print(f"| {title} | {dtype} | {who} | "
                      f"{judge(results, truths, dtype)} |")


main()
