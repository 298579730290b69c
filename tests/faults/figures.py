"""The figures of a run, and how they are printed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Figures:
    """What happened; times in seconds."""

    seed: int
    length_s: float
    done: Counter[str] = field(default_factory=Counter)  # faults by kind
    edits: int = 0
    acknowledged: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    asked: int = 0  # requests to Recruitee
    events: int = 0
    deliveries: int = 0
    redeliveries: int = 0
    dead_letters: int = 0
    recoveries: list[float] = field(default_factory=list)  # kill -> next delivery
    waits: list[float] = field(default_factory=list)  # acknowledged -> told to a healthy subscriber
    drained_s: float = 0.0

    def report(self) -> str:
        """Return a few lines for people."""
        kills = {k: n for k, n in sorted(self.done.items()) if k.startswith("kill ")}
        others = {k: n for k, n in sorted(self.done.items()) if k not in kills}
        return "\n".join(
            (
                f"seed {self.seed}: {self.length_s:.0f} s of storm, drained in {self.drained_s:.1f} s",
                f"  SIGKILL      {_counts(kills)}",
                f"  other faults {_counts(others)}",
                f"  webhooks     {self.acknowledged} acknowledged of {self.edits} edits' news; "
                f"answers {_counts(dict(sorted(self.answers.items())))}",
                f"  events       {self.events}, {self.asked} requests to Recruitee",
                f"  deliveries   {self.deliveries} events taken in, {self.redeliveries} heard again, "
                f"{self.dead_letters} dead letters replayed",
                f"  kill to next delivery   {_spread(self.recoveries)}",
                f"  acknowledged to told    {_spread(self.waits)}",
            )
        )


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in counts.items()) or "none"


def _spread(seconds: Sequence[float]) -> str:
    if not seconds:
        return "nothing measured"
    ordered = sorted(seconds)
    half, most = ordered[len(ordered) // 2], ordered[-1]
    late = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return f"p50 {half:.2f} s, p99 {late:.2f} s, worst {most:.2f} s"
