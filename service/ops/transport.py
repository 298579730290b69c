"""How a subscriber is reached and what is signed: the part of its settings that the network sees."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, Strict

from service.core import times
from service.core.net import certificates, proxies
from service.core.net.targets import vet_proxy
from service.core.settings import Settings
from service.core.store.signing_keys import PublicKey
from service.core.store.subscribers import Subscriber
from service.ops.bodies import refused


class Transport(BaseModel):
    """These fields of a subscriber's body; null stands for the default.

    `asymmetric`: sign `v1a` (Ed25519) besides. `challenge`: send nothing before the URL proved
    itself. `proxy`: `http[s]://[user:password@]host:port`, goes before HIREWIRE_EGRESS_PROXY.
    `client_certificate`: PEM of a certificate, its chain if any, and its private key (mTLS).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    asymmetric: Annotated[bool, Strict()] = False
    challenge: Annotated[bool, Strict()] = False
    proxy: Annotated[str, Field(max_length=proxies.MAX_URL)] | None = None
    client_certificate: Annotated[str, Field(max_length=certificates.MAX_PEM)] | None = None


class Reached(Protocol):
    """Whatever has these two."""

    @property
    def proxy(self) -> str | None:
        """The proxy's URL."""

    @property
    def client_certificate(self) -> str | None:
        """The certificate's PEM."""


async def vet_transport(asked: Reached, before: Reached | None, settings: Settings) -> None:
    """Judge a new proxy and a new certificate; raises Problem 422.

    What was there before is let be: a certificate that expired meanwhile stops no other change.
    """
    pem, proxy = asked.client_certificate, asked.proxy
    if pem is not None and (before is None or pem != before.client_certificate):
        found = await asyncio.to_thread(certificates.certificate_problem, pem, datetime.now(UTC))
        if found is not None:
            raise refused("client_certificate", found)
    if proxy is not None and (before is None or proxy != before.proxy):
        found = await vet_proxy(proxy, settings.networks)
        if found is not None:
            raise refused("proxy", found)


def shown(subscriber: Subscriber) -> dict[str, Any]:
    """Return what may be told of it: no password, no key but the public one."""
    wanted = subscriber.wanted
    certificate = wanted.client_certificate
    now = times.now_ms()
    live = [key for key in subscriber.signing_keys if wanted.asymmetric and key.lives(now)]
    return {
        "asymmetric": wanted.asymmetric,
        "public_key": live[0].public if live else None,
        "public_keys": public_keys(live),
        "challenge": wanted.challenge,
        "proxy": proxies.shown(wanted.proxy) if wanted.proxy else None,
        "client_certificate": _certificate(certificate) if certificate else None,
    }


def public_keys(keys: Sequence[PublicKey]) -> list[dict[str, Any]]:
    """Return Ed25519 keys as they are shown: no private half, and until when each signs."""
    return [
        {
            "id": key.id,
            "algorithm": "ed25519",
            "signature": "v1a",
            "public_key": key.public,
            "expires_at": None if key.until is None else times.iso(key.until),
        }
        for key in keys
    ]


def _certificate(pem: str) -> dict[str, str]:
    told = certificates.shown(pem)
    expires_ms = int(told.expires_at.timestamp() * 1000)
    return {"subject": told.subject, "expires_at": times.iso(expires_ms)}
