"""The encoder against slow, independent readings of the standard, and against another implementation's codewords."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

import underdrawing.channel.ldpc as room
from underdrawing.channel.ldpc import BaseGraph, LdpcCode
from underdrawing.channel.ldpc.base_graphs import LIFTING_SIZES
from underdrawing.channel.ldpc.encoding import encode_columns
from underdrawing.channel.ldpc.graph import lift

VECTORS = json.loads((Path(__file__).parent / "vectors" / "codewords.json").read_text())


def table_rows(graph: int, lifting_size: int) -> list[tuple[int, int, int]]:
    """(row, column, shift) read from the table without the package; the set is told by the odd part of the size."""
    odd = lifting_size
    while odd % 2 == 0:
        odd //= 2
    index = [1, 3, 5, 7, 9, 11, 13, 15].index(odd)
    lines = (Path(room.__file__).parent / "base_graphs.txt").read_text().splitlines()
    numbers = [[int(field) for field in line.split()] for line in lines if not line.startswith("#")]
    return [(line[1], line[2], line[3 + index] % lifting_size) for line in numbers if line[0] == graph]


def parity_check_matrix(graph: int, lifting_size: int) -> np.ndarray:
    """H, dense, entry by entry."""
    rows, columns = ((46, 68), (42, 52))[graph - 1]
    matrix = np.zeros((rows * lifting_size, columns * lifting_size), dtype=np.uint8)
    for row, column, shift in table_rows(graph, lifting_size):
        for check in range(lifting_size):
            matrix[row * lifting_size + check, column * lifting_size + (check + shift) % lifting_size] = 1
    return matrix


def solve_over_gf2(matrix: np.ndarray, right_side: np.ndarray) -> np.ndarray:
    """The only solution of a square system, by Gauss-Jordan elimination."""
    system = np.concatenate([matrix, right_side[:, None]], axis=1).astype(bool)
    for pivot in range(len(matrix)):
        system[[pivot, pivot + int(system[pivot:, pivot].argmax())]] = system[
            [pivot + int(system[pivot:, pivot].argmax()), pivot]
        ]
        assert system[pivot, pivot], "the parity part has no inverse"
        others = system[:, pivot].copy()
        others[pivot] = False
        system[others] ^= system[pivot]
    return system[:, -1].astype(np.uint8)


@pytest.mark.parametrize("graph", [1, 2])
def test_every_lifting_size_satisfies_every_check(graph: int) -> None:
    rng = np.random.default_rng(1)
    for lifting_size in LIFTING_SIZES:
        base_graph = BaseGraph(graph)
        information = rng.integers(0, 2, (base_graph.information_columns, lifting_size), dtype=np.uint8)
        codeword = encode_columns(lift(base_graph, lifting_size), information)
        np.testing.assert_array_equal(codeword[: base_graph.information_columns], information)
        sums = np.zeros((base_graph.rows, lifting_size), dtype=np.uint8)
        for row, column, shift in table_rows(graph, lifting_size):
            sums[row] ^= np.roll(codeword[column], -shift)
        assert not sums.any(), f"lifting size {lifting_size}"


@pytest.mark.parametrize("graph, lifting_size", [(1, 2), (1, 7), (1, 13), (2, 3), (2, 10), (2, 15)])
def test_parity_is_the_only_solution(graph: int, lifting_size: int) -> None:
    matrix = parity_check_matrix(graph, lifting_size)
    split = matrix.shape[1] - matrix.shape[0]
    information = np.random.default_rng(2).integers(0, 2, split, dtype=np.uint8)
    parity = solve_over_gf2(matrix[:, split:], matrix[:, :split].astype(int) @ information % 2)
    code = LdpcCode(information_bits=split, base_graph=BaseGraph(graph), lifting_size=lifting_size)
    expected = np.concatenate([information, parity])[2 * lifting_size :]
    np.testing.assert_array_equal(code.encode(information), expected)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"BG{vector['graph']}-Z{vector['lifting_size']}")
def test_agrees_with_another_implementation(vector: dict[str, int]) -> None:
    """Hashes of py3gpp's codewords; vectors/make_vectors.py made them and says what the information is."""
    graph, lifting_size, count = vector["graph"], vector["lifting_size"], vector["information_bits"]
    information = [(i * i + i * graph + lifting_size).bit_count() % 2 for i in range(count)]
    code = LdpcCode(information_bits=count, base_graph=BaseGraph(graph), lifting_size=lifting_size)
    coded = code.encode(np.array(information, dtype=np.uint8))
    assert coded.size == code.buffer_bits == vector["buffer_bits"]
    assert hashlib.sha256(coded.tobytes()).hexdigest() == vector["sha256"]


def test_systematic_and_linear() -> None:
    """The buffer starts with the information after its first 2Z bits; the sum of two codewords is a codeword."""
    code = LdpcCode.for_information(1000)
    rng = np.random.default_rng(3)
    first, second = rng.integers(0, 2, (2, 1000), dtype=np.uint8)
    hidden = 2 * code.lifting_size
    np.testing.assert_array_equal(code.encode(first)[: 1000 - hidden], first[hidden:])
    np.testing.assert_array_equal(code.encode(first) ^ code.encode(second), code.encode(first ^ second))
