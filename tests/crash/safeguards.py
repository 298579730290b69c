"""Each safeguard, how it is switched off, and what fails then: the proof that the harness bites.

`python -m tests.crash.safeguards NAME` switches one off and runs what must fail; its status is 3 if that
fails as it should. `test_safeguards.py` does so with all of them.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

from service.core.store import redis as store_redis
from service.core.store.inbox import Inbox
from service.core.store.records import Known, Records
from service.core.store.redis import Script, load_scripts
from service.core.store.suppression import Suppression
from service.core.unified.model import Draft, Ref, Snapshot, Verdict
from workers import collect, commit, following, lists, refetch, sync, telling
from workers.actions.doing import Doing


@dataclass(frozen=True, slots=True)
class Safeguard:
    """One safeguard: what it is for, what switches it off, and where that is seen."""

    why: str
    off: Callable[[], AbstractContextManager[Any]]
    scenario: str = ""  # of the crash harness
    test: str = ""  # or a test of the suite


def script(name: str, old: str, new: str) -> Callable[[], AbstractContextManager[Any]]:
    """Return what replaces a piece of a script; the piece must be there, once."""

    def load() -> dict[str, Script]:
        import hashlib

        scripts = load_scripts()
        text = scripts[name].text.decode()
        assert text.count(old) == 1, f"{name}.lua has changed: {old!r} is not in it once"
        changed = text.replace(old, new).encode()
        sha = hashlib.sha1(changed, usedforsecurity=False).hexdigest()
        return {**scripts, name: Script(changed, sha)}

    return lambda: patch.object(store_redis, "load_scripts", load)


_commit = Records.commit
_hushed = commit.Commit._hushed
_accept = Inbox.accept


_mark = Doing._mark


async def _noted_when_done(self: Doing, name: str, kept: Any) -> None:
    if kept is not None:
        await _mark(self, name, kept)


def _unnoted() -> AbstractContextManager[Any]:
    return patch.object(Doing, "_mark", _noted_when_done)


async def _events_first(
    self: Records, c: str, fetch: int, writes: Any, changes: Any, **more: Any
) -> Any:
    if changes:
        told = {name: value for name, value in more.items() if name in ("lease", "ring")}
        await _commit(self, c, fetch, [], changes, **told)
    return await _commit(self, c, fetch, writes, [], **more)


async def _ack_first(
    self: Records,
    c: str,
    fetch: int,
    writes: Any,
    changes: Any,
    *,
    acks: Sequence[str] = (),
    **more: Any,
) -> Any:
    if acks:
        await self._pipe.call("XDEL", f"in:{c}", *acks)
    return await _commit(self, c, fetch, writes, changes, **more)


async def _mark_first(
    self: Inbox, hook: str, c: str, fingerprint: str, entries: Sequence[bytes]
) -> int:
    taken = await _accept(self, hook, c, fingerprint, [])
    if taken == 1:
        await self.enqueue(c, entries)
    return taken


def _forgets(self: commit.Commit, model: str, verdict: Verdict, before: Snapshot | None) -> Verdict:
    hushed = _hushed(self, model, verdict, before)
    snapshot = hushed.snapshot
    return replace(hushed, snapshot=replace(snapshot, was=None) if snapshot else None)


async def _at_once(
    self: collect._List, read: lists.Whole, drafts: Sequence[Draft], known: Known
) -> tuple[list[Ref], str]:
    return ([] if read.doubt else self._absent(drafts, known)), read.doubt


async def _gone(self: collect._List, ref: Ref) -> bool:
    return True


async def _believed(*asked: Any, **more: Any) -> lists.Whole:
    return replace(await lists.whole(*asked, **more), doubt="")


async def _follow_after(self: refetch._One, found: Any, gone: Any, *more: Any) -> Any:
    shown = [commit.Found(draft, self._ref) for draft in found]
    ended = [commit.Gone(ref, self._subject(ref)) for ref in gone]
    told = await self._commit_of.run(shown, ended, *more)
    await following.follow(self._ctx, self._c, self._ref, told)
    return told.outcome


async def _nobody(self: Suppression, c: str, people: Any) -> set[str]:
    return set()


async def _of_nobody(
    self: Records, c: str, fetch: int, writes: Any, changes: Any, **more: Any
) -> Any:
    return await _commit(self, c, fetch, writes, changes, **{**more, "people": ()})


def _all_new(*page: Any) -> lists.Rest:
    return lists.rest(*page)._replace(slipped=False)


async def _nameless(self: Records, c: str, root: Ref) -> str:
    return ""


@contextlib.contextmanager
def _unsuppressed() -> Iterator[None]:
    with (
        patch.object(Suppression, "among", _nobody),
        patch.object(Records, "commit", _of_nobody),
        patch.object(Records, "_digest", _nameless),
    ):
        yield


INVARIANTS = "tests/invariants/"
READS = "tests/crash/test_full_reads.py::"
NOTICED = 3

SAFEGUARDS: dict[str, Safeguard] = {
    "atomic-commit": Safeguard(
        "events, snapshots and acknowledgement are one step: else a crash between tells twice",
        lambda: patch.object(Records, "commit", _events_first), scenario="commit",
    ),
    "ack-with-commit": Safeguard(
        "a webhook leaves the inbox with the commit of what it led to: else a crash between loses it",
        lambda: patch.object(Records, "commit", _ack_first), scenario="commit",
    ),
    "mark-with-entry": Safeguard(
        "the seen-mark and the inbox entry are one step: else a crash between loses the webhook",
        lambda: patch.object(Inbox, "accept", _mark_first), scenario="ingress",
    ),
    "seen-mark": Safeguard(
        "a webhook that was accepted is known again",
        script("accept", "'1', 'EX', seen_s, 'NX'", "'1', 'EX', seen_s"),
        test=INVARIANTS + "test_1_accepting.py::"
        "test_the_same_webhook_again_is_a_duplicate_and_leaves_one_entry",
    ),
    "commit-fencing": Safeguard(
        "who lost its lease commits nothing",
        script(
            "commit",
            "if ARGV[2] ~= '' and redis.call('HGET', 'lease:in', c) ~= ARGV[2] then",
            "if false then",
        ),
        test=INVARIANTS + "test_leases.py::test_an_inbox_that_was_taken_over_is_closed_to_its_old_worker",
    ),
    "step-fencing": Safeguard(
        "who lost its lease neither settles nor sends",
        script("step", "if redis.call('HGET', 'lease:out', s) ~= token then", "if false then"),
        test=INVARIANTS + "test_leases.py::test_a_subscriber_that_was_taken_over_is_closed_to_its_old_worker",
    ),
    "version": Safeguard(
        "a record that moved since it was compared is compared again",
        script("commit", "return -1 end", "end"),
        test=INVARIANTS + "test_2_committing.py::test_a_commit_that_lost_a_race_is_told_to_compare_again",
    ),
    "position": Safeguard(
        "what was read on from a position is opened only if the position still stands there",
        script("step", "== from then", "~= '' then"),
        test="tests/crash/test_sent_twice.py::test_entries_that_are_opened_twice_are_delivered_once",
    ),
    "attempt-number": Safeguard(
        "an attempt that is settled twice counts once",
        script("step", "if have and cjson.decode(have).n == attempt - 1 then", "if have then"),
        test="tests/crash/test_sent_twice.py::"
        "test_an_attempt_that_is_settled_twice_starts_no_second_flight",
    ),
    "lanes": Safeguard(
        "of a subject one delivery is due, the others wait behind it",
        script("step", "redis.call('HSETNX', 'lane:' .. s, subject, id) == 1", "true"), scenario="deliver",
    ),
    "second-look": Safeguard(
        "the look that finds nothing clears the bell, so that what comes next rings",
        script("claim", "  redis.call('DEL', 'bell:' .. which)\n  local nearest", "  local nearest"),
        test="tests/crash/test_bell.py::test_what_comes_when_all_is_quiet_is_served_at_once",
    ),
    "sweep": Safeguard(
        "what no bell told is found by the sweep",
        script(
            "sweep", "found = now_ms(), ARGV[1], 0", "found = now_ms(), ARGV[1], 0\nif now then return 0 end"
        ),
        test=INVARIANTS + "test_sweeping.py::test_an_inbox_that_lost_its_place_in_line_is_put_back",
    ),
    "overtaken": Safeguard(
        "an answer during which another root's fetch told of the same record is asked for again",
        lambda: patch.object(commit.Commit, "_in_order", lambda one, writes: None),
        test="tests/crash/test_overtaken.py::"
        "test_a_fetch_during_which_a_record_was_committed_elsewhere_asks_again",
    ),
    "hops-in-the-answer": Safeguard(
        "hops up to a record's own update are in what was fetched, and are not told after it",
        lambda: patch.object(commit, "as_of", lambda model, snapshot: snapshot),
        scenario="baseline",
    ),
    "told-last": Safeguard(
        "a silent read keeps what was told last: the webhook of what it adopted is compared with that",
        lambda: patch.object(commit.Commit, "_hushed", _forgets),
        test=READS + "test_a_webhook_after_a_silent_read_still_tells_its_change",
    ),
    "second-pass": Safeguard(
        "what a list does not show is gone only if a second complete pass does not show it either",
        lambda: patch.object(collect._List, "_gone", _at_once),
        test=READS + "test_a_row_that_only_one_pass_leaves_out_is_not_gone",
    ),
    "trust": Safeguard(
        "a list that cannot be trusted to be whole deletes nothing",
        lambda: patch.object(collect, "whole", _believed),
        test=READS + "test_a_list_that_is_shorter_than_its_total_deletes_nothing",
    ),
    "own-address": Safeguard(
        "what a list leaves out is gone only if its own address does not serve it either",
        lambda: patch.object(collect._List, "_is_gone", _gone),
        test="tests/detect/test_lies.py::"
        "test_a_list_that_shows_only_interviews_to_come_cancels_none_of_those_that_are_over",
    ),
    "run": Safeguard(
        "how far a full read is does not overwrite another one that was asked for meanwhile",
        script("note_run", "if string.format('%.0f', began) ~= ARGV[2] then return 0 end", ""),
        test=READS + "test_how_far_a_read_is_does_not_overwrite_one_that_was_asked_for_since",
    ),
    "page-overlap": Safeguard(
        "a page begins with rows that are known: else what slips to an earlier page is never read",
        lambda: patch.multiple(sync, rest=_all_new, begin=lambda listing, at: at),
        test=READS + "test_a_row_that_slips_to_an_earlier_page_is_read_all_the_same",
    ),
    "suppress-list": Safeguard(
        "who was erased is kept out of every fetch and commit: else the next brings the person back",
        _unsuppressed,
        test="tests/gdpr/test_staying_out.py::test_no_webhook_brings_an_erased_person_back",
    ),
    "sent-counts": Safeguard(
        "who may have got the person is told, though the worker died before it heard of that",
        lambda: patch.object(telling, "_sent", lambda kept: kept.delivery.status == "delivered"),
        test="tests/gdpr/test_staying_out.py::"
        "test_who_may_have_read_of_the_person_is_told_though_the_worker_died_before_it_heard",
    ),
    "journal": Safeguard(
        "a write is noted before it is sent: else whoever goes on after a crash sends it again",
        _unnoted,
        scenario="act",
    ),
    "look-before-commit": Safeguard(
        "what a commit gives cause to look at is noted before it: else a crash after it forgets that",
        lambda: patch.object(refetch._One, "_commit", _follow_after),
        test=READS + "test_a_redis_that_is_lost_while_a_return_is_told_leaves_nothing_behind",
    ),
}  # fmt: skip


@contextlib.contextmanager
def switched_off(name: str | None) -> Iterator[None]:
    """Do without a safeguard."""
    if name is None:
        yield
        return
    with SAFEGUARDS[name].off():
        yield


def fails_without(name: str, points: int = 1500) -> list[str]:
    """Return what fails without a safeguard; empty: nothing noticed."""
    from tests.crash.campaign import campaign

    guard = SAFEGUARDS[name]
    if guard.scenario:
        return campaign(1, points, [guard.scenario], without=name).wrong
    return _failed_test(name, guard.test)


def _failed_test(name: str, test: str) -> list[str]:
    import pytest

    with switched_off(name):
        quiet = (
            "-q",
            "-x",
            "-p",
            "no:cacheprovider",
            "-W",
            "ignore::pytest.PytestAssertRewriteWarning",
            "-n",
            "0",  # in this very process: what is switched off is switched off here
            "--reruns",
            "0",  # to fail is what it is to do
        )
        status = pytest.main([test, *quiet])
    return [f"{test} fails"] if status is pytest.ExitCode.TESTS_FAILED else []


if __name__ == "__main__":
    import os

    seen = fails_without(sys.argv[1])
    print("\n".join(seen[:5]) or "nothing noticed")
    sys.stdout.flush()
    os._exit(NOTICED if seen else 0)
