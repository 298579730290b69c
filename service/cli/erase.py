"""`hirewire erase`: forget everything that is stored about a candidate, and keep it out from then on."""

import time
from typing import Annotated, Any

import typer

from service.cli.client import Client, over_http, part
from service.cli.output import console, say, show, show_page
from service.cli.sync import only
from service.core.errors import HirewireError

POLL_S = 0.5
COLUMNS = ("subscriber_id", "event_id", "delivered_at")
BESIDES = ("acknowledgements", "unreachable")


@over_http
def erase(
    client: Client,
    connection: Annotated[
        str | None,
        typer.Option("--connection", help="Connection id; needed when there are several."),
    ] = None,
    candidate: Annotated[
        str | None, typer.Option("--candidate", help="Recruitee's id, or the unified one.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Do not follow it.")] = False,
    show_id: Annotated[str | None, typer.Option("--show", help="Show an erasure by id.")] = None,
    lift: Annotated[
        str | None, typer.Option(help="Let the candidate of an erasure in again, by its id.")
    ] = None,
) -> None:
    """Erase a candidate: what is stored goes, subscribers are told, and nothing of it comes back."""
    if lift:
        client.delete(f"erasures/{part(lift)}/suppression")
        say("what Recruitee shows of the candidate is stored from now on")
        return
    if show_id:
        _print(client, client.get(f"erasures/{part(show_id)}"))
        return
    if not candidate:
        raise HirewireError("whom to erase? name one with --candidate")
    asked = {"connection_id": connection or only(client), "candidate_id": candidate}
    if dry_run or not yes:
        counted = client.post("erasures", {**asked, "dry_run": True})
        if dry_run or not client.as_json:
            show({"candidate": candidate, **counted["counts"]}, as_json=client.as_json)
    if dry_run:
        return
    if not yes and not typer.confirm("Erase all of it for good?"):
        raise typer.Exit(1)
    answer = client.post("erasures", asked)
    if not no_wait:
        answer = _followed(client, answer)
    _print(client, answer)
    if answer["status"] == "failed":
        raise typer.Exit(1)


def _followed(client: Client, answer: dict[str, Any]) -> dict[str, Any]:
    try:
        with console().status("erasing") as status:
            while answer["status"] == "running":
                status.update(f"erasing: {answer['step'] or 'waiting for a worker'}")
                time.sleep(POLL_S)
                answer = client.get(f"erasures/{part(str(answer['id']))}")
    except KeyboardInterrupt:
        say(f"still running; look at it with: hirewire erase --show {answer['id']}")
        raise typer.Exit(130) from None
    return answer


def _print(client: Client, answer: dict[str, Any]) -> None:
    if client.as_json:
        show(answer, as_json=True)
        return
    show({name: said for name, said in answer.items() if name not in BESIDES}, as_json=False)
    if answer["acknowledgements"]:
        show_page({"items": answer["acknowledgements"]}, COLUMNS, as_json=False)
    for each in answer["unreachable"]:
        say(f"not reached: {each}")
