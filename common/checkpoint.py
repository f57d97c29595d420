"""What was learned, kept in a file: `save` and `load` for a model, `Checkpoint` for a training.

    save(model, "net.safetensors")
    load(model, "net.safetensors")     # a model made by the same code, this year or next

A file is in the safetensors format: arrays with names, and text beside them. Nothing in it is run
when it is read, and other frameworks read it too. It has a SHA-256 of all that it holds, so that a
damaged file is not taken for a good one. Whenever the power fails, there is a whole file: the old
one or the new.
"""

import errno
import hashlib
import io
import json
import os
import re
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import numpy
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as as_safetensors

from common.checks import check_flag, check_whole, class_advice, name_of
from common.errors import ArgumentError, ArgumentTypeError, FileError, MissingFileError
from common.np import Array
from common.parameters import named_arrays
from common.training.description import check_same
from common.training.named import MODEL
from common.training.packing import has_place
from common.training.record import as_file_error, check_record
from common.training.refusal import shown
from common.training.snapshot import Snapshot, differing_arrays, write_into
from common.util import as_bytes, to_cpu

MOST = 300_000  # texts, commas and brackets in the header of a file, a dozen for each array
LONGEST = 30_000_000  # bytes of a header
MOST_KEPT = 900_000  # numbers in the lists that callbacks keep
LONGEST_NAME = 255  # bytes, on most disks
WIDEST = 8_000_000  # bytes of texts with other letters than ASCII's
TOKENS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[,\[{]', re.DOTALL)
NARROW = re.compile(rb'"(?:[^"\\\x80-\xff]++|\\[^u])*+"?|[,\[{]')
DIGEST, TRAINING = "sha256", "training"  # the names of the texts in a file

Arrays = dict[str, Array]
Texts = dict[str, str]


# A model --------------------------------------------------------------------------------------


def save(model: Any, path: str | os.PathLike[str]) -> None:
    """Writes all that a model learns or keeps, by names: `layers.0.W`.

    model: a layer, a Sequential, a Module or one by hand, on either device. What is frozen is
    saved, too; gradients and what forward kept are not, nor is an array that stands in an attribute
    alone: one that is to be kept belongs into the `state` of a layer.

    >>> import tempfile
    >>> from common.layers import Linear
    >>> first, second = Linear(3, 2, seed=0), Linear(3, 2, seed=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(first, folder + "/line.safetensors")
    ...     _ = load(second, folder + "/line.safetensors")
    >>> (first.params[0] == second.params[0]).all()
    np.True_
    """
    path = _path("save(model, path)", path)
    write(path, _arrays_of("save", model), {})


def load(model: Any, path: str | os.PathLike[str], *, foreign: bool = False) -> Any:
    """Reads what `save` wrote into the arrays of the model, and returns the model.

    Names, shapes and dtypes must be those of the model; if not, an ArgumentError names each that
    differs, up to a hundred. A file that is damaged, or none of this format, is a FileError. After
    either the model is as it was. From the file of a `Checkpoint` the model alone is taken.

    foreign: the file comes from elsewhere, so it has no SHA-256 of ours to be checked by.
    """
    path = _path("load(model, path)", path)
    check_flag("load", "foreign", foreign)
    arrays, texts = read(path, foreign)
    if TRAINING in texts:
        prefix = f"{MODEL}."
        arrays = {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}
    own = _arrays_of("load", model)
    what = f"load: {path} is not a file of this {name_of(model)}, so nothing was loaded"
    check_same(what, differing_arrays(own, arrays))
    write_into(own, arrays)
    return model


def _arrays_of(who: str, model: Any) -> Arrays:
    if isinstance(model, type) or hasattr(model, "fit"):
        advice = class_advice(model) or " Write trainer.model."
        raise ArgumentTypeError(f"{who}: expected a model, got {model!r:.80}.{advice}")
    arrays = named_arrays(model)
    if not arrays:
        raise ArgumentError(
            f"{who}: the model {type(model).__name__} has no arrays: it learns and keeps nothing"
        )
    return arrays


# A training -----------------------------------------------------------------------------------


class Checkpoint:
    """A callback that keeps a training in a file, so that one that was killed can go on.

    every: so many steps; or "epoch"; or a `datetime.timedelta`, which has passed since the last.
    There is one at the beginning, at the end and at Ctrl-C as well. The one before is kept beside
    it, as `run.previous.safetensors`. What it has is the training, so the last weights: those that
    `early_stopping` puts back at the end are saved by `save(trainer.model, path)`.

        trainer = Trainer(model, optimizer, loss, seed=0)
        if os.path.exists("run.safetensors"):
            trainer.resume("run.safetensors")
        trainer.fit(x, t, 100, callbacks=[Checkpoint("run.safetensors", every=500)])

    It runs after all other callbacks. Of these, of the objects that the model is made of, and of an
    optimizer of one's own, numbers, strings and generators are kept; lists and arrays are where
    they are named: `kept = ("norms",)` in the class. A function is taken to remember nothing, and
    a schedule to depend on the step alone. The data are not kept. What draws from `numpy.random`
    itself, rather than from a generator of its own, does not go on where it was. A file has room
    for 900,000 numbers in lists; arrays may be of any length.
    """

    def __init__(self, path: str | os.PathLike[str], every: int | str | timedelta = "epoch"):
        self.path = _path("Checkpoint(path, every)", path)
        self.previous = previous_of(self.path)
        self.every = self._check_every(every)

    def _check_every(self, every: Any) -> int | str | timedelta:
        is_time = isinstance(every, timedelta) and every > timedelta(0)
        if is_time or (isinstance(every, str) and every == "epoch"):
            return every
        if isinstance(every, str | float | timedelta):
            raise ArgumentTypeError(
                f"Checkpoint: every must be a number of steps, 'epoch' or a time, "
                f"datetime.timedelta(minutes=5); got {every!r}"
            )
        return check_whole(self, "every", every, at_least=1)

    def begin(self, trainer: Any) -> None:
        """The first one, so that a folder that cannot be written to is known at once."""
        if self.path.is_dir():
            raise FileError(f"Checkpoint: {self.path} is a folder: name a file in it")
        files = self.path, self.previous
        for path in files:
            if path.exists() and trainer.checkpoints.isdisjoint(files):
                raise FileError(
                    f"Checkpoint: {path} is there already, of another training. Go on with it, "
                    f"trainer.resume({str(path)!r}); or delete it."
                )
        self.is_whole = _is_whole(self.path)
        if not (trainer.snapshot and self.path.exists()):
            self._save(trainer)
        self.time = time.monotonic()

    def after_step(self, trainer: Any) -> None:
        """Saves, if it is time."""
        if isinstance(self.every, timedelta):
            is_time = time.monotonic() - self.time >= self.every.total_seconds()
        else:
            is_time = self.every != "epoch" and trainer.step % self.every == 0
        if is_time or trainer.is_interrupted():
            trainer.check_weights()
            self._save(trainer)

    def after_epoch(self, trainer: Any) -> None:
        """Saves, if it is time, or this is the last."""
        if self.every == "epoch" or trainer.is_at_end:
            self._save(trainer)

    def _save(self, trainer: Any) -> None:
        """Keeps the training as it is now, between two steps.

        The file that is there is kept beside it; if it is damaged, the one before it stays.
        """
        trainer.checkpoints.add(self.path)
        snapshot = Snapshot.of(trainer)
        try:
            text = json.dumps(snapshot.record)
        except ValueError as error:  # a whole number of thousands of digits
            raise FileError(f"{self.path} could not be written: {error}.") from None
        previous = self.previous if self.is_whole else None
        write(self.path, snapshot.arrays, {TRAINING: text}, previous)
        self.is_whole, self.time = True, time.monotonic()


def read_training(path: str | os.PathLike[str]) -> tuple[Path, Snapshot]:
    """What a `Checkpoint` wrote, and where it stands."""
    path = _path("Trainer.resume(path)", path)
    arrays, texts = read(path)
    if TRAINING not in texts:
        raise FileError(f"{path} holds a model and no training: load(model, {str(path)!r})")
    with as_file_error(path):
        _check_record_text(texts[TRAINING])
        record = json.loads(texts[TRAINING])
        check_record(record, arrays)
    return path, Snapshot(arrays, record)


def previous_of(path: Path) -> Path:
    """Where the file is kept that stood at path before."""
    return path.with_name(f"{path.stem}.previous{path.suffix}")


# A file ---------------------------------------------------------------------------------------


def write(path: Path, arrays: Arrays, texts: Texts, previous: Path | None = None) -> None:
    """Writes a file whole or not at all. previous: where the one that stood there is kept."""
    arrays = {name: _on_cpu(name, array) for name, array in arrays.items()}
    try:
        data = as_safetensors(arrays, texts | {DIGEST: digest(arrays, texts)})
        _check_header(io.BytesIO(data))
        _check_record_text(texts.get(TRAINING, ""))
    except (SafetensorError, ValueError) as error:
        raise FileError(f"{path} could not be written: {error}. What was there is whole.") from None
    if path.exists() and not path.is_file() and not path.is_dir():
        raise FileError(f"{path} could not be written: it is no file that another could replace.")
    unfinished = _unfinished(path)
    try:
        unfinished.unlink(missing_ok=True)  # of a run that was killed; or a link to elsewhere
        with open(unfinished, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if previous is not None and path.exists():
            _keep(path, previous)
        os.replace(unfinished, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise FileError(
            f"{path} could not be written: {error.strerror}. {_advice(path)} A file that was there "
            f"is whole."
        ) from error
    finally:
        with suppress(OSError):  # it is there only if it did not come to its end
            unfinished.unlink()


def _unfinished(path: Path) -> Path:
    """Always of the same name, so that what a kill left there does not add up."""
    return path.with_name(f"{path.name}.unfinished")


def _on_cpu(name: str, array: Array) -> Array:
    if name == "__metadata__":  # where a file has its texts
        raise ArgumentError(f"an array cannot be saved by the name {name}")
    array = to_cpu(array)
    array = numpy.asarray(array, array.dtype.newbyteorder("<"), order="C")
    if not has_place(array.dtype):
        raise ArgumentTypeError(f"{name}: an array of {array.dtype} cannot be saved")
    return array


def _keep(path: Path, previous: Path) -> None:
    """A second name for the file, which stays when the first one goes to another."""
    unfinished = _unfinished(previous)
    try:
        unfinished.unlink(missing_ok=True)
        try:
            os.link(path, unfinished)
        except OSError:  # a file system without links
            shutil.copyfile(path, unfinished)
        os.replace(unfinished, previous)
    finally:
        with suppress(OSError):  # where both were names of one file already, it stays
            unfinished.unlink()


def _sync_folder(folder: Path) -> None:
    """Only then is the new name on the disk."""
    if os.name != "posix":  # where a folder cannot be opened
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # as on some disks of a network
            raise
    finally:
        os.close(descriptor)


def _advice(path: Path) -> str:
    if path.is_dir():
        return "It is a folder: name a file in it."
    if not path.parent.is_dir():
        return f"Make the folder {path.parent} first."
    return "Make room or choose another folder."


def digest(arrays: Mapping[str, Array], texts: Texts) -> str:
    """The SHA-256 of names, dtypes, shapes and bytes, and of the texts."""
    names = sorted(arrays)
    form = [[name, arrays[name].dtype.str, arrays[name].shape] for name in names]
    sha = hashlib.sha256(json.dumps([form, sorted(texts.items())]).encode())
    for name in names:
        sha.update(as_bytes(arrays[name]))
    return sha.hexdigest()


def read(path: Path, foreign: bool = False) -> tuple[Arrays, Texts]:
    """The arrays and texts of a file, if they are those that were written."""
    try:
        with open(path, "rb") as head:
            _check_header(head)
        with safe_open(path, framework="np") as file:
            texts = dict(file.metadata() or {})
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  no dict
        for name, array in arrays.items():
            if not has_place(array.dtype):  # one that another package has told NumPy of
                raise TypeError(f"{name} holds {array.dtype}")
    except FileNotFoundError:
        raise MissingFileError(f"there is no file {path}.{_other(path)}") from None
    except PermissionError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}") from error
    except (OSError, MemoryError, SafetensorError, ValueError, TypeError, AttributeError) as error:
        raise FileError(
            f"{path} cannot be read: it is damaged, or no safetensors file ({shown(str(error))})."
            f"{_other(path)}"
        ) from error
    if foreign:
        return arrays, texts
    if DIGEST not in texts:
        raise FileError(
            f"{path} has no SHA-256: it was not saved here. If it is meant to come from elsewhere, "
            f"load(model, path, foreign=True).{_other(path)}"
        )
    if texts.pop(DIGEST) != digest(arrays, texts):
        raise FileError(f"{path} is damaged: its SHA-256 is another.{_other(path)}")
    return arrays, texts


def _check_header(file: BinaryIO) -> None:
    """That it has no names without end: each costs far more time and memory than its bytes."""
    length = int.from_bytes(file.read(8), "little")
    if length <= MOST:  # bytes, so fewer tokens
        return
    if length > LONGEST:
        raise ValueError(f"its header is longer than {LONGEST:,} bytes")
    header = file.read(length)
    if next(islice(TOKENS.finditer(header), MOST, None), None):
        raise ValueError(f"its header has more than {MOST:,} texts, commas and brackets")
    _check_narrow(header)


def _check_record_text(text: str) -> None:
    """As much of a training: a list in a list is a hundred bytes in memory, and three here."""
    brackets = text.count("[") + text.count("{")
    count = 2 * brackets + text.count(",") + text.count('"') // 4 + len(text) // 64
    if count > MOST_KEPT:
        raise ValueError("too many numbers are in lists. Keep them in arrays")
    _check_narrow(text.encode())


def _check_narrow(text: bytes) -> None:
    """One letter that is not ASCII, and Python takes four bytes for each in its string."""
    if len(text) > WIDEST:
        spans = (token.span() for token in TOKENS.finditer(text))
        if sum(end - at for at, end in spans if not NARROW.fullmatch(text, at, end)) > WIDEST:
            raise ValueError(f"it has more than {WIDEST:,} bytes of texts that are not all ASCII")


def _is_whole(path: Path) -> bool:
    try:
        read(path)
    except FileError:
        return False
    return True


def _other(path: Path) -> str:
    """Where another one is to be had."""
    previous = previous_of(path)
    return f" The one before it is {previous}." if previous.exists() else ""


def _path(who: str, path: Any) -> Path:
    """As it is called from every folder; a link is followed to its file."""
    try:
        if not Path(path).name:
            raise ValueError
        path = Path(os.path.realpath(path))
    except (TypeError, ValueError):
        raise ArgumentTypeError(f"{who}: path must be a file's name, got {path!r:.80}") from None
    more = len(_unfinished(previous_of(path)).name) - len(path.name)  # of what stands beside it
    if len(os.fsencode(path.name)) > LONGEST_NAME - more:
        raise ArgumentError(
            f"{who}: a file's name may have up to {LONGEST_NAME - more} bytes, and "
            f"{path.name[:40]!r}... has {len(os.fsencode(path.name))}"
        )
    return path
