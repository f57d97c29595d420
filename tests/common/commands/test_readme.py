"""The README shows what the commands print."""

import re

import pytest

from common import script
from docs.pages import ROOT
from tests.common.commands import Command, Silent, Write
from tests.make_torch_reference import import_torch

pytestmark = pytest.mark.cpu
COMMANDS = ("gradcheck", "trace", "summary", "parity")


README = ROOT / "README.md"


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.torch if n == "parity" else ()) for n in COMMANDS]
)
def test_the_readme_shows_what_a_command_prints(
    name: str, command: Command, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, section = README.read_text("utf-8").partition("## For a class: the command line\n")
    section = section.partition("\n## ")[0]
    (file,) = re.findall(r"```python\n(.*?)```", section, re.S)
    write(file, "swish.py", before="")
    pattern = rf"```\n\$ python -m common ({name} .*?|{name})\n(.*?)```"
    ((line, shown),) = re.findall(pattern, section, re.S)
    if name == "parity":
        import_torch()
    monkeypatch.setattr(script, "screen", Silent())
    out = command(*line.replace("ch01", str(ROOT / "ch01")).split()).out
    out = re.sub(r" -+$", "", out.replace(str(ROOT / "ch01"), "ch01"), flags=re.M)
    shown = re.sub(r" -+$", "", shown, flags=re.M)
    if name == "trace":  # what the page prints is left out
        out = out[out.index("---") :]
    assert rounded(out) == rounded(shown)


def rounded(text: str) -> list[list[str]]:
    """The words of each line; a ~ for 0, and for what rounding alone may have made."""
    is_rounding = re.compile(r"0|\d\.\de-1\d").fullmatch
    return [["~" if is_rounding(w) else w for w in line.split()] for line in text.splitlines()]
