"""A contest from beginning to end: dataset and gallery opened, every unit run that is not done yet, results written."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from underdrawing.bench.contest.costs import measure_cost
from underdrawing.bench.contest.entrants import system_named
from underdrawing.bench.contest.gallery import Gallery, build_gallery
from underdrawing.bench.contest.plan import Setting, units
from underdrawing.bench.contest.results import SHEET_FILE, Results, program_fingerprint, write_results
from underdrawing.bench.contest.rows import KINDS, CaseRow, CostRow, MarkRow
from underdrawing.bench.contest.sheets import write_sheet
from underdrawing.bench.contest.trials import run_unit
from underdrawing.bench.document import environment
from underdrawing.bench.imagenet_s import Dataset, open_dataset
from underdrawing.bench.row_log import RowLog
from underdrawing.bench.running import run_all
from underdrawing.errors import UsageError

__all__ = ["Contest", "conduct"]

_DESCRIBING = frozenset({"fingerprint", "images", "tokenizer"})
_SHEET_ROWS = 6
_ON_THE_SHEET = ("underdrawing", "fragile self-embedding", "Telea")


@dataclass(frozen=True)
class Contest:
    """What is run.

    Attributes:
        dataset: Folder of the dataset.
        output: Folder for rows, gallery and results; a second run into it goes on where the first one stopped.
        systems: Names of those who take part.
        attacks: Names.
        gallery: Folder of photographs in which suspects are looked for; None: nothing is looked for.
        labels: CSV with their labels; None: the name of the folder that a photograph lies in.
        limit: Take so many items of the dataset, the first ones; None: all.
        doctored: Whether copies with the edit go through the attacks.
        untouched: Whether copies without the edit go through the attacks too.
        seed: Everything random comes from it.
        weights: Folder with weights of carriers that need some.
        processes: Workers, each on one thread.
        cluster: Address of a Dask scheduler to run on instead.
    """

    dataset: Path
    output: Path
    systems: tuple[str, ...]
    attacks: tuple[str, ...]
    gallery: Path | None = None
    labels: Path | None = None
    limit: int | None = None
    doctored: bool = True
    untouched: bool = True
    seed: int = 0
    weights: Path | None = None
    processes: int = 2
    cluster: str | None = None


def conduct(contest: Contest) -> Results:
    """Run what is not done yet and write the results.

    Raises:
        UsageError: There is no such dataset, system, attack or gallery.
    """
    dataset = open_dataset(contest.dataset.resolve())
    if not dataset.items:
        raise UsageError(f"the dataset in {contest.dataset} is empty; make one with underdrawing bench imagenet-s")
    gallery = _gallery(contest)
    header: dict[str, object] = {
        "program": program_fingerprint(),
        "dataset": dataset.fingerprint,
        "gallery": None if gallery is None else gallery.fingerprint,
        "seed": contest.seed,
    }
    name = "-".join(str(value)[:12] for value in header.values())
    log = RowLog(contest.output / f"rows-{name}.jsonl", header=header, kinds=KINDS)
    chosen = dataset.items[: contest.limit]
    ran = _run(contest, [item.name for item in chosen], log)
    _measure_costs(contest, dataset, log)
    if ran or not (contest.output / SHEET_FILE).exists():
        _draw_sheet(contest, [item.name for item in chosen])
    return _written(contest, header, [item.name for item in chosen], log)


def _gallery(contest: Contest) -> Gallery | None:
    if contest.gallery is None:
        return None
    return build_gallery(contest.gallery, _gallery_folder(contest), labels=contest.labels, processes=contest.processes)


def _gallery_folder(contest: Contest) -> Path:
    """Records are those of one version of what describes pictures; another one gets another folder."""
    return contest.output.resolve() / f"gallery-{program_fingerprint(_DESCRIBING)}"


def _run(contest: Contest, items: Sequence[str], log: RowLog) -> bool:
    """Run what is not done yet; whether there was anything."""
    systems = [(name, system_named(name, weights=contest.weights).marks) for name in contest.systems]
    planned = partial(units, items, systems, contest.attacks, doctored=contest.doctored, untouched=contest.untouched)
    every = planned()
    done = frozenset(row.key for row in log.of(CaseRow))
    waiting = planned(done=done)
    gallery = None if contest.gallery is None else _gallery_folder(contest)
    setting = Setting(contest.dataset.resolve(), gallery, contest.seed, contest.weights)
    run = partial(run_unit, setting=setting)
    run_all(
        waiting,
        run,
        add=log.add,
        total=len(every),
        processes=contest.processes,
        cluster=contest.cluster,
        what="contest",
    )
    return bool(waiting)


def _measure_costs(contest: Contest, dataset: Dataset, log: RowLog) -> None:
    measured = {row.system for row in log.of(CostRow)}
    for system in contest.systems:
        if system not in measured:
            path, item = contest.dataset.resolve(), dataset.items[0].name
            log.add([measure_cost(system, dataset=path, item=item, weights=contest.weights)])


def _draw_sheet(contest: Contest, items: Sequence[str]) -> None:
    """A few pictures, spread over those that were run, through the systems that paint."""
    painters = [name for name in contest.systems if name in _ON_THE_SHEET]
    step = max(1, len(items) // _SHEET_ROWS)
    if painters:
        setting = Setting(contest.dataset.resolve(), None, contest.seed, contest.weights)
        write_sheet(contest.output / SHEET_FILE, setting, items=items[::step][:_SHEET_ROWS], systems=painters)


def _written(contest: Contest, header: dict[str, object], items: Sequence[str], log: RowLog) -> Results:
    """The results of everything that this and earlier runs measured on these items."""
    wanted = frozenset(items)
    cases = list({row.key: row for row in log.of(CaseRow) if row.item in wanted}.values())
    marks = list({(row.system, row.item): row for row in log.of(MarkRow) if row.item in wanted}.values())
    attacks = dict.fromkeys((*contest.attacks, *(row.attack for row in cases)))
    facts = {**environment(), **header, "items": len(items), "attacks": ", ".join(attacks)}
    return write_results(contest.output, facts=facts, cases=cases, marks=marks, costs=log.of(CostRow))
