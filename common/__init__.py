"""Layers, optimizers and a Trainer, on NumPy or, by a switch, on CuPy.

| module | what is in it |
|---|---|
| `layers` | the layers and losses, each a `forward` and a `backward` |
| `functions` | the maths they are made of, on plain arrays |
| `autograd`, `module` | tensors that record, and models written on them |
| `optimizer`, `schedule` | SGD … AdamW; learning rates that change |
| `trainer` | the loop that puts them together |
| `gradient_check` | proves a `backward` right, or shows where it is wrong |
| `plot`, `graph` | loss curves, decision boundaries, computation graphs |
| `config`, `np` | the switch between CPU and GPU |
| `errors` | what is raised when an input is wrong |
"""
