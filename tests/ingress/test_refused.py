"""Refusals, in the order in which they are looked at: 405, 404, 413 or 408, then the signature."""

import pytest

from service.core.store.store import Store
from tests.ingress.bodies import SECRET, envelope, raw, sign
from tests.ingress.conftest import Ingress, problem
from tests.ingress.wire import head, wired

BODY = raw(envelope())
GOOD = sign(BODY)
LARGE = b'{"test":true}' + b" " * 1024 * 1024
NOWHERE = "/webhooks/recruitee/" + "1" * 32


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "HEAD"])
@pytest.mark.parametrize("path", ["", NOWHERE], ids=["a hook", "no hook"])
async def test_another_method_is_405_before_anything_else(
    ingress: Ingress, method: str, path: str
) -> None:
    answer = await ingress.client.request(method, path or ingress.path, content=LARGE)

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    if method != "HEAD":
        problem(answer)


@pytest.mark.parametrize(
    "path",
    [
        NOWHERE,
        "/webhooks/recruitee/",
        "/webhooks/recruitee",
        "/webhooks/recruitee/" + "x" * 5000,
        "/webhooks/recruitee/%00%0a%ff",
        "/webhooks/recruitee/*",
        "{hook}/",
        "{hook}/more",
        "{hook}%20",
        "/webhooks/recruitee/more/{id}",
        "/webhooks/recruitee/more%2f{id}",
        "/webhooks/recruitee/{connection}",
        "/webhooks/{id}",
    ],
)
@pytest.mark.parametrize("body", [BODY, LARGE], ids=["good", "large"])
async def test_an_unknown_hook_is_404_before_its_body_is_looked_at(
    ingress: Ingress, path: str, body: bytes
) -> None:
    hook, connection = ingress.connection.hook, ingress.connection.id
    path = path.format(hook=ingress.path, id=hook, connection=connection)

    answer = await ingress.post(body, path=path)

    assert answer.status_code == 404
    problem(answer)
    assert await ingress.marks() == 0


async def test_a_hook_is_known_by_its_path_whatever_the_query_says(ingress: Ingress) -> None:
    assert await ingress.said(BODY, path=f"{ingress.path}?a=b/c#d") == "accepted"


@pytest.mark.parametrize("signature", ["", None], ids=["signed", "unsigned"])
async def test_too_large_a_body_is_413_before_signature_and_test(
    ingress: Ingress, signature: str | None
) -> None:
    answer = await ingress.post(LARGE, signature=signature)

    assert answer.status_code == 413
    problem(answer)


@pytest.mark.parametrize(
    "signature",
    [
        "0" * 64,
        GOOD[:-1],
        GOOD + "0",
        GOOD[::-1],
        f"sha256={GOOD}",
        f"{GOOD}, {GOOD}",
        f"{GOOD} {GOOD}",
        GOOD + " " * 300 + "x",
        "f" * 100_000,
        sign(BODY, "another secret"),
        sign(BODY, ""),
        sign(BODY + b" "),
        sign(b""),
        SECRET,
        "\u00e9" * 64,
    ],
    ids=range(15),
)
async def test_a_wrong_signature_is_401(ingress: Ingress, signature: str) -> None:
    answer = await ingress.client.post(
        ingress.path, content=BODY, headers={b"x-recruitee-signature": signature.encode("latin-1")}
    )

    assert answer.status_code == 401
    assert problem(answer) == problem(await ingress.post(BODY, signature=None))
    assert (await ingress.marks(), await ingress.roots()) == (0, [])


@pytest.mark.parametrize("second", [GOOD, "0" * 64, ""], ids=["same", "wrong", "empty"])
@pytest.mark.parametrize("name", ["X-Recruitee-Signature", "x-recruitee-signature"])
async def test_a_signature_given_twice_is_401(ingress: Ingress, second: str, name: str) -> None:
    for given in ([GOOD, second], [second, GOOD]):
        headers = [("X-Recruitee-Signature", given[0]), (name, given[1])]
        answer = await ingress.client.post(ingress.path, content=BODY, headers=headers)

        assert answer.status_code == 401


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (GOOD.upper(), 200),
        (GOOD.title(), 200),
        (f" \t{GOOD}\t ", 200),
        (GOOD + " " * 300, 401),
        ("", 401),
        (" ", 401),
        (f"{GOOD}\t{GOOD}", 401),
        (f"{GOOD[:32]} {GOOD[32:]}", 401),
    ],
    ids=range(8),
)
async def test_case_and_space_around_a_signature_do_not_matter(
    ingress: Ingress, given: str, status: int
) -> None:
    async with wired(ingress.port) as wire:
        lines = f"X-RECRUITEE-SIGNATURE:{given}", f"Content-Length: {len(BODY)}"
        await wire.send(head(ingress.path, *lines), BODY)

        assert (await wire.answer())[0] == status


async def test_a_signature_is_of_the_raw_bytes_not_of_what_they_mean(ingress: Ingress) -> None:
    assert await ingress.said(BODY + b"\n", signature=GOOD) == "401"
    assert await ingress.said(BODY + b"\n") == "accepted"


async def test_the_form_that_a_body_claims_to_have_does_not_matter(ingress: Ingress) -> None:
    for number, media in enumerate(["text/plain", "multipart/form-data", ""]):
        headers = {"content-type": media, "content-encoding": "gzip"}

        assert await ingress.said(envelope(id=number + 1), headers=headers) == "accepted"


async def test_a_secret_that_another_process_sets_is_honoured_at_once(ingress: Ingress) -> None:
    fresh = await ingress.store.connections.create("5601", "a token", None, "Fresh")
    path = f"/webhooks/recruitee/{fresh.hook}"

    before = await ingress.said(BODY, path=path)
    await ingress.store.connections.update(fresh.id, secrets=[SECRET])
    after = await ingress.said(BODY, path=path)

    assert (before, after) == ("401", "accepted")


async def test_either_secret_signs_while_one_is_replaced(ingress: Ingress) -> None:
    await ingress.post(envelope(id=1))
    await ingress.store.connections.update(ingress.connection.id, secrets=["the new one", SECRET])

    for number, secret in enumerate(["the new one", SECRET, "none of them"], start=2):
        body = raw(envelope(id=number))
        said = await ingress.said(body, signature=sign(body, secret))
        assert said == ("401" if number == 4 else "accepted")


@pytest.mark.parametrize(
    "body",
    [BODY, raw(envelope(id=2)), b"no JSON", b'{"test":true}', raw(envelope("x", payload={}))],
    ids=["seen before", "new", "unusable", "a test", "ignored"],
)
@pytest.mark.parametrize("signature", ["", "0" * 64], ids=["signed", "unsigned"])
async def test_the_webhook_address_of_a_removed_connection_is_404_at_once(
    ingress: Ingress, body: bytes, signature: str
) -> None:
    assert await ingress.said(BODY) == "accepted"
    await ingress.store.connections.remove(ingress.connection)

    assert await ingress.said(body, signature=signature) == "404"
    assert await _left(ingress.store) == []


async def _left(store: Store) -> list[bytes]:
    keys: list[bytes] = await store.pipe.call("KEYS", "*")
    return [key for key in keys if key.split(b":")[0] in (b"seen", b"in", b"dlt", b"conn", b"hook")]
