"""A training in arrays, numbers and strings: all that it needs to go on as if nothing had been.

`Snapshot.of(trainer)` is taken between two steps, and put back into a trainer that the same code
has made.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy

from common import __version__
from common.base import Layer
from common.checks import name_of
from common.errors import ArgumentError, FileError
from common.np import Array
from common.optimizer import BOOKKEEPING, Optimizer, Slot
from common.parameters import Part
from common.training.description import check_same, differences
from common.training.named import LOSS, MODEL, OPTIMIZER, arrays_of, generators_of, objects_of
from common.training.packing import Packing, Unpacking
from common.training.place import Place
from common.training.record import APART, as_file_error, check_for, check_some, plain
from common.training.refusal import shown
from common.training.report import History, Mean
from common.util import to_cpu, to_gpu

OF_THE_FIT = ("batch_size", "max_grad", "eval_interval")  # which a callback may change


@dataclass(frozen=True)
class Snapshot:
    """arrays: by names. record: all the rest, as JSON can hold it."""

    arrays: dict[str, Array]
    record: dict[str, Any]

    @classmethod
    def of(cls, trainer: Any) -> Snapshot:
        """A trainer as it is now, in its fit and between two steps."""
        place, optimizer = trainer.place, trainer.optimizer
        objects, generators = objects_of(trainer), generators_of(trainer)
        packing = Packing(arrays_of(trainer))
        pack, pack_attributes = packing.pack, packing.pack_attributes
        record = {
            "versions": {"framework": __version__, "numpy": numpy.__version__},
            "checkpoints": sorted(map(str, trainer.checkpoints)),
            # The trainer.
            "made": trainer.made,
            "step": trainer.step,
            "epoch": trainer.epoch,
            "history": pack("history", trainer.history.as_table()),
            "loss_list": pack("loss_list", numpy.array(trainer.loss_list, float)),
            "loss_steps": pack("loss_steps", numpy.array(trainer.loss_steps, int)),
            # Its fit.
            "fit": place.words,
            "steps": [place.steps.start, place.steps.stop],
            "epochs_before": place.epochs_before,
            "lr": pack("lr", place.lr),
            "numbers": {name: pack(name, value) for name, value in _numbers_of(trainer).items()},
            "batches": place.batches,
            "is_over": place.is_over,
            "seconds": place.seconds,
            "loss": [float(to_cpu(place.loss.total)), place.loss.rows],
            "interval": [float(to_cpu(place.interval.total)), place.interval.rows],
            "order": pack("order", place.order),
            "callbacks": [
                pack_attributes(f"callbacks.{i}", owner)
                for i, owner in enumerate(_owners_of(trainer))
            ],
            # Its model.
            "kinds": _kinds(objects, generators, optimizer),
            "attributes": {
                name: pack_attributes(f"attributes.{name}", item, APART, of_all=False)
                for name, item in objects.items()
                if hasattr(item, "__dict__")
            },
            "frozen": [n for n, leaf in _leaves(objects).items() if not leaf.requires_grad],
            "evaluating": [n for n, layer in _layers(objects).items() if not layer.training],
            "learners": _names_of(objects, trainer.network.learners),
            "unreached": _names_of(objects, trainer.network.unreached),
            "generators": {
                name: pack(f"generators.{name}", generator.bit_generator.state)
                for name, generator in generators.items()
            },
            # Its optimizer.
            "optimizer": pack_attributes(
                OPTIMIZER, optimizer, BOOKKEEPING if isinstance(optimizer, Optimizer) else ()
            ),
            "slots": _pack_slots(optimizer, packing),
        }
        return cls(packing.arrays, record)

    def check(self, path: Path, trainer: Any) -> None:
        """That it is of such a model and optimizer, and not from a later version."""
        self._check_versions(path)
        what = f"Trainer: {path} was kept of another training, so nothing was loaded"
        check_same(what, self._differences(trainer))
        with as_file_error(path):
            self._check_for(trainer)

    def _check_for(self, trainer: Any) -> None:
        """That nothing of it can fail when it is put back."""
        record, objects = self.record, objects_of(trainer)
        leaves, layers = _leaves(objects), _layers(objects)
        for key, names in (
            ("frozen", leaves),
            ("evaluating", layers),
            ("learners", leaves),
            ("unreached", leaves),
        ):
            check_some(key, record[key], names)
        unpacking = Unpacking(arrays_of(trainer), self.arrays)
        check_for(record, trainer.optimizer, objects, generators_of(trainer), unpacking)

    def _differences(self, trainer: Any) -> list[str]:
        """In arrays; in what it was made with; and in what has been replaced since."""
        prefixes = (f"{MODEL}.", f"{LOSS}.")
        kept = {name: array for name, array in self.arrays.items() if name.startswith(prefixes)}
        made_then, made_now = self.record["made"], trainer.made
        kinds = _kinds(objects_of(trainer), generators_of(trainer), trainer.optimizer)
        then, now = (
            {n: kind for n, kind in kinds.items() if made_then.get(n) == made_now.get(n)}
            for kinds in (self.record["kinds"], kinds)
        )
        return [
            *differing_arrays(arrays_of(trainer), kept),
            *differences(made_then, made_now),
            *differences(then, now),
        ]

    def _check_versions(self, path: Path) -> None:
        then = self.record["versions"]
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

    def check_fit(self, trainer: Any, words: Mapping[str, str], rows: int) -> None:
        """That it is the same fit that goes on, and the trainer still the one that was checked."""
        differ = self._differences(trainer) + differences(self.record["fit"], words)
        check_same("Trainer: this is not the fit that was to go on", differ)
        order = self._place().order
        if order is not None and len(order) != rows:
            raise FileError(
                f"Trainer: the file has an order of {len(order)} rows, and x has {rows}"
            )

    def put_back(self, trainer: Any) -> None:
        """The trainer, its model and its optimizer become what they were."""
        record, own, objects = self.record, arrays_of(trainer), objects_of(trainer)
        generators = generators_of(trainer)  # before there may be more of them
        write_into(own, self.arrays)
        unpack = Unpacking(own, self.arrays).unpack
        unpacking = Unpacking(own, self.arrays, on_device=True)
        for name, packed in record["attributes"].items():
            unpacking.set_attributes(objects[name], packed)
        for name, leaf in _leaves(objects).items():
            if bool(leaf.requires_grad) == (name in record["frozen"]):
                leaf.requires_grad = not leaf.requires_grad
        for name, generator in generators.items():
            generator.bit_generator.state = unpack(record["generators"][name])
        unpacking.set_attributes(trainer.optimizer, record["optimizer"])
        _put_back_slots(trainer.optimizer, record["slots"], unpacking)
        trainer.network.learners = [objects[name] for name in record["learners"]]
        trainer.network.unreached = [objects[name] for name in record["unreached"]]
        trainer.step, trainer.epoch = record["step"], record["epoch"]
        trainer.loss_list[:] = unpack(record["loss_list"]).tolist()
        trainer.loss_steps[:] = unpack(record["loss_steps"]).tolist()
        trainer.history[:] = History.of_table(unpack(record["history"]))
        trainer.checkpoints |= set(map(Path, record["checkpoints"]))

    def put_back_into_fit(self, trainer: Any) -> None:
        """All of that, the modes of the layers, what the callbacks have, and the fit's place."""
        self._check_callbacks(trainer)
        self.put_back(trainer)
        for name, layer in _layers(objects_of(trainer)).items():
            vars(layer)["training"] = name not in self.record["evaluating"]
        unpacking = Unpacking(arrays_of(trainer), self.arrays)
        for owner, packed in zip(_owners_of(trainer), self.record["callbacks"], strict=True):
            unpacking.set_attributes(owner, packed)
        numbers = {name: plain(unpacking.unpack(n)) for name, n in self.record["numbers"].items()}
        numbers["batch_size"], left = divmod(numbers["batch_size"], trainer.workers.size)
        if left:  # a callback may have changed it
            raise ArgumentError(f"Trainer: {trainer.workers.size} workers cannot share its batches")
        for name, number in numbers.items():
            setattr(trainer, name, number)
        trainer.place = self._place()

    def _check_callbacks(self, trainer: Any) -> None:
        owners, kept = _owners_of(trainer), self.record["callbacks"]
        if len(owners) != len(kept):
            raise FileError(f"Trainer: the file has {len(kept)} callbacks, and fit {len(owners)}")
        unpacking = Unpacking(arrays_of(trainer), self.arrays)
        for owner, packed in zip(owners, kept, strict=True):
            unpacking.check_attributes(owner, packed)

    def _place(self) -> Place:
        record = self.record
        unpack = Unpacking({}, self.arrays).unpack
        place = Place(record["epochs_before"], unpack(record["lr"]), self.steps, record["fit"])
        place.order = unpack(record["order"])
        place.batches, place.is_over = record["batches"], record["is_over"]
        place.loss, place.interval = Mean(*record["loss"]), Mean(*record["interval"])
        place.start -= record["seconds"]
        return place

    @property
    def steps(self) -> range:
        """For which the fit was planned."""
        return range(*self.record["steps"])


def differing_arrays(own: Mapping[str, Array], kept: Mapping[str, Array]) -> list[str]:
    """A line for each array of a model that the file has not so, and for each that is surplus."""
    here, there = ({n: f"{a.dtype.name} {a.shape}" for n, a in d.items()} for d in (own, kept))
    lines = [
        f"{shown(n)}: {here.get(n, 'nothing')} in the model, {there.get(n, 'nothing')} in the file"
        for n in {**here, **there}
        if here.get(n) != there.get(n)
    ]
    read_only = [n for n, a in own.items() if not getattr(a.flags, "writeable", True)]
    return lines + [f"{n}: read-only in the model" for n in read_only]


def write_into(own: Mapping[str, Array], kept: Mapping[str, Array]) -> None:
    """The numbers that were kept, into the arrays of a model, on their device."""
    for name, array in own.items():
        is_on_cpu = isinstance(array, numpy.ndarray)
        array[...] = kept[name] if is_on_cpu else to_gpu(kept[name])


# Of a trainer, by name ------------------------------------------------------------------------


def _numbers_of(trainer: Any) -> dict[str, Any]:
    """Of the fit, and such that another number of workers can go on with them."""
    numbers = {name: getattr(trainer, name) for name in OF_THE_FIT}
    return {**numbers, "batch_size": trainer.batch_size * trainer.workers.size}


def _layers(objects: Mapping[str, Any]) -> dict[str, Layer]:
    return {name: item for name, item in objects.items() if isinstance(item, Layer)}


def _leaves(objects: Mapping[str, Any]) -> dict[str, Part]:
    parts = {name: item for name, item in objects.items() if isinstance(item, Part)}
    return {name: part for name, part in parts.items() if not part.is_container}


def _names_of(objects: Mapping[str, Any], some: Iterable[Any]) -> list[str]:
    wanted = set(map(id, some))
    return [name for name, item in objects.items() if id(item) in wanted]


def _kinds(
    objects: Mapping[str, Any], generators: Mapping[str, Any], optimizer: Any
) -> dict[str, str]:
    bits = {name: generator.bit_generator for name, generator in generators.items()}
    return {name: name_of(item) for name, item in {**objects, OPTIMIZER: optimizer, **bits}.items()}


def _owners_of(trainer: Any) -> list[Any]:
    """The callbacks, and in the place of a method the object that it belongs to.

    None where that is a part of the training, of which everything is kept already.
    """
    owners = [getattr(callback, "__self__", callback) for callback in trainer.callbacks]
    parts = set(map(id, [trainer, trainer.optimizer, *objects_of(trainer).values()]))
    return [None if id(owner) in parts else owner for owner in owners]


def _pack_slots(optimizer: Any, packing: Packing) -> list[Any]:
    """Of each parameter: its name, how many updates it has had, and the arrays of the formula."""
    if not isinstance(optimizer, Optimizer):  # one of a user's own keeps what it names
        return []
    named = [(packing.names.get(id(slot.param)), slot) for slot in optimizer.known.values()]
    return [
        [name, slot.step, packing.pack(f"{OPTIMIZER}.{name}", _by_name(optimizer, slot))]
        for name, slot in named
        if name is not None  # it would be of a layer that was replaced
    ]


def _by_name(optimizer: Optimizer, slot: Slot) -> dict[str, Array]:
    return dict(zip(optimizer.state_names, slot.state, strict=True))


def _put_back_slots(optimizer: Any, slots: list[Any], unpacking: Unpacking) -> None:
    if not isinstance(optimizer, Optimizer):
        return
    optimizer.take_over(
        Slot(unpacking.own[name], step, tuple(unpacking.unpack(state).values()))
        for name, step, state in slots
    )


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)[:3]))
