"""What a burst must come to: hop by hop where the webhooks' details chain, else the net change."""

from collections.abc import Sequence
from itertools import pairwise

from tests.model.facts import State, Told, between


def burst(model: str, states: Sequence[State], *, chained: bool) -> list[list[Told]]:
    """Return the events of one fetch that sees the last of `states` where the first was known.

    `chained`: every step between them was told by a webhook whose details lead from one to the next.
    One inner list per hop, in order; the order of events within a hop is as they are listed.
    """
    steps = pairwise(states) if chained else [(states[0], states[-1])]
    return [told for before, after in steps if (told := between(model, before, after))]
