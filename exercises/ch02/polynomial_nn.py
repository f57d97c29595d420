"""Exercises on layers instead of formulas.

To check them: python -m exercises check ch02.polynomial_nn
"""

from common.np import np


def three_shapes(n, k, m):
    """Predict: the shapes of xx, of W and of y_pred.

    x has shape (n,), and p has shape (k,). The lines are xx = x[:, None] ** p,
    layer = Linear(k, m) and y_pred = layer(Tensor(xx)); W is the first of layer.params. Return
    the three shapes as tuples, in this order.
    """
    raise NotImplementedError("three_shapes is to be written")


def train(model, loss_fn, xx, y, lr, steps):
    """Mend: trains a model of layers by gradient descent; returns the loss of each step, in a list.

    model: a Sequential. loss_fn: MSELoss, or another loss. xx: a tensor, y: an array. It runs, but
    the model does not learn: the loss is the same in every step.
    """
    losses = []
    for _ in range(steps):
        loss = loss_fn(model(xx), y)
        losses.append(loss.item())
        model.zero_grads()
        loss.backward()
        for param, grad in zip(model.params, model.grads, strict=True):
            param = param - lr * grad
    return losses


def table_of_waves(x, k):
    """Write: the table of sin(x), sin(2 x), …, sin(k x), from which a Linear(k, 1) can mix a sound.

    x: (N,), in float32 or float64. k: a whole number, 1 or more. Return an array of shape (N, k),
    a row for each x and a column for each wave, in the dtype of x.
    """
    raise NotImplementedError("table_of_waves is to be written")
