"""``dataset.json``: what a dataset is and how it was made. It is written last, so a dataset that has it is complete."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from underdrawing.bench.imagenet_s.preparing import LeftOut
from underdrawing.errors import UsageError
from underdrawing.images import write_atomically

__all__ = ["DESCRIPTION_FILE", "FORMAT", "VERSION", "Description", "Settings", "read_description", "write_description"]

DESCRIPTION_FILE = "dataset.json"
FORMAT = "imagenet-s"
VERSION = 1


@dataclass(frozen=True)
class Settings:
    """What decides a dataset, beside the pictures themselves.

    Attributes:
        seed: Of everything random.
        size: Side of the square that pictures are brought to; None for native size.
        kinds: Kinds of edits, in the order of their turns.
        split: The split that pictures were taken from, or None for all.
        limit: At most so many pictures, or None.
        sources: Fingerprint of the list of pictures and labels.
        inpainter: Fingerprint of the inpainting network's weights, or None.
    """

    seed: int
    size: int | None
    kinds: tuple[str, ...]
    split: str | None
    limit: int | None
    sources: str
    inpainter: str | None

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {**asdict(self), "kinds": list(self.kinds)}


@dataclass(frozen=True)
class Description:
    """What ``dataset.json`` says.

    Attributes:
        settings: What decided the dataset.
        fingerprint: Of the manifest.
        items: How many rows it has.
        left_out: Pictures that are not in it, each with the reason.
        made_with: Names and versions of what made it.
    """

    settings: Settings
    fingerprint: str
    items: int
    left_out: tuple[LeftOut, ...]
    made_with: Mapping[str, str]


def write_description(folder: Path, description: Description) -> None:
    """Write ``dataset.json``, all or nothing."""
    plain = {
        "format": FORMAT,
        "version": VERSION,
        "fingerprint": description.fingerprint,
        "items": description.items,
        "settings": description.settings.plain(),
        "left_out": [asdict(one) for one in description.left_out],
        "made_with": dict(description.made_with),
    }
    text = json.dumps(plain, indent=2, ensure_ascii=False) + "\n"
    write_atomically(folder / DESCRIPTION_FILE, text.encode(), overwrite=True)


def read_description(folder: Path) -> Description:
    """What ``dataset.json`` in a folder says.

    Raises:
        UsageError: There is none, it is damaged, or of a version that is not known here.
    """
    path = folder / DESCRIPTION_FILE
    try:
        plain = json.loads(path.read_bytes())
        if plain["format"] != FORMAT or plain["version"] != VERSION:
            raise UsageError(
                f"{path} is {plain['format']} version {plain['version']}; "
                f"expected {FORMAT} version {VERSION}: make the dataset again, or install the version that made it"
            )
        settings = Settings(**(plain["settings"] | {"kinds": tuple(plain["settings"]["kinds"])}))
        left_out = tuple(LeftOut(**one) for one in plain["left_out"])
        return Description(settings, plain["fingerprint"], plain["items"], left_out, plain["made_with"])
    except FileNotFoundError as error:
        raise UsageError(f"no dataset in {folder}: expected {DESCRIPTION_FILE}, which a finished one has") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"cannot read {path}: {error!r}; make the dataset again") from error
