"""The moving picture of the README is what the code draws."""

from pathlib import Path

import numpy
import pytest
from PIL import Image

from docs.animation import PICTURE, main
from docs.pages import ROOT

pytestmark = [pytest.mark.site, pytest.mark.cpu]


def frames_of(path: Path) -> list[numpy.ndarray]:
    with Image.open(path) as picture:
        found = []
        for i in range(getattr(picture, "n_frames", 1)):
            picture.seek(i)
            found.append(numpy.asarray(picture.convert("RGB"), float))
        return found


def share_that_differs(one: numpy.ndarray, other: numpy.ndarray) -> float:
    return float((abs(one - other) > 24).any(axis=2).mean())


def test_the_picture_of_the_readme_is_what_the_page_draws(tmp_path: Path) -> None:
    main(tmp_path / "spiral.gif")
    drawn, kept = frames_of(tmp_path / "spiral.gif"), frames_of(PICTURE)
    assert len(drawn) == len(kept)
    for one, other in zip(drawn, kept, strict=True):
        assert share_that_differs(one, other) < 0.01, "python -m docs.animation draws it anew"
    assert share_that_differs(kept[0], kept[-1]) > 0.05, "it moves"


def test_the_readme_shows_it() -> None:
    assert f"({PICTURE.relative_to(ROOT).as_posix()})" in (ROOT / "README.md").read_text()
    assert PICTURE.stat().st_size < 500_000
