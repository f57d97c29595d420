import pytest

from tests.chapters import Runner, runner


@pytest.fixture
def run(device: str) -> Runner:
    return runner("ch02", device)


@pytest.fixture(autouse=True)
def _on_each_device(device: str) -> None:
    """Every test here runs on every device."""
