"""What a trainer is made of, by name: `model.0.W` is an array of its model."""

from typing import Any

import numpy

from common.np import Array
from common.parameters import named_arrays, named_generators, named_objects
from common.training.description import in_words

MODEL, LOSS, OPTIMIZER, TRAINER = "model", "loss", "optimizer", "trainer"  # how names begin


def made_of(trainer: Any) -> dict[str, str]:
    """In words: its model and its optimizer."""
    words = {name: in_words(item) for name, item in objects_of(trainer).items()}
    return {**words, OPTIMIZER: in_words(trainer.optimizer)}


def _models_of(trainer: Any) -> dict[str, Any]:
    return dict(zip((MODEL, LOSS), trainer.network.models, strict=False))


def arrays_of(trainer: Any) -> dict[str, Array]:
    """All that its model and its loss learn or keep."""
    arrays: dict[int, tuple[str, Array]] = {}
    for model, item in _models_of(trainer).items():
        for name, array in named_arrays(item).items():  # the loss may share one with the model
            arrays.setdefault(id(array), (f"{model}.{name}", array))
    return dict(arrays.values())


def objects_of(trainer: Any) -> dict[str, Any]:
    """The models, and all parts of them."""
    return {
        f"{model}.{name}".rstrip("."): item
        for model, whole in _models_of(trainer).items()
        for name, item in named_objects(whole).items()
    }


def generators_of(trainer: Any) -> dict[str, numpy.random.Generator]:
    """Its own, which shuffles the rows, and those of its layers."""
    generators = {
        f"{model}.{name}": generator
        for model, whole in _models_of(trainer).items()
        for name, generator in named_generators(whole).items()
    }
    return {TRAINER: trainer.rng, **generators}
