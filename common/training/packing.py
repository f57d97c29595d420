"""Plain values as JSON holds them, their arrays apart; and back.

A number, a string, a list is itself. What JSON does not know is an object with one name:
{"array": name}, {"tuple": [...]}, {"dict": [[key, value], ...]}, {"scalar": [dtype, number]},
{"generator": state}.
"""

from collections.abc import Collection, Mapping
from typing import Any

import numpy
from numpy.random import Generator

from common.checks import NUMBERS, is_array, name_of
from common.errors import ArgumentTypeError
from common.np import Array
from common.util import to_device


def has_place(dtype: numpy.dtype[Any]) -> bool:
    """Whether numbers of this dtype can be kept: those of up to 64 bits."""
    return dtype.kind in NUMBERS and dtype.itemsize <= 8


def is_scalar(value: Any) -> bool:
    """A number or a string, of Python or NumPy; or None."""
    if isinstance(value, numpy.generic):
        return has_place(value.dtype)
    return value is None or type(value) in (bool, int, float, str)


def attributes_of(who: Any) -> dict[str, Any]:
    """All that an object has of its own, in slots, too; functions have some as well."""
    slots = [cls.__dict__.get("__slots__", ()) for cls in type(who).__mro__]
    names = [n for row in slots for n in ([row] if isinstance(row, str) else row)]
    in_slots = {n: getattr(who, n) for n in names if n[:2] != "__" and hasattr(who, n)}
    return in_slots | getattr(who, "__dict__", {})


class Packing:
    """Packs values one after another. arrays: those that they held; each once, by identity."""

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self.arrays = dict(arrays)
        self.names = {id(array): name for name, array in arrays.items()}

    def pack(self, name: str, value: Any) -> Any:
        """A value. Its arrays get names that begin with `name`."""
        if isinstance(value, numpy.generic) and is_scalar(value):
            return {"scalar": [value.dtype.str, value.item()]}
        if is_scalar(value):
            return value
        if is_array(value):
            return self._pack_array(name, value)
        if isinstance(value, list):
            return [self.pack(f"{name}.{i}", item) for i, item in enumerate(value)]
        if type(value) is tuple:
            return {"tuple": self.pack(name, list(value))}
        if type(value) is dict:
            items = [(key, self.pack(f"{name}.{key}", item)) for key, item in value.items()]
            return {"dict": [[self.pack(name, key), item] for key, item in items]}
        if isinstance(value, Generator):
            return {"generator": self.pack(name, value.bit_generator.state)}
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
        attributes = {n: v for n, v in attributes_of(who).items() if n not in {*skip, "kept"}}
        sources = [getattr(who, "__dict__", {}), *(vars(cls) for cls in type(who).__mro__)]
        kept = {n for source in sources for n in self._kept(name_of(who), source)}
        plain = {n for n, v in attributes.items() if is_scalar(v) or isinstance(v, Generator)}
        if of_all:
            called = getattr(who, "__qualname__", name_of(who))
            for attribute in attributes.keys() - plain - kept:
                if not any("kept" in source for source in sources[:2]):
                    raise ArgumentTypeError(
                        f"Checkpoint: {called}.{attribute} is a {name_of(attributes[attribute])}, "
                        f"which is kept only if it is named: {called}.kept = ({attribute!r},). "
                        f"If it need not be kept, leave it out there: kept = ()"
                    )
            for attribute in kept - attributes.keys():
                raise ArgumentTypeError(
                    f"Checkpoint: {called}.kept names {attribute!r}, which it does not have yet. "
                    f"Set it in begin."
                )
        names = [n for n in attributes if n in plain | kept]
        return {n: self.pack(f"{name}.{n}", attributes[n]) for n in names}

    @staticmethod
    def _kept(who: str, source: Mapping[str, Any]) -> Any:
        kept = source.get("kept", ())
        if not isinstance(kept, tuple | list):
            raise ArgumentTypeError(
                f"Checkpoint: {who}.kept must be a tuple of names, ('norms',), got {kept!r:.80}"
            )
        return kept


class Unpacking:
    """Unpacks values. own: arrays of a model, which stand for themselves; others: all others.

    on_device: whether all arrays go to the device that is on, or only those that were on a GPU.
    """

    def __init__(
        self, own: Mapping[str, Array], others: Mapping[str, Array], *, on_device: bool = False
    ) -> None:
        self.own, self.others, self.on_device = own, others, on_device
        self.copies: dict[str, Array] = {}

    def unpack(self, packed: Any) -> Any:
        """The value again."""
        if isinstance(packed, list):
            return [self.unpack(item) for item in packed]
        if not isinstance(packed, dict):
            return packed
        if "array" in packed:
            return self._array(packed["array"], packed["on_gpu"] or self.on_device)
        if "scalar" in packed:
            dtype, number = packed["scalar"]
            return numpy.dtype(dtype).type(number)
        if "tuple" in packed:
            return tuple(self.unpack(packed["tuple"]))
        if "generator" in packed:
            state = self.unpack(packed["generator"])
            generator = Generator(getattr(numpy.random, state["bit_generator"])())
            generator.bit_generator.state = state
            return generator
        return {self.unpack(key): self.unpack(value) for key, value in packed["dict"]}

    def _array(self, name: str, on_device: bool) -> Array:
        if name in self.own:
            return self.own[name]
        if name not in self.copies:  # so that what was read can be put back again
            array = self.others[name].copy()
            self.copies[name] = to_device(array) if on_device else array
        return self.copies[name]

    def set_attributes(self, who: Any, packed: Mapping[str, Any]) -> None:
        """Those that were packed. A generator stays the same object, which others may share."""
        attributes = attributes_of(who)
        for name, value in packed.items():
            now, then = attributes.get(name), self.unpack(value)
            if isinstance(now, Generator) and isinstance(then, Generator):
                now.bit_generator.state = then.bit_generator.state
            else:
                object.__setattr__(who, name, then)
