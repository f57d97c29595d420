"""`replay`: a step is recorded on the tape once, and then played again without it.

    step = replay(lambda x, t: loss(model(x), t))
    step(x, t)                     the loss; the gradients are where `backward` leaves them

The first call runs on the tape, which finds out what is called, in which order, and which gradient
goes where; it is written down as a program, without a loop or a condition. The second call is
recorded as well, and must come to the same program. From the third on the program is run:

>>> import numpy
>>> from common.autograd import Parameter, replay
>>> w = Parameter(numpy.array([2.0, 3.0]))
>>> step = replay(lambda x: (w * x).sum())
>>> step(numpy.array([1.0, 10.0])), w.grad
(array(32.), array([ 1., 10.]))
>>> print(step.program)
def step(x):
    v1 = mul_1.forward(w1, x)
    v2 = np.asarray(sum_2.forward(v1))
    d2 = one
    d1 = sum_2.backward(d2)
    g0, _ = mul_1.backward(d1)
    p1.add_grad(g0)
    return v2

The function gets its arrays as tensors. What is made of them, or of a parameter, is computed in
every call, also where no gradient is wanted: comparisons and indices, too. All else is computed
once, with the numbers that it had then: what is filled anew from step to step must be an input. A
call of a layer is always computed, so that Dropout draws anew.

There is a recording for each set of shapes, dtypes and arguments by name, `step(x, depth=3)`, for
each device, and for each state of the layers and models that are called, and of what they hold:
what stands in their attributes, and in lists, tuples, dictionaries and other objects there, must be
the same objects, or equal numbers and texts. (What a forward sets in each call does not count.)

What a program cannot follow is an error, where it can be seen. Reading the numbers of a tensor of
the step, by `item()`, by `.data` or in an `if`, is refused at once; so is the length of x[x > 0],
which they decide. A random number, a counter, a choice, a number from the `.data` of a parameter
show if they differ between the first two calls. What differs only later is seen where a model holds
it (not in slots or sets, nor more than ten deep); a variable of the function's own, and the numbers
in an array that is no input, nobody looks at again. What Python does besides, as
`model.zero_grads()`, is not done again either; a step that itself changes what its model holds is
never replayed, and in the end refused.

A recording keeps what a step has computed until its next call, so it takes the memory of a step.
"""

from collections.abc import Callable
from typing import Any

from common import config
from common.autograd import tape
from common.autograd.recorder import record
from common.autograd.recording import Recording, check_same
from common.autograd.tape import no_grad_blocks
from common.checks import check_array
from common.errors import ArgumentTypeError, GraphError
from common.np import Array

MOST = 8  # sets of shapes and names that one step keeps recordings for; the oldest goes
PATIENCE = 50  # calls in a row that are recorded, and never replayed
STATES = 4  # of the layers, that it keeps recordings for


class Replay:
    """A step that is recorded and replayed. program: the newest recording, as Python."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.recordings: dict[Any, list[Recording]] = {}
        self.program = ""
        self.in_a_row = 0  # calls that had to be recorded
        self.unsettled: Recording | None = None  # of a step that has changed the model, if the last

    def __call__(self, *arrays: Array, **static: Any) -> Array:
        """The loss of these arrays. Its gradients are added to those that are there."""
        key = self._key(arrays, static)
        for recording in self.recordings.get(key, ()):
            if recording.holds():
                self.in_a_row = 0
                if not recording.is_checked:
                    return self._record(key, arrays, static, recording)
                return recording.play(*arrays)
        return self._record(key, arrays, static)

    def __getstate__(self) -> dict[str, Any]:
        """A copy begins without recordings: these hold the arrays of the one that is copied."""
        return vars(Replay(self.function))

    def _key(self, arrays: tuple[Array, ...], static: dict[str, Any]) -> Any:
        """What chooses among the recordings, besides what the model is."""
        tape.refuse_in_recording("a step within a step: call its function")
        try:
            kinds = [(type(x), x.shape, x.dtype) for x in arrays]
            names = [(name, type(x), x, str(x)) for name, x in static.items()]
            key = (config.array_module, config.dtype, no_grad_blocks.get(), *kinds, *names)
            hash(key)
        except (AttributeError, TypeError):
            _check_arrays(arrays)
            raise ArgumentTypeError(
                f"replay: what is given by name chooses among recordings: a number, or a text, "
                f"not {static}. An array is given without a name"
            ) from None
        return key

    def _record(self, key: Any, arrays: Any, static: Any, first: Any = None) -> Array:
        """Runs the step on the tape. first: the first recording of the same step, if there is."""
        _check_arrays(arrays)
        before = self.recordings[key][-1] if key in self.recordings else self.unsettled
        self.in_a_row += first is None and before is not None
        if before is not None and self.in_a_row > PATIENCE:
            raise GraphError(
                f"replay: each of {PATIENCE} calls found another model than the call before, and "
                f"none was replayed. {before.conditions.broken()} is not what it was. What changes "
                f"in every call is an input, or given by name; what is only looked at stands where "
                f"the model does not hold it"
            )
        recording = record(self.function, arrays, static)
        self.program = recording.program
        self.unsettled = None if recording.holds() else recording
        if self.unsettled is not None:  # the step itself changes the model; its program would not
            return recording.loss
        if first is not None:
            try:
                check_same(recording, first)
            except GraphError:
                tape.clear(recording.parts)
                raise
            recording.is_checked = True
        others = [other for other in self.recordings.pop(key, []) if other is not first]
        self.recordings[key] = [*others[1 - STATES :], recording]
        if len(self.recordings) > MOST:
            del self.recordings[next(iter(self.recordings))]
        return recording.loss


def _check_arrays(arrays: tuple[Any, ...]) -> None:
    for i, array in enumerate(arrays):
        check_array("replay", f"input {i}", array)


def replay(function: Callable[..., Any]) -> Replay:
    """The step that returns the loss of arrays, and leaves its gradients.

    function: takes a tensor for each array, and what the step is given by name; returns the loss,
    one number on the tape.
    """
    if not callable(function):
        raise ArgumentTypeError(f"replay: expected a function of tensors, got {function!r:.80}")
    return Replay(function)
