"""One line of a script broken: what the machines have to find, and the story that leads there."""

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.machine import stories
from tests.machine.driving import Driving
from tests.machine.inbox_machine import InboxMachine
from tests.machine.outbound_machine import OutboundMachine
from tests.machine.world import World


class Fault(NamedTuple):
    """A line of a script, what stands there instead, and a run of the machine that meets it."""

    machine: Callable[[World], Driving]
    script: str
    line: str
    instead: str
    story: Callable[[Any], None]


def _in(script: str, line: str, instead: str, story: Callable[[InboxMachine], None]) -> Fault:
    return Fault(InboxMachine, script, line, instead, story)


def _out(script: str, line: str, instead: str, story: Callable[[OutboundMachine], None]) -> Fault:
    return Fault(OutboundMachine, script, line, instead, story)


_HOOK = "  if redis.call('GET', 'hook:' .. hook) ~= c then\n"
_MARK = "  redis.call('SET', 'seen:' .. c .. ':' .. fp, '1', 'EX', seen_s)\n"
_PARKED = """\
  parked[#parked + 1] = root
  parked[#parked + 1] = redis.call('HGET', 'park:' .. c, root) or ''
"""

FAULTS: dict[str, Fault] = {
    "a webhook is taken in twice": _in(
        "accept", "seen_s, 'NX'", "seen_s", stories.a_webhook_comes_twice,
    ),
    "a webhook is marked as seen before anything can be written": _in(
        "accept", _HOOK, _MARK + _HOOK, stories.a_webhook_comes_on_anothers_hook,
    ),
    "a claim gives what is leased": _in(
        "claim", "  redis.call('ZADD', ready, now + lease, id)\n", "", stories.an_inbox_is_held,
    ),
    "what is parked is never read": _in(
        "pull", _PARKED, "", stories.what_is_parked_is_read,
    ),
    "what is parked is lost": _in(
        "park", "redis.call('HSET', 'park:' .. c, root, ARGV[5])", "", stories.a_fetch_fails,
    ),
    "a commit ignores the fencing token": _in(
        "commit", "redis.call('HGET', 'lease:in', c) ~= ARGV[2]", "false",
        stories.a_worker_hangs_while_it_fetches,
    ),
    "a record that moved is overwritten": _in(
        "commit", "(have[1] or '0') ~= ARGV[at + 2]", "false", stories.two_fetches_begin_alike,
    ),
    "an older fetch overwrites a later one": _in(
        "commit", "tonumber(have[2]) > fetch", "false", stories.the_later_fetch_comes_back_first,
    ),
    "a dead letter outlives the refetch that works": _in(
        "commit", "redis.call('ZREM', 'dead', ARGV[i + acks + 2]) == 1", "false",
        stories.a_buried_root_is_fetched,
    ),
    "an inbox is handed back with work in it": _in(
        "release", "redis.call('XLEN', 'in:' .. c) > 0", "false",
        stories.an_inbox_is_handed_back_unread,
    ),
    "the sweep leaves a lost lease": _in(
        "sweep", "redis.call('HDEL', 'lease:in', c)", "", stories.a_held_inbox_loses_its_place,
    ),
    "a log grows and nobody is put in line": _out(
        "claim", "redis.call('ZADD', ready, 'LT', math.max(now, held[s] or now), s)", "",
        stories.a_line_is_held,
    ),
    "a step ignores the fencing token": _out(
        "step", "redis.call('HGET', 'lease:out', s) ~= token", "false",
        stories.a_worker_hangs_while_it_delivers,
    ),
    "a position moves from where it no longer is": _out(
        "step", "(redis.call('HGET', pos, c) or '0-0') == from", "true",
        stories.the_retention_ends_what_was_read,
    ),
    "a step opens though the position moved": _out(
        "step", "if not moved[c] then", "if true then", stories.the_retention_ends_what_was_read,
    ),
    "a settle ignores the attempt's number": _out(
        "step", "cjson.decode(have).n == attempt - 1", "true", stories.an_attempt_is_settled_twice,
    ),
    "a lane is not advanced": _out(
        "step", "local behind = advance(s, subject)", "local behind = nil",
        stories.an_event_is_delivered,
    ),
    "a lane is out of order": _out(
        "step", "redis.call('RPUSH', 'wait:'", "redis.call('LPUSH', 'wait:'",
        stories.two_wait_behind_one,
    ),
    "a pause lets go of what is in flight": _out(
        "step", "  if flying == 0 then\n", "  if true then\n",
        stories.one_says_gone_while_another_flies,
    ),
    "a step sent twice gives others": _out(
        "step", "string.sub(given, 1, #mark + 1) == mark .. ' '", "false",
        stories.a_step_that_gives_is_sent_twice,
    ),
    "what is handed back stays in flight": _out(
        "step", "if attempt == 1 then table.insert(heads[line], id) else", "if attempt > 1 then",
        stories.one_is_handed_back,
    ),
    "retries leave no place for first attempts": _out(
        "step", "local over = retries - math.max(most, 0)", "local over = 0",
        stories.two_are_tried_again_beside_two,
    ),
    "who is stopped is not told": _out(
        "step", "if sub.status == 'active' then say_stopped", "if false then say_stopped",
        stories.one_says_gone_while_another_flies,
    ),
    "what is missed is not told": _out(
        "step", "if verdict == 'missed' then", "if false then", stories.one_is_gone_by_then,
    ),
    "a flight may be doubled": _out(
        "retry_now", "tonumber(due) % 1 ~= 0", "false", stories.somebody_wants_a_flight_now,
    ),
    "who subscribes twice begins later": _out(
        "new_subscriber", "redis.call('EXISTS', 'sub:' .. s) == 1", "false",
        stories.a_subscriber_is_made_twice,
    ),
    "the sweep forgets news": _out(
        "sweep", "== 1 and now or nil", "== 2 and now or nil",
        stories.a_line_of_news_loses_its_place,
    ),
    "the retention skips and does not tell": _out(
        "skip", "if ARGV[5] ~= '' then", "if false then", stories.the_retention_ends,
    ),
    "the retention skips who read on": _out(
        "skip", "(redis.call('HGET', 'pos:' .. s, c) or '0-0') ~= ARGV[3]", "false",
        stories.the_retention_comes_late,
    ),
    "a replay moves on twice": _out(
        "open_replay", "redis.call('LLEN', 'rplq:' .. replay) ~= tonumber(ARGV[3])", "false",
        stories.a_replay_is_opened_twice,
    ),
    "a replay opens for a subscriber that is gone": _out(
        "open_replay", "redis.call('EXISTS', 'sub:' .. s) == 1 and ", "",
        stories.its_subscriber_goes_before,
    ),
    "a removed subscriber leaves its replay open": _out(
        "remove_subscriber", "settle_replay(open.replay, open.dlt, 'dead')", "",
        stories.its_subscriber_goes_after,
    ),
    "a delivered replay is not settled": _out(
        "step", "if replay and replay ~= cjson.null then", "if false then",
        stories.a_replay_is_delivered,
    ),
    "a resumed replay never ends": _out(
        "move_replay", "wanted == 'running' and", "false and", stories.a_paused_replay_ends,
    ),
}  # fmt: skip

# Those that a random walk is bound to meet soon, with no story to lead it.
MET_AT_RANDOM = (
    "a claim gives what is leased",
    "what is parked is lost",
    "a commit ignores the fencing token",
    "a record that moved is overwritten",
    "the sweep leaves a lost lease",
    "a log grows and nobody is put in line",
    "a step ignores the fencing token",
    "a lane is not advanced",
    "a lane is out of order",
    "the retention skips and does not tell",
)
