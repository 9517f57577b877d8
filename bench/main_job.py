"""The main job, measured: every line of the table of promises, on real photographs.

    python bench/main_job.py                    # the photographs inside scikit-image
    python bench/main_job.py --data DIR         # and those in DIR/fullres, DIR/natural
    python bench/main_job.py --quick            # a look within minutes

An interrupted run goes on where it stopped, as long as the commit, the photographs and the seed are the same.
"""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from underdrawing.bench.corpus import Corpus, quick_corpus
from underdrawing.bench.document import environment, markdown, print_lines, replace_section
from underdrawing.bench.main_job.batch import BatchResult, batch_lines, fill_folder, run_batch
from underdrawing.bench.main_job.plan import main_job_cases, quick_cases
from underdrawing.bench.main_job.reading import attack_lines
from underdrawing.bench.main_job.rows import RowLog
from underdrawing.bench.main_job.runner import run_cases
from underdrawing.bench.main_job.speed import Timing, full_hd_jpeg, help_time, import_time, measure_file, speed_lines
from underdrawing.bench.main_job.tables import failures, main_job_lines, map_by_kind
from underdrawing.bench.main_job.trial import Setting

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "benchmark.md"


def main(
    data: Annotated[Path | None, typer.Option(help="Folder with fullres/ and natural/.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A few pictures and attacks.")] = False,
    processes: Annotated[int, typer.Option(help="Workers, each on one thread.")] = 2,
    unmarked: Annotated[int, typer.Option(help="Pictures without a mark to try: seconds each.")] = 2000,
    seed: Annotated[int, typer.Option(help="Everything random comes from it.")] = 0,
    output: Annotated[Path, typer.Option(help="Folder for rows and results.")] = Path("out/bench"),
    timing: Annotated[bool, typer.Option(help="Measure speed and start-up.")] = True,
    batch: Annotated[bool, typer.Option(help="Send a folder through the command line.")] = True,
    document: Annotated[bool, typer.Option(help="Write docs/benchmark.md (never with --quick).")] = True,
) -> None:
    """Measure the main job and print target, measurement and verdict of every line."""
    whole = Corpus.of(data, unmarked_limit=unmarked)
    corpus = quick_corpus(whole) if quick else whole
    facts = {**environment(), "seed": seed, "data": corpus.fingerprint(), "quick": quick}
    header = {name: facts[name] for name in ("commit", "data", "seed", "quick")}
    log = RowLog(output / f"rows-{'-'.join(str(value)[:12] for value in header.values())}.jsonl", header=header)
    cases = list((quick_cases if quick else main_job_cases)(corpus))
    run_cases(cases, setting=Setting(corpus, seed), log=log, processes=processes)
    timings = measure_times(corpus) if timing else []
    result = measure_batch(whole, count=20 if quick else 200, processes=processes) if batch else None
    report(log, timings=timings, result=result, facts=facts, output=output, document=document and not quick)


def measure_times(corpus: Corpus) -> list[Timing]:
    """Speed of one full-HD file, and start-up."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photograph.jpg"
        path.write_bytes(full_hd_jpeg(corpus))
        return [*measure_file(path), import_time(), help_time()]


def measure_batch(corpus: Corpus, *, count: int, processes: int) -> BatchResult:
    """A folder, killed and finished."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source"
        fill_folder(corpus, source, count=count)
        return run_batch(source, Path(folder) / "protected", processes=processes)


def report(
    log: RowLog,
    *,
    timings: list[Timing],
    result: BatchResult | None,
    facts: dict[str, object],
    output: Path,
    document: bool,
) -> None:
    """Print the table, and write it as JSON and into the documentation."""
    rows = log.rows()
    lines = [*main_job_lines(rows, log.pictures()), *speed_lines(timings), *batch_lines(result)]
    failed = failures(rows)
    console = Console()
    print_lines(lines, console=console)
    console.print(*failed[:20], sep="\n")
    results = {
        **facts,
        "lines": [asdict(line) for line in lines],
        "timings": [asdict(timing) for timing in timings],
        "batch": asdict(result) if result else None,
        "errors": failed,
    }
    output.mkdir(parents=True, exist_ok=True)
    (output / "main_job.json").write_text(json.dumps(results, indent=2, ensure_ascii=False), encoding="utf-8")
    if document:
        kinds = map_by_kind(rows)
        section = markdown(lines, attacks=attack_lines(rows), kinds=kinds, failed=failed, facts=facts)
        replace_section(DOCUMENT, section)


if __name__ == "__main__":
    typer.run(main)
