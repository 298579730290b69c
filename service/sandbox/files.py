"""Files and their addresses, which the sandbox serves itself and which expire as presigned ones."""

import hashlib
import hmac
from dataclasses import dataclass, field

from service.sandbox.config import Clock

BYTES_KEPT = 256 * 1024 * 1024
LONGEST_FILE = 25 * 1024 * 1024


@dataclass(slots=True)
class Files:
    """Contents by `kind/id`, and the signer of addresses; `base` is where the sandbox is reached.

    What was never uploaded has invented contents. Of uploads the first 256 MB are kept, a later one
    is invented too.
    """

    clock: Clock
    key: bytes
    base: str = "http://127.0.0.1:8790"
    ttl_s: int = 900
    _kept: dict[str, bytes] = field(default_factory=dict)
    _size: int = 0

    def put(self, kind: str, number: int, content: bytes) -> None:
        """Keep an upload."""
        if self._size + len(content) <= BYTES_KEPT:
            self._kept[f"{kind}/{number}"] = content
            self._size += len(content)

    def copy(self, kind: str, number: int, to_kind: str, to_number: int) -> None:
        """Let a file stand in a second place."""
        if (content := self._kept.get(f"{kind}/{number}")) is not None:
            self._kept[f"{to_kind}/{to_number}"] = content

    def content(self, kind: str, number: int) -> bytes:
        """Return a file's bytes."""
        made = f"%PDF-1.4\n% An invented {kind}, number {number}.\n%%EOF\n"
        return self._kept.get(f"{kind}/{number}") or made.encode()

    def url(self, kind: str, number: int, name: str) -> str:
        """Return an address that works for `ttl_s` seconds and without the API's token."""
        until = int(self.clock().timestamp()) + self.ttl_s
        return f"{self.base}/files/{until}-{self._sign(until, kind, number)}/{kind}/{number}/{name}"

    def opens(self, ticket: str, kind: str, number: int) -> bool:
        """Say whether the ticket of an address is good and not over."""
        until, _, sign = ticket.partition("-")
        if not until.isdecimal() or len(until) > 12 or int(until) < self.clock().timestamp():
            return False
        good = self._sign(int(until), kind, number)
        return hmac.compare_digest(sign.encode(), good.encode())

    def _sign(self, until: int, kind: str, number: int) -> str:
        text = f"{until}/{kind}/{number}".encode()
        return hmac.new(self.key, text, hashlib.sha256).hexdigest()[:24]
