"""Bodies that are too large, too slow, never end, or whose sender hangs up."""

import asyncio
import itertools
import random
import time

import pytest

from tests.ingress.bodies import envelope, raw, sign
from tests.ingress.conftest import READ_WITHIN_S, Ingress
from tests.ingress.wire import Wire, chunk, head, wired

BODY = raw(envelope())
SIGNED = f"X-Recruitee-Signature: {sign(BODY)}"
CHUNKED = "Transfer-Encoding: chunked"
PART = b"x" * 65536


async def accepts(ingress: Ingress) -> bool:
    """Say whether the receiver still takes what is good."""
    return await ingress.said(BODY) in ("accepted", "duplicate")


async def refusal(wire: Wire, status: int) -> None:
    answered, headers, body = await wire.answer()
    assert answered == status
    assert headers["content-type"] == "application/problem+json"
    assert headers["connection"] == "close"
    assert b'"status":%d' % status in body
    assert await wire.ended()


async def test_a_content_length_over_1_mib_is_413_without_a_body(ingress: Ingress) -> None:
    async with wired(ingress.port) as wire:
        await wire.send(head(ingress.path, "Content-Length: 1048577"))
        await refusal(wire, 413)


async def test_a_sender_that_asks_first_is_refused_before_it_sends(ingress: Ingress) -> None:
    began = time.monotonic()
    async with wired(ingress.port) as wire:
        await wire.send(
            head(ingress.path, "Content-Length: 99999999999", "Expect: 100-continue"),
        )
        await refusal(wire, 413)

    assert time.monotonic() - began < 0.3


async def test_a_sender_that_asks_first_may_send_what_fits(ingress: Ingress) -> None:
    async with wired(ingress.port) as wire:
        length = f"Content-Length: {len(BODY)}"
        await wire.send(head(ingress.path, SIGNED, length, "Expect: 100-continue"))
        assert (await wire.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")
        await wire.send(BODY)
        assert (await wire.answer())[2] == b'{"status":"accepted"}'


async def test_chunks_over_1_mib_are_413_though_they_never_end(ingress: Ingress) -> None:
    began = time.monotonic()
    async with wired(ingress.port) as wire:
        await wire.send(head(ingress.path, CHUNKED), *[chunk(PART) for _ in range(17)])
        await refusal(wire, 413)

    assert time.monotonic() - began < 2


async def test_a_stream_without_end_is_cut_off(ingress: Ingress) -> None:
    async with wired(ingress.port) as wire:
        await wire.send(head(ingress.path, CHUNKED))
        async with asyncio.timeout(5):
            with pytest.raises(ConnectionError):
                await wire.send(*itertools.repeat(chunk(PART * 16), 10_000))

    assert await accepts(ingress)


@pytest.mark.parametrize("size", [1024 * 1024 + 1, 16 * 1024 * 1024])
async def test_a_sender_of_too_much_reads_our_answer_and_no_reset(
    ingress: Ingress, size: int
) -> None:
    async with wired(ingress.port) as wire:
        await wire.send(head(ingress.path, f"Content-Length: {size}"), b"x" * size)
        await refusal(wire, 413)


async def test_a_chunked_body_is_as_good_as_another(ingress: Ingress) -> None:
    async with wired(ingress.port) as wire:
        await wire.send(head(ingress.path, SIGNED, CHUNKED))
        for byte in (BODY[i : i + 40] for i in range(0, len(BODY), 40)):
            await wire.send(chunk(byte))
        await wire.send(chunk(b""))
        assert (await wire.answer())[2] == b'{"status":"accepted"}'


@pytest.mark.parametrize(
    ("framing", "begun"),
    [
        (f"Content-Length: {len(BODY)}", b""),
        (f"Content-Length: {len(BODY)}", BODY[:-1]),
        (CHUNKED, b""),
        (CHUNKED, chunk(BODY)),
    ],
)
async def test_a_body_that_stops_is_408(ingress: Ingress, framing: str, begun: bytes) -> None:
    began = time.monotonic()
    async with wired(ingress.port) as wire:
        await wire.send(head(ingress.path, SIGNED, framing), begun)
        await refusal(wire, 408)

    assert READ_WITHIN_S * 0.9 < time.monotonic() - began < READ_WITHIN_S + 1
    assert await ingress.marks() == 0


async def test_a_body_that_drips_is_408_and_holds_up_nobody(ingress: Ingress) -> None:
    async def drips(wire: Wire) -> None:
        await wire.send(head(ingress.path, SIGNED, f"Content-Length: {len(BODY)}"))
        for byte in BODY:
            await wire.send(bytes([byte]))
            await asyncio.sleep(READ_WITHIN_S / 10)

    async with wired(ingress.port) as wire:
        dripping = asyncio.create_task(drips(wire))
        began = time.monotonic()
        assert await accepts(ingress)
        assert time.monotonic() - began < READ_WITHIN_S
        await refusal(wire, 408)
        dripping.cancel()
        await asyncio.gather(dripping, return_exceptions=True)


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        head("{path}", SIGNED)[:-2],
        head("{path}", SIGNED, f"Content-Length: {len(BODY)}"),
        head("{path}", SIGNED, f"Content-Length: {len(BODY)}") + BODY[:100],
        head("{path}", SIGNED, CHUNKED) + chunk(BODY),
        head("{path}", SIGNED, CHUNKED) + chunk(PART * 20),
        head("{path}", "Content-Length: 2000000") + PART,
    ],
    ids=range(7),
)
async def test_a_sender_that_hangs_up_leaves_no_trace(ingress: Ingress, begun: bytes) -> None:
    for ending in ("reset", "close"):
        async with wired(ingress.port) as wire:
            await wire.send(begun.replace(b"{path}", ingress.path.encode()))
            if ending == "reset":
                wire.reset()

    assert await ingress.marks() == 0
    assert await accepts(ingress)


async def test_a_sender_that_hangs_up_after_its_body_loses_nothing(ingress: Ingress) -> None:
    for number in range(20):
        async with wired(ingress.port) as wire:
            await wire.send(head(ingress.path, SIGNED, f"Content-Length: {len(BODY)}"), BODY)
            for _ in range(number):
                await asyncio.sleep(0)
            wire.reset()

    # It may have been taken or not; either way its next attempt finds it exactly once.
    assert await accepts(ingress)
    assert await ingress.roots() == ["candidate:3331"]


async def test_requests_on_one_connection_are_answered_one_by_one(ingress: Ingress) -> None:
    bodies = [raw(envelope(id=i)) for i in (1, 2, 2)] + [b'{"test":true}', b"no JSON"]
    async with wired(ingress.port) as wire:
        for body in bodies:
            signed = f"X-Recruitee-Signature: {sign(body)}"
            await wire.send(head(ingress.path, signed, f"Content-Length: {len(body)}"), body)
        said = [(await wire.answer())[2][11:-2].decode() for _ in bodies]

    assert said == ["accepted", "accepted", "duplicate", "test", "quarantined"]


async def test_whatever_is_damaged_on_the_way_nothing_false_is_taken(ingress: Ingress) -> None:
    dice = random.Random(2)
    whole = head(ingress.path, SIGNED, f"Content-Length: {len(BODY)}")

    for _ in range(60):
        damaged = bytearray(whole + BODY)
        for _ in range(dice.randrange(1, 4)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        async with wired(ingress.port) as wire:
            await wire.send(bytes(damaged[: dice.randrange(len(damaged))]))

    # A head may survive its damage, but a damaged body never keeps its signature.
    assert set(await ingress.roots()) <= {"candidate:3331"}
    assert await accepts(ingress)
