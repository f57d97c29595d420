"""Hints and checks of the exercises on the Trainer."""

import inspect
from itertools import accumulate

from common.np import np
from common.optimizer import SGD
from common.trainer import Trainer
from exercises.exercise import AnswerError, Exercise, check_number, expect, same, shown

LOSSES = [2.0, 1.5, 1.75, 1.0, 0.5, 1.25]

# --------------------------------------------------------------------------------------------------

reported = Exercise(
    "predict",
    hints=(
        "The page says what fit reports every eval_interval steps: neither the loss of one step "
        "nor a sum.",
        "Cut the list into pieces of eval_interval losses. Each piece gives one number.",
        "A loop over the starts of the pieces, 0, eval_interval, and so on; take the mean of each "
        "slice.",
    ),
)


@reported.check("as many numbers as there are reports")
def _(answer):
    for interval in (1, 2, 3, 6):
        said = answer(LOSSES.copy(), interval)
        expect(isinstance(said, list | np.ndarray), f"A list is wanted, not {shown(said)}.")
        expect(
            len(said) == len(LOSSES) // interval,
            f"With eval_interval={interval}, the number of reports on 6 steps is not {len(said)}.",
        )


@reported.check("the numbers that a Trainer has")
def _(answer):
    for losses in (LOSSES, LOSSES[::-1], [*LOSSES, *LOSSES[:4], 3.0, 0.25]):
        for interval in (2, 3):
            said, right = answer(losses.copy(), interval), _loss_list(losses, interval)
            expect(
                not same(said, losses[interval - 1 :: interval]),
                "That is the loss of the step at which the report is made. One batch says little; "
                "fit reports on all steps since the last report.",
            )
            expect(
                not same(said, np.array(right) * interval),
                "These are sums of losses. With a report every 200 steps they would be twice as "
                "large as with one every 100.",
            )
            means = [total / (i + 1) for i, total in enumerate(accumulate(losses))]
            expect(
                not same(said, means[interval - 1 :: interval]),
                "These are means since the first step. A report begins where the last one ended.",
            )
            expect(
                same(said, right),
                f"For {losses} and eval_interval={interval} a Trainer has other numbers.",
            )


def _loss_list(losses, eval_interval):
    trainer = Trainer(_Played(losses), SGD())
    trainer.fit(*_DATA, len(losses), len(_DATA[0]), None, eval_interval, verbose=False)
    return trainer.loss_list


class _Played:
    """A model whose losses are known beforehand."""

    def __init__(self, losses):
        self.params, self.grads = [np.zeros(1)], [np.zeros(1)]
        self.losses = iter(losses)

    def forward(self, x, t):
        return next(self.losses)

    def backward(self, dout=1):
        pass


_DATA = np.ones((4, 1)), np.zeros(4, dtype=int)  # one step an epoch

# --------------------------------------------------------------------------------------------------

straight_down = Exercise(
    "write",
    hints=(
        "straight_down is called once, with lr and steps. What it returns is called at each step, "
        "with the step. Define that function within it.",
        "At a step between, which share of the way has been gone? What is left of lr is the other "
        "share.",
        "Beyond `steps` the line would go below 0. max(…, 0) holds it there.",
    ),
)


@straight_down.check("it returns a function, which begins at lr")
def _(straight_down):
    schedule = straight_down(0.5, 10)
    expect(
        callable(schedule),
        f"A function of the step is wanted, not {shown(schedule)}. A lambda, or a def within "
        f"straight_down, makes one.",
    )
    first, again = _rate(schedule, 0), _rate(schedule, 0)
    expect(first != 0, "The first step has a rate of 0, so it does not move.")
    expect(same(first, 0.5), f"With an lr of 0.5, the rate at step 0 is {first:.3g}.")
    expect(
        same(first, again),
        f"Asked for step 0 once more, it says {again:.3g}. What counts is the step that it is "
        f"given, not how often it was called.",
    )
    other = _rate(straight_down(0.1, 10), 0)
    expect(same(other, 0.1), f"With an lr of 0.5 it begins there, with one of 0.1 at {other:.3g}.")


@straight_down.check("the line falls by the same amount at each step, to 0 at the end")
def _(straight_down):
    for lr, steps in ((0.5, 10), (2.0, 7)):
        schedule = straight_down(lr, steps)
        rates = np.array([_rate(schedule, step) for step in range(steps + 1)])
        falls = rates[:-1] - rates[1:]
        low = np.flatnonzero(rates[:-1] <= 0)
        expect(
            not low.size,
            f"With {steps} steps it is no longer above 0 at step {[*low, 0][0]}: too early. It is "
            f"0 at step number `steps`, and above 0 before.",
        )
        expect((falls > 0).all(), f"It does not fall at each step: {rates.round(3)}.")
        expect(same(falls, np.full(steps, falls[0])), f"No straight line: {rates.round(3)}.")
        expect(
            abs(rates[-1]) < 1e-9, f"At step {steps} of {steps} it is {rates[-1]:.3g}, and not 0."
        )


@straight_down.check("beyond the end it stays at 0")
def _(straight_down):
    schedule = straight_down(0.5, 10)
    for step in (11, 20, 1000):
        rate = _rate(schedule, step)
        expect(
            rate >= 0,
            "Beyond the end it is below 0. A step with a negative rate climbs the hill.",
        )
        expect(same(rate, 0), f"Beyond the end it is {rate:.3g}.")


@straight_down.check("a Trainer takes it")
def _(straight_down):
    watch = _Rates()
    trainer = Trainer(_Played([1.0] * 6), SGD(lr=3.0))
    trainer.fit(
        *_DATA, 6, 4, callbacks=[watch], schedule=straight_down(0.8, 4), verbose=False
    )  # fmt: skip
    falls = -np.diff(watch.rates[:5])
    expect(
        same(watch.rates[0], 0.8) and same(falls, np.full(4, falls[0])) and watch.rates[-1] == 0,
        f"In a training of 6 steps with straight_down(0.8, 4) the rates are {watch.rates}.",
    )


class _Rates:
    """A callback that keeps the rate of each step."""

    def __init__(self):
        self.rates = []

    def after_step(self, trainer):
        self.rates.append(trainer.optimizer.lr)


def _rate(schedule, step):
    try:
        inspect.signature(schedule).bind(step)
    except ValueError:  # of a function that does not say what it takes
        pass
    except TypeError as error:
        raise AnswerError(f"The function that is returned is given the step: {error}.") from error
    rate = schedule(step)
    check_number(rate)
    return rate


# --------------------------------------------------------------------------------------------------

Patience = Exercise(
    "write",
    hints=(
        "Two things are to be remembered from epoch to epoch: the lowest loss so far, and for how "
        "many epochs there has been no lower one.",
        "Set both in begin. In after_epoch a new low is kept, and the count goes back to 0; "
        "otherwise the count grows by 1.",
        "Before the first epoch any loss is to count as a new low: begin with float('inf'). "
        "Return whether the count has reached self.patience.",
    ),
    asks_for="trainer.early_stopping",
)


@Patience.check("while the loss falls, the training goes on")
def _(Patience):
    for losses in ([3.0, 2.0, 1.0], [0.5], [9.0, 8.0, 7.5, 7.25, 7.125]):
        done = _epochs(Patience(1), losses)
        expect(
            done == len(losses),
            f"With the losses {losses} it ends after epoch {done}: each of them is a new low.",
        )


@Patience.check("it ends after so many epochs without a new low")
def _(Patience):
    for patience in (1, 2, 4):
        losses = [3.0, 2.0, *[2.5] * 6]
        done = _epochs(Patience(patience), losses)
        expect(
            done < len(losses),
            f"A patience of {patience} does not end a training with the losses {losses}. Does "
            f"after_epoch return True?",
        )
        expect(
            done == 2 + patience,
            f"With a patience of {patience} and the losses {losses} it ends after epoch {done}. "
            f"The low is in epoch 2; count the epochs after it.",
        )


@Patience.check("a new low begins the count anew")
def _(Patience):
    for losses in ([5.0, 6.0, 4.0, 4.5, 3.0, 3.5, 2.0, 2.5], [3.0, 1.0, 3.5, 0.5]):
        expect(
            _epochs(Patience(2), losses) == len(losses),
            f"A patience of 2 ends a training with the losses {losses}, in which no two epochs in "
            f"a row are without a new low.",
        )


@Patience.check("a new low is one below all losses before")
def _(Patience):
    losses = [1.0, 4.0, 3.0, 2.0, 1.5, 1.25]
    expect(
        _epochs(Patience(3), losses) == 4,
        f"Of the losses {losses} only the first is a low. Those after it fall, and none is below "
        f"the lowest: compare with that, not with the epoch before.",
    )
    expect(
        _epochs(Patience(2), [2.0, 2.0, 2.0, 2.0]) == 3,
        "A loss that equals the lowest is not below it.",
    )


@Patience.check("a second fit counts anew")
def _(Patience):
    callback = Patience(2)
    _epochs(callback, [1.0, 2.0, 2.0])
    expect(
        _epochs(callback, [8.0, 7.0, 6.0, 5.0]) == 4,
        "In a second fit it still has the losses of the first. What it remembers is set in begin.",
    )


def _epochs(callback, losses):
    """How many epochs a training with these losses has."""
    trainer = Trainer(_Played(losses), SGD())
    trainer.fit(*_DATA, len(losses), 4, callbacks=[callback], verbose=False)
    return len(trainer.history)
