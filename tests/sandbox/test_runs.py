"""Pages cut from runs that are never listed are those of a plain sorted list."""

from hypothesis import given
from hypothesis import strategies as st

from service.sandbox.runs import Lane, Run, cut

PERIODS = st.integers(1, 12)


@st.composite
def runs(draw: st.DrawFn) -> tuple[Run, list[int]]:
    period = draw(PERIODS)
    remainders = sorted(draw(st.sets(st.integers(0, period - 1))))
    low, high = draw(st.integers(0, 60)), draw(st.integers(0, 120))
    without = draw(st.sets(st.integers(0, 120)))
    listed = [one for one in range(low, high) if one % period in remainders and one not in without]
    return Run(remainders, period, low, max(low, high), without), listed


@given(runs())
def test_a_run_is_the_list_that_it_describes(one: tuple[Run, list[int]]) -> None:
    run, listed = one

    assert len(run) == len(listed)
    assert [run[at] for at in range(len(run))] == listed


@given(
    st.lists(st.lists(st.integers(0, 30)), max_size=4),
    st.integers(0, 40),
    st.integers(0, 40),
    st.booleans(),
)
def test_lanes_are_merged_by_key_and_name(
    keys: list[list[int]], start: int, limit: int, descending: bool
) -> None:
    names = iter(range(10_000))
    lanes, rows = [], []
    for some in keys:
        pairs = [(key, next(names)) for key in sorted(some)]
        rows += pairs
        lanes.append(_lane(pairs))

    expected = [name for _, name in sorted(rows, reverse=descending)][start : start + limit]
    assert cut(lanes, start, limit, descending=descending) == expected


def _lane(pairs: list[tuple[int, int]]) -> Lane:
    return Lane(range(len(pairs)), lambda at: pairs[at][0], lambda at: pairs[at][1])
