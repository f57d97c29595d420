"""What an import gives, and what it leaves out."""

import re
import subprocess
import sys
from importlib import import_module
from pkgutil import iter_modules

import pytest

import common

pytestmark = pytest.mark.cpu


@pytest.mark.parametrize("module", common.MOVED)
def test_a_module_that_moved_says_where_it_is_now(module: str) -> None:
    now = f"common.{common.MOVED[module]}"
    with pytest.raises(ModuleNotFoundError, match=rf"^common.{module} is now {now}$"):
        import_module(f"common.{module}")
    with pytest.raises(ModuleNotFoundError, match=rf"^common.{module} is now {now}$"):
        exec(f"from common import {module}")
    import_module(now)


def test_a_module_that_never_was_is_not_found_as_usual() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'common\.nothing'"):
        import_module("common.nothing")


@pytest.mark.parametrize("module", ["common.layers", "common.autograd", "common.trainer"])
def test_matplotlib_is_loaded_only_to_draw(module: str) -> None:
    """It takes longer than all the rest."""
    code = f"import sys, {module}; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("package", ["", ".autograd", ".commands", ".graphs", ".training"])
def test_the_table_of_a_package_has_all_its_modules(package: str) -> None:
    module = import_module(f"common{package}")
    first_cells = [row.split("|")[1] for row in (module.__doc__ or "").splitlines() if "|" in row]
    told = re.findall(r"`(\w+)/?`", " ".join(first_cells))
    there = [m.name for m in iter_modules(module.__path__)]
    assert sorted(told) == sorted(there)


def test_what_a_reader_of_the_book_types_is_there() -> None:
    for module in ("config", "np", "functions", "layers", "optimizer", "trainer", "util"):
        import_module(f"common.{module}")
    for module in ("autograd", "module", "plot", "gradient_check", "schedule"):
        import_module(f"common.{module}")
