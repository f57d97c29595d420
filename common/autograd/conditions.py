"""What must hold so that a recorded step may be replayed: the model is the one that it was."""

from collections.abc import Callable
from typing import Any

from common.base import Layer

CHANGES = {"has_grads", "grads"}  # of what a layer has: with each backward


class Conditions:
    """Of all that a step depends on besides its inputs, what it was.

    A leaf has its array; a layer or model has what its attributes have been, and what is in lists,
    tuples and dictionaries there, each the same object. found: these objects.
    """

    def __init__(self) -> None:
        self.things: dict[str, Any] = {}  # the names in the conditions
        self.texts: list[str] = []
        self.found: list[Any] = []
        self.seen: set[int] = set()

    def is_new(self, x: Any) -> bool:
        """Whether it was not looked at so far. It is kept, so that its id stays its own."""
        if id(x) in self.seen:
            return False
        self.seen.add(id(x))
        self.found.append(x)
        return True

    def add_leaf(self, x: Any) -> None:
        """A tensor that may learn."""
        name = self._named(x)
        self._must_be(f"{name}.data", x.data)
        self._must_be(f"{name}.requires_grad", x.requires_grad)

    def add_part(self, part: Layer) -> None:
        """A layer or a model that is called."""
        if self.is_new(part):
            attributes = self._named(vars(part))
            self._must_hold(f"len({attributes}) == {len(vars(part))}")
            for key, x in vars(part).items():
                if key not in CHANGES:
                    self._look_into(f"{attributes}[{key!r}]", x)

    def function(self) -> Callable[[], bool]:
        """Whether all of it holds; as one expression, which takes less time than a loop."""
        return eval("lambda: " + (" and ".join(self.texts) or "True"), self.things)

    def _look_into(self, text: str, x: Any) -> None:
        self._must_be(text, x)
        if not isinstance(x, list | tuple | dict) or not self.is_new(x):
            return
        self._must_hold(f"len({text}) == {len(x)}")
        for key, item in x.items() if isinstance(x, dict) else enumerate(x):
            self._look_into(f"{text}[{self._named(key)}]", item)

    def _must_be(self, text: str, x: Any) -> None:
        self.found.append(x)
        self._must_hold(f"{text} is {self._named(x)}")

    def _must_hold(self, text: str) -> None:
        self.texts.append(text)

    def _named(self, x: Any) -> str:
        name = f"h{len(self.things)}"
        self.things[name] = x
        return name
