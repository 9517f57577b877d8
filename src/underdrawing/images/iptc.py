"""IPTC-IIM records: the metadata of the wire-photo age, still written by every agency.

    dataset   0x1C · record (1) · dataset (1) · length (2; with the top bit set, the length of the length) · data

Source: IPTC-NAA Information Interchange Model 4.2, chapters 3 to 6.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import TypeAlias

__all__ = ["UTF_8_MARK", "Dataset", "datasets", "iptc_texts", "pack_datasets"]

Dataset: TypeAlias = tuple[int, int, bytes]
"""Record, dataset and data."""

_MARKER, _ENVELOPE, _APPLICATION, _CHARACTER_SET = 0x1C, 1, 2, 90
_UTF_8 = b"\x1b%G"
UTF_8_MARK: Dataset = (_ENVELOPE, _CHARACTER_SET, _UTF_8)
"""Says that all texts are UTF-8."""
_MAX_DATASETS = 10_000


def iptc_texts(records: bytes) -> dict[int, list[str]]:
    """Texts of the application record (2:xx) by dataset number, in file order, up to the first damaged one.

    They are UTF-8 where dataset 1:90 says so or the bytes are valid as such, else Latin-1.
    """
    found: dict[int, list[bytes]] = {}
    utf_8 = False
    for record, dataset, data in datasets(records):
        if (record, dataset) == (_ENVELOPE, _CHARACTER_SET):
            utf_8 = data == _UTF_8
        elif record == _APPLICATION:
            found.setdefault(dataset, []).append(data)
    return {dataset: [_text(data, utf_8=utf_8) for data in items] for dataset, items in found.items()}


def datasets(records: bytes) -> Iterator[Dataset]:
    """The datasets in file order, up to the first damaged one."""
    at = 0
    for _ in range(_MAX_DATASETS):
        if at + 5 > len(records) or records[at] != _MARKER:
            return
        record, dataset, size = records[at + 1], records[at + 2], int.from_bytes(records[at + 3 : at + 5], "big")
        if size & 0x8000 or at + 5 + size > len(records):
            return
        yield record, dataset, records[at + 5 : at + 5 + size]
        at += 5 + size


def pack_datasets(items: Iterable[Dataset]) -> bytes:
    """The records that ``datasets`` reads; data of at most 32,767 bytes each."""
    packed = (struct.pack(">BBBH", _MARKER, record, number, len(data)) + data for record, number, data in items)
    return b"".join(packed)


def _text(data: bytes, *, utf_8: bool) -> str:
    try:
        return data.decode("utf-8", errors="replace" if utf_8 else "strict")
    except UnicodeDecodeError:
        return data.decode("latin-1")
