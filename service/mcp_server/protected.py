"""What `/mcp` is to authorization servers (RFC 9728): said where an issuer is set, and only there."""

from typing import Any, Final

from starlette.requests import Request as AnyRequest
from starlette.routing import BaseRoute, Route
from starlette.types import Scope

from service.core.settings import Settings
from service.problems import Json, Problem

PATH: Final = "/.well-known/oauth-protected-resource"
REALM: Final = 'Bearer realm="hirewire"'


def routes() -> list[BaseRoute]:
    """Return where the metadata is: by the resource's own path, and at the root."""
    return [Route(f"{PATH}/mcp", metadata), Route(PATH, metadata)]


async def metadata(request: AnyRequest) -> Json:
    """Say where tokens for `/mcp` are had, and how they are sent."""
    settings: Settings = request.scope["state"]["settings"]
    if settings.mcp_issuer is None:
        raise Problem(404, "no issuer is set here: send the admin token or an API key as Bearer")
    said: dict[str, Any] = {
        "resource": resource_of(settings, request.scope),
        "authorization_servers": [str(settings.mcp_issuer).rstrip("/")],
        "scopes_supported": ["read", "act", "ops"],
        "bearer_methods_supported": ["header"],
        "resource_name": "Hirewire",
    }
    return Json(said)


def resource_of(settings: Settings, scope: Scope) -> str:
    """Return what tokens for `/mcp` must be for."""
    return f"{_base(settings, scope)}/mcp"


def challenge(scope: Scope) -> dict[str, str]:
    """Return the header by which a client finds the metadata."""
    settings: Settings = scope["state"]["settings"]
    if settings.mcp_issuer is None:
        return {}
    at = f"{_base(settings, scope)}{PATH}/mcp"
    return {"www-authenticate": f'{REALM}, resource_metadata="{at}"'}


def _base(settings: Settings, scope: Scope) -> str:
    return str(settings.public_url or AnyRequest(scope).base_url).rstrip("/")
