"""The site, made from the running pages: `python -m docs` builds it."""

from pathlib import Path

HERE = Path(__file__).parent
BUILT = HERE / "_build"
SITE = BUILT / "html"
PLAYERS = BUILT / "players"  # what the pages hand to each, and its picture
