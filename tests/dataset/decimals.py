#!/usr/bin/env python3
"""Hard cases of reading decimal numbers, as Python's float reads them.

    python3 tests/dataset/decimals.py > tests/data/decimals.txt

Lines "text bits": ties and near ties between neighbours, also with more digits
than any double needs, the ends of the range, subnormals, zeros at both ends.
"""
import random
import struct
from decimal import Decimal, getcontext

getcontext().prec = 1200
random.seed(1)
cases = ["0", "-0", "0e400", "1e-400", "-1e-400", "9007199254740993", "1e23",
         "8.5e22", "1.7976931348623157e308", "5e-324", "2.5e-324",
         "2.4703282292062327e-324", "2.4703282292062328e-324",
         "2.2250738585072011e-308", "2.2250738585072014e-308",
         "1.7976931348623158e308", "179769313486231580793e289",
         "123456789012345678901234567890", "0." + "0" * 50 + "1", ".5", "5.",
         "1E5", "+1.5", "00001.50000", "6.0221409e+23", "1e-7", "0.1", "0.3",
         "1" + "0" * 300, "0." + "0" * 300 + "17", "1" * 40 + "e-30",
         "1090544144181609348835077142190"]


def double_of(bits):
    return struct.unpack("<d", struct.pack("<Q", bits))[0]


def halfway(bits):
    """The number between two doubles, exact."""
    return (Decimal(double_of(bits)) + Decimal(double_of(bits + 1))) / 2


for exponent in [0, 1, 2, 52, 53, 300, 900, 1000, 1022, 1023, 1024, 1075, 1076,
                 1077, 1100, 1200, 1500, 1900, 2000, 2045, 2046]:
    for turn in range(2):
        bits = exponent << 52 | random.getrandbits(52)
        if bits >= 0x7FEFFFFFFFFFFFFF:
            continue
        middle = halfway(bits)
        text = format(middle, "e")
        cases += [text, format(middle.next_plus(), "e"),
                  format(middle.next_minus(), "e")]
        digits, power = text.split("e")
        if turn == 0 and exponent % 2 == 0:
            cases.append(digits + "0" * 900 + "1e" + power)
        cases += [f"{double_of(bits):.17g}", f"{double_of(bits):.16g}", f"{double_of(bits):.30e}"]
for _ in range(600):
    digits = random.choice([1, 5, 15, 16, 17, 18, 19, 20, 25])
    whole = random.randrange(10 ** digits)
    cases.append(f"{whole}e{random.randint(-345, 310 - digits)}")
    place = random.randint(0, digits)
    text = f"{whole:0{digits}d}"
    cases.append(f"{text[:place]}.{text[place:]}")
for text in cases:
    value = float(text)
    if value - value == 0:
        bits = struct.unpack("<Q", struct.pack("<d", value))[0]
        print(text, f"{bits:016x}")
