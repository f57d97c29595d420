"""What must hold so that a recorded step may be replayed: the model is the one that it was."""

from collections.abc import Callable
from typing import Any

from common.base import Layer
from common.checks import name_of

CHANGES = {"has_grads", "grads"}  # attributes that every backward changes


class Conditions:
    """What a step depends on besides its inputs, as it was when the step was recorded.

    A leaf must have its array; a layer or model its attributes, and what is in lists, tuples and
    dictionaries there: the same objects. found: these objects, for a second recording to compare.
    """

    def __init__(self) -> None:
        self.things: dict[str, Any] = {}  # the names in the conditions
        self.texts: list[tuple[str, str]] = []  # each with what it is about
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
        self._must_be(f"{name}.data", x.data, "the array of a parameter")
        self._must_be(f"{name}.requires_grad", x.requires_grad, "requires_grad of a parameter")

    def add_part(self, part: Layer) -> None:
        """A layer or a model that is called."""
        if self.is_new(part):
            attributes, about = self._named(vars(part)), f"{name_of(part)}"
            self._must_hold(f"len({attributes}) == {len(vars(part))}", f"what {about} has")
            for key, x in vars(part).items():
                if key not in CHANGES:
                    self._look_into(f"{attributes}[{key!r}]", x, f"{about}.{key}")

    def function(self) -> Callable[[], bool]:
        """Whether all of it holds; as one expression, which takes less time than a loop."""
        return eval(
            "lambda: " + (" and ".join(text for text, _ in self.texts) or "True"), self.things
        )

    def broken(self) -> str:
        """The first of them that does not hold, as far as it has a name."""
        return next((about for text, about in self.texts if not eval(text, self.things)), "A part")

    def _look_into(self, text: str, x: Any, about: str) -> None:
        self._must_be(text, x, about)
        if not isinstance(x, list | tuple | dict) or not self.is_new(x):
            return
        self._must_hold(f"len({text}) == {len(x)}", about)
        for key, item in x.items() if isinstance(x, dict) else enumerate(x):
            self._look_into(f"{text}[{self._named(key)}]", item, f"{about}[{key!r}]")

    def _must_be(self, text: str, x: Any, about: str) -> None:
        self.found.append(x)
        self._must_hold(f"{text} is {self._named(x)}", about)

    def _must_hold(self, text: str, about: str) -> None:
        self.texts.append((text, about))

    def _named(self, x: Any) -> str:
        name = f"h{len(self.things)}"
        self.things[name] = x
        return name
