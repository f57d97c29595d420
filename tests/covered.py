"""How much of `common` the tests entered when they ran last with `--cov`, and if it is enough.

pytest -n auto --cov
python -m tests.covered
"""

import json
import sys
import tempfile
from pathlib import Path

LEAST = {"lines": 99, "branches": 98}  # per cent
NAMES = {"lines": "statements", "branches": "branches"}  # in coverage's report


def main() -> int:
    from coverage import Coverage  # here: doctests are looked for in this file, everywhere
    from coverage.exceptions import NoDataError

    coverage = Coverage()
    coverage.load()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "coverage.json")
        try:
            coverage.json_report(outfile=str(path))
        except NoDataError:
            sys.exit("nothing was measured yet: run pytest --cov first")
        totals = json.loads(path.read_text(encoding="utf-8"))["totals"]
    enough = True
    for what, least in LEAST.items():
        percent = totals[f"percent_{NAMES[what]}_covered"]
        enough = enough and percent >= least
        print(f"{what}: {percent:.2f}% covered; at least {least}%")
    return int(not enough)


if __name__ == "__main__":
    sys.exit(main())
