"""The layers: each formula and its derivative, side by side.

Every class here is a `Layer`: `forward(x)` computes and keeps what backward needs,
`backward(dout)` applies the chain rule. Below, L is the loss at the network's end, and `dout`
stands for dL/d(output), an array of the output's shape. N is the number of examples in a batch.
`needs_dx` is False where nobody looks at dL/dx, as in the first layer of a network: x is data.
"""

import math
from collections.abc import Iterator
from typing import Any

from common import config, names
from common.base import Container, Layer, check_no_layer_twice
from common.checks import (
    Setting,
    check_array,
    check_batch,
    check_flag,
    check_not_empty,
    check_sizes,
    check_weight,
    check_whole,
    class_advice,
    generator,
    name_of,
    take_rows,
)
from common.errors import ArgumentError, ArgumentTypeError, OutOfRangeError, ShapeError
from common.functions import relu, sigmoid, softmax
from common.fused import fused
from common.losses import LOSSES, MSELoss, SigmoidWithLoss, SoftmaxWithLoss
from common.np import AbstractTensor, Array, Seed, np
from common.parameters import parts_of

__all__ = [
    "Affine",
    "BatchNorm",
    "Dropout",
    "Embedding",
    "Flatten",
    "Layer",
    "Linear",
    "MSELoss",
    "MatMul",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "SigmoidWithLoss",
    "Softmax",
    "SoftmaxWithLoss",
    "Tanh",
]


@names.translated(names.WEIGHTS)
class MatMul(Layer):
    """y = x W.

    x: (N, D), W: (D, H), y: (N, H). dL/dx = dout Wᵀ, dL/dW = xᵀ dout.

    Source: Deep Learning from Scratch 2, section 1.3.4.
    """

    param_names = ("W",)

    def __init__(self, W: Array) -> None:
        check_weight(self, "W", W, ndim=2)
        super().__init__(W)

    def forward(self, x: Array) -> Array:
        (W,) = self.params
        check_batch(self, "x", x, W)
        self.x = x
        return x.dot(W)

    def backward(self, dout: Array) -> Array | None:
        (W,), (dW,) = self.params, self.grads
        check_array(self, "dout", dout, (len(self.x), W.shape[1]))
        np.matmul(self.x.T, dout, out=dW)
        return dout.dot(W.T) if self.needs_dx else None


@names.translated(names.WEIGHTS)
class Affine(Layer):
    """y = x W + b: every output is a weighted sum of all inputs, plus a bias.

    x: (N, D), W: (D, H), b: (H,), y: (N, H). b is added to every row of the batch, so its
    gradient is the sum over the rows.
    dL/dx = dout Wᵀ, dL/dW = xᵀ dout, dL/db = Σ_n dout[n].

    Source: Deep Learning from Scratch 2, section 1.2; document section 1.2.2.

    >>> layer = Affine(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([10.0, 20.0]))
    >>> layer.forward(np.array([[1.0, 1.0]]))
    array([[14., 26.]])
    >>> layer.backward(np.array([[1.0, 0.0]]))
    array([[1., 3.]])
    """

    param_names = ("W", "b")

    def __init__(self, W: Array, b: Array) -> None:
        check_weight(self, "W", W, ndim=2)
        check_weight(self, "b", b, ndim=1)
        if b.shape != W.shape[1:]:
            raise ShapeError(
                f"{name_of(self)}: b must have shape {W.shape[1:]}, got {b.shape}: W, of shape "
                f"{W.shape}, is (inputs, outputs)"
            )
        super().__init__(W, b)

    def forward(self, x: Array) -> Array:
        W, b = self.params
        check_batch(self, "x", x, W)
        self.x = x
        return x.dot(W) + b

    def backward(self, dout: Array) -> Array | None:
        W, b = self.params
        dW, db = self.grads
        check_array(self, "dout", dout, (len(self.x), len(b)))
        np.matmul(self.x.T, dout, out=dW)
        dout.sum(axis=0, out=db)
        return dout.dot(W.T) if self.needs_dx else None


class Linear(Affine):
    """An Affine that draws its own weights: uniform between -1/√D and 1/√D, as PyTorch's does.

    With D inputs, the sum x W then has about the size of the inputs, whatever D is. W is
    (in_features, out_features), as in the book; PyTorch keeps its transpose.

    seed: a number, or, for several layers, one Generator that they share: two layers made from
    the same number start with the same weights.

    Source: https://pytorch.org/docs/stable/generated/torch.nn.Linear.html

    >>> rng = np.random.default_rng(0)
    >>> Sequential(Linear(2, 10, rng), ReLU(), Linear(10, 3, rng))
    Sequential(Linear((2, 10), (10,)), ReLU(), Linear((10, 3), (3,)))
    """

    def __init__(self, in_features: int, out_features: int, seed: Seed = None) -> None:
        check_sizes(self, in_features=in_features, out_features=out_features)
        rng, bound = generator(self, seed), 1 / math.sqrt(in_features)
        W = rng.uniform(-bound, bound, (in_features, out_features)).astype(config.dtype)
        b = rng.uniform(-bound, bound, out_features).astype(config.dtype)
        super().__init__(np.asarray(W), np.asarray(b))


@fused
def sigmoid_dx(dout: Array, y: Array) -> Array:
    """What `Sigmoid` hands back."""
    return dout * y * (1 - y)


class Sigmoid(Layer):
    """y = 1 / (1 + exp(-x)), element by element. dL/dx = dout · y (1 - y).

    Source: document section 1.2.1.
    """

    def forward(self, x: Array) -> Array:
        check_array(self, "x", x)
        self.y = sigmoid(x)
        return self.y

    def backward(self, dout: Array) -> Array:
        check_array(self, "dout", dout, self.y.shape)
        return sigmoid_dx(dout, self.y)


@fused
def tanh_dx(dout: Array, y: Array) -> Array:
    """What `Tanh` hands back."""
    return dout * (1 - y * y)


class Tanh(Layer):
    """y = tanh(x), element by element. dL/dx = dout · (1 - y²)."""

    def forward(self, x: Array) -> Array:
        check_array(self, "x", x)
        self.y = np.tanh(x)
        return self.y

    def backward(self, dout: Array) -> Array:
        check_array(self, "dout", dout, self.y.shape)
        return tanh_dx(dout, self.y)


@fused
def relu_dx(dout: Array, y: Array) -> Array:
    """What `ReLU` hands back."""
    return dout * (y > 0)


class ReLU(Layer):
    """y = max(x, 0), element by element. dL/dx = dout where x > 0, and 0 elsewhere.

    >>> layer = ReLU()
    >>> layer.forward(np.array([-1.0, 0.0, 2.0]))
    array([0., 0., 2.])
    >>> layer.backward(np.array([5.0, 5.0, 5.0]))
    array([0., 0., 5.])
    """

    def forward(self, x: Array) -> Array:
        check_array(self, "x", x)
        self.y = relu(x)
        return self.y

    def backward(self, dout: Array) -> Array:
        check_array(self, "dout", dout, self.y.shape)
        return relu_dx(dout, self.y)


class Softmax(Layer):
    """y_i = exp(x_i) / Σ_j exp(x_j) along the last axis: scores become probabilities.

    Every output depends on every input of its row, so the row's other terms come back in:
    dL/dx_i = y_i (dout_i - Σ_j dout_j y_j). In training, `SoftmaxWithLoss` does this and the
    loss at once.

    Source: document section 1.3.1.
    """

    def forward(self, x: Array) -> Array:
        check_not_empty(self, "x", x)
        self.y = softmax(x)
        return self.y

    def backward(self, dout: Array) -> Array:
        check_array(self, "dout", dout, self.y.shape)
        return self.y * (dout - (dout * self.y).sum(axis=-1, keepdims=True))


class Flatten(Layer):
    """The axes start_dim to end_dim become one; the numbers and their order stay.

    By default all but the first: (N, 8, 8) becomes (N, 64). A backward gives dout its old shape.

    >>> Flatten(0, 1).forward(np.ones((2000, 1))).shape
    (2000,)
    """

    start_dim: Any = Setting(check_whole)
    end_dim: Any = Setting(check_whole)

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, x: Array) -> Array:
        check_not_empty(self, "x", x)
        start = self.start_dim + (x.ndim if self.start_dim < 0 else 0)
        end = self.end_dim + (x.ndim if self.end_dim < 0 else 0)
        if not 0 <= start <= end < x.ndim:
            raise ShapeError(
                f"Flatten({self.start_dim}, {self.end_dim}): x of shape {x.shape} has no such axes"
            )
        y = x.reshape(*x.shape[:start], -1, *x.shape[end + 1 :])
        self.x_shape, self.y_shape = x.shape, y.shape
        return y

    def backward(self, dout: Array) -> Array:
        check_array(self, "dout", dout, self.y_shape)
        return dout.reshape(self.x_shape)


class Dropout(Layer):
    """Silences each input with probability dropout_ratio, anew at every forward.

    In training y = x · mask, the mask 0 or 1. In evaluation y = x · (1 - dropout_ratio), the
    average over all masks. (PyTorch divides both by 1 - dropout_ratio.) dL/dx = dout · mask.

    Evaluation mode is `layer.eval()` or, as in the book, `forward(x, train_flg=False)`. The masks
    come from the layer's own generator, which `seed` starts.

    Source: Srivastava et al., "Dropout" (2014).
    """

    dropout_ratio: Any = Setting(at_least=0, below=1)

    def __init__(self, dropout_ratio: float = 0.5, seed: Seed = None) -> None:
        super().__init__()
        self.dropout_ratio = dropout_ratio
        self.rng = generator(self, seed)

    def forward(self, x: Array, train_flg: bool = True) -> Array:
        check_array(self, "x", x)
        check_flag(self, "train_flg", train_flg)
        if train_flg and self.training:
            self.mask = np.asarray(self.rng.random(x.shape) >= self.dropout_ratio)
        else:
            dtype = x.dtype if x.dtype.kind == "f" else config.dtype
            self.mask = np.full(x.shape, 1 - self.dropout_ratio, dtype)
        return x * self.mask

    def backward(self, dout: Array) -> Array:
        check_array(self, "dout", dout, self.mask.shape)
        return dout * self.mask


@names.translated(names.WEIGHTS)
class BatchNorm(Layer):
    """y = gamma · x̂ + beta with x̂ = (x - mean) / √(var + eps): every column on one scale.

    x, y: (N, D). gamma, beta: (D,), learned; they begin at 1 and 0. In training, mean and var
    are the batch's own, column by column, and `state` follows them:
    running ← running + momentum · (batch's - running), with Σ (x - mean)² / (N - 1) as the var.
    In evaluation `state` stands in their place, so a row's y depends on that row alone.

    dL/dgamma = Σ_n dout · x̂, dL/dbeta = Σ_n dout. In training each row moves mean and var, too:
    dL/dx = gamma / √(var + eps) · (dout - dL/dbeta / N - x̂ · dL/dgamma / N); in evaluation only
    the first of the three terms is left.

    Source: Ioffe & Szegedy (2015), in the form of PyTorch's BatchNorm1d.

    >>> layer = BatchNorm(1)
    >>> layer.forward(np.array([[10.0], [30.0]])).round(3)
    array([[-1.],
           [ 1.]])
    >>> layer.state[0]  # a tenth of the way to 20
    array([2.], dtype=float32)
    """

    param_names, state_names = ("gamma", "beta"), ("mean", "var")
    momentum: Any = Setting(at_least=0, at_most=1)
    eps: Any = Setting(above=0)

    def __init__(self, features: int, momentum: float = 0.1, eps: float = 1e-5) -> None:
        check_sizes(self, features=features)
        self.momentum, self.eps = momentum, eps
        gamma, beta = np.ones(features, config.dtype), np.zeros(features, config.dtype)
        mean, var = np.zeros(features, config.dtype), np.ones(features, config.dtype)
        super().__init__(gamma, beta, state=(mean, var))

    def forward(self, x: Array) -> Array:
        gamma, beta = self.params
        check_batch(self, "x", x, gamma)
        x = x.astype(np.result_type(x, gamma), copy=False)
        mean, var = self._follow(x) if self.training else self.state
        self.in_training = self.training
        self.std = np.sqrt(var + self.eps)
        self.x_hat = (x - mean) / self.std
        return gamma * self.x_hat + beta

    def _follow(self, x: Array) -> tuple[Array, Array]:
        """The batch's mean and var; the running ones take a step towards them."""
        if len(x) == 1:
            raise ShapeError(
                f"BatchNorm: x must have at least 2 rows in training, got {x.shape}: one row has "
                f"no variance. Choose a batch_size that leaves no single row."
            )
        running_mean, running_var = self.state
        mean, var = x.mean(axis=0), x.var(axis=0)
        running_mean += self.momentum * (mean - running_mean)
        running_var += self.momentum * (var * (len(x) / (len(x) - 1)) - running_var)
        return mean, var

    def backward(self, dout: Array) -> Array | None:
        (gamma, _), (dgamma, dbeta) = self.params, self.grads
        check_array(self, "dout", dout, self.x_hat.shape)
        dgamma[...] = (dout * self.x_hat).sum(axis=0)
        dbeta[...] = dout.sum(axis=0)
        if not self.needs_dx:
            return None
        if self.in_training:
            dout = dout - dbeta / len(dout) - self.x_hat * (dgamma / len(dout))
        return dout * (gamma / self.std)


@names.translated(names.WEIGHTS)
class Embedding(Layer):
    """y = W[idx]: row number idx of W, for each index. A MatMul with one-hot rows, without them.

    idx: whole numbers in 0..V-1, any shape; W: (V, D); y: idx's shape with D appended. A row that
    was used twice gets both gradients, added up. Indices have no gradient: backward returns None.

    Source: Deep Learning from Scratch 2, section 4.1.

    >>> layer = Embedding(np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]))
    >>> layer.forward(np.array([2, 2]))
    array([[4., 5.],
           [4., 5.]])
    >>> layer.backward(np.ones((2, 2)))
    >>> layer.grads[0][2]
    array([2., 2.])
    """

    param_names = ("W",)

    def __init__(self, W: Array) -> None:
        check_weight(self, "W", W, ndim=2)
        super().__init__(W)

    def forward(self, idx: Array) -> Array:
        (W,) = self.params
        check_array(self, "W", W)
        y = take_rows(self, "idx", W, idx)
        self.idx = idx
        return y

    def backward(self, dout: Array) -> None:
        (dW,) = self.grads
        check_array(self, "dout", dout, (*self.idx.shape, dW.shape[1]))
        dW[...] = 0
        np.add.at(dW, self.idx, dout)


class Sequential(Container):
    """Calls its layers one after another, and their backwards in the opposite order.

    `params` and `grads` are those of all its layers; `model[0]` is its first layer, and
    `model[-1] = Linear(...)` puts another in the place of the last.

    A layer has one memory, so one that stands in two places would forget its first call at its
    second: by hand that is an error, on the tape it is none.
    """

    def __init__(self, *layers: Layer) -> None:
        self.layers = [self._check_layer(layer) for layer in layers]

    @staticmethod
    def _check_layer(layer: Any) -> Layer:
        if not isinstance(layer, Layer):
            advice = class_advice(layer)
            if isinstance(layer, list | tuple):
                advice = " Write the layers one after another, without brackets."
            raise ArgumentTypeError(f"Sequential: expected layers, got {layer!r:.80}.{advice}")
        if isinstance(layer, LOSSES):
            raise ArgumentTypeError(
                f"Sequential: {name_of(layer)} needs labels, and none come through here. End at "
                f"the scores, and give the loss to the Trainer: Trainer(model, optimizer, loss)"
            )
        return layer

    def forward(self, x: Array) -> Array:
        check_no_layer_twice(self, flat(self))
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def __call__(self, x: Any) -> Any:
        """On a tensor: each layer's own call; a layer may then stand in two places."""
        if not isinstance(x, AbstractTensor):
            raise self._needs_tensor(x)
        x.enters(self)
        for layer in self.layers:
            x = layer(x)
        return x

    def backward(self, dout: Array) -> Array | None:
        # Where nobody needs dL/dx, the walk ends at the first layer that learns.
        learning = (layer for layer in self.layers if layer.params and layer.requires_grad)
        first = None if self.needs_dx else next(learning, None)
        if first is None and not self.needs_dx:
            return None
        for layer in reversed(self.layers):
            if layer is first:
                return self._back_without_dx(layer, dout)
            dout = layer.backward(dout)
        return dout

    @staticmethod
    def _back_without_dx(layer: Layer, dout: Array) -> None:
        before, layer.needs_dx = layer.needs_dx, False
        try:
            layer.backward(dout)
        finally:
            layer.needs_dx = before

    def append(self, layer: Layer) -> None:
        """One more layer, at the end."""
        self.layers.append(self._check_fits(layer))

    def _check_fits(self, layer: Layer) -> Layer:
        """A layer, which does not hold this model itself."""
        if any(part is self for part in parts_of(self._check_layer(layer))):
            raise ArgumentError("Sequential: a model cannot be a layer of itself")
        return layer

    def __setitem__(self, index: int, layer: Layer) -> None:
        """Another layer in the place of one."""
        self._check_index(index)
        self.layers[index] = self._check_fits(layer)

    def __delitem__(self, index: int) -> None:
        """One layer less."""
        self._check_index(index)
        del self.layers[index]

    def __getitem__(self, index: int | slice) -> Layer:
        """model[0] is the first layer; model[:2] a Sequential of the first two."""
        if isinstance(index, slice):
            return Sequential(*self.layers[index])
        self._check_index(index)
        return self.layers[index]

    def _check_index(self, index: int) -> None:
        check_whole(self, "index", index)
        if not -len(self) <= index < len(self):
            raise OutOfRangeError(f"Sequential: there is no layer {index}: it has {len(self)}")

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(repr, self.layers))})"


def flat(model: Sequential, within: tuple[Layer, ...] = ()) -> Iterator[Layer]:
    """Its layers, and in the place of a Sequential among them those of that one, and so on."""
    within = (*within, model)
    for layer in model.layers:
        if isinstance(layer, Sequential):
            if any(layer is one for one in within):
                raise ArgumentError("Sequential: a model cannot be a layer of itself")
            yield from flat(layer, within)
        else:
            yield layer if isinstance(layer, Layer) else Sequential._check_layer(layer)
