"""The rules of a layer, tried on one. The tape and the Trainer rely on them; `base` states them.

On the tape each call is a copy of the layer, with a memory of its own, and several calls may hold
one array: so a layer writes into nothing that it was given, and hands nothing on to its next call
but in `state`.
"""

import copy
import numbers
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy

from common.autograd.ops import Op
from common.autograd.tape import check_result
from common.base import check_written_in_place
from common.checks import is_array, name_of
from common.errors import CallOrderError, CommonError, GradientError, UnknownNameError
from common.mistakes import likely
from common.mistakes.shapes import error_in_words
from common.np import AbstractTensor, Array, np
from common.parameters import (
    OF_ARRAYS,
    Part,
    added_up,
    each_once,
    learners_of,
    leaves_of,
    lists_of,
)
from common.util import to_cpu

Inputs = tuple[Array, ...]
Named = list[tuple[str, Array]]
NOT_SAID = object()  # stands for the gradient of an input that has none: labels, say


def check_rules(layer: Any, inputs: Inputs) -> None:
    """Runs copies of a layer. Raises GradientError, which names the rule, where it breaks one.

    - forward writes into no input, and gives the same result for the same input;
    - it keeps from call to call only what is in `state`, changed in place; what an earlier forward
      left otherwise, it does not use;
    - backward writes into nothing but `grads`, and sets these in place, whatever stood there;
    - a second backward gives what the first has given.
    """
    name, ran = title(layer), copy.deepcopy(layer)
    with nothing_written(f"{name}.forward", named_inputs(inputs)):
        y = run_forward(ran, inputs)
    check_repeats(name, y, run_forward(copy.deepcopy(layer), inputs))
    _check_hands_nothing_on(layer, inputs)
    dout = np.asarray(numpy.random.default_rng(0).normal(size=y.shape))
    params = [("self.params", param) for param in lists_in(ran)[0]]
    held = [("dout", dout), *named_inputs(inputs), ("what forward returned", y), *params]
    with nothing_written(f"{name}.backward", held):
        over_zeros = gradients_by_hand(ran, inputs, dout, before=0)
    _check_can_be_repeated(ran, inputs, dout, over_zeros)
    _check_forgets(layer, inputs, y, dout, over_zeros)


def title(f: Any) -> str:
    """How a message calls a layer or a function."""
    return str(f) if isinstance(f, Part) else getattr(f, "__name__", name_of(f))


def named_inputs(inputs: Inputs) -> Named:
    """Each input with the name that a message has for it."""
    return [(f"input {i}", x) for i, x in enumerate(inputs)]


def lists_in(f: Any) -> tuple[Any, Any]:
    """The params of f and of all that it holds, and their grads; what is frozen is left out."""
    has_lists = not isinstance(f, Part | Op) and hasattr(f, "params")
    return added_up(f, *lists_of([*learners_of(f), *([f] if has_lists else [])]))


def run_forward(layer: Any, inputs: Inputs) -> Array:
    """What forward returns, once it is known to be an array."""
    return check_result(f"{title(layer)}.forward", "what it returns", layer.forward(*inputs))


def gradients_by_hand(layer: Any, inputs: Inputs, dout: Array, before: float = 0) -> list[Any]:
    """What backward says of all inputs and parameters; `before` stands in all of grads before."""
    lists = [(holder, list(holder.grads)) for holder in _with_grads(layer)]
    for _, grads in lists:
        for grad in grads:
            grad[...] = before
    dx = _run_backward(layer, dout)
    for leaf, grads in lists:
        check_written_in_place(leaf, grads, leaf.grads)
    dxs = list(dx) if isinstance(dx, tuple) else [dx]
    dxs += [NOT_SAID] * (len(inputs) - len(dxs))  # a loss has two inputs, and returns one gradient
    said = (*dxs[: len(inputs)], *lists_in(layer)[1])
    return [x.copy() if is_array(x) else x for x in said]


def _run_backward(layer: Any, dout: Array) -> Any:
    """What backward returns; an error of NumPy or Python in it is its mistake."""
    who = f"{title(layer)}.backward"
    try:
        dx = layer.backward(dout)
    except UnknownNameError as error:
        raise GradientError(f"{who}: {error}{likely(error_in_words(error, layer))}") from error
    except (CommonError, NotImplementedError, MemoryError):
        raise
    except Exception as error:
        words = f"{who} raises {type(error).__name__}: {error}"
        raise GradientError(words + likely(error_in_words(error, layer))) from error
    if isinstance(dx, list):
        raise GradientError(f"{who} returns a list. Several gradients are a tuple: return dx, dy")
    return dx


def _with_grads(layer: Any) -> list[Any]:
    """All in it that has grads; also a layer in the book's style, which is no `Layer`."""
    if isinstance(layer, Part) or "grads" not in getattr(layer, "__dict__", {}):
        return [*leaves_of(layer)]
    for i, grad in enumerate(layer.grads):
        if not is_array(grad):
            raise GradientError(
                f"{title(layer)}: grads[{i}] is no array but {grad!r:.40}. Backward writes into "
                f"one: make it of zeros, np.zeros_like(params[{i}])"
            )
    return [*leaves_of(layer), layer]


@contextmanager
def nothing_written(who: str, named: Named) -> Iterator[None]:
    """In the block none of these arrays changes, bit for bit."""
    before = [array.copy() for _, array in named]
    yield
    for (name, array), then in zip(named, before, strict=True):
        if to_cpu(array).tobytes() != to_cpu(then).tobytes():
            raise GradientError(
                f"{who} writes into {name}, which others hold, too. Make a new array, as "
                f"dout * mask does, or write into a copy."
            )


def check_repeats(name: str, y: Array, again: Array) -> None:
    """Two runs have given the same."""
    if not agree(y, again):
        raise GradientError(
            f"{name}: forward gives another result each time, so there is no slope to measure. "
            f"Draw what is random from a generator that the layer keeps, as Dropout does: it is "
            f"copied with the layer."
        )


def _check_can_be_repeated(layer: Any, inputs: Inputs, dout: Array, first: list[Any]) -> None:
    """A second backward, over other numbers in grads, gives what the first has given."""
    try:
        second = gradients_by_hand(layer, inputs, dout, before=1)
    except (CallOrderError, GradientError) as error:
        raise GradientError(
            f"{title(layer)}: a second backward fails: the first must leave what forward kept. "
            f"{error}"
        ) from error
    for i, (one, other) in enumerate(zip(first, second, strict=True)):
        if i >= len(inputs) and not one.any() and (other == 1).all():
            raise GradientError(
                f"{title(layer)}: backward leaves in grads what stood there: it never writes the "
                f"gradient of params[{i - len(inputs)}]. It must write it into the array that is "
                f"there, self.grads[{i - len(inputs)}][...] = {_elsewhere(layer, other.shape)}"
            )
        if not agree(one, other):
            name = f"input {i}" if i < len(inputs) else f"params[{i - len(inputs)}]"
            raise GradientError(
                f"{title(layer)}: a second backward gives another gradient of {name}. backward "
                f"must not write into what forward kept; and it must set all of an array in "
                f"grads, self.grads[0][...] = dW, and not add to it (+=)."
            )


def _elsewhere(layer: Any, shape: tuple[int, ...]) -> str:
    """What is to be written: the attribute that could be the missing gradient, if there is one."""
    held = {name: x for name, x in vars(layer).items() if name[:1] == "d" and is_array(x)}
    return next((f"self.{name}" for name, x in held.items() if x.shape == shape), "its gradient")


# From one call to the next ------------------------------------------------------------------------


def _check_hands_nothing_on(layer: Any, inputs: Inputs) -> None:
    """A forward changes nothing that was there, and makes nothing of what an earlier one made."""
    ran, plain, other = (copy.deepcopy(layer) for _ in range(3))
    then, was = [dict(names) for names in _attributes_in(ran)], _attributes_in(plain)
    ran.forward(*inputs)
    in_state = {id(array) for leaf in leaves_of(ran) for array in leaf.state}
    made: list[dict[str, Any]] = []
    for now, old, values in zip(_attributes_in(ran), then, was, strict=False):
        for name, value in now.items():
            is_old = name in old and value is old[name]
            if is_old and name not in OF_ARRAYS and id(value) not in in_state:
                _check_unchanged(layer, name, values[name], value)
        made.append({k: value for k, value in now.items() if value is not old.get(k, NOT_SAID)})
    starts = [{name: _moved(value) for name, value in names.items()} for names in made]
    for names, start in zip(_attributes_in(other), starts, strict=False):
        names.update(copy.deepcopy(start))
    with suppress(Exception):  # the moved numbers may be too much for it
        plain.forward(*inputs)
        other.forward(*inputs)
    ends = zip(made, starts, _attributes_in(plain), _attributes_in(other), strict=False)
    for values, start, again, end in ends:
        for name, value in values.items():
            repeats = agree(value, again.get(name))  # which the time of a clock does not
            if repeats and not agree(value, end.get(name)) and not agree(start[name], end[name]):
                raise GradientError(
                    f"{title(layer)}: forward makes self.{name} from what an earlier forward left "
                    f"there. On the tape each call is a copy of the layer, so that would be lost: "
                    f"keep it in state, super().__init__(..., state=[...]), changed in place."
                )


def _check_forgets(layer: Any, inputs: Inputs, y: Array, dout: Array, gradients: list[Any]) -> None:
    """After a forward on other inputs, y and the gradients are what they are without it.

    Not of a layer that draws, nor of one whose y depends on its `state`: from the same inputs it
    makes another y each time.
    """
    ran, twice = copy.deepcopy(layer), copy.deepcopy(layer)
    try:
        ran.forward(*(np.flip(x) for x in inputs))  # the same numbers, so it can take them
    except Exception:
        return
    again = run_forward(ran, inputs)
    pairs = [("forward", y, again), ("backward", gradients, gradients_by_hand(ran, inputs, dout))]
    wrong = [method for method, one, other in pairs if not agree(one, other)]
    if wrong and agree(run_forward(twice, inputs), run_forward(twice, inputs)):
        raise GradientError(
            f"{title(layer)}: after a forward on other inputs, {wrong[0]} gives something else: "
            f"it uses what an earlier forward left. Make all that backward needs anew in each "
            f"forward, self.x = x; what is to be kept from call to call stands in state."
        )


def _check_unchanged(layer: Any, name: str, before: Any, now: Any) -> None:
    if not agree(before, now):
        raise GradientError(
            f"{title(layer)}: forward writes into self.{name}, which was there before and which on "
            f"the tape all calls of the layer share. Make it anew in forward; or, if it is to be "
            f"kept from call to call, keep it in state."
        )


def _attributes_in(f: Any) -> list[dict[str, Any]]:
    """The attributes of f, and of each layer that it holds."""
    holders = each_once([f, *leaves_of(f)])
    return [vars(holder) for holder in holders if not isinstance(holder, AbstractTensor)]


def _moved(value: Any) -> Any:
    """Other numbers in the place of those of value."""
    if isinstance(value, list | tuple):
        return type(value)(map(_moved, value)) if type(value) in (list, tuple) else value
    if isinstance(value, dict):
        return {key: _moved(item) for key, item in value.items()}
    is_number = isinstance(value, numbers.Number) and not isinstance(value, bool)
    return value + 1 if is_number or (is_array(value) and value.dtype.kind == "f") else value


def agree(one: Any, other: Any) -> bool:
    """Whether numbers and arrays, also in lists and dictionaries, are the same up to rounding.

    What is none of these is not compared.
    """
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(agree, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(agree(one[key], other[key]) for key in one)
    comparable = [isinstance(x, numbers.Number) or is_array(x) for x in (one, other)]
    if not all(comparable):
        return not comparable[0]
    one, other = to_cpu(one), to_cpu(other)
    return one.shape == other.shape and numpy.allclose(one, other, rtol=1e-9, equal_nan=True)
