import math

from common.np import np
from common.optimizer import SGD
from tests.exercises.right import right


@right("three_shapes")
def in_a_list_of_numpys_whole_numbers(n, k, m):
    n = np.int64(n)
    return [(n, k), (k, m), (n, m)]


@right("train")
def by_the_optimizer(model, loss_fn, xx, y, lr, steps):
    optimizer, losses = SGD(lr), []
    while len(losses) < steps:
        model.zero_grads()
        loss = loss_fn(model(xx), y)
        loss.backward()
        optimizer.update(model.params, model.grads)
        losses.append(loss.item())
    return losses


@right("train")
def by_place(model, loss_fn, xx, y, lr, steps):
    losses = np.zeros(steps)
    for step in range(steps):
        loss = loss_fn(model(xx), y)
        loss.backward()
        for i in range(len(model.params)):
            model.params[i][...] = model.params[i] - lr * model.grads[i]
            model.grads[i][...] = 0
        losses[step] = float(loss.data)
    return list(losses)


@right("table_of_waves")
def column_by_column(x, k):
    table = np.empty((len(x), k), dtype=x.dtype)
    for wave in range(1, k + 1):
        table[:, wave - 1] = np.sin(wave * x)
    return table


@right("table_of_waves")
def number_by_number(x, k):
    return np.array([[math.sin(wave * p) for wave in range(1, k + 1)] for p in x], x.dtype)
