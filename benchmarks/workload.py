"""What is raced: a workload, and the contestants that do it."""

import importlib.util
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from common import config

OURS = "this project"
REPLAYED = "this project, replayed"
FAST = "this project, with fast"
BOTH = "this project, replayed, with fast"
SCAN = "JAX, the whole loop (lax.scan)"
TORCH_COMPILE = "PyTorch, torch.compile"
POWERS_ARE_CONSTANTS = "the powers of x are constants of its program, computed once"  # a note
IN_FLOAT64 = "computes in float64, as the documents do"  # a note

# Trains from the start and returns the final loss; None if it does the arithmetic without one.
Run = Callable[[], float | None]


@dataclass(frozen=True)
class Contestant:
    """One way to do a workload.

    set_up: takes the number of steps, makes the data, and returns what is timed. Each run begins
    at the same start.
    needs: the package that it is written with. calls: a command that it needs besides.
    tolerance: how far its final loss may be off, relative; None: as far as the workload says.
    note: what the table has to say about it.
    has_loss: False for what does the arithmetic alone.
    """

    name: str
    set_up: Callable[[int], Run]
    needs: str | None = None
    calls: str | None = None
    tolerance: float | None = None
    note: str = ""
    has_loss: bool = True

    @property
    def compiles(self) -> bool:
        """Whether something is compiled before its first step."""
        return self.needs in ("jax", "numba") or self.name == TORCH_COMPILE

    @property
    def fused(self) -> bool:
        """Whether our formulas run as compiled loops."""
        return self.needs == "numba"

    @property
    def is_ours(self) -> bool:
        """Whether it is this project, in one of its ways."""
        return self.name.startswith(OURS)

    def ready(self, steps: int) -> Run:
        """What is timed, with our switch and PyTorch's threads as they are to be."""
        if self.needs == "torch":
            import torch

            torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", 1)))
        config.fused = self.fused
        return self.set_up(steps)

    def is_installed(self) -> bool:
        """Whether what it needs is there; a contestant of plain NumPy needs nothing."""
        has_package = self.needs is None or importlib.util.find_spec(self.needs) is not None
        return has_package and (self.calls is None or shutil.which(self.calls) is not None)


@dataclass(frozen=True)
class Workload:
    """A training, and who does it; the first contestant is ours.

    loss: what it must come to in `steps` steps, computed once in float64.
    tolerance: how far a contestant may be off, relative. fewest: the steps of its shortest run.
    """

    name: str
    steps: int
    loss: float
    contestants: Sequence[Contestant]
    tolerance: float = 1e-3
    fewest: int = 1

    def contestant(self, name: str) -> Contestant:
        """The contestant of that name."""
        return next(c for c in self.contestants if c.name == name)

    def is_reached(self, loss: float | None, by: Contestant) -> bool:
        """Whether a final loss is the right one."""
        if loss is None:
            return not by.has_loss
        tolerance = self.tolerance if by.tolerance is None else by.tolerance
        return abs(loss - self.loss) <= tolerance * self.loss
