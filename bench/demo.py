"""`make demo`: protect photographs, doctor them for real, and have them tell what they showed before.

Photographs that come with scikit-image are protected with facts and a signature, saved as JPEG, doctored, and
saved again at JPEG quality 75. Each suspect is then verified from its pixels alone. The folder that comes out holds
every file on the way, a report for each picture, and index.html with the numbers. Everything goes through the public
interface.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

import underdrawing
from demo_page import contact_sheet, index_page
from demo_scenes import SCENES, Scene, doctored
from underdrawing.bench.edits.tampering import inpaint_telea
from underdrawing.bench.metrics.likeness import masked_psnr_db
from underdrawing.images import write_atomically
from underdrawing.payload import Publisher

JPEG_QUALITY = 75


@dataclass(frozen=True, eq=False)
class Story:
    """What happened to one photograph.

    ``truth`` is the mask of what was changed; ``protected`` and ``suspect`` are pictures as they were saved; the two
    M-PSNR values compare with the protected picture inside the true mask, None where nothing was recovered.
    """

    scene: Scene
    protected: underdrawing.Picture
    suspect: underdrawing.Picture
    truth: np.ndarray
    protection: underdrawing.Protection
    verification: underdrawing.Verification
    recovered_db: float | None
    telea_db: float
    protect_s: float
    verify_s: float

    @property
    def f1(self) -> float:
        """Agreement of the found mask with the truth: 2·TP / (2·TP + FP + FN)."""
        found = self.verification.mask if self.verification.mask is not None else np.zeros_like(self.truth)
        return float(2 * (found & self.truth).sum() / max(1, found.sum() + self.truth.sum()))

    @property
    def facts_came_back(self) -> bool:
        """Whether the pixels told every fact that went in."""
        return self.verification.facts == self.scene.facts


def tell(scene: Scene, folder: Path, key: underdrawing.SigningKey, trust: underdrawing.TrustStore) -> Story:
    """Take one photograph from protection to report, through files all the way."""
    folder.mkdir(parents=True, exist_ok=True)
    original = underdrawing.Picture(scene.pixels())
    began = time.perf_counter()
    protection = underdrawing.protect(original, facts=scene.facts, key=key)
    protect_s = time.perf_counter() - began
    protected = underdrawing.load(underdrawing.save(protection.picture, folder / "protected.jpg", overwrite=True))
    edit = doctored(scene, protected.pixels)
    edited = underdrawing.Picture(edit.pixels)
    path = underdrawing.save(edited, folder / "suspect.jpg", quality=JPEG_QUALITY, subsampling="4:2:0", overwrite=True)
    suspect = underdrawing.load(path)
    began = time.perf_counter()
    verification = underdrawing.verify(suspect, trust=trust)
    verify_s = time.perf_counter() - began
    underdrawing.write_report(suspect, verification, folder / "report.html", name=path.name, overwrite=True)
    if verification.recovered is not None:
        underdrawing.save(verification.recovered, folder / "recovered.png", overwrite=True)
    filled = inpaint_telea(suspect.pixels, edit.mask)
    return Story(
        scene=scene,
        protected=protected,
        suspect=suspect,
        truth=edit.mask,
        protection=protection,
        verification=verification,
        recovered_db=_likeness(protected, verification.recovered, edit.mask),
        telea_db=masked_psnr_db(protected.pixels, filled, edit.mask, data_range=255),
        protect_s=protect_s,
        verify_s=verify_s,
    )


def _likeness(
    protected: underdrawing.Picture, recovered: underdrawing.Picture | None, mask: np.ndarray
) -> float | None:
    if recovered is None:
        return None
    return masked_psnr_db(protected.pixels, recovered.pixels, mask, data_range=255)


def print_summary(stories: list[Story], index: Path) -> None:
    """Print what happened as a short table."""
    table = Table(title="What the pixels told", title_justify="left", box=None, pad_edge=False)
    for name in ("photograph", "verdict", "facts", "signed", "changed", "found", "F1", "recovered", "Telea"):
        table.add_column(name, justify="left" if name in ("photograph", "verdict", "facts", "signed") else "right")
    for story in stories:
        found = story.verification
        table.add_row(
            story.scene.name,
            str(found.verdict),
            "all" if story.facts_came_back else "some" if found.facts else "none",
            str(found.signature),
            f"{story.truth.mean():.1%}",
            f"{found.tampered_fraction:.1%}",
            f"{story.f1:.3f}",
            "-" if story.recovered_db is None else f"{story.recovered_db:.1f} dB",
            f"{story.telea_db:.1f} dB",
        )
    console = Console()
    console.print(table)
    console.print("recovered, Telea inpainting: M-PSNR inside the change, higher is better")
    console.print(f"Reports with pictures: {index}", highlight=False, soft_wrap=True)


def main() -> int:
    """Run the demo; the exit code is 1 when any change went unnoticed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("out/demo"), help="folder to write into")
    parser.add_argument("--sheet", type=Path, help="also write the picture of the README here (JPEG)")
    arguments = parser.parse_args()
    key = underdrawing.SigningKey.new()
    trust = underdrawing.TrustStore().add(Publisher("the demo's own key", key.public()))
    stories = [tell(scene, arguments.output / scene.name, key, trust) for scene in SCENES]
    index = arguments.output / "index.html"
    write_atomically(index, index_page(stories).encode(), overwrite=True)
    if arguments.sheet:
        write_atomically(arguments.sheet, contact_sheet(stories[:3]), overwrite=True)
    print_summary(stories, index)
    return int(any(story.verification.verdict is not underdrawing.Verdict.TAMPERED for story in stories))


if __name__ == "__main__":
    sys.exit(main())
