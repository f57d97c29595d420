"""Tensors that remember how they were made, so that gradients find their way back.

| module | what is in it |
|---|---|
| `tape` | the calls that are remembered, and the walk back over them |
| `tensor` | `Tensor` and `Parameter`: what can be written with them |
| `ops` | each operation beside its derivative |
| `replays` | a step that is recorded, and played again |
| `recorder` | what the tape tells of a step while it is recorded |
| `program` | the Python that is written of it |
| `recording` | what is kept of it, and whether two are the same |
| `conditions` | what must hold so that it may be replayed |
| `watched` | the tensors of a step that is recorded |
"""

from common.autograd.replays import replay
from common.autograd.tape import no_grad
from common.autograd.tensor import Parameter, Tensor, concatenate, maximum, stack, where

__all__ = ["Parameter", "Tensor", "concatenate", "maximum", "no_grad", "replay", "stack", "where"]
