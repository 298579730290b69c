"""What the demo prints: for a person, coloured on a terminal, plain when piped."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.table import Table
from rich.text import Text

from service.cli.output import console

SHOWN = 60


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table at the end."""

    step: str
    event: str
    latency_ms: float


class Narrator:
    """Tells the story as it happens, and sums it up."""

    def __init__(self) -> None:
        self._console = console()
        self._rows: list[Row] = []
        self._names: dict[str, str] = {}

    def opens(self, url: str, sandbox: str) -> None:
        """Say what is being started."""
        self._line(
            "Hirewire demo: embedded Redis, a sandbox Recruitee, service, worker, a subscriber",
            "bold",
        )
        self._line(f"  service   {url}")
        self._line(f"  sandbox   {sandbox}")

    def knows(self, names: Mapping[str, str]) -> None:
        """Learn what ids are called, so that a person sees names."""
        self._names.update(names)

    def does(self, what: str) -> None:
        """Say what is done at Recruitee, or by an operator."""
        self._console.print()
        self._line(f"▸ {what}", "bold cyan")

    def notes(self, text: str) -> None:
        """Say something in passing."""
        self._line(f"    {text}", "dim")

    def saw(
        self, step: str, event: Mapping[str, Any], latency_ms: float, *, replayed: bool = False
    ) -> None:
        """Show one event: type, record, sequence, changes with before and after, latency."""
        data = event["data"]
        again = "  (replayed, same id)" if replayed else ""
        head = Text("    ✓ ", style="green")
        head.append(event["type"], style="bold green")
        head.append(
            f"  {data['model']} {data['remote_id']}  #{event['sequence']}  {latency_ms:.0f} ms{again}"
        )
        self._console.print(head, soft_wrap=True)
        for change in data["changes"]:
            self._change(change)
        self._rows.append(Row(step, event["type"], latency_ms))

    def missed(self, step: str, wanted: str) -> None:
        """Say that an event did not come."""
        self._line(f"    ✗ {wanted} did not arrive ({step})", "bold red")

    def closes(self) -> None:
        """Sum up."""
        table = Table(
            "step", "event", "ms from change to subscriber", box=None, header_style="bold"
        )
        table.columns[2].justify = "right"
        for row in self._rows:
            table.add_row(row.step, row.event, f"{row.latency_ms:.0f}")
        self._console.print()
        self._console.print(table)
        self._line(
            f"every step was seen: {len(self._rows)} deliveries, each signature verified",
            "bold green",
        )

    def stays(self, url: str, sandbox: str, token: str, subscribers: list[str]) -> None:
        """Give the addresses of what stays up."""
        self._console.print()
        self._line("It stays up; Ctrl-C stops it. Try, in another terminal:", "bold")
        self._line(f"  export HIREWIRE_URL={url} HIREWIRE_ADMIN_TOKEN={token}")
        self._line(
            "  hirewire events list     hirewire deliveries list     hirewire subscribers list"
        )
        self._line(f"  the sandbox's own knobs: {sandbox}/sandbox/knobs")
        self._line(f"  the sample subscribers:  {' and '.join(subscribers)}")

    def _change(self, change: Mapping[str, Any]) -> None:
        line = Text(f"        {change['path']}: ")
        line.append(self._told(change["before"]), style="red")
        line.append(" → ")
        line.append(self._told(change["after"]), style="green")
        self._console.print(line, soft_wrap=True)

    def _told(self, value: object) -> str:
        if isinstance(value, str) and value in self._names:
            return self._names[value]
        text = "null" if value is None else str(value)
        return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"

    def _line(self, text: str, style: str = "") -> None:
        self._console.print(Text(text, style=style), soft_wrap=True)
