"""The parameters of a model: where they are found, their names, and gradients that add up.

A model is made of parts: layers and Parameters. Whoever asks for its parameters, gradients or
layers, clears, moves, copies or saves it, goes by `parts_of`.
"""

import operator
import random
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from types import ModuleType
from typing import Any, TypeVar

import numpy

from common.checks import NUMBERS, is_array, name_of
from common.errors import ArgumentError, ArgumentTypeError, ShapeError
from common.np import AbstractTensor, Array, np

Item = TypeVar("Item")


class Part:
    """What a model is made of: a `Layer`, or a `Parameter` of the tape.

    params: the arrays that it learns. grads: one array for each of them. state: arrays that it
    keeps and does not learn. requires_grad: False if it is frozen, and learns nothing.

    param_names, state_names: what the arrays in params and state are called in a file; one without
    a name goes by its place, `params.0`.
    """

    __slots__ = ()
    params: list[Array]
    grads: list[Array]
    state: Sequence[Array] = ()
    param_names: Sequence[str] = ()
    state_names: Sequence[str] = ()
    requires_grad: Any = True
    has_grads: Any = False  # on the tape, whether a gradient has come back since it was cleared
    clear: Callable[[], None]  # forgets the gradients
    is_container: bool = False  # True for what learns nothing itself and only calls others


def parts_of(model: object) -> list[Part]:
    """The layers and Parameters of a model, each once, in the order of definition.

    A model is any object, and counts if it is itself a layer. Its parts stand in its attributes;
    in lists, tuples and dictionaries there; and in the attributes of the layers, and of other
    objects with a `forward`, that are found so. What holds a part in another way, a set, say, is
    refused: it would be neither trained nor moved. So is a tensor that requires a gradient and is
    no Parameter.

    >>> from common.base import Layer
    >>> from common.np import np
    >>> class Net:
    ...     def __init__(self):
    ...         self.layers = [Layer(np.ones(2)), Layer()]
    ...         self.last = self.layers[0]
    >>> parts_of(Net())
    [Layer((2,)), Layer()]
    """
    return [item for _, item in _find(model) if isinstance(item, Part)]


def named_parts(model: object) -> list[tuple[str, Part]]:
    """The parts, each with the way to it: the attributes, places and keys that lead there.

    >>> from common.base import Layer
    >>> class Net:
    ...     def __init__(self):
    ...         self.layers = [Layer(), Layer()]
    >>> [name for name, _ in named_parts(Net())]
    ['layers.0', 'layers.1']
    """
    return [(_name(way), item) for way, item in _find(model) if isinstance(item, Part)]


Way = tuple[Any, Any] | None  # the way to what holds it, and its name there; None: the model


def _name(way: Way) -> str:
    keys = []
    while way is not None:
        way, key = way
        keys.append(str(key))
    return ".".join(reversed(keys))


def _find(model: object) -> list[tuple[Way, Any]]:
    """The parts, and all in which parts are looked for, in their order, with the ways to them.

    A name is made of a way only for who asks.
    """
    found: list[tuple[Way, Any]] = []
    others: list[Any] = []
    seen: set[int] = set()
    _search(model, None, model, found, others, seen)
    for other in others:
        for part in parts_anywhere_in(other):
            if id(part) not in seen:
                raise ArgumentTypeError(
                    f"{name_of(model)}: a {name_of(part)} stands in a {name_of(other)}, where "
                    f"parts are not looked for. Put it into an attribute, a list, a tuple or a "
                    f"dictionary of the model."
                )
    if isinstance(model, Part):
        _check_no_lists_by_hand(model, [item for _, item in found])
    return found


def _check_no_lists_by_hand(model: Part, found: Sequence[Any]) -> None:
    """Nothing in a model lists arrays, as a model by hand does, that are those of no part."""
    lists = [(x, x.params) for x in found if not isinstance(x, PARTS) and hasattr(x, "params")]
    if not lists:
        return
    parts = (x for x in found if isinstance(x, Part) and not x.is_container)
    known = {id(array) for part in parts for array in part.params}
    for item, params in lists:
        if isinstance(params, LISTS) and any(is_array(p) and id(p) not in known for p in params):
            raise ArgumentTypeError(
                f"{name_of(model)} holds a {name_of(item)}, which has params and is no Layer: "
                f"they would neither be learned nor saved. Derive {name_of(item)} from Layer."
            )


LISTS, SETS, NO_MODEL = (list, tuple), (set, frozenset, deque), (type, ModuleType)
PLURAL = (*LISTS, dict)
PARTS = (Part, *PLURAL)  # what is searched, but for an object of no class of ours
DRAWING = (numpy.random.Generator, numpy.random.RandomState, random.Random)
OF_ARRAYS = ("params", "grads", "state")  # the attributes of a part in which no part stands
PLAIN = {numpy.ndarray, numpy.random.Generator, bool, int, float, str, type(None)}  # holds nothing


def _search(
    item: Any,
    way: Way,
    model: object,
    found: list[tuple[Way, Any]],
    others: list[Any],
    seen: set[int],
) -> None:
    """Adds item and what stands in it to `found`, and what is no place for parts to `others`."""
    if id(item) in seen:
        return
    seen.add(id(item))
    if isinstance(item, AbstractTensor):
        if isinstance(item, Part):
            found.append((way, item))
        elif item is not model:
            _check_learns_nothing(item, model)
        return
    held = _held_by(item, model)
    if held is None:
        others.append(item)
        return
    found.append((way, item))
    for key, value in held:
        if type(value) not in PLAIN:
            _search(value, (way, key), model, found, others, seen)


def _check_learns_nothing(tensor: Any, model: object) -> None:
    if tensor.requires_grad and tensor.call is None:
        raise ArgumentTypeError(
            f"{name_of(model)} holds a Tensor that requires a gradient, of shape {tensor.shape}. "
            f"What is learned is a Parameter(...); what is not, x.detach()."
        )


def _held_by(item: Any, model: object) -> Iterable[tuple[Any, Any]] | None:
    """What stands where parts are looked for, by name; None if item is no such place."""
    if isinstance(item, LISTS):
        return enumerate(item)
    if isinstance(item, dict):
        return item.items()
    if isinstance(item, Part):
        return [pair for pair in vars(item).items() if pair[0] not in OF_ARRAYS]
    if item is model or _is_model(item):
        return getattr(item, "__dict__", {}).items()
    return None


def parts_anywhere_in(item: Any) -> Iterator[Part]:
    """All parts that can be reached from what is no place for them."""
    looked: set[int] = set()
    stack = [item]
    while stack:
        item = stack.pop()
        if type(item) in PLAIN or isinstance(item, NO_MODEL) or id(item) in looked:
            continue
        looked.add(id(item))
        if isinstance(item, Part):
            yield item
        elif isinstance(item, LISTS + SETS):
            stack.extend(item)
        elif isinstance(item, dict):
            stack.extend(item.values())
        else:
            stack.extend(getattr(item, "__dict__", {}).values())


def named_arrays(model: object) -> dict[str, Array]:
    """All arrays that a model learns or keeps, frozen ones too; each once, by its first name.

    What a model by hand lists in `params` beside those of its parts comes last.

    >>> from common.layers import Affine, Sequential
    >>> from common.np import np
    >>> list(named_arrays(Sequential(Affine(np.ones((2, 3)), np.ones(3)))))
    ['layers.0.W', 'layers.0.b']
    """
    first: dict[int, tuple[str, Array]] = {}
    for name, array in _arrays_by_name(model):
        first.setdefault(id(array), (name, array))
    return _by_name(model, "arrays", first.values())


def _arrays_by_name(model: object) -> Iterator[tuple[str, Array]]:
    for name, part in named_parts(model):
        if isinstance(part, AbstractTensor):
            yield name or "data", part.data
        elif not part.is_container:
            prefix = f"{name}." if name else ""
            for kind, names, held in (
                ("params", part.param_names, part.params),
                ("state", part.state_names, part.state),
            ):
                for i, array in enumerate(held):
                    yield prefix + (names[i] if i < len(names) else f"{kind}.{i}"), array
    if not isinstance(model, Part):
        for i, array in enumerate(getattr(model, "params", ())):
            yield f"params.{i}", array


def named_objects(model: object) -> dict[str, object]:
    """All objects in which parts are looked for, by name: the model, parts, others with forward."""
    return {_name(way): item for way, item in _find(model) if not isinstance(item, PLURAL)}


def named_generators(model: object) -> dict[str, numpy.random.Generator]:
    """The random generators that stand where parts are looked for, by name."""
    held = (
        (_name((way, key)), value)
        for way, item in _find(model)
        if not isinstance(item, AbstractTensor)
        for key, value in _held_by(item, model) or ()
        if isinstance(value, DRAWING)
    )
    generators: dict[str, Any] = _by_name(model, "generators", held)
    for name, generator in generators.items():
        if not isinstance(generator, numpy.random.Generator):
            raise ArgumentTypeError(
                f"{name_of(model)}.{name} is a {name_of(generator)}. Draw from a Generator, "
                f"numpy.random.default_rng(seed): it can be kept, and go on where it was."
            )
    return generators


def _by_name(model: object, what: str, pairs: Iterable[tuple[str, Item]]) -> dict[str, Item]:
    items: dict[str, Item] = {}
    for name, item in pairs:
        if name in items:
            raise ArgumentError(f"{name_of(model)}: two of its {what} have the name {name!r}")
        items[name] = item
    return items


def _is_model(item: Any) -> bool:
    return hasattr(item, "forward") and not isinstance(item, type)


def are_same_arrays(arrays: Iterable[Array], others: Iterable[Array]) -> bool:
    """Whether two lists hold the very same arrays in the same order, and not only equal ones."""
    return [*map(id, arrays)] == [*map(id, others)]


def each_once(items: Iterable[Item]) -> list[Item]:
    """The items in their order, each once, by identity."""
    return list({id(item): item for item in items}.values())


def leaves_of(model: object) -> list[Part]:
    """The parts that learn themselves: all but the containers."""
    return [part for part in parts_of(model) if not part.is_container]


def learned(model: object) -> tuple[list[Array], list[Array]]:
    """The arrays that a model learns, and the gradient of each. What is frozen is left out.

    >>> from common.base import Layer
    >>> from common.np import np
    >>> W = np.ones(2)
    >>> first, second = Layer(W), Layer(W)
    >>> first.grads[0][...], second.grads[0][...] = 3, 4
    >>> learned([first, second])
    ([array([1., 1.])], [array([7., 7.])])
    """
    params, grads = added_up(model, *lists_of(learners_of(model)))
    return list(params), list(grads)


def learners_of(model: object) -> list[Part]:
    """The leaves that are not frozen, nor held by a layer that is."""
    return learners_among(leaves_of(model))


def learners_among(leaves: Sequence[Part]) -> list[Part]:
    """Those of these leaves that are not frozen, nor held by one that is."""
    frozen = {id(held) for leaf in leaves if not leaf.requires_grad for held in leaves_of(leaf)}
    return [leaf for leaf in leaves if id(leaf) not in frozen]


def lists_of(parts: Iterable[Part]) -> tuple[list[Array], list[Array]]:
    """The params of all parts, and the grads."""
    params: list[Array] = []
    grads: list[Array] = []
    for part in parts:
        params += part.params
        grads += part.grads
    return params, grads


def added_up(
    who: object, params: Sequence[Array], grads: Sequence[Array]
) -> tuple[Sequence[Array], Sequence[Array]]:
    """Each parameter once, by identity, with the sum of its gradients.

    Two arrays with equal numbers are two parameters. A sum is an array of its own: what the
    layers that share the parameter have in `grads` stays.
    """
    check_pairs(who, params, grads)
    if len({*map(id, params)}) == len(params):
        return params, grads
    places: dict[int, tuple[Array, dict[int, Array]]] = {}
    for param, grad in zip(params, grads, strict=True):
        places.setdefault(id(param), (param, {}))[1][id(grad)] = grad
    sums = [np.asarray(reduce(operator.add, same.values())) for _, same in places.values()]
    return [param for param, _ in places.values()], sums


def check_pairs(who: object, params: Sequence[Array], grads: Sequence[Array]) -> None:
    """As many gradients as parameters."""
    if len(params) != len(grads):
        raise ShapeError(f"{name_of(who)}: got {len(params)} params, but {len(grads)} grads")


def replace_arrays(model: object, new: Callable[[Array], Array]) -> None:
    """Puts new(array) where an array of numbers stands: each once, by identity, everywhere.

    They are looked for where `parts_of` looks, so what forward kept is among them. Objects and
    lists stay; tuples are made anew.
    """
    parts_of(model)  # refuses what would be left behind
    _Replacement(model, new).of(model)


class _Replacement:
    def __init__(self, model: object, new: Callable[[Array], Array]) -> None:
        self.model, self.new = model, new
        # By id; the old array is kept beside the new one, so that no other gets its id meanwhile.
        self.made: dict[int, tuple[Array, Array]] = {}
        self.seen: set[int] = set()

    def of(self, item: Any) -> Any:
        """What is to stand where `item` stood."""
        if is_array(item):
            if item.dtype.kind in NUMBERS and id(item) not in self.made:
                self.made[id(item)] = item, self.new(item)
            return self.made.get(id(item), (None, item))[1]
        if isinstance(item, tuple):
            parts = list(map(self.of, item))
            make = getattr(item, "_make", tuple)  # a named tuple stays one
            return item if all(map(operator.is_, parts, item)) else make(parts)
        if id(item) not in self.seen:
            self.seen.add(id(item))
            self._change(item)
        return item

    def _change(self, item: Any) -> None:
        if isinstance(item, list):
            item[:] = map(self.of, item)
        elif isinstance(item, dict):
            item.update({key: self.of(value) for key, value in item.items()})
        elif isinstance(item, AbstractTensor):
            item.replace_arrays(self.of)
        elif isinstance(item, Part) or item is self.model or _is_model(item):
            self._change(getattr(item, "__dict__", {}))
