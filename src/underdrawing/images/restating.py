"""The same file with other words in it: facts go into its Exif, IPTC and XMP, and no pixel is touched.

JPEG segments, PNG chunks, WebP chunks and TIFF directories are exchanged; what holds the picture is copied byte for
byte. AVIF has no such simple place: there the picture is encoded anew, as well as its encoder can, and that is said.

Source: IPTC Photo Metadata Standard 2023.2; Metadata Working Group, Guidelines 2.0, section 3 (write all blocks that
readers look at, and keep them alike).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from underdrawing.errors import ImageFormatError, UsageError
from underdrawing.images import jpeg, png, tiff, webp
from underdrawing.images.exif_writing import amend_directories, amend_exif
from underdrawing.images.facts import EXIF_TEXTS, PLACES
from underdrawing.images.files import read_bytes, write_atomically
from underdrawing.images.iptc_writing import amend_iptc
from underdrawing.images.picture import DEFAULT_LIMITS, ImageFormat, Limits, Metadata, MetadataBlock
from underdrawing.images.reading import load, stored_metadata
from underdrawing.images.writing import encode, format_named
from underdrawing.images.xmp_writing import amend_xmp

__all__ = ["Restated", "restate", "save_restated"]

_APART = ("dateCreated", "gpsLatitude", "gpsLongitude")
_PLACED = frozenset([*(place.fact for place in PLACES), *_APART])
_IN_EXIF = frozenset([*EXIF_TEXTS, *_APART])
_IN_IPTC = frozenset([*(place.fact for place in PLACES if place.dataset), "dateCreated"])
_BLOCKS: tuple[MetadataBlock, ...] = ("exif", "iptc", "xmp")
_WITHOUT_IPTC = ("WEBP", "AVIF")


@dataclass(frozen=True)
class Restated:
    """A file with facts written into its metadata.

    Attributes:
        data: The whole file.
        format: Its format, that of the file it was made from.
        exact: Whether the pixels are those of that file to the last bit.
        written: The facts that went in, by IPTC name.
        no_place: Facts that metadata has no place for.
        lost: Blocks that this format has no room for, and that were left as they were.
    """

    data: bytes
    format: ImageFormat
    exact: bool
    written: tuple[str, ...]
    no_place: tuple[str, ...]
    lost: tuple[MetadataBlock, ...]


def restate(data: bytes, facts: Mapping[str, str], *, limits: Limits = DEFAULT_LIMITS) -> Restated:
    """The bytes of an image file with these facts in its Exif, IPTC and XMP.

    What the metadata says of other things stays. Where a fact replaces a text, it does so in every block, so that no
    reader finds the old one. IIM cuts long texts off (a title at 64 bytes, a caption at 2,000); XMP holds them whole.

    Args:
        data: A JPEG, PNG, WebP, AVIF or TIFF file.
        facts: By IPTC name; texts as ``payload.clean_facts`` makes them.
        limits: Of the file that is read.

    Raises:
        ImageFormatError: It is none of these, or damaged.
        ImageLimitError: It is larger than the limits allow.
    """
    limits.check_bytes(len(data))
    image_format, stored = stored_metadata(data, limits=limits)
    placed = {name: text for name, text in facts.items() if name in _PLACED}
    wanted = _amended(stored, placed)
    lost = _lost(wanted, image_format)
    blocks = Metadata(
        exif=None if "exif" in lost else wanted.exif,
        iptc=None if "iptc" in lost else wanted.iptc,
        xmp=None if "xmp" in lost else wanted.xmp,
    )
    restated = _exchanged(data, image_format, placed, blocks, limits)
    no_place = tuple(name for name in facts if name not in placed)
    return Restated(restated, image_format, image_format != "AVIF", tuple(placed), no_place, lost)


def save_restated(
    source: Path, target: Path, facts: Mapping[str, str], *, limits: Limits = DEFAULT_LIMITS, overwrite: bool = False
) -> Restated:
    """Write a copy of an image file with these facts in its metadata; see ``restate``.

    Args:
        source: The file; it is never written to.
        target: The copy; its ending has to be one of the same format.
        facts: By IPTC name.
        limits: Of the file that is read.
        overwrite: Replace a file that is there.

    Raises:
        UsageError: The target is the source, or its ending asks for another format.
        OutputExistsError: The target exists and ``overwrite`` is false.
    """
    if target.exists() and source.exists() and target.samefile(source):
        raise UsageError(f"{target} is the picture itself; give the copy another name")
    restated = restate(read_bytes(source, limits), facts, limits=limits)
    if format_named(target) != restated.format:
        raise UsageError(f"{source} is a {restated.format} file and so is its copy; give {target.name} such an ending")
    write_atomically(target, restated.data, overwrite=overwrite)
    return restated


def _amended(stored: Metadata, facts: Mapping[str, str]) -> Metadata:
    """The blocks that say these facts; None where none of them belongs."""
    return Metadata(
        exif=amend_exif(stored.exif, facts) if _IN_EXIF & facts.keys() else None,
        iptc=amend_iptc(stored.iptc, facts) if _IN_IPTC & facts.keys() else None,
        xmp=amend_xmp(stored.xmp, facts) if facts else None,
    )


def _lost(wanted: Metadata, image_format: ImageFormat) -> tuple[MetadataBlock, ...]:
    """Blocks that the format has no place for, or none so large."""
    most = dict(jpeg.MAX_BLOCK_BYTES) if image_format == "JPEG" else {}
    most |= {"iptc": -1} if image_format in _WITHOUT_IPTC else {}
    sizes = {name: len(block) for name in _BLOCKS if (block := getattr(wanted, name)) is not None}
    return tuple(name for name, size in sizes.items() if size > most.get(name, size))


def _exchanged(
    data: bytes, image_format: ImageFormat, facts: Mapping[str, str], blocks: Metadata, limits: Limits
) -> bytes:
    match image_format:
        case "JPEG":
            return jpeg.replace_metadata(data, blocks)
        case "PNG":
            return png.replace_metadata(data, blocks)
        case "WEBP":
            return webp.replace_webp_metadata(data, blocks)
        case "TIFF":
            restated = amend_directories(data, facts, tiff.metadata_fields(data, blocks))
            if restated is None:
                raise ImageFormatError("the TIFF file is damaged: its directory cannot be read")
            return restated
        case "AVIF":
            picture = load(data, limits=limits)
            upright = _amended(picture.metadata, facts)
            new = {name: block for name in ("exif", "xmp") if (block := getattr(upright, name)) is not None}
            return encode(replace(picture, metadata=replace(picture.metadata, **new)))
