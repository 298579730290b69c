"""What the store holds once everything was read, held against what Recruitee has."""

from collections.abc import Iterator, Mapping

from tests.model.facts import GONE, INACTIVE, State
from tests.model.history import Past, Record


def violations(
    there: Mapping[Record, State], pasts: Mapping[Record, Past], kept: Mapping[Record, State]
) -> Iterator[str]:
    """Say what is wrong with the store after a full read that nothing came between.

    `kept` are the states of what is stored. A candidate whose deletion nobody told of stays, with all that
    it owns: a full read asks for those that there are.
    """
    for record, state in there.items():
        have = kept.get(record)
        if have is None and record.model == "user" and state == INACTIVE:
            continue  # who came and left again nobody saw
        if have is None:
            yield f"{record.model} {record.remote_id}: it is not in the store"
        elif have == GONE or any(have.get(name) != state[name] for name in state):
            yield f"{record.model} {record.remote_id}: the store has {have}, it is {dict(state)}"
    for record, have in kept.items():
        if have != GONE and record not in there and not _untold(record, pasts, there):
            yield f"{record.model} {record.remote_id}: the store has {have}, and it is gone"


def _untold(record: Record, pasts: Mapping[Record, Past], there: Mapping[Record, State]) -> bool:
    past = pasts.get(record)
    owner = past.owner if past and past.owner else record
    return owner.model == "candidate" and owner not in there
