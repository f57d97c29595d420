"""`Trainer`: the training loop, written once.

By hand it is four lines, and `ch01/train_custom_loop.py` writes them out:

    for batch_x, batch_t in ...:                      # a few rows at a time
        loss = model.forward(batch_x, batch_t)        # how wrong is the network?
        model.backward()                              # which way is less wrong?
        optimizer.update(model.params, model.grads)   # one step that way

The Trainer adds what every training needs: the rows in a new order each epoch, a report now and
then, a look at data that is held out, and an error that teaches when the loss is lost.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy
from matplotlib.figure import Figure

from common import config, plot
from common.autograd import no_grad
from common.base import Layer, mode
from common.checks import (
    check_array,
    check_callable,
    check_data,
    check_number,
    check_numbers,
    check_sequence,
    check_whole,
    generator,
    has_classes,
)
from common.errors import ArgumentError, ArgumentTypeError, DTypeError, NotFiniteError, ShapeError
from common.functions import accuracy
from common.losses import values_checked
from common.np import Array, Seed, np
from common.optimizer import Optimizer
from common.schedule import Schedule
from common.training.adapters import OnTape, by_hand
from common.training.lost_loss import all_finite, where_not_finite
from common.training.report import Epoch, Mean, Progress, ctrl_c_between_steps
from common.util import clip_grads, to_device

_Data = tuple[Array, Array]
Callback = Callable[["Trainer"], bool | None]


class Trainer:
    """Trains a model with an optimizer.

    model: anything with `params`, `grads`, `forward(x, t)` that returns the loss, `backward()`
    and `predict(x)`. Or, with `loss=SoftmaxWithLoss()`, say, a model that is called on tensors
    and ends at its scores: a Sequential or a Module.

    seed: starts the generator that shuffles the rows.

    After a fit, `loss_list` has the mean loss of every `eval_interval` steps, `history` an
    `Epoch` for each epoch. A second fit goes on where the first ended.
    """

    def __init__(
        self, model: Any, optimizer: Optimizer, loss: Layer | None = None, seed: Seed = None
    ) -> None:
        self.network = by_hand(model) if loss is None else OnTape(model, loss)
        if isinstance(optimizer, type) or not hasattr(optimizer, "update"):
            raise ArgumentTypeError(f"Trainer: expected an optimizer, got {optimizer!r:.80}")
        self.optimizer = optimizer
        self.rng = generator(self, seed)
        self.step = 0  # updates done
        self.loss_list: list[float] = []
        self.loss_steps: list[int] = []  # the step at which each of loss_list was reported
        self.history: list[Epoch] = []

    def fit(
        self,
        x: Array,
        t: Array,
        max_epoch: int = 10,
        batch_size: int = 32,
        max_grad: float | None = None,
        eval_interval: int | None = 20,
        *,
        held_out: tuple[Array, Array] | None = None,
        schedule: Schedule | None = None,
        callbacks: Sequence[Callback] = (),
        verbose: bool = True,
    ) -> list[Epoch]:
        """Goes max_epoch times through the rows of x and t; returns the history.

        Every row is seen once an epoch: the last batch has what is left.

        max_grad: the gradients are clipped to this norm.
        eval_interval: steps from one report of the mean loss to the next; None: one, at the end.
        held_out: (x, t) that are not trained on. After each epoch their loss is taken and, where
        t names classes, the share that is right.
        schedule: a function from step to lr, see `common.schedule`; the last lr stays.
        callbacks: functions of the trainer, called after each epoch. One that returns True ends
        the training; `common.callbacks.early_stopping` makes such a one.

        Ctrl-C ends the training and keeps what was learned. A loss that is not finite raises
        NotFiniteError: on the CPU before the parameters change, on a GPU at the next report.
        """
        self._set(max_epoch, batch_size, max_grad, eval_interval, schedule, callbacks, held_out)
        x, t = self._data(x, t)
        if held_out is not None:
            check_sequence(self, "held_out", held_out, length=2)
            held_out = self._data(*held_out, who="Trainer, held_out")
        self.interval, began = Mean(), time.perf_counter()
        steps = max_epoch * math.ceil(len(x) / batch_size)
        with (
            self._training((x, t), held_out),
            Progress(steps, verbose) as self.progress,
            ctrl_c_between_steps() as self.stop_if_interrupted,
        ):
            try:
                for _ in range(max_epoch):
                    loss = self._train_epoch(x, t)
                    self._end_epoch(loss, held_out, time.perf_counter() - began)
                    answers = [callback(self) for callback in callbacks]
                    if any(isinstance(answer, bool | numpy.bool) and answer for answer in answers):
                        break
            except KeyboardInterrupt:
                self.progress.say(f"interrupted after step {self.step}: what was learned stays")
            self._report()
        return self.history

    def _train_epoch(self, x: Array, t: Array) -> float:
        self.epoch, epoch = len(self.history) + 1, Mean()
        x, t = to_device(x), to_device(t)  # a callback may have switched
        order = np.asarray(self.rng.permutation(len(x)))
        x, t = x.take(order, axis=0), t.take(order, axis=0)  # x[order], but faster for short rows
        for start in range(0, len(x), self.batch_size):
            batch = x[start : start + self.batch_size]
            loss = self._train_step(batch, t[start : start + self.batch_size])
            epoch.add(loss, len(batch))
            self.interval.add(loss, len(batch))
            self.progress.advance()
            self.stop_if_interrupted()
            if self.eval_interval and self.step % self.eval_interval == 0:
                self._report()
        return epoch.take()

    def _train_step(self, x: Array, t: Array) -> Any:
        loss = self.network.forward(x, t)
        if loss is None:
            raise ArgumentTypeError("Trainer: forward(x, t) of the model must return the loss")
        if getattr(loss, "shape", ()) != ():
            raise ShapeError(f"Trainer: the loss must be one number, got shape {loss.shape}")
        if not config.GPU:
            loss = self._finite(float(loss), x, t)
        self.network.backward()
        if self.max_grad:
            clip_grads(self.network.grads, self.max_grad)
        if self.schedule:
            self.optimizer.lr = self.schedule(self.step)
        self.optimizer.update(self.network.params, self.network.grads)
        self.step += 1
        return loss

    def _finite(self, loss: float, x: Array, t: Array) -> float:
        if not math.isfinite(loss):
            origin = where_not_finite(self.network, x, t)
            raise NotFiniteError(
                f"Trainer: the loss is {loss} at step {self.step + 1}, and the parameters "
                f"are as before it. {origin} Most often lr is too large (it is "
                f"{self.optimizer.lr:g}): try a tenth, or clip the gradients with max_grad."
            )
        return loss

    def _report(self) -> None:
        """Takes the mean loss since the last report; on a GPU, this is where it is waited for."""
        if self.interval.rows == 0:
            return
        since = self.loss_steps[-1] + 1 if self.loss_steps else 1
        loss = self.interval.take()
        if not math.isfinite(loss):
            raise NotFiniteError(f"Trainer: the loss became {loss} in steps {since}..{self.step}.")
        self.loss_list.append(loss)
        self.loss_steps.append(self.step)
        self.progress.say(f"epoch {self.epoch}, step {self.step}: loss {loss:.4f}")

    def _end_epoch(self, loss: float, held_out: _Data | None, seconds: float) -> None:
        if math.isfinite(loss) and not all_finite(self.network.params):
            raise NotFiniteError(
                f"Trainer: in epoch {self.epoch} a weight became NaN or infinite while the loss "
                f"was finite: a gradient overflowed. Try a tenth of lr ({self.optimizer.lr:g}), "
                f"or clip the gradients with max_grad."
            )
        epoch = Epoch(self.epoch, self.step, loss, self.optimizer.lr, seconds)
        if held_out:
            held_out_loss, right = self._evaluate(*held_out, batch_size=1000)
            epoch = replace(epoch, held_out_loss=held_out_loss, held_out_accuracy=right)
            share = "" if right is None else f", accuracy {right:.4f}"
            self.progress.say(f"epoch {epoch.number}, held out: loss {held_out_loss:.4f}{share}")
        self.history.append(epoch)

    def evaluate(self, x: Array, t: Array, batch_size: int = 1000) -> tuple[float, float | None]:
        """The mean loss over all rows and, where t names classes, the share of them predicted.

        In evaluation mode; afterwards each layer is in the mode that it was in.
        """
        check_whole(self, "batch_size", batch_size, at_least=1)
        return self._evaluate(*self._data(x, t), batch_size)

    def _evaluate(self, x: Array, t: Array, batch_size: int) -> tuple[float, float | None]:
        loss, right = Mean(), Mean()
        x, t = to_device(x), to_device(t)
        with mode(self.network, training=False), no_grad():
            for start in range(0, len(x), batch_size):
                batch_x, batch_t = x[start : start + batch_size], t[start : start + batch_size]
                loss.add(self.network.forward(batch_x, batch_t), len(batch_x))
                y = self.network.predict(batch_x)
                if has_classes(y, batch_t):
                    right.add(accuracy(y, batch_t), len(batch_x))
        return loss.take(), right.take() if right.rows == len(x) else None

    def plot(self, ylim: tuple[float, float] | None = None, show: bool = True) -> Figure:
        """The loss against the step, with what was held out; shown where there is a display."""
        held_out = {e.step: e.held_out_loss for e in self.history if e.held_out_loss is not None}
        lines = {
            "training": (self.loss_steps, self.loss_list),
            "held out": (list(held_out), list(held_out.values())),
        }
        figure = plot.loss_curve(lines, ylim)
        if show:
            plot.show(figure)
        return figure

    # What fit needs around the loop ---------------------------------------------------------------

    def _set(
        self,
        max_epoch: int,
        batch_size: int,
        max_grad: float | None,
        eval_interval: int | None,
        schedule: Schedule | None,
        callbacks: Sequence[Callback],
        held_out: Any,
    ) -> None:
        if not self.network.params:
            raise ArgumentError("Trainer: the model has no params: there is nothing to learn")
        for i, param in enumerate(self.network.params):
            check_array(self, f"params[{i}]", param)
        check_whole(self, "max_epoch", max_epoch, at_least=0)
        check_whole(self, "batch_size", batch_size, at_least=1)
        if max_grad is not None:
            check_number(self, "max_grad", max_grad, above=0)
        if eval_interval is not None:
            check_whole(self, "eval_interval", eval_interval, at_least=1)
        if schedule is not None:
            check_callable(self, "schedule", schedule)
        check_sequence(self, "callbacks", callbacks)
        for callback in callbacks:
            check_callable(self, "a callback", callback)
            if getattr(callback, "needs_held_out", False) and held_out is None:
                raise ArgumentError(
                    "Trainer: early_stopping watches the held-out loss: give fit held_out=(x, t)"
                )
        self.batch_size, self.max_grad = batch_size, max_grad
        self.eval_interval, self.schedule = eval_interval, schedule

    def _data(self, x: Array, t: Array, who: str = "Trainer") -> _Data:
        """x and t, looked at once and on the device that is on."""
        for name, array in (("x", x), ("t", t)):
            if not hasattr(array, "dtype") or hasattr(array, "record"):
                raise DTypeError(f"{who}: {name} must be an array, got {type(array).__name__}")
            check_numbers(who, name, array)
        x, t = to_device(x), to_device(t)
        check_data(who, x, t)
        return x, t

    @contextmanager
    def _training(self, data: _Data, held_out: _Data | None) -> Iterator[None]:
        """Training mode, labels checked once, and NumPy's own warnings of NaN silenced."""
        with (
            numpy.errstate(all="ignore"),
            values_checked(self.network, [data, held_out] if held_out else [data]),
            mode(self.network, training=True),
        ):
            if held_out:
                self._evaluate(held_out[0][:1], held_out[1][:1], batch_size=1)  # does it fit?
            yield


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
