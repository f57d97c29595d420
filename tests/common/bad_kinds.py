"""The kinds of bad input: for each slot that an argument may be, the ways to fill it wrongly.

A slot is a dictionary, {kind: how to be wrong}. The bad value is made from a good one.
"""

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy

from common.autograd import Tensor
from common.layers import Linear, MSELoss, ReLU, Sequential
from common.np import np
from common.optimizer import SGD
from common.util import to_cpu
from tests import simulated_cupy

Make = Callable[[Any], Any]


@dataclass(frozen=True)
class Kind:
    """One way to be wrong.

    make: the bad value, from the good one. error: which built-in errors the refusal may be. shows:
    texts, one of which the message must have where it says what it got.
    """

    make: Make
    error: tuple[type[Exception], ...]
    shows: Callable[[Any], Iterable[str]]


Slot = dict[str, Kind]


def slot(error: type[Exception] | tuple[type[Exception], ...], shows: Any, **kinds: Make) -> Slot:
    errors = error if isinstance(error, tuple) else (error,)
    return {
        name.replace("_", " ").strip(): Kind(make, errors, shows) for name, make in kinds.items()
    }


def but(of: Slot, error: type[Exception]) -> Slot:
    """The same kinds, which are refused with another error as well."""
    return {name: Kind(k.make, (*k.error, error), k.shows) for name, k in of.items()}


def always(value: Any) -> Make:
    return lambda good: value


# What a message shows of what it got --------------------------------------------------------------


def its_type(bad: Any) -> list[str]:
    """The name of its type, or as much of its text as a message has."""
    kind = "a list" if isinstance(bad, list | tuple) else type(bad).__name__
    inner = bad.item() if isinstance(bad, numpy.generic) else bad
    return [kind, type(inner).__name__, repr(inner)[:40], type(bad).__name__, repr(bad)[:40]]


def its_value(bad: Any) -> list[str]:
    bad = bad.data if isinstance(bad, Tensor) else bad
    return [repr(bad)[:40], f"{bad:.10g}" if isinstance(bad, float | int) else str(bad)[:40]]


def its_shape(bad: Any) -> list[str]:
    bad = bad.data if isinstance(bad, Tensor) else bad
    rows = [f"{len(bad)} rows", f"has {len(bad)}", f"{bad.size} labels"] if bad.ndim else []
    of_a_batch = ["," + str(bad.shape).split(",", 1)[1]] if bad.ndim > 1 else []
    return [str(bad.shape), *rows, *of_a_batch]


def its_dtype(bad: Any) -> list[str]:
    return [str(bad.dtype)]


def its_odd_number(bad: Any) -> list[str]:
    """The number in the last row that no other row has; or its whole row."""
    return [str(bad[-1]), str(bad.reshape(-1)[-1]), f"{numpy.sum(bad[-1]):g}"]


def not_finite(bad: Any) -> list[str]:
    return ["NaN", "nan", "inf"]


def shape_of_the_first(bad: Any) -> list[str]:
    return [str(bad[0].shape)]


def one_of_them(bad: Any) -> list[str]:
    """An element of a pair."""
    return [f"got {item!r}" for item in bad] + [f"got {bad!r}", "got a list"]


def its_kind(bad: Any) -> list[str]:
    return ["masked", "matrix"]


def any_text(bad: Any) -> list[str]:
    return [""]


# Things of another type ---------------------------------------------------------------------------


def squares() -> Any:
    return (i * i for i in range(3))


def of_two(a: Any, b: Any) -> float:
    return 1.0


def of_none() -> float:
    return 1.0


THINGS = slot(
    TypeError, its_type,
    None_=always(None), text=always("text"), empty_text=always(""), bytes=always(b"1"),
    a_complex_number=always(1j), a_dict=always({"x": 1}), a_set=always({1, 2}),
    a_generator=lambda good: squares(), a_class=always(SGD), a_function=always(of_two),
    a_range=always(range(3)), a_slice=always(slice(3)), an_ellipsis=always(...),
    an_exception=always(ValueError("x")), a_time=always(timedelta(1)),
)  # fmt: skip
A_LIST = slot(TypeError, its_type, a_list=always([1.0, 2.0]), an_empty_list=always([]))
A_NUMBER = slot(TypeError, its_type, a_number=always(1.5), a_whole_number=always(3))
A_FLAG = slot(TypeError, its_type, True_=always(True), NumPys_True=always(numpy.True_))
AN_ARRAY = slot(
    TypeError, its_type, an_array=lambda good: np.ones(3), a_tensor=lambda g: Tensor(2.0)
)
A_MODEL = slot(
    TypeError, its_type, a_layer=lambda good: ReLU(), a_model=lambda g: Sequential(ReLU())
)


def unsaid(of: Slot, *names: str) -> Slot:
    """The same kinds; for these the message shows another thing that does not fit."""
    return of | {name: Kind(of[name].make, of[name].error, any_text) for name in names}


def without(slot: Slot, *names: str) -> Slot:
    assert set(names) <= set(slot)
    return {name: kind for name, kind in slot.items() if name not in names}


# Numbers ------------------------------------------------------------------------------------------

NOT_NUMBERS = (
    THINGS
    | A_LIST
    | A_FLAG
    | AN_ARRAY
    | A_MODEL
    | slot(TypeError, its_type, an_array_without_axes=lambda good: np.array(good, float))
)
NOT_FINITE_NUMBERS = slot(
    ValueError, its_value,
    NaN=always(float("nan")), infinity=always(float("inf")), minus_infinity=always(-float("inf")),
    NumPys_NaN=always(numpy.float32("nan")),
)  # fmt: skip
HUGE = slot(ValueError, not_finite, beyond_all_floats=always(10**400))
GOOD_NUMBER = slot((), any_text, a_NumPy_number=lambda good: numpy.float64(good))
GOOD_WHOLE = slot((), any_text, a_NumPy_number=lambda good: numpy.int64(good))


def number(**outside: float) -> Slot:
    """A finite number; outside: what is out of its limits, by name."""
    limits = slot(ValueError, its_value, **{name: always(value) for name, value in outside.items()})
    return NOT_NUMBERS | NOT_FINITE_NUMBERS | HUGE | limits | GOOD_NUMBER


def whole(**outside: int) -> Slot:
    limits = slot(ValueError, its_value, **{name: always(value) for name, value in outside.items()})
    fractions = slot(
        TypeError, its_value, a_fraction=always(2.5), a_whole_float=always(2.0),
        NaN=always(float("nan")), infinity=always(float("inf")),
        a_NumPy_fraction=always(numpy.float32(2.5)),
    )  # fmt: skip
    return NOT_NUMBERS | fractions | HUGE | limits | GOOD_WHOLE


SIZE = whole(zero=0, minus_1=-1) | slot(ValueError, its_value, beyond_all_memory=always(2**62))


SEED = (
    but(without(THINGS, "None", "a range") | A_FLAG | A_MODEL, ValueError)
    | slot(
        ValueError, its_value, minus_1=always(-1), a_fraction=always(1.5),
        a_list_of_fractions=always([1.5]), a_list_of_minus_1=always([-1]),
        fractions=lambda good: numpy.ones(2), text_inside=always(["a"]),
    )
    | slot((), any_text, None_=always(None), whole_numbers=always([1, 2]), large=always(2**70),
           a_generator_of_NumPys=lambda good: numpy.random.default_rng(0))
)  # fmt: skip
FLAG = THINGS | A_LIST | A_NUMBER | AN_ARRAY | A_MODEL | slot(
    TypeError, its_type, one=always(1), zero=always(0)
) | slot((), any_text, NumPys_True=always(numpy.True_), False_=always(False))  # fmt: skip


def choice(*good: str) -> Slot:
    """One of some words."""
    words = slot(
        ValueError, its_value, another_word=always("other"), none=always("none"),
        capitals=lambda word: word.upper(), a_space=lambda word: word + " ",
        words=lambda word: numpy.array([word, word]),
        a_word_in_an_array=lambda word: numpy.array(word),
    )  # fmt: skip
    return but(THINGS | A_LIST | A_NUMBER | A_FLAG | AN_ARRAY | A_MODEL, ValueError) | words


# Arrays -------------------------------------------------------------------------------------------


def other_device(good: Any) -> Any:
    """As on a GPU, while this is on the CPU, and the other way round."""
    if isinstance(good, numpy.ndarray):
        return simulated_cupy.cupy.asarray(good)
    return to_cpu(good)


def matrix(good: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return numpy.asmatrix(numpy.ones((2, 2)))


def joined(good: Any, more: Any, axis: int) -> Any:
    """On the device where they are."""
    where = numpy if isinstance(good, numpy.ndarray) else np
    return where.concatenate([good, more], axis=axis)


def changed(good: Any, value: Any) -> Any:
    """Another number in the last row, or in a 1-d array at the end."""
    bad = good.copy() if good.dtype.kind == "f" or isinstance(value, int) else good.astype(float)
    bad.reshape(-1)[-1] = value
    return bad


MORE_THAN_ARRAYS = slot(
    TypeError, its_kind, masked=lambda good: numpy.ma.masked_array(good), a_matrix=matrix
)
NOT_ARRAYS = THINGS | A_NUMBER | A_FLAG | A_MODEL | slot(
    TypeError, its_type,
    a_list=lambda good: good.tolist() if hasattr(good, "tolist") else [good],
    a_tuple=lambda good: tuple(good.ravel().tolist()), a_ragged_list=always([[1.0], [1.0, 2.0]]),
    a_NumPy_number=always(numpy.float32(1)), a_tensor=lambda good: Tensor([1.0]),
    a_list_of_arrays=lambda good: [good], memory=lambda good: memoryview(b"12"),
) | MORE_THAN_ARRAYS  # fmt: skip
DEVICE = slot(RuntimeError, lambda bad: ["is on the "], the_other_device=other_device)
DTYPES = slot(
    TypeError, its_dtype,
    complex_numbers=lambda good: good.astype(complex), objects=lambda good: good.astype(object),
    text_inside=lambda good: good.astype(str), bytes_inside=lambda good: good.astype("S4"),
    dates=lambda good: good.astype("datetime64[s]"),
    records=lambda good: numpy.zeros(good.shape, [("x", float)]),
)  # fmt: skip
NOT_FLOATS = slot(
    TypeError, its_dtype, whole_numbers=lambda good: good.astype(np.int64),
    booleans=lambda good: good > 0,
)  # fmt: skip
READ_ONLY = slot(
    TypeError, lambda bad: ["read-only"], read_only=lambda g: numpy.broadcast_to(g, g.shape)
)
AXES = slot(
    ValueError, its_shape,
    an_axis_more=lambda good: good[None], an_axis_at_the_end=lambda good: good[..., None],
    an_axis_fewer=lambda good: np.array(good[0]), no_axis=lambda good: np.array(good.ravel()[0]),
)  # fmt: skip
ROWS = slot(
    ValueError, its_shape,
    a_row_more=lambda good: joined(good, good[:1], axis=0), a_row_fewer=lambda good: good[:-1],
    one_row=lambda good: good[:1],
)  # fmt: skip
COLUMNS = slot(
    ValueError, its_shape,
    a_column_more=lambda good: joined(good, good[..., :1], axis=-1),
    a_column_fewer=lambda good: good[..., :-1], one_column=lambda good: good[..., :1],
    transposed=lambda good: good.T, flat=lambda good: good.reshape(-1),
)  # fmt: skip
EMPTY = slot(
    ValueError,
    its_shape,
    no_rows=lambda good: good[:0],
    nothing=lambda good: np.ones(0, good.dtype),
)
NO_COLUMNS = slot(ValueError, its_shape, no_columns=lambda good: good[..., :0])
NOT_FINITE = slot(
    ValueError, not_finite, NaN=lambda good: changed(good, float("nan")),
    infinity=lambda good: changed(good, float("inf")),
    minus_infinity=lambda good: changed(good, -float("inf")),
)  # fmt: skip

ANY_ARRAY = NOT_ARRAYS | DEVICE | DTYPES
ARRAY = ANY_ARRAY | AXES | ROWS | EMPTY | NOT_FINITE  # of one axis
TABLE = ARRAY | COLUMNS | NO_COLUMNS  # of two
WEIGHT = TABLE | NOT_FLOATS | READ_ONLY
BIAS = ARRAY | NOT_FLOATS | READ_ONLY
ONE_NUMBER = but(THINGS | A_LIST | A_MODEL, ValueError) | slot(
    (TypeError, ValueError), its_type,
    an_array=lambda good: np.ones(1), a_tensor=lambda good: Tensor(1.0),
    a_table=lambda good: np.ones((2, 2)), NumPys_text=always(numpy.str_("x")),
    a_NumPy_complex_number=always(numpy.complex64(1j)), a_date=always(numpy.datetime64(0, "s")),
    NumPys_bytes=always(numpy.bytes_(b"x")),
) | GOOD_NUMBER  # fmt: skip

# Labels -------------------------------------------------------------------------------------------

OUT_OF_RANGE = slot(
    ValueError, its_odd_number, too_large=lambda good: changed(good, 4),
    minus_1=lambda good: changed(good, -1), far_out=lambda good: changed(good, 2**40),
)  # fmt: skip
NOT_WHOLE = slot(
    (TypeError, ValueError), its_dtype, floats=lambda good: good.astype(float),
    halves=lambda good: good + 0.5, nearly_whole=lambda good: good * 0.9999,
    booleans=lambda good: good > 0,
)  # fmt: skip
CLASSES = (
    but(NOT_ARRAYS | DTYPES, ValueError) | DEVICE | AXES | ROWS | EMPTY | NOT_WHOLE | OUT_OF_RANGE
)
INDICES = NOT_ARRAYS | DTYPES | DEVICE | AXES | ROWS | EMPTY | NOT_WHOLE | OUT_OF_RANGE


def last_row(*numbers: float) -> Make:
    def change(good: Any) -> Any:
        bad = good.astype(float)
        bad[-1] = numbers
        return bad

    return change


NO_DISTRIBUTION = slot(
    ValueError, its_odd_number, two_hot=last_row(1, 1, 0), none_hot=last_row(0, 0, 0),
    below_0=last_row(1.5, -0.5, 0), a_little_more=last_row(1.002, 0, 0),
    nearly_none=last_row(0.3, 0.3, 0.3),
) | slot(
    ValueError, not_finite, NaN=last_row(float("nan"), 0, 1), infinity=last_row(float("inf"), 0, 0),
)  # fmt: skip
DISTRIBUTIONS = (
    but(NOT_ARRAYS | DTYPES, ValueError) | DEVICE | AXES | ROWS | COLUMNS | EMPTY | NO_COLUMNS
    | NO_DISTRIBUTION
)  # fmt: skip
BETWEEN_0_AND_1 = slot(
    ValueError, its_odd_number, above_1=lambda good: changed(good, 1.5),
    below_0=lambda good: changed(good, -0.5), two=lambda good: changed(good, 2),
    NaN=lambda good: changed(good, float("nan")), infinity=lambda good: changed(good, float("inf")),
)  # fmt: skip
BINARY = ANY_ARRAY | AXES | ROWS | COLUMNS | EMPTY | NO_COLUMNS | BETWEEN_0_AND_1

# Functions, models, lists, files ------------------------------------------------------------------

FUNCTION = without(THINGS, "a class", "a function") | A_NUMBER | A_LIST | A_FLAG | AN_ARRAY | slot(
    TypeError, lambda bad: [bad.__name__, "got 1 inputs"], of_two=always(of_two),
    of_none=always(of_none),
)  # fmt: skip
MODEL = without(THINGS, "a function") | A_NUMBER | A_LIST | A_FLAG | AN_ARRAY | slot(
    TypeError, its_type, a_layers_class=always(Linear), layers_in_a_list=lambda good: [ReLU()],
)  # fmt: skip
OPTIMIZER = THINGS | A_NUMBER | A_LIST | A_FLAG | AN_ARRAY | A_MODEL
WORKERS = without(THINGS, "None") | A_NUMBER | A_LIST | A_FLAG | AN_ARRAY | A_MODEL
LAYER = THINGS | A_NUMBER | A_LIST | A_FLAG | AN_ARRAY | slot(
    TypeError, its_type, a_layers_class=always(ReLU), a_loss=lambda good: MSELoss(),
    layers_in_a_list=lambda good: [ReLU()],
)  # fmt: skip


def with_first(item: Callable[[Any], Any]) -> Make:
    return lambda good: [item(good[0]), *good[1:]]


ARRAYS = THINGS | A_NUMBER | A_FLAG | AN_ARRAY | slot(
    TypeError, any_text, a_model=lambda good: Sequential(Linear(2, 3)),
    an_iterator=lambda good: iter(good), by_name=lambda good: dict(enumerate(good)),
    None_first=with_first(always(None)), a_number_first=with_first(always(1.0)),
    text_first=with_first(always("W")), a_list_first=with_first(lambda a: a.tolist()),
    a_tensor_first=with_first(Tensor), objects_first=with_first(lambda a: a.astype(object)),
    complex_numbers_first=with_first(lambda a: a.astype(complex)),
    whole_numbers_first=with_first(lambda a: a.astype(int)),
    booleans_first=with_first(lambda a: a > 0),
) | slot(
    RuntimeError, any_text, the_other_device_first=with_first(other_device),
) | slot((), any_text, a_tuple=tuple)  # fmt: skip
AS_MANY = slot(
    ValueError, lambda bad: [str(len(bad))], one_more=lambda good: [*good, np.ones(2)],
    one_fewer=lambda good: good[:-1], none=always([]),
)  # fmt: skip
AS_LARGE = slot(
    ValueError, shape_of_the_first, a_row_fewer_first=with_first(lambda a: a[:-1]),
    an_axis_more_first=with_first(lambda a: a[None]), transposed_first=with_first(lambda a: a.T),
    no_rows_first=with_first(lambda a: a[:0]),
    no_axis_first=with_first(lambda a: np.array(a[0, 0])),
)  # fmt: skip

PATH = without(THINGS, "text") | A_NUMBER | A_LIST | A_FLAG | AN_ARRAY | A_MODEL | slot(
    TypeError, its_value, a_dot=always("."), a_slash=always("/"), a_zero_inside=always("a\0b"),
)  # fmt: skip
TO_WRITE = slot(
    OSError, lambda bad: [bad], in_no_folder=always("missing/file.safetensors"),
    a_folder=always("folder"), below_a_file=always("file.safetensors/file"),
)  # fmt: skip
TO_READ = slot(
    OSError, lambda bad: [bad], no_file=always("missing.safetensors"), a_folder=always("folder"),
    no_file_of_ours=always("text.safetensors"), an_empty_file=always("empty.safetensors"),
)  # fmt: skip

# What a tensor is given ---------------------------------------------------------------------------

OPERAND = THINGS | A_LIST | A_MODEL | DTYPES | MORE_THAN_ARRAYS | DEVICE | slot(
    TypeError, its_type,
    text_of_NumPy=always(numpy.str_("x")), a_date=always(numpy.datetime64(0, "s")),
    a_complex_number_of_NumPy=always(numpy.complex64(1j)),
    a_list_of_tensors=lambda good: [Tensor(1.0)],
) | slot(
    ValueError, its_shape, of_another_shape=lambda good: np.ones((7, 5)),
    of_another_length=lambda good: np.ones(5),
    a_tensor_of_another_shape=lambda good: Tensor(np.ones(5)),
) | slot(ValueError, any_text, beyond_all_floats=always(10**400)) | slot(
    (), any_text,
    a_number=always(2.0), a_whole_number=always(2), a_tensor=lambda good: Tensor(good),
    a_NumPy_number=always(numpy.float32(2)), an_array_without_axes=lambda good: np.array(2.0),
    NaN=always(float("nan")), True_=always(True),
)  # fmt: skip
NO_AXES = slot(
    ValueError, lambda bad: ["()"], a_number=always(2.0), a_whole_number=always(2),
    a_NumPy_number=always(numpy.float32(2)), an_array_without_axes=lambda good: np.array(2.0),
    NaN=always(float("nan")), True_=always(True),
)  # fmt: skip
LIMIT = without(THINGS, "None") | A_LIST | A_MODEL | DEVICE | slot(
    TypeError, its_type, NumPys_text=always(numpy.str_("x")),
) | slot(
    TypeError, its_dtype, text_inside=lambda good: numpy.array("x"),
) | slot(
    ValueError, its_shape, of_another_length=lambda good: np.ones(5),
) | slot(
    ValueError, any_text, beyond_all_floats=always(10**400),
) | slot(
    ValueError, its_value, NaN=always(float("nan")), NumPys_NaN=always(numpy.float32("nan")),
) | slot(
    RuntimeError, any_text, a_tensor_that_learns=lambda good: Tensor(1.0, requires_grad=True),
) | slot(
    (), any_text,
    None_=always(None), a_tensor=lambda good: Tensor(1.0), an_array=lambda good: np.ones(3),
    infinity=always(float("inf")), a_NumPy_number=always(numpy.float32(1)),
)  # fmt: skip
NOT_WHOLE_NUMBERS = without(NOT_NUMBERS, "None", "an array without axes") | slot(
    TypeError, its_value, a_fraction=always(1.5), a_whole_float=always(1.0),
    NaN=always(float("nan")),
)  # fmt: skip
NO_SUCH_AXIS = slot(
    ValueError, its_value, an_axis_too_far=always(5), an_axis_too_far_back=always(-5),
    far_beyond_all_axes=always(2**40),
)  # fmt: skip
ONE_AXIS = NOT_WHOLE_NUMBERS | slot(TypeError, its_type, None_=always(None)) | NO_SUCH_AXIS
AXIS = NOT_WHOLE_NUMBERS | NO_SUCH_AXIS | slot(
    ValueError, its_value,
    one_of_two_too_far=always((0, 5)), an_axis_twice=always((0, 0)), the_same_twice=always((0, -2)),
) | slot(
    TypeError, its_value, a_fraction_of_two=always((0, 1.5)), text_of_two=always((0, "1")),
) | slot(
    (), any_text, None_=always(None), no_axes=always(()),
)  # fmt: skip
SHAPE = without(NOT_NUMBERS, "an empty list") | slot(
    ValueError, its_value,
    too_few=always((5,)), two_unknown=always((-1, -1)), below_minus_1=always((-2, -6)),
    nothing=always(()),  # eight numbers are no one number
) | slot(
    TypeError, its_value, fractions=always((1.5, 8)), whole_floats=always((6.0, 2)),
) | slot(
    (), any_text, a_list=always([6, 2]), one_unknown=always((6, -1)), one_number=always(12),
)  # fmt: skip
ORDER = without(NOT_NUMBERS, "an empty list") | slot(
    ValueError, its_value,
    one_axis=always((0,)), an_axis_twice=always((0, 0)), three=always((0, 1, 2)),
    too_far=always((0, 2)), too_far_back=always((0, -3)),
) | slot(
    TypeError, its_value, fractions=always((0.0, 1.0)),
) | slot(
    (), any_text, a_list=always([1, 0]), from_the_end=always((-1, -2)), nothing=always(()),
)  # fmt: skip
INDEX = whole() | slot(IndexError, its_value, too_far=always(99), too_far_back=always(-99))
INDEX_OF_TENSOR = without(THINGS, "a range", "a slice", "an ellipsis", "None") | A_MODEL | slot(
    TypeError, its_value, a_fraction=always(1.5), an_empty_list=always([]),
    a_list_of_fractions=always([0.5]), text_inside=always(["a"]),
    a_ragged_list=always([[0], [0, 1]]), a_whole_float=always(1.0), NaN=always(float("nan")),
    an_array_of_floats=lambda good: np.ones(2), a_tensor_of_floats=lambda good: Tensor([0.0]),
) | slot(
    IndexError, any_text,
    too_far=always(4), too_far_back=always(-5), the_second_too_far=always((0, 3)),
    too_many=always((0, 0, 0)), a_mask_too_short=lambda good: np.ones(3, bool),
    too_far_in_a_list=always([0, 9]), too_far_in_an_array=lambda good: np.array([0, 9]),
) | slot(
    (), any_text,
    None_=always(None), a_slice=always(slice(99)), an_ellipsis=always(...), True_=always(True),
    a_range=always(range(2)), a_NumPy_number=always(numpy.int64(1)),
)  # fmt: skip
DATA = without(THINGS, "a range") | A_MODEL | MORE_THAN_ARRAYS | DEVICE | slot(
    TypeError, its_type, text_inside=always(["a", "b"]), a_ragged_list=always([[1.0], [1.0, 2.0]]),
    a_list_with_None=always([1.0, None]),
) | {
    name: Kind(kind.make, kind.error, its_type)
    for name, kind in DTYPES.items() if name != "text inside"
}  # fmt: skip
GRAD = without(DATA, "None") | AXES | ROWS | COLUMNS | EMPTY | NO_COLUMNS | slot(
    ValueError, lambda bad: ["()"],
    a_number=always(1.0), a_whole_number=always(1), True_=always(True),
) | slot(ValueError, any_text, beyond_all_floats=always(10**400))  # fmt: skip
TENSORS = THINGS | A_NUMBER | AN_ARRAY | slot(
    TypeError, any_text, an_iterator=lambda good: iter(good), None_first=with_first(always(None)),
    text_first=with_first(always("x")), a_list_first=with_first(always([1.0])),
    complex_numbers_last=lambda good: [good[0], good[1] * 1j],
    objects_last=lambda good: [good[0], good[1].astype(object)],
) | slot(
    ValueError, any_text, of_other_shapes=lambda good: [*good, np.ones((7, 5))], nothing=always([]),
    a_number_first=with_first(always(1.0)), of_other_axes=lambda good: [*good, np.ones(3)],
) | slot(
    RuntimeError, any_text, the_other_device_last=lambda good: [good[0], other_device(good[1])],
) | slot((), any_text, a_tuple=tuple)  # fmt: skip

# What a Trainer is given --------------------------------------------------------------------------


class BeginsWithTwo:
    def begin(self, trainer: Any, other: Any) -> None:
        pass


class NotCallable:
    after_step = 3


CALLBACKS = THINGS | A_NUMBER | A_FLAG | AN_ARRAY | A_MODEL | slot(
    TypeError, any_text, one_function=lambda good: good[0], an_iterator=lambda good: iter(good),
    a_number_in_it=always([3]), None_in_it=always([None]), text_in_it=always(["early_stopping"]),
    a_class_in_it=always([BeginsWithTwo]),
    of_two_in_it=always([of_two]), of_none_in_it=always([of_none]),
    begins_with_two=lambda good: [BeginsWithTwo()], is_not_callable=lambda good: [NotCallable()],
    a_list_in_it=lambda good: [good], the_second_of_two=lambda good: [*good, 3],
) | slot((), any_text, a_tuple=tuple, nothing=always([]))  # fmt: skip


def pair(x: Make, t: Make) -> Make:
    return lambda good: (x(good[0]), t(good[1]))


def same(good: Any) -> Any:
    return good


HELD_OUT = without(THINGS, "None") | A_NUMBER | A_FLAG | A_LIST | AN_ARRAY | slot(
    TypeError, any_text, x_alone=lambda good: good[0], of_one=lambda good: good[:1],
    of_three=lambda good: (*good, good[1]), by_name=lambda good: {"x": good[0], "t": good[1]},
    x_a_list=pair(lambda x: x.tolist(), same), t_a_list=pair(same, lambda t: t.tolist()),
    x_None=pair(always(None), same), t_None=pair(same, always(None)),
    x_text=pair(lambda x: x.astype(str), same), x_objects=pair(lambda x: x.astype(object), same),
    x_complex=pair(lambda x: x.astype(complex), same), t_text=pair(same, lambda t: t.astype(str)),
) | slot(
    ValueError, any_text, NaN_in_x=pair(lambda x: changed(x, float("nan")), same),
    x_too_wide=pair(COLUMNS["a column more"].make, same),
    x_too_narrow=pair(lambda x: x[:, :1], same),
    x_flat=pair(lambda x: x[:, 0], same), x_of_no_axes=pair(lambda x: np.array(1.0), same),
    no_rows=pair(lambda x: x[:0], lambda t: t[:0]), x_shorter=pair(lambda x: x[:-1], same),
    t_shorter=pair(same, lambda t: t[:-1]), label_3=pair(same, lambda t: changed(t, 3)),
    label_minus_1=pair(same, lambda t: changed(t, -1)), float_labels=pair(same, lambda t: t * 1.0),
    labels_in_a_column=pair(same, lambda t: t[:, None]),
    NaN_in_t=pair(same, lambda t: t * float("nan")),
    bool_labels=pair(same, lambda t: t > 0),
) | slot((), any_text, None_=always(None), a_list=list)  # fmt: skip

# The tape, figures --------------------------------------------------------------------------------

MASK = DATA | slot(ValueError, its_shape, of_another_length=lambda good: np.ones(5, bool)) | slot(
    (), any_text,
    True_=always(True), numbers=lambda good: good * 1.0, a_list=always([True, False, True]),
)  # fmt: skip
NO_TENSOR = THINGS | A_NUMBER | A_FLAG | A_LIST | A_MODEL | slot(
    TypeError, its_type, an_array=lambda good: good.data,
    an_array_of_other=lambda good: np.ones((2, 2)),
)  # fmt: skip
YLIM = without(THINGS, "None") | A_NUMBER | A_FLAG | AN_ARRAY | slot(
    TypeError, one_of_them,
    of_one=always([1]), of_three=always([0, 1, 2]), an_empty_list=always([]),
    of_texts=always(("a", "b")), of_lists=always(([0], [1])),
) | slot(
    ValueError, one_of_them, NaN=always((0, float("nan"))), infinity=always((0, float("inf"))),
    too_wide=always((-1e308, 1e308)),
) | slot((), any_text, None_=always(None), a_list=always([0, 1]))  # fmt: skip
CURVES = without(THINGS, "a dict") | A_NUMBER | A_FLAG | A_LIST | AN_ARRAY | slot(
    TypeError, any_text,
    losses_alone=always({"a": [1.0, 0.5, 0.1]}), a_number_in_it=always({"a": 1}),
    None_in_it=always({"a": None}), steps_None=always({"a": (None, [1.0])}),
    losses_5=always({"a": ([1], 5)}),
    text_losses=always({"a": ([1], ["x"])}), text_steps=always({"a": (["x"], [1.0])}),
    None_as_a_loss=always({"a": ([1], [None])}),
    lists_as_losses=always({"a": ([1], [[1.0]])}),
    a_loss_beyond_all_floats=always({"a": ([1], [10**400])}),
) | slot(
    ValueError, any_text, a_table_of_losses=always({"a": ([1], numpy.ones((1, 1)))}),
    of_other_lengths=always({"a": ([1, 2], [1.0])}),
)  # fmt: skip
POINTS = ANY_ARRAY | AXES | ROWS | COLUMNS | EMPTY | NO_COLUMNS | NOT_FINITE
POINT_CLASSES = ANY_ARRAY | AXES | ROWS | EMPTY | NOT_FINITE
NUMBERS_TO_DRAW = (
    without(ANY_ARRAY, "a range", "a list of arrays", "a ragged list") | AXES | ROWS | EMPTY
)
YS = without(THINGS, "a dict") | A_NUMBER | A_FLAG | A_LIST | AN_ARRAY | slot(
    TypeError, any_text, a_number_in_it=always({"a": 1}), None_in_it=always({"a": None}),
    text_in_it=always({"a": "texts"}), texts_in_it=always({"a": list("abcde")}),
    objects_in_it=lambda good: {"a": good["y"].astype(object)},
) | slot(ValueError, any_text, of_another_length=always({"a": [1.0, 2.0]}))  # fmt: skip
PREDICT = slot(
    TypeError, any_text, a_model=lambda good: Sequential(Linear(2, 3)),
    classes=always(lambda x: x.argmax(axis=1)), returns_None=always(lambda x: None),
    returns_text=always(lambda x: "a"),
) | slot(
    ValueError, any_text,
    too_few=always(lambda x: x[:3]), of_three_axes=always(lambda x: x[None]),
)  # fmt: skip
PICTURES = ANY_ARRAY | AXES | ROWS | EMPTY
TITLES = without(THINGS, "a range", "text", "empty text") | A_NUMBER | A_FLAG | slot(
    ValueError, any_text, a_longer_text=always("abcde"), one_fewer=lambda good: good[:-1],
    one_more=lambda good: [*good, "x"],
) | slot(
    TypeError, any_text, numbers=always([1, 2, 3, 4]), an_iterator=lambda good: iter(good),
)  # fmt: skip
TEXT = without(THINGS, "text", "empty text") | A_NUMBER | A_FLAG | A_LIST | AN_ARRAY
FIGURE = THINGS | A_NUMBER | A_FLAG | A_LIST | AN_ARRAY
