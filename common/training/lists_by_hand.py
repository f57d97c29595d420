"""The lists of a model by hand, looked at: nobody else notices what they lack."""

from collections.abc import Sequence
from typing import Any

import numpy

from common.base import Layer, check_written_in_place
from common.checks import name_of
from common.errors import ArgumentError, GradientError, SharedLayerError
from common.np import np
from common.parameters import Part, check_pairs


def check_lists(model: Any, leaves: Sequence[Part]) -> None:
    """They hold the very arrays of the layers, of all that are not frozen.

    Beside a parameter may also stand an array of the model's own, into which it adds the gradients
    of several layers. One that stays at 0 while a layer's does not is none.
    """
    params, grads = model.params, model.grads
    check_pairs(model, params, grads)
    layers = [leaf for leaf in leaves if isinstance(leaf, Layer)]
    of_layers = {id(array) for layer in layers for array in (*layer.params, *layer.grads)}
    foreign = [np.shape(p) for p in params if id(p) not in of_layers]
    for layer in layers:
        check_pairs(layer, layer.params, layer.grads)
        for p, g in zip(layer.params, layer.grads, strict=True):
            listed = [grad for q, grad in zip(params, grads, strict=True) if q is p]
            if not layer.requires_grad or any(grad is g for grad in listed):
                continue
            if not listed:
                raise _lacks_weights(model, layer, was_moved=p.shape in foreign)
            has_sum = not any(id(grad) in of_layers for grad in listed)
            if not has_sum or (g.any() and not any(grad.any() for grad in listed)):
                raise SharedLayerError(
                    f"Trainer: {name_of(model)}.grads lacks the gradient that {layer} writes. List "
                    f"each layer's grads beside its params, also where two layers have one array: "
                    f"their gradients are added up. And write into them: self.grads[0][...] = ..."
                )


def _lacks_weights(model: Any, layer: Layer, was_moved: bool) -> SharedLayerError:
    advice = "List them, and their grads; or freeze what is not to learn: requires_grad = False."
    if was_moved:
        advice = (
            "It lists others of that shape, which no layer has. Was the layer moved or replaced on "
            "its own? Move the model as a whole, or make its lists anew."
        )
    return SharedLayerError(
        f"Trainer: {name_of(model)}.params lacks the weights of {layer}. {advice}"
    )


def check_not_frozen(model: Any, leaves: Sequence[Part]) -> None:
    """They hold nothing that is frozen: an optimizer would move it."""
    frozen = [leaf for leaf in leaves if not leaf.requires_grad]
    learning = {id(p) for leaf in leaves if leaf.requires_grad for p in leaf.params}
    for leaf in frozen:
        if any(q is p for p in leaf.params if id(p) not in learning for q in model.params):
            raise ArgumentError(
                f"Trainer: {leaf} is frozen (requires_grad is False), but {name_of(model)}.params "
                f"lists its weights. Leave them out, and their grads."
            )


def backward_over_nan(model: Any, leaves: Sequence[Part]) -> None:
    """A backward over gradients of NaN: where they are left, nothing has set them."""
    listed = {id(p) for p in model.params}
    learning = [leaf for leaf in leaves if any(id(p) in listed for p in leaf.params)]
    before = [(leaf, list(leaf.grads)) for leaf in learning]
    for grad in (grad for _, grads in before for grad in grads):
        grad[...] = numpy.nan
    model.backward()
    for leaf, grads in before:
        check_written_in_place(leaf, grads, leaf.grads)
        if any(np.isnan(grad).all() for grad in grads):
            raise GradientError(
                f"Trainer: {name_of(model)}.backward() has not set the gradients of {leaf}. It "
                f"must call the backward of each layer, and that must write into them: "
                f"self.grads[0][...] = ..., not +=."
            )
