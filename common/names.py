"""What it is called elsewhere, and what it is called here: for those who come from PyTorch or Keras.

| elsewhere | here |
|---|---|
| `for p in model.parameters()` | `for W in model.params`, which are arrays |
| `optimizer.zero_grad(); loss.backward(); optimizer.step()` | `model.zero_grads(); loss.backward(); optimizer.update(model.params, model.grads)` |
| `CrossEntropyLoss`, `BCEWithLogitsLoss` | `SoftmaxWithLoss`, `SigmoidWithLoss` |
| `layer.weight`, of shape (out, in) | `layer.params[0]`, of shape (in, out) |
"""  # noqa: E501  a row of a table

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from common.checks import name_of
from common.errors import UnknownNameError

Kind = TypeVar("Kind")
# What others set. To set it here would change nothing.
SETTINGS = {
    *("learning_rate", "lr", "param_groups", "momentum", "nesterov", "betas", "weight_decay"),
    *("W", "weight", "b", "bias", "trainable", "require_grad", "loss"),
}

WEIGHTS = {
    "W": "params[0], where there are weights",
    "weight": "params[0], where there are weights",
    "b": "params[1], where there are two",
    "bias": "params[1], where there are two",
}

FROZEN = {"trainable": "requires_grad", "require_grad": "requires_grad"}

LAYER = {
    **WEIGHTS,
    **FROZEN,
    "parameters": "params, a list of arrays",
    "named_parameters": "params, a list of arrays",
    "weights": "params, a list of arrays",
    "zero_grad": "zero_grads()",
    "dW": "grads[0], where there are weights",
    "db": "grads[1], where there are two",
    "state_dict": "params and state, lists of arrays",
    "load_state_dict": "params and state, arrays that are written into: model.params[0][...] = W",
    "requires_grad_": "requires_grad = False",
    "freeze": "requires_grad = False",
    "to": "common.util.to_gpu(model) or to_cpu(model)",
    "cuda": "common.util.to_gpu(model)",
    "cpu": "common.util.to_cpu(model)",
    "add": "append(layer), of a Sequential",
    "add_module": "append(layer), of a Sequential",
    "insert": "layers.insert(i, layer), of a Sequential",
    "extend": "append(layer), of a Sequential",
    "running_mean": "state[0], of a BatchNorm",
    "running_var": "state[1], of a BatchNorm",
    "children": "common.parameters.parts_of(model)",
    "modules": "common.parameters.parts_of(model)",
    "fit": "Trainer(model, optimizer, loss).fit(x, t)",
    "compile": "Trainer(model, optimizer, loss)",
    "predict": "forward(x), or Trainer(model, optimizer, loss).predict(x)",
    "evaluate": "Trainer(model, optimizer, loss).evaluate(x, t)",
    "summary": "print(model)",
}

TENSOR = {
    "numpy": "common.util.to_cpu(x.data)",
    "tolist": "data.tolist()",
    "size": "shape",
    "dim": "ndim",
    "numel": "data.size",
    "view": "reshape(...)",
    "flatten": "reshape(-1)",
    "permute": "transpose(...)",
    "t": "T",
    "unsqueeze": "x[None] or x[:, None]",
    "astype": "Tensor(x.data.astype(...))",
    "float": "Tensor(x.data.astype('float32'))",
    "double": "Tensor(x.data.astype('float64'))",
    "to": "Tensor(common.util.to_gpu(x.data))",
    "cuda": "Tensor(common.util.to_gpu(x.data))",
    "cpu": "Tensor(common.util.to_cpu(x.data))",
    "clone": "x * 1, which is recorded, or Tensor(x.data.copy())",
    "copy": "x * 1, which is recorded, or Tensor(x.data.copy())",
    "requires_grad_": "requires_grad = True",
    "zero_grad": "grad = None",
    "grad_fn": "call",
    "is_leaf": "call is None",
    "device": "config.GPU",
    "pow": "x ** n",
    "add": "x + y",
    "sub": "x - y",
    "mul": "x * y",
    "div": "x / y",
    "dot": "x @ w",
    "mm": "x @ w",
    "matmul": "x @ w",
    "std": "var(...).sqrt()",
    "square": "x ** 2",
    "norm": "(x ** 2).sum().sqrt()",
    "softmax": "the layer Softmax()(x)",
    "argmax": "data.argmax(...)",
    "argsort": "data.argsort(...)",
    "clip": "clamp(min, max)",
}

OPTIMIZER = {
    "step": "update(params, grads)",
    "apply_gradients": "update(params, grads)",
    "zero_grad": "zero_grads(), and the model has it",
    "param_groups": "lr",
    "learning_rate": "lr",
    "state_dict": "slots, one for each parameter",
    "minimize": "update(params, grads)",
    "momentum": "an argument of Momentum and Nesterov",
    "nesterov": "the class Nesterov",
    "betas": "beta1 and beta2, of Adam",
    "weight_decay": "an argument of AdamW",
}

TRAINER = {
    "train": "fit(x, t)",
    "run": "fit(x, t)",
    "score": "evaluate(x, t)",
    "test": "evaluate(x, t)",
    "losses": "loss_list",
    "params": "model.params",
    "loss": "network.loss; for another loss, make another Trainer",
    "lr": "optimizer.lr",
}


def unknown_name(who: object, name: str, called_here: Mapping[str, str]) -> UnknownNameError:
    """For an attribute that there is not: what it is called here, or what is spelled alike."""
    advice = ""
    if name in called_here:
        advice = f" Here it is {called_here[name]}."
    elif not name.startswith("_"):  # Python and NumPy ask for those, by the way
        alike = get_close_matches(name, [n for n in dir(who) if n[0] != "_"], n=1)
        advice = f" Is {alike[0]!r} meant?" if alike else ""
    return UnknownNameError(f"{name_of(who)} has no {name!r}.{advice}")


class Elsewhere:
    """Stands in a class under a name of another framework; whoever asks is told ours.

    A `__getattr__` would do, too, but it makes each look at any attribute slower.
    """

    def __init__(self, name: str, called_here: Mapping[str, str]) -> None:
        self.name, self.called_here = name, called_here

    def __get__(self, who: object, owner: type) -> "Elsewhere":
        if who is None:
            return self
        raise unknown_name(who, self.name, self.called_here)


class SettingElsewhere(Elsewhere):
    """One that is set elsewhere: here it would change nothing. A class of one's own may use it."""

    def __get__(self, who: object, owner: type) -> Any:
        if who is not None and self.name in vars(who):
            return vars(who)[self.name]
        return super().__get__(who, owner)

    def __set__(self, who: object, value: Any) -> None:
        if type(who).__module__.partition(".")[0] == __name__.partition(".")[0]:
            raise unknown_name(who, self.name, self.called_here)
        vars(who)[self.name] = value


def translated(called_here: Mapping[str, str]) -> Callable[[type[Kind]], type[Kind]]:
    """For a class: answers the names in the table. `dir` does not list them."""

    def put_into(cls: type[Kind]) -> type[Kind]:
        for name in called_here:
            kind = SettingElsewhere if name in SETTINGS else Elsewhere
            setattr(cls, name, kind(name, called_here))
        cls.__dir__ = lambda self: [n for n in object.__dir__(self) if n not in called_here]  # type: ignore[method-assign]
        return cls

    return put_into
