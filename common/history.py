"""What a training leaves behind: an `Epoch` for each epoch, and means over rows."""

from dataclasses import dataclass
from typing import Any

from common import config
from common.device import to_cpu
from common.np import np


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


class Mean:
    """A mean over rows. Sums up on the device, and fetches the result when it is taken."""

    def __init__(self) -> None:
        self.total, self.rows = 0.0, 0

    def add(self, value: Any, rows: int) -> None:
        if type(value) is not float:
            value = np.asarray(value, np.float64) if config.GPU else float(value)
        self.total += value * rows
        self.rows += rows

    def take(self) -> float:
        """The mean of what was added since the last time."""
        mean = float(to_cpu(self.total)) / max(self.rows, 1)
        self.total, self.rows = 0.0, 0
        return mean
