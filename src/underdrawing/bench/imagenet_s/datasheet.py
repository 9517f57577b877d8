"""The datasheet of a dataset: what it is for, what is in it, how it was made, and what it must not be used for.

The words are in ``datasheet.md`` beside this module; here its numbers are counted.
Source: the questions are those of Gebru et al., "Datasheets for Datasets", Communications of the ACM 64 (12), 2021.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from importlib import resources
from statistics import mean
from string import Template

from underdrawing.bench.imagenet_s.description import DESCRIPTION_FILE, Description, Settings
from underdrawing.bench.imagenet_s.manifest import COLUMNS, CSV_FILE, PARQUET_FILE, Item
from underdrawing.bench.imagenet_s.plan import SIZE_CLASSES, WHOLE_CLASS

__all__ = ["DATASHEET_FILE", "columns_table", "datasheet"]

DATASHEET_FILE = "DATASHEET.md"
_MOST_LABELS = 30
_MOST_SIZES = 5


def datasheet(description: Description, items: Sequence[Item]) -> str:
    """The page, as Markdown."""
    words = (resources.files("underdrawing.bench.imagenet_s") / "datasheet.md").read_text(encoding="utf-8")
    settings = description.settings
    labels = Counter(item.label or "(none)" for item in items)
    sizes = Counter(f"{item.width}×{item.height}" for item in items)
    return Template(words).substitute(
        items=len(items),
        fingerprint=description.fingerprint,
        seed=settings.seed,
        labels=len(labels),
        counts=_counts(items),
        label_list=_most(labels, _MOST_LABELS),
        sizes=_most(sizes, _MOST_SIZES),
        columns=columns_table(),
        left_out="".join(f"\n- `{one.source}`: {one.reason}" for one in description.left_out) or "none.",
        taken=_taken(settings),
        sources=settings.sources,
        size=_size(settings),
        made_with=", ".join(f"{name} {number}" for name, number in description.made_with.items()),
        inpainter=f" Inpainting network: fingerprint `{settings.inpainter}`." if settings.inpainter else "",
        description_file=DESCRIPTION_FILE,
        csv_file=CSV_FILE,
        parquet_file=PARQUET_FILE,
    )


def columns_table() -> str:
    """The columns of the manifest and what each says, as a Markdown table."""
    return _table(("column", "what it says"), ((f"`{name}`", text) for name, text in COLUMNS.items()))


def _counts(items: Sequence[Item]) -> str:
    """Kinds against size classes, with the mean share and the mean change of each kind."""
    classes = (*SIZE_CLASSES, WHOLE_CLASS)
    count = Counter((item.kind, item.size_class) for item in items)
    kinds = sorted({item.kind for item in items})
    rows = []
    for kind in kinds:
        own = [item for item in items if item.kind == kind]
        cells = [str(count[kind, name] or "–") for name in classes]
        share, change = mean(item.fraction for item in own), mean(item.change for item in own)
        rows.append((f"`{kind}`", str(len(own)), *cells, f"{share:.1%}", f"{change:.1f}"))
    total = [str(sum(count[kind, name] for kind in kinds)) for name in classes]
    rows.append(("all", str(len(items)), *total, "", ""))
    return _table(("kind", "items", *classes, "mean area", "mean change, grey levels"), rows)


def _most(counted: Counter[str], limit: int) -> str:
    """The most frequent of many, each with its number."""
    shown = ", ".join(f"{name} ({number})" for name, number in counted.most_common(limit))
    return shown + (f", and {len(counted) - limit} more" if len(counted) > limit else "")


def _taken(settings: Settings) -> str:
    taken = f"those of split `{settings.split}`" if settings.split else "all of it"
    return taken + (f", of which the first {settings.limit} that the seed drew" if settings.limit else "")


def _size(settings: Settings) -> str:
    if settings.size is None:
        return "kept at their own size"
    return (
        f"squeezed to {settings.size}×{settings.size} pixels, aspect not kept "
        "(sides that shrink averaged by area, sides that grow interpolated)"
    )


def _table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
