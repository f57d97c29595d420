"""Exercises on keeping what was learned.

To check them: python -m exercises check ch01.keep_what_was_learned
"""

from common import checkpoint


def names_in_the_file(count):
    """Predict: by which names does checkpoint.save keep the arrays of this model?

    It is a Sequential of `count` Linear layers with a ReLU between each two, as for count = 2
    Sequential(Linear(2, 30), ReLU(), Linear(30, 3)). Return a list of strings, in the order in
    which the page prints those of its own model.
    """
    # --- solution
    return [f"layers.{2 * i}.{name}" for i in range(count) for name in ("W", "b")]
    # --- end


def go_on(trainer, x, t, max_epoch, path):
    """Mend: a training in parts. It runs, but its weights are not those of a training in one go.

    Today go_on(trainer, x, t, 2, path) trains for two epochs. Tomorrow there is a new trainer,
    made by the same code, and go_on(trainer, x, t, 5, path) is to train for the three epochs that
    are left, up to the weights of five in one go, bit for bit. path: a Path; today there is no
    file yet. Keep the batches of 5.
    """
    # --- solution
    if path.exists():
        trainer.resume(path)
    every_epoch = checkpoint.Checkpoint(path)
    trainer.fit(x, t, max_epoch, 5, callbacks=[every_epoch], verbose=False)
    # --- given
    # if path.exists():
    #     checkpoint.load(trainer.model, path)
    # trainer.fit(x, t, max_epoch, 5, verbose=False)
    # checkpoint.save(trainer.model, path)
    # --- end


class Keeper:
    """Write: a callback that keeps the best network of a training in the file at `path`.

    fit calls after_epoch(trainer) after each epoch. trainer.history is a list with one entry for
    each epoch, the last one for the epoch that has ended; its `held_out_loss` is the loss on the
    held-out rows. After the first epoch, and whenever that is lower than in all epochs before,
    save trainer.model.
    """

    def __init__(self, path):
        self.path = path

    def after_epoch(self, trainer):
        # --- solution
        *before, last = [epoch.held_out_loss for epoch in trainer.history]
        if not before or last < min(before):
            checkpoint.save(trainer.model, self.path)
        # --- end
