"""Cursors: they give back every position, stay short, and are told from anything else."""

from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.store.feed import START, Stand
from service.feed.cursor import MARGIN_MS, NAMED, decode, encode

NOW = 1_790_000_000_000
BIG = st.integers(0, 2**53)
STANDS = st.builds(Stand, BIG, BIG, st.none() | BIG)
NAMES = st.text("abcXYZ123", min_size=1, max_size=8)


@given(st.dictionaries(NAMES, STANDS, max_size=NAMED))
@settings(max_examples=100, deadline=None)
def test_up_to_a_limit_it_means_exactly_what_it_was_made_of(stands: dict[str, Stand]) -> None:
    text = encode(stands, stands.keys(), NOW)

    assert decode(text, [*stands, "another"]) == {**stands, "another": START}
    assert encode(stands, (), NOW) == text


def test_of_many_it_names_those_that_moved_or_have_more() -> None:
    old, fresh = NOW - 2 * MARGIN_MS, NOW - 1
    stands = {f"idle{n}": Stand(old, 0, 5) for n in range(1000)}
    stands |= {f"busy{n}": Stand(fresh, n, 6) for n in range(10)}
    stands |= {"behind": Stand(old, 3, 7)}

    text = encode(stands, stands.keys() - {"behind"}, NOW)
    back = decode(text, stands)

    assert len(text) < 300
    assert back is not None
    assert {c: back[c] for c in stands if not c.startswith("idle")} == {
        c: s for c, s in stands.items() if not c.startswith("idle")
    }
    # Beyond all that an idle log holds, and before anything that is committed from now on.
    assert stands["idle0"].key < back["idle0"].key < (NOW - MARGIN_MS + 1, 0)


def test_one_connection_costs_few_characters() -> None:
    assert len(encode({"c": Stand(NOW, 0, 100_000)}, (), NOW)) <= 32


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.hex()))
@settings(max_examples=200, deadline=None)
def test_anything_else_is_no_cursor(text: str) -> None:
    assert decode(text, ["c"]) is None
