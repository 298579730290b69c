"""Documents by address: fetched once, vetted, large ones too; what is not taken is said."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from tests.actions.conftest import Acting

BYTES = b"%PDF-1.4 " + b"x" * 700_000


@contextlib.asynccontextmanager
async def _files() -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server of documents: yields its address, and what it was asked."""
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        heads.append(head)
        path = head.split(b" ")[1]
        if path == b"/moved":
            writer.write(b"HTTP/1.1 302 Found\r\nlocation: /cv.pdf\r\ncontent-length: 0\r\n\r\n")
        elif path == b"/endless":
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/pdf\r\n\r\n")
            with contextlib.suppress(ConnectionError):
                for _ in range(200):
                    writer.write(b"y" * 100_000)
                    await writer.drain()
        else:
            kind = b"application/x-msdownload" if path == b"/cv.exe" else b"application/pdf"
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: %s\r\ncontent-length: %d\r\n\r\n"
                         % (kind, len(BYTES)) + BYTES)  # fmt: skip
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    try:
        yield f"http://{host}:{port}", heads
    finally:
        server.close()
        await server.wait_closed()


async def test_a_document_is_fetched_without_credentials_and_uploaded_whole(acting: Acting) -> None:
    remote_id, uid = next(iter((await acting.ids("candidates")).items()))
    async with _files() as (url, heads):
        document = {"name": '../a"b.pdf', "type": "OTHER", "data_url": f"{url}/moved"}
        done = await acting.send(
            "POST", f"/ats/candidates/{uid}/attachments", {"attachment": document}
        )
        assert done.status_code == 200, done.text
    assert len(heads) == 2 and not any(b"authorization" in head.lower() for head in heads)
    (kept,) = [
        each for each in acting.sandbox.company.papers.attachments.of(int(remote_id))
        if each.filename == "ab.pdf"
    ]  # fmt: skip
    assert acting.sandbox.company.files.content("attachments", kept.id) == BYTES


@pytest.mark.parametrize(
    ("path", "said"),
    [("/endless", "larger than 10 MB"), ("/cv.exe", "of this type are not taken")],
)
async def test_a_document_that_is_not_taken_is_refused_and_nothing_is_uploaded(
    acting: Acting, path: str, said: str
) -> None:
    remote_id, uid = next(iter((await acting.ids("candidates")).items()))
    before = len(acting.sandbox.company.papers.attachments.of(int(remote_id)))
    async with _files() as (url, _):
        document = {"name": "cv", "type": "OTHER", "data_url": url + path}
        done = await acting.send(
            "POST", f"/ats/candidates/{uid}/attachments", {"attachment": document}
        )
    assert done.status_code == 400 and done.json()["error"]["code"] == "REMOTE.INPUT_INVALID"
    assert said in done.json()["error"]["message"]
    assert len(acting.sandbox.company.papers.attachments.of(int(remote_id))) == before


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest", "http://10.0.0.1/a", "file:///etc/passwd"]
)
async def test_a_document_within_our_own_network_is_not_fetched(acting: Acting, url: str) -> None:
    uid = next(iter((await acting.ids("candidates")).values()))
    document = {"name": "a.pdf", "type": "OTHER", "data_url": url}
    done = await acting.send("POST", f"/ats/candidates/{uid}/attachments", {"attachment": document})
    assert done.status_code == 400 and "address" in done.json()["error"]["message"]
