"""The routes that ask Recruitee live, and those of Truto's platform."""

from typing import Final

from starlette.routing import BaseRoute

from service.kombo.outbound import Lanes
from service.truto import (
    custom,
    platform,
    platform_accounts,
    platform_ingress,
    platform_log,
    platform_mcp,
    platform_webhooks,
    proxy,
)
from service.truto.entry import at

VERBS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
ACCOUNT: Final = "/integrated-account/{id}"


def routes() -> list[BaseRoute]:
    """Return every route, each with its whole path."""
    lanes = Lanes()
    many, one = proxy.handler(lanes, record=False), proxy.handler(lanes, record=True)
    anything = dict.fromkeys(VERBS, custom.handler(lanes))
    return [
        at("/proxy/{resource}", needs="passthrough", GET=many, POST=many),
        at("/proxy/{resource}/{id}", needs="passthrough", **dict.fromkeys(VERBS, one)),
        at("/custom/{path:path}", needs="passthrough", **anything),
        *_platform(),
    ]


def _platform() -> list[BaseRoute]:
    accounts, webhooks = platform_accounts, platform_webhooks
    return [
        at("/ping", GET=platform.ping),
        at("/integrated-account", GET=accounts.every, POST=platform.undone("create")),
        *(
            at(f"/integrated-account/{name}", POST=platform.undone(name))
            for name in ("token", "refresh-credentials", "run-post-install-actions")
        ),
        at(
            ACCOUNT, GET=accounts.one, PATCH=platform.undone("update"),
            DELETE=platform.undone("delete"),
        ),
        at(f"{ACCOUNT}/tools", GET=platform_mcp.tools),
        at(f"{ACCOUNT}/mcp", needs="ops", GET=platform_mcp.every, POST=platform_mcp.create),
        at(
            f"{ACCOUNT}/mcp/{{token}}", needs="ops",
            GET=platform_mcp.show, DELETE=platform_mcp.remove,
        ),
        at(f"{ACCOUNT}/capabilities", GET=accounts.capabilities),
        at("/integration/{slug}/capabilities", GET=accounts.capabilities_of_tool),
        platform_ingress.route(),
        at("/webhook", needs="ops", GET=webhooks.every, POST=webhooks.create),
        at("/webhook/test", needs="ops", POST=webhooks.test),
        at(
            "/webhook/{id}", needs="ops",
            GET=webhooks.show, PATCH=webhooks.update, DELETE=webhooks.remove,
        ),
        at("/log", needs="ops", GET=platform_log.every),
        *(route for name in platform.ABSENT for route in _absent(name)),
    ]  # fmt: skip


def _absent(name: str) -> list[BaseRoute]:
    by_verb = dict.fromkeys(VERBS, platform.absent(name))
    return [
        at(f"/{name}", needs="read", **by_verb),
        at(f"/{name}/{{rest:path}}", needs="read", **by_verb),
    ]
