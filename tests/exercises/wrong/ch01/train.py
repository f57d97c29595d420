from itertools import accumulate

from common.np import np
from tests.exercises.wrong import wrong


@wrong("reported", "One batch says little")
def of_one_step(losses, eval_interval):
    return losses[eval_interval - 1 :: eval_interval]


@wrong("reported", "A report begins where the last one ended")
def since_the_start(losses, eval_interval):
    means = [total / (i + 1) for i, total in enumerate(accumulate(losses))]
    return means[eval_interval - 1 :: eval_interval]


@wrong("reported", "sums of losses")
def sums(losses, eval_interval):
    return [sum(losses[i : i + eval_interval]) for i in range(0, len(losses), eval_interval)]


@wrong("reported", "the number of reports on 6 steps is not 5")
def running(losses, eval_interval):
    return list(np.convolve(losses, np.full(eval_interval, 1 / eval_interval), "valid"))


@wrong("reported", "a Trainer has other numbers")
def medians(losses, eval_interval):
    pieces = np.array(losses).reshape(-1, eval_interval)
    return np.median(pieces, axis=1).tolist() if eval_interval == 3 else pieces.mean(axis=1)


@wrong("straight_down", "A function of the step is wanted")
def a_number(lr, steps):
    return lr / steps


@wrong("straight_down", "below 0")
def not_held(lr, steps):
    return lambda step: lr * (1 - step / steps)


@wrong("straight_down", "With 10 steps it is no longer above 0 at step 9")
def early(lr, steps):
    return lambda step: lr * max(1 - step / (steps - 1), 0)


@wrong("straight_down", "no longer above 0 at step 1")
def by_the_step_itself(lr, steps):
    return lambda step: lr - step


@wrong("straight_down", "begins there, with one of 0.1 at 0.9")
def taken_from_one(lr, steps):
    return lambda step: (1 - lr) * max(1 - step / steps, 0)


@wrong("straight_down", "is given the step")
def takes_nothing(lr, steps):
    return lambda: lr


@wrong("straight_down", "the rate at step 0 is -0.5")
def negative(lr, steps):
    return lambda step: -lr * max(1 - step / steps, 0)


@wrong("straight_down", "No straight line")
def halves(lr, steps):
    return lambda step: lr * 0.5**step


@wrong("straight_down", "not how often it was called")
def lowered(lr, steps):
    rate = lr + lr / steps

    def schedule(step):
        nonlocal rate
        rate = max(rate - lr / steps, 0)
        return rate

    return schedule


class Counting:
    def __init__(self, patience):
        self.patience = patience

    def begin(self, trainer):
        self.lowest, self.waited = float("inf"), 0


@wrong("Patience", "no two epochs in a row")
class InAll(Counting):
    def after_epoch(self, trainer):
        loss = trainer.history[-1].loss
        self.waited += loss >= self.lowest
        self.lowest = min(loss, self.lowest)
        return bool(self.waited >= self.patience)


@wrong("Patience", "no two epochs in a row")
class FromSomeEpochsBefore(Counting):
    def after_epoch(self, trainer):
        losses = [epoch.loss for epoch in trainer.history]
        return len(losses) > self.patience and losses[-1] >= losses[-1 - self.patience]


@wrong("Patience", "not with the epoch before")
class FromTheEpochBefore(Counting):
    def after_epoch(self, trainer):
        loss = trainer.history[-1].loss
        self.waited = 0 if loss < self.lowest else self.waited + 1
        self.lowest = loss
        return self.waited >= self.patience


@wrong("Patience", "Does after_epoch return True?")
class SaysNothing(Counting):
    def after_epoch(self, trainer):
        loss = trainer.history[-1].loss
        self.waited = 0 if loss < self.lowest else self.waited + 1
        self.lowest = min(loss, self.lowest)


@wrong("Patience", "is set in begin")
class FromTheFirstFit(Counting):
    def __init__(self, patience):
        super().__init__(patience)
        super().begin(None)

    def begin(self, trainer):
        pass

    def after_epoch(self, trainer):
        loss = trainer.history[-1].loss
        self.waited = 0 if loss < self.lowest else self.waited + 1
        self.lowest = min(loss, self.lowest)
        return self.waited >= self.patience
