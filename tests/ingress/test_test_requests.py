"""Requests of Recruitee's own Test buttons: answered with or without a signature, never acted on."""

import pytest

from tests.ingress.bodies import envelope, raw
from tests.ingress.conftest import Ingress

BOUND = 64 * 1024


@pytest.mark.parametrize("signature", ["", "0" * 64, None], ids=["good", "bad", "none"])
@pytest.mark.parametrize(
    "body", [b'{"test":true}', raw(envelope(test=True)), b' {\n"\\u0074est" : true }']
)
async def test_a_test_is_answered_and_nothing_is_done(
    ingress: Ingress, body: bytes, signature: str | None
) -> None:
    assert await ingress.said(body, signature=signature) == "test"

    connection = await ingress.store.connections.get(ingress.connection.id)
    assert connection is not None and connection.test_seen > 0
    assert (await ingress.roots(), await ingress.marks()) == ([], 0)


async def test_a_test_is_answered_before_any_secret_is_known(ingress: Ingress) -> None:
    fresh = await ingress.store.connections.create("5601", "a token", None, "Fresh")
    path = f"/webhooks/recruitee/{fresh.hook}"

    assert await ingress.said(b'{"test":true}', signature=None, path=path) == "test"
    assert await ingress.said(envelope(), path=path) == "401"


@pytest.mark.parametrize(
    "test", ["1", '"true"', "null", "false", "[true]", '{"a":true}', "1.0", "True"]
)
async def test_only_true_itself_makes_a_test(ingress: Ingress, test: str) -> None:
    body = raw(envelope()).replace(b'"level"', b'"test":' + test.encode() + b',"level"')

    assert await ingress.said(body, signature=None) == "401"
    assert await ingress.said(body) == ("quarantined" if test == "True" else "accepted")


@pytest.mark.parametrize(
    "body", [b'[{"test":true}]', b'{"payload":{"test":true}}', b'{"test":true', b'"test"', b"true"]
)
async def test_a_test_is_an_object_that_says_so_itself(ingress: Ingress, body: bytes) -> None:
    assert await ingress.said(body, signature=None) == "401"


async def test_a_test_has_at_most_64_kib(ingress: Ingress) -> None:
    largest = b'{"test":true}' + b" " * (BOUND - 13)

    assert await ingress.said(largest, signature=None) == "test"
    assert await ingress.said(largest + b" ", signature=None) == "401"
    assert await ingress.said(largest + b" ") == "quarantined"
