"""Where a fit stands, between two steps."""

import time
from dataclasses import dataclass, field
from typing import Any

from common.checks import check_whole
from common.np import Array
from common.training.packing import LARGEST
from common.training.report import Mean


@dataclass
class Place:
    """What a fit knows of itself, besides what it trains.

    epochs_before: in the history, when it began. lr: of then, which comes back at its end.
    steps: those for which it was planned. words: what it was given; if there is a Checkpoint.
    order: of the rows in the running epoch; None between two epochs. batches: done of it.
    loss: over the running epoch. interval: since the last report. is_over: a callback has ended it.
    """

    epochs_before: int
    lr: float
    steps: range
    words: dict[str, str] = field(default_factory=dict)
    order: Array | None = None
    batches: int = 0
    loss: Mean = field(default_factory=Mean)
    interval: Mean = field(default_factory=Mean)
    is_over: bool = False
    start: float = field(default_factory=lambda: time.perf_counter())  # a test has its own clock

    def __post_init__(self) -> None:
        check_whole("Trainer", "the step at which it ends", self.steps.stop, below=LARGEST)

    def add_batch(self, loss: Any, rows: int) -> None:
        """One batch more, with its loss."""
        self.batches += 1
        self.loss.add(loss, rows)
        self.interval.add(loss, rows)

    @property
    def seconds(self) -> float:
        """Since it began; the time in which it lay in a file does not count."""
        return time.perf_counter() - self.start
