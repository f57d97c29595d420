"""An MLP, 784-512-512-10, at batch 128 with Adam: a step in which the matrix products count.

One batch of random numbers is learned again and again, so that nothing but the step is timed.
"""

import copy
from typing import Any

import numpy

from benchmarks import sklearn_net
from benchmarks.jax_step import compiled
from benchmarks.workload import FAST, OURS, TORCH_COMPILE, Contestant, Run, Workload
from common.layers import Linear, ReLU, Sequential, SoftmaxWithLoss
from common.np import Array, np
from common.optimizer import Adam

STEPS, LR = 20, 1e-4
BATCH, D_IN, WIDTH, D_OUT = 128, 784, 512, 10
BETA1, BETA2, EPS = 0.9, 0.999, 1e-8


def batch() -> tuple[Array, Array]:
    """x in float32 and class numbers."""
    rng = numpy.random.default_rng(0)
    x = rng.normal(size=(BATCH, D_IN)).astype(numpy.float32)
    return x, rng.integers(D_OUT, size=BATCH)


def our_model(width: int = WIDTH) -> Sequential:
    """Three Linear layers with ReLU in between."""
    rng = numpy.random.default_rng(1)
    first, second = Linear(D_IN, width, rng), Linear(width, width, rng)
    return Sequential(first, ReLU(), second, ReLU(), Linear(width, D_OUT, rng))


def start() -> list[Array]:
    """W and b of each layer, as our own model draws them."""
    return [param.copy() for param in our_model().params]


def by_hand(steps: int, width: int = WIDTH) -> Run:
    """Layers, loss and Adam, called by hand."""
    x, t = map(np.asarray, batch())
    model = our_model(width)
    model.needs_dx = False
    first = [param.copy() for param in model.params]

    def run() -> float:
        criterion, optimizer = SoftmaxWithLoss(), Adam(LR)
        for param, at_first in zip(model.params, first, strict=True):
            param[...] = at_first
        for _ in range(steps):
            loss = criterion.forward(model.forward(x), t)
            model.backward(criterion.backward())
            optimizer.update(model.params, model.grads)
        return float(loss)

    return run


# The floors ---------------------------------------------------------------------------------------


def products(steps: int) -> Run:
    """The eight matrix products of a step; no dx for the first layer."""
    x, _ = batch()
    W1, _, W2, _, W3, _ = start()
    h1, h2 = (numpy.ones((BATCH, WIDTH), x.dtype) for _ in range(2))
    dh1, dh2, scores = h1.copy(), h2.copy(), numpy.empty((BATCH, D_OUT), x.dtype)
    dW1, dW2, dW3 = map(numpy.empty_like, (W1, W2, W3))

    def run() -> None:
        for _ in range(steps):
            numpy.matmul(x, W1, out=h1)
            numpy.matmul(h1, W2, out=h2)
            numpy.matmul(h2, W3, out=scores)
            numpy.matmul(h2.T, scores, out=dW3)
            numpy.matmul(scores, W3.T, out=dh2)
            numpy.matmul(h1.T, dh2, out=dW2)
            numpy.matmul(dh2, W2.T, out=dh1)
            numpy.matmul(x.T, dh1, out=dW1)

    return run


def fused(steps: int) -> Run:
    """All parameters in one flat array, and every result in an array that is there."""
    x, t = batch()
    one_hot = numpy.eye(D_OUT, dtype=x.dtype)[t]
    first = numpy.concatenate([array.ravel() for array in start()])
    flat, grad, m, v, spare = (numpy.empty_like(first) for _ in range(5))
    W1, b1, W2, b2, W3, b3 = views(flat)
    dW1, db1, dW2, db2, dW3, db3 = views(grad)
    h1, h2 = (numpy.empty((BATCH, WIDTH), x.dtype) for _ in range(2))
    dh1, dh2, s = numpy.empty_like(h1), numpy.empty_like(h2), numpy.empty_like(one_hot)
    mask = numpy.empty(h1.shape, bool)

    def forward() -> float:
        numpy.maximum(numpy.add(numpy.matmul(x, W1, out=h1), b1, out=h1), 0, out=h1)
        numpy.maximum(numpy.add(numpy.matmul(h1, W2, out=h2), b2, out=h2), 0, out=h2)
        numpy.add(numpy.matmul(h2, W3, out=s), b3, out=s)
        right = numpy.vdot(s, one_hot)
        numpy.exp(s, out=s)
        sums = numpy.add.reduce(s, axis=1, keepdims=True)
        numpy.divide(s, sums, out=s)
        return float((numpy.log(sums).sum() - right) / BATCH)

    def backward() -> None:
        numpy.divide(numpy.subtract(s, one_hot, out=s), BATCH, out=s)
        numpy.matmul(h2.T, s, out=dW3)
        numpy.add.reduce(s, axis=0, out=db3)
        numpy.multiply(numpy.matmul(s, W3.T, out=dh2), numpy.greater(h2, 0, out=mask), out=dh2)
        numpy.matmul(h1.T, dh2, out=dW2)
        numpy.add.reduce(dh2, axis=0, out=db2)
        numpy.multiply(numpy.matmul(dh2, W2.T, out=dh1), numpy.greater(h1, 0, out=mask), out=dh1)
        numpy.matmul(x.T, dh1, out=dW1)
        numpy.add.reduce(dh1, axis=0, out=db1)

    def update(step: int) -> None:
        # With m and v scaled by 1 / (1 - beta), a product less each. lr takes up the rest.
        numpy.add(numpy.multiply(m, BETA1, out=m), grad, out=m)
        numpy.add(numpy.multiply(v, BETA2, out=v), numpy.multiply(grad, grad, out=spare), out=v)
        size_v = ((1 - BETA2) / (1 - BETA2**step)) ** 0.5
        size_m = (1 - BETA1) / (1 - BETA1**step)
        numpy.add(numpy.sqrt(v, out=spare), EPS / size_v, out=spare)
        numpy.divide(m, spare, out=spare)
        numpy.multiply(spare, LR * size_m / size_v, out=spare)
        numpy.subtract(flat, spare, out=flat)

    def run() -> float:
        flat[...], m[...], v[...] = first, 0, 0
        for step in range(steps):
            loss = forward()
            backward()
            update(step + 1)
        return loss

    return run


def views(flat: Array) -> list[Array]:
    """W and b of each layer, as parts of one flat array."""
    shapes = [array.shape for array in start()]
    ends = numpy.cumsum([numpy.prod(shape) for shape in shapes])
    parts = numpy.split(flat, ends[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


# The peers ----------------------------------------------------------------------------------------


def torch_model() -> Any:
    """Our model as an nn.Sequential, at the common start."""
    import torch

    Linear, ReLU = torch.nn.Linear, torch.nn.ReLU
    hidden = Linear(D_IN, WIDTH), ReLU(), Linear(WIDTH, WIDTH), ReLU()
    model = torch.nn.Sequential(*hidden, Linear(WIDTH, D_OUT))
    with torch.no_grad():
        for param, array in zip(model.parameters(), start(), strict=True):
            param.copy_(torch.from_numpy(array.T))  # PyTorch keeps the transpose of W
    return model


def torch_compiled(steps: int) -> Run:
    """With a model that torch.compile has compiled, and the fused Adam."""
    return torch_loop(steps, is_compiled=True, fused=True)


def torch_loop(steps: int, is_compiled: bool = False, **options: Any) -> Run:
    """The loop as PyTorch's tutorials have it. options: of its Adam."""
    import torch

    x, t = map(torch.from_numpy, batch())

    model = torch_model()
    if is_compiled:
        model.compile()
    first = copy.deepcopy(model.state_dict())

    def run() -> float:
        model.load_state_dict(first)
        criterion = torch.nn.CrossEntropyLoss()
        optimizer = torch.optim.Adam(model.parameters(), lr=LR, **options)
        for _ in range(steps):
            loss = criterion(model(x), t)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return loss.item()

    return run


def torch_fused(steps: int) -> Run:
    """With the update of all parameters as one compiled loop."""
    return torch_loop(steps, fused=True)


def jax_loss(params: Any, x: Any, t: Any) -> Any:
    """The mean cross-entropy."""
    import jax

    W1, b1, W2, b2, W3, b3 = params
    h = jax.nn.relu(jax.nn.relu(x @ W1 + b1) @ W2 + b2)
    return -jax.nn.log_softmax(h @ W3 + b3)[jax.numpy.arange(BATCH), t].mean()


def jax_jit(steps: int) -> Run:
    """The whole step as one program, Adam included."""
    import jax

    x, t = map(jax.numpy.asarray, batch())

    def adam(p: Any, g: Any, m: Any, v: Any, step: Any) -> Any:
        m, v = m + (1 - BETA1) * (g - m), v + (1 - BETA2) * (g * g - v)
        m_hat, v_hat = m / (1 - BETA1**step), v / (1 - BETA2**step)
        return p - LR * m_hat / (jax.numpy.sqrt(v_hat) + EPS), m, v

    def step(params: Any, ms: Any, vs: Any, number: Any) -> Any:
        loss, grads = jax.value_and_grad(jax_loss)(params, x, t)
        updated = [adam(*arrays, number) for arrays in zip(params, grads, ms, vs, strict=True)]
        params, ms, vs = map(list, zip(*updated, strict=True))
        return params, ms, vs, loss

    def begin() -> list[list[Any]]:
        """Parameters, and zeros for m and v: new ones, since a step takes over their memory."""
        params = [jax.numpy.array(array) for array in first]
        return [params, *([jax.numpy.zeros_like(p) for p in params] for _ in range(2))]

    first = start()
    step = compiled(step, *begin(), numpy.float32(1), donated=(0, 1, 2))

    def run() -> float:
        params, ms, vs = begin()
        for number in range(steps):
            params, ms, vs, loss = step(params, ms, vs, numpy.float32(number + 1))
        return float(loss)

    return run


def sklearn_classifier(steps: int) -> Run:
    """Its own loop; an epoch is one step, and the rows stay in their order."""
    x, t = batch()
    weights = start()
    options = {"learning_rate_init": LR, "batch_size": BATCH, "shuffle": False}

    def run() -> float:
        classifier = sklearn_net.trained(
            weights, x, t, max_iter=steps, hidden_layer_sizes=(WIDTH, WIDTH), **options
        )
        return float(classifier.loss_curve_[-1])

    return run


WORKLOADS = [
    Workload(
        "mlp",
        STEPS,
        1.740373,
        [
            Contestant(OURS, by_hand),
            Contestant(FAST, by_hand, needs="numba"),
            Contestant("PyTorch, a loop", torch_loop, needs="torch"),
            Contestant("PyTorch, fused Adam", torch_fused, needs="torch"),
            Contestant(TORCH_COMPILE, torch_compiled, needs="torch", calls="g++"),
            Contestant("JAX, jit", jax_jit, needs="jax"),
            Contestant("scikit-learn's MLPClassifier", sklearn_classifier, needs="sklearn"),
            Contestant("floor: the matrix products alone", products, has_loss=False),
            Contestant("floor: fused by hand", fused),
        ],
    ),
]
