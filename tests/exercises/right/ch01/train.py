from common.np import np
from tests.exercises.right import right


@right("reported")
def means_of_rows(losses, eval_interval):
    return list(np.array(losses).reshape(-1, eval_interval).mean(axis=1))


@right("reported")
def added_up(losses, eval_interval):
    means, total = [], 0.0
    for step, loss in enumerate(losses, 1):
        total += loss
        if step % eval_interval == 0:
            means.append(total / eval_interval)
            total = 0.0
    return means


@right("straight_down")
class Line:
    def __init__(self, lr, steps):
        self.lr, self.steps = lr, steps

    def __call__(self, step):
        return self.lr - self.lr * min(step, self.steps) / self.steps


@right("straight_down")
def between_two_points(lr, steps):
    def rate(step):
        return np.interp(step, [0, steps], [lr, 0])

    return rate


class Callback:
    def __init__(self, patience):
        self.patience = patience


@right("Patience")
class SinceTheLowest(Callback):
    def begin(self, trainer):
        self.losses = []

    def after_epoch(self, trainer):
        self.losses.append(trainer.history[-1].loss)
        return len(self.losses) - 1 - np.argmin(self.losses) >= self.patience


@right("Patience")
class CountsDown(Callback):
    def begin(self, trainer):
        self.best, self.left = None, self.patience

    def after_epoch(self, trainer):
        loss = trainer.history[-1].loss
        if self.best is None or loss < self.best:
            self.best, self.left = loss, self.patience
            return None
        self.left -= 1
        return self.left == 0
