"""The polynomial of `benchmarks.polynomial`, as PyTorch, JAX and HIPS autograd fit it."""

from typing import Any

import numpy

from benchmarks import hips_step
from benchmarks.jax_step import compiled, descent, whole_descent
from benchmarks.polynomial_data import (
    LR,
    LR_RMSPROP,
    START,
    points,
    points_in_float32,
    torch_points,
)
from benchmarks.workload import Run

# PyTorch ------------------------------------------------------------------------------------------


def torch_tensors(steps: int) -> Run:
    """As in the documents: tensors, every gradient derived by hand."""
    import torch

    x, y = torch_points()

    def run() -> float:
        a, b, c, d = (torch.tensor(start) for start in START)
        for _ in range(steps):
            y_pred = a + b * x + c * x**2 + d * x**3
            loss = (y_pred - y).pow(2).sum()
            grad_y_pred = 2.0 * (y_pred - y)
            a -= LR * grad_y_pred.sum()
            b -= LR * (grad_y_pred * x).sum()
            c -= LR * (grad_y_pred * x**2).sum()
            d -= LR * (grad_y_pred * x**3).sum()
        return loss.item()

    return run


def torch_product(steps: int) -> Run:
    """The same arithmetic as a layer's: the powers once, side by side, and matrix products."""
    import torch

    x, y = torch_points()
    xx = x.unsqueeze(-1).pow(torch.tensor([1, 2, 3]))

    def run() -> float:
        w, b = torch.tensor(START[1:]), torch.tensor(START[0])
        for _ in range(steps):
            diff = torch.addmv(b, xx, w) - y
            loss = diff.dot(diff)
            grad_y_pred = 2.0 * diff
            w -= LR * (xx.T @ grad_y_pred)
            b -= LR * grad_y_pred.sum()
        return loss.item()

    return run


def torch_autograd(steps: int) -> Run:
    """As in the documents: four tensors that require a gradient."""
    import torch

    x, y = torch_points()

    def run() -> float:
        a, b, c, d = (torch.tensor(start, requires_grad=True) for start in START)
        for _ in range(steps):
            y_pred = a + b * x + c * x**2 + d * x**3
            loss = (y_pred - y).pow(2).sum()
            loss.backward()
            with torch.no_grad():
                a -= LR * a.grad
                b -= LR * b.grad
                c -= LR * c.grad
                d -= LR * d.grad
            a.grad = b.grad = c.grad = d.grad = None
        return loss.item()

    return run


def torch_model() -> Any:
    """nn.Linear and nn.Flatten, at the common start."""
    import torch

    model = torch.nn.Sequential(torch.nn.Linear(3, 1), torch.nn.Flatten(0, 1))
    with torch.no_grad():
        model[0].weight.copy_(torch.tensor([START[1:]]))
        model[0].bias.copy_(torch.tensor(START[:1]))
    return model


def torch_compiled(steps: int) -> Run:
    """The same with a model that torch.compile has compiled."""
    return torch_nn(steps, is_compiled=True)


def torch_nn(steps: int, is_compiled: bool = False) -> Run:
    """As in the documents: the update is written out."""
    import torch

    x, y = torch_points()
    xx = x.unsqueeze(-1).pow(torch.tensor([1, 2, 3]))

    def run() -> float:
        model, loss_fn = torch_model(), torch.nn.MSELoss(reduction="sum")
        if is_compiled:
            model.compile()
        for _ in range(steps):
            loss = loss_fn(model(xx), y)
            model.zero_grad()
            loss.backward()
            with torch.no_grad():
                for param in model.parameters():
                    param -= LR * param.grad
        return loss.item()

    return run


def torch_optim(steps: int) -> Run:
    """As in the documents: nn, and RMSprop from optim."""
    import torch

    x, y = torch_points()
    xx = x.unsqueeze(-1).pow(torch.tensor([1, 2, 3]))

    def run() -> float:
        model, loss_fn = torch_model(), torch.nn.MSELoss(reduction="sum")
        optimizer = torch.optim.RMSprop(model.parameters(), lr=LR_RMSPROP)
        for _ in range(steps):
            loss = loss_fn(model(xx), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return loss.item()

    return run


# JAX and HIPS autograd ----------------------------------------------------------------------------


def squared_error(params: Any, x: Any, y: Any) -> Any:
    """The loss, for a peer that differentiates functions."""
    a, b, c, d = params
    diff = a + b * x + c * (x * x) + d * (x * x * x) - y  # products: NumPy's x**3 takes long
    return (diff * diff).sum()


def layer_error(params: Any, xx: Any, y: Any) -> Any:
    """The same loss, of one matrix product with the powers, which are computed once."""
    w, b = params
    return ((xx @ w + b - y) ** 2).sum()


def jax_parts(layer: bool) -> tuple[Any, Any, Any, list[Any]]:
    """The loss, its two arguments, and the start: as four numbers, or as a layer's W and b."""
    import jax

    x, y = (jax.numpy.asarray(array, "float32") for array in points())
    if not layer:
        return squared_error, x, y, [jax.numpy.float32(p) for p in START]
    xx, w = jax.numpy.stack([x, x**2, x**3], axis=1), jax.numpy.asarray(START[1:], "float32")
    return layer_error, xx, y, [w, jax.numpy.float32(START[0])]


def jax_layer(steps: int) -> Run:
    """Of a matrix product, as a layer has it."""
    return jax_sgd(steps, layer=True)


def jax_sgd(steps: int, layer: bool = False) -> Run:
    """The whole step as one program: loss, gradients and update."""
    error, x, y, start = jax_parts(layer)
    return descent(lambda params: error(params, x, y), start, LR, steps)


def jax_whole(steps: int, layer: bool = False) -> Run:
    """All steps as one program."""
    error, x, y, start = jax_parts(layer)
    return whole_descent(lambda params: error(params, x, y), start, LR, steps)


def jax_layer_whole(steps: int) -> Run:
    """All steps as one program, of a matrix product."""
    return jax_whole(steps, layer=True)


def jax_rmsprop(steps: int) -> Run:
    """The same with RMSprop's update."""
    import jax

    error, x, y, start = jax_parts(layer=True)

    def step(params: Any, squares: Any) -> Any:
        loss, grads = jax.value_and_grad(error)(params, x, y)
        squares = [0.99 * h + 0.01 * g * g for h, g in zip(squares, grads, strict=True)]
        triples = zip(params, grads, squares, strict=True)
        return [p - LR_RMSPROP * g / (h**0.5 + 1e-8) for p, g, h in triples], squares, loss

    zeros = [jax.numpy.zeros_like(p) for p in start]
    step = compiled(step, start, zeros)

    def run() -> float:
        params, squares = start, zeros
        for _ in range(steps):
            params, squares, loss = step(params, squares)
        return float(loss)

    return run


def hips_autograd(steps: int) -> Run:
    """The loss is a function of plain NumPy, which autograd differentiates."""
    x, y = points_in_float32()
    start = [numpy.float32(p) for p in START]
    return hips_step.descent(lambda params: squared_error(params, x, y), start, LR, steps)
