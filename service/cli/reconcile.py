"""`hirewire reconcile`: compare with Recruitee, heal what differs, and say how sure that is."""

import time
from typing import Annotated, Any

import typer

from service.cli.client import Client, over_http, part
from service.cli.output import console, print_json, say, show, show_page
from service.cli.sync import only

POLL_S = 0.5
COLUMNS = ("list", "compared", "differing", "absent")
PAST = ("id", "status", "began_at", "done_at", "absent", "doubts", "reason")


@over_http
def reconcile(
    client: Client,
    connection: Annotated[
        str | None,
        typer.Option("--connection", help="Connection id; needed when there are several."),
    ] = None,
    ledger: Annotated[
        bool, typer.Option("--ledger", help="Compare nothing: show what was found, and the proof.")
    ] = False,
    confirm: Annotated[
        str | None, typer.Option(help="A held one: what vanished at once is gone indeed.")
    ] = None,
    cancel: Annotated[str | None, typer.Option(help="End one; nothing that vanished ends.")] = None,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Do not follow it.")] = False,
    past: Annotated[
        bool, typer.Option("--list", help="Show those there were, newest first.")
    ] = False,
) -> None:
    """Compare every list with what we have, look at what differs, and report; heals as it goes."""
    if past:
        wanted = {"connection_id": connection} if connection else {}
        show_page(client.get("reconciliations", **wanted), PAST, as_json=client.as_json)
        return
    if cancel:
        show(client.post(f"reconciliations/{part(cancel)}/cancel"), as_json=client.as_json)
        return
    if ledger:
        c = connection or only(client)
        _print_ledger(client, client.get(f"connections/{part(c)}/ledger"))
        return
    if confirm:
        answer = client.post(f"reconciliations/{part(confirm)}/confirm")
    else:
        answer = client.post(f"connections/{part(connection or only(client))}/reconcile")
    if not no_wait:
        answer = _followed(client, answer)
    _print(client, answer)
    if answer["status"] == "held":
        if not client.as_json:
            say(f"if that is right: hirewire reconcile --confirm {answer['id']}; else --cancel")
        raise typer.Exit(1)


def _followed(client: Client, answer: dict[str, Any]) -> dict[str, Any]:
    try:
        with console().status("comparing") as status:
            while answer["status"] == "running":
                time.sleep(POLL_S)
                answer = client.get(f"reconciliations/{part(answer['id'])}")
                status.update(f"compared {sum(answer['compared'].values())} rows")
    except KeyboardInterrupt:
        say("still running; look at it with: hirewire reconcile --ledger")
        raise typer.Exit(130) from None
    return answer


def _print(client: Client, answer: dict[str, Any]) -> None:
    if client.as_json:
        print_json(answer)
        return
    tables = ("compared", "differing", "absent")
    show({name: said for name, said in answer.items() if name not in tables}, as_json=False)
    names = dict.fromkeys(name for table in tables for name in answer[table])
    rows = [{"list": name, **{t: answer[t].get(name, 0) for t in tables}} for name in names]
    show_page({"items": rows}, COLUMNS, as_json=False)


def _print_ledger(client: Client, answer: dict[str, Any]) -> None:
    if client.as_json:
        print_json(answer)
        return
    say(answer["says"])
    lists = ("gaps", "doubts", "says")
    show({name: said for name, said in answer.items() if name not in lists}, as_json=False)
    for name in ("gaps", "doubts"):
        say(f"\n{name.capitalize()}")
        columns = tuple(answer[name][0]) if answer[name] else ()
        show_page({"items": answer[name]}, columns, as_json=False)
