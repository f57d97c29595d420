"""What a Trainer refuses, and what it leaves whole, when something goes wrong midway."""

import signal
from typing import Any

import numpy
import pytest

from common.autograd import Parameter, Tensor, concatenate
from common.errors import (
    ArgumentError,
    ArgumentTypeError,
    CallOrderError,
    GradientError,
    LabelError,
    NotFiniteError,
    ShapeError,
    SharedLayerError,
)
from common.layers import (
    BatchNorm,
    Dropout,
    Embedding,
    Flatten,
    Layer,
    Linear,
    MatMul,
    MSELoss,
    Sequential,
    Sigmoid,
    SigmoidWithLoss,
    Softmax,
    SoftmaxWithLoss,
    Tanh,
)
from common.module import Module
from common.np import Array, np
from common.optimizer import SGD
from common.trainer import Trainer

RNG = numpy.random.default_rng(0)
X, T = RNG.normal(size=(12, 2)).astype("float32"), RNG.integers(0, 3, 12)


class Book:
    """A model by hand: layers in a list, and a loss."""

    def __init__(self, *layers: Layer) -> None:
        self.layers, self.loss = list(layers), SoftmaxWithLoss()
        self.params = [param for layer in layers for param in layer.params]
        self.grads = [grad for layer in layers for grad in layer.grads]

    def predict(self, x: Array) -> Array:
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def forward(self, x: Array, t: Array) -> Array:
        return self.loss.forward(self.predict(x), t)

    def backward(self) -> None:
        dout = self.loss.backward()
        for layer in reversed(self.layers):
            dout = layer.backward(dout)


def test_a_gradient_that_is_lost_under_a_finite_loss_is_an_error() -> None:
    class BadGradient(Layer):
        def forward(self, x: Array) -> Array:
            return x

        def backward(self, dout: Array) -> Array:
            return dout * np.nan

    model = Sequential(Linear(2, 3, 0), BadGradient())
    with pytest.raises(NotFiniteError, match="in epoch 1 a weight became NaN"):
        Trainer(model, SGD(), SoftmaxWithLoss()).fit(X, T, 1, 12, verbose=False)


def test_weights_whose_sum_overflows_are_still_finite() -> None:
    model = Sequential(Linear(2, 3, 0))
    model.params[1][...] = np.float32(3e38)
    Trainer(model, SGD(1e-9), SoftmaxWithLoss()).fit(X, T, 1, 12, verbose=False)
    assert bool(np.isfinite(model.params[1]).all())


def test_ctrl_c_does_not_cut_an_update_in_half() -> None:
    class Interrupted(SGD):
        def update_one(self, p: Array, g: Array, step: int) -> None:
            if step == 2 and p.ndim == 2:
                signal.raise_signal(signal.SIGINT)
            super().update_one(p, g, step)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        models = Sequential(Linear(2, 3, 0)), Sequential(Linear(2, 3, 0))
        for model, optimizer, epochs in zip(models, (Interrupted(), SGD()), (9, 1), strict=True):
            trainer = Trainer(model, optimizer, SoftmaxWithLoss(), seed=0)
            trainer.fit(X, T, epochs, 6, verbose=False)
            assert trainer.step == optimizer.steps == 2
        for ours, whole in zip(*(model.params for model in models), strict=True):
            np.testing.assert_array_equal(ours, whole)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_layer_without_weights_in_two_places_by_hand_is_an_error() -> None:
    tanh = Tanh()
    with pytest.raises(SharedLayerError, match="stands in two places"):
        Trainer(Book(Linear(2, 4, 0), tanh, Linear(4, 3, 1), tanh), SGD())


@pytest.mark.cpu  # on a GPU it makes the loss NaN
def test_an_index_out_of_range_is_found_before_its_step() -> None:
    model = Sequential(Embedding(np.asarray(RNG.normal(size=(5, 2)))), Flatten(), Linear(2, 3, 0))
    idx = np.zeros((12, 1), int)
    idx[-1] = 5
    trainer = Trainer(model, SGD(), SoftmaxWithLoss(), seed=0)
    with pytest.raises(LabelError, match=r"Embedding: idx must lie in 0\.\.4, got 5"):
        trainer.fit(idx, T, batch_size=2, verbose=False)
    assert trainer.step == trainer.optimizer.steps < 6
    idx[-1] = 4
    assert len(trainer.fit(idx, T, 2, 2, verbose=False)) == 2


make_trainer: Any = Trainer


@pytest.mark.parametrize(
    ("make", "saying"),
    [
        (lambda: make_trainer(Sequential(Linear(2, 3)), SGD, SoftmaxWithLoss()), "an optimizer"),
        (lambda: make_trainer(Sequential(Linear(2, 3)), 0.1, SoftmaxWithLoss()), "an optimizer"),
        (lambda: make_trainer(Sequential(Linear(2, 3)), SGD(), SoftmaxWithLoss), "loss must be"),
        (lambda: make_trainer(Book(Linear(2, 3)), SGD(), SoftmaxWithLoss()), "model must be"),
        (lambda: make_trainer(Sequential(Linear(2, 3)), SGD()), "a loss must be given"),
    ],
)
def test_what_is_no_model_loss_or_optimizer_is_refused(make: Any, saying: str) -> None:
    with pytest.raises(ArgumentTypeError, match=saying):
        make()


def test_a_model_that_forgets_to_return_its_loss_is_told_so() -> None:
    class Forgetful(Book):
        def forward(self, x: Array, t: Array) -> Any:
            super().forward(x, t)

    with pytest.raises(ArgumentTypeError, match="must return the loss"):
        Trainer(Forgetful(Linear(2, 3, 0)), SGD()).fit(X, T, verbose=False)


def test_layers_are_found_in_a_model_within_a_model() -> None:
    class Inner:
        def __init__(self) -> None:
            self.layers = Sequential(Linear(2, 3, 0), Dropout(0.5, seed=0))

        def forward(self, x: Array) -> Array:
            return self.layers.forward(x)

    class Outer(Book):
        def __init__(self) -> None:
            super().__init__()
            self.inner = Inner()
            self.params, self.grads = self.inner.layers.params, self.inner.layers.grads

        def predict(self, x: Array) -> Array:
            return self.inner.forward(x)

    trainer = Trainer(Outer(), SGD())
    assert trainer.evaluate(X, T) == trainer.evaluate(X, T)


def test_a_loss_is_one_number() -> None:
    def squares(y: Any, t: Any) -> Any:
        return (y - t) ** 2

    with pytest.raises(ShapeError, match=r"the loss must be one number, got shape \(12, 1\)"):
        make_trainer(Sequential(Linear(2, 1, 0)), SGD(), squares).fit(X, X[:, :1], verbose=False)


@pytest.mark.parametrize(
    ("change", "shape"),
    [
        (lambda y: y.sum(), r"\(\)"),
        (lambda y: y.sum(axis=0), r"\(3,\)"),
        (lambda y: concatenate([y, y]).sum(axis=1), r"\(24,\)"),
    ],
)
def test_scores_of_more_or_fewer_rows_are_told_with_their_shape(change: Any, shape: str) -> None:
    class Changes(Module):
        def __init__(self) -> None:
            self.layer = Linear(2, 3, 0)

        def forward(self, x: Any) -> Any:
            return change(self.layer(x))

    with pytest.raises(ShapeError, match=rf"SoftmaxWithLoss: x must have shape .*, got {shape}"):
        Trainer(Changes(), SGD(), SoftmaxWithLoss()).fit(X, T, 1, verbose=False)


def test_on_the_tape_models_and_losses_return_tensors() -> None:
    class Forgetful(Module):
        def __init__(self) -> None:
            self.layer = Linear(2, 3, 0)

        def forward(self, x: Any) -> None:
            self.layer(x)

    with pytest.raises(ArgumentTypeError, match="the model must return a Tensor, got NoneType"):
        Trainer(Forgetful(), SGD(), SoftmaxWithLoss()).fit(X, T, verbose=False)
    with pytest.raises(ArgumentTypeError, match="the loss must return a Tensor, got float"):
        make_trainer(Sequential(Linear(2, 3, 0)), SGD(), lambda y, t: 1.0).fit(X, T, verbose=False)


@pytest.mark.parametrize("model", [None, [1], object()])
def test_a_model_by_hand_has_what_the_trainer_needs(model: Any) -> None:
    with pytest.raises(ArgumentTypeError, match="has no params and no grads and no forward"):
        Trainer(model, SGD())


@pytest.mark.cpu  # on a GPU the sums are fetched at the report
def test_a_large_loss_at_the_start_does_not_swallow_the_later_ones() -> None:
    model = Sequential(Linear(1, 1, seed=0))
    model.params[0][...] = 1e9
    x = np.ones((4, 1), np.float32)
    trainer = Trainer(model, SGD(0.1), MSELoss())
    history = trainer.fit(x, x, 60, 4, eval_interval=1, verbose=False)
    assert history[0].loss > 1e17
    loss = history[-1].loss
    assert loss > 0
    assert trainer.loss_list[-1] == loss


def test_a_layer_by_hand_that_replaces_its_gradient_is_found() -> None:
    """After the first step; on a GPU, where to look is to wait, after the first epoch."""

    class Replaces(Linear):
        def backward(self, dout: Array) -> Any:
            self.grads[0], self.grads[1] = self.x.T.dot(dout), dout.sum(axis=0)

    with pytest.raises((GradientError, SharedLayerError), match=r"Replaces.*[Ww]rite into"):
        Trainer(Book(Replaces(2, 3, 0)), SGD()).fit(X, T, 3, verbose=False)


# What no gradient reaches -----------------------------------------------------------------------


class Cut(Module):
    """Its first layer is called, and what comes of it is taken out of the graph."""

    def __init__(self) -> None:
        self.first, self.last = Linear(2, 4, seed=0), Linear(4, 3, seed=1)
        self.scale = Parameter(np.ones(1, np.float32))

    def forward(self, x: Any) -> Any:
        return self.last(Tensor(self.first(x).tanh().data)) * self.scale


def test_a_part_that_no_gradient_reaches_is_named_after_an_epoch() -> None:
    model = Cut()
    with pytest.raises(GradientError, match=r"no gradient came back to Linear\(\(2, 4\), \(4,\)\)"):
        Trainer(model, SGD(), SoftmaxWithLoss(), seed=0).fit(X, T, 1, verbose=False)
    model.first.requires_grad = False
    Trainer(model, SGD(), SoftmaxWithLoss(), seed=0).fit(X, T, 1, verbose=False)
    vars(model).update(unused=Parameter(np.ones(1, np.float32)))
    with pytest.raises(GradientError, match=r"no gradient came back to Parameter\(\[1\.\]"):
        Trainer(model, SGD(), SoftmaxWithLoss(), seed=0).fit(X, T, 1, verbose=False)


@pytest.mark.parametrize("replay", [False, True])
@pytest.mark.parametrize("what", ["a layer", "a parameter"])
def test_what_is_called_and_not_found_is_named(what: str, replay: bool) -> None:
    class Hides(Module):
        def __init__(self) -> None:
            first, scale = Linear(2, 4, seed=0), Parameter(np.ones(4, np.float32))
            self.hidden: Any = first if what == "a parameter" else (lambda x: first(x))
            self.scale: Any = scale if what == "a layer" else (lambda: scale)
            self.last = Linear(4, 3, seed=1)

        def forward(self, x: Any) -> Any:
            scale = self.scale if what == "a layer" else self.scale()
            return self.last(self.hidden(x) * scale)

    model = Hides()
    before = [p.copy() for p in model.params]
    trainer = Trainer(model, SGD(), SoftmaxWithLoss(), seed=0, replay=replay)
    with pytest.raises(ArgumentError, match="is called, but is found nowhere in the model"):
        trainer.fit(X, T, 1, verbose=False)
    assert all(bool((b == p).all()) for b, p in zip(before, model.params, strict=True))


def test_a_part_that_is_used_at_some_steps_only_is_no_mistake() -> None:
    class Sometimes(Cut):
        steps = 0

        def forward(self, x: Any) -> Any:
            self.steps += 1
            h = self.first(x).tanh()
            return self.last(h) * (self.scale if self.steps == 3 else 1.0)

    trainer = Trainer(Sometimes(), SGD(), SoftmaxWithLoss(), seed=0)
    trainer.fit(X, T, 2, batch_size=3, verbose=False)
    assert trainer.step == 8


@pytest.mark.cpu
@pytest.mark.parametrize("how", ["forgets a layer", "adds"])
def test_a_backward_by_hand_that_does_not_set_all_gradients_is_named(how: str) -> None:
    class Adds(Linear):
        def backward(self, dout: Array) -> Any:
            self.grads[0] += self.x.T.dot(dout)
            self.grads[1] += dout.sum(axis=0)

    class Forgets(Book):
        def backward(self) -> None:
            self.layers[-1].backward(self.loss.backward())

    first = Adds(2, 4, 0) if how == "adds" else Linear(2, 4, 0)
    model = (Book if how == "adds" else Forgets)(first, Tanh(), Linear(4, 3, 1))
    before = [p.copy() for p in model.params]
    with pytest.raises(GradientError, match=r"has not set the gradients of .*\(\(2, 4\), \(4,\)\)"):
        Trainer(model, SGD(), seed=0).fit(X, T, 1, verbose=False)
    for then, now in zip(before, model.params, strict=True):
        np.testing.assert_array_equal(then, now)


@pytest.mark.cpu
def test_a_backward_by_hand_is_looked_at_in_the_first_step_alone() -> None:
    found: list[bool] = []

    class Looks(Linear):
        def backward(self, dout: Array) -> Any:
            found.append(bool(np.isnan(self.grads[0]).all()))
            return super().backward(dout)

    Trainer(Book(Looks(2, 3, 0)), SGD(), seed=0).fit(X, T, 1, 4, verbose=False)
    assert found == [True, False, False]


@pytest.mark.parametrize(
    ("layer", "loss"), [(Softmax(), SoftmaxWithLoss()), (Sigmoid(), SigmoidWithLoss())]
)
def test_what_a_loss_does_itself_is_not_done_before(layer: Layer, loss: Layer) -> None:
    for model in (Sequential(Linear(2, 3), layer), Sequential(Linear(2, 3), Sequential(layer))):
        with pytest.raises(ArgumentError, match=r"itself, .* end before it, at its scores"):
            Trainer(model, SGD(), loss)
    Trainer(Sequential(layer, Linear(2, 3)), SGD(), loss)


def test_a_fit_within_a_fit_is_refused() -> None:
    trainer = Trainer(Sequential(Linear(2, 3)), SGD(), SoftmaxWithLoss())
    with pytest.raises(CallOrderError, match="a fit is running already"):
        trainer.fit(X, T, 1, callbacks=[lambda t: t.fit(X, T, 1)], verbose=False)
    trainer.fit(X, T, 1, verbose=False)


def test_a_state_that_overflows_is_an_error() -> None:
    x = X.copy()
    x[0, 0] = 3e30
    model = Sequential(Linear(2, 3, 0), BatchNorm(3))
    with pytest.raises(NotFiniteError):
        Trainer(model, SGD(), SoftmaxWithLoss()).fit(x, T, 1, 12, verbose=False)


def test_a_model_may_be_any_object_that_is_called_on_tensors() -> None:
    class Called:
        def __init__(self) -> None:
            self.layer, self.dropout = Linear(2, 3, 0), Dropout(0.5)

        def __call__(self, x: Any) -> Any:
            return self.layer(self.dropout(x))

    model = Called()
    trainer = Trainer(model, SGD(0.5), SoftmaxWithLoss(), seed=0)
    history = trainer.fit(X, T, 30, held_out=(X, T), verbose=False)
    assert history[-1].held_out_loss == trainer.evaluate(X, T)[0]
    assert model.dropout.training


def test_a_loss_of_ones_own_is_called_on_batches_alone() -> None:
    """It may hold arrays for its batch, look at pairs, count its calls."""
    rows: list[int] = []
    w = np.asarray([1.0, 2.0, 3.0], np.float32)

    def loss(y: Any, t: Any) -> Any:
        rows.append(len(y))
        return ((y * w) ** 2).mean()

    make_trainer(Sequential(Linear(2, 3, 0)), SGD(), loss).fit(X, T, 1, 5, verbose=False)
    assert rows == [5, 5, 2]


class Weighted(MSELoss):
    """L = w · mean((y - t)²), with a w of its own."""

    def __init__(self) -> None:
        super().__init__()
        Layer.__init__(self, np.asarray(1.0, np.float32))

    def forward(self, y: Array, t: Array) -> Array:
        self.plain = super().forward(y, t)
        return self.params[0] * self.plain

    def backward(self, dout: Any = 1) -> Array:
        self.grads[0][...] = dout * self.plain
        return super().backward(dout * self.params[0])


def test_what_a_loss_learns_is_updated_with_the_model() -> None:
    model, loss = Sequential(Linear(2, 1, seed=0)), Weighted()
    before = [p.copy() for p in (*model.params, *loss.params)]
    Trainer(model, SGD(0.1), loss, seed=0).fit(X, T[:, None], 1, verbose=False)
    after = [*model.params, *loss.params]
    assert all(bool((b != a).any()) for b, a in zip(before, after, strict=True))


def test_a_model_may_need_more_than_one_row() -> None:
    class Pairs(Module):
        def __init__(self) -> None:
            self.layer = Linear(2, 3, 0)

        def forward(self, x: Any) -> Any:
            return self.layer(x[::2] - x[1::2]).sum(axis=0)

    make_trainer(Pairs(), SGD(), lambda y, t: (y * y).sum()).fit(X, T, 1, 4, verbose=False)


class Tied(Book):
    """x W W, which lists W once and adds its gradients up itself."""

    def __init__(self, adds_up: bool) -> None:
        W = np.asarray(RNG.normal(size=(3, 3)).astype("float32"))
        super().__init__(Linear(2, 3, 0), MatMul(W), MatMul(W))
        self.params, self.grads, self.adds_up = [W], [np.zeros_like(W)], adds_up
        self.layers[0].requires_grad = False

    def backward(self) -> None:
        super().backward()
        if self.adds_up:
            self.grads[0][...] = self.layers[1].grads[0] + self.layers[2].grads[0]


def test_a_model_by_hand_may_add_its_gradients_up_itself_and_must_not_forget_it() -> None:
    Trainer(Tied(adds_up=True), SGD()).fit(X, T, 2, verbose=False)
    with pytest.raises(SharedLayerError, match=r"Tied\.grads lacks the gradient that MatMul"):
        Trainer(Tied(adds_up=False), SGD()).fit(X, T, 2, verbose=False)


def test_the_model_of_a_trainer_is_that_one() -> None:
    model = Sequential(Linear(2, 3, 0))
    trainer: Any = Trainer(model, SGD(), SoftmaxWithLoss())
    assert trainer.model is model
    with pytest.raises(AttributeError):
        trainer.model = Sequential(Linear(2, 3, 0))
