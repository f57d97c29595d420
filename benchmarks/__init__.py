"""The framework, raced against others, on the same work: `python -m benchmarks`."""
