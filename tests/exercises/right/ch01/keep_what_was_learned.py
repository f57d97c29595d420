from contextlib import suppress

from common import checkpoint
from common.layers import Linear, ReLU, Sequential
from common.np import np
from common.parameters import named_arrays
from tests.exercises.right import right


@right("names_in_the_file")
def of_such_a_model(count):
    layers = [layer for _ in range(count) for layer in (Linear(2, 2), ReLU())]
    return list(named_arrays(Sequential(*layers[:-1])))


@right("go_on")
def tries_to_resume(trainer, x, t, max_epoch, path):
    with suppress(FileNotFoundError):  # today
        trainer.resume(path)
    each = checkpoint.Checkpoint(str(path), every=1)
    trainer.fit(x, t, max_epoch=max_epoch, batch_size=5, callbacks=[each], verbose=False)


@right("Keeper")
class RemembersTheBest:
    def __init__(self, path):
        self.file, self.best = str(path), float("inf")

    def after_epoch(self, trainer):
        loss = trainer.history[-1].held_out_loss
        if loss < self.best:
            self.best = loss
            checkpoint.save(trainer.model, self.file)


@right("Keeper")
class TheLastIsTheFirstLowest:
    def __init__(self, path):
        self.path = path

    def after_epoch(self, trainer):
        losses = [epoch.held_out_loss for epoch in trainer.history]
        if np.argmin(losses) == len(losses) - 1:
            checkpoint.save(trainer.model, self.path)
