"""What must hold so that a recorded step may be replayed: the model is the one that it was."""

from collections.abc import Callable, Iterable
from types import EllipsisType, ModuleType
from typing import Any, NamedTuple

import numpy

from common.base import Layer
from common.checks import name_of
from common.np import AbstractTensor, np

PLAIN = {bool, int, float, str, slice, type(None), EllipsisType}  # known by type and text
DEEPEST = 10  # objects within objects, that are looked into
CHANGES = {"has_grads", "grads", "_is_one_call"}  # attributes that a call or a backward changes
Owner = tuple[int, str] | None  # the id of an object, and one of its attributes


class Condition(NamedTuple):
    """text: what must hold, as Python. about: what that is. thing: what was found there."""

    text: str
    about: str
    thing: Any
    owner: Owner


class Conditions:
    """What a step depends on besides its inputs, as it was when the step was recorded.

    A leaf must have its array. A layer or model must have its attributes, and these must have
    theirs, or what was in them if they are lists, tuples or dictionaries: the same objects, or
    equal numbers and texts. parts: the layers and models.
    """

    def __init__(self) -> None:
        self.things: dict[str, Any] = {"are_same": are_same}  # the names in the conditions
        self.all: list[Condition] = []
        self.parts: list[Layer] = []
        self.seen: set[int] = set()

    def add_leaf(self, x: Any) -> None:
        """A tensor that may learn."""
        name = self._named(x)
        self._must_be(f"{name}.data", x.data, "the array of a parameter", None)
        self._must_be(
            f"{name}.requires_grad", x.requires_grad, "requires_grad of a parameter", None
        )

    def add_part(self, part: Layer) -> None:
        """A layer or a model that is called."""
        if self._is_new(part):
            self.parts.append(part)
            self._look_at_attributes(part, name_of(part))

    def forget(self, layer: Layer, names: Iterable[str]) -> None:
        """What its forward sets in each call may be anything before the next."""
        owners = {(id(layer), name) for name in names}
        self.all = [condition for condition in self.all if condition.owner not in owners]

    def function(self) -> Callable[[], bool]:
        """Whether all of it holds; as one expression, which takes less time than a loop."""
        return eval("lambda: " + (" and ".join(c.text for c in self.all) or "True"), self.things)

    def broken(self) -> str:
        """What the first of them that does not hold is about."""
        for condition in self.all:
            try:
                if eval(condition.text, self.things):
                    continue
            except KeyError:
                pass
            return condition.about
        return "A part"

    def _look_at_attributes(self, x: Any, about: str, depth: int = 0) -> None:
        attributes = self._named(vars(x))
        self._must_hold(f"len({attributes}) == {len(vars(x))}", f"what {about} has", None)
        for name, value in vars(x).items():
            if name not in CHANGES:
                text = f"{attributes}[{name!r}]"
                self._look_into(text, value, f"{about}.{name}", (id(x), name), depth + 1)

    def _look_into(self, text: str, x: Any, about: str, owner: Owner, depth: int) -> None:
        self._must_be(text, x, about, owner)
        if isinstance(x, AbstractTensor):
            self._must_be(f"{text}.data", x.data, about, owner)
        elif isinstance(x, Layer):
            self.add_part(x)
        elif depth > DEEPEST:
            return
        elif isinstance(x, list | tuple | dict) and self._is_new(x):
            self._must_hold(f"len({text}) == {len(x)}", about, owner)
            for key, item in x.items() if isinstance(x, dict) else enumerate(x):
                place = f"{text}[{self._named(key)}]"
                self._look_into(place, item, f"{about}[{key!r}]", owner, depth + 1)
        elif hasattr(x, "__dict__") and not _is_opaque(x) and self._is_new(x):
            self._look_at_attributes(x, about, depth)

    def _must_be(self, text: str, x: Any, about: str, owner: Owner) -> None:
        name = self._named(x)
        same = f"{text} is {name}"
        if type(x) in PLAIN or isinstance(x, tuple | numpy.generic):
            same = f"({same} or are_same({text}, {name}))"
        self.all.append(Condition(same, about, x, owner))

    def _must_hold(self, text: str, about: str, owner: Owner) -> None:
        self.all.append(Condition(text, about, None, owner))

    def _is_new(self, x: Any) -> bool:
        """Whether it was not looked at so far. It is kept, so that its id stays its own."""
        if id(x) in self.seen:
            return False
        self.seen.add(id(x))
        self._named(x)
        return True

    def _named(self, x: Any) -> str:
        name = f"h{len(self.things)}"
        self.things[name] = x
        return name


def _is_opaque(x: Any) -> bool:
    """What is no part of a model: classes, modules, and a Trainer, an optimizer, a step of ours."""
    return isinstance(x, type | ModuleType) or type(x).__module__.startswith("common.")


def are_same(a: Any, b: Any) -> bool:
    """Whether one may stand for the other: an object for itself alone, numbers and texts by type
    and text, arrays by their bits, and lists, tuples and dictionaries by what is in them.
    """
    if a is b or type(a) is not type(b):
        return a is b
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(are_same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(are_same, a, b))
    return (type(a) in PLAIN or isinstance(a, numpy.generic)) and repr(a) == repr(b)
