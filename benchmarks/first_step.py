"""One step of one contestant, from nothing: `benchmarks.race` times how long this process takes."""

import sys

from benchmarks.registry import workload_of


def main() -> None:
    """Imports, compiles, and makes a step."""
    name, contestant = sys.argv[1:]
    workload = workload_of(name)
    workload.contestant(contestant).ready(workload.fewest)()


if __name__ == "__main__":
    main()
