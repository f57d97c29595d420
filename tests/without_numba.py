"""A plugin for pytest, `-p tests.without_numba`: numba is not there, as on most machines."""

import sys


def pytest_configure() -> None:
    sys.modules["numba"] = None  # type: ignore[assignment]
