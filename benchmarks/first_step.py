"""One step of one contestant, from nothing: `benchmarks.race` times how long this process takes."""

import sys

from benchmarks.registry import WORKLOADS
from common import config


def main() -> None:
    """Imports, compiles, and makes a step."""
    name, contestant = sys.argv[1:]
    workload = next(w for w in WORKLOADS if w.name == name)
    config.fused = workload.contestant(contestant).fused
    workload.contestant(contestant).set_up(workload.fewest)()


if __name__ == "__main__":
    main()
