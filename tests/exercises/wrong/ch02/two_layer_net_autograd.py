from common.autograd import Tensor, no_grad
from common.np import np
from tests.exercises.wrong import wrong


@wrong("slope_of_clamp", "That is y itself")
def clamped(x, low):
    return np.maximum(x, low)


@wrong("slope_of_clamp", "differs from a ReLU")
def as_relu(x, low):
    return (x > low) * 1.0


@wrong("slope_of_clamp", "Is low used?")
def at_zero(x, low):
    return (x >= 0) * 1.0


@wrong("slope_of_clamp", "not a tensor")
def clamped_tensor(x, low):
    return Tensor(x, requires_grad=True).clamp(min=low)


@wrong("slope_of_clamp", "is wanted, not 1.0")
def one_number(x, low):
    return 1.0


def tensors(*arrays):
    return [Tensor(array, requires_grad=True) for array in arrays]


@wrong("gradients", "without its ReLUs")
def without_relus(x, y, w1, w2, w3):
    w1, w2, w3 = tensors(w1, w2, w3)
    ((Tensor(x) @ w1 @ w2 @ w3 - y) ** 2).sum().backward()
    return [w1.grad, w2.grad, w3.grad]


@wrong("gradients", "gradients of the mean")
def of_the_mean(x, y, w1, w2, w3):
    w1, w2, w3 = tensors(w1, w2, w3)
    y_pred = ((Tensor(x) @ w1).relu() @ w2).relu() @ w3
    ((y_pred - y) ** 2).mean().backward()
    return [w1.grad, w2.grad, w3.grad]


@wrong("gradients", "Does its tensor require one?")
def nobody_asks(x, y, w1, w2, w3):
    (w1, w2), w3 = tensors(w1, w2), Tensor(w3)
    ((((Tensor(x) @ w1).relu() @ w2).relu() @ w3 - y) ** 2).sum().backward()
    return [w1.grad, w2.grad, w3.grad]


@wrong("gradients", "Is the loss the one")
def another_loss(x, y, w1, w2, w3):
    w1, w2, w3 = tensors(w1, w2, w3)
    ((((Tensor(x) @ w1).relu() @ w2).relu() @ w3 + y) ** 2).sum().backward()
    return [w1.grad, w2.grad, w3.grad]


@wrong("train", "Does each step begin with nothing")
def clears_neither(x, y, w1, w2, lr, steps):
    losses = []
    for _ in range(steps):
        loss = (((x @ w1).clamp(min=0) @ w2 - y) ** 2).sum()
        losses.append(loss.item())
        loss.backward()
        with no_grad():
            w1 -= lr * w1.grad
            w2 -= lr * w2.grad
    return losses


@wrong("train", "Does each step begin with nothing")
def clears_once(x, y, w1, w2, lr, steps):
    w1.grad = w2.grad = None
    return clears_neither.answer(x, y, w1, w2, lr, steps)


@wrong("train", "Tensors stand in the list")
def keeps_tensors(x, y, w1, w2, lr, steps):
    losses = []
    for _ in range(steps):
        losses.append((((x @ w1).clamp(min=0) @ w2 - y) ** 2).sum())
        losses[-1].backward()
        with no_grad():
            w1 -= lr * w1.grad
            w2 -= lr * w2.grad
        w1.grad = w2.grad = None
    return losses


@wrong("train", "TypeError")
def clears_too_early(x, y, w1, w2, lr, steps):
    losses = []
    for _ in range(steps):
        loss = (((x @ w1).clamp(min=0) @ w2 - y) ** 2).sum()
        losses.append(loss.item())
        loss.backward()
        w1.grad = w2.grad = None
        with no_grad():
            w1 -= lr * w1.grad
            w2 -= lr * w2.grad
    return losses


@wrong("train", "a new tensor took its place")
def makes_new_ones(x, y, w1, w2, lr, steps):
    losses = []
    for _ in range(steps):
        loss = (((x @ w1).clamp(min=0) @ w2 - y) ** 2).sum()
        losses.append(loss.item())
        loss.backward()
        w1, w2 = tensors(w1.data - lr * w1.grad, w2.data - lr * w2.grad)
    return losses
