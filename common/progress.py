"""How training reports: a bar on a terminal, plain lines elsewhere."""

import sys
from types import TracebackType
from typing import Self

from tqdm import tqdm


class Progress:
    """A bar of `steps` steps on a terminal; in a file, a pipe or a test, one line per report."""

    def __init__(self, steps: int, verbose: bool = True) -> None:
        self.verbose = verbose
        self.bar = tqdm(total=steps, file=sys.stdout, unit="step") if self._wants_bar() else None

    def _wants_bar(self) -> bool:
        return self.verbose and sys.stdout.isatty()

    def advance(self) -> None:
        """One step is done."""
        if self.bar is not None:
            self.bar.update()

    def say(self, text: str) -> None:
        """Shows a report: beside the bar, or as a line."""
        if self.bar is not None:
            self.bar.set_postfix_str(text)
        elif self.verbose:
            print(text)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.bar is not None:
            self.bar.close()
