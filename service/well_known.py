"""What anybody may read without a token: the public keys that deliveries can be verified with."""

from typing import Final

from starlette.responses import Response

from service.core.store.store import Store
from service.problems import Json, Problem
from service.state import Request

KEYS: Final = "/.well-known/hirewire/keys/{id}"
CACHED: Final = {"cache-control": "public, max-age=3600"}


async def signing_key(request: Request) -> Response:
    """Serve the key of a subscriber's `v1a` signatures, for as long as it is a subscriber."""
    store: Store = request.state["store"]
    s: str = request.path_params["id"]
    key = await store.subscribers.public_key(s) if len(s) <= 64 else None
    if key is None:
        raise Problem(404, "there is no public key under this id")
    row = {"algorithm": "ed25519", "signature": "v1a", "public_key": key}
    return Json({"subscriber_id": s, "keys": [row]}, 200, CACHED)
