"""The optimizers: how a gradient becomes a step.

    optimizer.update(model.params, model.grads)

changes every parameter in place. Below, p is a parameter, g its gradient, and everything is
element by element. The formulas and the small numbers are PyTorch's, so the two agree to
rounding; names and defaults are the book's (AdamW's are PyTorch's). lr may be changed at any
time; `common.schedule` has the usual ways. What `@fused` does, `common.fused` says: it makes a
formula faster, and nothing else.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, ClassVar

from common import config, names, util
from common.base import check_list
from common.checks import Setting, check_array, check_floats, name_of
from common.errors import ArgumentError, SharedLayerError
from common.fused import fused
from common.np import Array, np
from common.parameters import added_up, check_pairs, each_once
from common.util import to_device


@dataclass(eq=False)
class Slot:
    """What an optimizer keeps for one parameter.

    param: the array itself. step: how many updates it has had. state: the arrays of the formula.
    """

    param: Array
    step: int
    state: tuple[Array, ...]


# What an optimizer knows of its slots.
BOOKKEEPING = {"slots", "known", "_last_ids", "_last_grads", "_moves", "state_names"}

Ids = tuple[list[int], list[int]]  # of the device and the params, and of the grads


@names.translated(names.OPTIMIZER)
class Optimizer:
    """Keeps lr and, for each parameter, a `Slot` with the arrays named in `state_names`.

    They start at zero and belong to the parameter, whatever its place in the list. A parameter
    that is new starts anew. Parameters of which it knows none belong to another model, and are
    refused; but after a copy, or a move between devices, those of the same shapes are its own.

    A subclass has one method of its own, the formula: `update_one(p, g, step, *state)` changes p,
    and its state, in place. step counts the updates of p, this one included.
    """

    lr: Any = Setting(at_least=0)
    eps: Any  # some formulas have one
    state_names: ClassVar[tuple[str, ...]] = ()
    update_one: Callable[..., None]

    def __init__(self, lr: float) -> None:
        self.lr = lr
        self.steps = 0  # updates made so far
        self.slots: list[Slot] = []  # those of the last update, in its order
        self.known: dict[int, Slot] = {}  # every slot, by the id of its parameter
        self._last_ids: Ids = [0], []
        self._last_grads: list[Array] = []  # kept, so that their ids are theirs
        self._moves = util.moves

    def update(self, params: Sequence[Array], grads: Sequence[Array]) -> None:
        """One step. Nothing is changed if anything does not fit.

        An array that stands twice in `params` is updated once, with the sum of its gradients.
        What is not as in the last update is looked at: other arrays, another device. That one of
        the same arrays has become read-only since then is NumPy's error, amid the step.
        """
        if not (isinstance(params, list | tuple) and isinstance(grads, list | tuple)):
            check_list(self, "params", params)
            check_list(self, "grads", grads)
        ids = [id(config.array_module), *map(id, params)], [*map(id, grads)]
        if ids != self._last_ids:
            self._look_at(params, grads, ids)
        if len(self.slots) < len(params):
            _, grads = added_up(self, params, grads)
        before = self._params_to_watch() if self.steps == 0 else []
        for slot, g in zip(self.slots, grads, strict=True):
            self.update_one(slot.param, g, slot.step + 1, *slot.state)
            slot.step += 1
        self.steps += 1
        if before:
            self._check_moved(before, grads)

    def _params_to_watch(self) -> list[Array]:
        """Copies of all, before the first update of an optimizer of one's own."""
        if type(self).__module__ == __name__ or config.GPU:  # where to look would be to wait
            return []
        return [slot.param.copy() for slot in self.slots]

    def _check_moved(self, before: list[Array], grads: Sequence[Array]) -> None:
        is_still = all(
            np.array_equal(then, slot.param) for then, slot in zip(before, self.slots, strict=True)
        )
        if is_still and self.lr > 0 and any(grad.any() for grad in grads):
            raise ArgumentError(
                f"{name_of(self)}.update_one has moved no parameter. It must change p in place, "
                f"p -= self.lr * g: p = p - ... makes another array."
            )

    def _look_at(self, params: Sequence[Array], grads: Sequence[Array], ids: Ids) -> None:
        """Checks what was not there in the last update, and finds each parameter's slot."""
        check_list(self, "params", params)
        check_list(self, "grads", grads)
        check_pairs(self, params, grads)
        is_new = ids[0] != self._last_ids[0]
        if is_new:
            for i, p in enumerate(params):
                check_floats(self, f"params[{i}]", p)
                if hasattr(type(self), "eps") and p.dtype.type(self.eps) == 0:
                    raise ArgumentError(
                        f"{name_of(self)}: eps={self.eps:g} is 0 in {p.dtype}, the dtype of "
                        f"params[{i}]. Choose a larger one."
                    )
            check_no_views(self, params)
        for i, (p, g) in enumerate(zip(params, grads, strict=True)):
            check_array(self, f"grads[{i}]", g, p.shape, kinds="f")
            if _share_memory(g, p):
                raise ArgumentError(f"{name_of(self)}: grads[{i}] is params[{i}] itself")
        if is_new:
            self._find_slots(params)
        self._last_ids, self._last_grads = ids, list(grads)

    def _find_slots(self, params: Sequence[Array]) -> None:
        """The slot of each parameter, each once; a new one where there is none."""
        once = each_once(params)
        known = self.known  # also without state: a formula may use the step
        if known and not any(id(p) in known for p in once):
            known = self._follow(once) if self.state_names else {}
        self.slots = [known.get(id(p)) or self._new_slot(p) for p in once]
        self.known = known | {id(slot.param): slot for slot in self.slots}
        self._moves = util.moves

    def _new_slot(self, p: Array) -> Slot:
        return Slot(p, 0, tuple(np.zeros_like(p) for _ in self.state_names))

    def _follow(self, params: Sequence[Array]) -> dict[int, Slot]:
        """Slots for parameters that were moved, or copied, as a whole: by their place."""
        may_follow = self._moves != util.moves or id(config.array_module) != self._last_ids[0][0]
        if not may_follow or [p.shape for p in params] != [s.param.shape for s in self.slots]:
            raise ArgumentError(
                f"{name_of(self)}: it knows none of these parameters: its state belongs to those "
                f"of its last update. Make a new optimizer for a new model."
            )
        return {
            id(p): Slot(p, slot.step, tuple(map(to_device, slot.state)))
            for p, slot in zip(params, self.slots, strict=True)
        }

    def take_over(self, slots: Iterable[Slot]) -> None:
        """Goes on with these, in the place of its own."""
        self.known = {id(slot.param): slot for slot in slots}
        self._last_ids = [0], []  # so that the next update looks for them

    def __setstate__(self, state: dict[str, Any]) -> None:
        """A copy, or one that was loaded: it may go on with arrays that were copied apart."""
        vars(self).update(state)
        self.take_over(self.known.values())

    def __repr__(self) -> str:
        return f"{name_of(self)}(lr={self.lr:g})"


def check_no_views(who: object, params: Sequence[Array]) -> None:
    """No two parameters on the same memory: each would undo or double what the other does."""
    for one, other in combinations(each_once(params), 2):
        if _share_memory(one, other):
            raise SharedLayerError(
                f"{name_of(who)}: two parameters, of shapes {one.shape} and {other.shape}, are "
                f"views of the same memory. Tie them on the tape: make one Parameter, and use it "
                f"as it is and as .T."
            )


def _share_memory(one: Array, other: Array) -> bool:
    """Whether to write into one may change the other."""
    # With an axis more: CuPy 14 misses what a 0-d array shares.
    return bool(np.may_share_memory(one, other) and np.shares_memory(one[None], other[None]))


@fused
def sgd(p: Array, g: Array, lr: float) -> None:
    """One step of `SGD`."""
    p -= lr * g


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

    def update_one(self, p: Array, g: Array, step: int) -> None:
        sgd(p, g, self.lr)


@fused
def momentum(p: Array, g: Array, v: Array, lr: float, decay: float) -> None:
    """One step of `Momentum`; decay: its momentum."""
    v *= decay
    v += g
    p -= lr * v


class Momentum(Optimizer):
    """v ← momentum · v + g; p ← p - lr · v: a ball that keeps rolling.

    The book puts lr into v, which is the same as long as lr stays the same.

    Source: Polyak (1964); Sutskever et al. (2013), in PyTorch's form.
    """

    momentum: Any = Setting(at_least=0, below=1)
    state_names = ("v",)

    def __init__(self, lr: float = 0.01, momentum: float = 0.9) -> None:
        super().__init__(lr)
        self.momentum = momentum

    def update_one(self, p: Array, g: Array, step: int, v: Array) -> None:
        momentum(p, g, v, self.lr, self.momentum)


@fused
def nesterov(p: Array, g: Array, v: Array, lr: float, decay: float) -> None:
    """One step of `Nesterov`; decay: its momentum."""
    v *= decay
    v += g
    p -= lr * (g + decay * v)


class Nesterov(Momentum):
    """v ← momentum · v + g; p ← p - lr · (g + momentum · v): steps from where v leads.

    Source: Nesterov (1983); Sutskever et al. (2013), in PyTorch's form.
    """

    def update_one(self, p: Array, g: Array, step: int, v: Array) -> None:
        nesterov(p, g, v, self.lr, self.momentum)


@fused
def adagrad(p: Array, g: Array, h: Array, lr: float, eps: float) -> None:
    """One step of `AdaGrad`."""
    h += g * g
    p -= lr * g / (np.sqrt(h) + eps)


class AdaGrad(Optimizer):
    """h ← h + g²; p ← p - lr · g / (√h + eps): what has moved much moves less.

    Source: Duchi et al. (2011).
    """

    eps: Any = Setting(above=0)
    state_names = ("h",)

    def __init__(self, lr: float = 0.01, eps: float = 1e-10) -> None:
        super().__init__(lr)
        self.eps = eps

    def update_one(self, p: Array, g: Array, step: int, h: Array) -> None:
        adagrad(p, g, h, self.lr, self.eps)


@fused
def rmsprop(p: Array, g: Array, h: Array, lr: float, decay: float, eps: float) -> None:
    """One step of `RMSprop`; decay: its decay_rate."""
    h *= decay
    h += (1 - decay) * g * g
    p -= lr * g / (np.sqrt(h) + eps)


class RMSprop(Optimizer):
    """h ← decay_rate · h + (1 - decay_rate) · g²; p ← p - lr · g / (√h + eps).

    An AdaGrad that forgets, so that its steps do not die out.

    Source: Hinton, lecture 6e of "Neural Networks for Machine Learning" (2012).
    """

    decay_rate: Any = Setting(at_least=0, below=1)
    eps: Any = Setting(above=0)
    state_names = ("h",)

    def __init__(self, lr: float = 0.01, decay_rate: float = 0.99, eps: float = 1e-8) -> None:
        super().__init__(lr)
        self.decay_rate, self.eps = decay_rate, eps

    def update_one(self, p: Array, g: Array, step: int, h: Array) -> None:
        rmsprop(p, g, h, self.lr, self.decay_rate, self.eps)


@fused
def adam(
    p: Array, g: Array, m: Array, v: Array,
    lr: float, beta1: float, beta2: float, eps: float, step: float,
) -> None:  # fmt: skip
    """The step-th step of `Adam`. lr is divided by 1 - beta1^step, one number, instead of all m."""
    m *= beta1
    m += (1 - beta1) * g
    v *= beta2
    v += (1 - beta2) * g * g
    v_hat = v / (1 - beta2**step)
    p -= lr / (1 - beta1**step) * m / (np.sqrt(v_hat) + eps)


class Adam(Optimizer):
    """Momentum for the direction, RMSprop for the length of the step.

        m ← beta1 · m + (1 - beta1) · g
        v ← beta2 · v + (1 - beta2) · g²
        p ← p - lr · m̂ / (√v̂ + eps)

    with m̂ = m / (1 - beta1^step) and v̂ = v / (1 - beta2^step).

    m and v start at zero and are too small at first; the divisions make up for it.

    Source: Kingma & Ba (2015).
    """

    beta1: Any = Setting(at_least=0, below=1)
    beta2: Any = Setting(at_least=0, below=1)
    eps: Any = Setting(above=0)
    state_names = ("m", "v")

    def __init__(
        self, lr: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8
    ) -> None:
        super().__init__(lr)
        self.beta1, self.beta2, self.eps = beta1, beta2, eps

    def update_one(self, p: Array, g: Array, step: int, m: Array, v: Array) -> None:
        adam(p, g, m, v, self.lr, self.beta1, self.beta2, self.eps, step)


@fused
def scale(p: Array, factor: float) -> None:
    """What `AdamW` does before Adam's step."""
    p *= factor


class AdamW(Adam):
    """p ← p - lr · weight_decay · p, then Adam's step: weights that nothing pulls on shrink.

    Source: Loshchilov & Hutter (2019).
    """

    weight_decay: Any = Setting(at_least=0)

    def __init__(
        self,
        lr: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(lr, beta1, beta2, eps)
        self.weight_decay = weight_decay

    def update_one(self, p: Array, g: Array, step: int, m: Array, v: Array) -> None:
        scale(p, 1 - self.lr * self.weight_decay)
        super().update_one(p, g, step, m, v)
