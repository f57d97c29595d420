import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy
import pytest
from matplotlib.figure import Figure

from common import config, script
from common.errors import ArgumentError
from common.script import Options, options
from docs.pages import ROOT

pytestmark = pytest.mark.cpu  # each chapter script is started with --gpu in its own tests
THIS_SCRIPT = __file__  # which calls `options`, as a chapter script does


def command_line(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", list(arguments))


def refused(capsys: pytest.CaptureFixture[str]) -> str:
    """What a script says whose command line is refused; it ends with code 2."""
    with pytest.raises(SystemExit) as ended:
        options(seed=0, steps=1)
    assert ended.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    return err


# options


def test_the_command_line_of_the_script_itself_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    command_line(monkeypatch, THIS_SCRIPT, "--seed", "7", "--steps", "12")
    assert options(seed=0, steps=1) == Options(seed=7, steps=12)


@pytest.mark.parametrize("levels", [0, 1, 2])
def test_a_relative_path_names_the_script_too(levels: int, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(THIS_SCRIPT).parents[levels]
    monkeypatch.chdir(folder)
    command_line(monkeypatch, str(Path(THIS_SCRIPT).relative_to(folder)), "--steps", "3")
    assert options(seed=0, steps=1).steps == 3


def test_the_defaults_are_the_scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    command_line(monkeypatch, THIS_SCRIPT)
    assert options(seed=3, steps=300) == Options(seed=3, steps=300)
    command_line(monkeypatch, THIS_SCRIPT, "--seed", "0")
    assert options(seed=3, steps=300) == Options(seed=0, steps=300)


@pytest.mark.parametrize(
    "program",
    [
        "/usr/lib/python3/site-packages/pytest/__main__.py",
        "/usr/bin/sphinx-build",
        str(ROOT / "ch01" / "train.py"),
        str(Path(THIS_SCRIPT).parent),
        "-c",
        "",
    ],
)
def test_the_command_line_of_another_program_is_left_alone(
    program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    command_line(monkeypatch, program, "-f", "kernel.json", "--seed", "x", "--gpu")
    assert options(seed=1, steps=2) == Options(seed=1, steps=2)


def test_a_notebook_has_no_file_and_its_command_line_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    command_line(monkeypatch, "ipykernel_launcher.py", "-f", "kernel.json", "--gpu")
    notebook: dict[str, Any] = {"options": options}
    exec("found = options(seed=1, steps=2)", notebook)
    assert notebook["found"] == Options(seed=1, steps=2)


@pytest.mark.usefixtures("cupy_to_switch_to")
def test_gpu_switches_the_gpu_on(monkeypatch: pytest.MonkeyPatch) -> None:
    command_line(monkeypatch, THIS_SCRIPT, "--gpu")
    options(seed=0, steps=1)
    switched = config.GPU
    config.GPU = False
    assert switched


@pytest.mark.usefixtures("no_cupy")
def test_gpu_without_cupy_ends_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command_line(monkeypatch, THIS_SCRIPT, "--gpu")
    assert 'pip install "cupy-cuda12x' in refused(capsys)
    assert not config.GPU


def test_gpu_without_a_gpu_ends_with_what_to_install(
    cupy_to_switch_to: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(cupy_to_switch_to.cuda.runtime, "getDeviceCount", lambda: 0)
    command_line(monkeypatch, THIS_SCRIPT, "--gpu")
    assert "NVIDIA GPU" in refused(capsys)
    assert not config.GPU


def test_a_refused_script_ends_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "cupy.py").write_text("raise ImportError('no CUDA')")
    (tmp_path / "chapter.py").write_text(
        "from common.script import options\noptions(seed=0, steps=1)\n"
    )
    ran = subprocess.run(
        [sys.executable, tmp_path / "chapter.py", "--gpu"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 2
    assert "needs CuPy, which is not installed" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("option", ["--steps", "--seed"])
@pytest.mark.parametrize("value", ["-1", "many", "2.5", ""])
def test_a_count_is_a_whole_number_from_0(
    option: str,
    value: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command_line(monkeypatch, THIS_SCRIPT, f"{option}={value}")
    said = refused(capsys)
    assert f"argument {option}: must be a whole number from" in said
    assert repr(value) in said


def test_a_page_that_trains_makes_a_step(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command_line(monkeypatch, THIS_SCRIPT, "--steps", "0")
    assert "must be a whole number from 1, got '0'" in refused(capsys)


def test_a_page_has_only_the_options_that_it_uses(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command_line(monkeypatch, THIS_SCRIPT, "--seed", "1")
    with pytest.raises(SystemExit):
        options(steps=5)
    assert "unrecognized arguments: --seed 1" in capsys.readouterr().err


def test_an_unknown_option_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command_line(monkeypatch, THIS_SCRIPT, "--epochs", "3")
    assert "unrecognized arguments: --epochs 3" in refused(capsys)


def test_help_names_the_options_and_their_defaults(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command_line(monkeypatch, THIS_SCRIPT, "--help")
    with pytest.raises(SystemExit) as ended:
        options(seed=1984, steps=300)
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert all(part in said for part in ("--gpu", "--seed", "1984", "--steps", "300"))


# save


def saved(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A figure, saved by one who stands in the folder."""
    monkeypatch.chdir(folder)
    script.save(Figure(), "loss", alt="A loss that falls.")
    return folder / "figures" / "loss.png"


def test_save_writes_a_png_and_says_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = saved(tmp_path, monkeypatch)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert capsys.readouterr().out == "figure: figures/loss.png\n"


def test_save_writes_over_an_older_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "loss.png").write_text("older")
    assert saved(tmp_path, monkeypatch).read_bytes().startswith(b"\x89PNG")


def test_figures_go_into_the_folder_where_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not to where the package is installed."""
    for folder in (tmp_path / "first", tmp_path / "second"):
        folder.mkdir()
        assert saved(folder, monkeypatch).exists()


def test_what_there_is_to_see_is_kept_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert b"A loss that falls." in saved(tmp_path, monkeypatch).read_bytes()


@pytest.mark.parametrize("alt", ["", "The loss falls", "the loss falls."])
def test_what_there_is_to_see_is_a_sentence(alt: str) -> None:
    with pytest.raises(ArgumentError, match="save: the figure loss needs a sentence"):
        script.save(Figure(), "loss", alt=alt)


def test_a_figure_without_words_is_refused() -> None:
    with pytest.raises(TypeError, match="alt"):
        script.save(Figure(), "loss")  # type: ignore[call-arg]


# record


def test_record_takes_what_json_has_a_word_for(capsys: pytest.CaptureFixture[str]) -> None:
    script.record("loss", {"losses": [0.5, 0.25], "step": 1, "caption": "…"})
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("value", [float("nan"), float("inf"), numpy.float32(1), {1, 2}])
def test_record_refuses_what_json_has_no_word_for(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        script.record("loss", {"losses": [value]})
