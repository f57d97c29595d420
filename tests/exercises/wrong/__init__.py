"""Wrong answers to the exercises, and words of what each must be told.

`@wrong("NAME", "words")` stands before an answer to the exercise of that name.
"""

from collections.abc import Callable
from typing import Any, NamedTuple


class Wrong(NamedTuple):
    to: str
    words: str
    answer: Any


def wrong(to: str, words: str) -> Callable[[Any], Wrong]:
    return lambda answer: Wrong(to, words, answer)
