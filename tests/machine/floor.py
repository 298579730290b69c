"""What every line of the store promises, in plain Python: bells, tokens, leases, lifetimes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tests.machine.world import KEPT, View


class Floor:
    """Time in units; every method is one script, its return what the typed store makes of the reply."""

    def __init__(self) -> None:
        self.now = 0
        self.tok = 0
        self.bells: set[str] = set()
        self.jobs: list[str] = []
        self.told: set[str] = set()  # jobs whose text is still there
        self.ready: dict[str, dict[str, int]] = {"in": {}, "out": {}, "rpl": {}}
        self.lease: dict[str, dict[str, int]] = {"in": {}, "out": {}, "rpl": {}}
        self.passing: dict[str, tuple[int, Any]] = {}  # until when, what
        self.dead: dict[str, int] = {}
        self.stat: dict[str, int] = {}

    def wait(self, units: int) -> None:
        """Time passes."""
        self.now += units
        self.bells.clear()
        self.told.clear()
        self.passing = {k: row for k, row in self.passing.items() if row[0] > self.now}

    def keep(self, key: str, value: Any, units: int) -> None:
        """Store something with a lifetime."""
        self.passing[key] = (self.now + units, value)

    def kept(self, key: str) -> Any:
        """Return what is stored with a lifetime, or None."""
        return self.passing[key][1] if key in self.passing else None

    def drop(self, key: str) -> None:
        """Forget it."""
        self.passing.pop(key, None)

    def token(self) -> int:
        """Give the next token."""
        self.tok += 1
        return self.tok

    def ring(self, which: str) -> None:
        """Tell a worker, unless it was told."""
        if which not in self.bells:
            self.bells.add(which)
            job = f"{which}-{self.token()}"
            self.jobs.append(job)
            self.told.add(job)

    def line_up(self, which: str, owner: str) -> None:
        """Have an owner looked at now, unless somebody is at it."""
        if owner not in self.lease[which]:
            line = self.ready[which]
            line[owner] = min(line.get(owner, self.now), self.now)

    def holds(self, which: str, owner: str, token: int) -> bool:
        """Say whether a lease is still good."""
        return self.lease[which].get(owner) == token

    def fan_out(self) -> None:
        """Tell active subscribers which logs grew; there are none here."""

    def claim(
        self, which: str, want: int, lease: int, got: Sequence[str]
    ) -> tuple[list[tuple[str, int]], int | None]:
        """Claim what is due, the earliest first; of those due at once, `got` is what Redis chose."""
        if which == "out":
            self.fan_out()
        line = self.ready[which]
        earliest(line, want, self.now, got)
        out = []
        for owner in got:
            self.lease[which][owner] = self.token()
            line[owner] = self.now + lease
            out.append((owner, self.lease[which][owner]))
        if not got:
            self.bells.discard(which)
            return [], min(line.values()) - self.now if line else None
        if len(got) == want:
            self.bells.discard(which)
            self.ring(which)
        return out, None

    def renew(self, which: str, owner: str, token: int, lease: int) -> bool:
        """Prolong a lease that is still good."""
        if not self.holds(which, owner, token):
            return False
        self.ready[which][owner] = self.now + lease
        return True

    def sweep_floor(self) -> None:
        """Ring for what is due; forget listings past their time."""
        for which in ("in", "out", "rpl"):
            if any(at <= self.now for at in self.ready[which].values()):
                self.ring(which)
        listed = self.listed_dead()
        self.dead = {name: at for name, at in self.dead.items() if name in listed}

    def listed_dead(self) -> set[str]:
        """Return the dead letters that no sweep forgets yet."""
        return {name for name, at in self.dead.items() if at > self.now - KEPT}

    def jobs_done(self) -> None:
        """Let arq take its jobs."""
        self.jobs.clear()
        self.told.clear()

    def view(self) -> View:
        """Return all that Redis should hold."""
        rows: View = {f"bell:{which}": (self.now + 1, "1") for which in self.bells}
        rows |= {f"arq:job:{job}": (self.now + 1, True) for job in self.told}
        rows |= {f"ready:{w}": line for w, line in self.ready.items()}
        rows |= {
            f"lease:{w}": {o: str(t) for o, t in held.items()} for w, held in self.lease.items()
        }
        rows |= {"arq:queue": sorted(self.jobs), "dead": self.dead, "stat": strings(self.stat)}
        rows |= {"tok": str(self.tok) if self.tok else ""}
        return rows | self.passing


def earliest(line: Mapping[str, float], want: int, now: float, got: Iterable[str]) -> None:
    """Check that `got` are as many of those that are due as are wanted, and none is passed over."""
    due = {name: int(at) for name, at in line.items() if int(at) <= now}
    chosen = list(got)
    assert set(chosen) <= set(due), f"{chosen} are not all due in {line} at {now}"
    assert len(chosen) == min(want, len(due)), f"{chosen} is not all of {want} of {due}"
    times = [due[name] for name in chosen]
    rest = [at for name, at in due.items() if name not in chosen]
    assert times == sorted(times) and (not times or max(times) <= min(rest, default=now))


def strings(values: Mapping[str, Any]) -> dict[str, str]:
    """Return values as Redis shows them."""
    return {name: str(value) for name, value in values.items()}


def differences(model: View, real: View) -> list[str]:
    """Return in words what Redis holds that the model does not, and the other way round."""
    wanted = {key: value for key, value in model.items() if not _nothing(value)}
    found = []
    for key in sorted({*wanted, *real}):
        if wanted.get(key) != real.get(key):
            found.append(f"{key}: Redis {real.get(key)!r}, model {wanted.get(key)!r}")
    return found


def _nothing(value: Any) -> bool:
    held = value[1] if isinstance(value, tuple) else value
    return held in ({}, [], "", None) or held == set()


Act = Callable[[], Any]
