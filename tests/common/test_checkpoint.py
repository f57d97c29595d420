"""save and load: a model in a file, by names, to the bit; and files that are not what they were."""

import errno
import os
import stat
from pathlib import Path
from typing import Any, NoReturn

import numpy
import pytest
import safetensors.numpy

from ch01.two_layer_net import TwoLayerNet
from common import config
from common.autograd import Parameter, Tensor
from common.checkpoint import Checkpoint, load, previous_of, read, save, write
from common.errors import (
    ArgumentError,
    ArgumentTypeError,
    CommonError,
    FileError,
    MissingFileError,
)
from common.layers import (
    Affine,
    BatchNorm,
    Dropout,
    Layer,
    Linear,
    MatMul,
    ReLU,
    Sequential,
    Sigmoid,
    SoftmaxWithLoss,
)
from common.module import Module
from common.np import Array, np
from common.optimizer import SGD, Adam
from common.parameters import named_arrays
from common.trainer import Trainer
from common.util import to_cpu, to_gpu
from tests.common.table import ROWS, Row
from tests.common.training import BookNet, T, X, network


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "net.safetensors"


class Tree(Module):
    """Parts in all places where they are looked for."""

    def __init__(self, seed: int) -> None:
        self.scale = Parameter(np.asarray(float(seed)))
        self.steps = [Linear(2, 3, seed), BatchNorm(3)]
        self.heads = {"left": Linear(3, 1, seed), "right": Sequential(MatMul(self.draw(seed)))}
        self.again = self.steps[0]

    @staticmethod
    def draw(seed: int) -> Array:
        return np.asarray(numpy.random.default_rng(seed).normal(size=(3, 2)))


class ByHand:
    """Without layers: arrays in lists of its own."""

    def __init__(self, seed: int) -> None:
        rng = numpy.random.default_rng(seed)
        self.params = [np.asarray(rng.normal(size=(2, 3))), np.asarray(rng.normal(size=3))]
        self.grads = [np.zeros_like(param) for param in self.params]


def normed(seed: int) -> Sequential:
    rng = numpy.random.default_rng(seed)
    model = Sequential(Linear(2, 4, rng), BatchNorm(4), ReLU(), Dropout(), Linear(4, 3, rng))
    model.forward(np.asarray(X + seed))  # moves the running means
    return model


MODELS = {
    "layer": lambda seed: Linear(3, 2, seed),
    "parameter": lambda seed: Parameter(np.asarray([1.0 * seed])),
    "sequential": normed,
    "module": Tree,
    "book": lambda seed: BookNet(*network(seed)),
    "chapter": lambda seed: TwoLayerNet(2, 5, 3, seed),
    "by hand": ByHand,
}


def content(model: Any) -> dict[str, tuple[str, bytes]]:
    return {n: (str(a.dtype), to_cpu(a).tobytes()) for n, a in named_arrays(model).items()}


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_what_was_saved_comes_back_to_the_bit(make: Any, path: Path) -> None:
    saved, other = make(1), make(2)
    before, arrays = content(saved), [id(array) for array in named_arrays(other).values()]
    assert content(other) != before
    save(saved, path)
    assert load(other, path) is other
    assert content(other) == before == content(saved)
    assert [id(array) for array in named_arrays(other).values()] == arrays, "written in place"
    assert os.listdir(path.parent) == [path.name]


def test_names_are_those_of_the_attributes(path: Path) -> None:
    assert list(named_arrays(Tree(0))) == [
        "scale",
        "steps.0.W",
        "steps.0.b",
        "steps.1.gamma",
        "steps.1.beta",
        "steps.1.mean",
        "steps.1.var",
        "heads.left.W",
        "heads.left.b",
        "heads.right.layers.0.W",
    ]
    assert list(named_arrays(Linear(2, 3, seed=0))) == ["W", "b"]
    assert list(named_arrays(ByHand(0))) == ["params.0", "params.1"]
    assert list(named_arrays(Layer(np.ones(2), state=[np.ones(2)]))) == ["params.0", "state.0"]
    save(Tree(0), path)
    assert set(safetensors.numpy.load_file(path)) == set(named_arrays(Tree(0)))


@pytest.mark.parametrize("row", [row for row in ROWS if row.weights], ids=str)
def test_each_layer_names_its_arrays(row: Row) -> None:
    """A new one does too: a name such as params.0 tells a reader nothing."""
    layer = row.layer()
    arrays = [*layer.params, *layer.state]
    names = [name.rpartition(".")[-1] for name in named_arrays(layer)]
    assert len(names) == len(arrays) > 0
    assert all(name.isidentifier() for name in names)


def test_what_two_places_share_is_saved_once_and_stays_shared(path: Path) -> None:
    def tied(seed: int) -> Any:
        W = np.asarray(numpy.random.default_rng(seed).normal(size=(3, 3)))
        return Sequential(MatMul(W), Sigmoid(), MatMul(W))

    save(tied(1), path)
    model = load(tied(2), path)
    assert model.layers[0].params[0] is model.layers[2].params[0]
    assert content(model) == content(tied(1))
    untied = Sequential(MatMul(np.ones((3, 3))), Sigmoid(), MatMul(np.ones((3, 3))))
    with pytest.raises(ArgumentError, match=r"layers\.2\.W: float64 \(3, 3\) in the model, noth"):
        load(untied, path)


def test_what_is_frozen_is_saved_too(path: Path) -> None:
    model, other = network(1), network(2)
    model.requires_grad = False
    save(model, path)
    load(other, path)
    assert content(other) == content(model)


@pytest.mark.cpu
def test_every_bit_of_a_number_is_kept(path: Path) -> None:
    """Not a number of any kind, -0.0, the smallest; other dtypes, other layouts, no rows."""
    rng = numpy.random.default_rng(0)
    states: list[Array] = [
        numpy.frombuffer(rng.bytes(4000), numpy.float32).copy(),
        numpy.frombuffer(rng.bytes(4000), numpy.float64).copy(),
        numpy.frombuffer(rng.bytes(4000), numpy.float16).copy(),
        rng.integers(-9, 9, (3, 4)).T,
        numpy.asfortranarray(rng.normal(size=(3, 4))),
        numpy.arange(5, dtype=">f8"),
        numpy.array([True, False]),
        numpy.array(3, numpy.uint8),
        numpy.zeros((0, 3)),
    ]
    with numpy.errstate(all="ignore"):
        model = Layer(state=states)
        save(model, path)
        other = load(Layer(state=[numpy.zeros_like(state) for state in states]), path)
    for array, state in zip(other.state, states, strict=True):
        assert array.tobytes() == state.tobytes()


@pytest.mark.cpu
def test_numbers_that_would_be_quotes_are_no_names(path: Path) -> None:
    quotes = numpy.full(210_000, ord('"'), numpy.uint8)
    save(Layer(state=[quotes]), path)
    assert (load(Layer(state=[quotes * 0]), path).state[0] == quotes).all()


@pytest.mark.off_cpu
def test_a_file_has_no_device(path: Path, tmp_path: Path) -> None:
    with config.use_gpu(False):
        on_cpu = network(1)
        save(on_cpu, path)
    moved = to_gpu(load(network(2), path))
    assert type(moved.params[0]) is np.ndarray
    assert content(moved) == content(on_cpu)
    save(moved, tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


def test_training_goes_on_after_load_as_it_would_have(path: Path) -> None:
    def trained(model: Any) -> dict[str, tuple[str, bytes]]:
        Trainer(model, Adam(0.01), SoftmaxWithLoss(), seed=0).fit(X, T, 2, verbose=False)
        return content(model)

    model = Sequential(Linear(2, 4, seed=0), BatchNorm(4), Linear(4, 3, seed=1))
    trained(model)
    save(model, path)
    other = Sequential(Linear(2, 4, seed=2), BatchNorm(4), Linear(4, 3, seed=3))
    assert trained(load(other, path)) == trained(model)


# Another model --------------------------------------------------------------------------------


def test_all_that_differs_is_named_and_nothing_is_loaded(path: Path) -> None:
    save(Sequential(Linear(2, 3, seed=0), Linear(3, 4, seed=0), Linear(4, 4, seed=0)), path)
    other = Sequential(Affine(np.ones((2, 3)), np.ones(3)), Linear(3, 5, seed=1), BatchNorm(4))
    before = content(other)
    with pytest.raises(ArgumentError) as caught:
        load(other, path)
    assert str(caught.value).splitlines() == [
        f"load: {path} is not a file of this Sequential, so nothing was loaded:",
        "  layers.0.W: float64 (2, 3) in the model, float32 (2, 3) in the file",
        "  layers.0.b: float64 (3,) in the model, float32 (3,) in the file",
        "  layers.1.W: float32 (3, 5) in the model, float32 (3, 4) in the file",
        "  layers.1.b: float32 (5,) in the model, float32 (4,) in the file",
        "  layers.2.gamma: float32 (4,) in the model, nothing in the file",
        "  layers.2.beta: float32 (4,) in the model, nothing in the file",
        "  layers.2.mean: float32 (4,) in the model, nothing in the file",
        "  layers.2.var: float32 (4,) in the model, nothing in the file",
        "  layers.2.W: nothing in the model, float32 (4, 4) in the file",
        "  layers.2.b: nothing in the model, float32 (4,) in the file",
    ]
    assert content(other) == before


def of(dtype: Any) -> Layer:
    layer = ReLU()
    layer.state = [numpy.zeros(2, dtype)]
    return layer


@pytest.mark.parametrize(
    ("wrong", "error", "match"),
    [
        (ReLU(), ArgumentError, "ReLU has no arrays: it learns and keeps nothing"),
        ([], ArgumentError, "list has no arrays"),
        (Linear, ArgumentTypeError, "expected a model.*Make one of the class first"),
        (None, ArgumentError, "NoneType has no arrays"),
        (of(complex), ArgumentTypeError, r"state\.0: .* complex128"),
        (of("M8[s]"), ArgumentTypeError, r"state\.0: .* datetime64"),
    ],
)
@pytest.mark.cpu
def test_what_cannot_be_saved(wrong: Any, error: Any, match: str, path: Path) -> None:
    with pytest.raises(error, match=match):
        save(wrong, path)
    assert os.listdir(path.parent) == []


def test_a_trainer_is_not_a_model(path: Path) -> None:
    trainer = Trainer(network(), Adam(), SoftmaxWithLoss())
    with pytest.raises(ArgumentTypeError, match=r"expected a model.* Write trainer\.model"):
        save(trainer, path)


@pytest.mark.cpu
def test_a_model_that_cannot_be_written_into_stays_as_it_is(path: Path) -> None:
    save(network(1), path)
    model = network(2)
    before = content(model)
    model[2].params[0].flags.writeable = False
    with pytest.raises(ArgumentError, match=r"\n  layers\.2\.W: read-only in the model$"):
        load(model, path)
    assert content(model) == before


@pytest.mark.parametrize("wrong", ["", ".", "a\0b"])
def test_what_is_no_name_of_a_file(wrong: str) -> None:
    with pytest.raises(ArgumentTypeError, match="path must be a file's name"):
        save(network(), wrong)


def test_a_name_that_is_a_folder(path: Path) -> None:
    with pytest.raises(FileError, match="It is a folder: name a file in it"):
        save(network(), path.parent)


def test_two_arrays_of_one_name_are_refused(path: Path) -> None:
    model = {"1": Linear(2, 3, seed=0), 1: Linear(2, 3, seed=0)}
    with pytest.raises(ArgumentError, match=r"two of its arrays have the name '1\.W'"):
        save(model, path)
    with pytest.raises(ArgumentError, match="by the name __metadata__"):
        save({"__metadata__": Parameter(np.ones(2))}, path)


def test_arguments_in_the_other_order() -> None:
    with pytest.raises(ArgumentTypeError, match=r"save\(model, path\): path must be a file's name"):
        save("net", network())
    with pytest.raises(ArgumentTypeError, match=r"load\(model, path\): path must be a file's name"):
        load("net", network())


# Another file ---------------------------------------------------------------------------------


def small(path: Path) -> Layer:
    layer = Affine(np.ones((2, 3), np.float32), np.zeros(3, np.float32))
    save(layer, path)
    return layer


def check_is_refused(path: Path, data: bytes, match: str) -> None:
    layer = Affine(np.full((2, 3), 7, np.float32), np.full(3, 7, np.float32))
    path.write_bytes(data)
    with pytest.raises(FileError, match=match):
        load(layer, path)
    assert float(layer.params[0].sum()) == 42, "nothing was loaded"


@pytest.mark.cpu
@pytest.mark.skipif(os.name != "posix", reason="links may need rights")
@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_what_another_put_in_its_place_is_not_written_into(link: Any, tmp_path: Path) -> None:
    """The folder may be a stranger's, who knows the name of the file that is not finished yet."""
    victim, path = tmp_path / "mine.txt", tmp_path / "net.safetensors"
    victim.write_text("mine")
    link(victim, tmp_path / "net.safetensors.unfinished")
    save(Linear(2, 3, seed=0), path)
    assert (victim.read_text(), path.is_symlink()) == ("mine", False)
    assert load(Linear(2, 3, seed=1), path).params[0].shape == (2, 3)
    assert len(os.listdir(tmp_path)) == 2


def test_a_text_that_was_changed_is_noticed(path: Path) -> None:
    write(path, {"a": np.ones(2)}, {"training": "step 12"})
    data = path.read_bytes()
    assert read(path)[1] == {"training": "step 12"}
    path.write_bytes(data.replace(b"step 12", b"step 13"))
    with pytest.raises(FileError, match="is damaged: its SHA-256 is another"):
        read(path)


def test_one_bit_that_flips_anywhere_is_noticed(path: Path) -> None:
    small(path)
    data = bytearray(path.read_bytes())
    for i in range(len(data)):
        for bit in range(8):
            data[i] ^= 1 << bit
            check_is_refused(path, bytes(data), "is damaged|cannot be read|has no SHA-256")
            data[i] ^= 1 << bit
    path.write_bytes(data)
    load(Affine(np.ones((2, 3), np.float32), np.zeros(3, np.float32)), path)


@pytest.mark.cpu
def test_a_file_that_ends_too_soon_or_too_late(path: Path) -> None:
    small(path)
    data = path.read_bytes()
    for length in range(len(data)):
        check_is_refused(path, data[:length], "cannot be read")
    check_is_refused(path, data + b"\0", "cannot be read")


@pytest.mark.cpu
@pytest.mark.parametrize("made", [lambda path: path.mkdir(), lambda path: None])
def test_what_is_no_file(made: Any, path: Path) -> None:
    made(path)
    with pytest.raises(FileError, match=r"cannot be read|there is no file") as caught:
        load(network(), path)
    assert isinstance(caught.value, MissingFileError) == (not path.exists())
    assert str(path) in str(caught.value)


@pytest.mark.cpu
def test_a_file_from_elsewhere_is_loaded_if_it_is_said_to_be_one(path: Path) -> None:
    arrays = {"W": numpy.ones((2, 3), numpy.float32), "b": numpy.ones(3, numpy.float32)}
    safetensors.numpy.save_file(arrays, path)
    layer = Linear(2, 3, seed=0)
    with pytest.raises(FileError, match=r"has no SHA-256.*load\(model, path, foreign=True\)"):
        load(layer, path)
    load(model=layer, path=path, foreign=True)
    assert float(layer.params[0].sum()) == 6
    arrays["b"] = numpy.ones(4, numpy.float32)
    safetensors.numpy.save_file(arrays, path)
    with pytest.raises(ArgumentError, match=r"b: float32 \(3,\) in the model, float32 \(4,\) in"):
        load(layer, path, foreign=True)


@pytest.mark.torch
def test_weights_go_to_pytorch_and_come_back(path: Path) -> None:
    """A weight is (in, out) here and (out, in) there."""
    torch = pytest.importorskip("torch")
    files = pytest.importorskip("safetensors.torch")
    model, x = network(1), np.asarray(X)
    peer = torch.nn.Sequential(torch.nn.Linear(2, 6), torch.nn.Sigmoid(), torch.nn.Linear(6, 3))
    linears = {"layers.0": peer[0], "layers.2": peer[2]}

    save(model, path)
    arrays = files.load_file(path)
    for name, linear in linears.items():
        linear.load_state_dict({"weight": arrays[f"{name}.W"].T, "bias": arrays[f"{name}.b"]})
    y = peer(torch.tensor(X)).detach().numpy()
    np.testing.assert_allclose(model.forward(x), np.asarray(y), rtol=1e-4, atol=1e-6)

    back = {}
    for name, linear in linears.items():
        back[f"{name}.W"] = linear.weight.detach().T.contiguous()
        back[f"{name}.b"] = linear.bias.detach()
    files.save_file(back, path)
    other = load(network(2), path, foreign=True)
    assert content(other) == content(model)


@pytest.mark.torch
@pytest.mark.cpu
def test_a_dtype_that_numpy_does_not_know_is_an_error(path: Path) -> None:
    torch = pytest.importorskip("torch")
    files = pytest.importorskip("safetensors.torch")
    files.save_file({"W": torch.ones(2, 3, dtype=torch.bfloat16), "b": torch.ones(3)}, path)
    with pytest.raises(CommonError, match=r"bfloat16"):
        load(Linear(2, 3, seed=0), path, foreign=True)


# A save that does not come to its end ---------------------------------------------------------


@pytest.mark.cpu
def test_a_full_disk_leaves_what_was_there(path: Path, file_size_limit: Any) -> None:
    model = small(path)
    data, large = path.read_bytes(), Linear(100, 100, seed=0)
    file_size_limit(1000)
    with pytest.raises(FileError, match=r"could not be written: File too large\. Make room or"):
        save(large, path)
    file_size_limit(None)
    assert path.read_bytes() == data
    assert os.listdir(path.parent) == [path.name]
    load(model, path)


STEPS_OF_A_WRITE = ["open", "os.fsync", "os.replace"]


@pytest.mark.cpu
@pytest.mark.parametrize("step", STEPS_OF_A_WRITE)
@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(errno.EIO, "Input/output error")])
def test_an_interrupted_save_leaves_what_was_there(
    step: str, error: Any, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = small(path)
    data = path.read_bytes()

    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(f"common.checkpoint.{step}", fail, raising=step != "open")
    with pytest.raises((KeyboardInterrupt, FileError)) as caught:
        save(Linear(2, 3, seed=5), path)
    assert isinstance(caught.value, KeyboardInterrupt) == (error is KeyboardInterrupt)
    monkeypatch.undo()
    assert path.read_bytes() == data
    assert os.listdir(path.parent) == [path.name]
    load(model, path)


@pytest.mark.cpu
@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP, errno.EIO])
def test_a_folder_that_cannot_be_synced_is_no_matter_and_one_that_fails_to_be_is(
    number: int, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync

    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, "no")
        real(descriptor)

    monkeypatch.setattr("common.checkpoint.os.fsync", fsync)
    if number == errno.EIO:
        with pytest.raises(FileError, match="could not be written: no"):
            small(path)
    else:
        load(small(path), path)


@pytest.mark.cpu
def test_where_folders_cannot_be_opened_they_are_not(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows."""

    def refuse(*_: Any) -> int:
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr("common.checkpoint.os.name", "nt")
        patch.setattr("common.checkpoint.os.open", refuse)
        write(path, {"a": np.ones(2)}, {})
    assert read(path)[0]["a"].tolist() == [1, 1]


@pytest.mark.cpu
@pytest.mark.skipif(not Path("/sys").is_dir(), reason="a folder that nobody may write to")
def test_a_folder_that_cannot_be_written_to() -> None:
    with pytest.raises(FileError, match=r"/sys/net could not be written: Permission denied\. Make"):
        save(network(), "/sys/net")


@pytest.mark.cpu
def test_a_folder_that_is_missing(path: Path) -> None:
    with pytest.raises(FileError, match=r"Make the folder .*missing first\."):
        save(network(), path.parent / "missing" / "net")


def test_a_tensor_of_the_model_sees_what_was_loaded(path: Path) -> None:
    model = Tree(3)
    save(model, path)
    other = load(Tree(4), path)
    assert float((other.scale * Tensor(np.ones(()))).data) == 3


@pytest.mark.cpu
def test_the_one_before_keeps_the_end_of_the_name() -> None:
    assert previous_of(Path("runs/a.b.st")) == Path("runs/a.b.previous.st")


@pytest.mark.cpu
def test_a_file_that_must_not_be_read_is_not_called_damaged(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("common.checkpoint.open", refuse, raising=False)
    with pytest.raises(FileError, match=f"^{path} cannot be read: Permission denied$"):
        load(network(), path)


@pytest.mark.cpu
def test_a_name_that_is_too_long_is_told(path: Path) -> None:
    model, most = Linear(2, 3), "x" * 235
    save(model, path.with_name(most))
    load(model, path.with_name(most))
    for call in (
        lambda name: save(model, name),
        lambda name: load(model, name),
        lambda name: Checkpoint(name),
        Trainer(model, SGD(), SoftmaxWithLoss()).resume,
    ):
        with pytest.raises(ArgumentError, match=r"up to 235 bytes, and 'xxx.* has 236"):
            call(path.with_name(most + "x"))


@pytest.mark.cpu
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no such files")
def test_what_is_no_file_is_not_replaced_by_one(path: Path) -> None:
    """A device, /dev/null say, would be gone for all."""
    os.mkfifo(path)
    with pytest.raises(FileError, match="it is no file that another could replace"):
        save(network(), path)
    assert path.is_fifo()
