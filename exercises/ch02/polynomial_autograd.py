"""Exercises on gradients without deriving them.

To check them: python -m exercises check ch02.polynomial_autograd
"""

from common.autograd import Tensor, no_grad


def number_in_grad(w, times, cleared):
    """Predict: what number is in w.grad after several backwards? Return it.

    w is a tensor that requires a gradient, and holds one number. `loss = w * w` and then
    `loss.backward()` run, `times` times in all; if cleared is true, each time with `w.grad = None`
    before them. Nothing changes w. (To this function, w comes as a plain number.)
    """
    raise NotImplementedError("number_in_grad is to be written")


def slopes(f, x):
    """Write: the gradient of f at x, found by the tape.

    x: an array of floats, of any shape. f: a function that takes a tensor of this shape and
    returns a tensor with one number in it. Return df/dx, an array of the shape of x. Call f once.
    """
    raise NotImplementedError("slopes is to be written")


def lowest(f, start, lr, steps):
    """Mend: descends on f from `start`, and returns where the loss was the smallest on the way.

    f: takes a tensor with one number in it, and returns the loss there. f is asked `steps` times,
    first at the start. The steps are right, but what comes back, a float, is always the place
    after the last step.
    """
    a = Tensor(start, requires_grad=True)
    best, least = start, float("inf")
    for _ in range(steps):
        loss = f(a)
        if loss.item() < least:
            best, least = a, loss.item()
        loss.backward()
        with no_grad():
            a -= lr * a.grad
        a.grad = None
    return float(best)
