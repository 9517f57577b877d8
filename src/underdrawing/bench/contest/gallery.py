"""The photographs among which a suspect's original is looked for: their records in a vault, their labels, their hashes.

A gallery is made once from a folder of labelled photographs and kept in a folder of its own; making it goes on after an
interruption. Asking is done through a *shelf*: the gallery, in which the record of the picture in question, as its
owner keeps it, stands in place of what the gallery itself has of that picture.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from underdrawing.bench.baselines.hashes import ready_hashes
from underdrawing.bench.contest.rows import Ranks
from underdrawing.bench.imagenet_s.sources import find_sources
from underdrawing.bench.running import run_all
from underdrawing.errors import UsageError
from underdrawing.images import load, to_eight_bits
from underdrawing.retrieval import catalogue
from underdrawing.vault import Match, Record, Vault, open_vault

__all__ = ["TOP", "Gallery", "Shelf", "build_gallery", "ranks"]

TOP = 5
_LINES = "photographs.jsonl"
_VAULT = "vault"


@dataclass(frozen=True)
class _Entry:
    """One photograph of a gallery."""

    file: str
    label: str
    id: str
    hashes: dict[str, str]


@dataclass(frozen=True, eq=False)
class Gallery:
    """Photographs to be found.

    Attributes:
        vault: Their records.
        files: By id, where the photograph lies in its folder.
        labels: By id, what it shows; empty where that is not known.
        hashes: By name of the hash, (n, bytes) uint8 in the order of ``files``.
        fingerprint: 16 hexadecimal digits over files, labels and ids.
    """

    vault: Vault
    files: dict[str, str]
    labels: dict[str, str]
    hashes: dict[str, NDArray[np.uint8]]
    fingerprint: str

    @classmethod
    def open(cls, folder: Path) -> "Gallery":
        """A gallery that was made by ``build_gallery``.

        Raises:
            UsageError: There is none.
        """
        if not (folder / _LINES).exists():
            raise UsageError(
                f"no gallery in {folder}: make one with build_gallery, or underdrawing bench run --gallery"
            )
        entries = sorted(_entries(folder), key=lambda entry: entry.file)
        names = sorted(set.intersection(*(set(entry.hashes) for entry in entries))) if entries else []
        text = json.dumps([[entry.file, entry.label, entry.id] for entry in entries])
        return cls(
            vault=open_vault(folder / _VAULT, read_only=True),
            files={entry.id: entry.file for entry in entries},
            labels={entry.id: entry.label for entry in entries},
            hashes={name: np.stack([_bits(bytes.fromhex(entry.hashes[name])) for entry in entries]) for name in names},
            fingerprint=hashlib.sha256(text.encode()).hexdigest()[:16],
        )

    def showing(self, source: str) -> frozenset[str]:
        """Ids of the photograph that was in this file, given by its path within the folder."""
        return frozenset(id for id, file in self.files.items() if source == file)


@dataclass(frozen=True, eq=False)
class Shelf:
    """A gallery with one picture's record as its owner keeps it; what ``retrieval.find`` searches.

    Attributes:
        gallery: All the others.
        own: The record of the picture in question.
        label: What it shows.
        hidden: Ids under which the gallery itself has that picture.
    """

    gallery: Gallery
    own: Record
    label: str
    hidden: frozenset[str]

    @property
    def fingerprints_by(self) -> str:
        """Name of the weights that made the fingerprints."""
        return self.gallery.vault.fingerprints_by

    def get(self, id_: str) -> Record | None:
        """The record of an id."""
        if id_ == self.own.id:
            return self.own
        return None if id_ in self.hidden else self.gallery.vault.get(id_)

    def nearest_fingerprints(self, bits: bytes, k: int = 10, *, mask: bytes | None = None) -> tuple[Match, ...]:
        """The records whose fingerprints differ least."""
        found = self.gallery.vault.nearest_fingerprints(bits, k + len(self.hidden), mask=mask)
        return self._with_own(found, _differing(bits, self.own.fingerprint, mask), k)

    def nearest_sketches(self, bits: bytes, k: int = 10, *, mask: bytes | None = None) -> tuple[Match, ...]:
        """The records whose sketches differ least."""
        found = self.gallery.vault.nearest_sketches(bits, k + len(self.hidden), mask=mask)
        return self._with_own(found, _differing(bits, self.own.sketch, mask), k)

    def ranks(self, ids: Sequence[str]) -> Ranks:
        """Where the picture stands among answers, best first, and where the first with its label."""
        return ranks([(id == self.own.id, self._label(id)) for id in ids], self.label)

    def ranks_by_hash(self, name: str, bits: bytes, own: bytes) -> Ranks:
        """The same for the nearest by a hash; of equal distance, others stand before the picture itself.

        Args:
            name: Of the hash.
            bits: Of the suspect.
            own: Of the picture in question.
        """
        ids = np.array(list(self.gallery.files))
        distances = np.bitwise_count(self.gallery.hashes[name] ^ _bits(bits)).sum(axis=1).astype(np.int64)
        distances[np.isin(ids, list(self.hidden))] = np.iinfo(np.int64).max
        order = np.argsort(distances, kind="stable")[:TOP]
        mine = int(np.bitwise_count(_bits(own) ^ _bits(bits)).sum())
        place = int((distances[order] <= mine).sum())
        others = [(False, self._label(str(ids[index]))) for index in order]
        return ranks([*others[:place], (True, self.label), *others[place:]], self.label)

    def _label(self, id: str) -> str:
        return self.label if id == self.own.id else self.gallery.labels.get(id, "")

    def _with_own(self, found: Sequence[Match], distance: int, k: int) -> tuple[Match, ...]:
        others = [match for match in found if match.id not in self.hidden and match.id != self.own.id]
        return tuple(sorted([*others, Match(self.own.id, distance)], key=lambda match: match.distance)[:k])


def ranks(answers: Sequence[tuple[bool, str]], label: str) -> Ranks:
    """Place of the right picture and of the right label among the first five answers, from 1.

    Args:
        answers: Whether it is the right picture, and its label, best first.
        label: The right label; without one (empty) no label is right.
    """
    first = list(answers)[:TOP]
    image = next((place for place, (own, _) in enumerate(first, 1) if own), None)
    named = next((place for place, (_, other) in enumerate(first, 1) if label and other == label), None)
    return image, named


def build_gallery(
    images: Path, folder: Path, *, labels: Path | None = None, limit: int | None = None, processes: int = 2
) -> Gallery:
    """A gallery of every photograph below a folder, made where it is not there yet.

    Args:
        images: The photographs.
        folder: Where the gallery is kept.
        labels: CSV with the columns ``file`` (relative to ``images``) and ``label``, where ``none`` means that there is
            none; None: the folder that a photograph lies in is its label.
        limit: Take no more than so many, drawn evenly.
        processes: Workers; 0 works in this process.

    Raises:
        UsageError: There are no photographs, or the table of labels is not one.
    """
    sources = find_sources(images, labels=labels, split=None, limit=limit, seed=0)
    folder.mkdir(parents=True, exist_ok=True)
    done = {entry.file for entry in _entries(folder)}
    waiting = [source.path for source in sources if source.path not in done]
    known = {source.path: "" if source.label == "none" else source.label for source in sources}
    with open_vault(folder / _VAULT, create=True) as vault:
        keep = partial(_kept, vault=vault, folder=folder, labels=known)
        run = partial(_catalogued, images=images)
        run_all(waiting, run, add=keep, total=len(sources), processes=processes, chunk=8, what="gallery")
    return Gallery.open(folder)


def _catalogued(file: str, *, images: Path) -> tuple[str, Record, dict[str, str]]:
    """The record of one photograph and its hashes."""
    picture = load(images / file)
    pixels = to_eight_bits(picture.pixels)
    record = catalogue(picture, facts={"title": file}, original=file)
    return file, record, {one.name: one.describe(pixels).hex() for one in ready_hashes()}


def _kept(made: tuple[str, Record, dict[str, str]], *, vault: Vault, folder: Path, labels: Mapping[str, str]) -> None:
    """First the record, then the line that says it is there; a record that is there already is the same."""
    file, record, hashes = made
    vault.add(record, replace=True)
    line = {"file": file, "label": labels[file], "id": record.id, "hashes": hashes}
    with (folder / _LINES).open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(line) + "\n")


def _entries(folder: Path) -> list[_Entry]:
    """The lines of a gallery; one that an interruption cut off is left out, and its photograph is done again."""
    path = folder / _LINES
    if not path.exists():
        return []
    whole, _, cut_off = path.read_bytes().rpartition(b"\n")
    if cut_off:
        path.write_bytes(whole + b"\n")
    lines: list[dict[str, Any]] = [json.loads(line) for line in whole.splitlines()]
    return [_Entry(**line) for line in lines]


def _bits(text: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(text, np.uint8)


def _differing(one: bytes, other: bytes, mask: bytes | None) -> int:
    counted = _bits(one) ^ _bits(other)
    return int(np.bitwise_count(counted if mask is None else counted & _bits(mask)).sum())
