"""A subscriber's Ed25519 key: rotated with an overlap in which both sign and both are served."""

from starlette.responses import Response

from service.core.store.store import Store
from service.ops.bodies import given, unknown
from service.ops.subscribers import Rotation, found
from service.ops.transport import public_keys
from service.problems import Json, Problem
from service.state import Request

NO_KEY = "it is not signed for with Ed25519: set `asymmetric` first"


async def rotate(request: Request) -> Response:
    """Make a new Ed25519 key; the old ones sign beside it for `overlap_s`."""
    store: Store = request.state["store"]
    subscriber = await found(request)
    wanted = Rotation.model_validate(await given(request))
    if not subscriber.wanted.asymmetric:
        raise Problem(409, NO_KEY)
    if not await store.subscribers.rotate_key(subscriber.id, wanted.overlap_s):
        raise unknown("subscriber", subscriber.id)
    rows = public_keys(await store.subscribers.public_keys(subscriber.id))
    return Json({"public_key": rows[0]["public_key"], "public_keys": rows})
