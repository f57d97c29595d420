"""The table: a row for each contestant, and its time beside ours."""

from collections.abc import Sequence

from benchmarks.race import Result, fastest_of_ours

HEAD = (
    "workload", "contestant", "a step takes", "over ours, plain", "over our fastest",
    "in the rounds", "final loss", "first step after", "again after", "pays after",
)  # fmt: skip


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table with its columns lined up; the first two are text, the rest numbers.

    >>> print(markdown(["a", "b", "c"], [["x", "y", "1.5"]]))
    | a | b |   c |
    |---|---|----:|
    | x | y | 1.5 |
    """
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [_line(cells, widths) for cells in (head, *rows)]
    rules = ["-" * (width + 1) + ("-" if i < 2 else ":") for i, width in enumerate(widths)]
    return "\n".join([lines[0], f"|{'|'.join(rules)}|", *lines[1:]])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.ljust(width) if i < 2 else cell.rjust(width)
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"| {' | '.join(padded)} |"


def table(races: Sequence[Sequence[Result]]) -> str:
    """All races in one table, and under it what the contestants have to say."""
    rows = [row(result, results) for results in races for result in results]
    return "\n\n".join([markdown(HEAD, rows), *notes(races)])


def notes(races: Sequence[Sequence[Result]]) -> list[str]:
    """Each note once, with the contestant that it is about and the workloads."""
    where: dict[tuple[str, str], list[str]] = {}
    for result in (result for results in races for result in results):
        if result.contestant.note:
            about = result.contestant.name, result.contestant.note
            where.setdefault(about, []).append(result.workload.name)
    return [f"{name} ({', '.join(works)}): {note}." for (name, note), works in where.items()]


def row(result: Result, results: Sequence[Result]) -> list[str]:
    """The cells of one contestant. Not installed: empty. Refused: why, in place of its time.

    The rounds are those of the ratio to our fastest.
    """
    contestant, loss, plain = result.contestant, result.loss, results[0]
    ours = fastest_of_ours(results)
    ratio = None if result is ours else result.ratio_to(ours)
    ratios = [] if ratio is None else result.ratios_to(ours)
    to_plain = None if result is plain else result.ratio_to(plain)
    steps = result.pays_after(plain) if contestant.compiles else None
    return [
        result.workload.name,
        contestant.name,
        result.refused or duration(result.seconds),
        "" if to_plain is None else f"{to_plain:.2f}",
        "" if ratio is None else f"{ratio:.2f}",
        f"{min(ratios):.2f} to {max(ratios):.2f}" if len(ratios) > 1 else "",
        "" if loss is None else f"{loss:.5g}",
        duration(result.first),
        duration(result.again),
        "" if steps is None else f"{float(f'{steps:.2g}'):,.0f} steps",  # as good as it is measured
    ]


def duration(seconds: float | None) -> str:
    """Three digits, in a unit that suits.

    >>> duration(0.0000125), duration(0.25), duration(None)
    ('12.5 µs', '250 ms', '')
    """
    if seconds is None:
        return ""
    for size, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if seconds >= size or unit == "µs":
            return f"{seconds / size:.3g} {unit}"
    raise AssertionError
