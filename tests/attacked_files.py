"""Files that a stranger may have made: good ones, and what becomes of them.

`attack(seed, index)` makes one, always the same for the same two numbers. The digest of a file
keeps no stranger out: whoever writes a file can write a digest that fits. So many of the attacks
have such a digest.
"""

import copy
import functools
import hashlib
import itertools
import json
import math
import random
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from traceback import walk_tb
from typing import Any

import numpy

from common.base import Layer
from common.checkpoint import DIGEST, TRAINING, Checkpoint, digest, read, save
from common.layers import BatchNorm, Dropout, Flatten, Linear, MSELoss, Sequential, Sigmoid
from common.module import Module
from common.optimizer import Adam, Momentum
from common.trainer import Trainer, early_stopping
from common.training.report import Epoch
from common.training.snapshot import Snapshot
from tests.common.resuming import Watch, fit, on_tape

Dice = random.Random
DTYPES = {
    "F16": "<f2", "F32": "<f4", "F64": "<f8", "BOOL": "?", "U8": "u1", "I8": "i1",
    "U16": "<u2", "I16": "<i2", "U32": "<u4", "I32": "<i4", "U64": "<u8", "I64": "<i8",
}  # fmt: skip


class Stop(Exception):  # noqa: N818  no error
    """Ends a fit after so many steps."""


def stop_at(step: int) -> Any:
    """A callback that raises it. At which step it has from here, and not from a file."""

    class StopAt:
        __slots__ = ("count",)
        limit = 12  # a number of the class, for which an object has no place

        def __init__(self) -> None:
            self.count = 0

        def after_step(self, trainer: Trainer) -> None:
            if trainer.step >= step:
                raise Stop

        def after_epoch(self, trainer: Trainer) -> None:
            """What a next Checkpoint would write."""
            json.dumps(Snapshot.of(trainer).record)

    return StopAt()


# Good files -----------------------------------------------------------------------------------


def small() -> Sequential:
    return Sequential(Linear(2, 6, seed=0), Sigmoid(), Linear(6, 3, seed=1))


def of_many_dtypes() -> Layer:
    """With arrays of all dtypes that can be kept, without axes, and without numbers."""
    states = [numpy.arange(6).astype(dtype).reshape(2, 3) for dtype in DTYPES.values()]
    return Layer(state=[*states, numpy.array(3.0), numpy.array(True), numpy.zeros((0, 3))])


class Squares(Module):
    """The squared distance to one-hot rows."""

    def __init__(self) -> None:
        self.mean = MSELoss()

    def forward(self, y: Any, t: Any) -> Any:
        return self.mean(y, numpy.eye(3, dtype="f4")[t.data])


def other_generators() -> Trainer:
    """Of other kinds than NumPy's default, whose states are arrays; and with texts and places."""
    philox = numpy.random.Generator(numpy.random.Philox(0))
    twister = numpy.random.Generator(numpy.random.MT19937(0))
    model = Sequential(Linear(2, 6, seed=0), BatchNorm(6), Dropout(0.2, seed=philox))
    model = Sequential(model, Linear(6, 3, seed=1), Flatten())
    return Trainer(model, Momentum(0.05), Squares(), seed=twister)


def callbacks() -> list[Any]:
    return [early_stopping(3), Watch()]


MODELS: dict[str, Callable[[], Any]] = {
    "a small model": small,
    "all dtypes": of_many_dtypes,
    "from elsewhere": small,
    "a training": lambda: on_tape().model,
    "other generators": lambda: other_generators().model,
}
TRAINERS: dict[str, Callable[[], Trainer]] = {
    "a training": lambda: on_tape(Adam(0.05)),
    "other generators": other_generators,
}


def five_more_steps(trainer: Trainer) -> None:
    """What goes on after `resume`: the epoch to its end, and what is kept then.

    What is in its lists, a callback of one's own has to look at.
    """
    watch = Watch.after_step.__code__
    try:
        fit(trainer, *callbacks(), stop_at(trainer.step + 5))
    except Exception as error:
        frames = [frame.f_code for frame, _ in walk_tb(error.__traceback__)]
        if not isinstance(error, Stop) and watch not in frames:
            raise


def _without_time(item: Any) -> Any:
    """A record has seconds and a folder in it: a file is to be the same each time."""
    if isinstance(item, dict):
        fixed: dict[str, Any] = {"seconds": 0.5, "checkpoints": ["/run.safetensors"]}
        return {k: fixed[k] if k in fixed else _without_time(v) for k, v in item.items()}
    return list(map(_without_time, item)) if isinstance(item, list) else item


@functools.cache
def good(source: str) -> bytes:
    """The file before anything is done to it."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "run.safetensors")
        if source in TRAINERS:
            with suppress(Stop):
                fit(TRAINERS[source](), *callbacks(), stop_at(12), Checkpoint(path, every=1))
            arrays, texts = read(path)
            record = _without_time(json.loads(texts[TRAINING]))
            arrays["history"][:, [f.name for f in fields(Epoch)].index("seconds")] = 0.5
            return signed(arrays, {TRAINING: json.dumps(record)})
        save(MODELS[source](), path)
        arrays, texts = read(path)
        return written(arrays, {}) if source == "from elsewhere" else signed(arrays, texts)


def signed(arrays: Any, texts: dict[str, str]) -> bytes:
    """With a digest that fits."""
    return written(arrays, texts | {DIGEST: digest(arrays, texts)})


def written(arrays: Any, texts: dict[str, str]) -> bytes:
    """In the format, and in order, where the library's own is another each time."""
    header: dict[str, Any] = {"__metadata__": texts} if texts else {}
    codes, body = {numpy.dtype(dtype): name for name, dtype in DTYPES.items()}, b""
    for name, array in sorted(arrays.items()):
        place = [len(body), len(body) + array.nbytes]
        about = {"dtype": codes[array.dtype], "shape": array.shape, "data_offsets": place}
        header[name], body = about, body + array.tobytes()
    return joined(header, body)


# A second reader, which shares nothing with the first -----------------------------------------


def split(data: bytes) -> tuple[dict[str, Any], bytes]:
    """The header and the numbers of a good file."""
    end = 8 + struct.unpack("<Q", data[:8])[0]
    return json.loads(data[8:end]), data[end:]


def joined(header: Any, body: bytes) -> bytes:
    """A file again. header: as text, or to be made one."""
    text = header if isinstance(header, str) else json.dumps(header)
    encoded = text.encode("utf-8", "surrogatepass")
    return struct.pack("<Q", len(encoded)) + encoded + body


def arrays_in(header: dict[str, Any], body: bytes) -> dict[str, tuple[str, list[int], bytes]]:
    """What the header says of each array, and its bytes."""
    return {
        name: (about["dtype"], about["shape"], body[slice(*about["data_offsets"])])
        for name, about in header.items()
        if name != "__metadata__"
    }


def numbers_in(header: dict[str, Any], body: bytes) -> dict[str, Any]:
    """The arrays, in the order in which they stand there."""
    return {
        name: numpy.frombuffer(data, DTYPES[dtype]).reshape(shape)
        for name, (dtype, shape, data) in arrays_in(header, body).items()
    }


def training_in(data: bytes) -> tuple[dict[str, Any], Any]:
    """The arrays of a file, and the record of its training."""
    header, body = split(data)
    return numbers_in(header, body), json.loads(header["__metadata__"][TRAINING])


def resigned(header: dict[str, Any], body: bytes) -> tuple[bytes, bool]:
    """With a digest that fits, if what it says is enough for one; and whether it was."""
    try:
        arrays = numbers_in(header, body)
        texts = {**header["__metadata__"]}
        texts.pop(DIGEST, None)
        header["__metadata__"][DIGEST] = digest(arrays, texts)
    except (TypeError, ValueError, LookupError, AttributeError, OverflowError, UnicodeError):
        return joined(header, body), False
    return joined(header, body), True


# Bytes ----------------------------------------------------------------------------------------


def _place(dice: Dice, data: bytes | bytearray) -> int:
    """Half of the time, in the first part, where the header is."""
    return dice.randrange(len(data) if dice.random() < 0.5 else min(len(data), 400))


def flipped_bits(dice: Dice, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 8))):
        changed[_place(dice, changed)] ^= 1 << dice.randrange(8)
    return bytes(changed)


def other_bytes(dice: Dice, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.choice((1, 2, 8, 64))):
        changed[_place(dice, changed)] = dice.choice((0, 255, 34, 92, 123, dice.randrange(256)))
    return bytes(changed)


def cut_off(dice: Dice, data: bytes) -> bytes:
    return data[: dice.choice((_place(dice, data), dice.randrange(12), len(data) - 1))]


def blown_up(dice: Dice, data: bytes) -> bytes:
    more = dice.randbytes(dice.choice((1, 8, 100))) * dice.choice((1, 1, 10, 1000))
    at = dice.choice((len(data), 8, _place(dice, data)))
    return data[:at] + more + data[at:]


def moved_pieces(dice: Dice, data: bytes) -> bytes:
    a, b, c = sorted(_place(dice, data) for _ in range(3))
    one, other = data[a:b], data[b:c]
    return data[:a] + dice.choice((other + one, one + one + other, other, one)) + data[c:]


def another_length(dice: Dice, data: bytes) -> bytes:
    length = struct.unpack("<Q", data[:8])[0]
    lengths = 0, 1, 2, length - 1, length + 1, len(data), len(data) - 8, 10**8, 2**31, 2**63, 2**64
    return struct.pack("<Q", min(dice.choice(lengths), 2**64 - 1)) + data[8:]


def mixed_files(dice: Dice, data: bytes) -> bytes:
    """The header of one with the numbers of another."""
    other = good(dice.choice(list(MODELS)))
    a, b = (8 + struct.unpack("<Q", d[:8])[0] for d in (data, other))
    return data[:a] + other[b:]


# A header -------------------------------------------------------------------------------------

Header = dict[str, Any]
NUMBERS: list[Any] = [
    -1, 0, 1, 2, 3, 7, 0.5, 1e300, 2**31, 2**32 - 1, 2**53, 2**62, 2**63, 2**64 - 1, 2**64,
    10**100, math.nan, math.inf, -math.inf, "1", None, True, [], {}, [1],
]  # fmt: skip
NAMES = [
    "", ".", "..", "../../x", "/etc/passwd", "\0", "a" * 10_000, "\U0001f600", "__metadata__",
    "__class__", "W", "model.", "params.0", "\ud800", "%s%n", "layers.0.W\n",
]  # fmt: skip


def one_of(dice: Dice, values: Sequence[Any]) -> Any:
    """A copy of one of them, which may be changed again."""
    return copy.deepcopy(dice.choice(values))


def _some(dice: Dice, header: Header) -> Any:
    names = [name for name in header if name != "__metadata__"]
    return header[dice.choice(names)]


def offsets(dice: Dice, header: Header, body: bytes) -> Any:
    about = _some(dice, header)
    pair = about["data_offsets"]
    pair[dice.randrange(2)] = one_of(
        dice, (*NUMBERS, len(body), len(body) + 1, pair[0] - 1, pair[1] + 1)
    )
    if dice.random() < 0.2:
        about["data_offsets"] = dice.choice((pair[::-1], pair + pair, pair[:1], 3, None, "0"))


def overlap(dice: Dice, header: Header, body: bytes) -> Any:
    _some(dice, header)["data_offsets"] = [*_some(dice, header)["data_offsets"]]


def sizes(dice: Dice, header: Header, body: bytes) -> Any:
    about, size = _some(dice, header), one_of(dice, NUMBERS)
    if about["shape"] and dice.random() < 0.5:
        about["shape"][dice.randrange(len(about["shape"]))] = size
    else:
        about["shape"] = dice.choice(
            ([size], [size, size], [0, size], [1] * 65, [1] * 1000, [2**32] * 2, size)
        )


def dtypes(dice: Dice, header: Header, body: bytes) -> Any:
    about = _some(dice, header)
    about["dtype"] = dice.choice(
        (*DTYPES, "BF16", "F8_E4M3", "F8_E5M2", "F4", "F6_E2M3", "C64", "O", "V8", "", None, 3, [])
    )


def names(dice: Dice, header: Header, body: bytes) -> Any:
    name = dice.choice([name for name in header if name != "__metadata__"])
    header[dice.choice(NAMES)] = {**header[name]} if dice.random() < 0.3 else header.pop(name)


def same_names(dice: Dice, header: Header, body: bytes) -> Any:
    name = dice.choice(list(header))
    twice = json.dumps({name: dice.choice((header[name], _some(dice, header)))})
    return json.dumps(header)[:-1] + ", " + twice[1:]


def holes(dice: Dice, header: Header, body: bytes) -> Any:
    del header[dice.choice([name for name in header if name != "__metadata__"])]


def metadata(dice: Dice, header: Header, body: bytes) -> Any:
    texts = header.setdefault("__metadata__", {})
    value = one_of(dice, (*NUMBERS, *NAMES, {"a": {"a": 1}}, "x" * 100_000))
    if dice.random() < 0.3:
        header["__metadata__"] = value
    else:
        texts[dice.choice((DIGEST, TRAINING, "format", *NAMES))] = value


def surplus_keys(dice: Dice, header: Header, body: bytes) -> Any:
    about = _some(dice, header)
    about[dice.choice(NAMES)] = one_of(dice, NUMBERS)
    if dice.random() < 0.5:
        del about[dice.choice(list(about))]


def nested(dice: Dice, header: Header, body: bytes) -> Any:
    depth = dice.choice((100, 130, 1000, 20_000))
    opening, closing = dice.choice((("[", "]"), ('{"a":', "}")))
    deep = opening * depth + "1" + closing * dice.choice((depth, 0))
    return dice.choice((deep, json.dumps(header)[:-1] + ', "deep": ' + deep + "}"))


def numbers_as_text(dice: Dice, header: Header, body: bytes) -> Any:
    """As no JSON has them."""
    text = json.dumps(header)
    digits = [i for i, c in enumerate(text[:5000]) if c.isdigit()]
    i = dice.choice(digits)
    number = dice.choice(("NaN", "-Infinity", "1e999999", "-0", "0x1", "9" * 5000, "1.0", "00", ""))
    return text[:i] + number + text[i + 1 :]


def other_text(dice: Dice, header: Header, body: bytes) -> Any:
    text = json.dumps(header)
    return dice.choice(
        ("", "{}", "[]", "null", "{", '"', "\\" * 999, text + " " * 999, " " + text, text[::-1],
         text.replace("a", "\\u0061"), text.replace("{", "{\n"), '"' + '\\"' * 9999)
    )  # fmt: skip


def many_names(dice: Dice, header: Header, body: bytes) -> Any:
    """A few times so many that to read them would take seconds."""
    few, many = dice.choice((100, 1000)), dice.choice((40_000, 1_000_000))
    return json.dumps(header)[:-1] + "," + empty_arrays(many if dice.random() < 0.02 else few) + "}"


def many_sizes(dice: Dice, header: Header, body: bytes) -> Any:
    """Of one array, or lists where no reader looks."""
    few, many = dice.choice((65, 1000)), dice.choice((290_000, 5_000_000))
    items = _times(dice.choice(("1", "0", "[]")), many if dice.random() < 0.02 else few)
    key = dice.choice(("shape", "x", "data_offsets"))
    about = f'{{"dtype":"F32","shape":[0],"data_offsets":[0,0],"{key}":[{items}]}}'
    return f'{json.dumps(header)[:-1]},"x":{about}}}'


@functools.cache
def _times(item: str, count: int) -> str:
    return ",".join([item] * count)


@functools.cache
def empty_arrays(count: int) -> str:
    """Their part of a header, as text."""
    one = '"%d":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}'
    return ",".join([one % i for i in range(count)])


HEADERS = (
    offsets, overlap, sizes, dtypes, names, same_names, holes, metadata, surplus_keys, nested,
    numbers_as_text, other_text, many_names, many_sizes,
)  # fmt: skip


def edited_header(dice: Dice, data: bytes, edit: Any, sign: bool) -> tuple[bytes, bool]:
    """And whether it is signed: what is no header any more, but a text, cannot be."""
    header, body = split(data)
    header.setdefault("__metadata__", {})
    changed = edit(dice, header, body)
    if dice.random() < 0.1:
        body += bytes(dice.choice((1, 4, 4096)))
    if changed is None and sign:
        return resigned(header, body)
    return joined(header if changed is None else changed, body), False


# Arrays and texts, with a digest that fits ----------------------------------------------------


def other_arrays(dice: Dice, data: bytes) -> bytes:
    """Of other forms, names and numbers."""
    header, body = split(data)
    arrays = numbers_in(header, body)
    texts = {**header.get("__metadata__", {})}
    texts.pop(DIGEST, None)
    for _ in range(dice.choice((1, 1, 3))):
        name = dice.choice(list(arrays))
        array = arrays[name]
        with numpy.errstate(all="ignore"):
            arrays[name] = dice.choice(
                (
                    array.reshape(-1),
                    array[None],
                    array.astype(dice.choice(list(DTYPES.values()))),
                    numpy.full_like(array, dice.choice((0, 1))),
                    array.T.copy(),
                    numpy.concatenate([array.reshape(-1)] * 2),
                    numpy.zeros(dice.choice((0, 1, 10**5)), array.dtype),
                    numpy.frombuffer(dice.randbytes(array.nbytes), array.dtype).reshape(array.shape)
                    if array.dtype != bool
                    else numpy.asarray(~array),
                )
            )
        if dice.random() < 0.3:
            arrays[dice.choice(NAMES)] = arrays.pop(name)
    arrays.pop("__metadata__", None)
    return signed(arrays, texts)


HASHED_ALIKE = [[i * (2**61 - 1), 0] for i in range(2000)]
# Two numbers that have one hash, and all tuples of them, too.
TUPLES_ALIKE = [[{"tuple": list(t)}, 0] for t in itertools.product((-1, -2), repeat=14)]
# A state of PCG64 that is its own next, and whose number is always the largest: to draw one that is
# smaller takes for ever.
SAME = 2**64 - 1
STANDS_STILL = {"state": SAME, "inc": SAME * (1 - 0x2360ED051FC65DA44385DF649FCCF645) % 2**128}
VALUES: list[Any] = [
    *NUMBERS, *NAMES, -(2**70), 10**1000, 1e308, [[]], {"dict": []}, {"a": 1},
    {"array": "model.layers.0.W", "on_gpu": False},
    {"array": "nothing", "on_gpu": False},
    {"array": "order", "on_gpu": True},
    {"array": "order"}, {"array": 3, "on_gpu": 0}, {"array": ["order"], "on_gpu": False},
    {"scalar": ["<f4", 1e300]}, {"scalar": ["<i8", 2**70]}, {"scalar": ["V1000000000", 0]},
    {"scalar": ["O", "x"]}, {"scalar": ["f4,(2,3)f4", 0]}, {"scalar": ["<U9", "x"]},
    {"scalar": ["<f8", None]}, {"scalar": ["M8[s]", 1]}, {"scalar": []}, {"scalar": ["<f8", 0.1]},
    {"tuple": 3}, {"tuple": [1, [2]]}, {"dict": [[[1], 2]]}, {"dict": [[1]]}, {"dict": {"a": 1}},
    {"dict": HASHED_ALIKE},
    {"dict": [[{"tuple": [[1]]}, 2]]},
    *(
        {"generator": {"dict": [["bit_generator", name]]}}
        for name in ("test", "seed", "PCG64", "Generator", "RandomState", "__builtins__", 3, None)
    ),
    {"tuple": [], "dict": []}, {"eval": "1"}, {"__class__": "x"}, {"py/object": "os.system"},
]  # fmt: skip
ATTRIBUTES = [
    "__class__", "__dict__", "__init__", "__slots__", "forward", "backward", "update", "update_one",
    "params", "grads", "state", "layers", "kept", "training", "requires_grad", "has_grads",
    "slots", "known", "_last_ids", "lr", "steps", "rng", "begin", "after_epoch", "mro", "a b", "",
    "new", "dropout_ratio", "momentum", "eps", "beta1", "is_container", "state_names", "needs_dx",
    "param_names", "start_dim", "reduction", "waited", "lowest",
]  # fmt: skip


def _places(item: Any, found: list[Any]) -> list[Any]:
    """All places in a record: what holds something, and the name or number of it there."""
    held = item.items() if isinstance(item, dict) else enumerate(item)
    for key, value in held:
        found.append((item, key))
        if isinstance(value, dict | list):
            _places(value, found)
    return found


def _change(dice: Dice, record: Any) -> None:
    """One place of a record, of which large lists have no more than others."""
    top = dice.choice(list(record))
    places = [(record, top)]
    if isinstance(record[top], dict | list):
        _places(record[top], places)
    holder, key = dice.choice(places)
    how = dice.random()
    if how < 0.15:
        del holder[key]
    elif how < 0.3 and isinstance(holder, dict):
        holder[dice.choice((*NAMES, *ATTRIBUTES, *record))] = one_of(dice, VALUES)
    elif how < 0.3:
        holder.insert(key, one_of(dice, (holder[key], *VALUES)))
    elif how < 0.4:
        other, name = dice.choice(places)
        holder[key] = copy.deepcopy(other[name])
    else:
        holder[key] = one_of(dice, VALUES)


def changed_record(dice: Dice, record: Any) -> str:
    for _ in range(dice.choice((1, 1, 1, 2, 5))):
        _change(dice, record)
        if not record:
            break
    return json.dumps(record)


def other_attributes(dice: Dice, record: Any) -> str:
    """Of layers, of the loss, of the optimizer, of callbacks: half of them attributes they have."""
    owners = [*record["attributes"].values(), record["optimizer"], *record["callbacks"]]
    owner = dice.choice(owners)
    names = list(owner) if owner and dice.random() < 0.5 else ATTRIBUTES
    owner[dice.choice(names)] = one_of(dice, VALUES)
    return json.dumps(record)


def many_values(dice: Dice, record: Any) -> str:
    """Where a callback has a list: at times so many that to read them would take seconds."""
    items = "[]", "{}", '{"dict":[]}', '{"tuple":[]}', "99999", '"ab"', '"\\u4e01"', "1e9", _alike()
    item, count = dice.choice(items), dice.choice((50_000, 3_000_000))
    values = _times(item, count if dice.random() < 0.05 and item != _alike() else 1)
    return json.dumps(record).replace('"norms": [', f'"norms": [{values}, ')


@functools.cache
def _alike() -> str:
    return json.dumps({"dict": TUPLES_ALIKE})


def other_states(dice: Dice, record: Any) -> str:
    """Of generators."""
    states = record["generators"]
    state = states[dice.choice(list(states))]["dict"]
    inner = next(value for key, value in state if key == "state")["dict"]
    pairs = dice.choice((state, inner))
    pair = dice.choice(pairs)
    others = 2, 5, 625, 2**128 - 1, 2**128, "MT19937", "Philox", "PCG64"
    pair[1] = one_of(dice, (*VALUES, *others))
    if dice.random() < 0.2:
        pairs.remove(pair)
    elif dice.random() < 0.2 and len(inner) == 2:
        inner[:] = map(list, STANDS_STILL.items())
    return json.dumps(record)


def other_record(dice: Dice, record: Any) -> str:
    """Another text in its place."""
    text = json.dumps(record)
    depth = dice.choice((50, 99, 101, 300, 900, 5000))
    many = dice.choice((100_000, 3_000_000)) if dice.random() < 0.02 else 100
    deep = "[" * depth + "]" * depth
    return dice.choice(
        ("", "{}", "[]", "null", "3", text[:-1], text + "x", "9" * 5000, deep, "[]" * 999,
         text[:-1] + f', "made": {deep}}}', text.replace('"lowest": ', f'"lowest": {deep}, "x": '),
         text.replace("11", "9" * 5000), text.replace("0.5", "1e999"),
         "[" + "[]," * many + "[]]", "[" * many)
    )  # fmt: skip


RECORDS = (
    changed_record, changed_record, other_attributes, other_states, other_record, many_values,
)  # fmt: skip


def edited_record(dice: Dice, data: bytes, edit: Any) -> bytes:
    arrays, record = training_in(data)
    if edit is not other_record and dice.random() < 0.1:
        name = dice.choice(list(arrays))
        arrays[name] = arrays[name].reshape(-1)[: dice.randrange(9)] + 1
    return signed(arrays, {TRAINING: edit(dice, record)})


# One of them ----------------------------------------------------------------------------------

BYTES = (
    flipped_bits, other_bytes, cut_off, blown_up, moved_pieces, another_length, mixed_files,
)  # fmt: skip
KINDS = [
    *(f.__name__ for f in BYTES),
    *(f"{f.__name__}{way}" for f in HEADERS for way in ("", ", signed")),
    "other_arrays, signed",
    *(f"{f.__name__}, signed" for f in dict.fromkeys(RECORDS)),
]


@dataclass
class Attack:
    """A file, from what it was made, and whether its digest was made to fit."""

    kind: str
    source: str
    data: bytes
    is_signed: bool
    dice: Dice = field(repr=False)


def attack(seed: int, index: int) -> Attack:
    """The file of this number."""
    dice = random.Random(hashlib.sha256(f"{seed} {index}".encode()).digest())
    edit: Any
    share = dice.random()
    if share < 0.3:
        source, edit = dice.choice(list(TRAINERS)), dice.choice(RECORDS)
        data, is_signed = edited_record(dice, good(source), edit), True
    else:
        source = dice.choice(list(MODELS))
        is_signed = share > 0.65
        if share > 0.95:
            edit, data = other_arrays, other_arrays(dice, good(source))
        elif share < 0.48:
            edit = dice.choice(BYTES)
            data = bytes(edit(dice, good(source)))
        else:
            edit = dice.choice(HEADERS)
            data, is_signed = edited_header(dice, good(source), edit, is_signed)
    return Attack(edit.__name__ + ", signed" * is_signed, source, data, is_signed, dice)
