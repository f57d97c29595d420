"""Gathers the evidence on a wrong gradient: derivatives measured, and others that backward says."""

import copy

import numpy

from common.checks import is_array
from common.gradient_run import STEP, Run
from common.layer_rules import NOT_SAID, gradients_by_hand, lists_in, run_forward
from common.mistakes import likely, likely_mistake
from common.mistakes.evidence import Evidence
from common.mistakes.shapes import shape_of
from common.np import Array, np
from common.util import to_cpu

LOOKED_AT_UP_TO = 128  # elements of an array, and of y: each takes two runs


def is_small_enough(run: Run, i: int) -> bool:
    """Whether all elements of array number i are looked at, to find what is wrong with them."""
    return max(run.arrays[i].size, run.y.size) <= LOOKED_AT_UP_TO


def likely_cause(run: Run, i: int) -> str:
    """A line that says which mistake the gradient of array number i looks like, or nothing."""
    if run.said[i] is None or not run.y.size:
        return ""
    if not is_small_enough(run, i):
        return "\nWith smaller inputs the likely mistake is looked for."
    try:
        with numpy.errstate(all="ignore"):  # at other inputs forward may overflow
            evidence = evidence_on(run, i)
            is_of_shape = evidence.said.shape == evidence.p.shape
            return likely(likely_mistake(evidence) if is_of_shape else shape_of(evidence))
    except Exception:  # what was found out must not be lost to an attempt to explain it
        return ""


def evidence_on(run: Run, i: int) -> Evidence:
    """What is known of the gradient of array number i."""
    p = run.arrays[i]
    jacobian, curved = measure_jacobian(run, p)
    return Evidence(
        name=run.names[i],
        p=to_cpu(p),
        inputs=[to_cpu(x) for x in run.inputs],
        y=to_cpu(run.y),
        dout=to_cpu(run.dout),
        said=_numbers(run.said[i]),
        says=lambda dout: _numbers(run.gradients(np.asarray(dout))[i]),
        jacobian=jacobian,
        curved=curved,
        others=lambda: _other_gradients(run, i),
        held=_arrays_held(run),
        with_transposed=lambda: _with_transposed(run, i),
        slopes_at=lambda x: _slopes_at(run, p, np.array(x)),  # a copy: x may be p itself
    )


def _numbers(gradient: Array) -> numpy.ndarray:
    return to_cpu(np.asarray(gradient)).astype(numpy.float64)  # it may be a mask, of True and False


def measure_jacobian(run: Run, p: Array) -> tuple[numpy.ndarray, numpy.ndarray]:
    """dy/dp, p's elements in rows; and at which of them the slopes on both sides differ."""
    rows, bends, start, y = [], [], p.copy(), run.output()
    for i in np.ndindex(p.shape):
        p[i] = start[i] + STEP
        above = run.output()
        p[i] = start[i] - STEP
        below = run.output()
        p[i] = start[i]
        rows.append(to_cpu((above - below) / (2 * STEP)).ravel())
        bends.append(float(np.abs(above - 2 * y + below).max()) / STEP)
    jacobian = numpy.stack(rows)
    return jacobian, (numpy.array(bends) > 0.01 * numpy.abs(jacobian).max()).reshape(p.shape)


def _other_gradients(run: Run, i: int) -> dict[str, numpy.ndarray]:
    """The measured gradients of all other arrays of the shape of array number i that have one."""
    dout = to_cpu(run.dout).ravel()
    return {
        name: (measure_jacobian(run, p)[0] @ dout).reshape(p.shape)
        for name, p, said in zip(run.names, run.arrays, run.said, strict=True)
        if p is not run.arrays[i] and p.shape == run.arrays[i].shape and said is not NOT_SAID
    }


def _arrays_held(run: Run) -> dict[str, numpy.ndarray]:
    """What a layer has kept after a forward and a backward, by the names of its attributes."""
    if not run.is_by_hand:
        return {}
    f = copy.deepcopy(run.f)
    run_forward(f, run.inputs)
    gradients_by_hand(f, run.inputs, run.dout)
    return {name: to_cpu(x) for name, x in vars(f).items() if is_array(x)}


def _with_transposed(run: Run, i: int) -> dict[str, numpy.ndarray]:
    """The gradient of array number i, if between forward and backward a parameter is transposed."""
    said = {}
    for k, param in enumerate(lists_in(run.f)[0]):
        if run.is_by_hand and param.ndim == 2 and param.shape[0] == param.shape[1]:
            f = copy.deepcopy(run.f)
            run_forward(f, run.inputs)
            W = lists_in(f)[0][k]
            W[...] = W.T.copy()
            said[f"params[{k}]"] = _numbers(gradients_by_hand(f, run.inputs, run.dout)[i])
    return said


def _slopes_at(run: Run, p: Array, x: Array) -> numpy.ndarray:
    """With x in the place of p, the slope of each element of y by its own element of p."""
    start = p.copy()
    try:
        p[...] = x + STEP
        above = run.output()
        p[...] = x - STEP
        return to_cpu((above - run.output()) / (2 * STEP))
    except Exception:  # forward need not take these numbers
        return numpy.full(p.shape, numpy.nan)
    finally:
        p[...] = start
