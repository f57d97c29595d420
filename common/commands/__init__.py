"""What `python -m common` does: one module for each command, and what the commands share.

| module | what is in it |
|---|---|
| `gradcheck` | measures whether the backward of a layer in a file is right |
| `trace`, `calls` | what each layer of a script did in a step; how that is seen |
| `summary` | what a model in a file is made of |
| `parity` | the same training step, written five ways |
| `options` | what command lines have in common |
| `files`, `table` | finding what a command line names; columns of text |

Each command is a function that prints, and returns the exit code: 0 where all is right, 1 where
something is wrong. What cannot be done as it was asked for is a `CommandError`, and code 2.
"""
