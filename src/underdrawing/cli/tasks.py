"""One picture's share of a command, and what it came to: plain values that travel between processes."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, cast

from underdrawing.cli.streams import standard_input
from underdrawing.findings import Profile

if TYPE_CHECKING:
    from pathlib import Path

    from underdrawing.images import ImageFormat, Picture

__all__ = [
    "Coding",
    "Done",
    "Format",
    "KeepTask",
    "ProtectTask",
    "SearchTask",
    "Subsampling",
    "VerifyTask",
    "called",
    "read_picture",
]


class Format(StrEnum):
    """A file format to write."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    AVIF = "avif"
    TIFF = "tiff"

    @property
    def extension(self) -> str:
        """The usual ending of such a file's name."""
        return {Format.JPEG: ".jpg", Format.TIFF: ".tif"}.get(self, f".{self}")


class Subsampling(StrEnum):
    """How finely a JPEG keeps colour."""

    FULL = "4:4:4"
    HALF_WIDTH = "4:2:2"
    QUARTER = "4:2:0"


@dataclass(frozen=True, kw_only=True)
class Coding:
    """How to write a picture; None keeps what it came with."""

    format: Format | None = None
    quality: int | None = None
    subsampling: Subsampling | None = None

    @property
    def image_format(self) -> ImageFormat | None:
        """The format by the name it has elsewhere in the package."""
        return cast("ImageFormat | None", self.format and self.format.upper())

    def arguments(self) -> dict[str, Any]:
        """The same for ``images.save`` and ``images.encode``."""
        return {
            "format": self.image_format,
            "quality": self.quality,
            "subsampling": str(self.subsampling) if self.subsampling else None,
        }


@dataclass(frozen=True, kw_only=True)
class ProtectTask:
    """One picture to protect; no source is standard input, no output is standard output.

    ``written``: an earlier run wrote the output, and only its record may be missing in the vault.
    """

    source: Path | None
    output: Path | None
    facts: dict[str, str] = field(default_factory=dict)
    metadata_facts: bool = True
    position: bool = False
    key: Path | None = None
    channel_key: Path | None = None
    confidants: tuple[Path, ...] = ()
    with_code: bool = True
    profile: Profile = Profile.STANDARD
    vault: str | None = None
    original: str | None = None
    keep_original: bool = False
    reveal: bool = False
    carrier: str | None = None
    weights: Path | None = None
    written: bool = False
    coding: Coding = Coding()
    overwrite: bool = False


@dataclass(frozen=True, kw_only=True)
class VerifyTask:
    """One picture to verify; no source is standard input, no folder means that nothing is written."""

    source: Path | None
    folder: Path | None
    trust: tuple[Path, ...] = ()
    channel_key: Path | None = None
    openers: tuple[Path, ...] = ()
    vault: str | None = None
    originals: tuple[str, ...] = ()
    carrier: str | None = None
    weights: Path | None = None
    restored: Path | None = None
    look: bool = False
    overwrite: bool = False


@dataclass(frozen=True, kw_only=True)
class KeepTask:
    """One picture to keep a record of, and the vault for it; no source is standard input."""

    source: Path | None
    vault: str
    facts: dict[str, str] = field(default_factory=dict)
    metadata_facts: bool = True
    position: bool = False
    as_original: bool = False
    look_for_mark: bool = True
    channel_key: Path | None = None
    replace: bool = False


@dataclass(frozen=True, kw_only=True)
class SearchTask:
    """One picture to look for in a vault; no source is standard input."""

    source: Path | None
    vault: str
    count: int = 5
    look_for_mark: bool = True
    channel_key: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Done:
    """What one picture came to: the object for ``--json``, the lines for people, and the bytes for standard output."""

    record: dict[str, Any]
    lines: tuple[str, ...]
    negative: bool = False
    stream: bytes | None = None


def called(path: Path | None) -> str:
    """Return how a path is called in messages and records."""
    return "-" if path is None else str(path)


def read_picture(source: Path | None) -> Picture:
    """Read a picture from a path, or from standard input."""
    from underdrawing import images

    return images.load(standard_input() if source is None else source)
