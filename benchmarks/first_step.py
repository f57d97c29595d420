"""One step of one contestant, from nothing: `benchmarks.race` times how long this process takes."""

import sys

from benchmarks.registry import WORKLOADS


def main() -> None:
    """Imports, compiles, and makes a step."""
    name, contestant = sys.argv[1:]
    workload = next(w for w in WORKLOADS if w.name == name)
    workload.contestant(contestant).ready(workload.fewest)()


if __name__ == "__main__":
    main()
