"""`python -m common parity`: one training step, written five ways, and how far they are apart.

The network is the one of chapter 1: Affine, sigmoid, Affine, and softmax with cross-entropy as the
loss. Each of the five functions below trains it from the same weights on the same data, and hands
out what each step came to: the loss, the gradients, and the weights after the update. Read them one
under the other. From one to the next a little more is done for you, and the numbers stay.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy

from common.autograd import Tensor, replay
from common.commands.table import table
from common.layers import Affine, Sequential, Sigmoid, SoftmaxWithLoss
from common.np import Array, np
from common.optimizer import SGD
from dataset import spiral

LEARNING_RATE = 1.0
TOLERANCES = {"float64": 1e-10, "float32": 1e-3}  # the rounding of many steps; a mistake is larger

Weights = Sequence[Array]  # W1 (2, 10), b1 (10,), W2 (10, 3), b2 (3,)


class Step(NamedTuple):
    """What one step came to."""

    loss: float
    gradients: list[Array]
    weights: list[Array]


# The five -----------------------------------------------------------------------------------------


def in_plain_numpy(start: Weights, x: Array, t: Array, steps: int) -> Iterator[Step]:
    """Every formula is written out, and so is its derivative."""
    W1, b1, W2, b2 = start
    for _ in range(steps):
        z = 1 / (1 + np.exp(-(x @ W1 + b1)))
        scores = z @ W2 + b2
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        y = e / e.sum(axis=1, keepdims=True)
        loss = -(t * np.log(y)).sum() / len(x)

        dscores = (y - t) / len(x)
        dh = dscores @ W2.T * z * (1 - z)
        grads = x.T @ dh, dh.sum(axis=0), z.T @ dscores, dscores.sum(axis=0)
        for w, dw in zip(start, grads, strict=True):
            w -= LEARNING_RATE * dw
        yield step_of(loss, grads, start)


def with_layers_by_hand(start: Weights, x: Array, t: Array, steps: int) -> Iterator[Step]:
    """A layer has a formula and its derivative; what is left is to call them, in two orders."""
    W1, b1, W2, b2 = start
    layers, loss = [Affine(W1, b1), Sigmoid(), Affine(W2, b2)], SoftmaxWithLoss()
    params = [param for layer in layers for param in layer.params]
    grads = [grad for layer in layers for grad in layer.grads]
    optimizer = SGD(LEARNING_RATE)
    for _ in range(steps):
        y = x
        for layer in layers:
            y = layer.forward(y)
        error = loss.forward(y, t)
        dout = loss.backward()
        for layer in reversed(layers):
            dout = layer.backward(dout)
        optimizer.update(params, grads)
        yield step_of(error, grads, params)


def on_the_tape(start: Weights, x: Array, t: Array, steps: int) -> Iterator[Step]:
    """The layers are called on tensors, and the tape finds the way back."""
    W1, b1, W2, b2 = start
    model, loss = Sequential(Affine(W1, b1), Sigmoid(), Affine(W2, b2)), SoftmaxWithLoss()
    optimizer = SGD(LEARNING_RATE)
    for _ in range(steps):
        error = loss(model(Tensor(x)), t)
        model.zero_grads()
        error.backward()
        optimizer.update(model.params, model.grads)
        yield step_of(error.data, model.grads, model.params)


def replayed(start: Weights, x: Array, t: Array, steps: int) -> Iterator[Step]:
    """The tape writes its step down as a program, and from the third step on that is run."""
    W1, b1, W2, b2 = start
    model, loss = Sequential(Affine(W1, b1), Sigmoid(), Affine(W2, b2)), SoftmaxWithLoss()
    optimizer = SGD(LEARNING_RATE)
    step = replay(lambda x, t: loss(model(x), t))
    for _ in range(steps):
        model.zero_grads()
        error = step(x, t)
        optimizer.update(model.params, model.grads)
        yield step_of(error, model.grads, model.params)


def in_pytorch(start: Weights, x: Array, t: Array, steps: int) -> Iterator[Step]:
    """Another tape, written by others."""
    import torch

    inputs, targets = torch.tensor(x), torch.tensor(t)
    weights = W1, b1, W2, b2 = [torch.tensor(w, requires_grad=True) for w in start]
    optimizer = torch.optim.SGD(weights, LEARNING_RATE)
    for _ in range(steps):
        scores = torch.sigmoid(inputs @ W1 + b1) @ W2 + b2
        error = torch.nn.functional.cross_entropy(scores, targets)
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
        arrays = [w.detach().numpy() for w in weights]
        yield step_of(error.item(), [w.grad.numpy() for w in weights], arrays)


# Side by side -------------------------------------------------------------------------------------

Rung = Callable[[Weights, Array, Array, int], Iterator[Step]]
RUNGS: dict[str, Rung] = {
    "plain NumPy": in_plain_numpy,
    "layers by hand": with_layers_by_hand,
    "the tape": on_the_tape,
    "replay": replayed,
    "PyTorch": in_pytorch,
}
HEADS = ["", "loss at the end", *Step._fields]


def run(seed: int, steps: int, dtype: str) -> int:
    """Prints a table of the five. Returns 1 if one is further away than rounding takes it."""
    x, t = data(dtype)
    print(f"{steps} steps of one training, five ways: {len(x)} points of the spiral, {dtype}.")
    print("How far each is from plain NumPy, at most, in any number of any step:\n")
    runs, left_out = {}, []
    for name, rung in RUNGS.items():
        try:
            runs[name] = list(rung(weights_to_start_from(seed, dtype), x, t, steps))
        except ImportError as error:
            left_out.append(f"{name} is left out: it cannot be imported ({error}).")
    apart = {name: differences(its_steps, runs["plain NumPy"]) for name, its_steps in runs.items()}
    rows = [[name, f"{runs[name][-1].loss:.6f}", *map(_text, apart[name])] for name in runs]
    print(table(HEADS, rows, numbers=HEADS[1:]), "", *left_out, sep="\n")
    limit = TOLERANCES[dtype]
    too_far = [name for name, those in apart.items() if not all(d <= limit for d in those)]
    print(_verdict(too_far, dtype))
    return int(bool(too_far))


def _verdict(too_far: Sequence[str], dtype: str) -> str:
    limit = f"{TOLERANCES[dtype]:g} in {dtype}"
    if not too_far:
        return f"They agree. (Rounding may take them as far as {limit}.)"
    return f"WRONG: {', '.join(too_far)}. (Rounding takes nothing further than {limit}.)"


def data(dtype: str) -> tuple[Array, Array]:
    """x (300, 2), the points of the spiral, and t (300, 3), one-hot rows."""
    x, t = spiral.load_data()
    return x.astype(dtype), t.astype(dtype)


def weights_to_start_from(seed: int, dtype: str) -> list[Array]:
    """Arrays of their own for each training, with the same numbers."""
    rng = numpy.random.default_rng(seed)
    shapes = [(2, 10), (10,), (10, 3), (3,)]
    return [np.asarray(rng.normal(size=shape).astype(dtype)) for shape in shapes]


def step_of(loss: Any, gradients: Sequence[Array], weights: Sequence[Array]) -> Step:
    """A step, in copies: the arrays themselves are written over in the next."""
    return Step(float(loss), [g.copy() for g in gradients], [w.copy() for w in weights])


def differences(steps: Sequence[Step], others: Sequence[Step]) -> list[float]:
    """The largest difference of the loss, of a gradient and of a weight, over all steps."""
    pairs = [zip(step, other, strict=True) for step, other in zip(steps, others, strict=True)]
    return [float(np.max([_apart(a, b) for a, b in those])) for those in zip(*pairs, strict=True)]


def _apart(a: Any, b: Any) -> float:
    """The largest difference of two numbers, or of the arrays in two lists; NaN if one is NaN."""
    if isinstance(a, float):
        return abs(a - b)
    return float(np.max([abs(one - other).max() for one, other in zip(a, b, strict=True)]))


def _text(difference: float) -> str:
    return f"{difference:.1e}" if difference else "0"
