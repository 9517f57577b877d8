"""How good and how quick the LDPC room is; rewrites the tables of ``docs/ldpc.md``.

    OMP_NUM_THREADS=1 python bench/ldpc.py

Gap: antipodal signalling with Gaussian noise and honest ratios, seed 1. The limit is the Eb/N0 at which a binary-input
Gaussian channel carries the rate (infinite block length); needed is the smallest Eb/N0 on a grid of 0.1 dB from which
on at most 1 block in 100 fails. Time: median of 15 runs on one thread, after one run that builds the index tables.
"""

import platform
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.ldpc import LdpcCode, Segmented

PAGE = Path(__file__).parent.parent / "docs" / "ldpc.md"
BLOCKS = 200
CASES = (
    (350, 1 / 6),
    (350, 1 / 12),
    (350, 1 / 24),
    (1700, 1 / 5.2),
    (1700, 1 / 10.4),
    (3500, 1 / 5.1),
    (3500, 1 / 3),
    (3500, 1 / 2),
    (6200, 1 / 5),
    (6200, 1 / 3.1),
    (6200, 1 / 2),
    (6200, 2 / 3),
)


def deviation_at(rate: float, ebn0_db: float) -> float:
    """Noise deviation for symbols of ±1."""
    return float(np.sqrt(1 / (2 * rate * 10 ** (ebn0_db / 10))))


def limit_db(rate: float) -> float:
    """Eb/N0 at which the binary-input Gaussian channel has just this capacity, by bisection."""
    points, weights = np.polynomial.hermite_e.hermegauss(80)
    low, high = -2.0, 12.0
    while high - low > 1e-4:
        middle = (low + high) / 2
        deviation = deviation_at(rate, middle)
        ratios = 2 / deviation**2 + 2 / deviation * points
        capacity = 1 - float(np.sum(weights * np.logaddexp(0, -ratios)) / np.sum(weights) / np.log(2))
        low, high = (middle, high) if capacity < rate else (low, middle)
    return high


def failures(code: LdpcCode, length: int, deviation: float) -> tuple[int, int]:
    """Of `BLOCKS` random blocks sent as `length` bits: how many were lost, and how many of those unnoticed.

    Counting stops once more than 1 % are lost.
    """
    rng = np.random.default_rng(1)
    lost = unnoticed = 0
    for _ in range(BLOCKS // 20):
        if lost > BLOCKS // 100:
            break
        information = rng.integers(0, 2, (20, code.information_bits), dtype=np.uint8)
        coded = np.stack([code.encode(block) for block in information])
        ratios = np.zeros((20, code.buffer_bits))
        for start in range(0, length, code.buffer_bits):
            part = coded[:, : length - start]
            received = 1 - 2.0 * part + deviation * rng.standard_normal(part.shape)
            ratios[:, : part.shape[1]] += 2 / deviation**2 * received
        for found, sent in zip(code.decode_many(ratios.astype(np.float32)), information, strict=True):
            right = found.converged and np.array_equal(found.bits, sent)
            lost += not right
            unnoticed += found.converged and not right
    return lost, unnoticed


def gap_table() -> list[str]:
    """The rows of the first table."""
    rows = ["| information bits | graph | rate | limit, dB | needed, dB | gap, dB |", "|---|---|---|---|---|---|"]
    for information_bits, rate in CASES:
        code = LdpcCode.for_information(information_bits)
        length = round(information_bits / rate)
        limit = limit_db(rate)
        needed = float(np.ceil(limit * 10)) / 10 + 0.4
        while failures(code, length, deviation_at(rate, needed))[0] > BLOCKS // 100:
            needed = round(needed + 0.1, 1)
        name = code.base_graph.name
        rows.append(f"| {information_bits} | {name} | {rate:.3f} | {limit:.2f} | {needed:.1f} | {needed - limit:.1f} |")
    return rows


def median_ms(work: Callable[[], object]) -> float:
    """Median of 15 runs after one."""
    work()
    spent = []
    for _ in range(15):
        start = time.perf_counter()
        work()
        spent.append(time.perf_counter() - start)
    return float(np.median(spent)) * 1e3


def ratios_through(coded: NDArray[np.uint8], deviation: float) -> NDArray[np.float32]:
    """Honest ratios with seed 2."""
    received = 1 - 2.0 * coded + deviation * np.random.default_rng(2).standard_normal(coded.size)
    return (2 / deviation**2 * received).astype(np.float32)


def time_table() -> list[str]:
    """The rows of the second table."""
    rows = [
        "| information bits | encode, ms | clean, ms | raw error 16 %, ms | raw error 25 %, ms | nothing there, ms |",
        "|---|---|---|---|---|---|",
    ]
    for information_bits in (350, 1700, 3500, 12400):
        block = Segmented.for_information(information_bits)
        information = np.random.default_rng(3).integers(0, 2, information_bits, dtype=np.uint8)
        coded = block.encode(information)
        cells = [median_ms(lambda block=block, information=information: block.encode(information))]
        for deviation in (0.25, 1.0, 1.48, 100.0):
            if deviation == 1.48 and block.rate > 0.25:
                deviation = 1.1
            ratios = ratios_through(coded, deviation)
            cells.append(median_ms(lambda block=block, ratios=ratios: block.decode(ratios)))
        name = f"{information_bits}" if block.segments == 1 else f"{information_bits} ({block.segments} segments)"
        rows.append(f"| {name} | " + " | ".join(f"{cell:.1f}" for cell in cells) + " |")
    return rows


def main() -> None:
    machine = f"Python {platform.python_version()}, NumPy {np.__version__}, {platform.machine()}"
    text = PAGE.read_text(encoding="utf-8")
    for name, rows in (("gap", gap_table()), ("time", time_table()), ("machine", [f"Measured with {machine}."])):
        start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, rest = text.split(start)
        text = before + start + "\n".join(rows) + "\n" + end + rest.split(end)[1]
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
