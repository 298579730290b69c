"""Short runs of the machines' own rules, each through one thing that a random walk may seldom meet."""

from tests.machine.arriving import ROOTS
from tests.machine.delivering import Turn
from tests.machine.inbox_machine import InboxMachine
from tests.machine.outbound_machine import OutboundMachine
from tests.machine.refetching import LEASE

ROOT = ROOTS[0]
READ, SEND = Turn(), Turn()


# the way in


def a_webhook_comes_twice(m: InboxMachine) -> None:
    """Recruitee was not answered in time."""
    m.link(1)
    m.accept(0, 1, 1, [ROOT])
    m.accept(0, 1, 1, [ROOT])


def a_webhook_comes_on_anothers_hook(m: InboxMachine) -> None:
    """A hook was removed after its connection was looked up."""
    m.link(2)
    m.accept(0, 0, 1, [ROOT])


def an_inbox_is_held(m: InboxMachine) -> None:
    """A worker is at a webhook."""
    m.link(1)
    m.accept(0, 1, 1, [ROOT])
    m.a_worker_looks(1)


def a_worker_hangs_while_it_fetches(m: InboxMachine) -> None:
    """Its lease is another's when it commits."""
    an_inbox_is_held(m)
    m.commit(0, 0, [1, 0, 0], again=True, twice=False, stolen=0)


def two_fetches_begin_alike(m: InboxMachine) -> None:
    """Both compare with the same version; the second to commit is late."""
    an_inbox_is_held(m)
    for _ in range(2):
        m.commit(0, 0, [1, -1, -1], again=False, twice=False, stolen=1)


def the_later_fetch_comes_back_first(m: InboxMachine) -> None:
    """The earlier one compares with what the later one has written."""
    an_inbox_is_held(m)
    m.commit(0, 1, [1, -1, -1], again=True, twice=False, stolen=1)
    m.commit(0, 0, [1, -1, -1], again=True, twice=False, stolen=1)


def a_fetch_fails(m: InboxMachine) -> None:
    """Its root is put aside, and due at once."""
    an_inbox_is_held(m)
    m.pull(0, 1)
    m.park(0, ROOT, 0, bury=False)


def what_is_parked_is_read(m: InboxMachine) -> None:
    """It is due when the worker reads on."""
    a_fetch_fails(m)
    m.pull(0, 1)


def a_buried_root_is_fetched(m: InboxMachine) -> None:
    """A refetch that works clears the dead letter of those that did not."""
    an_inbox_is_held(m)
    m.pull(0, 1)
    m.park(0, ROOT, 0, bury=True)
    m.commit(0, 0, [1, 0, 0], again=True, twice=False, stolen=1)


def an_inbox_is_handed_back_unread(m: InboxMachine) -> None:
    """A worker ends before it has read."""
    an_inbox_is_held(m)
    m.release(0, (True, None))


def a_held_inbox_loses_its_place(m: InboxMachine) -> None:
    """The sweep puts it back, and nobody holds it any more."""
    an_inbox_is_held(m)
    m.lose_a_line(0)
    m.sweep()


# the way out


def a_line_is_held(m: OutboundMachine) -> None:
    """A worker is at a subscriber that has news."""
    m.link(1, 1)
    m.commit(0, "candidate", 1, 2)
    m.a_worker_looks(1)


def a_worker_hangs_while_it_delivers(m: OutboundMachine) -> None:
    """Its lease is another's when it takes the next step."""
    a_line_is_held(m)
    m.time_passes(LEASE)
    m.a_worker_looks(1)
    m.steps(1, [READ])


def an_event_is_delivered(m: OutboundMachine) -> None:
    """Another of its lane waits behind it."""
    a_line_is_held(m)
    m.steps(0, [READ, SEND, Turn(ends=[("ok", 0)])])


def two_wait_behind_one(m: OutboundMachine) -> None:
    """Three events are of one lane."""
    m.link(1, 1)
    m.commit(0, "candidate", 1, 3)
    m.a_worker_looks(1)
    m.steps(0, [READ, SEND])


def two_are_in_flight(m: OutboundMachine) -> None:
    """Two events are of two lanes."""
    m.link(1, 1)
    for who in (1, 2):
        m.commit(0, "candidate", who, 1)
    m.a_worker_looks(1)
    m.steps(0, [READ, SEND])


def an_attempt_is_settled_twice(m: OutboundMachine) -> None:
    """Redis' reply was lost on the way, and the lease is still good."""
    two_are_in_flight(m)
    m.steps(0, [Turn(ends=[("retry", 1)], twice=True)])


def one_says_gone_while_another_flies(m: OutboundMachine) -> None:
    """A subscriber answers 410; what is in flight is waited for."""
    two_are_in_flight(m)
    m.steps(0, [Turn(ends=[("pause", 0)])])


def a_step_that_gives_is_sent_twice(m: OutboundMachine) -> None:
    """Redis' reply was lost on the way, and another could leave."""
    m.link(1, 1)
    for who in (1, 2):
        m.commit(0, "candidate", who, 1)
    m.a_worker_looks(1)
    m.steps(0, [READ, Turn(free=1, twice=True)])


def one_is_handed_back(m: OutboundMachine) -> None:
    """A worker did not get to it."""
    two_are_in_flight(m)
    m.steps(0, [Turn(free=0, ends=[("back", 0)])])


def two_are_tried_again_beside_two(m: OutboundMachine) -> None:
    """Two have places, and two others were never tried."""
    two_are_in_flight(m)
    for who in (1, 2):
        m.commit(0, "job", who, 1)
    m.a_worker_looks(1)
    m.steps(0, [Turn(free=0, ends=[("retry", 0), ("retry", 0)])])
    m.world.moment()  # in one millisecond, chance would say which is due earlier
    m.steps(0, [Turn(free=2)])


def one_is_gone_by_then(m: OutboundMachine) -> None:
    """The retention was over before it could be sent."""
    two_are_in_flight(m)
    m.steps(0, [Turn(ends=[("missed", 0)])])


def somebody_wants_a_flight_now(m: OutboundMachine) -> None:
    """An attempt is under way that somebody asks for."""
    a_line_is_held(m)
    m.steps(0, [READ, SEND])
    m.retry_now(0, 1)


def a_line_of_news_loses_its_place(m: OutboundMachine) -> None:
    """The sweep puts it back for the news alone."""
    a_line_is_held(m)
    m.lose_a_line(0, "out")
    m.sweep()


def a_subscriber_is_made_twice(m: OutboundMachine) -> None:
    """The log grew before the script came a second time."""
    m.link(1, 1)
    m.commit(0, "candidate", 1, 1)
    m.last_sent_again()


# the retention


def a_log_is_old(m: OutboundMachine) -> None:
    """It spans two moments at least, so that the retention can end between them."""
    m.link(1, 1)
    moments: set[str] = set()
    while len(moments) < 2:
        m.commit(0, "candidate", 1, 1)
        c = next(iter(m.model.conns))
        moments.add(m.world.place(f"log:{c}", m.model.conns[c].logged).partition("-")[0])


def the_retention_ends(m: OutboundMachine) -> None:
    """A subscriber has not read what goes, and is told."""
    a_log_is_old(m)
    m.retention(0, -1, late=False)


def the_retention_ends_what_was_read(m: OutboundMachine) -> None:
    """A worker has it in hand, and its position is moved."""
    a_log_is_old(m)
    m.a_worker_looks(1)
    m.steps(0, [READ, Turn(cut=-1)])


def the_retention_comes_late(m: OutboundMachine) -> None:
    """A worker opens what was thought to be missed."""
    a_log_is_old(m)
    m.a_worker_looks(1)
    m.steps(0, [READ, Turn(cut=-1, late=True)])


# replays


def a_replay_is_read(m: OutboundMachine) -> None:
    """A worker is about to open it; there is another subscriber."""
    m.link(1, 2)
    m.commit(0, "candidate", 1, 1)
    m.replay_events([(0, 0)])
    m.a_porter_looks(1)


def a_replay_is_opened(m: OutboundMachine) -> None:
    """What it sends is open."""
    a_replay_is_read(m)
    m.open_replay(0, skip=5, goes=1)


def a_replay_is_opened_twice(m: OutboundMachine) -> None:
    """Redis' reply was lost on the way."""
    a_replay_is_opened(m)
    m.last_sent_again()


def its_subscriber_goes_before(m: OutboundMachine) -> None:
    """A subscriber goes between the reading and the opening of a replay."""
    a_replay_is_read(m)
    m.unsubscribe(0)
    m.open_replay(0, skip=5, goes=1)


def its_subscriber_goes_after(m: OutboundMachine) -> None:
    """A subscriber goes while a replay waits for it."""
    a_replay_is_opened(m)
    m.unsubscribe(0)


def a_replay_is_delivered(m: OutboundMachine) -> None:
    """All that it sends arrives."""
    a_replay_is_opened(m)
    m.a_worker_looks(3)
    for hand in range(len(m.hands)):
        m.steps(hand, [READ])


def a_paused_replay_ends(m: OutboundMachine) -> None:
    """What it had open arrives while it is paused; then it goes on."""
    a_replay_is_opened(m)
    m.move_replay(0, "paused")
    m.end()
    m.move_replay(0, "running")
