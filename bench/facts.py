"""Do the facts come back? A caption of 400 characters in four languages, hidden, a quarter replaced, saved again.

    python bench/facts.py                      # the photographs inside scikit-image, enlarged
    python bench/facts.py --data DIR           # and those in DIR/fullres
    python bench/facts.py --stride 4           # every fourth photograph

For each size of picture it prints what fitted, and after each attack how many copies gave all of that back, letter by
letter. A line for each loss names the picture and what was missing.
"""

from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from numpy.typing import NDArray
from PIL import Image
from skimage import data as photographs

from underdrawing import protect, verify
from underdrawing.bench.attacks import pixelwise
from underdrawing.bench.edits.masks import Shape
from underdrawing.bench.edits.tampering import Kind, tamper
from underdrawing.bench.main_job.captions import POLYGLOT
from underdrawing.images import Picture
from underdrawing.payload import SigningKey

SIDES_PX = (1024, 512)
ATTACKS = ("png", "jpeg85", "jpeg75", "jpeg60")
SHARE = 0.25
BUILT_IN = ("astronaut", "coffee", "chelsea", "rocket")
DONOR = "immunohistochemistry"

Pixels = NDArray[np.uint8]


def main(
    data: Annotated[Path | None, typer.Option(help="Folder with fullres/.")] = None,
    stride: Annotated[int, typer.Option(help="Take every n-th photograph.")] = 1,
    side: Annotated[list[int] | None, typer.Option(help="Sides in pixels, instead of 1024, 512.")] = None,
    attack: Annotated[list[str] | None, typer.Option(help="Attacks, instead of png, jpeg85, jpeg75, jpeg60.")] = None,
) -> None:
    """Hide the facts in every photograph at every size, and count the copies that give them back."""
    cv2.setNumThreads(1)
    paths = sorted(path for path in (data / "fullres").rglob("*") if path.suffix in {".png", ".jpg"}) if data else []
    sources = [*BUILT_IN, *paths[::stride]]
    names = attack or list(ATTACKS)
    characters, size_bytes = sum(map(len, POLYGLOT.values())), sum(len(text.encode()) for text in POLYGLOT.values())
    typer.echo(f"{len(POLYGLOT)} facts, {characters} characters, {size_bytes} bytes; {SHARE:.0%} replaced\n")
    typer.echo(f"| side | fitted whole | {' | '.join(names)} |\n|{'---|' * (2 + len(names))}")
    for side_px in side or SIDES_PX:
        found = [round_trips(source, side_px, names, number) for number, source in enumerate(sources)]
        whole = sum(missing == 0 for missing, _ in found)
        back = [sum(returned[name] for _, returned in found) for name in names]
        typer.echo(f"| {side_px} | {whole} of {len(found)} | {' | '.join(f'{n} of {len(found)}' for n in back)} |")


def round_trips(source: str | Path, side_px: int, names: list[str], number: int) -> tuple[int, dict[str, bool]]:
    """How many facts did not fit into one photograph, and after which attacks all that did came back."""
    protection = protect(Picture(square(source, side_px)), facts=POLYGLOT, key=SigningKey.from_seed(bytes(32)))
    missing = {name.removeprefix("facts.") for name in protection.left_out if name.startswith("facts.")}
    written = {name: text for name, text in POLYGLOT.items() if name not in missing}
    returned = {}
    for turn, name in enumerate(names):
        rng = np.random.default_rng(100 * number + turn)
        shape = list(Shape)[turn % len(Shape)]
        donor = getattr(photographs, DONOR)()
        forged = tamper(protection.picture.pixels, kind=Kind.SPLICE, shape=shape, rng=rng, donor=donor, fraction=SHARE)
        read = verify(Picture(pixelwise.get(name).apply(forged.pixels, rng))).facts
        returned[name] = read == written
        if read != written:
            lost = sorted(written.keys() - read.keys()) or ["none lost, but not the same"]
            typer.echo(f"{source}, {side_px}, {name}: {', '.join(lost)}", err=True)
    return len(missing), returned


def square(source: str | Path, side_px: int) -> Pixels:
    """The middle of a photograph as a square of that side, RGB uint8."""
    image = Image.fromarray(getattr(photographs, source)()) if isinstance(source, str) else Image.open(source)
    image = image.convert("RGB")
    short = min(image.size)
    left, top = (image.width - short) // 2, (image.height - short) // 2
    middle = image.crop((left, top, left + short, top + short))
    return np.asarray(middle.resize((side_px, side_px), Image.Resampling.LANCZOS))


if __name__ == "__main__":
    typer.run(main)
