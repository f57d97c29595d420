from collections.abc import Callable, Iterator
from pathlib import Path

import numpy
import pytest
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection, QuadMesh
from matplotlib.figure import Figure

from common import plot
from common.autograd import Tensor
from common.np import Array, np
from common.util import to_cpu

X = numpy.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0], [3.0, 1.0]], numpy.float32)
T = numpy.array([0, 1, 1, 2])


def data(dtype: str = "float32") -> tuple[Array, Array]:
    """X and T on the device that is on."""
    return np.asarray(X.astype(dtype)), np.asarray(T)


def curve() -> tuple[Array, dict[str, Array]]:
    x, _ = data()
    return x[:, 0], {"y": x[:, 1]}


def axes_of(figure: Figure) -> Axes:
    (axes,) = figure.axes
    return axes


def legend_of(axes: Axes) -> list[str]:
    legend = axes.get_legend()
    return [text.get_text() for text in legend.get_texts()] if legend else []


def scatters_of(axes: Axes) -> list[PathCollection]:
    return [drawn for drawn in axes.collections if isinstance(drawn, PathCollection)]


FIGURES: dict[str, Callable[[], Figure]] = {
    "loss curve": lambda: plot.loss_curve({"training": ([1, 2], [0.5, 0.25])}),
    "empty loss curve": lambda: plot.loss_curve({}),
    "points": lambda: plot.points(*data()),
    "decision boundary": lambda: plot.decision_boundary(lambda x: x, *data()),
    "curves": lambda: plot.curves(*curve()),
    "images": lambda: plot.images(np.ones((2, 8, 8)), ["a", "b"]),
}


@pytest.fixture(params=FIGURES)
def figure(request: pytest.FixtureRequest) -> Figure:
    return FIGURES[request.param]()


def test_a_figure_can_be_saved_and_is_not_kept_by_pyplot(figure: Figure, tmp_path: Path) -> None:
    assert isinstance(figure, Figure)
    figure.savefig(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert pyplot.get_fignums() == []


# show


def test_without_a_display_nothing_is_shown(
    figure: Figure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pyplot, "show", lambda: pytest.fail("shown without a display"))
    plot.show(figure)
    assert pyplot.get_fignums() == []


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[list[Figure]]]:
    """A machine with a display: what each call of pyplot.show opened."""
    shown: list[list[Figure]] = []
    monkeypatch.setattr(pyplot, "get_backend", lambda: "TkAgg")
    monkeypatch.setattr(
        pyplot, "show", lambda: shown.append([pyplot.figure(n) for n in pyplot.get_fignums()])
    )
    yield shown
    pyplot.close("all")


def test_with_a_display_a_window_opens(shown: list[list[Figure]]) -> None:
    figure = plot.curves(*curve())
    plot.show(figure)
    assert shown == [[figure]]


def test_a_figure_is_shown_once(shown: list[list[Figure]]) -> None:
    first, second = plot.loss_curve({}), plot.loss_curve({})
    plot.show(first)
    pyplot.close("all")  # as a reader closes the window
    plot.show(second)
    assert shown == [[first], [second]]


# Loss curve


def test_a_loss_curve_has_a_line_for_each_name() -> None:
    axes = axes_of(plot.loss_curve({"training": ([20, 40], [1.5, 0.5]), "held out": ([40], [0.7])}))
    training, held_out = axes.lines
    assert numpy.asarray(training.get_xdata()).tolist() == [20, 40]
    assert numpy.asarray(training.get_ydata()).tolist() == [1.5, 0.5]
    assert numpy.asarray(held_out.get_ydata()).tolist() == [0.7]
    assert legend_of(axes) == ["training", "held out"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("step", "loss")
    assert training.get_color() != held_out.get_color()


def test_one_point_is_a_dot_and_not_a_line_without_length() -> None:
    one, two = axes_of(plot.loss_curve({"one": ([1], [1.0]), "two": ([1, 2], [1.0, 2.0])})).lines
    assert one.get_marker() == "."
    assert two.get_marker() == ""


def test_a_curve_without_points_is_left_out() -> None:
    axes = axes_of(plot.loss_curve({"training": ([1], [1.0]), "held out": ([], [])}))
    assert legend_of(axes) == ["training"]
    assert legend_of(axes_of(plot.loss_curve({"training": ([], [])}))) == []


def test_the_scale_of_a_loss_curve() -> None:
    curves = {"training": ([1, 2], [1.0, 0.1])}
    assert axes_of(plot.loss_curve(curves, ylim=(0, 3))).get_ylim() == (0, 3)
    assert axes_of(plot.loss_curve(curves)).get_yscale() == "linear"
    assert axes_of(plot.loss_curve(curves, log=True)).get_yscale() == "log"


# Points and boundaries


@pytest.mark.parametrize("t", [T, numpy.eye(3)[T]], ids=["class numbers", "one-hot rows"])
def test_points_of_a_class_share_a_colour_and_a_marker(t: Array) -> None:
    axes = axes_of(plot.points(np.asarray(X), np.asarray(t)))
    assert legend_of(axes) == ["class 0", "class 1", "class 2"]
    scatters = scatters_of(axes)
    drawn = [numpy.asarray(scatter.get_offsets()) for scatter in scatters]
    for label, rows in enumerate(drawn):
        numpy.testing.assert_array_equal(rows, X[label == T])
    assert len({numpy.asarray(s.get_facecolor()).tobytes() for s in scatters}) == 3
    assert len({numpy.asarray(s.get_paths()[0].vertices).tobytes() for s in scatters}) == 3


@pytest.mark.parametrize("dtype", ["float32", "int64"])
def test_a_boundary_shows_what_is_predicted_at_each_place(dtype: str) -> None:
    def right_half(x: Array) -> Array:
        return np.stack([1 - x[:, 0], x[:, 0]], axis=1)  # class 1 where x_0 > 0.5

    axes = axes_of(plot.decision_boundary(right_half, *data(dtype)))
    (mesh,) = (drawn for drawn in axes.collections if isinstance(drawn, QuadMesh))
    classes = numpy.asarray(mesh.get_array())
    across = numpy.linspace(-0.3, 3.3, 300)  # the data and a tenth of its width on either side
    numpy.testing.assert_array_equal(classes, numpy.tile(across > 0.5, (300, 1)))
    drawn = sum(len(numpy.asarray(s.get_offsets())) for s in scatters_of(axes))
    assert drawn == len(X)


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_one_score_tells_two_classes_apart(shape: tuple[int, ...]) -> None:
    x, t = np.asarray(X), np.array([[0], [1], [0], [1]])
    figure = plot.decision_boundary(lambda x: (x[:, 0] - 0.5).reshape(shape), x, t)
    (mesh,) = (drawn for drawn in axes_of(figure).collections if isinstance(drawn, QuadMesh))
    classes = numpy.asarray(mesh.get_array()).reshape(300, 300)
    across = numpy.linspace(-0.3, 3.3, 300)
    numpy.testing.assert_array_equal(classes, numpy.tile(across > 0.5, (300, 1)))
    assert legend_of(axes_of(figure)) == ["class 0", "class 1"]


@pytest.mark.parametrize("count", [3, 10])
def test_a_point_has_the_colour_of_its_class(count: int) -> None:
    x, t = np.arange(2.0 * count).reshape(count, 2), np.arange(count)
    axes = axes_of(plot.decision_boundary(lambda grid: np.ones((len(grid), count)), x, t))
    (mesh,) = (drawn for drawn in axes.collections if isinstance(drawn, QuadMesh))
    for label, scatter in enumerate(scatters_of(axes)):
        colour = numpy.asarray(mesh.cmap(numpy.asarray(mesh.norm(numpy.array([label])))))
        numpy.testing.assert_allclose(colour[0, :3], numpy.asarray(scatter.get_facecolor())[0, :3])


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_a_boundary_is_asked_for_in_the_dtype_of_config(dtype: str) -> None:
    asked: list[Array] = []

    def predict(x: Array) -> Array:
        asked.append(x)
        return x

    plot.decision_boundary(predict, *data(dtype))
    assert all(type(x) is np.ndarray for x in asked)
    assert {(x.dtype.name, x.shape[1]) for x in asked} == {("float32", 2)}


# Curves and pictures


def test_curves_have_a_line_for_each_name() -> None:
    x = np.linspace(0, 1, 5)
    axes = axes_of(plot.curves(x, {"truth": np.sin(x), "fit": x}))
    assert legend_of(axes) == ["truth", "fit"]
    numpy.testing.assert_array_equal(axes.lines[0].get_ydata(), to_cpu(np.sin(x)))
    numpy.testing.assert_array_equal(axes.lines[1].get_ydata(), to_cpu(x))


@pytest.mark.parametrize("count", [8, 9, 20])
def test_no_curve_is_left_out(count: int) -> None:
    x, _ = data()
    ys = {f"y{i}": x[:, 0] + i for i in range(count)}
    assert len(axes_of(plot.curves(x[:, 0], ys)).lines) == count
    losses = {name: ([1, 2], [1.0, 0.5]) for name in ys}
    assert len(axes_of(plot.loss_curve(losses)).lines) == count


def test_each_picture_has_its_title() -> None:
    pictures = numpy.random.default_rng(0).random((7, 8, 8))
    figure = plot.images(np.asarray(pictures), [f"a {i}" for i in range(7)], columns=3)
    assert [axes.get_title() for axes in figure.axes] == [f"a {i}" for i in range(7)]
    for axes, picture in zip(figure.axes, pictures, strict=True):
        numpy.testing.assert_array_equal(numpy.asarray(axes.images[0].get_array()), picture)


def test_there_are_no_more_columns_than_pictures() -> None:
    """An empty column takes time to lay out, too."""
    few, many = (plot.images(np.ones((2, 3, 3)), "ab", columns) for columns in (2, 2**40))
    assert few.get_size_inches().tolist() == many.get_size_inches().tolist()


def test_zero_is_in_the_middle_of_signed_pictures() -> None:
    pictures = np.asarray(numpy.linspace(-1, 3, 18).reshape(2, 3, 3))
    for axes in plot.images(pictures, "ab", signed=True).axes:
        assert axes.images[0].get_clim() == (-3, 3)


def test_losses_may_be_tensors_and_titles_one_text() -> None:
    losses = [Tensor(np.asarray(0.5 / step)) for step in (1, 2)]
    (line,) = axes_of(plot.loss_curve({"a": (range(2), losses)})).lines  # type: ignore[dict-item]
    assert list(numpy.asarray(line.get_ydata())) == [0.5, 0.25]
    assert len(plot.images(np.ones((2, 3, 3)), "ab").axes) == 2


def test_no_pictures_are_an_empty_figure() -> None:
    assert plot.images(np.ones((0, 8, 8)), []).axes == []


@pytest.mark.cpu
def test_a_frame_has_a_margin_on_each_side_of_a_tenth_of_that_side() -> None:
    low, high = plot.frame_around(numpy.array([[0.0, 0.0], [1.0, 20.0]]))
    numpy.testing.assert_allclose([low, high], [[-0.1, -2.0], [1.1, 22.0]])


@pytest.mark.cpu
def test_limits_may_be_below_zero() -> None:
    figure = plot.loss_curve({"log": ([1, 2], [-1.0, -2.0])}, ylim=(-3, 0))
    assert axes_of(figure).get_ylim() == (-3, 0)
