"""All workloads, in the order of the table."""

from benchmarks import dynamic_net, legendre, mlp, polynomial, spiral, two_layer_net
from benchmarks.workload import Workload

MODULES = (polynomial, legendre, dynamic_net, two_layer_net, spiral, mlp)
WORKLOADS = [workload for module in MODULES for workload in module.WORKLOADS]


def workload_of(name: str) -> Workload:
    """The workload of that name."""
    return next(workload for workload in WORKLOADS if workload.name == name)
