"""Lay a fetched record over the one we had: what is stored, and what of it is told of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from service.core.unified.claims import SILENT
from service.core.unified.hops import Hop
from service.core.unified.model import Draft, Fields, Model, Snapshot


@dataclass(frozen=True, slots=True)
class Merged:
    """The record after the commit, the grades of its derived fields, and what changes in silence."""

    fields: Fields
    grades: Mapping[str, int]
    quiet: frozenset[str]


def merge(model: Model, draft: Draft, before: Snapshot, hops: Sequence[Hop]) -> Merged:
    """Lay what was fetched over what we had; a derived field follows its fact, or a better source."""
    fields, grades = before.fields | draft.fields, dict(before.grades)
    quiet = set(silent(model))
    for name in set(model.derived) & set(draft.fields):
        fact, grade = model.derived[name], draft.grades.get(name, 0)
        states = [before.fields, *(hop.fields for hop in hops), fields]
        moved = any(a.get(fact) != b.get(fact) for a, b in pairwise(states))
        if not moved and name in before.fields:
            if grade <= before.grades.get(name, 0):
                fields[name] = before.fields[name]
                continue
            quiet.add(name)
        grades[name] = grade
    return Merged(fields, grades, frozenset(quiet))


def silent(model: Model) -> frozenset[str]:
    """Return the fields of a model that change in silence."""
    return SILENT | frozenset(model.volatile)
