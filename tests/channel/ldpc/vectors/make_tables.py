"""Make ``base_graphs.txt`` out of two independent public transcriptions of the standard's tables.

Not run by the tests. The numbers are those of 3GPP TS 38.212, Tables 5.3.2-2 and 5.3.2-3, as transcribed once in the
package sionna (comma-less tables) and once, by other people, in the package neoradium (Python literals)::

    pip download --no-deps --dest WHEELS sionna==2.2.0 neoradium==0.5.3
    python make_tables.py WHEELS ../../../../src/underdrawing/channel/ldpc/base_graphs.txt

Every entry is compared. The two disagree in one place, graph 1, row 6, column 0, sets 3 and 4: sionna has 158, 80,
neoradium has 15, 880. 880 is no shift below 384, and a third transcription (ldpc-toolbox, ``src/codes/nr5g.rs``) has
158, 80; so that is what is written.
"""

import ast
import sys
import zipfile
from pathlib import Path

Table = dict[tuple[int, int, int], tuple[int, ...]]

KNOWN_MISPRINT = {(1, 6, 0): ((183, 278, 289, 158, 80, 294, 6, 199), (183, 278, 289, 15, 880, 294, 6, 199))}

HEADER = """\
# The base graphs of the 5G NR LDPC codes: 3GPP TS 38.212, Tables 5.3.2-2 (graph 1) and 5.3.2-3 (graph 2).
# One line per non-zero entry: graph, row, column, then the shift V for the set indices 0 to 7 (before modulo Z).
"""


def from_sionna(folder: Path) -> Table:
    """The table as sionna writes it: ``row;column;eight shifts``, the row only where it changes."""
    table: Table = {}
    with zipfile.ZipFile(next(folder.glob("sionna-*.whl"))) as wheel:
        for graph in (1, 2):
            text = wheel.read(f"sionna/phy/fec/ldpc/codes/5G_bg{graph}.csv").decode()
            row = 0
            for line in text.splitlines()[2:]:
                fields = line.split(";")
                row = int(fields[0]) if fields[0] else row
                table[graph, row, int(fields[1])] = tuple(int(field) for field in fields[2:10])
    return table


def from_neoradium(folder: Path) -> Table:
    """The table as neoradium writes it: nested lists, one per row, of (column, [eight shifts])."""
    with zipfile.ZipFile(next(folder.glob("neoradium-*.whl"))) as wheel:
        module = ast.parse(wheel.read("neoradium/ldpc.py").decode())
    assigned = next(
        node.value for node in module.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "hbg"
    )
    graphs = ast.literal_eval(assigned)
    return {
        (graph, row, column): tuple(shifts)
        for graph in (1, 2)
        for row, entries in enumerate(graphs[graph])
        for column, shifts in entries
    }


def main() -> None:
    folder, output = Path(sys.argv[1]), Path(sys.argv[2])
    first, second = from_sionna(folder), from_neoradium(folder)
    differences = {
        key: (first.get(key), second.get(key))
        for key in first.keys() | second.keys()
        if first.get(key) != second.get(key)
    }
    if differences != KNOWN_MISPRINT:
        raise SystemExit(f"the two transcriptions differ: {differences}")
    lines = [" ".join(map(str, (*key, *first[key]))) for key in sorted(first)]
    output.write_text(HEADER + "\n".join(lines) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
