"""Tokens of an authorization server: taken when it signed them for us, and for nobody else."""

import base64
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import AnyHttpUrl
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from service.app import create_app
from service.core.settings import Settings
from tests.serving import serving

KEY = ec.generate_private_key(ec.SECP256R1())
OTHER = ec.generate_private_key(ec.SECP256R1())
LISTING = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "list_all_recruitee_admins", "arguments": {}}}  # fmt: skip


def _jwk(key: ec.EllipticCurvePrivateKey, kid: str) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    x, y = (base64.urlsafe_b64encode(n.to_bytes(32, "big")).decode().rstrip("=")
            for n in (numbers.x, numbers.y))  # fmt: skip
    return {"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": kid, "x": x, "y": y}


@dataclass
class Login:
    """An instance, and the authorization server that it trusts."""

    url: str
    issuer: str
    http: httpx.AsyncClient

    def token(self, *, key: Any = KEY, kid: str = "k1", **claims: Any) -> str:
        """Return a token; a claim that is None is left out."""
        said = {"iss": self.issuer, "aud": f"{self.url}/mcp", "sub": "ada@example.org",
                "exp": time.time() + 60, "scope": "read", **claims}  # fmt: skip
        kept = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(kept, key, algorithm="ES256", headers={"kid": kid})

    async def send(self, token: str, message: Any = LISTING) -> httpx.Response:
        """Send a message with a token."""
        headers = {"authorization": f"Bearer {token}"}
        return await self.http.post(f"{self.url}/mcp", json=message, headers=headers)


@pytest.fixture
async def login(settings: Settings) -> AsyncIterator[Login]:
    """An instance whose issuer is an authorization server of our own."""

    async def metadata(request: Request) -> JSONResponse:
        base = str(request.base_url).rstrip("/")
        return JSONResponse({"issuer": f"{base}/realm", "jwks_uri": f"{base}/keys"})

    async def keys(_: Request) -> JSONResponse:
        return JSONResponse({"keys": [{"kty": "unknown"}, "none", _jwk(KEY, "k1")]})

    routes = [
        Route("/.well-known/oauth-authorization-server/realm", metadata),
        Route("/keys", keys),
    ]
    async with serving(Starlette(routes=routes)) as far:
        settings = settings.model_copy(update={"mcp_issuer": AnyHttpUrl(f"{far}/realm")})
        async with serving(create_app(settings)) as url, httpx.AsyncClient() as http:
            yield Login(url, f"{far}/realm", http)


async def test_a_token_of_the_issuer_is_taken_with_its_scopes(login: Login) -> None:
    assert (await login.send(login.token())).status_code == 200
    for scopes, may in (("read act", True), ("act", False), (None, False)):
        answer = await login.send(login.token(scope=scopes), CALL)
        text = answer.json()["result"]["content"][0]["text"]
        # Nothing is connected here: who may read is told so.
        assert ("no such company" in text) == may, text
    answer = await login.send(login.token(scope=None, scp=["read"]), CALL)
    assert "no such company" in answer.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": OTHER},
        {"kid": "k2"},
        {"aud": "http://127.0.0.1/other"},
        {"aud": None},
        {"iss": "https://evil.example.com"},
        {"exp": 1},
        {"exp": None},
        {"sub": None},
    ],
    ids=[
        "signed by another",
        "unknown key",
        "for another",
        "for nobody",
        "of another",
        "expired",
        "endless",
        "of nobody",
    ],
)
async def test_any_other_token_is_refused_with_where_to_get_one(
    login: Login, wrong: dict[str, Any]
) -> None:
    said = await login.send(login.token(**wrong))
    assert said.status_code == 401
    assert "resource_metadata=" in said.headers["www-authenticate"]
    assert "ada@example.org" not in said.text


@pytest.mark.parametrize("token", ["a.b.c", "..", "eyJhbGciOiJub25lIn0.e30.", "e30.e30.e30"])
async def test_what_is_no_token_is_refused(login: Login, token: str) -> None:
    assert (await login.send(token)).status_code == 401


async def test_keys_of_ours_are_taken_besides(login: Login) -> None:
    assert (await login.send("test-admin-token")).status_code == 200
