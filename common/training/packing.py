"""Plain values as JSON holds them, their arrays apart; and back.

A number, a string, a list is itself. What JSON does not know is an object with one name:
{"array": name}, {"tuple": [...]}, {"dict": [[key, value], ...]}, {"scalar": [dtype, number]},
{"generator": state}.
"""

import math
from collections import Counter
from collections.abc import Collection, Mapping
from types import MemberDescriptorType
from typing import Any

import numpy
from numpy.random import Generator

from common.checks import NUMBERS, Setting, is_array, name_of
from common.errors import ArgumentTypeError
from common.np import Array
from common.parameters import OF_ARRAYS, Part, parts_anywhere_in
from common.training.generators import checked_state, generator_of
from common.training.refusal import refused
from common.util import to_device

DEEPEST = 100  # lists in lists: far from where Python's own stack ends
LARGEST = 2**53  # of whole numbers that are counted: a float holds it, too
MOST_GENERATORS = 1000  # of a training: each takes as long as hundreds of numbers
MOST_COLLISIONS = 10**5  # of numbers in keys of dictionaries, each with one of a key of one hash
DTYPES = {
    numpy.dtype(code).str: numpy.dtype(code) for code in numpy.typecodes["AllInteger"] + "efd?"
}


def has_place(dtype: numpy.dtype[Any]) -> bool:
    """Whether numbers of this dtype can be kept: those of up to 64 bits."""
    return dtype.kind in NUMBERS and dtype.itemsize <= 8


def is_scalar(value: Any) -> bool:
    """A number or a string, of Python or NumPy; or None."""
    if isinstance(value, numpy.generic):
        return has_place(value.dtype)
    return value is None or type(value) in (bool, int, float, str)


def attributes_of(who: Any) -> dict[str, Any]:
    """All that an object has of its own, in slots, too; functions have some as well.

    Names that begin with two underscores are Python's, which puts `__wrapped__` there, say; those
    of private attributes begin with the name of their class.
    """
    in_slots = {n: getattr(who, n) for n in _slots_of(who) if hasattr(who, n)}
    attributes = in_slots | getattr(who, "__dict__", {})
    return {n: value for n, value in attributes.items() if n[:2] != "__"}


def _slots_of(who: Any) -> list[str]:
    """Their names. Python puts the name of the class before a private one."""
    names = []
    for cls in type(who).__mro__:
        slots = cls.__dict__.get("__slots__", ())
        for n in [slots] if isinstance(slots, str) else slots:
            names.append(f"_{cls.__name__.lstrip('_')}{n}" if n[:2] == "__" else n)
    return names


def kept_of(who: Any) -> set[Any]:
    """What an object, its class and the bases of that name in `kept`."""
    names: set[Any] = set()
    for source in _sources_of(who):
        kept = source.get("kept", ())
        if not isinstance(kept, tuple | list):
            raise ArgumentTypeError(
                f"Checkpoint: {name_of(who)}.kept must be a tuple of names, ('norms',), got "
                f"{kept!r:.80}"
            )
        names |= set(kept)
    return names


def _sources_of(who: Any) -> list[Mapping[str, Any]]:
    return [getattr(who, "__dict__", {}), *(vars(cls) for cls in type(who).__mro__)]


def _is_plain(value: Any) -> bool:
    """Kept without being named."""
    return is_scalar(value) or isinstance(value, Generator)


class Packing:
    """Packs values one after another. arrays: those that they held; each once, by identity."""

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self.arrays = dict(arrays)
        self.names = {id(array): name for name, array in arrays.items()}

    def pack(self, name: str, value: Any, depth: int = DEEPEST) -> Any:
        """A value. Its arrays get names that begin with `name`. depth: as `Unpacking` counts it."""
        if depth <= 0:
            raise ArgumentTypeError(
                f"Checkpoint: {name:.40}... is too deep: lists in lists, more than {DEEPEST}"
            )
        if isinstance(value, numpy.generic) and is_scalar(value):
            return {"scalar": [value.dtype.str, value.item()]}
        if is_scalar(value):
            return value
        if is_array(value):
            return self._pack_array(name, value)
        if isinstance(value, list):
            return [self.pack(f"{name}.{i}", item, depth - 1) for i, item in enumerate(value)]
        if type(value) is tuple:
            return {"tuple": self.pack(name, list(value), depth)}
        if type(value) is dict:
            items = [
                (key, self.pack(f"{name}.{key}", item, depth - 2)) for key, item in value.items()
            ]
            return {"dict": [[self.pack(name, key, depth - 2), item] for key, item in items]}
        if isinstance(value, Generator):
            return {"generator": self.pack(name, value.bit_generator.state, depth - 1)}
        raise ArgumentTypeError(
            f"Checkpoint: {name} is a {name_of(value)}. Only numbers, strings, arrays, generators, "
            f"lists, tuples and dictionaries can be kept."
        )

    def _pack_array(self, name: str, array: Array) -> Any:
        if id(array) not in self.names:
            if id(array.base) in self.names:
                raise ArgumentTypeError(
                    f"Checkpoint: {name} is a view of {self.names[id(array.base)]}, and would be "
                    f"none afterwards. Keep the array, and make the view when it is needed."
                )
            while name in self.arrays:
                name += "'"
            self.arrays[name], self.names[id(array)] = array, name
        on_gpu = not isinstance(array, numpy.ndarray)
        return {"array": self.names[id(array)], "on_gpu": on_gpu}

    def pack_attributes(
        self, name: str, who: Any, skip: Collection[str] = (), *, of_all: bool = True
    ) -> dict[str, Any]:
        """Numbers, strings and generators of an object, and what it names in `kept`.

        of_all: whether it must say what is to be with its other attributes.
        """
        called = getattr(who, "__qualname__", name_of(who))
        if isinstance(who, type):
            raise ArgumentTypeError(
                f"Checkpoint: what the class {called} has cannot be kept: as a callback, take a "
                f"method of an object"
            )
        attributes = {n: v for n, v in attributes_of(who).items() if n not in {*skip, "kept"}}
        kept = kept_of(who)
        if of_all:
            _check_kept(who, called, attributes, kept)
        names = [n for n, v in attributes.items() if _is_plain(v) or n in kept]
        for attribute in names:
            if not _may_be_set(who, attribute):
                raise ArgumentTypeError(
                    f"Checkpoint: {called}.{attribute} cannot be kept: {attribute!r} is no name "
                    f"that a file may set. Choose another, or set it in the class."
                )
        return {n: self.pack(f"{name}.{n}", attributes[n]) for n in names}


def _check_kept(who: Any, called: str, attributes: Mapping[str, Any], kept: set[Any]) -> None:
    """That what is kept of an object is no accident: it has said so, and has it."""
    says_so = any("kept" in source for source in _sources_of(who)[:2])
    for name, value in attributes.items():
        if not (says_so or _is_plain(value) or name in kept):
            raise ArgumentTypeError(
                f"Checkpoint: {called}.{name} is a {name_of(value)}, which is kept only if it is "
                f"named: {called}.kept = ({name!r},). If it need not be kept, leave it out there: "
                f"kept = ()"
            )
    for name in kept - attributes.keys():
        raise ArgumentTypeError(
            f"Checkpoint: {called}.kept names {name!r}, which it does not have yet. "
            f"Set it in begin."
        )


class Unpacking:
    """Unpacks values. own: arrays of a model, which stand for themselves; others: all others.

    on_device: whether all arrays go to the device that is on, or only those that were on a GPU.
    generators: how many may be made.
    """

    def __init__(
        self,
        own: Mapping[str, Array],
        others: Mapping[str, Array],
        *,
        on_device: bool = False,
        generators: int = MOST_GENERATORS,
    ) -> None:
        self.own, self.others, self.on_device = own, others, on_device
        self.copies: dict[str, Array] = {}
        self.generators = generators  # that may still be made
        self.collisions = MOST_COLLISIONS  # that there may still be

    def unpack(self, packed: Any, depth: int = DEEPEST) -> Any:
        """The value again. What is none is refused: nothing is made by a name that a file has."""
        if depth == 0:
            raise refused("what is kept", packed)
        if is_scalar(packed):
            return packed

        def unpack(item: Any) -> Any:
            return self.unpack(item, depth - 1)

        match packed:
            case list():
                return list(map(unpack, packed))
            case {"array": str(name), "on_gpu": bool(on_gpu)} if name in self.others:
                return self._array(name, on_gpu or self.on_device)
            case {"scalar": [str(dtype), bool() | int() | float() as number]} if dtype in DTYPES:
                return _scalar(DTYPES[dtype], number)
            case {"tuple": list(items)}:
                return tuple(map(unpack, items))
            case {"generator": state} if self.generators:
                self.generators -= 1
                # A state has its arrays on the CPU, and no generators.
                apart = Unpacking({}, self.others, generators=0)
                return generator_of(apart.unpack(state, depth - 1))
            case {"dict": list(pairs)}:
                return self._dictionary([_pair(unpack(pair)) for pair in pairs])
        raise refused("what is kept", packed)

    def _dictionary(self, pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
        """Keys that have one hash are compared with each other, number by number."""
        counts = Counter(hash(key) for key, _ in pairs)
        self.collisions -= sum((counts[hash(key)] - 1) * _count(key) for key, _ in pairs)
        if self.collisions < 0:
            raise refused("what is kept", pairs)
        return dict(pairs)

    def _array(self, name: str, on_device: bool) -> Array:
        if name in self.own:
            return self.own[name]
        if name not in self.copies:  # so that what was read can be put back again
            array = self.others[name].copy()
            self.copies[name] = to_device(array) if on_device else array
        return self.copies[name]

    def check_attributes(
        self, who: Any, packed: Mapping[str, Any], skip: Collection[str] = ()
    ) -> None:
        """That each is one that a training may set. skip: those that `pack_attributes` skips."""
        attributes, kept = attributes_of(who), kept_of(who)
        for name, value in packed.items():
            now, then = attributes.get(name), self.unpack(value)
            of_class = _of_class(who, name)
            fixed = [now] if name in attributes else of_class[:1]
            if name in skip or not _may_be_set(who, name) or any(map(_holds_more, fixed)):
                raise refused(f"an attribute of {name_of(who)}", name)
            is_named = _is_plain(then) or name in kept
            if not (is_named and all(_may_become(who, value, then) for value in fixed)):
                raise refused(f"{name_of(who)}.{name}", then)
            if isinstance(now, Generator) and isinstance(then, Generator):
                checked_state(now, then.bit_generator.state)
            elif isinstance(of_class[0] if of_class else None, Setting):
                of_class[0].checked(who, then)

    def set_attributes(self, who: Any, packed: Mapping[str, Any]) -> None:
        """Those that were packed. A generator stays the same object, which others may share."""
        attributes = attributes_of(who)
        for name, value in packed.items():
            now, then = attributes.get(name), self.unpack(value)
            if isinstance(now, Generator) and isinstance(then, Generator):
                now.bit_generator.state = then.bit_generator.state
            else:
                object.__setattr__(who, name, then)


def _of_class(who: Any, name: str) -> list[Any]:
    """What its class and the bases have under a name."""
    return [vars(cls)[name] for cls in type(who).__mro__ if name in vars(cls)]


def _may_be_set(who: Any, name: str) -> bool:
    if isinstance(who, Part) and name in Part.__annotations__:
        return False
    of_class = _of_class(who, name)
    if any(isinstance(place, MemberDescriptorType) for place in of_class):
        return name in _slots_of(who)  # and not of a class that is written in C
    if not hasattr(who, "__dict__"):
        return False
    is_list_of_arrays = name in OF_ARRAYS and isinstance(getattr(who, name, None), list | tuple)
    is_arrays = is_list_of_arrays and name not in kept_of(who)
    return name.isidentifier() and name[:2] != "__" and name != "kept" and not is_arrays


KINDS = (bool, int, float, numpy.generic, numpy.ndarray), str, (list, tuple), dict, Generator


def _may_become(who: Any, now: Any, then: Any) -> bool:
    """Whether a training may come from one value to the other.

    A class of one's own may do as it likes. In those of `common` a number stays one, a text a text,
    and what is neither that nor a list stays what it is; None may become anything.
    """
    if now is None or not type(who).__module__.startswith("common."):
        return True
    return any(isinstance(now, kind) and isinstance(then, kind) for kind in KINDS)


def _holds_more(value: Any) -> bool:
    """Code, say, or the layers of a model: no training puts a number in its place."""
    is_place = isinstance(value, MemberDescriptorType | Setting)
    has_code = callable(value) or isinstance(value, classmethod) or hasattr(value, "__set__")
    return not is_place and (has_code or any(parts_anywhere_in(value)))


def _scalar(dtype: numpy.dtype[Any], number: float) -> Any:
    with numpy.errstate(all="ignore"):
        try:
            scalar = dtype.type(number)
        except (OverflowError, ValueError):
            raise refused("what is kept", number) from None
    if scalar.item() != number and not math.isnan(number):
        raise refused("what is kept", number)
    return scalar


def _pair(pair: Any) -> tuple[Any, Any]:
    if type(pair) is not list or len(pair) != 2 or not _is_key(pair[0]):
        raise refused("what is kept", pair)
    return pair[0], pair[1]


def _is_key(key: Any) -> bool:
    return all(map(_is_key, key)) if isinstance(key, tuple) else is_scalar(key)


def _count(key: Any) -> int:
    """Of the numbers and texts in it."""
    return sum(map(_count, key)) if isinstance(key, tuple) else 1
