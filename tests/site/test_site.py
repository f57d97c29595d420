"""What holds for the site that `python -m docs` builds, looked at in a browser: `pytest -m site`.

The tests take the site from docs/_build/html, or from the folder that the environment variable SITE
names. browser.mjs opens each page once, for all of them, which takes one to two minutes.
"""

import importlib
import json
import os
import re
import shutil
import subprocess
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from docs import SITE
from docs.pages import CHAPTERS
from exercises.sections import exercises_of, sections
from tests.site.pages import Page, broken_links, paths_in

pytestmark = [pytest.mark.site, pytest.mark.cpu]

HERE = Path(__file__).parent
MB = 1_000_000
THEMES_AND_MORE = {
    "light": "on a wide screen, in the light theme",
    "dark": "on a wide screen, in the dark theme",
    "played": "the colours of the players when they have been used",
    "phone": "the boxes that scroll on a phone",
}

Report = dict[str, Any]
Found = Iterable[tuple[str, str]]  # what, and where


# Looking -----------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def site() -> Path:
    named = os.environ.get("SITE")
    built = Path(named) if named else SITE
    if not (built / "index.html").exists():
        pytest.fail(f"there is no site in {built}: python -m docs builds it", pytrace=False)
    return built.resolve()


@pytest.fixture(scope="session")
def look() -> Callable[..., Report]:
    """What browser.mjs sees of a site, or of some pages of it."""
    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    needed = {
        "node: apt-get install nodejs npm": shutil.which("node"),
        f"{chromium}: apt-get install chromium": Path(chromium).exists(),
        "node_modules: npm ci --prefix tests/site": (HERE / "node_modules" / "axe-core").is_dir(),
    }
    if missing := [what for what, there in needed.items() if not there]:
        pytest.fail("\n".join(f"there is no {what}" for what in missing), pytrace=False)

    def run(folder: Path, *names: str) -> Report:
        command = ["node", str(HERE / "browser.mjs"), str(folder), *names]
        done = subprocess.run(command, capture_output=True, text=True, timeout=900)
        if done.returncode:
            pytest.fail(f"browser.mjs failed:\n{done.stderr}", pytrace=False)
        report: Report = json.loads(done.stdout)
        return report

    return run


@pytest.fixture(scope="session")
def report(site: Path, look: Callable[..., Report]) -> Report:
    return look(site)


@pytest.fixture(scope="session")
def seen(report: Report) -> dict[str, Report]:
    """What was seen of each page, by its name."""
    seen: dict[str, Report] = report["pages"]
    return seen


@pytest.fixture(scope="session")
def pages(site: Path) -> dict[Path, Page]:
    """The text of each page, by its path."""
    return {path: Page(path) for path in paths_in(site)}


def expect_none(found: Found) -> None:
    """Fails with each finding once, and where it is."""
    places: dict[str, list[str]] = {}
    for what, where in found:
        places.setdefault(what, []).append(where)
    if places:
        pytest.fail("\n".join(f"{what}\n    {told(at)}" for what, at in places.items()), False)


def told(places: list[str]) -> str:
    more = f" and {len(places) - 5} more" if len(places) > 5 else ""
    return ", ".join(places[:5]) + more


# Every page --------------------------------------------------------------------------------------


def test_every_page_is_looked_at(site: Path, seen: dict[str, Report]) -> None:
    assert sorted(seen) == sorted(path.relative_to(site).as_posix() for path in paths_in(site))


def test_pages_open_without_an_error(seen: dict[str, Report]) -> None:
    expect_none((error, name) for name, page in seen.items() for error in page["errors"])


@pytest.mark.parametrize("how", THEMES_AND_MORE)
def test_axe_finds_no_barrier(seen: dict[str, Report], how: str) -> None:
    expect_none(
        (f"{one['rule']} ({THEMES_AND_MORE[how]}): {one['summary']}", f"{name} {one['target']}")
        for name, page in seen.items()
        for one in page["access"][how]
    )


def test_nothing_is_wider_than_a_phone(seen: dict[str, Report]) -> None:
    expect_none((box, name) for name, page in seen.items() for box in page["tooWide"])


def test_paper_has_every_text(seen: dict[str, Report]) -> None:
    expect_none(
        (f"not printed: {text}", name)
        for name, page in seen.items()
        for text in page["paper"]["lost"]
    )


def test_paper_has_no_solution(seen: dict[str, Report]) -> None:
    expect_none(
        ("solutions can be read on paper", name)
        for name, page in seen.items()
        if page["paper"]["solutions"]
    )


def test_paper_has_texts_to_their_ends(seen: dict[str, Report]) -> None:
    expect_none((box, name) for name, page in seen.items() for box in page["paper"]["cut"])


def test_paper_has_the_picture_of_every_player(seen: dict[str, Report]) -> None:
    expect_none(
        (f"the player {still['name']} has nothing on paper", name)
        for name, page in seen.items()
        for still in page["paper"]["stills"]
        if not still["isSeen"]
    )


def test_paper_has_dark_ink_in_the_dark_theme_too(seen: dict[str, Report]) -> None:
    contrasts = {name: 1.05 / (page["paper"]["ink"] + 0.05) for name, page in seen.items()}
    expect_none(
        (f"printed from the dark theme, its text has a contrast of {contrast:.1f}, not 4.5", name)
        for name, contrast in contrasts.items()
        if contrast < 4.5
    )


def test_links_lead_somewhere(
    site: Path, pages: dict[Path, Page], record_property: Callable[[str, object], None]
) -> None:
    outside = {link for page in pages.values() for link in page.outside()}
    record_property("links to elsewhere, which are not followed", len(outside))
    expect_none(
        (problem, path.relative_to(site).as_posix())
        for path, page in pages.items()
        for problem in broken_links(pages, page)
    )


def test_images_are_there_and_described(seen: dict[str, Report]) -> None:
    def problems(image: Report) -> Iterator[str]:
        if not image["isLoaded"]:
            yield "is not loaded"
        if image["alt"] is None:
            yield "has no alt"
        elif image["isFigure"] and (not image["alt"].strip() or "to be written" in image["alt"]):
            yield "is a figure, and its alt says nothing"

    expect_none(
        (f"{image['src']} {problem}", name)
        for name, page in seen.items()
        for image in page["images"]
        for problem in problems(image)
    )


def test_pages_are_light(site: Path, seen: dict[str, Report]) -> None:
    weights = {
        name: sum(path.stat().st_size for path in map(Path, page["requests"]) if path.is_file())
        for name, page in seen.items()
    }
    expect_none(
        (f"weighs {weight / MB:.2f} MB, with all that it loads; 1.5 MB is the limit", name)
        for name, weight in weights.items()
        if weight >= 1.5 * MB
    )
    total = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    assert total < 40 * MB, f"the site weighs {total / MB:.1f} MB"


def test_formulas_are_drawn(seen: dict[str, Report]) -> None:
    formulas = [(formula, name) for name, page in seen.items() for formula in page["formulas"]]
    of_layers = [formula for formula, name in formulas if name == "reference/layers.html"]
    assert any(formula["isBlock"] for formula in of_layers), "reference/layers.html shows none"
    expect_none(
        (f"{formula['height']:.0f} px high: {formula['text']}", name)
        for formula, name in formulas
        if formula["height"] <= 10
    )
    expect_none(
        (f"cut: {text}", name) for name, page in seen.items() for text in page["cutFormulas"]
    )
    expect_none(
        (f"not made a formula: {tex}", n) for n, page in seen.items() for tex in page["latex"]
    )


# Single pages ------------------------------------------------------------------------------------


def test_thumbnails_tell_pages_apart(site: Path, pages: dict[Path, Page], tmp_path: Path) -> None:
    placeholder = tmp_path / "placeholder.png"
    gallery = importlib.import_module("sphinx_gallery.utils")
    gallery.scale_image(str(site / "_static" / "no_image.png"), str(placeholder), 400, 280)
    same: dict[bytes, list[str]] = {placeholder.read_bytes(): ["the gallery's own placeholder"]}
    for chapter in CHAPTERS:
        page = pages[site / chapter / "index.html"]
        cards = page.text.count('class="sphx-glr-thumbcontainer"')
        assert len(page.thumbnails) == cards > 10, f"{chapter}/index.html has cards without one"
        for thumbnail in page.thumbnails:
            image = (page.path.parent / thumbnail).read_bytes()
            same.setdefault(image, []).append(Path(thumbnail).name)
    alike = [names for names in same.values() if len(names) > 1]
    expect_none((f"one picture for {' and '.join(names)}", "the overviews") for names in alike)


def test_the_search_finds_a_layer(report: Report) -> None:
    assert report["search"]["errors"] == []
    found = report["search"]["found"]
    entry = "#common.layers.Affine"
    assert any(link.endswith(entry) for link in found), f"none leads to {entry}: {found}"


def test_the_theme_can_be_switched_and_stays(report: Report) -> None:
    theme = report["theme"]
    assert theme["errors"] == []
    assert theme["before"]["theme"] == "light"
    assert theme["after"]["theme"] == "dark"
    assert theme["after"]["background"] != theme["before"]["background"]
    assert theme["onNextPage"] == theme["after"]


def test_the_archive_opens(site: Path, look: Callable[..., Report], tmp_path: Path) -> None:
    archive = site.parent / "site.zip"
    if not archive.exists():
        pytest.fail(f"there is no {archive}: python -m docs makes it", pytrace=False)
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path)
    index = look(tmp_path, "index.html")["pages"]["index.html"]
    assert index["errors"] == []
    assert all(Path(path).is_relative_to(tmp_path) for path in index["requests"])


@pytest.mark.parametrize("section", sections())
def test_a_page_has_its_exercises_and_their_solutions_are_folded(
    section: str, site: Path, pages: dict[Path, Page]
) -> None:
    text, names = pages[site / f"{section.replace('.', '/')}.html"].text, exercises_of(section)
    assert f"python -m exercises check {section}" in re.sub("<[^>]*>", "", text)
    folds = re.findall(r'<details class="fold (\w+)"( open)?>', text)
    assert folds == [*3 * [("hint", "")], ("solution", "")] * len(names)
    assert all(f'id="exercise-{name.lower().replace("_", "-")}"' in text for name in names)


# Players -----------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def players(seen: dict[str, Report]) -> Callable[[str], list[tuple[str, Report]]]:
    """Those of a kind, each with where it is; there is one at least."""

    def of(kind: str) -> list[tuple[str, Report]]:
        found = [
            (f"{name}, {player['name']}", player)
            for name, page in seen.items()
            for player in page["players"]
            if player["kind"] == kind and player["isAlive"]
        ]
        assert found, f"no page has a {kind} that works"
        return found

    return of


Players = Callable[[str], list[tuple[str, Report]]]


def test_players_come_to_life(seen: dict[str, Report], pages: dict[Path, Page], site: Path) -> None:
    for path, page in pages.items():
        name = path.relative_to(site).as_posix()
        alive = [player["name"] for player in seen[name]["players"] if player["isAlive"]]
        expected = re.findall(r'<div class="player" id="(\w+)"', page.text)
        assert alive == expected, name


@pytest.mark.parametrize("kind", ["graph", "scrubber"])
def test_a_player_obeys_the_keys(players: Players, kind: str) -> None:
    for where, player in players(kind):
        assert player["isFocused"], f"{where}: Tab does not lead to its slider"
        first, last = player["first"]["at"], player["last"]
        expected = [*range(first, last + 1), last]
        assert [step["at"] for step in player["visited"]] == expected, f"{where}: Home, then → …"
        assert player["plays"], f"{where}: Play does not play"
        assert not player["offersMotion"], f"{where}: offers motion to who wants none"


def test_a_graph_shows_its_numbers(players: Players) -> None:
    for where, player in players("graph"):
        data = player["end"]["data"]
        labels = [node["label"] for node in data["nodes"]]
        written = [edge[key] for edge in data["edges"] for key in ("value", "grad")]
        numbers = [number["text"] for number in written if number]  # what is no number is null
        sums = [number["text"] for number in data["sums"].values()]
        assert Counter(player["first"]["texts"]) == Counter(labels), f"{where}: at its start"
        expected = Counter([*labels, *numbers, *sums])
        assert Counter(player["end"]["texts"]) == expected, f"{where}: at its end"
        said = [step["says"] for step in player["visited"][1:-1]]
        assert said == [step["say"] for step in data["steps"]], f"{where}: what it says"


def test_a_scrubber_tells_the_loss_of_its_run(players: Players) -> None:
    for where, player in players("scrubber"):
        data = player["end"]["data"]
        losses = dict(zip(data["curve"]["steps"], data["curve"]["losses"], strict=True))
        for step, shown in zip(data["at"], player["visited"][:-1], strict=True):
            if step in losses:  # between two of the curve, it tells the nearest
                assert told_by(shown["says"]) == rounded(step, losses[step]), where
        assert data["at"][-1] in losses, f"{where}: the curve does not reach the last step"


def told_by(text: str) -> tuple[int, Any]:
    """The step and the loss in what a scrubber says."""
    found = re.fullmatch(r"step (\d+), loss ([\d.e+-]+)", text)
    assert found, f"{text!r} has no step and loss"
    return int(found[1]), float(found[2])


def rounded(step: int, loss: float) -> tuple[int, Any]:
    return step, pytest.approx(loss, rel=6e-4)  # four digits


def test_a_quiz_answers_each_answer(players: Players) -> None:
    for where, player in players("quiz"):
        assert player["first"]["state"] == "open", where
        for answer in player["said"]:
            state = "right" if answer["right"] else "wrong"
            assert answer["state"] == state, f"{where}: after {answer['text']}"
            assert answer["says"].endswith(answer["why"]), f"{where}: after {answer['text']}"
        answers = player["first"]["data"]["answers"]
        assert len(player["said"][-1]["whys"]) == len(answers), f"{where}: not every why is told"


# Players, and what their pages print -------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "line", "first"),
    [
        ("ch01/train", r"step (?P<step>\d+): loss (?P<loss>\S+)", 1),
        ("ch02/polynomial_numpy", r"^(?P<step>\d+) (?P<loss>\d\S+)$", 0),  # it counts from 0
    ],
)
def test_a_scrubber_ends_where_its_page_ends(
    site: Path, pages: dict[Path, Page], seen: dict[str, Report], name: str, line: str, first: int
) -> None:
    (player,) = seen[f"{name}.html"]["players"]
    last = list(re.finditer(line, pages[site / f"{name}.html"].printed(), re.MULTILINE))[-1]
    step, loss = told_by(player["end"]["says"])
    assert loss == rounded(step, float(last["loss"]))[1]
    assert step == int(last["step"]) + 1 - first


def test_the_first_page_has_the_run_of_chapter_1(seen: dict[str, Report]) -> None:
    (here,), (there,) = seen["index.html"]["players"], seen["ch01/train.html"]["players"]
    assert here["end"] == there["end"]


def test_graphs_have_the_gradients_that_are_printed(
    site: Path, pages: dict[Path, Page], seen: dict[str, Report]
) -> None:
    name = "ch01/computation_graph.html"
    graphs = [p for p in seen[name]["players"] if p["kind"] == "graph" and p["isAlive"]]
    lines = [line for line in pages[site / name].printed().splitlines() if "; dL/d" in line]
    for graph, line in zip(graphs, lines, strict=True):
        shown = gradients_in(graph["end"]["data"])
        printed = re.findall(r"dL/d(\w+) = (-?[\d.]+)", line)
        assert printed, line
        assert {label: shown.get(label) for label, _ in printed} == dict(printed), line


def gradients_in(data: Report) -> dict[str, str]:
    """By label: the sum at a node, or what comes back along its only edge."""
    edges = {e["source"]: e["grad"]["text"] for e in data["edges"] if e["grad"]}
    sums = {int(node): total["text"].removeprefix("sum ") for node, total in data["sums"].items()}
    return {data["nodes"][node]["label"]: number for node, number in (edges | sums).items()}
