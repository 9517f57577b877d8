"""Which picture of a gallery does a suspect come from, and what does it show? Asked in every way a system allows."""

from underdrawing.bench.attacks.pixelwise import Pixels
from underdrawing.bench.baselines.hashes import hash_named
from underdrawing.bench.contest.gallery import Shelf
from underdrawing.bench.contest.rows import Ranks
from underdrawing.bench.contest.systems import Examined, Marked, System
from underdrawing.retrieval import find
from underdrawing.tokenizer import HiddenCode

__all__ = ["asked"]

_NOT_FOUND: Ranks = (None, None)


def asked(
    shelf: Shelf, *, original: Pixels, marked: Marked, examined: Examined, suspect: Pixels, system: System
) -> dict[str, Ranks]:
    """Ranks of the right picture and label, by way of asking.

    ``id``
        The id that was read. A right id has one record; with carriers that hold the beginning of an id alone, others
        that begin alike are not looked for.
    ``code``
        The hidden code alone, as if no id had been read.
    ``recovered``
        What the recovered picture looks like (its fingerprint and previews), as if neither had been read; a suspect
        that nothing was recovered from counts as it is.
    ``suspect``
        What the suspect looks like, nothing else.
    ``PDQ``, ``pHash``, ``ISCC``
        The nearest by a hash of the suspect.

    Args:
        shelf: Where to look.
        original: H×W×3 uint8 RGB.
        marked: What the owner keeps.
        examined: What the system says of the suspect.
        suspect: H'×W'×3 uint8 RGB.
        system: Who says so.
    """
    found: dict[str, Ranks] = {}
    if examined.id_right is not None:
        found["id"] = (1, 1 if shelf.label else None) if examined.id_right else _NOT_FOUND
    if marked.code_bits and examined.id_right is not None:
        found["code"] = _by_code(shelf, examined.code)
    if examined.recovered is not None or examined.repaint is not None or examined.flagged is not None:
        found["recovered"] = _by_looks(shelf, suspect if examined.recovered is None else examined.recovered)
    if system.hashes or (system.marks and marked.protection is not None):
        found["suspect"] = _by_looks(shelf, suspect)
    if system.hashes:
        found |= {
            name: shelf.ranks_by_hash(name, hash_named(name).describe(suspect), hash_named(name).describe(original))
            for name in shelf.gallery.hashes
        }
    return found


def _by_code(shelf: Shelf, code: HiddenCode | None) -> Ranks:
    if code is None or code.n_scales < 2:
        return _NOT_FOUND
    return shelf.ranks([candidate.id for candidate in find(shelf, code=code).candidates])


def _by_looks(shelf: Shelf, pixels: Pixels) -> Ranks:
    """The candidates in their order, believed or not."""
    return shelf.ranks([candidate.id for candidate in find(shelf, pixels=pixels).candidates])
