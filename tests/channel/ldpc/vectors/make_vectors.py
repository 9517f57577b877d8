"""Make ``codewords.json``: codewords by another implementation, one per base graph and set of lifting sizes.

Not run by the tests. The encoder is py3gpp's (both of its algorithms, which must agree)::

    pip install --target SITE --no-deps py3gpp==0.6.0 importlib_resources scipy numpy
    PYTHONPATH=SITE python make_vectors.py codewords.json

The information is a formula, not a file, so that the vectors hold nothing but sizes and hashes: bit i is the parity of
the binary digits of i² + i·graph + Z. Blocks fill their lifting size exactly or leave filler bits, in turn; py3gpp
chooses the set by the padded size, which is the standard's choice only above 640 bits, so smaller ones are left out.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
from py3gpp.nrLDPCEncode import nrLDPCEncode

LIFTING_SIZES = (128, 96, 80, 112, 72, 88, 208, 120)
FILLER_BITS = (0, 17, 0, 101, 3, 0, 64, 1)
INFORMATION_COLUMNS = {1: 22, 2: 10}


def information_bits(count: int, graph: int, lifting_size: int) -> np.ndarray:
    """The formula above."""
    return np.array([(i * i + i * graph + lifting_size).bit_count() % 2 for i in range(count)], dtype=np.uint8)


def vector(graph: int, lifting_size: int, filler: int) -> dict[str, int | str]:
    """One codeword's hash, filler bits taken out."""
    count = INFORMATION_COLUMNS[graph] * lifting_size - filler
    block = np.concatenate([information_bits(count, graph, lifting_size), np.full(filler, -1)]).astype(int)[:, None]
    first = nrLDPCEncode(block, graph, algo="sionna")[:, 0]
    second = nrLDPCEncode(block, graph, algo="thangaraj")[:, 0]
    if not np.array_equal(first, second):
        raise SystemExit(f"py3gpp disagrees with itself: graph {graph}, lifting size {lifting_size}")
    buffer = first[first >= 0].astype(np.uint8)
    digest = hashlib.sha256(buffer.tobytes()).hexdigest()
    return {
        "graph": graph,
        "lifting_size": lifting_size,
        "information_bits": count,
        "buffer_bits": buffer.size,
        "sha256": digest,
    }


def main() -> None:
    vectors = [
        vector(graph, lifting_size, filler)
        for graph in (1, 2)
        for lifting_size, filler in zip(LIFTING_SIZES, FILLER_BITS, strict=True)
    ]
    lines = ",\n".join(json.dumps(entry) for entry in vectors)
    Path(sys.argv[1]).write_text(f"[\n{lines}\n]\n", encoding="ascii")


if __name__ == "__main__":
    main()
