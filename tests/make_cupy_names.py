"""Writes data/cupy_names.json: what CuPy has, for the stand-in in `tests.simulated_cupy`.

Run it where CuPy is installed; it needs no GPU:

    pip install cupy-cuda12x && python -m tests.make_cupy_names

Each name has the parameters that it takes, or null where it is no function.
"""

import inspect
import json
import types
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "data" / "cupy_names.json"


def parameters(thing: Any) -> str | None:
    """The names of the parameters, *args and **kwargs with their stars."""
    if isinstance(thing, type) or not callable(thing):
        return None
    try:
        found = inspect.signature(thing).parameters.values()
    except ValueError:
        return _in_docstring(thing)
    stars: dict[Any, str] = {
        inspect.Parameter.VAR_POSITIONAL: "*",
        inspect.Parameter.VAR_KEYWORD: "**",
    }
    return " ".join(stars.get(parameter.kind, "") + parameter.name for parameter in found)


def _in_docstring(thing: Any) -> str | None:
    """What is compiled has its signature in its first line: name(self, axis=None) -> array."""
    line = (thing.__doc__ or "").split("\n")[0]
    if "(" not in line:
        return None
    inside = line.partition("(")[2].rpartition(")")[0]
    words = (part.partition("=")[0].split() for part in inside.split(","))
    names = [word[-1] for word in words if word]
    return " ".join(name for name in names if name.lstrip("*").isidentifier() and name != "self")


def names_of(thing: Any) -> dict[str, str | None]:
    public = {name: getattr(thing, name) for name in dir(thing) if not name.startswith("_")}
    return {
        name: parameters(value)
        for name, value in public.items()
        if value is not None and not isinstance(value, types.ModuleType)
    }


def all_names() -> dict[str, Any]:
    """What goes into the file."""
    import cupy
    import cupy.testing

    ufuncs = [name for name in dir(cupy) if isinstance(getattr(cupy, name), cupy.ufunc)]
    return {
        "version": cupy.__version__,
        "cupy": names_of(cupy),
        "ufuncs": [*ufuncs, "matmul"],
        "linalg": names_of(cupy.linalg),
        "testing": [name for name in dir(cupy.testing) if name.startswith("assert_")],
        "ndarray": names_of(cupy.ndarray),
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(all_names(), indent=1, sort_keys=True) + "\n")
