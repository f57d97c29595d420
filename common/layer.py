"""What every layer is: a `forward`, a `backward`, and two lists.

Derive from `Layer` to write your own; `ch01/write_your_own_layer.py` shows how.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

from common.errors import CallOrderError
from common.np import Array, np


class Layer:
    """A function with a derivative, and the weights it learns.

    A layer has

    - `params`, the arrays that it learns, and `grads`, one array for each of them;
    - `forward(x)`, which returns the output and keeps what backward will need;
    - `backward(dout)`, which takes dL/d(output), writes dL/dparams into `grads`, in place, and
      returns dL/dx.

    The arrays in the two lists stay the same objects for good: optimizers and models hold on to
    them. `forward` writes into none of its inputs and `backward` not into `dout`, nor into what
    forward kept, so a second backward gives the same answer.

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
    training = True  # Dropout behaves differently when this is False
    needs_dx = True  # False where nobody will look at dL/dx: the first layer of a Sequential

    def __init__(self, *params: Array) -> None:
        self.params = list(params)
        self.grads = [np.zeros_like(param) for param in params]

    def train(self) -> Self:
        """Training mode."""
        return self._set_mode(True)

    def eval(self) -> Self:
        """Evaluation mode: nothing is random."""
        return self._set_mode(False)

    def _set_mode(self, training: bool) -> Self:
        for layer in layers_of(self):
            layer.training = training
        return self

    def __getattr__(self, name: str) -> Any:
        """Python asks here only for what is missing, as `self.x` is before the first forward."""
        cause = (
            "Its __init__ must call super().__init__(*weights)"
            if name in ("params", "grads")
            else "If forward sets it, call forward before backward"
        )
        raise CallOrderError(f"{type(self).__name__} has no {name!r}. {cause}.")

    def __repr__(self) -> str:
        shapes = ", ".join(str(param.shape) for param in self.params)
        return f"{type(self).__name__}({shapes})"


def layers_of(model: object) -> Iterator[Layer]:
    """The layers that a model holds, itself included if it is one, each once, in their order.

    A model is any object: its attributes are searched, and the lists, tuples and dictionaries
    among them, and the layers that layers hold.
    """
    seen: set[int] = set()
    stack = [model]
    while stack:
        item = stack.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, Layer):
            yield item
        if isinstance(item, Layer) or item is model:
            stack.extend(reversed(list(getattr(item, "__dict__", {}).values())))
        elif isinstance(item, list | tuple):
            stack.extend(reversed(item))
        elif isinstance(item, dict):
            stack.extend(reversed(list(item.values())))


@contextmanager
def mode(model: object, training: bool) -> Iterator[None]:
    """Training or evaluation mode for the block; after it, each layer's own mode again."""
    before = [(layer, layer.training) for layer in layers_of(model)]
    for layer, _ in before:
        layer.training = training
    try:
        yield
    finally:
        for layer, was_training in before:
            layer.training = was_training
