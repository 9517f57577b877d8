"""The side-by-side tables of carriers: what each holds and costs, what comes through, and where ours loses."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import mean

from underdrawing.bench.carriers.side_by_side import ATTACKS, PIPELINE, Result

__all__ = ["tables"]

_Measured = Mapping[str, Sequence[Result]]


def tables(results: Sequence[Result], *, attacks: Sequence[str] = ATTACKS) -> str:
    """The tables as Markdown."""
    names = list(dict.fromkeys(result.contender for result in results))
    whole = {name: [r for r in results if r.contender == name and r.error is None] for name in names}
    failed = [result for result in results if result.error is not None]
    parts = [_table(_costs(whole)), _table(_readings(whole, attacks)), _losses(whole, attacks)]
    parts += ["\n".join(f"- {r.contender} on `{r.picture}`: {r.error}" for r in failed)] if failed else []
    return "\n\n".join(parts) + "\n"


def _costs(whole: _Measured) -> Iterator[Sequence[str]]:
    yield (
        "carrier",
        "pictures",
        "id, bits",
        "code, bits",
        "PSNR, dB ↑",
        "worst PSNR ↑",
        "SSIM ↑",
        "read where nothing was",
    )
    for name, results in whole.items():
        if results:
            code = sorted({result.code_bits for result in results})
            yield (
                name,
                str(len(results)),
                _span(sorted({result.id_bits for result in results})),
                _span(code),
                f"{mean(result.psnr_db for result in results):.1f}",
                f"{min(result.psnr_db for result in results):.1f}",
                f"{mean(result.ssim for result in results):.4f}",
                f"{sum(result.false_read for result in results)} of {len(results)}",
            )


def _span(values: Sequence[int]) -> str:
    return f"{values[0]:,}" if len(values) == 1 else f"{values[0]:,}–{values[-1]:,}"


def _readings(whole: _Measured, attacks: Sequence[str]) -> Iterator[Sequence[str]]:
    yield "attack", *whole
    for attack in attacks:
        yield f"`{attack}`", *(_cell(results, attack) for results in whole.values())


def _cell(results: Sequence[Result], attack: str) -> str:
    """How many messages were read whole, and how many ids where that is another number."""
    if not results:
        return "–"
    everything, ids = _count(results, attack, ids=False), _count(results, attack, ids=True)
    return f"{everything} of {len(results)}" if everything == ids else f"id {ids}, all {everything} of {len(results)}"


def _count(results: Iterable[Result], attack: str, *, ids: bool) -> int:
    return sum(bool(((result.id_read if ids else result.all_read) or {}).get(attack)) for result in results)


def _losses(whole: _Measured, attacks: Sequence[str]) -> str:
    """Where another carrier's id came back more often than ours through the pipeline."""
    ours = whole.get(PIPELINE, [])
    lost = []
    for attack in attacks:
        better = [
            name
            for name, results in whole.items()
            if results and ours and _rate(results, attack) > _rate(ours, attack) and name != PIPELINE
        ]
        lost += [f"`{attack}` ({', '.join(better)})"] if better else []
    if not lost:
        return "After none of these attacks did another carrier bring back its id more often than ours."
    return f"Ours brought back its id less often than another carrier after: {'; '.join(lost)}."


def _rate(results: Sequence[Result], attack: str) -> float:
    return _count(results, attack, ids=True) / len(results)


def _table(rows: Iterable[Sequence[str]]) -> str:
    heading, *body = list(rows)
    return "\n".join("| " + " | ".join(line) + " |" for line in (heading, ["---"] * len(heading), *body))
