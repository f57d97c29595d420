"""`Module`: a model written as Python on tensors."""

import numbers
from typing import Any, NoReturn

from common.autograd import Tensor
from common.base import Container
from common.checks import is_array, name_of
from common.errors import GraphError
from common.np import AbstractTensor, np
from common.parameters import Part


class Module(Container):
    """A model whose `forward` is any Python on tensors: operators, layers, loops and ifs.

    Its parameters are each `Parameter` and the weights of the layers among its attributes, and in
    the lists, tuples and dictionaries and the modules there: in the order of definition, each
    once. There is no backward to write: `loss.backward()` finds the way.

    >>> from common.autograd import Parameter
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
        before = vars(self).get(name)
        is_lost = is_array(value) or isinstance(value, AbstractTensor | numbers.Number)
        if isinstance(before, Part) and is_lost and not isinstance(value, Part):
            raise GraphError(
                f"{type(self).__name__}.{name} is a {name_of(before)}, and this would put what is "
                f"not learned in its place. Change a Parameter in place, `self.{name} -= ...` or "
                f"`self.{name}.data[...] = array`; or put another there, Parameter(array)."
            )
        super().__setattr__(name, value)

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """forward on tensors; arrays become some, all else is handed on."""
        Tensor.enters(self)
        tensors = (Tensor(x) if isinstance(x, np.ndarray) else x for x in inputs)
        return self.forward(*tensors, **options)

    def backward(self, *_: Any) -> NoReturn:
        """A Module has none: it is trained on the tape."""
        raise GraphError(
            f"{type(self).__name__}: a Module has no backward of its own. Make a loss of what "
            f"it returns, and call loss.backward()."
        )
