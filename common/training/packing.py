"""Plain values as JSON holds them, their arrays apart; and back.

A number, a string, a list is itself. What JSON does not know is an object with one name:
{"array": name}, {"tuple": [...]}, {"dict": [[key, value], ...]}, {"scalar": [dtype, number]}.
"""

from collections.abc import Mapping
from typing import Any

import numpy

from common.checks import is_array, name_of
from common.errors import ArgumentTypeError
from common.np import Array
from common.util import to_device

SCALARS = bool | int | float | str | None | numpy.bool | numpy.integer | numpy.floating


class Packing:
    """Packs values one after another. arrays: those that they held; each once, by identity."""

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self.arrays = dict(arrays)
        self.names = {id(array): name for name, array in arrays.items()}

    def pack(self, name: str, value: Any) -> Any:
        """A value. Its arrays get names that begin with `name`."""
        if value is None or type(value) in (bool, int, float, str):
            return value
        if isinstance(value, numpy.generic):
            return {"scalar": [value.dtype.str, value.item()]}
        if is_array(value):
            return self._pack_array(name, value)
        if isinstance(value, list):
            return [self.pack(f"{name}.{i}", item) for i, item in enumerate(value)]
        if type(value) is tuple:
            return {"tuple": self.pack(name, list(value))}
        if type(value) is dict:
            items = [[k, self.pack(f"{name}.{k}", v)] for k, v in value.items()]
            return {"dict": [[self.pack(name, k), v] for k, v in items]}
        if isinstance(value, numpy.random.Generator):
            return {"generator": self.pack(name, value.bit_generator.state)}
        raise ArgumentTypeError(
            f"Checkpoint: {name} is a {name_of(value)}. Only numbers, strings, arrays, generators, "
            f"lists, tuples and dictionaries can be kept."
        )

    def _pack_array(self, name: str, array: Array) -> Any:
        if id(array) not in self.names:
            while name in self.arrays:
                name += "'"
            self.arrays[name], self.names[id(array)] = array, name
        on_gpu = not isinstance(array, numpy.ndarray)
        return {"array": self.names[id(array)], "on_gpu": on_gpu}

    def attributes(self, who: Any, name: str, skip: set[str]) -> dict[str, Any]:
        """Those of an object that are numbers, strings or generators; others if it names them."""
        attributes = {n: v for n, v in getattr(who, "__dict__", {}).items() if n not in skip}
        named = getattr(type(who), "kept", None)
        for attribute, value in attributes.items():
            if named is None and not isinstance(value, SCALARS | numpy.random.Generator):
                raise ArgumentTypeError(
                    f"Checkpoint: {name_of(who)}.{attribute} is a {name_of(value)}, which is kept "
                    f"only if the class says so: kept = ({attribute!r},); or kept = () for none"
                )
        return {
            attribute: self.pack(f"{name}.{attribute}", value)
            for attribute, value in attributes.items()
            if attribute in (named or ()) or isinstance(value, SCALARS | numpy.random.Generator)
        }


class Unpacking:
    """Unpacks values. own: arrays of a model, which stand for themselves; found: all others."""

    def __init__(self, own: Mapping[str, Array], found: Mapping[str, Array]) -> None:
        self.own, self.found = own, found
        self.made: dict[str, Array] = {}

    def unpack(self, packed: Any) -> Any:
        """The value again. Of a generator, its state."""
        if isinstance(packed, list):
            return [self.unpack(item) for item in packed]
        if not isinstance(packed, dict):
            return packed
        if "array" in packed:
            return self._array(packed["array"], packed["on_gpu"])
        if "scalar" in packed:
            dtype, number = packed["scalar"]
            return numpy.dtype(dtype).type(number)
        if "tuple" in packed:
            return tuple(self.unpack(packed["tuple"]))
        if "generator" in packed:
            return self.unpack(packed["generator"])
        return {self.unpack(key): self.unpack(value) for key, value in packed["dict"]}

    def _array(self, name: str, on_gpu: bool) -> Array:
        if name in self.own:
            return self.own[name]
        if name not in self.made:
            array = self.found[name].copy()  # so that what was found can be put back again
            self.made[name] = to_device(array) if on_gpu else array
        return self.made[name]

    def set_attributes(self, who: Any, packed: Mapping[str, Any]) -> None:
        """Those that were packed. A generator stays the same object, and goes on from there."""
        for name, value in packed.items():
            now = vars(who).get(name)
            if isinstance(now, numpy.random.Generator):
                now.bit_generator.state = self.unpack(value)
            else:
                vars(who)[name] = self.unpack(value)
