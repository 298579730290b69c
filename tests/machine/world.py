"""The real store as a machine sees it: one step at a time, all of Redis read after each, time at will.

Redis' clock cannot be moved. But scripts only ever compare a stored instant with the clock, and keys
only ever end after a lifetime, so waiting for a while is the same as making every stored instant and
every lifetime shorter by that while: that is `wait`. All delays are whole units of twelve minutes; what
a run really takes is so much less that rounding removes it.
"""

import asyncio
import hashlib
from collections.abc import Awaitable
from typing import Any

import orjson
from pydantic import SecretStr

from service.core import crypto
from service.core.settings import Settings
from service.core.store.redis import Pipe, Script, connect
from service.core.store.store import Store

UNIT_MS = 720_000
KEPT = 10  # units that are kept: the retention
SEEN = 360  # units: 72 hours
MOMENT_MS = 60

View = dict[str, Any]

# Bells and arq's jobs live for seconds: how long a step of the test takes must not decide.
LOOK = b"""
local t = redis.call('TIME')
local out = {string.format('%.3f', t[1] * 1000 + t[2] / 1000)}
for _, key in ipairs(redis.call('KEYS', '*')) do
  if (key:sub(1, 5) == 'bell:' or key:sub(1, 4) == 'arq:') and redis.call('PTTL', key) > 0 then
    redis.call('PEXPIRE', key, 600000)
  end
  local kind, value = redis.call('TYPE', key).ok, nil
  if kind == 'string' then value = redis.call('GET', key)
  elseif kind == 'hash' then value = redis.call('HGETALL', key)
  elseif kind == 'set' then value = redis.call('SMEMBERS', key)
  elseif kind == 'zset' then value = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
  elseif kind == 'list' then value = redis.call('LRANGE', key, 0, -1)
  else value = redis.call('XRANGE', key, '-', '+') end
  -- Drawn once per process, whatever is emptied in between.
  if key ~= 'supkey' then out[#out + 1] = {key, kind, redis.call('PTTL', key), value} end
end
return out
"""

WAIT = b"""
local ms = tonumber(ARGV[1])
for _, key in ipairs(redis.call('KEYS', '*')) do
  if redis.call('TYPE', key).ok == 'zset' then
    local rows = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
    for k = 1, #rows, 2 do redis.call('ZADD', key, rows[k + 1] - ms, rows[k]) end
  elseif key:sub(1, 5) == 'rate:' then
    local free = string.format('%.0f', redis.call('GET', key) - ms * 1000)
    redis.call('SET', key, free, 'KEEPTTL')
  end
  local left = redis.call('PTTL', key)
  if left > 0 then redis.call('PEXPIRE', key, left - ms) end
end
return 1
"""


class Watched(Pipe):
    """Remembers the scripts that were sent, so that one can be sent again; can carry broken ones."""

    def __init__(self, url: str, broken: dict[str, tuple[str, str]] | None = None) -> None:
        super().__init__(connect(url, tries=1, name="hirewire-test"))
        self.sent: list[tuple[Any, ...]] = []
        for name, (line, other) in (broken or {}).items():
            text = self._scripts[name].text.decode()
            if text.count(line) != 1:
                raise LookupError(f"{name} does not have {line!r} once")
            self._put(name, text.replace(line, other).encode())
        self.ours = {self._put("_look", LOOK), self._put("_wait", WAIT)}

    def _put(self, name: str, text: bytes) -> str:
        script = Script(text, hashlib.sha1(text, usedforsecurity=False).hexdigest())
        self._scripts[name] = script
        self._texts[script.sha] = text
        return script.sha

    def _ask(self, command: tuple[Any, ...]) -> "asyncio.Future[Any]":
        if command[0] == "EVALSHA":
            self.sent.append(command)
        return super()._ask(command)

    def again(self, command: tuple[Any, ...]) -> "asyncio.Future[Any]":
        """Send a script as it was sent before."""
        return super()._ask(command)


class World:
    """The store, a loop to drive it with, and the time."""

    def __init__(self, url: str, broken: dict[str, tuple[str, str]] | None = None) -> None:
        self._loop = asyncio.new_event_loop()  # a Runner minds signals anew at every call
        settings = Settings(
            redis_url=SecretStr(url),
            admin_token=SecretStr("test-admin-token"),
            master_key=SecretStr(crypto.new_master_key()),
            event_retention_days=KEPT * UNIT_MS / 86_400_000,
        )
        self.pipe = self._loop.run_until_complete(self._opened(url, broken))
        self.store = Store.open(settings, self.pipe)
        self.now = 0
        self._numbers: dict[str, dict[str, int]] = {}
        self._places: dict[str, list[str]] = {}

    async def _opened(self, url: str, broken: dict[str, tuple[str, str]] | None) -> Watched:
        return Watched(url, broken)

    def empty(self) -> None:
        """Begin anew: nothing is stored and no time has passed."""
        self.run(self.pipe.call, "FLUSHALL")
        self.pipe.sent.clear()
        self.now = 0
        self._numbers, self._places = {}, {}

    def close(self) -> None:
        """Hang up."""
        self.run(self.store.close)
        self._loop.close()

    def run(self, act: Any, *args: Any) -> Any:
        """Carry out one asynchronous call."""
        return self._loop.run_until_complete(_awaited(act, *args))

    def seen(self, act: Any, *args: Any) -> tuple[Any, View]:
        """Carry out one asynchronous call; return its reply, or what it raised, and all that is stored."""
        return self._loop.run_until_complete(self._seen(act, *args))

    def wait(self, units: int) -> None:
        """Let time pass, and a millisecond, so that what is due after so long is due."""
        self.run(self.pipe.run, "_wait", units * (UNIT_MS + 1))
        self.now += units

    def moment(self) -> None:
        """Let so little time pass that only what was put off for a moment is due."""
        self.run(self.pipe.run, "_wait", MOMENT_MS)

    def number(self, stream: str, place: str) -> int:
        """Return which entry of a stream has this id, counted from 1; 0 for none."""
        return self._numbers.get(stream, {}).get(place, 0)

    def place(self, stream: str, number: int) -> str:
        """Return the id of a stream's entry."""
        return self._places[stream][number - 1] if number else "0-0"

    async def _seen(self, act: Any, *args: Any) -> tuple[Any, View]:
        try:
            reply = await _awaited(act, *args)
        except Exception as error:  # noqa: BLE001 - what was raised is a reply like any other
            reply = error
        return reply, self._view(await self.pipe.run("_look"))

    def _view(self, rows: list[Any]) -> View:
        now = float(rows[0])
        view = {}
        for raw_key, kind, left, value in sorted(rows[1:], key=lambda row: str(row[0])):
            key = raw_key.decode()
            shown = self._shown(key, kind.decode(), value, now)
            if shown is not None:
                view[key] = (self.now + round(left / UNIT_MS), shown) if left >= 0 else shown
        return view

    def _shown(self, key: str, kind: str, value: Any, now: float) -> Any:
        head = key.partition(":")[0]
        if key in ("beat", "arq:bell") or head == "led":
            return None
        if kind == "stream":
            return self._stream(key, value) or None
        if kind == "zset":
            scores = {_text(value[k]): float(value[k + 1]) for k in range(0, len(value), 2)}
            if head in ("ix", "arq", "conns", "subs"):
                return sorted(scores)
            flight = head == "due"
            return {name: self.instant(score, now, flight) for name, score in scores.items()}
        if kind == "hash":
            return self._hash(
                head, {_text(value[k]): _text(value[k + 1]) for k in range(0, len(value), 2)}, key
            )
        if kind == "string":
            return self._string(head, _text(value), now)
        return sorted(map(_text, value)) if kind == "set" else [_text(v) for v in value]

    def instant(self, score: float, now: float, flight: bool) -> float:
        """Return a stored instant in units; of an attempt, a half more for a flight's deadline."""
        half = 0.5 if flight and score % 1 else 0
        return self.now + round((score - now) / UNIT_MS) + half

    def _stream(self, key: str, rows: list[Any]) -> list[Any]:
        numbers, places = self._numbers.setdefault(key, {}), self._places.setdefault(key, [])
        for place, _ in rows:
            if (name := _text(place)) not in numbers:
                places.append(name)
                numbers[name] = len(places)
        return [(numbers[_text(place)], [_text(f) for f in fields]) for place, fields in rows]

    def _hash(self, head: str, fields: dict[str, str], key: str) -> Any:
        if head == "conn":
            return {name: fields.get(name, "") for name in ("status", "reason")}
        if head == "sub":
            return {name: fields.get(name, "") for name in ("status", "reason", "try", "brk")} | {
                "streak": int(fields.get("streak", 0))
            }
        if head == "pos":
            return {c: self.number(f"log:{c}", place) for c, place in fields.items()}
        if head == "rpl":
            fields.pop("created", None)
        if head == "rec":
            fields["t"] = fields["t"].partition(":")[0]  # when Recruitee was asked is a clock
        return fields

    def _string(self, head: str, value: str, now: float) -> Any:
        if head == "ev":
            return orjson.loads(value)["id"]
        if head == "arq":
            return True
        if head == "rate":
            free = self.now + round((int(value) / 1000 - now) / UNIT_MS)
            return free if free > self.now else None
        return value


async def _awaited(act: Any, *args: Any) -> Any:
    reply: Awaitable[Any] = act(*args)
    return await reply


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
