"""Records made by hand, each changed at a time of the test's choosing, and the lists that show them."""

from itertools import count
from typing import Any

import httpx

from service.core import ids
from service.core.store import keys
from service.core.store.records import Committed, Write
from service.core.store.store import Store
from service.core.times import iso
from service.core.unified.model import Fields, Ref, Snapshot

Row = dict[str, Any]


class Books:
    """One connection's records, without a worker."""

    def __init__(self, store: Store, c: str, http: httpx.AsyncClient) -> None:
        self.store = store
        self.c = c
        self.http = http
        self._tokens = count(1_000_000)
        self._versions: dict[Ref, int] = {}

    def uid(self, model: str, remote_id: str) -> str:
        """Return a record's id."""
        return ids.record_id(self.c, model, remote_id)

    async def put(
        self,
        model: str,
        remote_id: str,
        at: int,
        root: str = "",
        *,
        deleted: bool = False,
        **more: Any,
    ) -> None:
        """Keep a record as it changed at a time (ms)."""
        ref = Ref(model, remote_id)
        version = self._versions.get(ref, 0)
        self._versions[ref] = version + 1
        ended = iso(at) if deleted else None
        fields: Fields = {"id": self.uid(*ref), "remote_id": remote_id, "remote_deleted_at": ended}
        snapshot = Snapshot(version + 1, 0, fields | more, deleted=deleted)
        write = Write(ref, version, snapshot, root)
        done = await self.store.records.commit(self.c, next(self._tokens), [write], [])
        assert done is Committed.DONE
        await self.touch(model, remote_id, at)

    async def touch(self, model: str, remote_id: str, at: int) -> None:
        """Say when a record changed last."""
        await self.store.pipe.call("ZADD", keys.index(self.c, model), at, remote_id)
        await self.store.pipe.call("HINCRBY", keys.connection(self.c), "changed", 1)

    async def person(self, remote_id: str, at: int, **more: Any) -> None:
        """Keep a candidate."""
        await self.put("candidate", remote_id, at, **more)

    async def apply(self, remote_id: str, candidate: str, job: str, at: int, **more: Any) -> None:
        """Keep an application."""
        await self.put(
            "application", remote_id, at, f"candidate:{candidate}",
            candidate_id=self.uid("candidate", candidate), job_id=self.uid("job", job), **more,
        )  # fmt: skip

    async def meet(self, remote_id: str, candidate: str, job: str, at: int, **more: Any) -> None:
        """Keep an interview."""
        await self.put(
            "interview", remote_id, at, f"candidate_interviews:{candidate}",
            candidate_id=self.uid("candidate", candidate), job_id=self.uid("job", job), **more,
        )  # fmt: skip

    async def page(self, path: str, **asked: Any) -> tuple[list[Row], str | None]:
        """Return one page and the cursor of the next."""
        answer = await self.http.get(f"/v1/ats/{path}", params=asked)
        assert answer.status_code == 200, answer.text
        data = answer.json()["data"]
        return data["results"], data["next"]

    async def ids(self, path: str, **asked: Any) -> list[str]:
        """Return the remote ids of a whole list, in its order."""
        found: list[str] = []
        while True:
            rows, following = await self.page(path, **asked)
            found += [row["remote_id"] for row in rows]
            if following is None:
                return found
            asked["cursor"] = following
