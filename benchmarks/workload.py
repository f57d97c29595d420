"""What is raced: a workload, and the contestants that do it."""

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass

OURS = "this project"
IN_FLOAT64 = "computes in float64, as the documents do"  # a note

# Trains from the start and returns the final loss; None if it does the arithmetic without one.
Run = Callable[[], float | None]


@dataclass(frozen=True)
class Contestant:
    """One way to do a workload.

    set_up: takes the number of steps, makes the data, and returns what is timed. Each run begins
    at the same start.
    needs: the package that it is written with.
    bar: its time is to be at least this many times ours.
    tolerance: how far its final loss may be off, relative; None: as far as the workload says.
    note: what the table has to say about it.
    has_loss: False for what does the arithmetic alone.
    """

    name: str
    set_up: Callable[[int], Run]
    needs: str | None = None
    bar: float | None = None
    tolerance: float | None = None
    note: str = ""
    has_loss: bool = True

    def is_installed(self) -> bool:
        """Whether its package is there; a contestant of plain NumPy always is."""
        return self.needs is None or importlib.util.find_spec(self.needs) is not None


@dataclass(frozen=True)
class Workload:
    """A training, and who does it; the first contestant is ours.

    loss: what it must come to in `steps` steps, computed once in float64.
    tolerance: how far a contestant may be off, relative.
    """

    name: str
    steps: int
    loss: float
    contestants: Sequence[Contestant]
    tolerance: float = 1e-3

    def contestant(self, name: str) -> Contestant:
        """The contestant of that name."""
        return next(c for c in self.contestants if c.name == name)

    def is_reached(self, loss: float | None, by: Contestant) -> bool:
        """Whether a final loss is the right one."""
        if loss is None:
            return not by.has_loss
        tolerance = self.tolerance if by.tolerance is None else by.tolerance
        return abs(loss - self.loss) <= tolerance * self.loss


@dataclass(frozen=True)
class Compiled:
    """A run whose peer compiled something first, and the seconds that this took."""

    run: Run
    seconds: float

    def __call__(self) -> float | None:
        return self.run()
