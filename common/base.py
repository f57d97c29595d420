"""What a layer is: a `forward`, a `backward`, and lists.

Derive from `Layer` to write your own; `ch01/write_your_own_layer.py` shows how.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dis import get_instructions
from inspect import isfunction
from typing import Any, NoReturn, Self

from common import names
from common.checks import check_array, check_sequence, name_of
from common.errors import (
    ArgumentError,
    ArgumentTypeError,
    CallOrderError,
    DTypeError,
    GradientError,
    GraphError,
    SharedLayerError,
)
from common.names import unknown_name
from common.np import AbstractTensor, Array, np
from common.parameters import (
    Part,
    are_same_arrays,
    check_pairs,
    each_once,
    learned,
    learners_of,
    leaves_of,
    lists_of,
    parts_of,
)


@names.translated(names.FROZEN)
class Layer(Part):
    """A function with a derivative, and the weights it learns.

    A layer has

    - `params`, the arrays that it learns, and `grads`, one array for each of them;
    - `forward(x)`, which returns the output and keeps what backward will need;
    - `backward(dout)`, which takes dL/d(output), writes dL/dparams into `grads`, in place, and
      returns dL/dx;
    - where it needs one, `state`: arrays that it keeps from call to call and does not learn, as
      a running mean. They are changed in place;
    - if they are to have names in a file, `param_names` and `state_names`.

    `layer.requires_grad = False` freezes a layer: its weights stay its own, for forward, to be
    moved and saved, but the params of a Sequential or a Module leave them out, so no optimizer
    changes them. (A model by hand leaves them out of its own lists.)

    The arrays in these lists stay the same objects until the model is moved to another device:
    optimizers and models hold on to them. `forward` writes into none of its inputs and
    `backward` not into `dout`, nor into what forward kept, so a second backward gives the same
    answer.

    >>> from common.np import np
    >>> class Double(Layer):
    ...     def forward(self, x):
    ...         return 2 * x
    ...
    ...     def backward(self, dout):
    ...         return 2 * dout
    >>> Double().backward(np.array([1.0, 10.0]))
    array([ 2., 20.])
    """

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    training = True  # Dropout and BatchNorm behave differently when this is False
    needs_dx = True  # False where nobody will look at dL/dx: x is data, say
    _is_one_call = False  # whether it is known to hold no other layers

    def __init__(self, *params: Array, state: Sequence[Array] = ()) -> None:
        for i, param in enumerate(params):
            check_array(self, f"params[{i}]", param)
        check_sequence(self, "state", state)
        for i, array in enumerate(state):
            check_array(self, f"state[{i}]", array)
        # What a layer within this one learns has its gradient there already.
        inner, their_grads = lists_of(leaves_of(vars(self)))
        check_pairs(self, inner, their_grads)
        held = dict(zip(map(id, inner), their_grads, strict=True))
        self.params = list(params)
        self.grads = [held[id(p)] if id(p) in held else np.zeros_like(p) for p in params]
        self.state = list(state)
        # Set here too, so that a replay finds as many attributes after a call as before.
        self.has_grads = self._is_one_call = False

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """On tensors: the output as a tensor that remembers this call.

        Each call is a copy of the layer, with a memory of its own and the same weights, so a
        layer may be called many times before a backward. What forward assigns to `self` stays
        with the call; what is to outlive it belongs into `state`, changed in place.
        """
        if not self._is_one_call:
            self._check_is_one_call()
        for x in inputs:
            if isinstance(x, AbstractTensor):
                copy = self.copy_for_a_call()
                y = x.record(copy, inputs, self, options)
                if copy.state is not self.state:
                    self._check_same_state(copy.state)
                return y
        raise self._needs_tensor(*inputs)

    def copy_for_a_call(self) -> Self:
        """A copy with the same weights and attributes, to which forward may assign its own."""
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        return copy

    def _check_is_one_call(self) -> None:
        """The memory of a layer within this one would be shared by all calls of this one."""
        if len(parts_of(self)) > 1:
            raise GraphError(
                f"{name_of(self)} holds layers, so it cannot be called on tensors as one. "
                f"Derive it from Module, and call its layers in forward."
            )
        self._is_one_call = True

    def _check_same_state(self, state: Sequence[Array]) -> None:
        """What forward puts into a list of its own is lost with the call."""
        if not are_same_arrays(state, self.state):
            raise GraphError(
                f"{name_of(self)}: forward put other arrays into self.state, and they would be "
                f"lost with this call. Change them in place: mean, var = self.state; "
                f"mean += 0.1 * (x.mean(axis=0) - mean)"
            )

    def _needs_tensor(self, *inputs: Any) -> DTypeError:
        got = ", ".join(type(x).__name__ for x in inputs) or "nothing"
        return DTypeError(
            f"{name_of(self)}: a call needs a Tensor, got {got}. Write layer(Tensor(x)), "
            f"or layer.forward(x) to work on arrays by hand."
        )

    def zero_grads(self) -> None:
        """Clears the gradients, those of what this layer holds included.

        By hand that is not needed, since backward sets them. On the tape the first gradient to
        come back after this is written, and each one after it is added.
        """
        for leaf in leaves_of(self):
            leaf.clear()

    def clear(self) -> None:
        """Zeros in `grads`, ready to be written into."""
        for grad in self.grads:
            grad[...] = 0
        self.has_grads = False

    def train(self) -> Self:
        """Training mode."""
        _set_mode(self, True)
        return self

    def eval(self) -> Self:
        """Evaluation mode: nothing is random, and no state changes."""
        _set_mode(self, False)
        return self

    def __getattr__(self, name: str) -> Any:
        """Python asks here only for what is missing, as `self.x` is before the first forward."""
        if isinstance(getattr(type(self), name, None), property):
            return getattr(type(self), name).fget(self)  # it failed: let it say so itself
        if name in ("params", "grads"):
            cause = "Its __init__ must call super().__init__(*weights)"
        elif name in ("forward", "backward"):
            cause = "A layer must define it"
        elif _is_set_in(type(self), name):
            cause = (
                "If forward sets it, call forward before backward. On tensors, call backward of "
                "the tensor that the loss returned"
            )
        else:
            raise unknown_name(self, name, names.LAYER)
        raise CallOrderError(f"{name_of(self)} has no {name!r}. {cause}.")

    def __repr__(self) -> str:
        shapes = ", ".join(str(param.shape) for param in self.params)
        return f"{name_of(self)}({shapes})"


def _is_set_in(layer: type, name: str) -> bool:
    """Whether a method of the layer's own class, or of one between it and Layer, sets self.name."""
    own = layer.__mro__[: layer.__mro__.index(Layer)]
    methods = (method for cls in own for method in vars(cls).values() if isfunction(method))
    some = (method for method in methods if name in method.__code__.co_names)  # the quick look
    steps = (step for method in some for step in get_instructions(method))
    return any(step.opname == "STORE_ATTR" and step.argval == name for step in steps)


class LookedUp(list[Array]):
    """The params, or grads, of a model, made for one look: nobody else sees what is put into it."""

    def __init__(self, name: str, arrays: Iterable[Array]) -> None:
        super().__init__(arrays)
        self.name = name

    def __setitem__(self, index: Any, array: Any) -> None:
        if array is not self[index]:  # it is after params[0] -= ..., which wrote into it
            self.append(array)

    def append(self, array: Any, *_: Any) -> NoReturn:
        raise ArgumentTypeError(
            f"the {self.name} of a model are looked up anew each time, so an array that is put "
            f"into the list would not reach it. Write into the array that is there, "
            f"model.{self.name}[0][...] = W; or change a list of your own, list(model.{self.name})."
        )

    insert = extend = append

    def __call__(self) -> NoReturn:
        raise ArgumentTypeError(f"{self.name} is a list, not a function: write model.{self.name}")


def check_list(who: object, name: str, arrays: Any) -> None:
    """A list or tuple; and of what a model looked up, not its grads in the place of its params."""
    check_sequence(who, name, arrays)
    if isinstance(arrays, LookedUp) and arrays.name != name:
        raise ArgumentError(f"{name_of(who)}: got the {arrays.name} of a model as its {name}")


class Container(Layer):
    """A layer that only calls others: Sequential, Module. It has what they have.

    `params` and `grads` are looked up whenever they are asked for, so a part that was replaced
    or added counts. That takes some microseconds; a loop that is in a hurry asks before it.
    """

    is_container = True

    def __init__(self) -> None:
        pass

    @property
    def params(self) -> list[Array]:  # type: ignore[override]
        """The arrays that are learned, each once."""
        params = each_once(p for leaf in learners_of(self) for p in leaf.params)
        return LookedUp("params", params)

    @property
    def grads(self) -> list[Array]:  # type: ignore[override]
        """One gradient for each of params: zeros where nothing has come back.

        Where two layers share an array, it is their sum, added up anew at each look.
        """
        return LookedUp("grads", learned(self)[1])

    @property
    def state(self) -> list[Array]:  # type: ignore[override]
        """The arrays that are kept and not learned."""
        return LookedUp("state", (array for leaf in leaves_of(self) for array in leaf.state))

    @property
    def requires_grad(self) -> bool:
        """Whether anything in it learns; to set it sets it in all that it holds."""
        return any(leaf.params for leaf in learners_of(self))

    @requires_grad.setter
    def requires_grad(self, requires_grad: bool) -> None:
        for leaf in leaves_of(self):
            leaf.requires_grad = requires_grad

    @property
    def training(self) -> bool:
        """Whether it is in training mode; to set it sets it in all that it holds."""
        return vars(self).get("training", True)

    @training.setter
    def training(self, training: bool) -> None:
        _set_mode(self, training)

    def clear(self) -> None:
        """Clears the gradients of all that it holds."""
        self.zero_grads()

    def __repr__(self) -> str:
        return f"{name_of(self)}()"


def check_no_layer_twice(who: object, layers: Iterable[Any]) -> None:
    """By hand a layer has one memory: a second call overwrites what backward needs of the first."""
    ids = [id(layer) for layer in layers if isinstance(layer, Layer)]
    if len(set(ids)) < len(ids):
        raise SharedLayerError(
            f"{name_of(who)}: a layer stands in two places. By hand its second call would "
            f"overwrite what the backward of its first needs: make two, on the same arrays if need "
            f"be, or train it on the tape."
        )


def check_written_in_place(layer: Any, arrays: Sequence[Array], grads: Sequence[Array]) -> None:
    """A backward writes into the arrays in `grads`: others hold on to them."""
    if not are_same_arrays(grads, arrays):
        raise GradientError(
            f"{name_of(layer)}.backward: an array in grads was replaced, so nobody sees the new "
            f"one. Write into the array that is there, as self.grads[0][...] = dW does."
        )


def layers_of(model: object) -> list[Layer]:
    """The parts that have a mode: all but the Parameters."""
    return [part for part in parts_of(model) if isinstance(part, Layer)]


def _set_mode(model: object, training: bool) -> None:
    for layer in layers_of(model):
        vars(layer)["training"] = training


@contextmanager
def mode(model: object, training: bool) -> Iterator[None]:
    """Training or evaluation mode for the block; after it, each layer's own mode again."""
    before = [(layer, layer.training) for layer in layers_of(model)]
    _set_mode(model, training)
    try:
        yield
    finally:
        for layer, was_training in before:
            vars(layer)["training"] = was_training
