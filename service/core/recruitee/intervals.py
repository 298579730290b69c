"""How often what is looked at by the clock, in seconds: for the workers and the page of detectors."""

from typing import Final

from service.core.unified.registry import COLLECTIONS, ROOTS

EDITED, ACTIVE, UPCOMING = "candidates", "active_candidates", "upcoming_interviews"
"""Sweeps: candidates by `updated_at`; by `last_activity_at`; interviews from two days ago on."""
FED_S: Final = {EDITED: 900.0, ACTIVE: 3600.0, UPCOMING: 3600.0}
UNFED_S: Final = {EDITED: 120.0, ACTIVE: 120.0, UPCOMING: 900.0}
"""While the feed is read; while it is not served to the token."""
ROOT_S: Final = {"job": 1800.0, "question_template": 7200.0}
NOT_SERVED_S: Final = 900.0  # until a feed that was not served is asked for again
AUDIT_S: Final = 30 * 86_400.0  # within which the audit reads every record by itself


def sweeps(*, fed: bool) -> dict[str, float]:
    """Return how often each sweep is made."""
    lists = {name: float(c.every_s) for name, c in COLLECTIONS.items() if c.owner is None}
    roots = {name: seconds for name, seconds in ROOT_S.items() if name in ROOTS}
    return {**(FED_S if fed else UNFED_S), **roots, **lists}
