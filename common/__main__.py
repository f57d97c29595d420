"""`python -m common`: checks a layer, watches a script, sums up a model, writes one step five ways.

Here the command line is read; what is then done stands in `common/commands/`.
"""

import argparse
import functools
import math
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from common.commands import gradcheck, parity, summary, trace
from common.commands.files import CommandError
from common.commands.options import whole

DESCRIPTION = """\
For those who write layers, and for those who teach it. The commands are

  gradcheck  is the backward of a layer right?
  trace      what do the layers of a script do?
  summary    what is a model made of?
  parity     one training, written five ways

and each has more help of its own, as in python -m common gradcheck --help"""

GRADCHECK = """\
Compares what the backward of a layer returns with slopes that are measured on
its forward, and looks whether the layer keeps the rules of a layer.

NAME, in FILE, is
- the class of a layer, if it needs no arguments; small inputs are tried then
  until forward takes some;
- a function without arguments that returns a layer, or a layer and its inputs,
  as in: return Scale(4), x
- or a layer that stands there.

The exit code is 0 if backward is right, 1 if it is wrong, and 2 if that cannot
be found out."""

TRACE = """\
Runs a script, and prints a table of what each layer did in one training step:
in the first; or in the first where a number is not finite; or in the one in
which the script failed. The layers may be those of common, your own, or plain
classes with a forward and a backward; called by hand, or on the tape.

The exit code is 1 if the script failed, or if a number was not finite; else
that of the script."""

SUMMARY = """\
Prints a table of what a model is made of: its layers and Parameters, the shapes
of what they learn, and what is frozen or shared.

NAME, in FILE, is a model, the class of one that needs no arguments, or a
function without arguments that returns one."""

PARITY = """\
Trains the network of chapter 1 in five ways, from the same weights and on the
same data: in plain NumPy, with layers by hand, on the tape, by replay, and in
PyTorch if that is installed. Prints how far each loss, gradient and weight is
from that in plain NumPy. The five stand one below the other, to be read, in
common/commands/parity.py.

The exit code is 1 if one is further away than rounding takes it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Does what the command line says. Returns the exit code, 2 where that cannot be done."""
    parser = _parser()
    options = vars(parser.parse_args(arguments))
    run, command = options.pop("run", None), options.pop("command")
    if run is None:
        parser.print_help()
        return 0
    try:
        return run(**options)
    except CommandError as error:
        print(f"{parser.prog} {command}: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    make, prog = _plain(argparse.ArgumentParser), "python -m common"
    parser = make(prog, usage=f"{prog} [-h] COMMAND ...", description=DESCRIPTION)
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", prog=prog, help=argparse.SUPPRESS
    )  # the description lists them, with what they do in one column
    add = _plain(commands.add_parser)
    _add_gradcheck(add("gradcheck", description=GRADCHECK))
    _add_trace(add("trace", description=TRACE))
    _add_summary(add("summary", description=SUMMARY))
    _add_parity(add("parity", description=PARITY))
    return parser


def _plain(make: Callable[..., argparse.ArgumentParser]) -> Callable[..., argparse.ArgumentParser]:
    """A parser whose help has the lines of its description, and that guesses no option."""
    form = argparse.RawDescriptionHelpFormatter
    return functools.partial(make, formatter_class=form, allow_abbrev=False)


def _add_gradcheck(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("target", metavar="FILE:NAME", help="as swish.py:Swish")
    _add_number(parser, "--tolerance", _above_0, 1e-6, "the largest relative error")
    _add_number(parser, "--seed", whole(0), 0, "for the inputs that are drawn")
    parser.set_defaults(run=gradcheck.run)


def _add_trace(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the script, as ch01/train.py")
    its_own = parser.add_argument(
        "arguments", metavar="ARGS", nargs=argparse.REMAINDER, help="its arguments, as --steps 20"
    )
    its_own.required = False  # argparse takes it for required
    parser.set_defaults(run=trace.run)


def _add_summary(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("target", metavar="FILE:NAME", help="as net.py:Net")
    parser.set_defaults(run=summary.run)


def _add_parity(parser: argparse.ArgumentParser) -> None:
    _add_number(parser, "--seed", whole(0), 0, "for the weights to start from")
    _add_number(parser, "--steps", whole(1), 20, "number of updates")
    kinds = [*parity.TOLERANCES]
    parser.add_argument("--dtype", choices=kinds, default=kinds[0], help=f"default: {kinds[0]}")
    parser.set_defaults(run=parity.run)


def _add_number(
    parser: argparse.ArgumentParser,
    name: str,
    kind: Callable[[str], Any],
    default: float,
    what: str,
) -> None:
    text = f"{what} (default: {default:g})"
    parser.add_argument(name, metavar="N", type=kind, default=default, help=text)


def _above_0(text: str) -> float:
    with suppress(ValueError):
        if 0 < (number := float(text)) < math.inf:
            return number
    raise argparse.ArgumentTypeError(f"must be a number above 0, got {text!r}")


if __name__ == "__main__":
    sys.exit(main())
