import numpy

from common.layers import Linear, SoftmaxWithLoss
from common.np import np
from common.optimizer import SGD
from common.parallel import in_threads
from common.trainer import Trainer
from tests.exercises.right import right


class Notes:
    """A model that notes how many rows it has in each step."""

    def __init__(self):
        self.model, self.loss = Linear(1, 2, seed=0), SoftmaxWithLoss()
        self.params, self.grads = self.model.params, self.model.grads

    def begin(self, trainer):
        self.had, self.rows = 0, []

    def forward(self, x, t):
        self.had = len(x)
        return self.loss.forward(self.predict(x), t)

    def backward(self):
        self.model.backward(self.loss.backward())

    def predict(self, x):
        return self.model.forward(x)

    def after_step(self, trainer):
        self.rows.append(self.had)
        self.had = 0


@right("rows_in_last_step")
def as_the_trainer_has_it(rows, size, batch_size):
    x, t = np.ones((rows, 1), "float32"), np.zeros(rows, "int64")

    def work(workers):
        notes = Notes()
        trainer = Trainer(notes, SGD(), seed=0, workers=workers)
        trainer.fit(x, t, 1, batch_size, callbacks=[notes], verbose=False)
        return notes.rows[-1]

    return in_threads(size, work)


@right("rows_in_last_step")
def by_dealing(rows, size, batch_size):
    hands = [list(range(rank, rows, size)) for rank in range(size)]
    while len(hands[0]) > batch_size:
        hands = [hand[batch_size:] for hand in hands]
    return tuple(len(hand) for hand in hands)


@right("rows_in_last_step")
def of_the_last_order(rows, size, batch_size):
    left = numpy.arange(rows)[(rows - 1) // (size * batch_size) * size * batch_size :]
    return [left[rank::size].size for rank in range(size)]


@right("average")
def scales_its_own(workers, grads, rows):
    total = sum(workers.gather(rows))
    for g in grads:
        g *= workers.size * rows / total
    workers.mean(grads)


@right("average")
def gathers_all(workers, grads, rows):
    everything = workers.gather((rows, [g.copy() for g in grads]))
    total = sum(own for own, _ in everything)
    for i, g in enumerate(grads):
        g[...] = sum(own / total * theirs[i] for own, theirs in everything)


@right("average")
def counts_by_a_mean(workers, grads, rows):
    count = np.array([float(rows)])
    workers.mean([count])
    workers.mean(grads, share=rows / (workers.size * count[0]))


@right("epoch_together")
def gathers(workers, model, optimizer, x, t, batch_size, rng):
    order, params = workers.gather((rng.permutation(len(x)), [p.copy() for p in model.params]))[0]
    for param, first in zip(model.params, params, strict=True):
        param[...] = first
    for start in range(workers.rank * batch_size, len(x), workers.size * batch_size):
        rows = order[start : start + batch_size]
        model.forward(x[rows], t[rows])
        model.backward()
        workers.mean(model.grads, 1 / workers.size)
        optimizer.update(model.params, model.grads)


@right("epoch_together")
def rows_put_in_order(workers, model, optimizer, x, t, batch_size, rng):
    workers.broadcast(model.params)
    order = workers.first(rng.permutation(len(x)) if workers.rank == 0 else None)
    x, t = x[order][workers.rank :: workers.size], t[order][workers.rank :: workers.size]
    while len(x):
        model.forward(x[:batch_size], t[:batch_size])
        model.backward()
        workers.mean(model.grads)
        optimizer.update(model.params, model.grads)
        x, t = x[batch_size:], t[batch_size:]
