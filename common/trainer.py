"""`Trainer`: the training loop, written once; and the callbacks that come with it.

By hand it is four lines, and `ch01/train_custom_loop.py` writes them out:

    for batch_x, batch_t in ...:                      # a few rows at a time
        loss = model.forward(batch_x, batch_t)        # how wrong is the network?
        model.backward()                              # which way is less wrong?
        optimizer.update(model.params, model.grads)   # one step that way

The Trainer adds what every training needs: the rows in a new order each epoch, a report now and
then, a look at data that is held out, and an error that teaches when the loss is lost.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy

from common import config, names
from common.autograd import no_grad
from common.base import mode
from common.checkpoint import Checkpoint, read_training
from common.checks import (
    Setting,
    check_array,
    check_flag,
    check_rows,
    check_sequence,
    check_whole,
    generator,
    is_array,
)
from common.errors import (
    ArgumentError,
    CallOrderError,
    CommonError,
    NotFiniteError,
)
from common.functions import accuracy
from common.np import Array, Seed, np
from common.optimizer import Optimizer
from common.parallel import Workers, checked_workers
from common.parameters import added_up
from common.schedule import Schedule
from common.training.adapters import ByHand, OnTape, Replayed
from common.training.alike import (
    agree_on_end,
    agree_on_reached,
    begin_alike,
    check_still_alike,
    draw_apart,
)
from common.training.arguments import (
    Hooks,
    check_optimizer,
    check_settings,
    checked_data,
    hooks_of,
    on_device,
)
from common.training.description import form, of_fit
from common.training.interrupt import ctrl_c_between_steps
from common.training.lost_loss import all_finite, where_not_finite
from common.training.named import made_of
from common.training.place import Place
from common.training.report import Epoch, History, Mean, Progress
from common.training.shares import batches_of_rows, mean_of_all
from common.training.snapshot import Snapshot
from common.util import batches, clip_grads, to_device

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Attributes that end with a fit.
OF_A_FIT = ("schedule", "held_out", "callbacks", "hooks", "progress", "is_pressed", "is_stopped")


@names.translated(names.TRAINER)
class Trainer:
    """Trains a model with an optimizer.

    model: anything with `params`, `grads`, `forward(x, t)` that returns the loss, `backward()`
    and `predict(x)`. Or, with `loss=SoftmaxWithLoss()`, say, a model that is called on tensors
    and ends at its scores: a Sequential or a Module.

    seed: starts the generator that shuffles the rows.
    replay: with a loss, the step is recorded once and then replayed, see `common.autograd.replay`:
    the same numbers in less time.
    workers: those who train this model together, see `common.parallel`; each has a Trainer.

    After a fit, `loss_list` has the mean loss of every `eval_interval` steps, `history` an
    `Epoch` for each epoch. A second fit goes on where the first ended.
    """

    def __init__(
        self,
        model: Any,
        optimizer: Optimizer,
        loss: Any = None,
        seed: Seed = None,
        replay: bool = False,
        workers: Workers | None = None,
    ) -> None:
        check_flag(self, "replay", replay)
        if replay and loss is None:
            raise ArgumentError("Trainer: what is replayed is the tape: give it a loss")
        on_tape = Replayed if replay else OnTape
        self.network: Any = ByHand(model) if loss is None else on_tape(model, loss)
        self.optimizer = optimizer
        check_optimizer(optimizer)
        self.rng = generator(self, seed)
        self.workers = checked_workers(workers)
        self.step = 0  # updates done
        self.loss_list: list[float] = []
        self.loss_steps: list[int] = []  # the step at which each of loss_list was reported
        self.history = History()
        self.place: Place  # where its fit stands, once there is one
        self.checkpoints: set[Path] = set()  # files that are its own
        self.snapshot: Snapshot | None = None  # what the next fit goes on from
        self.made = made_of(self)  # in words

    @property
    def model(self) -> Any:
        """What is trained. For another model, make another Trainer."""
        return self.network.model

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
        callbacks: Sequence[Any] = (),
        verbose: bool = True,
    ) -> History:
        """Goes max_epoch times through the rows of x and t; returns the history.

        Every row is seen once an epoch: the last batch has what is left. With n workers a step
        takes n batches, of each worker one.

        max_grad: the gradients are clipped to this norm.
        eval_interval: steps from one report of the mean loss to the next; None: one, at the end.
        held_out: (x, t) that are not trained on. After each epoch their loss is taken and, where
        t names classes, the share that is right.
        schedule: a function from step to lr, see `common.schedule`. At the end lr is put back.
        callbacks: each a function of the trainer, called after each epoch, or an object with any
        of `begin(trainer)`, `after_step(trainer)`, `after_epoch(trainer)`, `end(trainer)`. One
        that returns True after an epoch ends the training, as `early_stopping` does. `end` comes
        last unless an error ended the training. A `common.checkpoint.Checkpoint` keeps the
        training in a file.

        Ctrl-C ends the training and keeps what was learned. A loss that is not finite raises
        NotFiniteError: on the CPU before the parameters change, on a GPU at the next report.

        A callback that keeps the norm of each layer's gradients:

        >>> class GradientNorms:
        ...     kept = ("norms",)  # where there is a Checkpoint
        ...     def begin(self, trainer):
        ...         self.norms = []
        ...     def after_step(self, trainer):
        ...         layers = [layer for layer in trainer.model if layer.grads]
        ...         self.norms.append([float(grad_norm(layer.grads)) for layer in layers])

        >>> from common.layers import Linear, Sequential, SoftmaxWithLoss
        >>> from common.optimizer import SGD
        >>> from common.util import grad_norm
        >>> from dataset import spiral
        >>> model, watch = Sequential(Linear(2, 4, seed=0), Linear(4, 3, seed=1)), GradientNorms()
        >>> trainer = Trainer(model, SGD(), SoftmaxWithLoss(), seed=0)
        >>> _ = trainer.fit(*spiral.load_data(), 1, callbacks=[watch], verbose=False)
        >>> len(watch.norms), len(watch.norms[0])
        (10, 2)
        """
        if "hooks" in vars(self):
            raise CallOrderError("Trainer: a fit is running already, here or in another thread")
        check_optimizer(self.optimizer)
        check_settings(max_epoch, batch_size, max_grad, eval_interval, schedule)
        check_flag(self, "verbose", verbose)
        check_sequence(self, "callbacks", callbacks)
        checkpoints = [c for c in callbacks if isinstance(c, Checkpoint)]
        callbacks = [c for c in callbacks if not isinstance(c, Checkpoint)]
        hooks = self._hooks(callbacks, checkpoints)
        x, t = checked_data("Trainer", x, t)
        if held_out is not None:
            check_sequence(self, "held_out", held_out, length=2)
            held_out = checked_data("Trainer, held_out", *held_out)
        with self.workers.one_at_a_time():  # labels are looked at with the GPU switched off
            self._check_model(x, t, held_out, batch_size)
        in_step = batch_size * self.workers.size  # rows
        in_epoch = math.ceil(len(x) / in_step)  # steps
        steps = range(self.step, self.step + max_epoch * in_epoch)
        if self.snapshot:
            steps = self.snapshot.steps
        place = Place(len(self.history), self.optimizer.lr, steps)
        if self.snapshot or checkpoints:
            numbers = in_step, max_grad, eval_interval
            place.words = of_fit(*numbers, (x, t), held_out, schedule, steps, callbacks)
        if self.snapshot:
            self.snapshot.check_fit(self, place.words, len(x))
        self.max_epoch, self.batch_size = max_epoch, batch_size
        self.max_grad, self.eval_interval = max_grad, eval_interval
        self.schedule, self.held_out, self.callbacks = schedule, held_out, callbacks
        self.place, self.epoch, self.hooks = place, len(self.history), hooks
        with self._training(max_epoch * in_epoch, verbose and self.workers.rank == 0):
            begin_alike(self, x, t)
            self._call("begin")
            if self.snapshot:
                self.progress.say(f"goes on after step {self.step}")
                self.progress.advance(self._epochs_done * in_epoch + self.place.batches)
            self.snapshot = None
            try:
                while not self.is_at_end:
                    loss = self._train_epoch(x, t)
                    if self._epochs_done == 0:
                        self.network.check_lists()  # a backward may have replaced its gradients
                        agree_on_reached(self)
                        self.network.check_reached()
                    self._end_epoch(loss)
            except KeyboardInterrupt:
                if self.workers.size > 1 and not self.is_interrupted():
                    raise  # the others do not know of it
                self.progress.say(f"interrupted after step {self.step}: what was learned stays")
            self._report()
            self._call("end")
            check_still_alike(self)  # a callback may have put back what was best
        return self.history

    def _check_model(self, x: Array, t: Array, held_out: Any, batch_size: int) -> None:
        """It has something to learn; and where its loss is known, all labels are some."""
        self.network.look()
        params, grads = self.network.lists()
        if not params:
            raise ArgumentError(
                "Trainer: the model has no params, or all are frozen: there is nothing to learn"
            )
        for name, arrays in (("params", params), ("grads", grads)):
            for i, array in enumerate(arrays):
                check_array(self, f"{name}[{i}]", array)
        self.network.check_lists()
        with numpy.errstate(all="ignore"):
            self.network.check_labels(x[:batch_size], t)
            if held_out is not None:
                try:
                    self.network.check_labels(held_out[0][:batch_size], held_out[1])
                    self._evaluate(held_out[0][:1], held_out[1][:1], batch_size=1)  # does it fit?
                except CommonError as error:
                    error.add_note("It is held_out=(x, t) that does not fit.")
                    raise

    def _hooks(self, callbacks: list[Any], checkpoints: list[Checkpoint]) -> Hooks:
        """Checkpoints come last, so that they see what the others did; rank 0 alone has them.

        Before they begin, and after the others have, what a fit goes on from is put back.
        """
        hooks = hooks_of(callbacks)
        if self.snapshot:
            hooks["begin"].append(self.snapshot.put_back_into_fit)
            hooks["begin"].append(draw_apart)
        hooks["after_epoch"].append(agree_on_end)
        for moment, last in hooks_of(checkpoints).items():
            hooks[moment] += last if self.workers.rank == 0 else []
        return hooks

    @contextmanager
    def _training(self, steps: int, verbose: bool) -> Iterator[None]:
        """Training mode, a bar, Ctrl-C between steps; a NaN is found by the Trainer's own error.

        What belongs to one fit alone ends with it: functions and data that are not the Trainer's.
        """
        self.is_stopped = False  # by Ctrl-C in one of several workers, of which all know
        try:
            with (
                numpy.errstate(all="ignore"),
                mode(self.network.parts, training=True),
                closing(Progress(steps, verbose)) as self.progress,
                ctrl_c_between_steps() as self.is_pressed,
                self.workers.ending_all_on_error(),
            ):
                yield
        finally:
            if self.schedule is not None:
                self.optimizer.lr = self.place.lr
            self.network.output = None  # the graph of a step that failed
            for name in OF_A_FIT:
                vars(self).pop(name, None)

    def __getstate__(self) -> dict[str, Any]:
        """What a copy, or a file, has: also of a Trainer that is amid a fit."""
        return {name: value for name, value in vars(self).items() if name not in OF_A_FIT}

    def _call(self, moment: str) -> None:
        """Calls what is to be called then."""
        for hook in self.hooks[moment]:
            answer = hook(self)
            if moment == "after_epoch" and isinstance(answer, bool | numpy.bool) and answer:
                self.place.is_over = True

    def is_interrupted(self) -> bool:
        """Whether Ctrl-C ends the fit after this step: of several workers, once all know of it."""
        return self.is_pressed() if self.workers.size == 1 else self.is_stopped

    @property
    def is_at_end(self) -> bool:
        """Whether the running fit has done all its epochs, or a callback has ended it."""
        return self.place.is_over or self._epochs_done >= self.max_epoch

    @property
    def _epochs_done(self) -> int:
        return len(self.history) - self.place.epochs_before

    def _train_epoch(self, x: Array, t: Array) -> float:
        """All that is left of an epoch; its loss."""
        place = self.place
        if place.order is None:
            order = self.rng.permutation(len(x))
            place.order = self.workers.first(order, "the order of an epoch")
            self.epoch = len(self.history) + 1
            self.network.begin_epoch()
            draw_apart(self)
        data = to_device(x), to_device(t)  # they may have moved
        all_batches = batches_of_rows(*data, place.order, self.batch_size, self.workers)
        for batch_x, batch_t, rows in islice(all_batches, place.batches, None):
            loss = self._train_step(batch_x, batch_t, rows)
            place.add_batch(loss, rows)
            if self.eval_interval and self.step % self.eval_interval == 0:
                self._report()
            self.progress.advance()
            self._call("after_step")
            if self.is_interrupted():
                raise KeyboardInterrupt
        place.order, place.batches = None, 0
        return place.loss.take()

    def _train_step(self, x: Array, t: Array, rows: int) -> Any:
        """One update, with these rows; of all workers, as many as `rows`. The loss of them all."""
        loss: Any = 0.0
        if len(x):  # or others alone have rows
            loss = self.network.forward(x, t)
            if not config.GPU:
                loss = self._check_finite(float(loss), x, t)
            self.network.backward()
        params, grads = added_up(self.model, *self.network.lists())
        if self.workers.size > 1:
            mine = len(x) / rows, loss, self.is_pressed()
            loss, self.is_stopped = mean_of_all(self.network, self.workers, grads, *mine)
        if self.max_grad:
            clip_grads(grads, self.max_grad)
        if self.schedule is not None:
            self.optimizer.lr = self.schedule(self.step)
        self.optimizer.update(params, grads)
        self.step += 1
        return loss

    def _check_finite(self, loss: float, x: Array, t: Array) -> float:
        if not math.isfinite(loss):
            origin = where_not_finite(self.network, x, t)
            raise NotFiniteError(
                f"Trainer: the loss is {loss} at step {self.step + 1}, and the parameters "
                f"are as before it (not what layers keep in state). {origin} Most often lr is too "
                f"large (it is {self.optimizer.lr:g}): try a tenth, or clip the gradients with "
                f"max_grad."
            )
        return loss

    def _report(self) -> None:
        """Takes the mean loss since the last report; on a GPU, this is where it is waited for."""
        if self.place.interval.rows == 0:
            return
        since = self.loss_steps[-1] + 1 if self.loss_steps else 1
        loss = self.place.interval.take()
        if not math.isfinite(loss):
            raise NotFiniteError(
                f"Trainer: the loss became {loss} in steps {since}..{self.step}. lr may be too "
                f"large, or a label or an index out of range: on a GPU that shows only so."
            )
        self.loss_list.append(loss)
        self.loss_steps.append(self.step)
        self.progress.say(f"epoch {self.epoch}, step {self.step}: loss {loss:.4f}")

    def _end_epoch(self, loss: float) -> None:
        if math.isfinite(loss):
            self.check_weights()
        check_still_alike(self)
        epoch = Epoch(self.epoch, self.step, loss, float(self.optimizer.lr), self.place.seconds)
        if self.held_out:
            held_out_loss, right = self._evaluate(*self.held_out, 1000, self.workers)
            epoch = replace(epoch, held_out_loss=held_out_loss, held_out_accuracy=right)
            share = "" if right is None else f", accuracy {right:.4f}"
            self.progress.say(f"epoch {epoch.number}, held out: loss {held_out_loss:.4f}{share}")
        self.history.append(epoch)
        self._call("after_epoch")

    def check_weights(self) -> None:
        """All that is learned or kept is finite."""
        if not all_finite(self._learned_and_kept()):
            raise NotFiniteError(
                f"Trainer: in epoch {self.epoch} a weight became NaN or infinite, or an array in "
                f"state, while the loss was finite: something overflowed. Try a tenth of lr "
                f"({self.optimizer.lr:g}), or clip the gradients with max_grad."
            )

    def _learned_and_kept(self) -> list[Array]:
        """All params, and the state of all layers."""
        state = (array for leaf in self.network.leaves for array in leaf.state)
        return [*self.network.lists()[0], *state]

    def resume(self, path: str | PathLike[str]) -> None:
        """Takes up the training that a `Checkpoint` has kept; then the same `fit(...)` goes on.

        Model, optimizer and trainer must be made by the same code as those of the training. Then
        call fit as it was called, of several the one that was running: it begins where the file
        ends, amid an epoch, say, and comes to the numbers to which it would have come. Its
        max_epoch counts from where that fit began, and may be another now; what else differs is
        refused, with an ArgumentError. What is changed between resume and fit is put back.

        A file that is damaged, or says what no Checkpoint writes, is a FileError, and nothing is
        changed: it may come from a stranger.
        """
        if "hooks" in vars(self):
            raise CallOrderError("Trainer: resume comes before fit, not within it")
        path, snapshot = read_training(path)
        snapshot.check(path, self)
        snapshot.put_back(self)
        self.checkpoints.add(path)
        self.snapshot = snapshot

    # Without training -----------------------------------------------------------------------------

    def evaluate(self, x: Array, t: Array, batch_size: int = 1000) -> tuple[float, float | None]:
        """The mean loss over all rows and, where t names classes, the share of them predicted.

        In evaluation mode; afterwards each layer is in the mode that it was in.
        """
        check_whole(self, "batch_size", batch_size, at_least=1)
        x, t = checked_data("Trainer", x, t)
        if config.GPU:  # where a wrong label raises nothing
            self.network.check_labels(x[:batch_size], t)
        return self._evaluate(x, t, batch_size)

    def _evaluate(
        self, x: Array, t: Array, batch_size: int, workers: Workers | None = None
    ) -> tuple[float, float | None]:
        """workers: who do it together, each with its part of every batch."""
        rank, size = (workers.rank, workers.size) if workers else (0, 1)
        loss, right = Mean(), Mean()
        self.network.look()
        with mode(self.network.parts, training=False), no_grad():
            try:
                for batch_x, batch_t in batches(batch_size, to_device(x), to_device(t)):
                    some_x, some_t = batch_x[rank::size], batch_t[rank::size]
                    if len(some_x) == 0:
                        continue
                    share = len(some_x) / len(batch_x)
                    one = self.network.of_all_rows(self.network.forward(some_x, some_t), share)
                    loss.add(one, len(some_x))
                    y = self.network.predict(some_x)
                    if self.network.has_classes(y, some_t):
                        right.add(accuracy(y, some_t), len(some_x))
            finally:
                self.network.output = None
        if workers:
            loss, right = loss.of_all(workers), right.of_all(workers)
        return loss.take(), right.take() if right.rows == len(x) else None

    def predict(self, x: Array, batch_size: int = 1000) -> Array:
        """What the model says to each row of x, in evaluation mode: its scores, not a class."""
        check_whole(self, "batch_size", batch_size, at_least=1)
        x = on_device("Trainer", "x", x)
        check_rows(self, "x", x)
        self.network.look()
        with mode(self.network.parts, training=False):
            return np.concatenate(
                [self.network.predict(part) for (part,) in batches(batch_size, x)]
            )

    def plot(self, ylim: tuple[float, float] | None = None, show: bool = True) -> "Figure":
        """The loss against the step, with what was held out; shown where there is a display."""
        from common import plot  # matplotlib, which takes long, only where something is drawn

        check_flag(self, "show", show)
        held_out = {e.step: e.held_out_loss for e in self.history if e.held_out_loss is not None}
        lines = {
            "training": (self.loss_steps, self.loss_list),
            "held out": (list(held_out), list(held_out.values())),
        }
        figure = plot.loss_curve(lines, ylim)
        if show and self.workers.rank == 0:
            plot.show(figure)
        return figure


class early_stopping:  # noqa: N801  used like a function: callbacks=[early_stopping(5)]
    """Ends the training once the held-out loss has had no new low for `patience` epochs.

    restore_best: at the end the parameters, and the layers' state, are those of the lowest loss;
    otherwise they stay as the last step left them.
    """

    kept = ("best",)
    patience: Any = Setting(check_whole, at_least=1)
    restore_best: Any = Setting(check_flag)

    def __init__(self, patience: int, restore_best: bool = True) -> None:
        self.patience, self.restore_best = patience, restore_best

    def begin(self, trainer: Trainer) -> None:
        """Counts anew."""
        if trainer.held_out is None:
            raise ArgumentError(
                "Trainer: early_stopping watches the held-out loss: give fit held_out=(x, t)"
            )
        self.lowest, self.waited, self.best = math.inf, 0, list[Array]()

    def after_epoch(self, trainer: Trainer) -> bool:
        """Whether it has waited long enough."""
        loss: Any = trainer.history[-1].held_out_loss
        self.waited += 1
        if loss < self.lowest:
            self.lowest, self.waited = loss, 0
            if self.restore_best:
                self.best = [array.copy() for array in trainer._learned_and_kept()]
        return self.waited >= self.patience

    def end(self, trainer: Trainer) -> None:
        """Puts back what was best, if the model still has the arrays for it."""
        arrays = trainer._learned_and_kept()
        is_ours = all(map(is_array, self.best))
        if is_ours and list(map(form, arrays)) == list(map(form, self.best)):
            for array, best in zip(arrays, self.best, strict=True):
                array[...] = to_device(best)
        elif self.best:
            trainer.progress.say("the model has other parts than at its best: it stays as it is")
        self.best = []
