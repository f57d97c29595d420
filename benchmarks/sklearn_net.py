"""scikit-learn's MLPClassifier, made to begin at given weights."""

import warnings
from typing import Any

import numpy

from common.np import Array


def trained(weights: list[Array], x: Array, t: Array, **options: Any) -> Any:
    """The classifier after its fit. weights: W and b of one layer after another."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    layers = zip(weights[::2], weights[1::2], strict=True)

    class FromOurStart(MLPClassifier):  # type: ignore[misc]
        """It takes no weights to begin with, so the method that draws them is replaced."""

        def _init_coef(self, *_: Any) -> tuple[Array, Array]:
            W, b = next(layers)
            return W.copy(), b.copy()

    steady = {"alpha": 0, "tol": 0, "n_iter_no_change": options["max_iter"], "random_state": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it is to make just these steps
        return FromOurStart(**steady, **options).fit(x, t)


def loss_of(classifier: Any, x: Array, t: Array) -> float:
    """The cross-entropy over all rows; t: class numbers."""
    return float(-numpy.log(classifier.predict_proba(x)[numpy.arange(len(x)), t]).mean())
