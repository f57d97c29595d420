"""A file of a stranger: it is loaded as what it says or refused, and does nothing else."""

import functools
import json
import pickle
import reprlib
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest

from common.checkpoint import TRAINING, Checkpoint, _check_record_text, load, read, save
from common.errors import ArgumentError, CommonError, FileError
from common.parameters import named_arrays
from common.players import Frames
from common.trainer import Trainer, early_stopping
from common.training.generators import checked_state
from common.training.packing import Unpacking
from common.training.record import check_record, check_some
from common.training.refusal import refused, shown
from tests.attacked_files import (
    HASHED_ALIKE,
    STANDS_STILL,
    TRAINERS,
    TUPLES_ALIKE,
    attack,
    empty_arrays,
    five_more_steps,
    good,
    joined,
    signed,
    small,
    split,
    stop_at,
    training_in,
)
from tests.common.resuming import Watch, fit, on_tape

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.cpu


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.safetensors"


# Headers --------------------------------------------------------------------------------------

Header = dict[str, Any]
NAME = "layers.0.W"  # float32 (2, 6), the first 48 bytes of 156


def about(**values: Any) -> Callable[[Header], None]:
    """Another dtype, shape or place of the first array."""
    return lambda header: header[NAME].update(values)


def text(old: str, new: str) -> Callable[[Header], str]:
    """The header as text, with one piece of it replaced."""
    return lambda header: json.dumps(header).replace(old, new, 1)


def added(name: str, value: Any) -> Callable[[Header], None]:
    return lambda header: header.update({name: value})


def many_names(header: Header) -> str:
    return f"{json.dumps(header)[:-1]},{empty_arrays(30_000)}}}"


EMPTY = {"dtype": "F32", "data_offsets": [0, 0]}
HEADERS: dict[str, Any] = {
    "a huge size": about(shape=[2**62, 6]),
    "sizes whose product is huge": about(shape=[2**62, 2**62]),
    "a negative size": about(shape=[-2, -6]),
    "a size that is no whole number": about(shape=[2.0, 6]),
    "more axes than NumPy has": added("x", {**EMPTY, "shape": [0] * 65}),
    "no numbers, and a huge size": added("x", {**EMPTY, "shape": [0, 2**62]}),
    "offsets that overlap": about(data_offsets=[24, 72]),
    "offsets beyond the end": about(data_offsets=[156, 204]),
    "huge offsets": about(data_offsets=[2**63, 2**63 + 48]),
    "negative offsets": about(data_offsets=[-48, 0]),
    "offsets that are no whole numbers": about(data_offsets=[0.0, 48.0]),
    "offsets the wrong way round": about(data_offsets=[48, 0]),
    "three offsets": about(data_offsets=[0, 24, 48]),
    "no offsets": lambda header: header[NAME].pop("data_offsets") and None,
    "a name that is there twice": text("{", f'{{"{NAME}": {{}}, '),
    "a dtype of another size": about(dtype="F64"),
    "a dtype that there is not": about(dtype="F31"),
    "a dtype that NumPy has not": added("x", {**EMPTY, "dtype": "BF16", "shape": [0]}),
    "a dtype that is not kept": added("x", {**EMPTY, "dtype": "C64", "shape": [0]}),
    "a hole": lambda header: header.pop(NAME) and None,
    "deep nesting": text("{", '{"x": ' + "[" * 20_000 + "]" * 20_000 + ", "),
    "a number beyond all floats": text("[2, 6]", "[2, 6e999999]"),
    "a size that is NaN": text("[2, 6]", "[2, NaN]"),
    "metadata that are a list": added("__metadata__", ["a"]),
    "metadata that are no text": added("__metadata__", {"a": 1}),
    "half of a letter": text(NAME, "\\ud800"),
    "names without end": many_names,
    "a list": lambda header: "[]",
    "nothing": lambda header: "",
    "a part of it": lambda header: json.dumps(header)[:-5],
}


def refused_model(path: Path, data: bytes, error: type[CommonError], match: str) -> None:
    path.write_bytes(data)
    model = small()
    before = pickle.dumps(model)
    with pytest.raises(error, match=match) as caught:
        load(model, path, foreign=True)
    assert type(caught.value) is error
    assert pickle.dumps(model) == before


@pytest.mark.parametrize("edit", HEADERS.values(), ids=HEADERS)
def test_a_header_that_is_nonsense(edit: Any, path: Path) -> None:
    header, body = split(good("from elsewhere"))
    changed = edit(header)
    data = joined(header if changed is None else changed, body)
    refused_model(path, data, FileError, "cannot be read: it is damaged")


def test_bytes_that_no_array_has(path: Path) -> None:
    for data in (good("from elsewhere") + b"\0", good("from elsewhere")[:-1]):
        refused_model(path, data, FileError, "cannot be read")


@pytest.mark.parametrize("length", [0, 1, 10**8, 10**8 + 1, 2**63, 2**64 - 1])
def test_a_header_of_another_length(length: int, path: Path) -> None:
    data = length.to_bytes(8, "little") + good("from elsewhere")[8:]
    refused_model(path, data, FileError, "cannot be read")


@pytest.mark.parametrize(
    ("more", "error", "saying"),
    [
        (0, ArgumentError, "x: nothing in the model, float32"),
        (1, FileError, "its header has more than 300,000 texts, commas and brackets"),
    ],
)
def test_a_header_has_three_hundred_thousand_texts_commas_and_brackets_and_not_one_more(
    more: int, error: type[CommonError], saying: str, path: Path
) -> None:
    texts = {str(i): "" for i in range(99_995)}  # three for each: a name, a text and a comma
    header: Header = {"__metadata__": texts, "x": {**EMPTY, "shape": [0] * (2 + more)}}
    text = json.dumps(header)
    assert text.count('"') // 2 + sum(map(text.count, ",[{")) == 300_000 + more
    refused_model(path, joined(header, b""), error, saying)
    header["x"]["shape"] = [0] * 300_000
    saying = "its header has more than 300,000 texts, commas and brackets"
    refused_model(path, joined(header, b""), FileError, saying)


@pytest.mark.parametrize(("length", "error"), [(3 * 10**7, ArgumentError), (30000001, FileError)])
def test_a_header_may_be_so_long(length: int, error: type[CommonError], path: Path) -> None:
    header, body = split(good("from elsewhere"))
    header["x"] = header.pop(NAME)
    saying = "x: nothing in the" if error is ArgumentError else "is longer than 30,000,000 bytes"
    refused_model(path, joined(json.dumps(header).ljust(length), body), error, saying)


@pytest.mark.parametrize(("count", "letter"), [(1, "\U0001f600"), (0, ""), (1, "\\U0001f600")])
def test_long_texts_with_other_letters_than_asciis(count: int, letter: str, path: Path) -> None:
    """One of them makes four bytes of each."""
    header, body = split(good("from elsewhere"))
    for text, is_long in ((letter + "a" * 8_000_000, count), (letter + "a" * 7_999_900, 0)):
        header["__metadata__"] = {"long": text, "short": "a" * 10**6}
        for data in (joined(header, body), joined(json.dumps(header, ensure_ascii=False), body)):
            if is_long and letter[:1] != "\\":
                refused_model(path, data, FileError, "more than 8,000,000 bytes of texts that are")
            else:
                path.write_bytes(data)
                load(small(), path, foreign=True)


def test_a_file_larger_than_all_memory(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise MemoryError("Cannot allocate memory")

    content = good("from elsewhere")
    monkeypatch.setattr("common.checkpoint.safe_open", fails)
    refused_model(path, content, FileError, "cannot be read: .*Cannot allocate")


@pytest.mark.parametrize("name", ["\x1b[2J", "A" * 20_000_000])
def test_a_message_is_no_page_of_a_strangers(name: str, path: Path) -> None:
    header, body = split(good("from elsewhere"))
    header[name] = header.pop(NAME)
    path.write_bytes(joined(header, body))
    with pytest.raises(ArgumentError, match="nothing in the model") as caught:
        load(small(), path, foreign=True)
    assert len(str(caught.value)) < 3000
    assert str(caught.value).replace("\n", "").isprintable()


@pytest.mark.parametrize("name", ["", "../../x", "/etc/passwd", "\0", "__class__", "a" * 10**5])
def test_a_name_that_no_model_has(name: str, path: Path) -> None:
    """It is looked for in the model, and nowhere else."""
    header, body = split(good("from elsewhere"))
    header[name] = header.pop(NAME)
    refused_model(path, joined(header, body), ArgumentError, "float32 .* in the model, nothing in")
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(("count", "end"), [(100, r"x99: [^\n]*"), (203, "and 103 more")])
def test_of_many_differences_a_hundred_are_told(count: int, end: str, path: Path) -> None:
    header, body = split(good("from elsewhere"))
    header |= {f"x{i}": {**EMPTY, "shape": [0]} for i in range(count)}
    refused_model(path, joined(header, body), ArgumentError, rf"{end}\Z")


def test_what_could_not_be_read_is_not_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.checkpoint.MOST", 20)
    with pytest.raises(FileError, match=r"could not be written: its header has more than 20 texts"):
        save(small(), path)
    monkeypatch.undo()
    monkeypatch.setattr("common.checkpoint.MOST_KEPT", 20)
    with pytest.raises(FileError, match=r"could not be written: too many numbers are in lists"):
        fit(on_tape(), Checkpoint(path))
    monkeypatch.undo()
    monkeypatch.setattr("common.checkpoint.DIGEST", "x" * 10**8)
    with pytest.raises(FileError, match=r"could not be written: .*header too large"):
        save(small(), path)
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("[{", 4),
        (",,,", 3),
        ('"' * 43, 10),
        (" " * 703, 10),
        (" " * 704, 11),
        (',,,""""', 4),
        ("," * 65, 66),
    ],
)
def test_how_much_a_record_may_hold(text: str, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Brackets count twice, four quotation marks once, and so do 64 letters."""
    monkeypatch.setattr("common.checkpoint.MOST_KEPT", count)
    _check_record_text(text)
    monkeypatch.setattr("common.checkpoint.MOST_KEPT", count - 1)
    with pytest.raises(ValueError, match="too many numbers are in lists"):
        _check_record_text(text)


# Records --------------------------------------------------------------------------------------

Record = dict[str, Any]


def at(way: str, value: Any) -> Callable[[Record], None]:
    """The value at the end of this way, names and numbers with / between them, is another."""

    def change(record: Any) -> None:
        *holders, last = way.split("/")
        for name in holders:
            record = record[int(name) if isinstance(record, list) else name]
        record[int(last) if isinstance(record, list) else last] = value

    return change


def without(record: Record) -> None:
    del record["step"]


def bits(**values: Any) -> Callable[[Record], None]:
    """The generator of the Trainer in another state."""

    def change(record: Any) -> None:
        state = record["generators"]["trainer"]["dict"]
        inner = next(value for key, value in state if key == "state")["dict"]
        for pair in (*state, *inner):
            pair[1] = values.get(pair[0], pair[1])

    return change


def new(value: Any) -> Callable[[Record], None]:
    """A value that a layer keeps."""
    return at("attributes/model.layers.0/new", value)


def array(name: str) -> Any:
    return {"array": name, "on_gpu": False}


def of_another_kind(record: Record) -> None:
    """The generator of the Dropout, in a state that another has."""
    state = record["attributes"]["model.layers.3"]["rng"]["generator"]["dict"]
    next(pair for pair in state if pair[0] == "bit_generator")[1] = "PCG64DXSM"


def for_a_flag(record: Record) -> None:
    """A generator, and a good one."""
    state = record["generators"]["trainer"]
    record["attributes"]["model.layers.0"]["_is_one_call"] = {"generator": state}


def many_generators(count: int) -> Callable[[Record], None]:
    def change(record: Record) -> None:
        record["callbacks"][1]["rows"] = [{"generator": record["generators"]["trainer"]}] * count

    return change


def generator_within_one(record: Record) -> None:
    """It would be made before the one around it is refused."""
    one = {"generator": record["generators"]["trainer"]}
    record["callbacks"][1]["rows"] = {"generator": one}


def generator(name: Any) -> Any:
    return {"generator": {"dict": [["bit_generator", name], ["state", 0]]}}


def nested(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value]
    return value


PAIR = next((i, 0) for i in range(100) if abs(hash((i, 0))) < 2**61 - 1)  # a number's hash


def two_keys(length: int) -> Any:
    """Tuples of that length, which have one hash."""
    return [[{"tuple": [0] * (length - 1) + [end]}, 0] for end in (-1, -2)]


STILL = {"dict": [list(pair) for pair in STANDS_STILL.items()]}
W, M = "model.layers.0.W", "optimizer.model.layers.0.W.m"
LAYER, DROPOUT = "attributes/model.layers.0/", "attributes/model.layers.3/"
FLATTEN = "attributes/model.layers.2/"  # of the training with other generators
RECORDS: dict[str, tuple[Any, str]] = {
    "a key too few": (without, "record is 'without step'"),
    "a key too many": (at("new", 1), "record is 'with new'"),
    "a negative step": (at("step", -1), r"record\.step is -1"),
    "a step that is a float": (at("step", 1.0), r"record\.step is 1\.0"),
    "a step that is True": (at("step", True), r"record\.step is True"),
    "a step that is text": (at("step", "12"), r"record\.step is '12'"),
    "a step that no float holds": (at("step", 2**53 + 1), r"record\.step is 9007199254740993"),
    "a huge step": (at("step", 10**400), r"record\.step is 1000"),
    "text for a list": (at("callbacks", "x" * 10**6), r"record\.callbacks is 'xxx.*\.\.\..*xxx'"),
    "a list for an object": (at("made", []), r"record\.made is \[\]"),
    "a file of its own that is no text": (at("checkpoints/0", 3), r"record\.checkpoints\.0 is 3"),
    "a version with more in it": (at("versions/__class__", 1), r"versions is 'with __class__'"),
    "a history that is a row": (at("history", array("loss_list")), r"history is array\("),
    "a history that is a list": (
        at("history", [[1, 5, 0.5, 0.1, 1, 0.5, 0.5]]),
        r"history is \[\[",
    ),
    "an epoch before the first": (at("epochs_before", 3), "epochs_before is 3"),
    "a version without end": (at("versions/framework", "9" * 5000), r"versions\.framework is '99"),
    "a version that is too long": (at("versions/framework", "9" * 41), r"versions\.framework is"),
    "a kind that is no text": (at("kinds/optimizer", 3), r"kinds\.optimizer is 3"),
    "a huge number of steps": (at("steps/1", 2**70), r"steps\.1 is 118"),
    "a step too few": (at("steps", [0]), r"steps is \[0\]"),
    "a step too many": (at("steps", [0, 1, 2]), r"steps is \[0, 1, 2\]"),
    "a loss that no float holds": (at("loss/0", 2**53 + 1), r"loss\.0 is 9007199254740993"),
    "a loss that is text": (at("loss/0", "0"), r"loss\.0 is '0'"),
    "a batch size of 0": (at("numbers/batch_size", 0), "batch_size is 0"),
    "a max_grad below 0": (at("numbers/max_grad", -1), "max_grad is -1"),
    "a max_grad of 0": (at("numbers/max_grad", 0), "max_grad is 0"),
    "an infinite max_grad": (at("numbers/max_grad", numpy.inf), "max_grad is inf"),
    "a max_grad that is text": (at("numbers/max_grad", "1"), "max_grad is '1'"),
    "an lr that is a row": (at("lr", array("order")), r"lr is array\("),
    "an lr that is None": (at("lr", None), "lr is None"),
    "an lr below 0": (at("lr", -0.1), r"lr is -0\.1"),
    "an lr that is NaN": (at("lr", numpy.nan), "lr is nan"),
    "an infinite lr": (at("lr", numpy.inf), "lr is inf"),
    "rows that stand twice": (at("order", array("loss_steps")), r"order is array\(\[3, 6"),
    "losses that are steps": (at("loss_list", array("loss_steps")), "loss_list is"),
    "losses that are floats for steps": (at("loss_steps", array("loss_list")), "loss_list is"),
    "a learner that there is not": (at("learners/0", "x"), r"learners is \['x'"),
    "a learner that learns twice": (at("learners/1", "model.layers.0"), "learners is"),
    "a learner that is a container": (at("learners/0", "model"), "learners is"),
    "attributes of something else": (at("attributes/x", {}), "attributes is 'with x'"),
    "another class": (at(LAYER + "__class__", 1), "an attribute of Linear is '__class__'"),
    "other attributes at once": (at(LAYER + "__dict__", {"dict": []}), "is '__dict__'"),
    "what is asked for a copy": (at(LAYER + "__deepcopy__", 1), "of Linear is '__deepcopy__'"),
    "a number for a method": (at(LAYER + "forward", 1), "an attribute of Linear is 'forward'"),
    "a number for the weights": (at(LAYER + "params", 1), "an attribute of Linear is 'params'"),
    "a layer that is a container": (at(LAYER + "is_container", True), "is 'is_container'"),
    "a mode in another place": (at(LAYER + "training", 1), "is 'training'"),
    "a number for the layers": (at("attributes/model/layers", 1), "of Sequential is 'layers'"),
    "what no name can be": (at(LAYER + "a b", 1), "an attribute of Linear is 'a b'"),
    "a setting that is text": (
        at(DROPOUT + "dropout_ratio", "x"),
        "Dropout.dropout_ratio is 'x'",
    ),
    "a setting that is None": (
        at(DROPOUT + "dropout_ratio", None),
        "dropout_ratio is None",
    ),
    "a flag that is text": (at(LAYER + "needs_dx", "x"), "Linear.needs_dx is 'x'"),
    "a flag that is None": (at(LAYER + "needs_dx", None), "Linear.needs_dx is None"),
    "a number for a generator": (at(DROPOUT + "rng", 3), "Dropout.rng is 3"),
    "generators without end": (many_generators(1001), "what is kept is {'generator': {'dict'"),
    "a generator within one": (generator_within_one, "what is kept is {'generator': {'dict'"),
    "a generator for a flag": (for_a_flag, "Linear._is_one_call is Generator"),
    "a list that is not named": (new([]), r"Linear\.new is \[\]"),
    "an array that is not named": (new(array("order")), r"Linear\.new is array"),
    "a text for the names of the state": (at("optimizer/state_names", "mv"), "is 'state_names'"),
    "a setting out of range": (at(DROPOUT + "dropout_ratio", 2), "dropout_ratio must be at least"),
    "a huge setting": (at("optimizer/lr", 10**400), "lr must be at least 0 and finite, got inf"),
    "what the optimizer knows": (at("optimizer/known", 1), "an attribute of Adam is 'known'"),
    "a name that is another's": (at("optimizer/momentum", 1), "an attribute of Adam is 'momentum'"),
    "updates that are text": (at("optimizer/steps", "x"), r"Adam\.steps is 'x'"),
    "updates below 0": (at("optimizer/steps", -1), r"optimizer\.steps is -1"),
    "a function of numpy.random": (new(generator("test")), "is {'bit_generator': 'test'"),
    "the global generator": (new(generator("seed")), "is {'bit_generator': 'seed'"),
    "a kind that is a number": (new(generator(3)), "is {'bit_generator': 3"),
    "a state that is none": (at("generators/trainer", 0), "the state of a generator is 0"),
    "a generator of an attribute that is of another kind": (of_another_kind, "the state of a gen"),
    "a state that is cut to a whole number": (bits(uinteger=3.7), "the state of a generator is"),
    "a generator of another kind": (bits(bit_generator="Philox"), "the state of a generator is"),
    "a state that is text": (bits(state="x"), "the state of a generator is"),
    "a huge state": (bits(state={"dict": [["state", 2**128], ["inc", 1]]}), "the state of a gen"),
    "a state with more in it": (
        bits(state={"dict": [["state", 5], ["inc", 1], ["more", 1]]}),
        "the state of a generator is",
    ),
    "a state that stands still": (bits(state=STILL), "the state of a generator is"),
    "a dtype as large as memory": (new({"scalar": ["V1000000000", 0]}), "is {'scalar': "),
    "a dtype that holds objects": (new({"scalar": ["O", 0]}), "is {'scalar': "),
    "a dtype that NumPy would parse": (new({"scalar": ["f4,(2,3)f4", 0]}), "is {'scalar': "),
    "a number that its dtype has not": (new({"scalar": ["|i1", 300]}), "what is kept is 300"),
    "a number for no float32": (new({"scalar": ["<f4", 1e300]}), r"what is kept is 1e\+300"),
    "an array that there is not": (new(array("x")), "what is kept is {'array': 'x'"),
    "a tuple that is a number": (new({"tuple": 3}), "what is kept is {'tuple': 3}"),
    "a kind of value that there is not": (new({"eval": "1"}), "what is kept is {'eval': '1'}"),
    "a key that is a list": (new({"dict": [[[1], 2]]}), "what is kept is"),
    "a key without a value": (new({"dict": [["a"]]}), r"what is kept is \['a'\]"),
    "a key with two values": (new({"dict": [["a", 1, 2]]}), r"what is kept is \['a', 1, 2\]"),
    "a key and a value as text": (new({"dict": ["ab"]}), "what is kept is 'ab'"),
    "keys that have one hash": (new({"dict": HASHED_ALIKE[:317]}), "what is kept is"),
    "two long keys of one hash": (new({"dict": two_keys(50_001)}), "what is kept is"),
    "a tuple and a number of one hash": (
        at(
            "callbacks/1/rows",
            [{"dict": two_keys(49_999)}, {"dict": [[{"tuple": list(PAIR)}, 0], [hash(PAIR), 0]]}],
        ),
        "what is kept is",
    ),
    "a number that is less in its dtype": (new({"scalar": ["<f4", 0.7]}), r"what is kept is 0\.7"),
    "a number that is more in its dtype": (new({"scalar": ["<f4", 0.1]}), r"what is kept is 0\.1"),
    "tuples that have one hash": (new({"dict": TUPLES_ALIKE[:86]}), "what is kept is"),
    "keys alike here and there": (
        at("callbacks/1/rows", [{"dict": HASHED_ALIKE[:230]}] * 2),
        "what is kept is",
    ),
    "a version that moves the cursor": (at("versions/numpy", "1\x1b[2J"), r"is '1\\x1b\[2J'"),
    "a name that moves the cursor": (at("fit/\x1b[2J", 1), r"fit\.'\\x1b\[2J' is 1"),
    "long texts not all of ASCII": (at("made/model", "a" * 8_000_000 + "\U0001f600"), "8,000"),
    "deep nesting": (new(nested(100)), r"what is kept is"),
    "state that is a weight": (at("slots/0/2/dict/0/1", array(W)), "what the optimizer keeps for"),
    "state of two weights": (at("slots/1/2/dict/0/1", array(M)), "what the optimizer keeps for"),
    "state of another form": (at("slots/0/2/dict/0/1", array("order")), "the optimizer keeps for"),
    "state of another name": (at("slots/0/2/dict/0/0", "x"), "what the optimizer keeps for"),
    "state of a name before it": (at("slots/0/2/dict/0/0", "a"), "what the optimizer keeps for"),
    "state of no weight": (at("slots/0/0", "x"), "slots is"),
    "a callback that keeps nonsense": (at("callbacks/0/new", {"a": 1}), "what is kept is {'a': 1}"),
}


def with_record(source: str, edit: Any) -> bytes:
    """A training whose record is changed. The digest is made anew."""
    arrays, record = training_in(good(source))
    changed = edit(record)
    return signed(arrays, {TRAINING: changed or json.dumps(record)})


def refused_training(path: Path, edit: Any, match: str, source: str = "a training") -> None:
    path.write_bytes(with_record(source, edit))
    trainer = TRAINERS[source]()
    before = pickle.dumps(trainer)
    with pytest.raises(FileError, match=match) as caught:
        trainer.resume(path)
    assert str(caught.value).startswith(f"{path} has a training that no Checkpoint has written: ")
    assert len(str(caught.value)) < 1000
    assert pickle.dumps(trainer) == before


@pytest.mark.parametrize(("edit", "match"), RECORDS.values(), ids=RECORDS)
def test_a_record_that_is_nonsense(edit: Any, match: str, path: Path) -> None:
    refused_training(path, edit, match)


TEXTS = {
    "no JSON": ("{", "Expecting property name"),
    "a number": ("3", "record is 3"),
    "deep nesting": ("[" * 10**5 + "]" * 10**5, "recursion"),
    "a number of 5000 digits": ("9" * 5000, "Exceeds the limit"),
    "lists without end": ("[" + "[]," * 300_000 + "0]", "too many numbers are in lists"),
    "objects without end": ("[" + "{}," * 300_000 + "0]", "too many numbers are in lists"),
    "numbers without end": ("[" + "1," * 900_000 + "0]", "too many numbers are in lists"),
}


@pytest.mark.parametrize(("new", "match"), TEXTS.values(), ids=TEXTS)
def test_a_record_that_is_another_text(new: str, match: str, path: Path) -> None:
    refused_training(path, lambda record: new, match)


STATES = {
    "before the first number": {"pos": -1},
    "beyond the last": {"pos": 625},
    "zeros, from which it never comes": {"key": array("order")},
}


@pytest.mark.parametrize("values", STATES.values(), ids=STATES)
def test_a_state_that_numpy_would_not_look_at(values: Any, path: Path) -> None:
    """Its memory would be read beyond the array, or one number come without end."""
    refused_training(path, bits(**values), "the state of a generator is", "other generators")


def columns(array: Any) -> Any:
    return array[:, None]


ARRAYS: dict[str, tuple[Any, Any, str | None]] = {
    "losses with two axes": ("loss_list", columns, "loss_list is"),
    "a loss without axes": ("loss_", lambda a: a[:1].reshape(()), "loss_list is"),
    "a loss too few": ("loss_list", lambda a: a[1:], "loss_list is"),
    "a step too few": ("loss_steps", lambda a: a[1:], "loss_list is"),
    "rows before the first": ("order", lambda a: a - 1, "order is"),
    "rows beyond the last": ("order", lambda a: a + 1, "order is"),
    "state with fewer rows": ("optimizer.", lambda a: a[:1], "what the optimizer keeps for"),
    "many losses": ("loss_", lambda a: numpy.resize(a, 300), None),
}


@pytest.mark.parametrize(("name", "change", "match"), ARRAYS.values(), ids=ARRAYS)
def test_arrays_that_a_training_may_have(
    name: str, change: Any, match: str | None, path: Path
) -> None:
    path.write_bytes(good("a training"))
    arrays, texts = read(path)
    arrays = {n: change(a) if n.startswith(name) else a for n, a in arrays.items()}
    path.write_bytes(signed(arrays, texts))
    trainer = TRAINERS["a training"]()
    if match is None:
        trainer.resume(path)
        assert len(trainer.loss_list) == 300
    else:
        with pytest.raises(FileError, match=match):
            trainer.resume(path)


@pytest.mark.parametrize(("place", "goes_on"), [(0, False), (1, True)])
def test_of_the_first_number_of_a_twister_it_takes_one_bit_alone(
    place: int, goes_on: bool, path: Path
) -> None:
    """Zeros behind it would stay zeros."""
    source = "other generators"
    path.write_bytes(with_record(source, bits(pos=0)))
    arrays, texts = read(path)
    (key,) = (array for array in arrays.values() if array.shape == (624,))
    key[...] = 0
    key[place] = 1
    path.write_bytes(signed(arrays, texts))
    trainer = TRAINERS[source]()
    if goes_on:
        trainer.resume(path)
        assert trainer.rng.bit_generator.state["state"]["pos"] == 0
    else:
        with pytest.raises(FileError, match="the state of a generator is"):
            trainer.resume(path)


def test_a_generator_where_there_was_none_is_not_looked_for_in_the_record(path: Path) -> None:
    def edit(record: Any) -> None:
        state = record["generators"]["trainer"]
        record["attributes"]["model.layers.0"]["new"] = {"generator": state}

    path.write_bytes(with_record("a training", edit))
    (trainer := TRAINERS["a training"]()).resume(path)
    assert trainer.step == 11


def test_a_generator_of_two_has_one_state(path: Path) -> None:
    """The Trainer draws from its Dropout's: which of two states is it to go on from?"""
    refused_training(path, bits(uinteger=3), "the generator model.layers.3.rng is another's too")


@pytest.mark.parametrize("position", [-1, 5])
def test_a_place_in_the_numbers_of_philox(position: int, path: Path) -> None:
    def edit(record: Any) -> None:
        (name,) = record["generators"].keys() - {"trainer"}
        state = record["generators"][name]["dict"]
        next(pair for pair in state if pair[0] == "buffer_pos")[1] = position

    refused_training(path, edit, "the state of a generator is", "other generators")


@pytest.mark.parametrize("source", TRAINERS)
def test_a_training_as_it_was_written_goes_on(source: str, path: Path) -> None:
    """So that what is refused above is refused for what was changed in it."""
    path.write_bytes(with_record(source, lambda record: None))
    trainer = TRAINERS[source]()
    trainer.resume(path)
    five_more_steps(trainer)
    assert trainer.step == 16


def test_a_value_of_a_training_is_taken_as_it_stands(path: Path) -> None:
    def edit(record: Any) -> None:
        kept = [nested(98), {"scalar": ["<f4", 0.5]}, {"dict": HASHED_ALIKE[:1]}]
        at("callbacks/1/rows", {"tuple": kept})(record)
        at("callbacks/1/norms", {"dict": two_keys(50_000)})(record)
        at(DROPOUT + "dropout_ratio", 0.75)(record)
        at("versions/framework", "0." + "0" * 38)(record)
        at("numbers/eval_interval", 1)(record)
        at("lr", 0)(record)
        at("interval/0", 2**53)(record)
        at("seconds", 3)(record)

    trainer, watch = resumed(path, edit), Watch()
    with pytest.raises(AttributeError, match="'tuple' object has no attribute 'append'"):
        fit(trainer, early_stopping(3), watch, stop_at(12))
    hashed = {key: 0 for key, _ in HASHED_ALIKE[:1]}
    assert vars(watch)["rows"] == (nested(98), numpy.float32(0.5), hashed)
    assert vars(watch)["norms"] == {(0,) * 49_999 + (end,): 0 for end in (-1, -2)}
    assert trainer.model[3].dropout_ratio == 0.75


HISTORIES: dict[str, Callable[[Any], Any]] = {
    "of float32": lambda table: table.astype(numpy.float32),
    "of complex numbers": lambda table: table.astype(complex),
    "a column too few": lambda table: table[:, 1:],
    "a column too many": lambda table: table[:, [0, *range(7)]],
    "half an epoch": lambda table: table - [0.5, *[0] * 6],
    "an epoch 0": lambda table: table - [1, *[0] * 6],
    "half a step": lambda table: table - [0, 0.5, *[0] * 5],
    "a step before the first": lambda table: table - [0, 1000, *[0] * 5],
    "a step that no counter reaches": lambda table: table - [0, -(2.0**53) - 2, *[0] * 5],
    "a step that is no number": lambda table: table * [1, numpy.nan, *[1] * 5],
}


@pytest.mark.parametrize("change", HISTORIES.values(), ids=HISTORIES)
def test_a_history_has_a_row_for_each_epoch(change: Callable[[Any], Any]) -> None:
    arrays, record = training_in(good("a training"))
    most = numpy.full_like(arrays["history"], 2.0**53)
    for good_one in (arrays["history"], most):
        check_record(record, arrays | {"history": good_one})
    with pytest.raises(FileError, match=r"history is array\("):
        check_record(record, arrays | {"history": change(arrays["history"])})


ORDERS: dict[str, Callable[[Any], int]] = {
    "a row from the end": lambda order: order[0] - len(order),
    "a row twice": lambda order: order[1],
    "a row after the last": lambda order: len(order),
    "a row far after the last": lambda order: len(order) + 1,
}


@pytest.mark.parametrize("other", ORDERS.values(), ids=ORDERS)
def test_an_order_has_each_row_once(other: Callable[[Any], int]) -> None:
    arrays, record = training_in(good("a training"))
    order = arrays["order"].copy()
    check_record(record, arrays | {"order": order})
    order[0] = other(order)
    with pytest.raises(FileError, match=r"order is array\("):
        check_record(record, arrays | {"order": order})


OTHER_TYPES = {
    "a text for a place": (at(FLATTEN + "start_dim", "x"), "Flatten.start_dim is 'x'"),
    "no place": (at(FLATTEN + "end_dim", None), "Flatten.end_dim is None"),
    "half a place": (at(FLATTEN + "start_dim", 0.5), "start_dim must be a whole number"),
    "a word for another": (at("attributes/loss.mean/reduction", "max"), "must be 'mean' or 'sum'"),
    "a number for a text": (at("attributes/loss.mean/reduction", 5), "MSELoss.reduction is 5"),
    "a list for a text": (at("attributes/loss.mean/reduction", ["mean"]), "reduction is \\['mean'"),
}


@pytest.mark.parametrize(("edit", "match"), OTHER_TYPES.values(), ids=OTHER_TYPES)
def test_a_value_of_another_type(edit: Any, match: str, path: Path) -> None:
    refused_training(path, edit, match, "other generators")


@pytest.mark.parametrize("eps", ["x", 0.0])
def test_a_setting_that_the_optimizer_does_not_have(eps: Any, path: Path) -> None:
    path.write_bytes(with_record("other generators", at("optimizer/eps", eps)))
    trainer = TRAINERS["other generators"]()
    trainer.resume(path)
    five_more_steps(trainer)


def test_words_of_a_stranger_are_cut(path: Path) -> None:
    for words in ("\x1b[2J", "x" * 10**6):
        with pytest.raises(ArgumentError, match="was kept of another training") as caught:
            resumed(path, at("made/model", words))
        assert len(str(caught.value)) < 3000
        assert str(caught.value).replace("\n", "").isprintable()
        with pytest.raises(ArgumentError, match="is not the fit that was to go on") as caught:
            five_more_steps(resumed(path, at("fit/schedule", words)))
        assert len(str(caught.value)) < 3000
        assert str(caught.value).replace("\n", "").isprintable()


def test_generators_may_be_many(path: Path) -> None:
    assert resumed(path, many_generators(1000)).step == 11


def test_a_twister_at_the_end_of_its_numbers_goes_on() -> None:
    twister = numpy.random.Generator(numpy.random.MT19937(0))
    twister.integers(2**32, dtype=numpy.uint32)
    state: Any = twister.bit_generator.state
    assert state["state"]["pos"] == len(state["state"]["key"])
    assert checked_state(twister, state) is state


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"a": {}, "b": {"c": [1, {}]}},
        {(1, (2, (3, (4, (5, (6, (7, 8))))))): 0},
        {i: i for i in range(9)},
        [{0: {0: {0: {0: {0: {0: {0: 0}}}}}}}],
        [[[[[[{0: 0}, {}]]]]]],
    ],
)
def test_the_beginning_of_a_value_is_what_reprlib_has(value: Any) -> None:
    assert str(refused("it", value)) == f"it is {reprlib.repr(value)}"


@pytest.mark.parametrize(
    ("text", "cut"),
    [("a" * 1000, "a" * 1000), ("a" * 1001, "a" * 1000 + "..."), ("a\b", "'a\\x08'")],
)
def test_a_message_takes_a_thousand_letters_of_a_file(text: str, cut: str) -> None:
    assert shown(text) == cut


def test_some_names_may_be_many() -> None:
    names = [str(i) for i in range(300)]
    check_some("frozen", names, {*names})
    with pytest.raises(FileError, match="frozen is"):
        check_some("frozen", [*names, "0"], {*names})


# When it goes on ------------------------------------------------------------------------------

FITS: dict[str, tuple[Any, str]] = {
    "a number for a method": (at("callbacks/0/after_epoch", 1), "of early_stopping is 'after_ep"),
    "a class": (at("callbacks/1/__class__", 1), "an attribute of Watch is '__class__'"),
    "what has no place": (at("callbacks/2/new", 1), "an attribute of StopAt is 'new'"),
    "what only classes have": (at("callbacks/2/mro", 1), "an attribute of StopAt is 'mro'"),
    "text for a number": (at("callbacks/0/waited", "x"), "early_stopping.waited is 'x'"),
    "None for a number": (at("callbacks/0/lowest", None), "early_stopping.lowest is None"),
    "an array for a number": (at("callbacks/0/lowest", array("order")), "lowest is array"),
    "text for a list": (at("callbacks/0/best", "x"), "early_stopping.best is 'x'"),
    "a number of its class": (at("callbacks/2/limit", 1), "an attribute of StopAt is 'limit'"),
    "too many": (lambda record: record["callbacks"].append({}), "has 4 callbacks, and fit 3"),
    "too few": (lambda record: record["callbacks"].pop() and None, "has 2 callbacks, and fit 3"),
}


def resumed(path: Path, edit: Any) -> Trainer:
    path.write_bytes(with_record("a training", edit))
    trainer = TRAINERS["a training"]()
    trainer.resume(path)
    return trainer


@pytest.mark.parametrize(("edit", "match"), FITS.values(), ids=FITS)
def test_what_callbacks_cannot_have(edit: Any, match: str, path: Path) -> None:
    trainer = resumed(path, edit)
    before = pickle.dumps(named_arrays(trainer.model))
    with pytest.raises(FileError, match=match):
        five_more_steps(trainer)
    assert pickle.dumps(named_arrays(trainer.model)) == before


def test_what_other_callbacks_cannot_have() -> None:
    """A number for a set; a place that a class of C has and nobody may write into."""
    for callback, name in ((Frames(3), "turns"), (functools.partial(print, end=""), "func")):
        with pytest.raises(FileError, match=name):
            Unpacking({}, {}).check_attributes(callback, {name: 5})


@pytest.mark.parametrize("best", [["x"], [[1.0, [2.0]]], [[[0.0] * 6] * 2]])
def test_a_best_that_is_no_list_of_arrays_is_not_put_back(best: Any, path: Path) -> None:
    def edit(record: Any) -> None:
        record["callbacks"][0] |= {"best": best, "lowest": -1.0, "waited": -100}

    trainer = resumed(path, edit)
    fit(trainer, early_stopping(3), Watch(), stop_at(10**6))
    assert trainer.step == 20


@pytest.mark.parametrize(("code", "number"), [("|i1", 50), ("<i8", 50)])
def test_a_batch_size_is_a_number_of_python_again(code: str, number: int, path: Path) -> None:
    trainer = resumed(path, at("numbers/batch_size", {"scalar": [code, number]}))
    five_more_steps(trainer)
    assert type(trainer.batch_size) is int


@pytest.mark.parametrize("rows", [44, 46])
def test_an_order_for_other_rows(rows: int, path: Path) -> None:
    trainer = resumed(path, lambda record: None)
    assert trainer.snapshot is not None
    trainer.snapshot.arrays["order"] = numpy.arange(rows)
    with pytest.raises(FileError, match=f"the file has an order of {rows} rows, and x has 45"):
        five_more_steps(trainer)


# By thousands ---------------------------------------------------------------------------------

PROOF = """
    import ctypes, os, pickle, socket, subprocess, sys, tempfile
    from pathlib import Path
    from random import Random
    from tests import attack

    class Evil:
        def __reduce__(self):
            return print, ("it was run",)

    data, guard = pickle.dumps(Evil()), attack.Guard()
    file = Path(tempfile.mkdtemp(), "file")
    file.write_bytes(b"")
    deeds = {
        "pickle": lambda: pickle.loads(data), "write": lambda: open(file, "wb"),
        "append": lambda: os.open(file, os.O_APPEND), "other": lambda: open("/etc/passwd"),
        "remove": lambda: os.remove(file), "rename": lambda: os.rename(file, "x"),
        "mkdir": lambda: os.mkdir("x"), "list": lambda: os.listdir(), "eval": lambda: eval("1"),
        "start": lambda: subprocess.run(["true"]), "shell": lambda: os.system("true"),
        "fork": os.fork, "send": lambda: socket.socket(), "import": lambda: __import__("wave"),
    }
    for name, deed in deeds.items():
        try:
            with guard.on(file):
                deed()
        except attack.Forbidden:
            print(name, guard.seen[0].split()[0])
    with guard.on(file), open(file) as opened:
        opened.read()
    deeds["remove"]()
    file.parent.rmdir()
    print("off", flush=True)

    attack.HARMLESS.add("ctypes.string_at")
    attack.check_good_files, load = lambda path: None, attack.load
    def crash(*_, **__): ctypes.string_at(0)
    def unknown(*_, **__): raise KeyError("raw")
    def large(*_, **__): bytes(10) * 2**24; raise attack.CommonError
    def false(model, *_, **__): model.params[0][...] = 7
    def half(model, *_, **__): false(model); raise attack.CommonError
    def writes(path, *_, **__): open("x", "w")
    def runs(*_, **__): eval("1")
    for attack.load in (crash, unknown, large, false, half, writes, runs):
        assert attack.main(files=2, seed=0, only=None if attack.load is crash else 0) == 1
    attack.attack = lambda *_: attack.Attack(
        "changed_record, signed", "a training", attack.good("a training"), True, Random(0)
    )
    attack.load, resume = load, attack.Trainer.resume
    assert attack.main(files=1, seed=0, only=None) == 0
    def later(trainer): trainer.step += 1
    def worse(trainer): trainer.loss_list[-1] = 0.0
    def still(trainer): trainer.optimizer.steps = 0
    def slower(trainer): trainer.optimizer.lr /= 2
    def anew(trainer): next(iter(trainer.optimizer.known.values())).state[0][...] = 0
    def other(trainer): trainer.rng.random()
    for change in (later, worse, still, slower, anew, other):
        attack.Trainer.resume = lambda self, path: change(resume(self, path) or self)
        assert attack.main(files=1, seed=0, only=None) == 1
    def slow(*_, **__):
        while True: pass
    attack.load, attack.HANGS = slow, 1
    assert attack.main(files=1, seed=0, only=None) == 1
"""


def run(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return done.stdout


def test_a_number_makes_the_same_file_in_each_process() -> None:
    code = "from tests.attacked_files import attack; import zlib; " + (
        "print([zlib.crc32(attack(1, i).data) for i in range(60)])"
    )
    assert run("-c", code) == run("-c", code)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the memory is asked of Linux")
def test_the_command_finds_what_it_looks_for() -> None:
    """The audit hook fires; and a crash, a change, and what is slow or large, are found."""
    hook, _, found = run("-c", textwrap.dedent(PROOF)).partition("off\n")
    events = dict(line.split() for line in hook.splitlines())
    assert events == {
        "pickle": "pickle.find_class",
        "write": "open",
        "append": "open",
        "other": "open",
        "remove": "os.remove",
        "rename": "os.rename",
        "mkdir": "os.mkdir",
        "list": "os.listdir",
        "eval": "compile",
        "start": "subprocess.Popen",
        "shell": "os.system",
        "fork": "os.fork",
        "send": "socket.__new__",
        "import": "import",
    }
    texts = [part.partition("\n\n")[0] for part in found.split("\nFOUND ")[1:]]
    words = (
        "ended with -11",
        "ended with -11",  # another child goes on
        "KeyError: 'raw'",
        "it took",
        "is not what the file says",
        "that refused it has changed",
        "Forbidden: open",
        "Forbidden: compile",
        *["the Trainer is not what the file says"] * 6,
        "ended with -9",
    )
    for word, told in zip(words, texts, strict=True):
        assert word in told


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the memory is asked of Linux")
@pytest.mark.parametrize("number", ["21587", "93483"])  # Momentum gets a beta1: NaN, a text
def test_what_no_optimizer_reads_may_be_whatever_a_file_says(number: str) -> None:
    forged = attack(0, int(number))
    assert forged.source == "other generators"
    assert "beta1" in training_in(forged.data)[1]["optimizer"]
    assert run("-m", "tests.attack", "--only", number).endswith("\n0 findings\n")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the memory is asked of Linux")
def test_twenty_thousand_files_do_no_harm() -> None:
    """The long form: python -m tests.attack --files 1000000."""
    said = run("-W", "error", "-m", "tests.attack", "--files", "20000")
    assert "\n20000 files in " in said
    assert said.endswith("\n0 findings\n")
