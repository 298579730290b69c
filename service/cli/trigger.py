"""`hirewire trigger`: post a signed sample webhook, as Recruitee would, and say how it was taken."""

from typing import Annotated, Any

import httpx
import typer

from service.cli.client import Answer, Client, over_http, part
from service.cli.output import print_json, say, show
from service.core.errors import HirewireError

TIMEOUT_S = 15.0


@over_http
def trigger(
    client: Client,
    event: Annotated[
        str,
        typer.Argument(
            help="`test`, a type, or a type and a subtype: candidate_moved/disqualified."
        ),
    ],
    connection: Annotated[
        str | None, typer.Option(help="Connection id; needed only when there are several.")
    ] = None,
    candidate: Annotated[
        str | None, typer.Option(help="Recruitee's id; else the latest that is known.")
    ] = None,
    job: Annotated[
        str | None, typer.Option(help="Recruitee's id; else the latest that is known.")
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", help="Post to this address, not the webhook_url.")
    ] = None,
    print_only: Annotated[
        bool, typer.Option("--print", help="Print the request; do not send it.")
    ] = False,
) -> None:
    """Send a sample webhook to a connection's webhook_url; its secret never leaves the instance."""
    c = connection or _only(client)
    body = {"event": event, "candidate_id": candidate, "job_id": job}
    sample = client.post(f"connections/{part(c)}/trigger", body)
    if print_only:
        _print(sample, as_json=client.as_json)
        return
    answer = _posted(to or str(sample["url"]), sample)
    taken = answer.is_success
    told = {
        "event_type": sample["event_type"],
        "event_subtype": sample["event_subtype"],
        "status": answer.status_code,
        "answer": answer.text[:500],
    }
    show(told, as_json=client.as_json)
    if not taken:
        raise typer.Exit(1)


def _only(client: Client) -> str:
    found = client.get("connections", limit=2).get("items") or []
    if len(found) != 1:
        which = "there is none" if not found else "there are several"
        raise HirewireError(f"which connection? {which}; name one with --connection")
    return str(found[0]["id"])


def _posted(url: str, sample: Answer) -> httpx.Response:
    try:
        with httpx.Client(timeout=TIMEOUT_S, trust_env=False) as http:
            return http.post(url, content=sample["body"].encode(), headers=sample["headers"])
    except httpx.HTTPError as error:
        raise HirewireError(
            f"cannot reach {url} ({type(error).__name__}); is HIREWIRE_PUBLIC_URL right? --to names "
            "another address"
        ) from None


def _print(sample: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(sample)
        return
    headers = "".join(f"{name}: {value}\n" for name, value in sample["headers"].items())
    say(f"POST {sample['url']}\n{headers}\n{sample['body']}")
