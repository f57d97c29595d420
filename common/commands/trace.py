"""`python -m common trace FILE [ARGS...]`: runs a script, and shows what its layers did in a step.

A row of the table is one call of a layer: the shapes of what went in and came out, the number of
its parameters, and the lengths, as vectors, of their gradients and of what it handed back. What
only calls other layers has no row. On the tape the ops have rows, too; and below the calls stand
the leaves, Parameters and other tensors, to which a gradient came back.

A step ends where a forward follows a backward. The one that is shown is the first in which a number
is not finite; or else the one in which the script failed; or else the first with a backward. The
steps of a `replay` are seen as all others: its program calls the same layers.
"""

import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import takewhile
from pathlib import Path

from common.autograd.ops import Op
from common.commands import files
from common.commands.calls import Call, Leaf, Step, Watch
from common.commands.table import table
from common.parameters import named_parts

HEADS = ["", "layer", "in", "out", "dtype", "device", "params", "|grad|", "|dx|", "finite"]
NUMBERS = ["params", "|grad|", "|dx|"]
NOTHING = """\
No layer was called. A layer is an object with a forward and a backward, and is seen where the
main thread calls them."""


def run(file: str, arguments: Sequence[str]) -> int:
    """Runs a script as Python does, and prints the table below what it prints itself.

    Returns 0 if all went well; 1 if the script failed or a number was not finite; 130 if it was
    interrupted. A script that ends with a code of its own keeps that.
    """
    path = files.existing(file)
    code = files.compiled(path)
    watch = Watch()
    error: BaseException | None = None
    with _as_main(file, arguments):
        try:
            with watch:
                files.execute(path, code, "__main__")
        except BaseException as raised:  # Ctrl-C and sys.exit are some
            error = raised
    has_failed = isinstance(error, Exception)
    step = watch.lost or (watch.step if has_failed else watch.first or watch.step)
    print(flush=True)
    print(_report(_title(file, step, watch, has_failed), step) if shown(step) else NOTHING)
    if ending := _ending(error, path, watch, step):
        print(ending)
    return _exit_code(error) or int(watch.lost is not None)


@contextmanager
def _as_main(file: str, arguments: Sequence[str]) -> Iterator[None]:
    """In the block the command line, and the module __main__, are the script's own."""
    before = sys.argv, sys.path, sys.modules["__main__"]
    sys.argv, sys.path = [file, *arguments], [*sys.path]
    try:
        yield
    finally:
        sys.argv, sys.path, sys.modules["__main__"] = before


def _exit_code(error: BaseException | None) -> int:
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    if isinstance(error, KeyboardInterrupt):
        return 130
    return int(error is not None)


# What is said -------------------------------------------------------------------------------------


def _report(title: str, step: Step) -> str:
    """The table of a step, under its title, and what was lost in it."""
    names = names_of(calls := shown(step))
    rows = [_row(call, names[call], step) for call in calls]
    rows += [_leaf_row(leaf, name) for name, leaf in named_leaves(step)]
    text = table(HEADS, rows, numbers=NUMBERS)
    lines = [f"--- {title} ".ljust(max(map(len, text.splitlines())), "-"), text, ""]
    if step.lost is not None:
        who = names[step.lost]
        lines.append(f"First not finite: the {step.lost_what} of {who}, {step.lost_how}.")
    return "\n".join(lines)


def _title(file: str, step: Step, watch: Watch, has_failed: bool) -> str:
    number = f"{step.number} of {watch.count}" if step.has_backward else str(step.number)
    which = f"trace of {file}, step {number}"
    if step.lost is not None:
        return f"{which}: a number is not finite"
    if has_failed:
        return f"{which}: the script failed"
    return which if step.has_backward else f"trace of {file}: no backward was called"


def _ending(error: BaseException | None, path: Path, watch: Watch, step: Step) -> str:
    """How the script ended."""
    where = "in this step" if watch.step is step else f"in step {watch.step.number}"
    if isinstance(error, KeyboardInterrupt):
        return f"Interrupted {where}."
    if isinstance(error, Exception):
        return f"The script failed {where}:\n{files.explained(error, path)}"
    if _exit_code(error):
        return f"The script ended itself: sys.exit({error})"
    return "" if watch.lost or not step.calls else "All numbers are finite, in all steps."


# The rows -----------------------------------------------------------------------------------------


def _row(call: Call, name: str, step: Step) -> list[str]:
    mark = ">" if call.failed or call is step.lost else ""
    finite = "failed" if call.failed else f"no: {', '.join(call.lost)}" if call.lost else "yes"
    params = str(call.params) if call.params else ""
    norms = [_number(call.grad_norm) if call.params else "", _number(call.dx_norm)]
    return [mark, name, call.given, call.returned, call.dtype, call.device, params, *norms, finite]


def _leaf_row(leaf: Leaf, name: str) -> list[str]:
    finite = "yes" if math.isfinite(leaf.norm) else "no: grad"
    norm = _number(leaf.norm)
    return ["", name, "", leaf.shape, leaf.dtype, leaf.device, str(leaf.size), norm, "", finite]


def _number(norm: float | None) -> str:
    return "-" if norm is None else f"{norm:.3g}"


def shown(step: Step) -> list[Call]:
    """The calls that have a row: of layers that call no others, and in the pass that went back."""
    calls = [call for call in step.calls if call is step.lost or _has_row(call)]
    if step.has_backward:
        calls = [c for c in calls if c.failed or c is step.lost or not c.in_no_grad]
    # What was called before, and did not go back, may be another pass: an evaluation, say.
    for i, _ in reversed([*enumerate(takewhile(lambda call: not call.has_backward, calls))]):
        if _is_of_earlier_pass(calls[i], calls[i + 1 :]) and step.lost not in calls[: i + 1]:
            return calls[i + 1 :]
    return calls


def _has_row(call: Call) -> bool:
    outer = call.within
    while outer is not None:
        if outer.is_leaf:
            return False
        outer = outer.within
    return call.is_leaf or call.failed


def _is_of_earlier_pass(call: Call, later: Sequence[Call]) -> bool:
    """Whether a pass ends with it: it is a loss, or by hand its layer's memory is written over."""
    if issubclass(call.kind, Op) or not later:
        return False
    same = [other for other in later if other.of == call.of]
    return call.returned == "()" or any(o.has_backward or o.who == call.who for o in same)


def names_of(calls: Sequence[Call]) -> dict[Call, str]:
    """The class of each layer; where it has several layers, with the place among them."""
    layers: dict[str, list[int]] = {}
    for call in calls:
        same = layers.setdefault(call.kind.__name__, [])
        is_op = issubclass(call.kind, Op)  # which is made for one use
        if not is_op and call.of not in same:
            same.append(call.of)
    return {call: _name(call, layers[call.kind.__name__]) for call in calls}


def _name(call: Call, same: list[int]) -> str:
    place = f" {same.index(call.of) + 1}" if len(same) > 1 else ""
    return call.kind.__name__ + place


def named_leaves(step: Step) -> list[tuple[str, Leaf]]:
    """The leaves: each by the way to it from the model that was called, or else by its place."""
    names: dict[int, str] = {}
    for model in step.models.values():  # the outermost is the last to return
        with suppress(Exception):
            names |= {id(part): name for name, part in named_parts(model)}
    # What was used last is reached first.
    others = [id_ for id_ in reversed(step.leaves) if id_ not in names]
    names |= {id_: str(i + 1) for i, id_ in enumerate(others)}
    found = [(name, step.leaves[id_]) for id_, name in names.items() if id_ in step.leaves]
    return [(f"{leaf.kind.__name__} {name}".rstrip(), leaf) for name, leaf in found]
