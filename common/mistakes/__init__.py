"""What mistake does a wrong gradient look like?

Each rule knows one kind of mistake. It looks at the evidence, the derivatives that were measured
beside those that backward has in effect, and says in words what it sees, or nothing. The first that
speaks is taken.
"""

from collections.abc import Callable

from common.mistakes.evidence import Evidence
from common.mistakes.formulas import a_factor, at_the_output, product_rule
from common.mistakes.others import exchanged, handed_on, repeated_index, sums, transposed
from common.mistakes.paths import other_elements, statistics, too_many, wrong_dout, wrong_places
from common.mistakes.places import in_a_region, in_lines, nearly_right
from common.mistakes.proportion import (
    constant_factor,
    kink,
    not_finite,
    not_in_proportion,
    only_zeros,
)

RULES: tuple[Callable[[Evidence], str | None], ...] = (
    not_finite,
    kink,
    only_zeros,
    not_in_proportion,
    constant_factor,
    exchanged,
    transposed,
    other_elements,
    handed_on,
    sums,
    repeated_index,
    statistics,
    product_rule,
    at_the_output,
    nearly_right,
    in_a_region,
    in_lines,
    a_factor,
    wrong_places,
    wrong_dout,
    too_many,
)


def likely_mistake(evidence: Evidence) -> str | None:
    """The kind of mistake in words; None where it looks like none that is known."""
    for rule in RULES:
        if words := rule(evidence):
            return words
    return None


def likely(words: str | None) -> str:
    """The line of a message that names the mistake; nothing where there are no words for it."""
    return f"\nLikely mistake: {words}." if words else ""
