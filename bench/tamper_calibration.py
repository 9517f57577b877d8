"""The tamper map and its decision, measured: F1, AUC and false alarms, attack by attack.

    python bench/tamper_calibration.py                  # the photographs inside scikit-image
    python bench/tamper_calibration.py --data DIR       # and those in DIR/fullres
    python bench/tamper_calibration.py --stride 4       # every fourth photograph
    python bench/tamper_calibration.py --distances      # the numbers of ``tamper/content.py`` instead

Prints Markdown, as ``docs/tamper.md`` shows it.
"""

from collections.abc import Iterator
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
from underdrawing.bench.edits.tampering import tamper
from underdrawing.bench.main_job.plan import KINDS
from underdrawing.errors import UnderdrawingError
from underdrawing.examination.comparison import compared
from underdrawing.findings import Verification
from underdrawing.images import Picture
from underdrawing.tamper.content import Depth, Distances
from underdrawing.tokenizer import HiddenCode, Tokenizer

MAP_ATTACKS = ("png", "jpeg70")
UNTOUCHED_ATTACKS = (
    *("png", "jpeg90", "jpeg75", "jpeg50", "jpeg40", "jpeg25", "webp75", "webp50"),
    *("resize0.9+jpeg80", "resize0.5+jpeg75", "resize0.4+jpeg70", "noise6", "noise10", "blur1.2"),
    *("brightness0.85", "brightness1.15", "contrast0.85", "contrast1.15", "gamma0.85", "gamma1.2", "jpeg80+jpeg70"),
)
DISTANCE_ATTACKS = ("png", "jpeg85", "jpeg70")
LONGEST_SIDE_PX = 1800
BUILT_IN = ("astronaut", "coffee", "chelsea", "rocket")

Pixels = NDArray[np.uint8]


def main(
    data: Annotated[Path | None, typer.Option(help="Folder with fullres/.")] = None,
    stride: Annotated[int, typer.Option(help="Take every n-th photograph.")] = 1,
    edits: Annotated[int, typer.Option(help="Forgeries of each photograph; every third is small.")] = 3,
    distances: Annotated[bool, typer.Option("--distances", help="Measure the usual distances from the code.")] = False,
) -> None:
    """Measure the map on forgeries and the decision on untouched copies."""
    cv2.setNumThreads(1)
    if distances:
        measure_distances(data, stride)
        return
    maps: dict[tuple[str, str], list[tuple[float, float, float, float]]] = {}
    alarms: dict[str, list[bool]] = {}
    donor = photographs.astronaut()
    for number, pixels in enumerate(load(data, stride)):
        try:
            marked = protect(Picture(pixels)).picture.pixels
        except UnderdrawingError as error:
            typer.echo(f"left out: {error}", err=True)
            continue
        measure_maps(maps, marked, donor, number=number, edits=edits)
        measure_alarms(alarms, marked, number=number)
        donor = pixels
    report(maps, alarms)


def load(data: Path | None, stride: int) -> Iterator[Pixels]:
    """Photographs, the largest made smaller."""
    for name in BUILT_IN:
        yield getattr(photographs, name)()
    paths = sorted(path for path in (data / "fullres").rglob("*") if path.suffix in {".png", ".jpg"}) if data else []
    for path in paths[::stride]:
        with Image.open(path) as image:
            image.thumbnail((LONGEST_SIDE_PX, LONGEST_SIDE_PX), Image.Resampling.LANCZOS)
            yield np.asarray(image.convert("RGB"))


def measure_maps(
    maps: dict[tuple[str, str], list[tuple[float, float, float, float]]],
    marked: Pixels,
    donor: Pixels,
    *,
    number: int,
    edits: int,
) -> None:
    """Add the scores of some forgeries of a picture."""
    rng = np.random.default_rng(number)
    kinds, shapes = KINDS, list(Shape)
    for edit in range(edits):
        small = edit % 3 == 2
        fraction = float(np.exp(rng.uniform(*np.log((0.01, 0.05) if small else (0.05, 0.5)))))
        forged = tamper(
            marked,
            kind=kinds[(number * edits + edit) % len(kinds)],
            shape=shapes[(number + edit) % len(shapes)],
            rng=rng,
            donor=donor,
            fraction=fraction,
        )
        for name in MAP_ATTACKS:
            found = verify(Picture(pixelwise.get(name).apply(forged.pixels, rng)))
            if found.mask is not None:
                maps.setdefault((name, "1–5 %" if small else "5–50 %"), []).append(map_scores(found, forged.mask))


def map_scores(found: Verification, truth: NDArray[np.bool_]) -> tuple[float, float, float, float]:
    """F1, precision, recall and area under the curve of one map."""
    assert found.mask is not None
    assert found.tamper_probability is not None
    hits = np.count_nonzero(found.mask & truth)
    precision, recall = hits / max(np.count_nonzero(found.mask), 1), hits / np.count_nonzero(truth)
    f1 = 2 * hits / max(np.count_nonzero(found.mask) + np.count_nonzero(truth), 1)
    levels = np.minimum(found.tamper_probability * 1000, 999).astype(np.intp)
    inside, outside = (np.bincount(levels[part], minlength=1000).astype(float) for part in (truth, ~truth))
    below = np.cumsum(outside) - outside / 2
    return f1, precision, recall, float(inside @ below / (inside.sum() * outside.sum()))


def measure_alarms(alarms: dict[str, list[bool]], marked: Pixels, *, number: int) -> None:
    """Add whether untouched copies of a picture are called tampered."""
    for name in UNTOUCHED_ATTACKS:
        found = verify(Picture(pixelwise.get(name).apply(marked, np.random.default_rng(number))))
        if found.mask is not None:
            alarms.setdefault(name, []).append(bool(found.mask.any()))


def measure_distances(data: Path | None, stride: int) -> None:
    """Print the line of usual distances at every depth, and the deviation around it, from untouched copies."""
    tokenizer = Tokenizer.load()
    found: dict[Depth, list[Distances]] = {depth: [] for depth in Depth}
    for number, pixels in enumerate(load(data, stride)):
        try:
            protection = protect(Picture(pixels))
        except UnderdrawingError as error:
            typer.echo(f"left out: {error}", err=True)
            continue
        for name in DISTANCE_ATTACKS:
            copy = pixelwise.get(name).apply(protection.picture.pixels, np.random.default_rng(number))
            for depth, distances in untouched_distances(copy, protection.code, tokenizer).items():
                found[depth].append(distances)
    typer.echo("| depth | offset | busy | own | deviation |\n|" + "---|" * 5)
    for depth, parts in found.items():
        numbers = usual_line(parts, has_own=depth is Depth.FINE)
        typer.echo(f"| {depth} | " + " | ".join(f"{number:.3f}" for number in numbers) + " |")


def untouched_distances(copy: Pixels, code: HiddenCode, tokenizer: Tokenizer) -> dict[Depth, Distances]:
    """The distances of an untouched copy at every depth."""

    def at(n_scales: int, known: NDArray[np.bool_] | None = None) -> tuple[Distances, Distances | None]:
        part = HiddenCode(code.scales[:n_scales], known)
        says, intact = tokenizer.linear_picture(part), np.ones((16, 16), dtype=np.float32)
        comparison = compared(copy, part, tokenizer, says=says, intact=intact)
        return comparison.coarse, comparison.fine

    core, _ = at(4)
    detail, beyond = at(5)
    _, fine = at(6)
    assert beyond is not None
    assert fine is not None
    return {Depth.CORE: core, Depth.DETAIL: detail, Depth.BEYOND: beyond, Depth.FINE: fine}


def usual_line(parts: list[Distances], *, has_own: bool) -> tuple[float, float, float, float]:
    """Offset, slopes for busyness and own latents, and deviation, by least squares over all cells."""
    logarithm, busy, own = (
        np.log1p(np.concatenate([getattr(part, name).ravel() for part in parts]))
        for name in ("distance", "busyness", "own")
    )
    columns = [np.ones_like(busy), busy, *([own] if has_own else [])]
    factors, *_ = np.linalg.lstsq(np.stack(columns, axis=1), logarithm, rcond=None)
    deviation = float((logarithm - np.stack(columns, axis=1) @ factors).std())
    offset, slope, *rest = (float(factor) for factor in factors)
    return offset, slope, rest[0] if rest else 0.0, deviation


def report(maps: dict[tuple[str, str], list[tuple[float, float, float, float]]], alarms: dict[str, list[bool]]) -> None:
    """Print both tables; what could not be read has no map and is not in them."""
    typer.echo("| region | after | forgeries | F1 mean | F1 median | precision | recall | AUC |\n|" + "---|" * 8)
    for (name, size), scores in sorted(maps.items(), key=lambda item: item[0][::-1]):
        mean, median = np.mean(scores, axis=0), np.median([score[0] for score in scores])
        typer.echo(
            f"| {size} | {name} | {len(scores)} | {mean[0]:.3f} | {median:.3f} | {mean[1]:.3f} | {mean[2]:.3f} "
            f"| {mean[3]:.4f} |"
        )
    typer.echo("\n| untouched, after | read | called tampered |\n|---|---|---|")
    for name, called in [*alarms.items(), ("all", [one for every in alarms.values() for one in every])]:
        typer.echo(f"| {name} | {len(called)} | {sum(called)} |")


if __name__ == "__main__":
    typer.run(main)
