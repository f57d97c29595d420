"""Other right answers to the exercises, in other styles than the solutions.

`@right("NAME")` stands before an answer to the exercise of that name.
"""

from collections.abc import Callable
from typing import Any, NamedTuple


class Right(NamedTuple):
    to: str
    answer: Any


def right(to: str) -> Callable[[Any], Right]:
    return lambda answer: Right(to, answer)
