"""`Module`: a model written as Python on tensors."""

from typing import Any, NoReturn

from common.autograd import Parameter, Tensor
from common.base import Container
from common.errors import GraphError
from common.np import np
from common.parameters import Part


class Module(Container):
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

    def __setattr__(self, name: str, value: Any) -> None:
        stays = value is None or isinstance(value, Part)
        if not stays and isinstance(vars(self).get(name), Parameter):
            raise GraphError(
                f"{type(self).__name__}.{name} is a Parameter, and this would put what is not "
                f"learned in its place. Change it in place, `self.{name} -= ...` or "
                f"`self.{name}.data[...] = array`; or put another there, Parameter(array)."
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
