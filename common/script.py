"""What every chapter script needs: its options, a place for its figures, data for its players."""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from common import config
from common.commands.options import whole
from common.errors import ArgumentError, DeviceError

FIGURES = Path("figures")  # in the folder where one stands
INCH = 120  # CSS pixels: as large the site shows an inch of a figure


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    seed: int = 0
    steps: int = 0

    def _ipython_display_(self) -> None:
        """A notebook, which shows what a cell ends in, need not show this."""


def options(*, seed: int | None = None, steps: int | None = None) -> Options:
    """Reads --gpu, --seed and --steps, and switches the GPU on if asked.

    The arguments are the defaults; a script that draws no numbers, or does not train, leaves them
    out and has no such option. `steps` is the number of updates. A command line that is not the
    calling script's own (a notebook's, pytest's, a site build's) is left alone.
    """
    parser = argparse.ArgumentParser(description="A chapter script.", allow_abbrev=False)
    parser.add_argument("--gpu", action="store_true", help="run on the GPU, with CuPy")
    for name, default, least in (("seed", seed, 0), ("steps", steps, 1)):
        if default is not None:
            parser.add_argument(
                f"--{name}", type=whole(least), default=default, help=f"default: {default}"
            )
    # In a notebook the caller has no file; under pytest it is not what the command line started.
    file = sys._getframe(1).f_globals.get("__file__")
    is_started = file is not None and Path(sys.argv[0]).resolve() == Path(file).resolve()
    arguments = vars(parser.parse_args(sys.argv[1:] if is_started else []))
    if arguments.pop("gpu"):
        try:
            config.GPU = True
        except DeviceError as error:
            parser.error(str(error))
    return Options(**arguments)


class Screen:
    """Where a page's figures and players are shown. Figures go to files; nothing plays here."""

    def show(self, figure: Figure, name: str, alt: str) -> None:
        """Writes the figure as figures/NAME.png in the folder where one stands, and says so."""
        FIGURES.mkdir(exist_ok=True)
        path = FIGURES / f"{name}.png"
        figure.savefig(path, dpi=120, metadata={"Description": alt})
        print(f"figure: {path.as_posix()}")
        if "ipykernel" in sys.modules:  # a notebook, which shows what is handed to `display`
            from IPython.display import Image, display

            display(Image(filename=path, alt=alt))

    def play(self, name: str, data: Mapping[str, Any]) -> None:
        """Does nothing: a player moves on the site alone."""


screen = Screen()  # the site puts another in its place


def save(figure: Figure, name: str, *, alt: str) -> None:
    """Writes the figure to a file, figures/NAME.png; a notebook and the site show it as well.

    alt: a sentence on what there is to see, for those who cannot see it.
    """
    if not (alt[:1].isupper() and alt.rstrip().endswith(".")):
        raise ArgumentError(
            f"save: the figure {name} needs a sentence on what there is to see: alt is {alt!r}"
        )
    screen.show(figure, name, alt)


def record(name: str, data: Mapping[str, Any]) -> None:
    """Hands the site the data of a player, see `common.players`; elsewhere only checks them.

    On the page the player stands in the place of the figure of that name; a quiz needs none.

    Raises ValueError or TypeError where the data hold what JSON has no word for, as a NaN.
    """
    json.dumps(data, allow_nan=False)
    screen.play(name, data)
