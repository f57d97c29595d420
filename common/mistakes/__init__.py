"""What mistake does a wrong gradient look like?

Each rule knows one kind of mistake. It looks at the evidence, the derivatives that were measured
beside those that backward has in effect, and says in words what it sees, or nothing. It speaks only
where its mistake explains all the numbers, since a wrong word is worse than none. The first that
speaks is taken: so a simpler mistake stands before one that could look like it.
"""

from collections.abc import Callable

from common.mistakes.evidence import Evidence
from common.mistakes.exchanges import (
    exchanged,
    handed_on,
    only_summed,
    transposed,
    wrong_dout,
    wrong_places,
)
from common.mistakes.formulas import a_factor, another_factor, at_the_output, product_rule
from common.mistakes.paths import left_out, other_elements, statistics, too_many
from common.mistakes.places import in_a_region, in_lines
from common.mistakes.proportion import (
    constant_factor,
    kink,
    nearly_right,
    not_finite,
    not_in_proportion,
    only_zeros,
)
from common.mistakes.sums import repeated_index, wrong_sum

RULES: tuple[Callable[[Evidence], str | None], ...] = (
    not_finite,
    kink,
    only_zeros,
    nearly_right,
    not_in_proportion,
    constant_factor,
    transposed,
    product_rule,
    other_elements,
    handed_on,
    exchanged,
    wrong_sum,
    repeated_index,
    statistics,
    at_the_output,
    only_summed,
    a_factor,
    wrong_places,
    wrong_dout,
    in_lines,
    in_a_region,
    left_out,
    another_factor,
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
