"""Hints and checks of the exercises on gradients without deriving them."""

from common.autograd import Tensor
from common.gradient_check import numerical_gradient
from common.np import np
from exercises.exercise import Exercise, check_number, check_shape, expect, same, shown

# --------------------------------------------------------------------------------------------------

number_in_grad = Exercise(
    "predict",
    hints=(
        "Two questions: what does one backward bring to w.grad, and what does it do with the "
        "number that is there already?",
        "One backward brings the slope of w² at w. The second note on the update on the page "
        "answers the other question.",
        "Without clearing, the same slope is added again and again: how often? With clearing, "
        "only the last one is left.",
    ),
)


@number_in_grad.check("after one backward")
def _(answer):
    said = answer(3.0, 1, False)
    check_number(said)
    expect(not same(said, 3.0**2), "That is the loss. In w.grad is the slope of the loss.")
    expect(same(said, _in_grad(3.0, 1, False)), "That is not the slope of w · w at 3.")


@number_in_grad.check("after several, cleared before each")
def _(answer):
    for w, times in ((3.0, 4), (-0.5, 2), (1.5, 10)):
        said = answer(w, times, True)
        expect(
            said is not None and not same(said, 0),
            "It is cleared before each backward, and not after the last one.",
        )
        check_number(said)
        expect(
            not same(said, _in_grad(w, times, False)),
            "What came before `w.grad = None` is still counted.",
        )
        expect(
            same(said, _in_grad(w, times, True)),
            f"With w = {w} and {times} times, another number is there.",
        )


@number_in_grad.check("after several, not cleared")
def _(answer):
    for w, times in ((3.0, 4), (-0.5, 2), (1.5, 10)):
        said = answer(w, times, False)
        check_number(said)
        expect(
            not same(said, _in_grad(w, 1, False)),
            f"That is what one backward brings, and there were {times}. A backward does not "
            f"overwrite.",
        )
        expect(
            same(said, _in_grad(w, times, False)),
            f"With w = {w} and {times} times, another number is there.",
        )


def _in_grad(number, times, cleared):
    w = Tensor(number, requires_grad=True)
    for _ in range(times):
        if cleared:
            w.grad = None
        loss = w * w
        loss.backward()
    return float(w.grad)


# --------------------------------------------------------------------------------------------------

slopes = Exercise(
    "write",
    hints=(
        "The page asks for the gradients of a, b, c and d. What did it say of them when it made "
        "them?",
        "Make a tensor of x that requires a gradient. Whatever f computes with it is recorded, "
        "and one call goes back through all that.",
        "Three lines: the tensor; f of it, and back from what f returns; and what was left in the "
        "tensor.",
    ),
)


@slopes.check("f gets a tensor that requires a gradient, once")
def _(slopes):
    watched = _Watched(lambda x: (x * x).sum())
    slopes(watched, np.array([1.0, -2.0]))
    expect(watched.calls, "f is not called.")
    expect(
        watched.calls == 1,
        f"f is called {watched.calls} times, as if slopes were measured. The tape needs one call.",
    )


@slopes.check("an array of the shape of x comes back")
def _(slopes):
    for x in (np.array([1.0, -2.0, 0.5]), np.array([[1.0], [2.0]]), np.array(3.0)):
        said = slopes(lambda x: (x * x).sum(), x.copy())
        expect(
            not isinstance(said, Tensor),
            "A tensor comes back. The gradient that a backward leaves is an array.",
        )
        check_shape(said, x.shape)


@slopes.check("they agree with the measured slopes")
def _(slopes):
    x = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]])
    for f in (
        lambda x: (3 * x**2 - x).sum(),
        lambda x: ((x * x + 1) ** 0.5).sum(),
        lambda x: (x / (x**2 + 2)).sum() * x.sum(),
    ):
        said = slopes(f, x.copy())
        measured = numerical_gradient(lambda x, f=f: f(Tensor(x)).data, x)
        expect(
            np.allclose(said, measured, atol=1e-6),
            f"The measured slopes of one row are {measured[0].round(4)}; yours are "
            f"{said[0].round(4)}.",
        )


class _Watched:
    """A function of a tensor that counts its calls and looks at what it gets."""

    def __init__(self, f):
        self.f, self.calls = f, 0

    def __call__(self, x):
        self.calls += 1
        expect(isinstance(x, Tensor), f"f must be given a tensor, and got {type(x).__name__}.")
        expect(
            x.requires_grad,
            "f is given a tensor that requires no gradient, so nothing that it does is recorded.",
        )
        return self.f(x)


# --------------------------------------------------------------------------------------------------

lowest = Exercise(
    "mend",
    hints=(
        "When the loss is the smallest so far, the place is kept as `best`. What happens to `best` "
        "in the steps after that?",
        "`a -= ...` changes a where it is. How many names does that tensor have?",
        "What is kept must not move with a. Keep the number that is in the tensor at that time.",
    ),
)


@lowest.check("where each step is better than the last")
def _(lowest):
    place = lowest(lambda a: (a - 2) ** 2, 0.5, lr=0.2, steps=60)
    expect(isinstance(place, float), f"lowest: a float is wanted, not {shown(place)}.")
    expect(
        abs(place - 2) < 1e-4,
        f"lowest: the smallest loss of (a - 2)² is at 2, where the descent comes to, and "
        f"{place:.3f} is returned.",
    )


@lowest.check("where the steps are too long, it is the start")
def _(lowest):
    watched = _Places(lambda a: (a - 2) ** 2)
    place = lowest(watched, 0.5, lr=1.2, steps=6)
    expect(
        abs(watched.places[0] - 0.5) < 1e-6 and len(set(watched.places)) > 1,
        "lowest: f is to be asked at the start first, and then after each step.",
    )
    expect(
        not np.isclose(place, watched.places[-1] - 1.2 * 2 * (watched.places[-1] - 2)),
        "lowest: each step is worse than the one before, so the start has the smallest loss. What "
        "comes back is the place after the last step.",
    )
    expect(
        np.isclose(place, 0.5),
        f"lowest: each step is worse than the one before, so the start, 0.5, has the smallest "
        f"loss. What comes back is {place:.3f}.",
    )


@lowest.check("where good and bad steps alternate")
def _(lowest):
    for start, lr in ((0.3, 0.22), (1.9, 0.2), (-0.4, 0.24)):
        watched = _Places(lambda a: (a**2 - 2) ** 2)
        place = lowest(watched, start, lr=lr, steps=12)
        asked = len(watched.places)
        expect(asked == 12, f"lowest: with steps=12, f is to be asked 12 times, and not {asked}.")
        expect(
            np.isclose(place, watched.best()),
            f"lowest: f was the smallest at {watched.best():.4f}, and {place:.4f} comes back.",
        )


class _Places:
    """A function of a tensor that keeps where it was asked, and what it said."""

    def __init__(self, f):
        self.f, self.places, self.losses = f, [], []

    def __call__(self, a):
        loss = self.f(a)
        self.places.append(a.item())
        self.losses.append(loss.item())
        return loss

    def best(self):
        return self.places[self.losses.index(min(self.losses))]
