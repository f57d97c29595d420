"""Hints and checks of the exercises on keeping what was learned."""

import tempfile
from contextlib import contextmanager
from pathlib import Path

import numpy

from common.checkpoint import load
from common.layers import BatchNorm, Dropout, Linear, ReLU, Sequential, SoftmaxWithLoss
from common.np import np
from common.optimizer import Adam
from common.parameters import named_arrays
from common.trainer import Trainer
from exercises.exercise import Exercise, expect, same, shown

# --------------------------------------------------------------------------------------------------

names_in_the_file = Exercise(
    "predict",
    hints=(
        "A name tells the place of the array in the model. Look at the names that the page "
        "prints, and at the layers of its model. What is missing in the file?",
        "Layers are counted from 0, and every layer is counted. A ReLU has a place, and no array.",
        "So the Linear layers stand at the even places. Each has two arrays, in the order in "
        "which its formula x W + b has them.",
    ),
)


@names_in_the_file.check("the names of a single Linear")
def _(answer):
    said = answer(1)
    expect(isinstance(said, list | tuple), f"A list of strings is wanted, not {shown(said)}.")
    expect(len(said) == 2, f"A Linear learns two arrays; you name {len(said)}.")
    _check_names(said, 1)


@names_in_the_file.check("the names of several, with a ReLU between each two")
def _(answer):
    for count in (2, 3, 5):
        _check_names(answer(count), count)


def _check_names(said, count):
    said, right = list(said), list(named_arrays(_layers(count)))
    expect(
        all(isinstance(name, str) for name in said),
        f"Each name is a string, not as in {shown(said)}.",
    )
    expect(
        all(name.startswith("layers.") for name in said),
        f"A name begins with where the layers stand in the model. You have {said[:2]}.",
    )
    places = {name.split(".")[1] for name in said}
    expect(
        places != set(map(str, range(count))) or count == 1,
        "As if the Linear layers stood side by side. A ReLU between two of them has a place, too.",
    )
    expect(
        len(said) <= len(right),
        f"{count} Linear layers have {len(right)} arrays, and you name {len(said)}. What does a "
        f"ReLU learn?",
    )
    expect(
        sorted(said) != sorted(right) or said == right,
        f"The names are right, and the order is another: layer by layer. You have {said[:4]}.",
    )
    expect(
        len(said) == len(right),
        f"With count = {count} there are {len(right)} arrays, and you name {len(said)}.",
    )
    for place, (name, right_name) in enumerate(zip(said, right, strict=True)):
        expect(
            name == right_name,
            f"With count = {count}, the name at place {place} of the list is not {name!r}.",
        )


def _layers(count):
    layers = [Linear(2, 2, seed=0)]
    for _ in range(count - 1):
        layers += [ReLU(), Linear(2, 2, seed=0)]
    return Sequential(*layers)


# --------------------------------------------------------------------------------------------------

go_on = Exercise(
    "mend",
    hints=(
        "What does a training have, beside its weights, that a new trainer begins anew? The page "
        "names three things under Interrupt.",
        "`save` keeps the model alone. What keeps the whole training is given to fit, and what "
        "takes it up belongs to the trainer.",
        "In the place of load, trainer.resume; in the place of save, a Checkpoint among the "
        "callbacks of fit. The same fit then does what is left.",
    ),
)


@go_on.check("a training in one go")
def _(go_on):
    with _folder() as folder:
        trainer = _trainer()
        go_on(trainer, *_data(), 2, folder / "run.safetensors")
        expect(
            trainer.step == 6,
            f"In two epochs of 15 rows go_on does {trainer.step} steps. In batches of 5 there are "
            f"6.",
        )
        expect((folder / "run.safetensors").exists(), "go_on leaves no file at path to go on from.")


@go_on.check("the second part does the epochs that are left")
def _(go_on):
    for parts in ((1, 4), (2, 3)):
        with _folder() as folder:
            *_, trainer = _train_in_parts(go_on, parts, folder)
            own, left = trainer.step // 3 - trainer.epochs_before, parts[1] - parts[0]
            expect(
                own or left < 3,
                f"go_on trains for no epoch in the second part, where {left} are left. Is fit "
                f"called in both parts?",
            )
            expect(
                trainer.epochs_before or own != parts[1],
                f"go_on trains for {own} epochs in the second part, where {left} are left: the new "
                f"trainer knows nothing of those that were done.",
            )
            expect(
                own == left,
                f"go_on trains for {own} epochs in the second part, where {left} are left. "
                f"max_epoch counts from the beginning of the first part, in fit as well.",
            )


@go_on.check("the weights are those of one training, bit for bit")
def _(go_on):
    for parts in ((2, 5), (1, 2, 4)):
        whole = _trainer()
        whole.fit(*_data(), parts[-1], 5, verbose=False)
        with _folder() as folder:
            *_, trainer = _train_in_parts(go_on, parts, folder)
        ours, theirs = named_arrays(trainer.model), named_arrays(whole.model)
        differing = [name for name in theirs if not (ours[name] == theirs[name]).all()]
        expect(
            not differing,
            f"go_on comes to other numbers in {', '.join(differing)} than one training without a "
            f"stop. Something that the training remembers was lost between its parts.",
        )


def _train_in_parts(go_on, parts, folder):
    for max_epoch in parts:
        trainer = _trainer()
        go_on(trainer, *_data(), max_epoch, folder / "run.safetensors")
        yield trainer


class _Resuming(Trainer):
    """A trainer that knows how many epochs of three steps there were before its own."""

    epochs_before = 0

    def resume(self, path):
        super().resume(path)
        self.epochs_before = self.step // 3


_Resuming.__name__ = Trainer.__name__  # in errors that an answer meets


def _trainer():
    rng = numpy.random.default_rng(1)
    model = Sequential(
        Linear(2, 4, rng), BatchNorm(4), ReLU(), Dropout(0.2, seed=rng), Linear(4, 3, rng)
    )
    return _Resuming(model, Adam(lr=0.02), loss=SoftmaxWithLoss(), seed=rng)


def _data():
    rng = numpy.random.default_rng(2)
    return np.asarray(rng.normal(size=(15, 2)), "float32"), np.asarray(rng.integers(3, size=15))


# --------------------------------------------------------------------------------------------------

Keeper = Exercise(
    "write",
    hints=(
        "When is the network of this epoch the best so far? Which numbers must be compared?",
        "Make a list of the held_out_loss of every entry of trainer.history. Its last number "
        "belongs to this epoch.",
        "After the first epoch there is nothing to compare with: save. Later, save if the last "
        "loss is below the smallest of those before.",
    ),
)


@Keeper.check("after the first epoch there is a file")
def _(Keeper):
    with _folder() as folder:
        kept = _kept(Keeper, [0.5], folder)
        expect(kept == 1, "After the first epoch the file does not have the model as it is then.")


@Keeper.check("while the loss falls, the file has the last network")
def _(Keeper):
    with _folder() as folder:
        kept = _kept(Keeper, [0.5, 0.4, 0.2], folder)
        expect(
            kept == 3,
            f"With held-out losses of 0.5, 0.4 and 0.2 the file has the network of epoch {kept}.",
        )


@Keeper.check("the file has the network with the lowest loss")
def _(Keeper):
    for losses in ([0.5, 0.3, 0.4], [0.9, 0.6, 0.7, 0.65, 0.8], [0.8, 0.9, 0.7, 0.7, 1.2]):
        with _folder() as folder:
            kept, best = _kept(Keeper, losses, folder), losses.index(min(losses)) + 1
        expect(
            kept != len(losses),
            f"With held-out losses of {losses} the file has the last network. Only one that is "
            f"better than all before is to be saved.",
        )
        expect(
            losses[kept - 1] != min(losses) or kept == best,
            f"With held-out losses of {losses} the file has the network of epoch {kept}. Its loss "
            f"equals that of epoch {best}, and is not lower.",
        )
        expect(
            kept == best,
            f"With held-out losses of {losses} the file has the network of epoch {kept}, and the "
            f"lowest loss is that of epoch {best}.",
        )


@Keeper.check("two of them keep two files, and a Trainer takes them")
def _(Keeper):
    x, t = _data()
    with _folder() as folder:
        paths = [folder / f"{i}.safetensors" for i in range(2)]
        trainer = _trainer()
        trainer.fit(
            x, t, 3, 5, held_out=(x, t), callbacks=[*map(Keeper, paths)], verbose=False
        )  # fmt: skip
        best = min(epoch.held_out_loss for epoch in trainer.history)
        for path in paths:
            expect(path.exists(), "A Trainer calls it after each epoch, and there is no file.")
            load(trainer.model, path)
            expect(
                same(trainer.evaluate(x, t)[0], best),
                "The network in the file does not have the lowest held-out loss of the training.",
            )


class _Training:
    """What a callback sees of a trainer: a network whose weights are the number of the epoch."""

    fit = None  # what has it is no model

    def __init__(self):
        self.model, self.history, self.epoch = Linear(2, 2, seed=0), [], 0

    def epoch_ends(self, held_out_loss):
        self.epoch += 1
        for param in self.model.params:
            param[...] = self.epoch
        loss = 1 / self.epoch  # the training loss falls in any case
        self.history.append(_Epoch(self.epoch, loss, held_out_loss))


class _Epoch:
    def __init__(self, number, loss, held_out_loss):
        self.number, self.loss, self.held_out_loss = number, loss, held_out_loss


_Training.__name__, _Epoch.__name__ = "Trainer of this check", "Epoch of this check"


def _kept(Keeper, losses, folder):
    """The epoch whose network is in the file after a training with these held-out losses."""
    path, trainer = folder / "best.safetensors", _Training()
    callback = Keeper(path)
    if hasattr(callback, "begin"):
        callback.begin(trainer)
    for loss in losses:
        trainer.epoch_ends(loss)
        callback.after_epoch(trainer)
    expect(path.exists(), f"With held-out losses of {losses} there is no file at path.")
    return int(load(Linear(2, 2, seed=1), path).params[0][0, 0])


@contextmanager
def _folder():
    """A folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
