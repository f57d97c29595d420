"""What the table was measured on."""

import importlib.metadata
import os
import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy

ROOT = Path(__file__).resolve().parents[1]
PEERS = ("torch", "jax", "autograd", "scikit-learn", "pyperf")


def facts(threads: int | None = None, packages: Sequence[str] = ()) -> str:
    """The lines above a table. threads: of each contestant; None: as many as it takes."""
    used = f", {threads} {'thread' if threads == 1 else 'threads'} for each" if threads else ""
    lines = [
        f"{processor()}, {os.cpu_count()} cores{used}",
        f"Python {platform.python_version()}, NumPy {numpy.__version__} with {blas()}",
        *([", ".join(map(version, packages))] if packages else []),
        f"commit {commit()}",
    ]
    return "\n".join(f"- {line}" for line in lines)


def processor() -> str:
    """The name of the CPU, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def blas() -> str:
    """The library that multiplies NumPy's matrices."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return "an unknown BLAS (threadpoolctl is not installed)"
    found = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    return f"{found[0]['internal_api']} {found[0]['version']}" if found else "an unknown BLAS"


def version(package: str) -> str:
    """Name and version, or that it is not installed."""
    try:
        return f"{package} {importlib.metadata.version(package)}"
    except importlib.metadata.PackageNotFoundError:
        return f"{package} not installed"


def commit() -> str:
    """The commit that is checked out, with a mark if files differ from it."""
    try:
        name = _git("rev-parse", "--short", "HEAD")
        return f"{name} with changes" if _git("status", "--porcelain") else name
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*arguments: str) -> str:
    run = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return run.stdout.strip()
