"""Exercises on 1.4.3, the Trainer. To check them: python -m exercises check ch01.train"""


def reported(losses, eval_interval):
    """Predict: a fit reports now and then. Which numbers does its trainer.loss_list have?

    losses: a list with the loss of each step, all of them on batches of equally many rows.
    eval_interval: as given to fit; len(losses) is a multiple of it. Return a list of floats.
    """
    raise NotImplementedError("reported is to be written")


def straight_down(lr, steps):
    """Write: a learning rate that falls. fit(..., schedule=f) sets it to f(step) before each step.

    Return such an f, a function of the step, which counts 0, 1, 2, …: f(0) is lr; from there the
    rate falls along a straight line to 0, which it has at step number `steps` and ever after.
    """
    raise NotImplementedError("straight_down is to be written")


class Patience:
    """Write: a callback that ends a training in which nothing gets better any more.

    fit calls begin(trainer) before its first epoch, and after_epoch(trainer) after each; where
    that returns True, the training ends. trainer.history[-1].loss is the loss of the epoch that
    has ended. Once `patience` epochs in a row have brought no loss below the lowest one
    before, return True. A second fit with the same callback counts anew.
    """

    def __init__(self, patience):
        self.patience = patience

    def begin(self, trainer):
        raise NotImplementedError("Patience.begin is to be written")

    def after_epoch(self, trainer):
        raise NotImplementedError("Patience.after_epoch is to be written")
