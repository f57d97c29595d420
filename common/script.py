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

    The arguments are the defaults. `steps` is how long the script trains, in the unit that the
    script says; one that does not train leaves it out. A command line that is not a chapter
    script's own (a notebook's, pytest's, a site build's) is left alone.
    """
    parser = argparse.ArgumentParser(description="A chapter script.")
    parser.add_argument("--gpu", action="store_true", help="run on the GPU, with CuPy")
    parser.add_argument("--seed", type=_count, default=seed, help=f"random seed ({seed})")
    parser.add_argument("--steps", type=_count, default=steps, help=f"training steps ({steps})")
    arguments = parser.parse_args(sys.argv[1:] if _is_chapter_script(sys.argv[0]) else [])
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


def _is_chapter_script(path: str) -> bool:
    return Path(path).resolve().parent.parent == ROOT and Path(path).suffix == ".py"


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("must be 0 or more")
    return number
