"""What the peers share: the time of a call, and a line to print."""
import statistics
import sys
import time


def seconds(call):
    """The median of 15 samples, each of as many calls as take 2 ms or more."""
    calls, spent = 1, 0.0
    while spent < 2e-3:
        start = time.perf_counter()
        for _ in range(calls):
            call()
        spent = time.perf_counter() - start
        calls *= 2
    calls //= 2
    samples = []
    for _ in range(15):
        start = time.perf_counter()
        for _ in range(calls):
            call()
        samples.append((time.perf_counter() - start) / calls)
    return statistics.median(samples)


def show(series, name, number):
    print(f"{series}\t{name}\t{number:.6g}", flush=True)
