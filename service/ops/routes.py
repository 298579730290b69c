"""The ops API's table of routes, all behind the admin token or an API key with scope `ops`."""

from starlette.routing import BaseRoute, Mount, Route, Router

from service.auth import Guard
from service.ops import (
    access,
    api_keys,
    audit,
    backfills,
    capture,
    connections,
    dead_letters,
    deliveries,
    doctor,
    erasures,
    events,
    explain,
    fields,
    ledger,
    reconciliations,
    replays,
    stats,
    subscribers,
    syncs,
    timelines,
    trigger,
)
from service.ops.endpoint import at as _at


def routes() -> list[BaseRoute]:
    """Return what belongs under `/ops/v1`; without the token even an unknown path is 401."""
    return [Mount("", app=Guard(Router(_table(), redirect_slashes=False), "ops"))]


def _table() -> list[Route]:
    return [
        _at("/connections", GET=connections.listed, POST=connections.create),
        _at(
            "/connections/{id}",
            GET=connections.show,
            PATCH=connections.update,
            DELETE=connections.remove,
        ),
        _at("/connections/{id}/check", GET=connections.check),
        _at("/connections/{id}/capture", POST=capture.capture),
        _at("/connections/{id}/sync", GET=syncs.show, POST=syncs.begin),
        _at("/connections/{id}/trigger", POST=trigger.create),
        _at("/connections/{id}/reconcile", POST=reconciliations.begin),
        _at("/connections/{id}/ledger", GET=ledger.show),
        _at("/reconciliations", GET=reconciliations.listed),
        _at("/reconciliations/{id}", GET=reconciliations.show),
        _at("/reconciliations/{id}/confirm", POST=reconciliations.confirm),
        _at("/reconciliations/{id}/cancel", POST=reconciliations.cancel),
        _at("/connections/{id}/fields", GET=fields.listed),
        # A field's key is what the company called it, slashes and all.
        _at("/connections/{id}/fields/{key:path}", PATCH=fields.update, DELETE=fields.remove),
        _at("/subscribers", GET=subscribers.listed, POST=subscribers.create),
        _at(
            "/subscribers/{id}",
            GET=subscribers.show,
            PATCH=subscribers.update,
            DELETE=subscribers.remove,
        ),
        _at("/subscribers/{id}/pause", POST=subscribers.pause),
        _at("/subscribers/{id}/resume", POST=subscribers.resume),
        _at("/subscribers/{id}/rotate-secret", POST=subscribers.rotate_secret),
        _at("/subscribers/{id}/challenge", POST=subscribers.challenge),
        _at("/subscribers/{id}/test", POST=subscribers.test),
        _at("/subscribers/{id}/backfill", POST=backfills.create),
        _at("/subscribers/{id}/access", GET=access.listed, POST=access.create),
        _at("/subscribers/{id}/access/{access}", DELETE=access.revoke),
        _at("/event-types", GET=events.types),
        _at("/events", GET=events.listed),
        _at("/events/{id}", GET=events.show),
        _at("/explain", GET=explain.show),
        _at("/records/{model}/{id}/timeline", GET=timelines.show),
        _at("/deliveries", GET=deliveries.listed),
        _at("/deliveries/{id}", GET=deliveries.show),
        _at("/deliveries/{id}/retry", POST=deliveries.retry),
        _at("/deliveries/{id}/skip", POST=deliveries.skip),
        _at("/dead-letters", GET=dead_letters.listed),
        _at("/dead-letters/discard", POST=dead_letters.discard_all),
        _at("/dead-letters/{id}", GET=dead_letters.show, DELETE=dead_letters.discard),
        _at("/dead-letters/{id}/replay", POST=dead_letters.replay),
        _at("/replays", GET=replays.listed, POST=replays.create),
        _at("/replays/{id}", GET=replays.show),
        _at("/replays/{id}/pause", POST=replays.pause),
        _at("/replays/{id}/resume", POST=replays.resume),
        _at("/replays/{id}/cancel", POST=replays.cancel),
        _at("/api-keys", GET=api_keys.listed, POST=api_keys.create),
        _at("/api-keys/{id}", GET=api_keys.show, DELETE=api_keys.remove),
        _at("/audit", GET=audit.listed),
        _at("/erasures", GET=erasures.listed, POST=erasures.create),
        _at("/erasures/{id}", GET=erasures.show),
        _at("/erasures/{id}/suppression", DELETE=erasures.lift),
        _at("/stats", GET=stats.show),
        _at("/doctor", GET=doctor.show),
    ]
