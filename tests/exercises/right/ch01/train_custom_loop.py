import math

from common.np import np
from tests.exercises.right import right


@right("steps_in_all")
def rounded_up(rows, batch_size, epochs):
    return np.ceil(rows / batch_size) * epochs


@right("one_epoch")
def by_row_numbers(model, optimizer, x, t, batch_size, rng):
    order = np.arange(len(x))
    rng.shuffle(order)
    for rows in np.split(order, range(batch_size, len(x), batch_size)):
        model.forward(x[rows], t[rows])
        model.backward()
        optimizer.update(model.params, model.grads)


@right("one_epoch")
def side_by_side(model, optimizer, x, t, batch_size, rng):
    both = rng.permutation(np.hstack([x, t]))
    for i in range(math.ceil(len(x) / batch_size)):
        batch = both[i * batch_size : (i + 1) * batch_size]
        model.forward(batch[:, : x.shape[1]], batch[:, x.shape[1] :])
        model.backward()
        optimizer.update(model.params, model.grads)


@right("step_in_halves")
def added_up(model, optimizer, x, t):
    total = [0] * len(model.params)
    for half in zip(np.split(x, 2), np.split(t, 2), strict=True):
        model.forward(*half)
        model.backward()
        total = [g + grad / 2 for g, grad in zip(total, model.grads, strict=True)]
    optimizer.update(model.params, total)


@right("step_in_halves")
def within_its_grads(model, optimizer, x, t):
    first = slice(len(x) // 2)
    model.forward(x[first], t[first])
    model.backward()
    kept = [np.array(grad) for grad in model.grads]
    model.forward(x[first.stop :], t[first.stop :])
    model.backward()
    for grad, other in zip(model.grads, kept, strict=True):
        grad += other
        grad *= 0.5
    optimizer.update(model.params, model.grads)
