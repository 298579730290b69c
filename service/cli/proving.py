"""`hirewire subscribers test` and `challenge`: how a receiver answers, seen from here."""

import time
from typing import Annotated

import typer

from service.cli.client import Answer, Client, over_http, part
from service.cli.deliveries import show_delivery
from service.cli.output import say, show
from service.core.errors import HirewireError

FIRST_S = 20.0
SETTLED_S = 600.0
POLL_S = 0.1
EXCERPT = 400
Id = Annotated[str, typer.Argument(metavar="SUBSCRIBER", help="The subscriber's id.")]


@over_http
def send_test(
    client: Client,
    subscriber: Id,
    wait: Annotated[
        bool, typer.Option("--wait", help="Follow it to its end, not to its first attempt only.")
    ] = False,
) -> None:
    """Send a signed test event and show how it was answered; status 1 when it was not taken."""
    sent = client.post(f"subscribers/{part(subscriber)}/test")
    found = _followed(client, str(sent.get("delivery_id", "")), to_its_end=wait)
    show_delivery(found, as_json=client.as_json)
    if not any(_taken(attempt) for attempt in found["attempts"]):
        raise typer.Exit(1)


@over_http
def challenge(client: Client, subscriber: Id) -> None:
    """Ask its URL to prove itself; status 1 when it did not answer as it has to."""
    found = client.post(f"subscribers/{part(subscriber)}/challenge")
    told = found.get("challenged") or {}
    if client.as_json:
        show(found, as_json=True)
    else:
        say(f"{'proved' if told.get('answered') else 'not proved'}: {_said(told)}")
        say(f"{found.get('id')} is {found.get('status')}")
    if not told.get("answered"):
        raise typer.Exit(1)


def _followed(client: Client, delivery_id: str, *, to_its_end: bool) -> Answer:
    """Tell each attempt as it comes; return the delivery after its first, or at its end."""
    deadline, told = time.monotonic() + FIRST_S, 0
    while True:
        found = client.get(f"deliveries/{part(delivery_id)}")
        attempts = found.get("attempts") or []
        for attempt in attempts[told:]:
            if not client.as_json:
                say(f"attempt {attempt.get('number')}: {_said(attempt)}")
        if len(attempts) > told:
            deadline, told = time.monotonic() + SETTLED_S, len(attempts)
        if told and not (to_its_end and found.get("status") == "open"):
            return found
        if time.monotonic() > deadline:
            raise HirewireError(_late(told))
        time.sleep(POLL_S)


def _late(told: int) -> str:
    if told:
        return f"no further attempt was made within {SETTLED_S:g} s; see `hirewire deliveries show`"
    return (
        f"no attempt was made within {FIRST_S:g} s; is a worker running, and is the subscriber "
        "active?"
    )


def _said(answer: Answer) -> str:
    status = answer.get("status_code")
    words = [str(answer.get("error") or "")] if answer.get("error") else []
    if status is not None:
        words.insert(0, f"answered {status}")
    line = f"{', '.join(words) or 'no answer'} ({answer.get('duration_ms')} ms)"
    excerpt = " ".join(str(answer.get("response_excerpt") or "").split())[:EXCERPT]
    # What a receiver says must not steer the terminal.
    shown = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in excerpt)
    return f"{line}: {shown}" if shown else line


def _taken(attempt: Answer) -> bool:
    status = attempt.get("status_code")
    return not attempt.get("error") and isinstance(status, int) and 200 <= status < 300
