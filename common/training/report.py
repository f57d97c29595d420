"""What a training says of itself: its epochs and means, a bar or lines."""

import math
import sys
from dataclasses import dataclass, fields
from typing import Any

import numpy
from tqdm import tqdm

from common import config
from common.np import Array, np
from common.parallel import Workers
from common.util import to_cpu


@dataclass(frozen=True)
class Epoch:
    """What is known at the end of an epoch."""

    number: int  # of epochs done, this one included
    step: int  # number of updates done
    loss: float  # mean over the epoch's rows
    lr: float
    seconds: float  # since its fit began
    held_out_loss: float | None = None
    held_out_accuracy: float | None = None


class History(list[Epoch]):
    """The epochs of a Trainer. As text it is short: an interpreter shows what a `fit` returns."""

    def __repr__(self) -> str:
        if len(self) < 2:
            return super().__repr__()
        return f"History of {len(self)} epochs, the last {self[-1]!r}"

    def as_table(self) -> Array:
        """A row for each epoch, with its fields in their order. None becomes NaN."""
        rows = [[math.nan if v is None else v for v in vars(epoch).values()] for epoch in self]
        return numpy.array(rows, float).reshape(-1, len(fields(Epoch)))

    @classmethod
    def of_table(cls, table: Array) -> "History":
        """The history of which that is the table; NaN that was held out becomes None."""
        history = cls()
        for number, step, *means, loss, right in table.tolist():
            held_out = (None if math.isnan(value) else value for value in (loss, right))
            history.append(Epoch(int(number), int(step), *means, *held_out))
        return history


class Mean:
    """A mean over rows. Sums up on the device, and fetches the result when it is taken."""

    def __init__(self, total: float = 0.0, rows: int = 0) -> None:
        self.total, self.rows = total, rows

    def add(self, value: Any, rows: int) -> None:
        """The mean of so many rows more."""
        if type(value) is not float:
            value = np.asarray(value, np.float64) if config.GPU else float(value)
        self.total += value * rows
        self.rows += rows

    def of_all(self, workers: Workers) -> "Mean":
        """Over the rows of all workers."""
        mine = float(to_cpu(self.total)), self.rows
        totals, rows = zip(*workers.gather(mine, "a mean over all rows"), strict=True)
        return Mean(sum(totals), sum(rows))

    def take(self) -> float:
        """The mean of what was added since the last time."""
        mean = float(to_cpu(self.total)) / max(self.rows, 1)
        self.total, self.rows = 0.0, 0
        return mean


class Progress:
    """A bar of `steps` steps on a terminal; in a file, a pipe or a test, one line per report."""

    def __init__(self, steps: int, verbose: bool) -> None:
        self.says_lines = verbose and not sys.stdout.isatty()
        wants_bar = verbose and not self.says_lines
        self.bar = tqdm(total=steps, file=sys.stdout, unit="step", disable=not wants_bar)
        self.advance, self.close = self.bar.update, self.bar.close  # one step is done; all are

    def say(self, text: str) -> None:
        """Shows a report: beside the bar, or as a line."""
        if self.says_lines:
            print(text, flush=True)  # or a pipe would keep it for itself
        self.bar.set_postfix_str(text)
