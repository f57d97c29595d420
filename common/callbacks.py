"""Functions for `Trainer.fit(..., callbacks=[...])`.

A callback is any function of the trainer. It is called after each epoch, may look at everything
(`trainer.history[-1]` is the epoch), and ends the training by returning True.
"""

import math
from typing import TYPE_CHECKING

from common.checks import check_whole

if TYPE_CHECKING:
    from common.trainer import Callback, Trainer


def early_stopping(patience: int) -> "Callback":
    """Ends the training once the held-out loss has had no new low for `patience` epochs.

    The parameters stay as they are then, not as they were at the lowest loss.
    """
    check_whole("early_stopping", "patience", patience, at_least=1)
    best, waited = math.inf, 0

    def stop(trainer: "Trainer") -> bool:
        nonlocal best, waited
        loss = trainer.history[-1].held_out_loss
        assert loss is not None  # the Trainer has seen to that
        waited = 0 if loss < best else waited + 1
        best = min(best, loss)
        return waited >= patience

    stop.needs_held_out = True  # type: ignore[attr-defined]  # the Trainer looks before it starts
    return stop
