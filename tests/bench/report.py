"""What is told: each figure with its range, the ratio with its target, and the README's words."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One thing measured several times: a rate, and the processor time of one operation."""

    what: str
    rates: list[float]  # operations/s, one per repeat
    cpu_us: list[float] = field(default_factory=list)  # per operation
    note: str = ""

    @property
    def rate(self) -> float:
        """The median."""
        return statistics.median(self.rates)

    def line(self) -> str:
        """Return the row as text."""
        spread = f"[{min(self.rates):,.0f}..{max(self.rates):,.0f}]"
        cpu = f"{statistics.median(self.cpu_us):7,.0f} us" if self.cpu_us else ""
        return f"  {self.what:<44}{self.rate:>9,.0f}/s {spread:<19}{cpu:>10}  {self.note}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that is no rate over another: what it is, and what it may be at most, or at least."""

    what: str
    value: float
    unit: str = ""
    most: float | None = None
    note: str = ""
    least: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether it is within its target; None when it has none."""
        if self.least is not None:
            return self.value >= self.least
        return None if self.most is None else self.value <= self.most

    @property
    def target(self) -> str:
        """The target in words, or nothing."""
        if self.least is not None:
            return f"{self.least:g} at least"
        return "" if self.most is None else f"{self.most:g} at most"

    def line(self) -> str:
        """Return the figure as text."""
        target = f", target {self.target}: {_word(self.met)}" if self.target else ""
        return f"{self.what}: {self.said()}{target}{f'  ({self.note})' if self.note else ''}"

    def said(self) -> str:
        """Return the number with its unit."""
        return f"{self.value:,.{0 if self.value >= 100 else 2}f} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of which the last is what ours is held against."""

    title: str
    unit: str
    rows: list[Row]
    target: float | None = None
    lines: list[str] = field(default_factory=list)  # what is no rate
    figures: list[Figure] = field(default_factory=list)

    def ratios(self, row: Row) -> list[float]:
        """Return ours over the other, repeat by repeat."""
        pairs = zip(row.rates, self.rows[-1].rates, strict=True)
        return [ours / other for ours, other in pairs]

    def verdicts(self) -> list[tuple[Row, float, bool | None]]:
        """Return each row of ours with its median ratio, and whether that meets the target."""
        if not self.rows:
            return []
        found = [(row, statistics.median(self.ratios(row))) for row in self.rows[:-1]]
        return [(row, r, None if self.target is None else r >= self.target) for row, r in found]

    def cpu_ratio(self, row: Row) -> float:
        """Return the other's processor time over ours: the ratio if the core were always busy."""
        return statistics.median(self.rows[-1].cpu_us) / statistics.median(row.cpu_us)


def about(values: Sequence[float]) -> str:
    """Return how far to believe a median: the half in the middle, and where 19 of 20 medians would lie."""
    ordered, n = sorted(values), len(values)
    # By rank, which asks nothing of how the values are spread.
    low, high = int(n / 2 - 0.98 * n**0.5), math.ceil(n / 2 + 0.98 * n**0.5)
    sure = f"; median within {ordered[low]:.2f}..{ordered[high - 1]:.2f}" if low > 0 else ""
    return f"{n} rounds, half in {ordered[n // 4]:.2f}..{ordered[3 * n // 4]:.2f}{sure}"


def table(groups: Sequence[Group]) -> str:
    """Return all groups as text for a terminal."""
    out = []
    for group in groups:
        out += ["", f"{group.title} ({group.unit}; median [min..max], CPU of the measured process)"]
        out += [row.line() for row in group.rows]
        for row, ratio, met in group.verdicts():
            ranged = group.ratios(row)
            target = "" if met is None else f", target {group.target:.2f}: {_word(met)}"
            by_cpu = f", by CPU {group.cpu_ratio(row):.2f}" if row.cpu_us else ""
            out.append(
                f"  ratio {row.what}: {ratio:.2f} [{min(ranged):.2f}..{max(ranged):.2f}]{by_cpu}{target}"
            )
        out += [f"  {figure.line()}" for figure in group.figures]
        out += [f"  {line}" for line in group.lines]
    return "\n".join(out[1:])


def prose(groups: Sequence[Group], machine: str) -> str:
    """Return what the README says of this run."""
    out = [f"Measured with `python -m tests.bench` on {machine}."]
    out.append("What is measured runs on one core; Redis, the load and the far ends share another.")
    out += ["", "| what | ratio or figure | target | met |", "| --- | --- | --- | --- |"]
    for group in groups:
        for row, ratio, met in group.verdicts():
            against = f"{row.what} over {group.rows[-1].what}"
            target = "-" if group.target is None else f"{group.target:.2f}"
            out.append(f"| {group.title}: {against} | {ratio:.2f} | {target} | {_word(met)} |")
        for figure in group.figures:
            most = figure.target or "-"
            told = f"{figure.what} ({figure.note})" if figure.note else figure.what
            out.append(
                f"| {group.title}: {told} | {figure.said()} | {most} | {_word(figure.met)} |"
            )
        out += [f"| {group.title}: {line} | | - | |" for line in group.lines]
    return "\n".join(out)


def as_json(groups: Sequence[Group], machine: str) -> dict[str, Any]:
    """Return the run for a machine to read."""
    return {
        "machine": machine,
        "groups": [
            asdict(group)
            | {
                "ratios": [
                    {"row": row.what, "ratio": r, "met": met} for row, r, met in group.verdicts()
                ],
                "figures": [asdict(figure) | {"met": figure.met} for figure in group.figures],
            }
            for group in groups
        ],
    }


def _word(met: bool | None) -> str:
    return "-" if met is None else "met" if met else "NOT met"
