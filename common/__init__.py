"""Layers, optimizers and a Trainer, on NumPy or, by a switch, on CuPy.

| module | what is in it |
|---|---|
| `functions` | the maths that layers are made of, on plain arrays |
| `base` | what a layer is |
| `parameters` | where a model's parameters are found; gradients of shared ones |
| `layers`, `losses` | each a `forward` and a `backward` |
| `optimizer`, `schedule` | SGD … AdamW; learning rates that change |
| `autograd/` | tensors that record: the tape, the ops, `Tensor` |
| `module` | models written on tensors |
| `trainer`, `training/` | the loop that puts them together, and what it is made of |
| `checkpoint` | what was learned, kept in a file; a training that goes on |
| `util` | clipping gradients; moving to the GPU and back |
| `fused`, `formula` | a formula in one pass over its arrays, and how it is read |
| `parallel` | workers that train one model together |
| `gradient_check`, `gradient_run` | measures whether a `backward` is right |
| `layer_rules`, `mistakes/` | what a layer must keep; what a wrong gradient looks like |
| `graph`, `graphs/` | computation graphs, drawn; and what a drawing is made of |
| `plot` | loss curves, decision boundaries |
| `config`, `np` | the switch between CPU and GPU |
| `checks`, `errors` | the rules that inputs must keep, and what is raised when they do not |
| `names` | what it is called in PyTorch or Keras, and here |
| `__main__`, `commands/` | the command line: `python -m common` |
| `script`, `players` | what the chapter scripts share, and what they hand to the site |
"""

import sys
from importlib.abc import MetaPathFinder
from typing import Any

__version__ = "0.1.0"

MOVED = {
    "array_ops": "autograd.ops",
    "callbacks": "trainer",
    "device": "util",
    "diagnosis": "training.lost_loss",
    "gradients": "parameters",
    "history": "training.report",
    "interrupt": "training.interrupt",
    "layer": "base",
    "network": "training.adapters",
    "operands": "autograd.tensor",
    "operators": "autograd.tensor",
    "ops": "autograd.ops",
    "progress": "training.report",
    "sequential": "layers",
    "trace": "graph",
    "walk": "autograd.tape",
}


def __getattr__(name: str) -> Any:
    """Is asked for `from common import layer`."""
    if name in MOVED:
        raise ModuleNotFoundError(f"{__name__}.{name} is now {__name__}.{MOVED[name]}", name=name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class _Signpost(MetaPathFinder):
    """Is asked last: says where a module is that stood elsewhere in an earlier version."""

    def find_spec(self, name: str, *_: Any) -> None:
        package, module = name.rpartition(".")[::2]
        if package == __name__ and module in MOVED:
            __getattr__(module)


sys.meta_path.append(_Signpost())
