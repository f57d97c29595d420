"""What command lines have in common."""

import argparse
from collections.abc import Callable


def whole(least: int) -> Callable[[str], int]:
    """For argparse: what makes a whole number of a word, and refuses one below `least`."""

    def parse(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"must be a whole number from {least}, got {text!r}")
        return int(text)

    return parse
