"""The models of the chapter beside PyTorch, live."""

import random
from collections.abc import Callable
from typing import Any

import numpy
import pytest

import common.layers
from common import config
from common.autograd import Tensor
from common.layers import Linear, MSELoss
from common.np import Array, np
from common.optimizer import Momentum
from common.util import to_cpu
from dataset import sine
from docs.pages import source
from tests.chapters import Runner

pytestmark = pytest.mark.torch
torch: Any = pytest.importorskip("torch")
torch.set_num_threads(1)

RNG = numpy.random.default_rng(0)


def polynomial(x: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    return a + b * x + c * x**2 + d * x**3


def legendre(x: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    z = c + d * x
    return a + b * (0.5 * (5 * z**3 - 3 * z))


def affine(x: Any, W: Any, b: Any) -> Any:
    return (x @ W + b).reshape(-1)


def dynamic(terms: int) -> Callable[..., Any]:
    def forward(x: Any, a: Any, b: Any, c: Any, d: Any, e: Any) -> Any:
        y = a + b * x + c * x**2 + d * x**3
        for exponent in range(4, 4 + terms):
            y += e * x**exponent
        return y

    return forward


def two_layers(x: Any, w1: Any, w2: Any) -> Any:
    return (x @ w1).clamp(min=0) @ w2


x, y = (array.astype("float64") for array in sine.load_data(200))
X, Y = RNG.normal(size=(16, 30)), RNG.normal(size=(16, 4))
CUBIC: list[tuple[int, ...]] = [(), (), (), ()]
MODELS: dict[str, tuple[Callable[..., Any], Array, Array, list[tuple[int, ...]]]] = {
    "polynomial": (polynomial, x, y, CUBIC),
    "Legendre": (legendre, x, y, CUBIC),
    "Sequential": (affine, numpy.stack([x, x**2, x**3], axis=1), y, [(3, 1), (1,)]),
    "dynamic, no term": (dynamic(0), x, y, [*CUBIC, ()]),
    "dynamic, one term": (dynamic(1), x, y, [*CUBIC, ()]),
    "dynamic, two terms": (dynamic(2), x, y, [*CUBIC, ()]),
    "two layers": (two_layers, X, Y, [(30, 20), (20, 4)]),
}


def ours(forward: Any, x: Array, y: Array, start: list[Array]) -> tuple[Array, list[Any]]:
    params = [Tensor(np.asarray(array), requires_grad=True) for array in start]
    loss = ((forward(Tensor(np.asarray(x)), *params) - np.asarray(y)) ** 2).sum()
    loss.backward()
    return loss.data, [param.grad for param in params]


def theirs(forward: Any, x: Array, y: Array, start: list[Array]) -> tuple[Array, list[Any]]:
    params = [torch.tensor(array, requires_grad=True) for array in start]
    loss = ((forward(torch.tensor(x), *params) - torch.tensor(y)) ** 2).sum()
    loss.backward()
    return loss.detach().numpy(), [None if p.grad is None else p.grad.numpy() for p in params]


def absolute_terms(forward: Any, x: Array, y: Array, start: list[Array]) -> list[Array]:
    """For each parameter, Σ |dL_n/dp| over the terms L_n of the loss."""
    params = tuple(torch.tensor(array, requires_grad=True) for array in start)

    def terms(*params: Any) -> Any:
        return ((forward(torch.tensor(x), *params) - torch.tensor(y)) ** 2).reshape(-1)

    jacobians = torch.autograd.functional.jacobian(terms, params)
    return [jacobian.abs().sum(dim=0).numpy() for jacobian in jacobians]


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-10), ("float32", 1e-5)])
@pytest.mark.parametrize("name", MODELS)
def test_value_and_gradients_agree_from_the_same_state(
    name: str, dtype: str, tolerance: float
) -> None:
    forward, x, y, shapes = MODELS[name]
    for _ in range(3):
        start = [RNG.normal(size=shape) for shape in shapes]
        scales = absolute_terms(forward, x, y, start)
        state = (x.astype(dtype), y.astype(dtype), [array.astype(dtype) for array in start])
        (loss, grads), (torch_loss, torch_grads) = ours(forward, *state), theirs(forward, *state)
        assert loss.dtype == dtype
        np.testing.assert_allclose(loss, torch_loss, rtol=tolerance)
        for grad, torch_grad, scale in zip(grads, torch_grads, scales, strict=True):
            assert (grad is None) == (torch_grad is None)
            if grad is not None:
                assert grad.dtype == dtype
                assert (abs(to_cpu(grad) - torch_grad) <= tolerance * scale).all()


def test_the_classes_of_the_pages_agree_from_the_same_state(run: Runner) -> None:
    P3 = run("polynomial_custom_function", "--steps", "1")["P3"]
    relu = run("two_layer_net_custom_function", "--steps", "1")["relu"]
    pages: dict[str, Callable[..., Any]] = {
        "Legendre": lambda x, a, b, c, d: a + b * P3(c + d * x),
        "two layers": lambda x, w1, w2: relu(x @ w1) @ w2,
    }
    for name, forward in pages.items():
        peer, x, y, shapes = MODELS[name]
        start = [RNG.normal(size=shape) for shape in shapes]
        (loss, grads), (torch_loss, torch_grads) = (
            ours(forward, x, y, start),
            theirs(peer, x, y, start),
        )
        np.testing.assert_allclose(loss, torch_loss, rtol=1e-10)
        for grad, torch_grad in zip(grads, torch_grads, strict=True):
            np.testing.assert_allclose(grad, torch_grad, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("page", "name"), [("polynomial_nn", "Sequential"), ("polynomial_module", "polynomial")]
)
def test_the_models_of_the_pages_agree_from_the_same_state(
    run: Runner, monkeypatch: pytest.MonkeyPatch, page: str, name: str
) -> None:
    monkeypatch.setattr(config, "dtype", "float64")
    model = run(page, "--steps", "1")["model"]
    peer, x, y, _ = MODELS[name]
    torch_loss, torch_grads = theirs(peer, x, y, [to_cpu(param) for param in model.params])
    model.zero_grads()
    loss = MSELoss(reduction="sum")(model(Tensor(np.asarray(x))), np.asarray(y))
    loss.backward()
    np.testing.assert_allclose(loss.data, torch_loss, rtol=1e-10)
    for grad, torch_grad in zip(model.grads, torch_grads, strict=True):
        np.testing.assert_allclose(grad, torch_grad, rtol=1e-10, atol=1e-9)


@pytest.mark.slow
def test_dynamic_net_agrees_over_all_its_steps(
    run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "dtype", "float64")
    names = run("dynamic_net", "--seed", "1")

    rng, dice = numpy.random.default_rng(1), random.Random(1)
    params = [torch.tensor(rng.normal(), dtype=torch.float64, requires_grad=True) for _ in "abcde"]
    optimizer = torch.optim.SGD(params, lr=1e-8, momentum=0.9)
    x, y = map(torch.tensor, map(to_cpu, sine.load_data()))
    losses = []
    for t in range(30000):
        terms = dice.randint(4, 6) - 4
        loss = ((dynamic(terms)(x, *params) - y) ** 2).sum()
        if t % 100 == 99:
            losses.append(loss.item())
        optimizer.zero_grad(set_to_none=False)
        loss.backward()
        optimizer.step()
    numpy.testing.assert_allclose(names["losses"], losses, rtol=1e-9)
    numpy.testing.assert_allclose(
        [float(p) for p in names["model"].params], [p.item() for p in params], rtol=1e-8
    )


def test_polynomial_optim_agrees_over_its_first_500_steps(
    run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "dtype", "float64")
    names = run("polynomial_optim", "--steps", "500", "--seed", "2")

    start = Linear(3, 1, numpy.random.default_rng(2)).params
    W, b = (torch.tensor(to_cpu(param), requires_grad=True) for param in start)
    optimizer = torch.optim.RMSprop([W, b], lr=1e-3)
    x, y = map(torch.tensor, map(to_cpu, sine.load_data()))
    xx = torch.stack([x, x**2, x**3], dim=1)
    for _ in range(500):
        loss = ((affine(xx, W, b) - y) ** 2).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert names["losses"][-1] == pytest.approx(loss.item(), rel=1e-8)
    for param, torch_param in zip(names["model"].params, (W, b), strict=True):
        np.testing.assert_allclose(param, torch_param.detach().numpy(), rtol=1e-8)


def test_names_from_pytorch_says_what_differs(run: Runner) -> None:
    page = run("names_from_pytorch")
    for name, slope in (("clamp", lambda x: x.clamp(min=0)), ("relu", torch.relu)):
        x = torch.tensor([-1.0, 0.0, 1.0], requires_grad=True)
        slope(x).sum().backward()
        assert page["slopes"][name].tolist() == x.grad.tolist(), name
    assert page["slopes"]["clamp"].tolist() == [0, 1, 1]
    assert page["slopes"]["relu"].tolist() == [0, 0, 1]
    weight, bias = torch.nn.Linear(3, 2).parameters()
    assert page["W"].shape == tuple(weight.shape)[::-1] == (3, 2)
    assert page["b"].shape == tuple(bias.shape)
    assert [not grad.any() for grad in page["layer"].grads] == [True, True]


SCORES, WEIGHTS = [[1.0, -2.0, 0.5], [0.0, 3.0, -1.0]], [[0.5], [-1.0], [2.0]]
ROWS: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]] = {
    "x.detach().numpy()": (lambda x, w: x.detach().numpy(), lambda x, w: x.data),
    "loss.item()": (lambda x, w: x.sum().item(), lambda x, w: x.sum().item()),
    "x.mm(w), w.t()": (lambda x, w: w.t().mm(x.t()), lambda x, w: w.T @ x.T),
    "x.unsqueeze(-1).pow(p)": (
        lambda x, w: x[0].unsqueeze(-1).pow(torch.tensor([1, 2, 3])),
        lambda x, w: x[0][:, None] ** np.array([1.0, 2.0, 3.0]),
    ),
    "x.clamp(min=0)": (lambda x, w: x.clamp(min=0), lambda x, w: x.clamp(min=0)),
    "torch.relu(x)": (lambda x, w: torch.relu(x), lambda x, w: x.relu()),
    "nn.Flatten": (
        lambda x, w: torch.nn.Flatten(0, 1)(x),
        lambda x, w: common.layers.Flatten(0, 1)(x),
    ),
    "nn.MSELoss(reduction": (
        lambda x, w: torch.nn.MSELoss(reduction="sum")(x, x * 0),
        lambda x, w: MSELoss(reduction="sum")(x, x.data * 0),
    ),
    "nn.CrossEntropyLoss()": (
        lambda x, w: torch.nn.CrossEntropyLoss()(x, torch.tensor([0, 2])),
        lambda x, w: common.layers.SoftmaxWithLoss()(x, np.array([0, 2])),
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_a_row_of_names_from_pytorch_computes_the_same(row: str) -> None:
    assert f"#     {row}" in source("ch02", "names_from_pytorch")
    theirs, ours = ROWS[row]
    expected = theirs(torch.tensor(SCORES), torch.tensor(WEIGHTS))
    found = ours(*(Tensor(np.array(array, "float32")) for array in (SCORES, WEIGHTS)))
    found = to_cpu(found.data) if isinstance(found, Tensor) else found
    numpy.testing.assert_allclose(to_cpu(found), numpy.asarray(expected), rtol=1e-6)


def test_names_from_pytorch_says_what_clears_a_gradient() -> None:
    w = torch.tensor(1.0, requires_grad=True)
    unused = torch.tensor(1.0, requires_grad=True)
    optimizer = torch.optim.SGD([w, unused], lr=0.1, momentum=0.9)
    (w * unused).backward()
    optimizer.step()
    optimizer.zero_grad()
    assert unused.grad is None
    before = unused.item()
    w.square().backward()
    optimizer.step()
    assert unused.item() == before, "it stands still in PyTorch"

    ours, momentum = Linear(1, 1, seed=0), Momentum(lr=0.1, momentum=0.9)
    for used in (True, False):
        ours.zero_grads()
        if used:
            ours(Tensor(np.ones((1, 1), "float32"))).sum().backward()
        before = ours.params[0].item()
        momentum.update(ours.params, ours.grads)
        assert ours.params[0].item() != before, "it goes on here"
