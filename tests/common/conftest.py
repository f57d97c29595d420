import signal
import sys
from collections.abc import Callable, Iterator

import pytest


@pytest.fixture(autouse=True)
def _on_each_device(device: str) -> None:
    """Every test here runs on every device."""


@pytest.fixture
def file_size_limit() -> Iterator[Callable[[int | None], None]]:
    """Lets no file grow beyond so many bytes: what a full disk does, too. None: no limit.

    Lift it at once: pytest's own output may go to a file.
    """
    if sys.platform == "win32":
        pytest.skip("has no limit to a file's size")
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(size: int | None) -> None:
        soft = before[0] if size is None else size
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, before[1]))

    yield limit
    limit(None)


@pytest.fixture
def usual_ctrl_c() -> Iterator[None]:
    """What Python does; a shell may have said that a program ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    assert signal.signal(signal.SIGINT, before) is signal.default_int_handler
