"""What is refused of a stranger's file, in words with which the file can do no harm either."""

import reprlib
from itertools import islice
from typing import Any

from common.errors import FileError

LONG = 1000  # letters that a message takes from a file


class _Beginning(reprlib.Repr):
    """The first things of each list. reprlib would put a dictionary in order first, key by key."""

    def repr_dict(self, x: dict[Any, Any], level: int) -> str:
        if level <= 0 and x:
            return "{...}"
        few = {key: x[key] for key in islice(x, self.maxdict)}
        pairs = [f"{self.repr1(k, level - 1)}: {self.repr1(v, level - 1)}" for k, v in few.items()]
        return f"{{{', '.join(pairs + ['...'] * (len(x) > len(few)))}}}"


def refused(name: str, value: Any) -> FileError:
    """To be raised: the file says what no Checkpoint writes."""
    return FileError(f"{name} is {_Beginning().repr(value)}")


def shown(text: str) -> str:
    """The words of a file in a message: not without end, and nothing that moves a cursor."""
    text = text if len(text) <= LONG else text[:LONG] + "..."
    return text if text.isprintable() else repr(text)
