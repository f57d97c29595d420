"""Figures. Each function returns one: save it, show it, or change it further.

Nothing here needs a display, and nothing waits for one.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, ListedColormap
from matplotlib.figure import Figure

from common import config
from common.base import Layer
from common.checks import (
    check_array,
    check_data,
    check_flag,
    check_function,
    check_mapping,
    check_number,
    check_sequence,
    check_text,
    check_whole,
    has_one_score,
)
from common.errors import ArgumentTypeError, DTypeError, ShapeError
from common.functions import predicted_classes, target_classes
from common.np import Array
from common.util import to_cpu, to_device

# Told apart by people who do not see all colours, too (Okabe & Ito).
COLORS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000"]
MARKERS = "ox^sDv*P"
SIGNED = LinearSegmentedColormap.from_list("signed", [COLORS[0], "white", COLORS[5]])


def show(figure: Figure) -> None:
    """Opens a window where there is a display; does nothing where there is none."""
    from matplotlib import pyplot
    from matplotlib.backends.registry import BackendFilter, backend_registry

    if not isinstance(figure, Figure):
        raise ArgumentTypeError(f"show: figure must be a Figure, got {figure!r:.80}")
    windows = backend_registry.list_builtin(BackendFilter.INTERACTIVE)  # type: ignore[no-untyped-call]
    if pyplot.get_backend().lower() in windows:
        pyplot.figure(figure)
        pyplot.show()


def _new(width: float = 6.4, height: float = 4.8) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def loss_curve(
    curves: Mapping[str, tuple[Sequence[int], Sequence[float]]],
    ylim: tuple[float, float] | None = None,
    *,
    log: bool = False,
) -> Figure:
    """The loss against the step: a line for each name in curves, {name: (steps, losses)}."""
    figure, axes = _new()
    check_mapping("loss_curve", "curves", curves, to="(steps, losses)")
    check_flag("loss_curve", "log", log)
    if ylim is not None:
        check_sequence("loss_curve", "ylim", ylim, length=2)
        for limit in ylim:
            check_number("loss_curve", "ylim", limit, at_least=-1e300, at_most=1e300)
    for (name, pair), color in zip(curves.items(), cycle(COLORS), strict=False):
        check_sequence("loss_curve", f"what {name!r} stands for in curves", pair, length=2)
        steps = _line("loss_curve", f"steps of {name!r} in curves", pair[0])
        losses = _line("loss_curve", f"losses of {name!r} in curves", pair[1])
        _check_as_many("loss_curve", f"steps of {name!r}", steps, "losses", losses)
        if len(steps):
            axes.plot(steps, losses, label=name, color=color, marker="." if len(steps) == 1 else "")
    axes.set(xlabel="step", ylabel="loss")
    if log:
        axes.set_yscale("log")
    if ylim is not None:
        axes.set_ylim(*ylim)
    if axes.lines:
        axes.legend()
    axes.grid(alpha=0.3)
    return figure


def points(x: Array, t: Array) -> Figure:
    """The rows of x (N, 2) as points, a colour and a marker for each class in t."""
    figure, axes = _new()
    x, t = _points("points", x, t)
    draw_points(axes, x, t)
    axes.legend(loc="upper right")  # "best" looks at every point, which takes long
    return figure


def decision_boundary(predict: Callable[[Array], Array], x: Array, t: Array) -> Figure:
    """Which class `predict` gives to each point of the plane, under the rows of x (N, 2).

    predict: from points (M, 2) to scores (M, C); or to one score each, whose sign tells the class.
    """
    figure, axes = _new()
    if isinstance(predict, Layer):
        raise ArgumentTypeError(
            "decision_boundary: a model is called on tensors, and predict on points. Give it "
            "model.forward, or trainer.predict."
        )
    check_function("decision_boundary", "predict", predict, of="points")
    x, t = _points("decision_boundary", x, t)
    across, up, classes, count = classes_in_plane(predict, x, 300)
    colors = ListedColormap([COLORS[i % len(COLORS)] for i in range(count)])
    axes.pcolormesh(
        across, up, classes, cmap=colors, vmin=-0.5, vmax=count - 0.5, alpha=0.3, rasterized=True
    )
    draw_points(axes, x, t)
    axes.legend(loc="upper right")  # "best" looks at every point, which takes long
    return figure


def frame_around(x: Array) -> tuple[Any, Any]:
    """The lower left and the upper right corner of what is drawn around the rows of x (N, 2)."""
    low, high = x.min(axis=0), x.max(axis=0)
    margin = 0.1 * (high - low)
    return low - margin, high + margin


def classes_in_plane(
    predict: Callable[[Array], Array], x: Array, size: int
) -> tuple[Any, Any, Any, int]:
    """The class that predict gives to each of size × size points around the rows of x (N, 2).

    Returns the two coordinates of the points and their classes, each (size, size), and the number
    of classes.
    """
    corners = zip(*frame_around(x), strict=True)
    across, up = numpy.meshgrid(*(numpy.linspace(a, b, size) for a, b in corners))
    grid = numpy.stack([across.ravel(), up.ravel()], axis=1).astype(config.dtype)
    who, name = "decision_boundary", "what predict returns"
    scores = _numbers(who, name, predict(to_device(grid)))
    if scores.dtype.kind != "f":
        raise DTypeError(
            f"decision_boundary: predict must return scores, one for each class, got {scores.dtype}"
        )
    if scores.ndim not in (1, 2) or len(scores) != len(grid):
        raise ShapeError(
            f"{who}: {name} must have a row for each point, {len(grid)}, got shape {scores.shape}"
        )
    with config.use_gpu(False):
        classes = predicted_classes(scores).reshape(across.shape)
    return across, up, classes, 2 if has_one_score(scores) else scores.shape[1]


def _check_as_many(who: str, name: str, one: Any, other_name: str, other: Any) -> None:
    if len(one) != len(other):
        raise ShapeError(f"{who}: {name} has {len(one)}, but {other_name} has {len(other)}")


def _numbers(who: str, name: str, x: Any) -> Array:
    """An array of numbers, on the CPU."""
    if hasattr(x, "__cuda_array_interface__"):
        x = to_cpu(x)
    with config.use_gpu(False):
        check_array(who, name, x)
    return x


def _array_of(who: str, name: str, numbers: Any) -> Array:
    """Those that a script kept, a number a step, may be tensors, or on the GPU."""
    try:
        return numpy.array([float(number) for number in numbers])
    except (TypeError, ValueError, OverflowError):
        raise ArgumentTypeError(
            f"{who}: {name} must be a list or an array of numbers, got {numbers!r:.80}"
        ) from None


def _line(who: str, name: str, x: Any) -> Array:
    """Numbers in a row: an array, or a list."""
    is_list = isinstance(x, list | tuple | range)
    x = _numbers(who, name, _array_of(who, name, x) if is_list else x)
    if x.ndim != 1:
        raise ShapeError(f"{who}: {name} must have one axis, got shape {x.shape}")
    return x


def _points(who: str, x: Any, t: Any) -> tuple[Array, Array]:
    """Points (N, 2) and what names their classes, on the CPU."""
    x, t = _numbers(who, "x", x), _numbers(who, "t", t)
    if x.ndim != 2 or x.shape[1] != 2:
        raise ShapeError(f"{who}: x must have shape (N, 2), got {x.shape}")
    if t.ndim not in (1, 2):
        raise ShapeError(f"{who}: t must have shape (N,) or (N, C), got {t.shape}")
    with config.use_gpu(False):
        check_data(who, x, t)
    return x, t


def draw_points(axes: Axes, x: Array, t: Array, size: float = 16) -> None:
    """The rows of x (N, 2), a colour and a marker for each class in t."""
    with config.use_gpu(False):
        labels = target_classes(t)
    for label in numpy.unique(labels):
        rows = x[labels == label]
        axes.scatter(
            rows[:, 0], rows[:, 1], s=size, label=f"class {label}",
            color=COLORS[label % len(COLORS)], marker=MARKERS[label % len(MARKERS)],
        )  # fmt: skip
    axes.set(xlabel="$x_0$", ylabel="$x_1$", aspect="equal")


def curves(
    x: Array, ys: Mapping[str, Array], *, xlabel: str = "x", ylabel: str = "y", log: bool = False
) -> Figure:
    """Functions of x: a line for each name in ys."""
    figure, axes = _new()
    check_mapping("curves", "ys", ys, to="numbers")
    check_flag("curves", "log", log)
    check_text("curves", "xlabel", xlabel)
    check_text("curves", "ylabel", ylabel)
    x = _line("curves", "x", x)
    for (name, y), color in zip(ys.items(), cycle(COLORS), strict=False):
        y = _line("curves", f"{name!r} in ys", y)
        _check_as_many("curves", "x", x, f"{name!r} in ys", y)
        axes.plot(x, y, label=name, color=color)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    if log:
        axes.set_yscale("log")
    axes.legend()
    axes.grid(alpha=0.3)
    return figure


def images(
    pictures: Array, titles: Sequence[str], columns: int = 6, *, signed: bool = False
) -> Figure:
    """Grey pictures (N, height, width) in rows, a title over each.

    signed: of numbers on both sides of 0, on one scale: blue below 0, orange above it.
    """
    pictures = _numbers("images", "pictures", pictures)
    check_flag("images", "signed", signed)
    check_whole("images", "columns", columns, at_least=1)
    if not isinstance(titles, str):  # a letter for each
        check_sequence("images", "titles", titles)
    for title in titles:
        check_text("images", "titles", title)
    if pictures.ndim != 3:
        raise ShapeError(f"images: pictures must be (N, height, width), got {pictures.shape}")
    _check_as_many("images", "pictures", pictures, "titles", titles)
    columns = max(min(columns, len(pictures)), 1)
    rows = max(-(-len(pictures) // columns), 1)
    figure = Figure(figsize=(1.25 * columns, 1.55 * rows), layout="constrained")
    top = float(abs(pictures).max(initial=0))
    scale = {"cmap": SIGNED, "vmin": -top, "vmax": top} if signed else {"cmap": "gray_r"}
    for i, (picture, title) in enumerate(zip(pictures, titles, strict=True)):
        axes: Any = figure.add_subplot(rows, columns, i + 1)
        axes.imshow(picture, **scale)
        axes.set_title(title, fontsize=9)
        axes.set_axis_off()
    return figure
