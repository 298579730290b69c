"""Metrics: what the ledgers hold, for Prometheus; read anew with every scrape, and nothing of anybody."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.responses import Response

from service.core import times
from service.core.store.store import Store
from service.ops.ledger import ledger
from service.state import Request

TODAY: Final = 1
Ledgers = Sequence[Mapping[str, Any]]
# Each begins anew at midnight UTC, as the day's ledger does: to Prometheus that is a counter's reset.
COUNTED: Final = {
    "told": ("hirewire_changes_told", "origin", "Changes announced, by where they came from."),
    "seen": (
        "hirewire_changes_seen",
        "detector",
        "What the feed and sweeps gave cause to look at.",
    ),
    "differing": ("hirewire_reconcile_differing", "list", "What reconciles looked at by itself."),
}
STATES: Final[Sequence[tuple[str, str, Callable[[Mapping[str, Any]], float | None]]]] = (
    ("hirewire_doubts", "Lists that cannot be believed.", lambda one: len(one["doubts"])),
    (
        "hirewire_reconciliation_held",
        "1: a reconcile found too much gone, and asks a person.",
        lambda one: one["held"] is not None,
    ),
    (
        "hirewire_feed_served",
        "1: the activity feed is served to the token. Absent: not asked yet.",
        lambda one: one["feed"]["served"],
    ),
)
INSTANTS: Final = {
    "oldest_doubt_at": ("hirewire_oldest_doubt", "Since when a list has been in doubt."),
    "polled_at": ("hirewire_feed_polled", "When the activity feed was last asked."),
    "lists_at": (
        "hirewire_proof_lists",
        "Up to when nothing is missing that lists and search show.",
    ),
    "deep_at": ("hirewire_proof_deep", "Since when every record was read by itself."),
}


async def show(request: Request) -> Response:
    """Answer a scrape."""
    store: Store = request.state["store"]
    names = await store.connections.ids()
    found = await asyncio.gather(*(ledger(store, c, TODAY) for c in names))
    return Response(exposition(found), media_type=CONTENT_TYPE_LATEST)


def exposition(ledgers: Ledgers) -> bytes:
    """Return ledgers, as the ops API shows them, in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Ledgers(ledgers))
    return generate_latest(registry)


class _Ledgers(Collector):
    """All connections' ledgers at one scrape."""

    def __init__(self, ledgers: Ledgers) -> None:
        self._ledgers = ledgers

    def collect(self) -> Iterator[Metric]:
        yield self._received()
        for field in COUNTED:
            yield self._counts(field)
        yield self._gaps()
        yield from self._states()
        for field in INSTANTS:
            yield self._instants(field)

    def _received(self) -> Metric:
        family = CounterMetricFamily(
            "hirewire_webhooks_received", "Webhooks taken in today (UTC).", labels=["connection"]
        )
        for each in self._ledgers:
            family.add_metric([each["connection_id"]], each["webhooks"])
        return family

    def _counts(self, field: str) -> Metric:
        name, label, said = COUNTED[field]
        family = CounterMetricFamily(name, f"{said} Today (UTC).", labels=["connection", label])
        for each in self._ledgers:
            for value, count in each[field].items():
                family.add_metric([each["connection_id"], value], count)
        return family

    def _gaps(self) -> Metric:
        said = "Gaps that were found, the latest 200."
        family = GaugeMetricFamily("hirewire_gaps", said, labels=["connection", "state"])
        for each in self._ledgers:
            healed, c = each["gaps_healed"], each["connection_id"]
            family.add_metric([c, "healed"], healed)
            family.add_metric([c, "open"], len(each["gaps"]) - healed)
        return family

    def _states(self) -> Iterator[Metric]:
        for name, said, of in STATES:
            family = GaugeMetricFamily(name, said, labels=["connection"])
            for each in self._ledgers:
                if (value := of(each)) is not None:
                    family.add_metric([each["connection_id"]], float(value))
            yield family

    def _instants(self, field: str) -> Metric:
        name, said = INSTANTS[field]
        family = GaugeMetricFamily(
            name + "_timestamp_seconds", f"{said} Absent: never so.", labels=["connection"]
        )
        for each in self._ledgers:
            at = times.parse({**each, **each["feed"], **each["proof"]}.get(field))
            if at is not None:
                family.add_metric([each["connection_id"]], at / 1000)
        return family
