"""Stubs fail with words of their own, right answers pass, wrong answers get their hint."""

import ast
import importlib
import inspect
import textwrap
import warnings
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import get_args

import pytest

from common.layers import Layer
from docs.pages import CHAPTERS, pages, reading_order
from exercises import SOLVED
from exercises.edition import stub
from exercises.exercise import Kind
from exercises.judging import judge, load, verdict_on
from exercises.sections import definition, exercises_of, file_of, sections
from tests.exercises.right import Right
from tests.exercises.wrong import Wrong

ALL = [(section, name) for section in sections() for name in exercises_of(section)]
IDS = [f"{section}.{name}" for section, name in ALL]


def wrong_answers(section: str) -> list[Wrong]:
    module = importlib.import_module(f"tests.exercises.wrong.{section}")
    return [item for item in vars(module).values() if isinstance(item, Wrong)]


def right_answers(section: str) -> dict[str, Right]:
    module = importlib.import_module(f"tests.exercises.right.{section}")
    return {name: item for name, item in vars(module).items() if isinstance(item, Right)}


ORDER = reading_order()
WRONG = [
    pytest.param(section, answer, id=f"{section}.{answer.to}-{answer.words}")
    for section in sections()
    for answer in wrong_answers(section)
]
RIGHT = [
    pytest.param(section, answer, id=f"{section}.{answer.to}-{name}")
    for section in sections()
    for name, answer in right_answers(section).items()
]


@cache
def solved(section: str) -> ModuleType:
    return load(file_of(section, SOLVED))


def test_each_page_has_two_to_four_exercises() -> None:
    all_pages = [f"{chapter}.{page}" for chapter in CHAPTERS for page in pages(chapter)]
    assert sections() == sorted(all_pages, key=lambda name: (name[:4], ORDER.index(name[5:])))
    assert {section for section in sections() if not 2 <= len(exercises_of(section)) <= 4} == set()


def test_ten_broken_layers_are_to_be_mended() -> None:
    broken = [pair for pair in ALL if exercises_of(pair[0])[pair[1]].kind == "mend"]
    kinds = [getattr(solved(section), name) for section, name in broken]
    assert sum(isinstance(kind, type) and issubclass(kind, Layer) for kind in kinds) >= 10


def test_there_is_something_to_predict_to_write_and_to_mend() -> None:
    assert {exercises_of(section)[name].kind for section, name in ALL} == {*get_args(Kind)}


@pytest.mark.parametrize(("section", "name"), ALL, ids=IDS)
def test_a_solution_passes(section: str, name: str) -> None:
    exercise, verdict = exercises_of(section)[name], verdict_on(section, name, solved(section))
    assert (verdict.status, verdict.reply) == ("right", "")
    assert list(verdict.titles) == [title for title, _ in exercise.checks]


@pytest.mark.parametrize(("section", "answer"), RIGHT)
def test_another_right_answer_passes(
    section: str, answer: Right, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(solved(section), answer.to, answer.answer)
    verdict = verdict_on(section, answer.to, solved(section))
    assert (verdict.status, verdict.reply) == ("right", "")


def test_each_exercise_has_another_right_answer() -> None:
    for section in sections():
        source = file_of(section, SOLVED).read_text(encoding="utf-8")
        for name in exercises_of(section):
            own = [answer for answer in right_answers(section).values() if answer.to == name]
            assert own, f"{section}.{name}"
            for _, answer in own:
                other = inspect.getsource(inspect.unwrap(answer))
                assert body(other) != body(definition(source, name)), f"{section}.{name}"


def body(source: str) -> list[str]:
    """The statements of a function or class, without its docstring."""
    (thing,) = ast.parse(textwrap.dedent(source)).body
    assert isinstance(thing, ast.FunctionDef | ast.ClassDef)
    statements = thing.body[1:] if ast.get_docstring(thing) else thing.body
    return [ast.unparse(statement) for statement in statements]


@pytest.fixture(scope="module")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stubs")
    for section in sections():
        file_of(section, folder).parent.mkdir(exist_ok=True)
        file_of(section, folder).write_text(stub(section), encoding="utf-8")
    return folder


@pytest.mark.parametrize(("section", "name"), ALL, ids=IDS)
def test_a_stub_fails_with_words_of_its_own(section: str, name: str, stubs: Path) -> None:
    answers, exercise = load(file_of(section, stubs)), exercises_of(section)[name]
    verdict = verdict_on(section, name, answers)
    assert (verdict.status, list(verdict.titles)) == ("not begun", [])
    assert verdict.reply.startswith(name)
    untold = judge(exercise, name, answers)
    assert untold.status == ("wrong" if exercise.kind == "mend" else "not begun")
    assert untold.reply


@pytest.mark.parametrize(("section", "answer"), WRONG)
def test_a_wrong_answer_gets_its_hint(
    section: str, answer: Wrong, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(solved(section), answer.to, answer.answer)
    with warnings.catch_warnings(action="ignore"):
        verdict = verdict_on(section, answer.to, solved(section))
    assert verdict.status == "wrong"
    assert answer.words in verdict.reply


def test_each_exercise_has_two_wrong_answers_and_three_hints_at_least() -> None:
    for section in sections():
        answers = wrong_answers(section)
        for name, exercise in exercises_of(section).items():
            own = {answer.words for answer in answers if answer.to == name}
            assert len(own) >= 2, f"{section}.{name}"
            assert len(set(exercise.hints)) == 3, f"{section}.{name}"
            assert len(exercise.checks) >= 2, f"{section}.{name}"
