"""`python -m common summary FILE:NAME`: what a model is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from common.checks import name_of
from common.commands.files import CommandError, find, made_of, tried
from common.commands.table import table
from common.np import Array
from common.parameters import Part, each_once, learners_of, named_objects

EXAMPLE = """\
    def model():
        return {call}"""


@dataclass
class Row:
    """One part of a model.

    own: the arrays that it learns, each with its name, or "". shared: of those that a part above it
    learns, too, each name with that part's.
    """

    name: str
    part: Any
    own: list[tuple[str, Array]]
    shared: list[tuple[str, str]]
    is_frozen: bool


def run(target: str) -> int:
    """Prints a table of the parts of a model, and its total. Returns 0."""
    path, found = find(target)
    model = made_of(target, path, found, EXAMPLE)
    rows = tried(target, path, lambda: rows_of(model))
    if not rows:
        raise CommandError(f"{target} is no model: {model!r:.60} holds no layers and no Parameters")
    heads, cells = ["name", "layer", "parameters", "number", "note"], [_cells(row) for row in rows]
    shown = len(heads) if any(note for *_, note in cells) else -1
    print(table(heads[:shown], [line[:shown] for line in cells], numbers=["number"]))
    print()
    print(*_totals(rows), sep="\n")
    return 0


def rows_of(model: Any) -> list[Row]:
    """The parts of a model that learn themselves, or hold nothing else, in their order."""
    objects = named_objects(model)
    learning = {id(leaf) for leaf in learners_of(model)}
    owners: dict[int, str] = {}
    rows = []
    for name, part in objects.items():
        within = [other for way, other in objects.items() if _leads_through(name, way)]
        arrays = _arrays_of(part, within)
        if not arrays and (within or not _is_layer(part)):
            continue
        own = [(n, a) for n, a in arrays if id(a) not in owners]
        shared = [(n, owners[id(a)]) for n, a in arrays if id(a) in owners]
        owners |= {id(a): name for _, a in own}
        is_frozen = isinstance(part, Part) and bool(arrays) and id(part) not in learning
        rows.append(Row(name, part, own, shared, is_frozen))
    return rows


def _leads_through(name: str, way: str) -> bool:
    """Whether the way to a part leads through the part of that name: the model's own is empty."""
    return way != name and (not name or way.startswith(f"{name}."))


def _is_layer(part: Any) -> bool:
    return isinstance(part, Part) or hasattr(part, "forward")


def _arrays_of(part: Any, within: Sequence[Any]) -> list[tuple[str, Array]]:
    """What a part learns, and nothing within it does."""
    if getattr(part, "is_container", False):
        return []
    theirs = {id(array) for other in within for array in getattr(other, "params", ())}
    names = [*getattr(part, "param_names", ())]
    params = list(getattr(part, "params", ()))
    names += [""] * (len(params) - len(names))
    return [(n, a) for n, a in zip(names, params, strict=False) if id(a) not in theirs]


def _cells(row: Row) -> list[str]:
    arrays = ", ".join(f"{name} {array.shape}".lstrip() for name, array in row.own)
    count = sum(array.size for _, array in row.own)
    notes = ["frozen"] if row.is_frozen else []
    notes += [f"{name or 'an array'} is that of {owner or '-'}" for name, owner in row.shared]
    return [row.name or "-", name_of(row.part), arrays, f"{count:,}", ", ".join(notes)]


def _totals(rows: Sequence[Row]) -> list[str]:
    arrays = [array for row in rows for _, array in row.own]
    dtypes = " and ".join(sorted({str(array.dtype) for array in arrays}))
    size = sum(array.nbytes for array in arrays)
    lines = [
        f"{_count(arrays)} parameters: {size:,} bytes of {dtypes}" if arrays else "0 parameters"
    ]
    frozen = [array for row in rows if row.is_frozen for _, array in row.own]
    lines += [f"{_count(frozen)} of them are frozen"] if frozen else []
    state = each_once(array for row in rows for array in getattr(row.part, "state", ()))
    lines += [f"{_count(state)} more numbers are kept, and not learned"] if state else []
    return lines


def _count(arrays: Sequence[Array]) -> str:
    return f"{sum(array.size for array in arrays):,}"
