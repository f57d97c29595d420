"""The comparison of what a page prints with what it printed finds what it should."""

import pytest

from docs.printed import Rules, rules_in, words


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ("loss 0.2501", "loss 0.2500"),
        ("step 30", "step 31"),
        ("step 3.0", "loss 3.0"),
        ("a = -1.5", "a = 1.5"),
        ("1 2", "1 2 3"),
        ("", "1 2"),
        ("[1. 2.]", "[2. 1.]"),
        ("True", "False"),
    ],
)
def test_a_line_that_is_another_differs(found: str, expected: str) -> None:
    assert Rules().differ(found, expected)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ("loss 0.25000001", "loss 0.25"),
        ("[[ 1.  2.]]", "[[1. 2.]]"),
        ("[-0.  1.]", "[ 0.  1.]"),
        ("1e-17", "-3e-16"),
        ("inf", "inf"),
    ],
)
def test_rounding_and_spaces_do_not_count(found: str, expected: str) -> None:
    assert not Rules().differ(found, expected)


def test_a_file_says_how_close_its_numbers_must_be() -> None:
    rules = rules_in(["rtol 0.1", "atol 0.5", "masked ^took|seconds$"])
    assert not rules.differ("loss 10.9", "loss 10.0")
    assert rules.differ("loss 12.0", "loss 10.0")
    assert not rules.differ("took 3 of 8", "took 5 of 8")
    assert rules.differ("took 3 of them", "took 5 of 8")
    rules = rules_in(["skipped ^refused:"])
    assert not rules.differ("refused: one way", "refused: another way")
    assert rules.differ("done", "refused: another way")


def test_words_are_what_is_left_without_numbers() -> None:
    assert words("W1 (2, 4) is  -1.5e-3") == "W#(#,#)is#"
