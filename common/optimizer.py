"""The optimizers: how a gradient becomes a step.

    optimizer.update(model.params, model.grads)

changes every parameter in place. Below, p is a parameter, g its gradient, and everything is
element by element. The formulas and the small numbers are PyTorch's, so the two agree to
rounding; names and defaults are the book's (AdamW's are PyTorch's). lr may be changed at any
time; `common.schedule` has the usual ways.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar

from common import config
from common.base import note_change
from common.checks import check_floats, check_number, check_shape, name_of
from common.errors import ArgumentError, ShapeError, SharedLayerError
from common.np import Array, np
from common.util import to_device

PIECE = 2**16  # elements


def pieces(*arrays: Array) -> Iterator[tuple[Array, ...]]:
    """Views of large arrays of one shape, PIECE elements at a time.

    A formula goes over its arrays many times. Piece by piece they stay in the processor's cache
    from one time to the next. Arrays that do not lie in memory row by row come as they are.

    >>> for a, b in pieces(np.zeros((100, 800)), np.ones((100, 800))):
    ...     print(a.shape, b.shape)
    (65536,) (65536,)
    (14464,) (14464,)
    """
    if not all(array.flags.c_contiguous for array in arrays):
        yield arrays
        return
    flat = [array.reshape(-1) for array in arrays]
    for start in range(0, flat[0].size, PIECE):
        yield tuple(array[start : start + PIECE] for array in flat)


class Optimizer:
    """Keeps lr and, for each parameter, the arrays named in `state_names`, which start at zero.

    A subclass has one method of its own, the formula: `update_one(p, g, *state)` changes p, and
    its state, in place and element by element: p may be a stretch of a large array.
    """

    state_names: ClassVar[tuple[str, ...]] = ()
    update_one: Callable[..., None]

    def __init__(self, lr: float) -> None:
        self.lr = lr
        self.step = 0  # updates made so far
        self.state: list[tuple[Array, ...]] = []
        self._checked: list[Array] = []
        self._checked_ids: list[int] = []

    @property
    def lr(self) -> float:
        """The learning rate: 0 or more."""
        return self._lr

    @lr.setter
    def lr(self, lr: float) -> None:
        self._lr = check_number(self, "lr", lr, at_least=0)

    def update(self, params: Sequence[Array], grads: Sequence[Array]) -> None:
        """One step. Nothing is changed if anything does not fit.

        The arrays are looked at when they, or the device, are not those of the last update.
        """
        ids = [id(config.array_module), *map(id, params), *map(id, grads)]
        if ids != self._checked_ids:
            self._check(params, grads)
            self._fit_state(params)
            self._checked, self._checked_ids = [*params, *grads], ids
        self.step += 1
        for p, g, state in zip(params, grads, self.state, strict=True):
            if p.size <= PIECE or config.GPU:
                self.update_one(p, g, *state)
            else:
                for piece in pieces(p, g, *state):
                    self.update_one(*piece)
        note_change(params)

    def _check(self, params: Sequence[Array], grads: Sequence[Array]) -> None:
        if len(params) != len(grads):
            raise ShapeError(f"{name_of(self)}: got {len(params)} params, but {len(grads)} grads")
        for i, (p, g) in enumerate(zip(params, grads, strict=True)):
            for name, array in ((f"params[{i}]", p), (f"grads[{i}]", g)):
                check_floats(self, name, array)
                check_shape(self, name, array, p.shape)
            if any(p is earlier for earlier in params[:i]):
                raise SharedLayerError(
                    f"{name_of(self)}: params[{i}] stands earlier in the list too. A weight that "
                    f"two layers share is trained on the tape, where their gradients add up."
                )

    def __repr__(self) -> str:
        return f"{name_of(self)}(lr={self.lr:g})"

    def _fit_state(self, params: Sequence[Array]) -> None:
        """Zeros at first; later the same numbers, where and what dtype the parameters now are."""
        before, now = self._checked_ids[1 : len(params) + 1], list(map(id, params))
        if self.state_names and before != now and sorted(before) == sorted(now):
            raise ArgumentError(
                f"{name_of(self)}: the parameters of the last update came in another order. Its "
                f"state goes by their place in the list."
            )
        if not self.state or not self.state_names:
            self.state = [tuple(np.zeros_like(p) for _ in self.state_names) for p in params]
        elif [p.shape for p in params] == [state[0].shape for state in self.state]:
            self.state = [
                tuple(to_device(array).astype(p.dtype, copy=False) for array in state)
                for p, state in zip(params, self.state, strict=True)
            ]
        else:
            raise ShapeError(
                f"{name_of(self)}: its state belongs to parameters of other shapes. "
                f"Make a new optimizer for a new model."
            )


class SGD(Optimizer):
    """p ← p - lr · g: a step downhill.

    Source: Deep Learning from Scratch 2, section 1.3.6.

    >>> p = np.array([1.0])
    >>> SGD(lr=0.1).update([p], [np.array([2.0])])
    >>> p
    array([0.8])
    """

    def __init__(self, lr: float = 0.01) -> None:
        super().__init__(lr)

    def update_one(self, p: Array, g: Array) -> None:
        p -= self.lr * g


class Momentum(Optimizer):
    """v ← momentum · v + g; p ← p - lr · v: a ball that keeps rolling.

    The book puts lr into v, which is the same as long as lr stays the same.

    Source: Polyak (1964); Sutskever et al. (2013), in PyTorch's form.
    """

    state_names = ("v",)

    def __init__(self, lr: float = 0.01, momentum: float = 0.9) -> None:
        super().__init__(lr)
        self.momentum = check_number(self, "momentum", momentum, at_least=0, below=1)

    def update_one(self, p: Array, g: Array, v: Array) -> None:
        v *= self.momentum
        v += g
        p -= self.lr * v


class Nesterov(Momentum):
    """v ← momentum · v + g; p ← p - lr · (g + momentum · v): steps from where v leads.

    Source: Nesterov (1983); Sutskever et al. (2013), in PyTorch's form.
    """

    def update_one(self, p: Array, g: Array, v: Array) -> None:
        v *= self.momentum
        v += g
        p -= self.lr * (g + self.momentum * v)


class AdaGrad(Optimizer):
    """h ← h + g²; p ← p - lr · g / (√h + eps): what has moved much moves less.

    Source: Duchi et al. (2011).
    """

    state_names = ("h",)

    def __init__(self, lr: float = 0.01, eps: float = 1e-10) -> None:
        super().__init__(lr)
        self.eps = check_number(self, "eps", eps, above=0)

    def update_one(self, p: Array, g: Array, h: Array) -> None:
        h += g * g
        p -= self.lr * g / (np.sqrt(h) + self.eps)


class RMSprop(Optimizer):
    """h ← decay_rate · h + (1 - decay_rate) · g²; p ← p - lr · g / (√h + eps).

    An AdaGrad that forgets, so that its steps do not die out.

    Source: Hinton, lecture 6e of "Neural Networks for Machine Learning" (2012).
    """

    state_names = ("h",)

    def __init__(self, lr: float = 0.01, decay_rate: float = 0.99, eps: float = 1e-8) -> None:
        super().__init__(lr)
        self.decay_rate = check_number(self, "decay_rate", decay_rate, at_least=0, below=1)
        self.eps = check_number(self, "eps", eps, above=0)

    def update_one(self, p: Array, g: Array, h: Array) -> None:
        h *= self.decay_rate
        h += (1 - self.decay_rate) * g * g
        p -= self.lr * g / (np.sqrt(h) + self.eps)


class Adam(Optimizer):
    """Momentum for the direction, RMSprop for the length of the step.

    m ← beta1 · m + (1 - beta1) · g
    v ← beta2 · v + (1 - beta2) · g²
    p ← p - lr · m̂ / (√v̂ + eps), with m̂ = m / (1 - beta1^step) and v̂ = v / (1 - beta2^step)

    m and v start at zero and are too small at first; the divisions make up for it.

    Source: Kingma & Ba (2015).
    """

    state_names = ("m", "v")

    def __init__(
        self, lr: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8
    ) -> None:
        super().__init__(lr)
        self.beta1 = check_number(self, "beta1", beta1, at_least=0, below=1)
        self.beta2 = check_number(self, "beta2", beta2, at_least=0, below=1)
        self.eps = check_number(self, "eps", eps, above=0)

    def update_one(self, p: Array, g: Array, m: Array, v: Array) -> None:
        m *= self.beta1
        m += (1 - self.beta1) * g
        v *= self.beta2
        v += (1 - self.beta2) * g * g
        v_hat = v / (1 - self.beta2**self.step)
        lr = self.lr / (1 - self.beta1**self.step)  # divides one number, where m̂ divides all of m
        p -= lr * m / (np.sqrt(v_hat) + self.eps)


class AdamW(Adam):
    """p ← p - lr · weight_decay · p, then Adam's step: weights that nothing pulls on shrink.

    Source: Loshchilov & Hutter (2019).
    """

    def __init__(
        self,
        lr: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(lr, beta1, beta2, eps)
        self.weight_decay = check_number(self, "weight_decay", weight_decay, at_least=0)

    def update_one(self, p: Array, g: Array, m: Array, v: Array) -> None:
        p *= 1 - self.lr * self.weight_decay
        super().update_one(p, g, m, v)
