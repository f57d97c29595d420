import pytest


@pytest.fixture(autouse=True)
def _on_each_device(device: str) -> None:
    """Every test here runs on every device."""
