"""What anybody may read without a token: the public keys that deliveries can be verified with."""

from typing import Final

from starlette.responses import Response

from service.core.store.store import Store
from service.ops.transport import public_keys
from service.problems import Json, Problem
from service.state import Request

KEYS: Final = "/.well-known/hirewire/keys/{id}"
CACHED: Final = {"cache-control": "public, max-age=3600"}


async def signing_key(request: Request) -> Response:
    """Serve the keys of a subscriber's `v1a` signatures, the current first, while each of them signs.

    A verifier takes a delivery that any of them signed. What is cached for an hour stays right in a
    rotation whose overlap is no shorter.
    """
    store: Store = request.state["store"]
    s: str = request.path_params["id"]
    kept = await store.subscribers.public_keys(s) if len(s) <= 64 else []
    if not kept:
        raise Problem(404, "there is no public key under this id")
    return Json({"subscriber_id": s, "keys": public_keys(kept)}, 200, CACHED)
