"""The formulas of the docstrings, beside what the code does: each is quoted, and then computed.

The optimizers' are read from their docstrings, in `test_optimizer`.
"""

import inspect
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy import exp, log, sqrt

from common import functions, layers, losses, schedule
from common.autograd import Tensor, maximum, ops
from common.layers import (
    Affine,
    BatchNorm,
    Dropout,
    MatMul,
    MSELoss,
    ReLU,
    Sigmoid,
    SigmoidWithLoss,
    Softmax,
    SoftmaxWithLoss,
    Tanh,
)

pytestmark = pytest.mark.cpu

RNG = np.random.default_rng(0)
x, y, dout = RNG.normal(size=(3, 5, 4))
a, b = RNG.uniform(0.5, 2, size=(2, 5, 4))
W, bias = RNG.normal(size=(4, 4)), RNG.normal(size=4)
labels, shares, N = np.array([0, 3, 1, 2, 3]), RNG.dirichlet(np.ones(4), size=5), 5
of_two, eps = RNG.uniform(size=(5, 4)), 1e-5
normed = (x - x.mean(0)) / sqrt(x.var(0) + eps)  # what the docstring calls x̂
gamma, beta = RNG.normal(size=(2, 4))
ones = np.ones((5, 4))
softmaxed = exp(x) / exp(x).sum(1, keepdims=True)
surprise = -log(softmaxed[np.arange(N), labels]).mean()


def run(layer: Any, *inputs: Any, back: Any = dout) -> SimpleNamespace:
    """y, dx and the gradients of what it learns."""
    output = layer.forward(*inputs)
    return SimpleNamespace(y=output, dx=layer.backward(back), grads=layer.grads, layer=layer)


def op(make: Callable[..., Any], *inputs: Any) -> SimpleNamespace:
    """The same of an operation: y, and da, db."""
    tensors = [Tensor(array, requires_grad=True) for array in inputs]
    output = make(*tensors)
    output.backward(dout)
    return SimpleNamespace(y=output.data, d=[tensor.grad for tensor in tensors])


def batch_norm(training: bool = True) -> SimpleNamespace:
    layer = BatchNorm(4, momentum=0.1, eps=eps)
    layer.params, layer.grads = [gamma, beta], [np.zeros(4), np.zeros(4)]
    layer.state = [np.full(4, 0.5), np.full(4, 2.0)]
    layer.training = training
    return run(layer, x)


def masked() -> SimpleNamespace:
    layer = Dropout(0.25, seed=0)
    done = run(layer, x)
    done.mask = (done.y != 0).astype(float)
    return done


matmul, affine, normalized = run(MatMul(W), x), run(Affine(W, bias), x), batch_norm()
dropped, still = masked(), Dropout(0.25, seed=0).eval().forward(x)
classes, of_shares = (run(SoftmaxWithLoss(), x, t, back=2.0) for t in (labels, shares))
binary, square = run(SigmoidWithLoss(), x, of_two, back=2.0), run(MSELoss(), y, x, back=2.0)
summed, sigma = run(MSELoss("sum"), y, x, back=2.0), 1 / (1 + exp(-x))
dgamma, dbeta = (dout * normed).sum(0), dout.sum(0)

# What a docstring says, and of each formula in it: by the formula, and by the code.
Pairs = list[tuple[Any, Any]]
ROWS: list[tuple[Any, str, Pairs]] = [
    (MatMul, "y = x W.", [(matmul.y, x @ W)]),
    (MatMul, "dL/dx = dout Wᵀ, dL/dW = xᵀ dout.", [
        (matmul.dx, dout @ W.T), (matmul.grads[0], x.T @ dout)]),
    (Affine, "y = x W + b:", [(affine.y, x @ W + bias)]),
    (Affine, "dL/dx = dout Wᵀ, dL/dW = xᵀ dout, dL/db = Σ_n dout[n].", [
        (affine.dx, dout @ W.T), (affine.grads[0], x.T @ dout), (affine.grads[1], dout.sum(0))]),
    (Sigmoid, "y = 1 / (1 + exp(-x)), element by element. dL/dx = dout · y (1 - y).", [
        (run(Sigmoid(), x).y, sigma), (run(Sigmoid(), x).dx, dout * sigma * (1 - sigma))]),
    (Tanh, "y = tanh(x), element by element. dL/dx = dout · (1 - y²).", [
        (run(Tanh(), x).y, np.tanh(x)), (run(Tanh(), x).dx, dout * (1 - np.tanh(x) ** 2))]),
    (ReLU, "y = max(x, 0), element by element. dL/dx = dout where x > 0, and 0 elsewhere.", [
        (run(ReLU(), x).y, np.maximum(x, 0)), (run(ReLU(), x).dx, np.where(x > 0, dout, 0))]),
    (Softmax, "y_i = exp(x_i) / Σ_j exp(x_j) along the last axis", [
        (run(Softmax(), x).y, softmaxed)]),
    (Softmax, "dL/dx_i = y_i (dout_i - Σ_j dout_j y_j).", [
        (run(Softmax(), x).dx, softmaxed * (dout - (dout * softmaxed).sum(1, keepdims=True)))]),
    (Dropout, "Silences each input with probability dropout_ratio", [
        ((Dropout(0.25, seed=0).forward(np.ones(10**5)) == 0).mean().round(2), 0.25)]),
    (Dropout, "y = x · mask, the mask 0 or 1.", [(dropped.y, x * dropped.mask)]),
    (Dropout, "In evaluation y = x · (1 - dropout_ratio)", [(still, x * (1 - 0.25))]),
    (Dropout, "dL/dx = dout · mask.", [(dropped.dx, dout * dropped.mask)]),
    (BatchNorm, "y = gamma · x̂ + beta with x̂ = (x - mean) / √(var + eps):", [
        (normalized.y, gamma * normed + beta)]),
    (BatchNorm, "running ← running + momentum · (batch's - running), with Σ (x - mean)² / (N - 1) "
     "as the var.", [
        (normalized.layer.state[0], 0.5 + 0.1 * (x.mean(0) - 0.5)),
        (normalized.layer.state[1], 2 + 0.1 * (((x - x.mean(0)) ** 2).sum(0) / (N - 1) - 2))]),
    (BatchNorm, "dL/dgamma = Σ_n dout · x̂, dL/dbeta = Σ_n dout.", [
        (normalized.grads[0], dgamma), (normalized.grads[1], dbeta)]),
    (BatchNorm, "dL/dx = gamma / √(var + eps) · (dout - dL/dbeta / N - x̂ · dL/dgamma / N); in "
     "evaluation only the first of the three terms is left.", [
        (normalized.dx, gamma / sqrt(x.var(0) + eps) * (dout - dbeta / N - normed * dgamma / N)),
        (batch_norm(training=False).dx, gamma / sqrt(2 + eps) * dout)]),
    (SoftmaxWithLoss, "L = -(1/N) Σ_n log softmax(x)[n, t_n].", [(classes.y, surprise)]),
    (SoftmaxWithLoss, "L = -(1/N) Σ_n Σ_c t[n, c] log softmax(x)[n, c].", [
        (of_shares.y, -(shares * log(softmaxed)).sum() / N)]),
    (SoftmaxWithLoss, "dL/dx = (softmax(x) - t) / N.", [
        (classes.dx, 2 * (softmaxed - np.eye(4)[labels]) / N),
        (of_shares.dx, 2 * (softmaxed - shares) / N)]),
    (SigmoidWithLoss, "L = -mean(t log y + (1 - t) log(1 - y)). y = sigmoid(x).", [
        (binary.y, -(of_two * log(sigma) + (1 - of_two) * log(1 - sigma)).mean())]),
    (SigmoidWithLoss, "the sum becomes max(x, 0) - x t + log(1 + exp(-|x|))", [
        (binary.y, (np.maximum(x, 0) - x * of_two + log(1 + exp(-abs(x)))).mean())]),
    (SigmoidWithLoss, "dL/dx = (y - t) / (number of scores).", [
        (binary.dx, 2 * (sigma - of_two) / 20)]),
    (MSELoss, "L = mean((y - t)²), or the sum with reduction='sum'.", [
        (square.y, ((y - x) ** 2).mean()), (summed.y, ((y - x) ** 2).sum())]),
    (MSELoss, "dL/dy = 2 (y - t), divided by their number for the mean.", [
        (summed.dx, 2 * 2 * (y - x)), (square.dx, 2 * 2 * (y - x) / 20)]),
    (functions.sigmoid, "1 / (1 + exp(-x)), element by element", [(functions.sigmoid(x), sigma)]),
    (functions.relu, "max(x, 0), element by element.", [(functions.relu(x), np.maximum(x, 0))]),
    (functions.log_softmax, "= x_i - m - log Σ_j exp(x_j - m) for any m", [
        (functions.log_softmax(x), x - 2 - log(exp(x - 2).sum(1, keepdims=True)))]),
    (functions.softmax, "exp(x_i) / Σ_j exp(x_j) along the last axis", [
        (functions.softmax(x), softmaxed)]),
    (functions.cross_entropy_error, "-(1/N) Σ_n log y[n, t_n]:", [
        (functions.cross_entropy_error(softmaxed, labels), surprise)]),
    (functions.cross_entropy_error, "-(1/N) Σ_n Σ_c t[n, c] log y[n, c].", [
        (functions.cross_entropy_error(softmaxed, shares), -(shares * log(softmaxed)).sum() / N)]),
    (functions.inner, "Σ a · b over all elements", [(functions.inner(a, b), (a * b).sum())]),
    (schedule.step_decay, "lr · factor^⌊step / every⌋", [
        (schedule.step_decay(0.5, 3, 0.2)(step), 0.5 * 0.2 ** (step // 3)) for step in range(9)]),
    (schedule.cosine, "lr_min + (lr - lr_min) · (1 + cos(π · step / steps)) / 2.", [
        (schedule.cosine(0.5, 9, 0.1)(step), 0.1 + 0.4 * (1 + np.cos(np.pi * step / 9)) / 2)
        for step in range(10)]),
    (schedule.warm_up, "Step s < steps has schedule(0) · (s + 1) / (steps + 1).", [
        (schedule.warm_up(lambda _: 0.5, 4)(s), 0.5 * (s + 1) / 5) for s in range(4)]),
    (ops.Mul, "y = a · b. Each input gets what came back, times the other input.", [
        (op(lambda a, b: a * b, a, b).d, [dout * b, dout * a])]),
    (ops.Div, "y = a / b. da = dout / b, db = -dout · a / b².", [
        (op(lambda a, b: a / b, a, b).y, a / b),
        (op(lambda a, b: a / b, a, b).d, [dout / b, -dout * a / b**2])]),
    (ops.Pow, "y = a ** b. da = dout · b · a^(b-1), db = dout · y · log a.", [
        (op(lambda a, b: a**b, a, b).d, [dout * b * a ** (b - 1), dout * a**b * log(a)])]),
    (ops.MatMul, "da = dout bᵀ, db = aᵀ dout", [
        (op(lambda a, b: a @ b, a, W).d, [dout @ W.T, a.T @ dout])]),
    (ops.Maximum, "y = max(a, b), element by element. Where they are equal, each gets half.", [
        (op(maximum, a, a).d, [dout / 2] * 2)]),
    (ops.Exp, "y = exp(a). da = dout · y.", [(op(Tensor.exp, a).d, [dout * exp(a)])]),
    (ops.Log, "y = log(a). da = dout / a.", [(op(Tensor.log, a).d, [dout / a])]),
    (ops.Sin, "y = sin(a). da = dout · cos(a).", [(op(Tensor.sin, a).d, [dout * np.cos(a)])]),
    (ops.Cos, "y = cos(a). da = -dout · sin(a).", [(op(Tensor.cos, a).d, [-dout * np.sin(a)])]),
    (ops.Sqrt, "y = √a. da = dout / 2y.", [(op(Tensor.sqrt, a).d, [dout / (2 * sqrt(a))])]),
    (ops.Abs, "y = |a|. da = dout · sign(a)", [(op(abs, x).d, [dout * np.sign(x)])]),
    (ops.Clamp, "at least `min`, at most `max`. da = dout where min <= a <= max, else 0.", [
        (op(lambda a: a.clamp(0.8, 1.5), a).y, np.clip(a, 0.8, 1.5)),
        (op(lambda a: a.clamp(0.8, 1.5), a).d, [np.where((a >= 0.8) & (a <= 1.5), dout, 0)])]),
    (ops.Var, "Σ (a - mean)² / (N - ddof). da = dout · 2 (a - mean) / (N - ddof)", [
        (op(lambda a: a.var(ddof=1) * ones, a).y[0, 0], ((a - a.mean()) ** 2).sum() / 19),
        (op(lambda a: a.var(ddof=1) * ones, a).d, [dout.sum() * 2 * (a - a.mean()) / 19])]),
    (ops.LogSoftmax, "da_i = dout_i - softmax(a)_i · Σ_j dout_j.", [
        (op(Tensor.log_softmax, x).d, [dout - softmaxed * dout.sum(1, keepdims=True)])]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("who", "formula", "pairs"),
    ROWS,
    ids=[f"{who.__name__}, {i}" for i, (who, *_) in enumerate(ROWS)],
)
def test_a_formula_is_in_the_docstring_and_true(who: Any, formula: str, pairs: Pairs) -> None:
    assert formula in " ".join((inspect.getdoc(who) or "").split())
    assert pairs
    for by_code, by_formula in pairs:
        if not isinstance(by_code, list):
            by_code, by_formula = [by_code], [by_formula]
        for one, other in zip(by_code, by_formula, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9)


def test_every_derivative_that_a_docstring_gives_is_a_row() -> None:
    """A new one without a row fails."""
    for module in (layers, losses, ops):
        for who in vars(module).values():
            text = " ".join(formula for owner, formula, _ in ROWS if owner is who)
            doc = " ".join((inspect.getdoc(who) or "").split()) if inspect.isclass(who) else ""
            for name in ("dL/dx", "dL/dW", "dL/db", "dL/dy", "dL/dgamma", " da", " db", " da_i"):
                assert (f"{name} = " in doc) <= (f"{name} = " in f" {text}"), (who, name)
