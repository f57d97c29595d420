"""What the site asks before a page computes it has the page's own answer."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from ch01 import quizzes
from common.np import np
from docs.pages import pages, source
from tests.chapters import Run, Runner

pytestmark = pytest.mark.cpu

# The quiz, its page, how the page computes the answer, and what that is there.
ASKED: list[tuple[Any, str, str, Callable[[Run], Any]]] = [
    (quizzes.broadcast, "broadcast", "table = y - t", lambda page: page["table"].shape),
    (
        quizzes.dot_and_matmul,
        "dot_and_matmul",
        "np.dot(stack, another)",
        lambda page: np.dot(page["stack"], page["another"]).shape,
    ),
    (quizzes.loss, "loss", "math.log(3)", lambda page: math.log(3)),
    (quizzes.chain_rule, "chain_rule", "dz_dx = ", lambda page: f"{float(page['dz_dx']):g}"),
    (quizzes.branch, "computation_graph", "da = a + a", lambda page: f"{page['da']:g}"),
]


@pytest.mark.parametrize(("quiz", "page", "computed", "answer"), ASKED)
def test_the_right_answer_is_the_pages(
    quiz: Any, page: str, computed: str, answer: Callable[[Run], Any], run: Runner
) -> None:
    (right,) = [told["text"] for told in quiz()["answers"] if told["right"]]
    expected = answer(run(page))
    assert right == (f"{expected:.4g}" if isinstance(expected, float) else str(expected))


@pytest.mark.parametrize(("quiz", "page", "computed", "answer"), ASKED)
def test_a_quiz_is_asked_before_the_page_answers_it(
    quiz: Any, page: str, computed: str, answer: Any
) -> None:
    text = source("ch01", page)
    assert text.index(f"quizzes.{quiz.__name__}()") < text.index(computed)


def test_each_quiz_is_asked_once() -> None:
    texts = "".join(source("ch01", page) for page in pages("ch01"))
    assert [texts.count(f"quizzes.{quiz.__name__}()") for quiz, *_ in ASKED] == [1] * len(ASKED)
    public = [name for name, thing in vars(quizzes).items() if thing.__class__ is type(ASKED[0][0])]
    own = {name for name in public if getattr(quizzes, name).__module__ == quizzes.__name__}
    assert own == {quiz.__name__ for quiz, *_ in ASKED}
