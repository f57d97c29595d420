"""Exercises that answer: two to four for each page of the chapters.

`ch01/` and `ch02/` hold the files to work in, one for each page. `checks/` tries what is written
there, and holds the hints. `solved/` has the solutions, from which the files are cut.
"""

from pathlib import Path

HERE = Path(__file__).parent
CHECKS, SOLVED = HERE / "checks", HERE / "solved"
