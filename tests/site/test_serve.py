"""`python -m docs.serve`: the site that was built, on this machine alone."""

import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator

import pytest

from docs.pages import ROOT

pytestmark = [pytest.mark.site, pytest.mark.cpu]
COMMAND = [sys.executable, "-m", "docs.serve", "--port"]


@pytest.fixture
def address() -> Iterator[str]:
    with subprocess.Popen([*COMMAND, "0"], cwd=ROOT, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.DEVNULL) as server:  # fmt: skip
        assert server.stdout is not None
        yield server.stdout.readline().split()[0]
        server.terminate()


def test_the_site_is_served_to_this_machine(address: str) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", address)
    with urllib.request.urlopen(address) as answer:
        assert b"layer by layer" in answer.read()


def test_a_port_that_is_taken_is_said_so(address: str) -> None:
    done = subprocess.run(
        [*COMMAND, address.rpartition(":")[2]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Choose another" in done.stderr
    assert "Traceback" not in done.stderr
