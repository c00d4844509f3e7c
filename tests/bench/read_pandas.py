"""The files of read.lua, read by pandas and mapped by numpy. read_csv gives
one table; neap's time is that of a data set, with the classes numbered. From
3 on pandas reads on all cores: it is measured on one, as neap is, and on all."""
import os
import statistics
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"
try:
    import numpy
    import pandas
except ImportError as error:
    print(f"read: no peer: {error}", file=sys.stderr)
    sys.exit(0)

from peer import show

folder = sys.argv[1]


def seconds(call):
    samples = []
    for _ in range(5):
        start = time.perf_counter()
        kept = call()
        samples.append(time.perf_counter() - start)
        del kept
    return statistics.median(samples)


def measure(series, case, call):
    show(series, case, seconds(call))


cores = os.sched_getaffinity(0)
for name, used in [(f"pandas {pandas.__version__}, {len(cores)} cores", cores),
                   (f"pandas {pandas.__version__}, one core", {min(cores)})]:
    os.sched_setaffinity(0, used)
    for case, file in [("CSV, 15 to 17 digits", "exact.csv"),
                       ("CSV, 6 places", "six_places.csv")]:
        measure(name, case, lambda: pandas.read_csv(f"{folder}/read_{file}",
                                                    engine="c"))
name = f"numpy {numpy.__version__}, mmap_mode"
for case, rows in [("160 MB", 1000000), ("8 GB", 50000000)]:
    measure(name, f".npy of {case} opened", lambda: numpy.load(
        f"{folder}/read_{rows}.npy", mmap_mode="r"))
