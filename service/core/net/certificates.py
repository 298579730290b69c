"""Client certificates: what a subscriber may have us show (mTLS), judged before it is kept."""

import re
import secrets
import ssl
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

MAX_PEM: Final = 64 * 1024

Trust = Callable[[], ssl.SSLContext]
"""Makes a client's context with whom it trusts; slow, since it reads the system's authorities."""

_KEY: Final = re.compile(
    r"-----BEGIN ([A-Z]+ )?PRIVATE KEY-----[^-]{1,60000}-----END ([A-Z]+ )?PRIVATE KEY-----"
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What may be told of a client certificate; `expires_at` is aware, UTC."""

    subject: str
    expires_at: datetime


def certificate_problem(pem: str, now: datetime) -> str | None:
    """Say why this cannot be a client certificate, or None; what was given is never repeated.

    `pem` holds the certificate, then those of its authorities if any, and its private key in the
    clear. It must be valid `now`, and this machine's TLS must take it.
    """
    if len(pem) > MAX_PEM:
        return f"is longer than {MAX_PEM} characters"
    try:
        leaf, key = _chain(pem)[0], _key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        return (
            str(error) if type(error) is _UnfitError else "is not a certificate with its key in PEM"
        )
    if _raw(key.public_key()) != _raw(leaf.public_key()):
        return "the private key is not that of the first certificate"
    if now >= leaf.not_valid_after_utc:
        return "the certificate has expired"
    if now < leaf.not_valid_before_utc:
        return "the certificate is not valid yet"
    return _loading_problem(pem)


def shown(pem: str) -> Shown:
    """Return what may be told of a certificate that was found good."""
    leaf = _chain(pem)[0]
    return Shown(leaf.subject.rfc4514_string(), leaf.not_valid_after_utc.astimezone(UTC))


def client_context(pem: str, trust: Trust = ssl.create_default_context) -> ssl.SSLContext:
    """Return a client's TLS context that shows this certificate; raises ValueError, ssl.SSLError.

    To be called in a thread: it reads and writes files.
    """
    context = trust()
    context.set_alpn_protocols(("http/1.1",))
    _load(context, pem)
    return context


class _UnfitError(ValueError):
    """Its text is fit to show."""


def _chain(pem: str) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(pem.encode())


def _key(pem: str) -> PrivateKeyTypes:
    found = [match[0] for match in _KEY.finditer(pem)]
    if len(found) != 1:
        raise _UnfitError("must hold exactly one private key")
    if "ENCRYPTED" in found[0]:
        raise _UnfitError("the private key must not be encrypted; it is sealed before it is stored")
    return serialization.load_pem_private_key(found[0].encode(), None)


def _raw(key: object) -> bytes:
    if not hasattr(key, "public_bytes"):
        raise _UnfitError("the key is of a kind that TLS does not use")
    raw: bytes = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return raw


def _loading_problem(pem: str) -> str | None:
    try:
        _load(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), pem)
    except (ssl.SSLError, ValueError, TypeError, UnsupportedAlgorithm):
        return "is not taken by this machine's TLS; is the key too weak?"
    return None


def _load(context: ssl.SSLContext, pem: str) -> None:
    # The library reads files only: so the key goes there under a password that nobody keeps.
    password = secrets.token_hex(32)
    sealed = _key(pem).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password.encode()),
    )
    chain = b"".join(each.public_bytes(serialization.Encoding.PEM) for each in _chain(pem))
    with tempfile.NamedTemporaryFile(prefix="hirewire-") as file:
        file.write(chain + sealed)
        file.flush()
        context.load_cert_chain(file.name, password=password)
