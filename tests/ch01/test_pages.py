"""What holds for each page of the chapter."""

import pytest

from docs import printed
from docs.pages import pages
from tests.chapters import Runner, options_of, shortened, unreadable

PAGES = pages("ch01")


@pytest.mark.cpu
@pytest.mark.parametrize("page", PAGES)
def test_a_page_prints_what_it_printed(run: Runner, page: str) -> None:
    assert printed.differences(run(page).printed, "ch01", page) == []


@pytest.mark.cpu
@pytest.mark.parametrize("page", PAGES)
def test_the_figures_of_a_page_can_be_read(run: Runner, page: str) -> None:
    assert unreadable(run(page)) == []


@pytest.mark.cpu
@pytest.mark.parametrize("page", [page for page in PAGES if "seed=" in options_of("ch01", page)])
def test_a_seed_makes_another_run_of_a_page(run: Runner, page: str) -> None:
    short = shortened("ch01", page)
    assert run(page, *short, "--seed", "1").printed != run(page, *short).printed


@pytest.mark.off_cpu
@pytest.mark.parametrize("page", PAGES)
def test_a_page_keeps_to_the_rules_of_a_gpu(run: Runner, page: str) -> None:
    run(page, *shortened("ch01", page))


@pytest.mark.cpu
@pytest.mark.parametrize("page", PAGES)
def test_a_page_can_be_cut_short(run: Runner, page: str) -> None:
    run(page, *shortened("ch01", page, steps=1))


@pytest.mark.cpu
def test_no_page_is_printed_that_is_none() -> None:
    assert sorted(path.stem for path in printed.folder("ch01").glob("*.txt")) == PAGES
