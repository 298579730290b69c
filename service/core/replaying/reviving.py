"""Put a dead inbound webhook or refetch back into the inbox it fell out of."""

from service.core.recruitee import webhook
from service.core.store.dead_letters import DeadLetter
from service.core.store.store import Store


async def revive(store: Store, dead: DeadLetter) -> str | None:
    """Enqueue what a dead letter asked for; returns why that cannot be, or None.

    Whoever asks forgets it afterwards: were we to die in between it would be looked at twice, which is
    harmless.
    """
    entries = [entry.encode() for entry in dead.entries]
    if dead.body is not None:
        # It was unusable when it came; a newer version of us may understand it.
        read = webhook.read((store.dead_letters.body(dead) or "").encode())
        if read.reading != "accepted":
            return f"the webhook is still unusable: {read.reason or read.reading}"
        entries = list(read.entries)
    if not entries:
        return "it names nothing to look at"
    if not await store.inbox.enqueue(dead.connection_id, entries):
        return "its connection was removed"
    return None
