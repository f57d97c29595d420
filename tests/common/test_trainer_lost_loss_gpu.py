"""A loss that becomes NaN or infinite: on a GPU the next report finds it."""

import math
from collections.abc import Callable

import pytest

from common.errors import NotFiniteError
from common.layers import Linear, MatMul, MSELoss, Sequential
from common.np import Array, np
from common.optimizer import SGD
from common.trainer import Trainer
from tests.common.training import AtStep, BookNet, Net, T, X, nan, network, trainer_of

pytestmark = pytest.mark.off_cpu


@pytest.mark.parametrize(
    ("interval", "step", "span"),
    [(4, 1, "1..4"), (4, 4, "1..4"), (4, 6, "5..8"), (4, 9, "9..9"), (3, 4, "4..6")],
)
def test_on_a_gpu_the_next_report_finds_a_nan(interval: int, step: int, span: str) -> None:
    trainer = trainer_of(network(0, AtStep(step, nan)))
    with pytest.raises(NotFiniteError, match=rf"became nan in steps {span}\."):
        trainer.fit(X, T, 3, 15, eval_interval=interval, verbose=False)
    assert len(trainer.loss_list) == (step - 1) // interval


class OwnCode(BookNet):
    def forward(self, x: Array, t: Array) -> Array:
        return super().forward(x, t) * math.nan


def weight_lost() -> Trainer:
    model = network()
    model.params[2][0, 0] = math.inf
    return trainer_of(model)


def overflow() -> Trainer:
    return Trainer(Sequential(MatMul(np.full((2, 1), 1e25, np.float32))), SGD(), MSELoss())


def lr_too_large() -> Trainer:
    return Trainer(Sequential(Linear(2, 1, seed=0)), SGD(1e12), MSELoss())


LOST: dict[str, tuple[Callable[[], Trainer], Array]] = {
    "a weight": (weight_lost, T),
    "an overflow": (overflow, X[:, :1]),
    "lr too large": (lr_too_large, X[:, :1]),
    "the model's own code": (lambda: Trainer(OwnCode(*network()), SGD()), T),
    "a model of the book": (lambda: Trainer(BookNet(*network(0, AtStep(1, nan))), SGD()), T),
    "a Module": (lambda: trainer_of(Net(*network(0, AtStep(1, nan)))), T),
}


@pytest.mark.parametrize("lost", LOST)
def test_the_next_report_finds_a_loss_however_it_was_lost(lost: str) -> None:
    make, t = LOST[lost]
    with pytest.raises(NotFiniteError, match=r"the loss became (nan|inf) in steps 1\.\.20\."):
        make().fit(X, t, verbose=False)
