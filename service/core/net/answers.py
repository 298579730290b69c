"""How much of an answer is read at most, whatever shape it takes: so many bytes, then no more."""

from typing import Any, Final

from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import BadHttpMessage

# Heads, interim answers, chunk framing and what of a body came before reading was paused.
ANSWER_BYTES: Final = 128 * 1024
# We keep 4 KiB of a body, so a large window would only let one peer keep the loop busy for longer:
# measured, one storm of interim answers held up every other delivery for seconds.
RECEIVE_BUFFER: Final = 16 * 1024


class BoundedHandler(ResponseHandler):
    """A connection that hangs up on an answer that is more than `ANSWER_BYTES` to read."""

    _left = ANSWER_BYTES

    def set_response_params(self, **params: Any) -> None:
        """Begin a request: its answer has the whole budget."""
        self._left = ANSWER_BYTES
        super().set_response_params(**params)

    def data_received(self, data: bytes) -> None:
        """Take what came, or hang up."""
        self._left -= len(data)
        if self._left >= 0:
            super().data_received(data)
        elif self.transport is not None:
            self.set_exception(BadHttpMessage("the answer is too large"))
            self.transport.abort()
