"""How every recipe reaches Hirewire: by three variables of the environment.

`HIREWIRE_URL` (default: `hirewire up` on this machine), `HIREWIRE_KEY` (an API key with the scopes
read, act and feed; or the admin token) and `HIREWIRE_INTEGRATION` (as `recruitee:...`; needed when
there is more than one connection).
"""

import os
from collections.abc import Iterator
from typing import Any

import httpx
from kombo import Kombo

Row = dict[str, Any]


class Hirewire:
    """Kombo's own client for what is written, plain HTTP for what is read."""

    def __init__(self) -> None:
        url = os.environ.get("HIREWIRE_URL", "http://127.0.0.1:8787").rstrip("/")
        key, integration = os.environ["HIREWIRE_KEY"], os.environ.get("HIREWIRE_INTEGRATION")
        headers = {"authorization": f"Bearer {key}"}
        if integration:
            headers["x-integration-id"] = integration
        self.http = httpx.Client(base_url=f"{url}/v1", headers=headers, timeout=30)
        sdk = Kombo(api_key=key, integration_id=integration, server_url=f"{url}/v1")
        self.ats: Any = sdk.ats  # its answers are optional by type and never by fact

    def rows(self, path: str, **filters: str) -> Iterator[Row]:
        """Yield a whole list, as `jobs` or `candidates`, page by page."""
        asked = {"page_size": "250", **filters}
        while True:
            answer = self.http.get(f"/ats/{path}", params=asked).raise_for_status().json()["data"]
            yield from answer["results"]
            if answer["next"] is None:
                return
            asked["cursor"] = answer["next"]

    def one(self, path: str, uid: str) -> Row:
        """Return one row of a list by its id."""
        return next(self.rows(path, ids=uid))

    def events(self, consumer: str, types: str) -> Iterator[Row]:
        """Yield events not seen under this consumer's name; the place is kept once they were handled."""
        while True:
            asked = {"consumer": consumer, "types": types}
            page = self.http.get("/events", params=asked).raise_for_status().json()
            yield from page["events"]
            place = {"consumer": consumer, "cursor": page["next_cursor"]}
            self.http.post("/events/ack", json=place).raise_for_status()
            if not page["events"]:
                return
