"""Where the extra `docs` is not installed, there is no site to look at."""

import importlib.util

if importlib.util.find_spec("sphinx") is None:
    collect_ignore_glob = ["*.py"]
