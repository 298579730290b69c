"""Client certificates: what is refused before it is kept, and what may be told of one."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa, x25519

from service.core.net.certificates import MAX_PEM, certificate_problem, client_context, shown
from tests.net.authority import DAY, PEM, Authority, key_of, key_text

AUTHORITY = Authority()
GOOD = AUTHORITY.issue("hirewire-client")
LEAF = GOOD[: GOOD.index("-----BEGIN PRIVATE")]
KEY = GOOD.removeprefix(LEAF)
OTHER = AUTHORITY.certificate.public_bytes(PEM).decode()


@pytest.mark.parametrize(
    "pem",
    [GOOD, KEY + LEAF, LEAF + OTHER + KEY, "as text\n" + GOOD],
    ids=["chain then key", "key first", "two in the chain", "text before it"],
)
def test_a_certificate_with_its_key_is_taken(pem: str) -> None:
    assert certificate_problem(pem, datetime.now(UTC)) is None
    client_context(pem)


@pytest.mark.parametrize(
    ("pem", "said"),
    [
        ("", "not a certificate"),
        ("secret nonsense", "not a certificate"),
        (LEAF, "exactly one private key"),
        (KEY, "not a certificate"),
        (GOOD + KEY, "exactly one private key"),
        (OTHER + LEAF + KEY, "not that of the first"),
        (LEAF + key_text(key_of("another")), "not that of the first"),
        (LEAF + key_text(ed25519.Ed25519PrivateKey.generate()), "not that of the first"),
        (LEAF + key_text(x25519.X25519PrivateKey.generate()), "not that of the first"),
        (LEAF + key_text(key_of("hirewire-client"), b"word"), "must not be encrypted"),
        (LEAF.replace("M", "!", 5) + KEY, "not a certificate"),
        (LEAF + KEY.replace("\n", "\n?", 2), "not a certificate"),
        (AUTHORITY.issue("hirewire-client", begins=-3 * DAY, ends=-DAY), "has expired"),
        (AUTHORITY.issue("hirewire-client", begins=DAY, ends=2 * DAY), "not valid yet"),
        ("x" * (MAX_PEM + 1), "longer than"),
    ],
)
def test_anything_else_is_refused_with_its_reason(pem: str, said: str) -> None:
    problem = certificate_problem(pem, datetime.now(UTC))

    assert problem is not None and said in problem
    assert "secret" not in problem


def test_a_key_that_tls_does_not_take_is_refused() -> None:
    weak = _weak()

    assert "too weak" in str(certificate_problem(weak, datetime.now(UTC)))


def test_a_certificate_is_told_by_subject_and_expiry_only() -> None:
    told = shown(GOOD)

    assert told.subject == "CN=hirewire-client"
    assert timedelta(0) < told.expires_at - datetime.now(UTC) <= DAY


def _weak() -> str:
    key = rsa.generate_private_key(65537, 1024)  # noqa: S505 - that is the point
    name = x509.Name([])
    now = datetime.now(UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), 7, now - DAY, now + DAY)
    return built.sign(key, hashes.SHA256()).public_bytes(PEM).decode() + key_text(key)
