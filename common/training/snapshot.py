"""A training in arrays, numbers and strings: all that it needs to go on as if nothing had been.

`Snapshot.of(trainer)` is taken between two steps, and put back into a trainer that the same code
has made.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy

from common import __version__
from common.checks import name_of
from common.errors import ArgumentError, FileError
from common.np import Array
from common.optimizer import Optimizer, Slot
from common.parameters import named_arrays, named_generators, named_parts
from common.training.description import differences, of_parts, settings_of
from common.training.packing import Packing, Unpacking
from common.training.place import Place
from common.training.report import Epoch, Mean
from common.util import to_cpu, to_device, to_gpu

MODEL, LOSS, OPTIMIZER = "model.", "loss.", "optimizer."  # what the names in a file begin with
OF_SLOTS = set(vars(Optimizer(lr=0))) - {"lr", "steps"}  # what an Optimizer has besides


@dataclass(frozen=True)
class Snapshot:
    """arrays: by names. said: all the rest, as JSON can hold it."""

    arrays: dict[str, Array]
    said: dict[str, Any]

    @classmethod
    def of(cls, trainer: Any) -> Snapshot:
        """A trainer as it is now, in its fit and between two steps."""
        place, parts, packing = trainer.place, parts_by_name(trainer), Packing(_arrays_of(trainer))
        said = {
            "versions": {"framework": __version__, "numpy": numpy.__version__},
            "began": place.began,
            "step": trainer.step,
            "epoch": trainer.epoch,
            "history": [vars(epoch) for epoch in trainer.history],
            "epochs_before": place.epochs_before,
            "lr": place.lr,
            "batches": place.batches,
            "is_over": place.is_over,
            "seconds": place.seconds,
            "loss": _of_mean(place.loss),
            "interval": _of_mean(place.interval),
            "order": packing.pack("order", place.order),
            "loss_list": packing.pack("loss_list", numpy.array(trainer.loss_list, float)),
            "loss_steps": packing.pack("loss_steps", numpy.array(trainer.loss_steps, int)),
            "learners": _names_of(trainer.network.learners, parts),
            "unreached": _names_of(trainer.network.unreached, parts),
            "parts": {name: name_of(part) for name, part in parts.items()},
            "settings": {name: settings_of(part) for name, part in parts.items()},
            "generators": {
                name: packing.pack(f"generators.{name}", generator.bit_generator.state)
                for name, generator in _generators_of(trainer).items()
            },
            "optimizer": packing.attributes(trainer.optimizer, "optimizer", skip=OF_SLOTS),
            "slots": _pack_slots(trainer.optimizer, packing),
            "callbacks": [
                packing.attributes(callback, f"callbacks.{i}", skip=set())
                for i, callback in enumerate(trainer.callbacks)
            ],
        }
        return cls(packing.arrays, said)

    def check(self, path: Any, trainer: Any) -> None:
        """That it is of such a model and optimizer, and not from a later version."""
        self._check_versions(path)
        prefixes = (MODEL, LOSS)
        found = {name: array for name, array in self.arrays.items() if name.startswith(prefixes)}
        differ = differing_arrays(_arrays_of(trainer), found)
        differ += differences(self.said["began"]["trainer"], in_words(trainer))
        if not differ:  # unless a part without arrays was replaced since it began
            parts = {name: name_of(part) for name, part in parts_by_name(trainer).items()}
            differ = differences(self.said["parts"], parts)
        if differ:
            raise ArgumentError(
                f"Trainer: {path} was kept of another training, so nothing was loaded:\n  "
                + "\n  ".join(differ)
            )

    def _check_versions(self, path: Any) -> None:
        then = self.said["versions"]
        if _number(then["framework"]) > _number(__version__):
            raise FileError(
                f"{path} was written by version {then['framework']}, and this is {__version__}: a "
                f"newer one is needed to go on with it"
            )
        if then["numpy"] != numpy.__version__:
            warnings.warn(
                f"{path} was written with NumPy {then['numpy']}, and this is {numpy.__version__}: "
                f"what follows may differ in the last digits",
                stacklevel=4,
            )

    def put_back(self, trainer: Any) -> None:
        """The trainer, its model and its optimizer become what they were; callbacks do not yet."""
        said, own, parts = self.said, _arrays_of(trainer), parts_by_name(trainer)
        unpacking = Unpacking(own, self.arrays)
        write_into(own, self.arrays)
        for name, part in parts.items():
            for setting, value in said["settings"][name].items():
                if getattr(part, setting) != value:
                    setattr(part, setting, value)
        for name, generator in _generators_of(trainer).items():
            generator.bit_generator.state = unpacking.unpack(said["generators"][name])
        unpacking.set_attributes(trainer.optimizer, said["optimizer"])
        if isinstance(trainer.optimizer, Optimizer):
            _put_back_slots(trainer.optimizer, said["slots"], unpacking)
        trainer.step, trainer.epoch = said["step"], said["epoch"]
        trainer.loss_list[:] = unpacking.unpack(said["loss_list"]).tolist()
        trainer.loss_steps[:] = unpacking.unpack(said["loss_steps"]).tolist()
        trainer.history[:] = [Epoch(**epoch) for epoch in said["history"]]
        trainer.network.learners = [parts[name] for name in said["learners"]]
        trainer.network.unreached = [parts[name] for name in said["unreached"]]

    def place(self) -> Place:
        """Where the fit stood."""
        said = self.said
        place = Place(said["epochs_before"], said["lr"], began=said["began"])
        place.order = Unpacking({}, self.arrays).unpack(said["order"])
        place.batches, place.is_over = said["batches"], said["is_over"]
        place.loss, place.interval = _mean(said["loss"]), _mean(said["interval"])
        place.start -= said["seconds"]
        return place

    def begin(self, trainer: Any) -> None:
        """As a callback that comes after those it was taken with: what they began with has gone."""
        if differ := differences(self.said["began"]["fit"], trainer.place.began["fit"]):
            raise ArgumentError(
                "Trainer: this is not the fit that was to go on:\n  " + "\n  ".join(differ)
            )
        self.put_back(trainer)
        trainer.place = self.place()
        unpacking = Unpacking(_arrays_of(trainer), self.arrays)
        for callback, packed in zip(trainer.callbacks, self.said["callbacks"], strict=True):
            unpacking.set_attributes(callback, packed)


def differing_arrays(own: Mapping[str, Array], found: Mapping[str, Array]) -> list[str]:
    """A line for each array of a model that the file has not so, and for each that is surplus."""
    forms = {
        name: [f"{a.dtype.name} {a.shape}" if a is not None else "nothing" for a in pair]
        for name in {**own, **found}
        for pair in [(own.get(name), found.get(name))]
    }
    return [
        f"{name}: {here} in the model, {there} in the file"
        for name, (here, there) in forms.items()
        if here != there
    ]


def write_into(own: Mapping[str, Array], found: Mapping[str, Array]) -> None:
    """The numbers of the arrays that were found, into those of the model, on their device."""
    for name, array in own.items():
        is_on_cpu = isinstance(array, numpy.ndarray)
        array[...] = found[name] if is_on_cpu else to_gpu(found[name])


# Of a trainer, by name ------------------------------------------------------------------------


def _models_of(trainer: Any) -> dict[str, Any]:
    return dict(zip((MODEL, LOSS), trainer.network.models, strict=False))


def _arrays_of(trainer: Any) -> dict[str, Array]:
    arrays: dict[str, Array] = {}
    seen: set[int] = set()
    for prefix, model in _models_of(trainer).items():
        for name, array in named_arrays(model).items():
            if id(array) not in seen:  # the loss may share one with the model
                arrays[prefix + name] = array
            seen.add(id(array))
    return arrays


def in_words(trainer: Any) -> dict[str, str]:
    """The parts, the optimizer, and the kinds of generators."""
    generators = {n: name_of(g.bit_generator) for n, g in _generators_of(trainer).items()}
    return of_parts(parts_by_name(trainer), trainer.optimizer) | generators


def parts_by_name(trainer: Any) -> dict[str, Any]:
    """Those of the model, and of its loss."""
    return {
        (prefix + name).rstrip("."): part
        for prefix, model in _models_of(trainer).items()
        for name, part in named_parts(model)
    }


def _names_of(some: list[Any], parts: Mapping[str, Any]) -> list[str]:
    return [name for name, part in parts.items() if any(part is one for one in some)]


def _generators_of(trainer: Any) -> dict[str, numpy.random.Generator]:
    generators = {"trainer": trainer.rng}
    for prefix, model in _models_of(trainer).items():
        for name, generator in named_generators(model).items():
            generators[prefix + name] = generator
    return generators


def _of_mean(mean: Mean) -> list[Any]:
    return [float(to_cpu(mean.total)), mean.rows]


def _mean(said: list[Any]) -> Mean:
    mean = Mean()
    mean.total, mean.rows = said
    return mean


def _pack_slots(optimizer: Any, packing: Packing) -> list[Any]:
    """Of each parameter: its name, how many updates it has had, and the arrays of the formula."""
    if not isinstance(optimizer, Optimizer):
        return []
    named = [(packing.names.get(id(slot.param)), slot) for slot in optimizer.known.values()]
    return [
        [name, slot.step, packing.pack(f"{OPTIMIZER}{name}", _by_name(optimizer, slot))]
        for name, slot in named
        if name is not None  # it would be of a layer that was replaced
    ]


def _by_name(optimizer: Optimizer, slot: Slot) -> dict[str, Array]:
    return dict(zip(optimizer.state_names, slot.state, strict=True))


def _put_back_slots(optimizer: Optimizer, said: list[Any], unpacking: Unpacking) -> None:
    optimizer.take_over(
        Slot(unpacking.own[name], step, tuple(map(to_device, unpacking.unpack(state).values())))
        for name, step, state in said
    )


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
