"""Signatures: Recruitee's as independent receivers compute it, ours as a stock verifier takes it."""

import base64
import hashlib
import hmac
import time

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from service.core import signing

BODY = '{"id":1,"name":"Zoë"}'.encode()
SECRET = "secret-from-recruitee"


def signature(body: bytes = BODY, secret: str = SECRET) -> bytes:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()


def test_recruitees_signature_is_the_hex_hmac_of_the_raw_body() -> None:
    assert signing.recruitee_signature(SECRET, BODY).encode() == signature()


@pytest.mark.parametrize(
    "given", [[signature()], [signature().upper()], [b" " + signature() + b" "]]
)
def test_a_right_signature_is_taken(given: list[bytes]) -> None:
    assert signing.verify_recruitee([SECRET], BODY, given)


@pytest.mark.parametrize("secrets", [["new", SECRET], [SECRET, "new"]])
def test_every_live_secret_verifies(secrets: list[str]) -> None:
    assert signing.verify_recruitee(secrets, BODY, [signature()])


@pytest.mark.parametrize(
    ("secrets", "body", "given"),
    [
        ([SECRET], BODY, []),
        ([SECRET], BODY, [b""]),
        ([SECRET], BODY, [signature(), signature()]),
        ([SECRET], BODY, [signature(secret="other")]),
        ([SECRET], BODY + b" ", [signature()]),
        ([SECRET], BODY, [b"sha256=" + signature()]),
        ([SECRET], BODY, [signature()[:-1]]),
        ([SECRET], BODY, [b"\xff" * 64]),
        ([SECRET], BODY, [signature() * 5]),
        ([], BODY, [signature()]),
    ],
    ids=[
        "none", "empty", "twice", "other secret", "other body", "prefixed", "cut", "not ascii",
        "long", "no secret set",
    ],
)  # fmt: skip
def test_anything_else_is_refused(secrets: list[str], body: bytes, given: list[bytes]) -> None:
    assert not signing.verify_recruitee(secrets, body, given)


def test_a_stock_verifier_takes_what_we_sign_under_each_live_secret() -> None:
    old, new = signing.new_secret(), signing.new_secret()

    headers = signing.delivery_headers("evt_1", int(time.time()), BODY, [new, old])

    for secret in (old, new):
        Webhook(secret).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.new_secret()).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify(BODY + b" ", headers)


def test_the_headers_are_those_of_standard_webhooks() -> None:
    headers = signing.delivery_headers("evt_1", 1_776_757_200, BODY, [signing.new_secret()])

    assert headers["webhook-id"] == "evt_1" and headers["webhook-timestamp"] == "1776757200"
    assert headers["webhook-signature"].startswith("v1,")


def test_a_new_secret_is_fit_and_its_own() -> None:
    assert signing.secret_problem(signing.new_secret()) is None
    assert signing.new_secret() != signing.new_secret()


@pytest.mark.parametrize(
    ("secret", "problem"),
    [
        ("plain", "whsec_"),
        ("whsec_***", "base64"),
        ("whsec_" + base64.b64encode(bytes(23)).decode(), "24 to 64"),
        ("whsec_" + base64.b64encode(bytes(65)).decode(), "24 to 64"),
        ("whsec_", "24 to 64"),
        ("whsec_é", "base64"),
        ("whsec_" + base64.b64encode(bytes(24)).decode(), None),
        ("whsec_" + base64.b64encode(bytes(64)).decode(), None),
    ],
)
def test_an_imported_secret_is_judged(secret: str, problem: str | None) -> None:
    said = signing.secret_problem(secret)

    assert said is None if problem is None else problem in str(said)


def test_an_asymmetric_signature_is_verified_with_the_public_key_alone() -> None:
    pair, secret = signing.new_key_pair(), signing.new_secret()

    headers = signing.delivery_headers("evt_1", int(time.time()), BODY, [secret], [pair.private])

    symmetric, asymmetric = headers["webhook-signature"].split(" ")
    assert symmetric.startswith("v1,") and asymmetric.startswith("v1a,")
    public = Ed25519PublicKey.from_public_bytes(
        base64.b64decode(pair.public.removeprefix("whpk_"), validate=True)
    )
    signed = f"evt_1.{headers['webhook-timestamp']}.".encode()
    raw = base64.b64decode(asymmetric.removeprefix("v1a,"), validate=True)
    public.verify(raw, signed + BODY)
    with pytest.raises(InvalidSignature):
        public.verify(raw, signed + BODY + b" ")
    # A verifier that knows nothing of it passes it over.
    Webhook(secret).verify(BODY, headers)


def test_a_key_pair_is_written_as_standard_webhooks_writes_it() -> None:
    pair = signing.new_key_pair()

    assert pair.private.startswith("whsk_") and pair.public.startswith("whpk_")
    for text in (pair.private, pair.public):
        assert len(base64.b64decode(text[5:], validate=True)) == 32
    assert signing.new_key_pair() != pair
