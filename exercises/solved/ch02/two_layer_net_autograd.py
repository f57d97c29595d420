"""Exercises on the older edition, with autograd.

To check them: python -m exercises check ch02.two_layer_net_autograd
"""

from common.autograd import Tensor, no_grad
from common.np import np


def slope_of_clamp(x, low):
    """Predict: the gradient that y.sum().backward() leaves at x, where y = x.clamp(min=low).

    x: an array of any shape; some of its elements may be equal to low. Return an array of the shape
    of x, without asking the tape.
    """
    # --- solution
    return np.where(x >= low, 1.0, 0.0)
    # --- end


def gradients(x, y, w1, w2, w3):
    """Write: the gradients of a network of three layers, dL/dw1, dL/dw2 and dL/dw3, as a list.

    L = Σ (max(max(x w1, 0) w2, 0) w3 - y)². All five are given as plain arrays, and what is
    returned are three plain arrays. Let the tape find them.
    """
    # --- solution
    weights = [Tensor(w, requires_grad=True) for w in (w1, w2, w3)]
    h = (Tensor(x) @ weights[0]).clamp(min=0)
    y_pred = (h @ weights[1]).clamp(min=0) @ weights[2]
    ((y_pred - y) ** 2).sum().backward()
    return [w.grad for w in weights]
    # --- end


def train(x, y, w1, w2, lr, steps):
    """Mend: trains max(x w1, 0) w2 on the sum of the squared errors; returns the list of losses.

    x, y: tensors. w1, w2: tensors that require a gradient, and are changed in place. The first two
    losses are right. Those after them are not what plain descent comes to.
    """
    losses = []
    for _ in range(steps):
        loss = (((x @ w1).clamp(min=0) @ w2 - y) ** 2).sum()
        losses.append(loss.item())
        loss.backward()
        with no_grad():
            w1 -= lr * w1.grad
            w2 -= lr * w2.grad
        # --- solution
        for w in (w1, w2):
            w.grad = None
        # --- given
        # w1.grad = None
        # --- end
    return losses
