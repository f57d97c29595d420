"""`Module`: a model written as Python on tensors."""

from typing import Any, NoReturn

from common.autograd import Parameter, Tensor
from common.base import Gradient, Layer, gradients_of
from common.errors import GraphError
from common.layers import Sequential
from common.np import Array, np


class Module(Layer):
    """A model whose `forward` is any Python on tensors: operators, layers, loops and ifs.

    Its parameters are the `Parameter`s and the weights of the layers among its attributes, and in
    the lists, tuples and dictionaries and the modules there: in the order of definition, each
    once. There is no backward to write: `loss.backward()` finds the way.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.a = Parameter(np.array(2.0))
    ...         self.b = Parameter(np.array(1.0))
    ...
    ...     def forward(self, x):
    ...         return self.a * x + self.b
    >>> model = Line()
    >>> model(np.array([0.0, 1.0])).sum().backward()
    >>> model.grads
    [array(1.), array(2.)]
    """

    holds_layers = True

    def __init__(self) -> None:
        pass

    def __setattr__(self, name: str, value: Any) -> None:
        is_lost = isinstance(vars(self).get(name), Parameter) and not isinstance(value, Parameter)
        if is_lost and isinstance(value, Tensor):
            raise GraphError(
                f"{type(self).__name__}.{name} is a Parameter, and this would put a mere result in "
                f"its place. Change it in place: self.{name} -= ..."
            )
        super().__setattr__(name, value)

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """forward on tensors; arrays become some, all else is handed on."""
        tensors = (Tensor(x) if isinstance(x, np.ndarray) else x for x in inputs)
        return self.forward(*tensors, **options)

    def backward(self, *_: Any) -> NoReturn:
        """A Module has none: it is trained on the tape."""
        raise GraphError(
            f"{type(self).__name__}: a Module has no backward of its own. Make a loss of what "
            f"it returns, and call loss.backward()."
        )

    @property
    def params(self) -> list[Array]:  # type: ignore[override]
        """The arrays that are learned, each once."""
        return [param for param, _ in self._learned()]

    @property
    def grads(self) -> list[Array]:  # type: ignore[override]
        """One gradient for each of params: zeros where nothing has come back."""
        return [gradient.array for _, gradient in self._learned()]

    def zero_grads(self) -> None:
        """Clears the gradients."""
        for _, gradient in self._learned():
            gradient.clear()

    def _learned(self) -> list[tuple[Array, Gradient]]:
        found: dict[int, tuple[Array, Gradient]] = {}
        _collect(self, found, set())
        return list(found.values())


def _collect(item: Any, found: dict[int, tuple[Array, Gradient]], seen: set[int]) -> None:
    """Adds what `item` learns to `found`, by the identity of the array."""
    if isinstance(item, Parameter):
        found.setdefault(id(item.data), (item.data, item.gradient))
    elif isinstance(item, (Layer, list, tuple, dict)) and id(item) not in seen:
        seen.add(id(item))
        if isinstance(item, Module):
            for part in vars(item).values():
                _collect(part, found, seen)
        elif isinstance(item, Sequential):
            _collect(item.layers, found, seen)
        elif isinstance(item, Layer):
            for param, gradient in zip(item.params, gradients_of(item), strict=True):
                found.setdefault(id(param), (param, gradient))
        else:
            for part in item.values() if isinstance(item, dict) else item:
                _collect(part, found, seen)
