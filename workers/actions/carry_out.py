"""An action taken from the inbox: carried out, its records read, its end kept and told."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from service.core import times
from service.core.actions.inputs import CreateApplication
from service.core.actions.result import Result, Why
from service.core.errors import Fenced, StoreUnavailable
from service.core.logs import logger, where
from service.core.recruitee.client import Unauthorized
from service.core.recruitee.webhook import entry
from service.core.store.actions import Action
from service.core.store.audit import Entry
from service.core.store.connections import Connection
from service.core.store.inbox import Lease
from service.core.unified.model import Ref
from service.core.unified.registry import COLLECTIONS
from workers.actions.creating import create_application
from workers.actions.doing import Doing, Ended, NotYet
from workers.actions.importing import import_application
from workers.actions.meeting import evaluate, schedule_interview
from workers.actions.noting import add_note, add_result_link
from workers.actions.papers import add_attachment
from workers.actions.placing import assign, move_to_stage, reject, unassign, unreject
from workers.actions.profile import (
    delete_candidate,
    set_consent,
    set_custom_field,
    update_candidate,
)
from workers.actions.tagging import add_tag, remove_tag
from workers.asking import Done, Failed, Outcome
from workers.collect import collect
from workers.context import Context
from workers.refetch import refetch

Run = Callable[[Doing, Any], Awaitable[None]]
Turns = defaultdict[str, asyncio.Lock]
RUNS: Final[Mapping[str, Run]] = {
    "create_application": create_application,
    "update_candidate": update_candidate,
    "delete_candidate": delete_candidate,
    "add_tag": add_tag,
    "remove_tag": remove_tag,
    "add_attachment": add_attachment,
    "move_to_stage": move_to_stage,
    "reject": reject,
    "unreject": unreject,
    "assign": assign,
    "unassign": unassign,
    "add_note": add_note,
    "add_result_link": add_result_link,
    "set_custom_field": set_custom_field,
    "set_consent": set_consent,
    "evaluate": evaluate,
    "schedule_interview": schedule_interview,
    "import_application": import_application,
}
MAKES: Final = frozenset({"create_application", "assign", "import_application"})
MADE_BY: Final = frozenset({"candidate", "place"})
"""The steps that make a candidate or an application, should the action fail after them."""
PATIENCE_MS: Final = 10 * 60_000
"""For how long an action waits for Recruitee; after that its caller has to ask again."""
STATUS: Final[Mapping[Why, int]] = {
    "": 200, "invalid": 422, "missing": 404, "forbidden": 403, "unauthorized": 401, "exists": 409,
    "closed": 409, "limited": 429, "unavailable": 503, "unknown": 502, "fault": 500,
}  # fmt: skip
log = logger("actions")


async def carry_out(
    ctx: Context,
    connection: Connection,
    lease: Lease,
    action: str,
    acks: Sequence[str],
    root: str,
    declared: Callable[[], None],
    turns: Turns,
) -> Outcome:
    """Carry an action out as far as can be, and acknowledge it with its end.

    Two about one person come one after the other: what the first makes, the second finds.
    """
    one = await ctx.store.actions.get(action)
    outcome: Outcome = Done(0)
    if one is not None and one.status == "open" and one.input is not None:
        async with turns[about(one)]:
            outcome = await _in_turn(Doing(ctx, connection, lease, one, declared))
        if isinstance(outcome, Failed):
            return outcome
    await ctx.store.records.commit(lease.id, 0, [], [], lease=lease, acks=acks, parked=root)
    return outcome


def about(one: Action) -> str:
    """Return whom an action is about: a candidate, or who is to be one, by their first address."""
    if one.subject or not isinstance(one.input, CreateApplication):
        return one.subject or one.id
    return next((each.lower() for each in one.input.person.emails), one.id)


async def _in_turn(doing: Doing) -> Outcome:
    ended = await _run(doing)
    if isinstance(ended, Failed):
        await _noted(doing)
        return ended
    await _kept(doing, ended)
    outcome = await _look(doing)
    who = ended.ids.get("candidate", "")
    await doing.ctx.store.actions.end(doing.lease, doing.one.id, ended, who)
    await _audited(doing.ctx, doing.one, ended)
    if ended.why == "unauthorized":
        return Unauthorized("Recruitee refuses the token")
    return outcome


async def _noted(doing: Doing) -> None:
    """Keep whom an action that goes on later turned out to be about: to be found when they are erased."""
    who = doing.ids.get("candidate")
    if who and not doing.one.subject:
        await doing.ctx.store.actions.note(doing.lease, doing.one.id, subject=who)


async def _kept(doing: Doing, ended: Result) -> None:
    """Keep what was made or imported, whatever the scope: it may keep only that some day."""
    if doing.one.kind not in MAKES or not (ended.ok or MADE_BY.intersection(ended.done)):
        return
    made = [
        Ref(model, ended.ids[model]) for model in ("candidate", "application") if model in ended.ids
    ]
    barred = await doing.ctx.store.suppression.among(
        doing.c, [ref.remote_id for ref in made if ref.model == "candidate"]
    )
    await doing.ctx.store.made.add(doing.c, [] if barred else made)


async def _run(doing: Doing) -> Result | Failed:
    """Run the action's function; returns how it ended, or that it goes on later."""
    one = doing.one
    if not one.steps and _too_late(one):
        return doing.result("unavailable", "it waited too long for Recruitee; nothing was done")
    try:
        await RUNS[one.kind](doing, one.input)
    except Ended as error:
        return doing.result(error.why, error.message)
    except NotYet as error:
        return _later(doing, error.outcome)
    except (Fenced, StoreUnavailable):
        raise
    except Exception as error:  # noqa: BLE001 - whatever escapes must not hold up those behind it
        log.error("action.crashed", action_id=one.id, kind=one.kind, error=where(error))
        return doing.result("fault", f"a fault of ours: {where(error)}")
    return doing.result()


def _later(doing: Doing, outcome: Failed | Unauthorized) -> Result | Failed:
    if isinstance(outcome, Unauthorized):
        return doing.result("unauthorized", "Recruitee refuses the API token")
    if not _too_late(doing.one):
        return outcome
    why: Why = "limited" if "429" in outcome.reason else "unavailable"
    return doing.result(why, outcome.reason)


def _too_late(one: Action) -> bool:
    return times.now_ms() - one.begun > PATIENCE_MS


async def _look(doing: Doing) -> Outcome:
    """Read what was changed, so that it is told now and can be read by whoever asked for it."""
    events = 0
    for ref in doing.roots:
        outcome = await _read(doing, ref)
        if isinstance(outcome, Done):
            events += outcome.events
            if outcome.events:
                doing.ctx.expected.drop((doing.c, f"{ref.model}:{ref.remote_id}"))
            continue
        # Not now: then as any other record that is to be looked at.
        cause = [entry(f"{ref.model}:{ref.remote_id}", doing.cause)]
        await doing.ctx.store.inbox.enqueue(doing.c, cause)
    return Done(events)


async def _read(doing: Doing, ref: Ref) -> Outcome:
    ctx, connection, lease = doing.ctx, doing.connection, doing.lease
    if ref.model in COLLECTIONS:
        return await collect(ctx, connection, ref, [doing.cause], lease, [], "")
    return await refetch(ctx, connection, ref, [doing.cause], lease, [], "", patient=False)


async def _audited(ctx: Context, one: Action, ended: Result) -> None:
    """Write down who had what done, and how it ended; ids and kinds, no words of anybody."""
    log.info("action.ended", action_id=one.id, kind=one.kind, outcome=ended.why or "done")
    targets = {"connection_id": one.connection_id, "action_id": one.id}
    targets |= {f"{model}_remote_id": remote_id for model, remote_id in ended.ids.items()}
    done = Entry(
        actor="key", actor_id=one.by_id, name=one.by, action=f"action {one.kind}: ended",
        targets=targets, status=STATUS[ended.why],
    )  # fmt: skip
    await ctx.store.audit.write(done)
