"""What is small of Truto's platform: the ping, and a clear answer for all that has no counterpart here."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from service.problems import Json
from service.state import Request
from service.truto.entry import Handler
from service.truto.envelope import Refused

ABSENT: Final[Mapping[str, str]] = {
    "alarm": "",
    "api-token": "API keys are made at /ops/v1/api-keys",
    "category": "",
    "daemon": "",
    "daemon-job": "",
    "daemon-job-cron-trigger": "",
    "daemon-job-run": "",
    "datastore": "",
    "documentation": "the API is described at /openapi.json",
    "environment": "",
    "environment-integration": "",
    "environment-integration-webhook": "webhooks come in at /integrated-account-webhook/{id}",
    "environment-unified-model": "",
    "integration": "there is one, recruitee: see /integration/recruitee/capabilities",
    "notification-destination": "",
    "sandbox-integrated-account": "link the sandbox that `hirewire sandbox` serves",
    "static-gate": "",
    "sync-job": "all is read without one: see /ops/v1/connections/{id}/sync",
    "sync-job-cron-trigger": "all is read without one: see /ops/v1/connections/{id}/sync",
    "sync-job-run": "all is read without one: see /ops/v1/connections/{id}/sync",
    "team": "Recruitee's teams are at /proxy/teams",
    "unified-model": "the models are described at /unified/meta/ats/recruitee",
    "user": "Recruitee's users are at /unified/ats/users",
    "workflow": "",
    "workflow-run": "",
}
"""Parts of Truto's platform that have no counterpart here, and what serves instead."""
UNDONE: Final[Mapping[str, str]] = {
    "create": "an account is made by its owner: POST /link-token gives the link",
    "update": "a connection is changed at /ops/v1/connections/{id}",
    "delete": "a connection is removed at /ops/v1/connections/{id}",
    "token": "a key for one account is made at /ops/v1/api-keys, with its connection_ids",
    "refresh-credentials": "Recruitee's API tokens do not expire; a new one is given by a link",
    "run-post-install-actions": "there are none",
}
"""What Truto does with an account and we do elsewhere, or not at all."""


async def ping(_: Request) -> Response:
    """Say that a token is good."""
    return Json({"message": "pong"})


def absent(name: str) -> Handler:
    """Return the handler of a part that is not served."""
    instead = ABSENT[name]

    async def refused(_: Request) -> Response:
        detail = f"{name} is a part of Truto's platform that is not served here"
        raise Refused(404, f"{detail}; {instead}" if instead else detail)

    return refused


def undone(name: str) -> Handler:
    """Return the handler of what cannot be done with an account here."""

    async def refused(_: Request) -> Response:
        raise Refused(404, f"{name} of an integrated account is not served here; {UNDONE[name]}")

    return refused
