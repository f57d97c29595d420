"""Where the extra `docs` is not installed, there is no site to look at."""

import importlib.util

if not all(map(importlib.util.find_spec, ("sphinx", "nbclient", "nbformat"))):
    collect_ignore_glob = ["*.py"]
