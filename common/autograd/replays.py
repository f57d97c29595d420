"""`replay`: a step is recorded on the tape once, and then played again without it.

    step = replay(lambda x, t: loss(model(x), t))
    step(x, t)                     the loss; the gradients are where `backward` leaves them

The first call runs on the tape, which finds out what is called, in which order, and what comes
back where. In the next step all this is the same. So it is written down as a program, without a
loop or a condition, and later calls run that:

>>> import numpy
>>> from common.autograd import Parameter, replay
>>> w = Parameter(numpy.array([2.0, 3.0]))
>>> step = replay(lambda x: (w * x).sum())
>>> step(numpy.array([1.0, 10.0])), w.grad
(array(32.), array([ 1., 10.]))
>>> print(step.program)
def step(x):
    v1 = mul1.forward(w1, x)
    v2 = np.asarray(sum2.forward(v1))
    d2 = one
    d1 = sum2.backward(d2)
    g0, _ = mul1.backward(d1)
    p1.add_grad(g0)
    return v2

The function gets its arrays as tensors. What is made of them, or of a parameter, is computed in
every call, also where no gradient is wanted: comparisons and indices, too. All else is computed
once. A call of a layer is always computed, so that Dropout draws anew.

There is a recording for each set of shapes, dtypes and arguments by name, `step(x, depth=3)`; for
each device; and for each state of the layers, in training or evaluation, frozen or not, with other
arrays or settings. The first two calls of each are recorded, and must come to one program with the
same constants: what is random, counts, or was made of `x.data`, shows in that. What reads a number
(`item()`, `if x.sum() > 0`) is an error at once. What Python does besides is not done again.
"""

from collections.abc import Callable
from typing import Any

from common import config
from common.autograd.recording import Recording
from common.checks import check_array
from common.errors import ArgumentTypeError
from common.np import Array

MOST = 32  # sets of shapes and names that one step keeps recordings for; the oldest goes
STATES = 4  # of the layers, that it keeps recordings for


class Replay:
    """A step that is recorded and replayed. program: the newest recording, as Python."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.recordings: dict[Any, list[Recording]] = {}
        self.program = ""

    def __call__(self, *arrays: Array, **static: Any) -> Array:
        """The loss of these arrays. Its gradients are added to those that are there."""
        key = self._key(arrays, static)
        for recording in self.recordings.get(key, ()):
            if recording.holds():
                if recording.is_checked:
                    return recording.run(*arrays)
                return self._record(key, arrays, static, recording)
        return self._record(key, arrays, static)

    def __getstate__(self) -> dict[str, Any]:
        """A copy begins without recordings: these hold the arrays of the one that is copied."""
        return {"function": self.function, "recordings": {}, "program": ""}

    def _key(self, arrays: tuple[Array, ...], static: dict[str, Any]) -> Any:
        """What chooses among the recordings, besides what holds for the layers."""
        try:
            kinds = [(x.shape, x.dtype) for x in arrays]
            key = (config.array_module, config.dtype, *kinds, *static.items())
            hash(key)
        except (AttributeError, TypeError):
            for i, array in enumerate(arrays):
                check_array("replay", f"input {i}", array)
            raise ArgumentTypeError(
                f"replay: what is given by name chooses among recordings: a number, or a text, "
                f"not {static}. An array is given without a name"
            ) from None
        return key

    def _record(self, key: Any, arrays: Any, static: Any, first: Any = None) -> Array:
        """Runs the step on the tape. first: the first recording of the same step, if there is."""
        for i, array in enumerate(arrays):
            check_array("replay", f"input {i}", array)
        recording = Recording(self.function, arrays, static)
        self.program = recording.program
        others = self.recordings.pop(key, [])
        if first is not None:
            others.remove(first)
            recording.check_same_as(first)
        self.recordings[key] = [*others[1 - STATES :], recording]
        if len(self.recordings) > MOST:
            del self.recordings[next(iter(self.recordings))]
        return recording.loss


def replay(function: Callable[..., Any]) -> Replay:
    """The step that returns the loss of arrays, and leaves its gradients.

    function: takes a tensor for each array, and what the step is given by name; returns the loss,
    one number on the tape.
    """
    if not callable(function):
        raise ArgumentTypeError(f"replay: expected a function of tensors, got {function!r:.80}")
    return Replay(function)
