"""Right numbers that meet the wrong ones: another array's, those of W.T, another dout's."""

import numpy

from common.mistakes.evidence import Evidence, is_there, near, subsets


def handed_on(e: Evidence) -> str | None:
    """The output's gradient is passed off as the input's."""
    if near(e.said, e.dout):
        return (
            "backward hands dout on as it came: the derivative of the layer itself is missing. "
            "The chain rule multiplies dout by it"
        )
    return None


def only_summed(e: Evidence) -> str | None:
    """The sum of dout, which is the gradient of a bias; there may be one beside p."""
    if not _is_sum_of_dout(e):
        return None
    names = [name for name, gradient in e.others().items() if near(e.said, gradient)]
    rival = f"; or it is exchanged with {names[0]}, whose gradient this is" if names else ""
    return (
        f"backward hands dout on, only added up: the derivative of the layer itself is "
        f"missing{rival}"
    )


def _is_sum_of_dout(e: Evidence) -> bool:
    return any(near(e.said, e.dout.sum(axis=axes)) for axes in subsets(e.dout.ndim))


def exchanged(e: Evidence) -> str | None:
    """It is another array's gradient; dout, which is that of many arrays, is no sign of it."""
    if _is_sum_of_dout(e):
        return None
    for name, gradient in e.others().items():
        if near(e.said, gradient):
            return f"exchanged: this is the gradient of {name}"
    return None


def transposed(e: Evidence) -> str | None:
    """Rows for columns, in the gradient itself or in what dout is multiplied by."""
    if near(e.said.T, e.measured):
        return "transposed: rows and columns are exchanged. Go by the shapes"
    if near(e.in_effect, e.jacobian.T):
        return "transposed: it goes the same way as forward. Where forward has W, dx has W.T"
    for name, gradient in e.with_transposed().items():
        if near(gradient, e.measured):
            return f"a matrix is transposed: with {name}.T in its place it is right"
    return None


def wrong_places(e: Evidence) -> str | None:
    """For each element of y the right numbers, at other elements of p."""
    said, measured = numpy.sort(e.in_effect, axis=0), numpy.sort(e.jacobian, axis=0)
    if near(said, measured):
        return "the numbers are right, and go back to the wrong places: those of other elements"
    return None


def wrong_dout(e: Evidence) -> str | None:
    """The layer's own derivatives are right, and each meets another element of dout."""
    said, measured = e.in_effect, e.jacobian
    one_each = all((is_there(J).sum(axis=1) <= 1).all() for J in (said, measured))
    if not one_each or not near(said.sum(axis=1), measured.sum(axis=1)):
        return None
    words = "each derivative is multiplied by the wrong element of dout"
    if not _is_laid_out_wrong(e):
        return words
    return (
        f"{words}, whose shape is {e.y.shape}: broadcasting lays it along another axis than "
        f"forward summed over. dout[:, None] stands it upright"
    )


def _is_laid_out_wrong(e: Evidence) -> bool:
    """Whether it comes out like this if dout, of fewer axes than p, is broadcast."""
    fits = e.y.shape == e.p.shape[e.p.ndim - e.y.ndim :]
    derivative = e.jacobian.sum(axis=1).reshape(e.p.shape)
    return fits and near(e.said, derivative * e.dout)
