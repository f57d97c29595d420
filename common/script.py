"""What every chapter script needs: its options, and a place for its figures."""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from common import config
from common.errors import DeviceError

ROOT = Path(__file__).resolve().parents[1]
FIGURES = ROOT / "figures"


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    seed: int
    steps: int


def options(*, seed: int = 0, steps: int = 0) -> Options:
    """Reads --gpu, --seed and --steps, and switches the GPU on if asked.

    The arguments are the defaults. `steps` is the number of updates; a script that does not
    train leaves it out. A command line that is not the calling script's own (a notebook's,
    pytest's, a site build's) is left alone.
    """
    parser = argparse.ArgumentParser(description="A chapter script.")
    parser.add_argument("--gpu", action="store_true", help="run on the GPU, with CuPy")
    parser.add_argument("--seed", type=_count, default=seed, help=f"random seed ({seed})")
    parser.add_argument("--steps", type=_count, default=steps, help=f"training steps ({steps})")
    # In a notebook the caller has no file; under pytest it is not what the command line started.
    file = sys._getframe(1).f_globals.get("__file__")
    is_started = file is not None and Path(sys.argv[0]).resolve() == Path(file).resolve()
    arguments = parser.parse_args(sys.argv[1:] if is_started else [])
    if arguments.gpu:
        try:
            config.GPU = True
        except DeviceError as error:
            parser.error(str(error))
    return Options(arguments.seed, arguments.steps)


def save(figure: Figure, name: str) -> Path:
    """Writes the figure as figures/NAME.png in the project's folder, and says so."""
    FIGURES.mkdir(exist_ok=True)
    path = FIGURES / f"{name}.png"
    figure.savefig(path, dpi=120)
    print(f"figure: {path}")
    return path


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"must be a whole number, 0 or more, got {text!r}")
    return int(text)
